"""Published schemes come out to the last published digit.

The rates of Orange and Tesco are examples inside their rule sets; the hospital totals need CMS's file. CMS gives no
total to a hospital with fewer than three scored domains, which the rule language cannot say yet: the published file
lists only hospitals that have a total, so nothing here depends on it.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

import incentive_engine
from incentive_engine.shipped import rules_dir

PUBLISHED = rules_dir() / "published"
DOMAINS = {
    "clinical_outcomes": "Unweighted Normalized Clinical Outcomes Domain Score",
    "person_engagement": "Unweighted Person and Community Engagement Domain Score",
    "safety": "Unweighted Normalized Safety Domain Score",
    "efficiency": "Unweighted Normalized Efficiency and Cost Reduction Domain Score",
}
TOTAL = "Total Performance Score"


@pytest.mark.parametrize("path", sorted(rules_dir().rglob("*.yaml")), ids=lambda path: path.stem)
def test_examples_of_shipped_rule_sets_come_out(path: Path) -> None:
    rules = incentive_engine.load(path)
    assert rules.ruleset.examples
    assert rules.warnings == ()
    assert incentive_engine.check(rules) == []


def test_every_published_hospital_has_its_published_total(reference_data: Path, tmp_path: Path) -> None:
    hospitals = _hospitals(reference_data / "cms_hvbp_fy2021" / "hvbp_tps.csv")
    _write_tables(tmp_path, hospitals)

    rules = incentive_engine.load(PUBLISHED / "hospital-vbp-2021.yaml")
    run = incentive_engine.run(rules, tmp_path, "2021")

    published = {row["Facility ID"]: Decimal(row[TOTAL]) for row in hospitals}
    scores = dict(zip(run.payouts["payee"], run.payouts["score"], strict=True))
    wrong = {payee: (scores.get(payee), total) for payee, total in published.items() if scores.get(payee) != total}
    assert wrong == {}
    assert len(scores) == len(published) == 2676
    assert run.payouts["payout"].null_count() == 2676
    assert run.held.is_empty()


def _hospitals(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write_tables(folder: Path, hospitals: list[dict[str, str]]) -> None:
    """A workforce of hospitals, and the domain scores that exist as given KPIs."""
    with (folder / "workforce.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["payee"], *([row["Facility ID"]] for row in hospitals)])
    scores = [
        ["payee", row["Facility ID"], kpi, "2021", row[column]]
        for row in hospitals
        for kpi, column in DOMAINS.items()
        if row[column] != "Not Available"
    ]
    with (folder / "kpis.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["subject_kind", "subject", "kpi", "period", "value"], *scores])
