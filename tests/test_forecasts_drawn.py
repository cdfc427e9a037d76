"""Forecasts of drawn rule sets: the short way pays what the engine pays, and nobody's pay is made up."""

from __future__ import annotations

import datetime as dt
import tempfile
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, reject, settings

from incentive_engine import InputProblems, load
from incentive_engine.engine.measured import Measured
from incentive_engine.engine.outputs import payouts
from incentive_engine.engine.running import Calculation, Timings, accept_for, calculate_from
from incentive_engine.rulesets.loading import rules_for
from incentive_engine.simulation.uncertainty import forecasting
from incentive_engine.simulation.uncertainty.forecasting import forecast
from incentive_engine.simulation.uncertainty.repaying import Repaying
from tests.case_files import calculated
from tests.drawn import cases
from tests.oracle import Case


class BothWays(Repaying):
    """Pays each draw from the beginning as well, and holds one against the other."""

    def __init__(self, calculation: Calculation) -> None:
        super().__init__(calculation)
        self._own = calculation

    def paid(self, measured: Measured) -> pl.DataFrame:
        found = super().paid(measured)
        now = self._own
        again = calculate_from(now.rules, now.accepted, now.people, measured, now.period, Timings(), keep=False)
        expected = payouts(again).select(found.columns).drop_nulls("payout").collect()
        assert found.sort(found.columns).equals(expected.sort(found.columns))
        return found


def check(case: Case) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        try:
            run = calculated(case, folder)
        except InputProblems:
            reject()
        rules = load(folder / "rules.yaml")
        period = rules.period(case.period)
        accepted, rules = accept_for(rules, folder / "data", case.as_of), rules_for(rules, period)
        patch.setattr(forecasting, "Repaying", BothWays)
        for until in (period.end, period.start + dt.timedelta(days=period.days // 2)):
            try:
                told = forecast(rules, accepted, period, until, draws=2)
            except InputProblems as refused:
                if [each.code for each in refused.problems] != ["nobody-paid"]:
                    raise
                continue
            low, middle, high = (told.people[name] for name in ("low", "middle", "high"))
            assert ((low <= middle) & (middle <= high)).all()
            if told.draws == 1:  # the period is over, and no result is still to be delivered
                assert amounts(told.people, "middle") == amounts(run.payouts, "payout")


def amounts(rows: pl.DataFrame, column: str) -> dict[tuple[str, str], Decimal]:
    """What each payee is paid in each plan, in whatever currencies: payouts are all in that of the rules."""
    found: dict[tuple[str, str], Decimal] = {}
    for payee, plan, amount in rows.drop_nulls(column).select("payee", "plan", column).iter_rows():
        found[payee, plan] = found.get((payee, plan), Decimal(0)) + amount
    return found


@given(cases())
@settings(max_examples=5, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_drawn_rule_sets_are_forecast(case: Case) -> None:
    check(case)


@pytest.mark.long
@given(cases())
@settings(max_examples=400, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_many_drawn_rule_sets_are_forecast(case: Case) -> None:
    check(case)
