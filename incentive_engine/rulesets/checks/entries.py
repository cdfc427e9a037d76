"""Entries of the catalogue: what is taken over still says what is measured."""

from __future__ import annotations

from collections.abc import Iterator

from incentive_engine.errors import Problem
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.rulesets.checked import Checked, tells
from incentive_engine.rulesets.models import Kpi


@tells("maybe-another-meaning", about=(Kpi,))
def meanings_are_of_what_is_measured(checked: Checked) -> Iterator[Problem]:
    """A KPI that is `like` an entry but measures something else has a meaning of its own (a warning).

    To read other columns of facts, or fewer of them, is not to measure something else; a threshold moved is.
    """
    for name, kpi in checked.rules.kpis.items():
        like = checked.at("kpis", name, "like")
        if kpi.like is None or kpi.meaning is None or checked.at("kpis", name, "meaning") != like:
            continue
        for key in _measured(kpi):
            where = checked.at("kpis", name, "compute", *key.split("."))
            if where != like:
                message = f"`{name}` does not compute what `{kpi.like}` does, but has its meaning: “{_said(kpi)}”"
                yield Problem("maybe-another-meaning", message, where, "write its own `meaning`", level="warning")


def _measured(kpi: Kpi) -> list[str]:
    """The formulas that say what a KPI measures, by key; those that only choose facts do not."""
    if not isinstance(kpi.compute, FromFacts):
        return []
    return [key for key in kpi.compute.formulas() if key not in kpi.compute.filters]


def _said(kpi: Kpi) -> str:
    meaning = kpi.meaning or {}
    return meaning.get("en") or next(iter(meaning.values()), "")
