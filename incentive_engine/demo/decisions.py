"""What the demo company decided and measured itself: targets by level and by team, and KPIs delivered ready-made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Final

import polars as pl

from incentive_engine.demo.people import (
    COVERED_FOR_OTHERS,
    END,
    NEWLY_HIRED,
    START,
    TEAM_WITHOUT_TARGETS,
    WITHOUT_RETENTION,
    Payee,
)

TARGETS: Final[dict[str, dict[str, tuple[str, str, str]]]] = {
    "Care": {"satisfied": ("0.80", "0.82", "0.84"), "handle_time": ("400", "370", "340")},
    "Field service": {"first_time_fix": ("0.80", "0.82", "0.84"), "productivity": ("1.15", "1.20", "1.25")},
    "Sales": {"retention": ("0.890", "0.900", "0.910"), "revenue": ("60000", "90000", "130000")},
    "Back office": {"resolution_days": ("6.0", "5.8", "5.5"), "productivity": ("1.95", "2.00", "2.05")},
}
"""By department and KPI, for the levels L1, L2 and L3."""


def targets() -> pl.DataFrame:
    """One row per department, level and KPI."""
    rows = [
        (department, level, kpi, value)
        for department, kpis in TARGETS.items()
        for kpi, values in kpis.items()
        for level, value in zip(("L1", "L2", "L3"), values, strict=True)
    ]
    return pl.DataFrame(rows, schema=["department", "level", "kpi", "value"], orient="row")


def adjustments(period: str) -> pl.DataFrame:
    """One row per decision about somebody's pay, signed by two."""
    signed = ("comp-team", "hr-director")
    rows = [
        (f"{period}-01", COVERED_FOR_OTHERS, "150.00", None, "A repris les clients d'une collègue absente en août"),
        (f"{period}-02", NEWLY_HIRED, None, "600.00", "Minimum promis pour le premier trimestre"),
    ]
    return pl.DataFrame(
        [
            (reference, payee, "quarterly_bonus", period, amount, None, at_least, None, None, reason, *signed, None)
            for reference, payee, amount, at_least, reason in rows
        ],
        schema=dict.fromkeys(
            (
                "reference", "payee", "pays", "period", "amount", "percent", "at_least", "release", "currency",
                "reason", "author", "approver", "expires",
            ),
            pl.String,
        ),
        orient="row",
    )  # fmt: skip


def team_targets(people: Sequence[Payee]) -> pl.DataFrame:
    """One row per team and KPI: better teams have somewhat higher targets; the newest team has none yet."""
    teams = {person.team: person for person in people if person.team != TEAM_WITHOUT_TARGETS}
    rows = []
    for team, person in teams.items():
        if person.department != "Back office":
            rows.append((team, "nps", str(42 + round(2 * person.quality))))
        if person.department == "Care":
            rows.append((team, "answered_fast", f"{(80 + round(person.quality)) / 100}"))
    return pl.DataFrame(rows, schema=["team", "kpi", "value"], orient="row")


def kpis(rng: Random, people: Sequence[Payee], worked: Mapping[str, float]) -> pl.DataFrame:
    """One row per payee, KPI and period; what could not be measured has no row.

    `worked`: the share of the quarter that each person was at work.
    """
    measured = filter(_measured, people)
    rows = [("payee", each.payee, *row) for each in measured for row in _of(rng, each, worked[each.payee])]
    return pl.DataFrame(rows, schema=["subject_kind", "subject", "kpi", "period", "value"], orient="row")


def _measured(person: Payee) -> bool:
    return person.days is not None and not person.leads


def _of(rng: Random, person: Payee, worked: float) -> Iterator[tuple[str, str, str]]:
    this, before = "2026-Q3", "2026-Q2"
    # The sites in Pau have no planning tool.
    if person.department == "Care" and " Pau " not in person.team and rng.random() > 0.03:
        yield "adherence", this, f"{min(0.94 + 0.02 * rng.gauss(0, 1), 1):.3f}"
    if person.department == "Field service" and rng.random() > 0.08:
        yield "training", this, f"{min(max(14 + 2 * rng.gauss(0, 1), 0), 40):.1f}"
    if person.department == "Sales":
        target = float(TARGETS["Sales"]["revenue"][int(person.level[1]) - 1])
        signed = target * max(1.01 + 0.1 * person.skill + 0.08 * rng.gauss(0, 1), 0.3)
        if rng.random() > 0.01:
            yield "revenue", this, f"{signed * worked:.2f}"
        retention = [min(0.90 + 0.015 * person.skill + 0.012 * rng.gauss(0, 1), 1) for _ in range(2)]
        new = person.hired is not None and START <= person.hired <= END
        if not new and person.payee != WITHOUT_RETENTION:
            yield "retention", before, f"{retention[0]:.4f}"
        if person.payee != WITHOUT_RETENTION and (new or rng.random() > 0.06):
            yield "retention", this, f"{retention[1]:.4f}"
