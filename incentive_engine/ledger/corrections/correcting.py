"""A paid period, worked out again by what is known now.

What went in is read from the folder of the run that was paid, or of the last correction: that is what the next one
stands on, so that doing it again finds nothing new.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from incentive_engine.engine.run import Run, refuse_other_holidays
from incentive_engine.engine.running import Timings, accept_for
from incentive_engine.ledger.corrections.amounts import paid_in
from incentive_engine.ledger.corrections.rereading import inputs_in
from incentive_engine.ledger.corrections.restating import Restated, Restating
from incentive_engine.ledger.corrections.states import Inputs, changes
from incentive_engine.rulesets.loading import Rules, rules_for


def restate(
    folder: Path,
    data: Path,
    rules: Rules | None,
    settled: pl.DataFrame | None,
    decisions: Mapping[str, str],
    waiting: Mapping[str, str],
    timings: Timings,
    as_of: dt.date | None = None,
) -> Restated:
    """The period of the run in `folder` by the data that are known now, and by `rules` where they are other ones.

    `settled`: payee, pays, currency, amount: what was paid and corrected so far; what the run pays unless given.
    `decisions`: `keep` or `remove` by question. `waiting`: cause by question, of those about people held since.
    `as_of`: facts that were recorded later are not known. Raises InputProblems.
    """
    opened = Run.open(folder)
    with timings.step("reread"):
        before = inputs_in(opened, folder)
    refuse_other_holidays(opened, before.rules.ruleset)
    period = before.rules.period(opened.summary["period"])
    with timings.step("accept"):
        after = Inputs(before.rules, accept_for(before.rules, data, as_of))
        now = after
        if rules is not None and not _same(rules, before.rules):
            by = rules_for(rules, period)
            now = Inputs(by, accept_for(by, data, as_of))
    of = f"{opened.summary['rule_set']}\0{period.name}"
    with timings.step("compare"):
        found = changes(before, after, now, of)
    due = paid_in(opened)
    return Restating(
        found, due if settled is None else settled, due, period, of, decisions, waiting, timings
    ).restated()


def _same(one: Rules, other: Rules) -> bool:
    """Whether two rule sets say the same, whatever their files are called."""
    return _texts(one) == _texts(other)


def _texts(rules: Rules) -> list[str]:
    return [*(edition.document.text for edition in rules.editions), *sorted(entry.text for entry in rules.entries)]
