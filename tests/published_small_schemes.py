"""Reads the small published schemes, one JSON file each, into input tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.published_tables import write_table

Scheme = Mapping[str, Any]
KPIS = ("subject_kind", "subject", "kpi", "period", "value")
QOF_EXAMPLES = ("2022/23", "2021/22", "2021/22 register", "value of a point", "value of a point")
"""Which plan of the rule set an example of the file is for, in the file's order."""
NAGALAND = {
    "TF001": "footfall",
    "AF001": "antenatal_footfall",
    "PS001": "patient_satisfaction",
    "EP001": "home_visits",
    "WS001": "wellness_sessions",
}
OFGEM_COMPLAINTS = ("open_after_a_day", "open_after_31_days", "repeated", "lost_before_the_ombudsman")


def read_scheme(folder: Path, name: str) -> Scheme:
    """A scheme, its numbers as they are printed."""
    scheme: Scheme = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"), parse_float=Decimal)
    return scheme


def write_orange(scheme: Scheme, folder: Path) -> None:
    """Who earns each published salary, and the company's attainments."""
    salaries = [str(salary) for salary, _, _ in scheme["expected_individual"]]
    write_table(folder / "workforce.csv", ["payee", "base_salary"], zip(salaries, salaries, strict=True))
    rows = [["company", "", kpi.lower(), "2019", f"{percent}%"] for kpi, percent in scheme["attainment"].items()]
    write_table(folder / "kpis.csv", KPIS, rows)


def write_qof(scheme: Scheme, folder: Path) -> None:
    """A practice for each example, with what the example says of it, percentages as shares."""
    header = ("payee", "example", "list_size", "register", "prevalence", "national_prevalence")
    keys = ("list", "register", "prev", "natprev")
    people, points = [], []
    for number, (kind, example) in enumerate(zip(QOF_EXAMPLES, scheme["examples"], strict=True)):
        numbers = [str(example.get(key, "")) for key in keys]
        shares = [f"{each}%" if each else "" for each in numbers[2:]]
        people.append([str(number), kind, *numbers[:2], *shares])
        points.append(["payee", str(number), "points", "2022", str(example["points"])])
    write_table(folder / "workforce.csv", (*header, "lower", "upper", "points_available"), _padded(people, 3))
    write_table(folder / "kpis.csv", KPIS, points)


def write_nagaland(reports: Mapping[str, Mapping[str, tuple[Decimal, Decimal]]], folder: Path) -> None:
    """What each facility reports of December 2024, by indicator: counted, and out of how many."""
    write_table(folder / "workforce.csv", ["payee"], ([facility] for facility in reports))
    rows = [
        [facility, "2024-12-01", indicator, str(counted), str(out_of)]
        for facility, report in reports.items()
        for indicator, (counted, out_of) in report.items()
    ]
    write_table(folder / "reports.csv", ["facility", "month", "indicator", "counted", "out_of"], rows)


def write_ofgem(scores: Mapping[str, tuple[Decimal, Decimal]], folder: Path) -> None:
    """Survey score and stakeholder score of each company; nobody complains."""
    write_table(folder / "workforce.csv", ["payee"], ([company] for company in scores))
    rows = []
    for company, (survey, stakeholders) in scores.items():
        results = {"customer_survey": survey, "stakeholder_engagement": stakeholders}
        results |= dict.fromkeys(OFGEM_COMPLAINTS, Decimal(0))
        rows += [["payee", company, kpi, "2017", str(value)] for kpi, value in results.items()]
    write_table(folder / "kpis.csv", KPIS, rows)


def _padded(rows: Sequence[Sequence[str]], cells: int) -> list[list[str]]:
    return [[*row, *[""] * cells] for row in rows]
