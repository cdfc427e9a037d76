"""What an audit finds, as frozen values: verdicts with their evidence. Words are put to them when somebody reads them.

Evidence is a code with values, never a sentence: the same finding reads in every language, and leaves as JSON.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl

from incentive_engine.audit.luck import Luck
from incentive_engine.audit.shares import CustomerShare
from incentive_engine.kinds.base import Label, SubjectKind

Verdict = Literal["unfit", "weak", "unknown", "sound"]
VERDICTS: Final[tuple[Verdict, ...]] = ("unfit", "weak", "unknown", "sound")
"""The worst first."""
Quality = Literal[
    "reliability", "sensitivity", "objectivity", "validity", "prediction", "importance", "intelligibility", "agreed",
    "renewed",
]  # fmt: skip
QUALITIES: Final[tuple[Quality, ...]] = Quality.__args__  # type: ignore[attr-defined]
DECISIVE: Final[frozenset[Quality]] = frozenset({"reliability", "sensitivity", "objectivity"})
"""Without these a KPI pays for chance, for nothing, or for what people say of themselves; the others can be mended."""


@dataclass(frozen=True, slots=True)
class InUnit:
    """A result, or a difference of results, in the unit of its KPI."""

    value: float
    percent: bool
    unit: Label | None


Value = int | float | str | dt.date | InUnit | Label | tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact behind a verdict: what it is, and its values by name."""

    code: str
    values: Mapping[str, Value]


def evidence(code: str, **values: Value) -> Evidence:
    """One fact behind a verdict."""
    return Evidence(code, values)


@dataclass(frozen=True, slots=True)
class Finding:
    """One quality of a KPI: the verdict, and what it rests on."""

    quality: Quality
    verdict: Verdict
    evidence: tuple[Evidence, ...]


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of several verdicts; unknown where there is none."""
    found = set(verdicts)
    return next((verdict for verdict in VERDICTS if verdict in found), "unknown")


def together(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding for each quality: the worst verdict, all of the evidence."""
    found: dict[Quality, list[Finding]] = {}
    for each in findings:
        found.setdefault(each.quality, []).append(each)
    return tuple(
        Finding(
            quality, worst(each.verdict for each in several), tuple(one for each in several for one in each.evidence)
        )
        for quality, several in found.items()
    )


@dataclass(frozen=True, slots=True)
class Use:
    """Where a KPI decides pay: the plan, the measure, whose result counts, and with which weight of the whole."""

    plan: str
    measure: str
    of: SubjectKind
    weight: float | None


@dataclass(frozen=True, slots=True)
class KpiAudit:
    """One KPI: is it fit to pay on, and why."""

    kpi: str
    uses: tuple[Use, ...]
    findings: tuple[Finding, ...]
    spread: pl.DataFrame
    """The results in the last period, for the drawing: subject, value, low, high; by value."""

    @property
    def verdict(self) -> Verdict:
        """What the decisive qualities say; one that cannot be said leaves a doubt, and no more."""
        found = {each.quality: each.verdict for each in self.findings}
        decisive = worst(found[each] for each in QUALITIES if each in DECISIVE and each in found)
        if decisive in ("unfit", "weak"):
            return decisive
        return "weak" if found.get("prediction") == "weak" else found.get("reliability", decisive)

    @property
    def to_settle(self) -> tuple[Quality, ...]:
        """The qualities that are not in order, besides the decisive ones."""
        return tuple(
            each.quality for each in self.findings if each.verdict in ("unfit", "weak") and each.quality not in DECISIVE
        )


@dataclass(frozen=True, slots=True)
class PlanAudit:
    """One plan: how much customers decide, how much chance does, and whether it has few KPIs that all matter."""

    plan: str
    kpis: int
    weights: Mapping[str, float | None]
    """Of each measure, in the whole of the plan."""
    findings: tuple[Evidence, ...]
    share: CustomerShare | None
    luck: Luck | None


@dataclass(frozen=True, slots=True)
class Link:
    """One arrow of the driver graph."""

    driver: str
    driven: str
    verdict: Literal["confirmed", "contradicted", "not testable"]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A department and a customer KPI: with which part of its pay, and since when it is agreed."""

    paid: bool
    """Whether the KPI decides pay there."""
    weight: float | None
    """The greatest weight in any of the department's plans; None where weights are not given."""
    agreed: dt.date | None


@dataclass(frozen=True, slots=True)
class Matrix:
    """Departments × customer KPIs, and what the departments do not share."""

    departments: tuple[str, ...]
    kpis: tuple[str, ...]
    cells: Mapping[tuple[str, str], Cell]
    findings: tuple[Evidence, ...]


Signal = Literal["watched", "ceiling", "burst", "repeated", "response", "one_sided"]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Somebody's records that a person should look at: never a verdict on that person."""

    signal: Signal
    source: str
    subject: str
    about: str
    """The watch, the KPI or the day that is concerned."""
    count: int
    of: int
    share: float
    usual: float
    """The share with the median colleague."""


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything that an audit found."""

    periods: tuple[str, ...]
    kpis: tuple[KpiAudit, ...]
    plans: tuple[PlanAudit, ...]
    links: tuple[Link, ...]
    matrix: Matrix
    to_review: tuple[Suspicion, ...]
    looked_for: tuple[Evidence, ...]
    """What was looked for among the records, and what could not be."""
    inputs: tuple[tuple[str, int, str], ...]
    """What was read: the table, its rows, its fingerprint."""
