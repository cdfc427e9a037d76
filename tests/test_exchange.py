"""Currencies: which rate counts on which day, what is paid at it to the last coin, and who is held for want of one."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from types import SimpleNamespace
from typing import cast

import polars as pl
import pytest

from incentive_engine.compiler.context import Context
from incentive_engine.compiler.exchange import paid_out
from incentive_engine.compiler.inputs import Ranges, RateRanges
from incentive_engine.compiler.stages import run_stages
from incentive_engine.currencies import minor_digits
from incentive_engine.engine.exchange import Rates, coins
from incentive_engine.exact import Exact, Scale
from incentive_engine.kinds.base import Rounding
from incentive_engine.kinds.rate_days import PayoutDate, PeriodEnd, PlanRate
from incentive_engine.periods import Period
from incentive_engine.rulesets.exchange import ResolvedExchange
from incentive_engine.rulesets.resolving import ResolvedPlan

PLAN = dt.date(2026, 1, 1)


# --- whose rates are paid ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "months_after", "period", "expected"),
    [
        (25, 1, "2026-Q3", dt.date(2026, 10, 25)),
        (31, 1, "2026-Q1", dt.date(2026, 4, 30)),
        (31, 2, "2026-12", dt.date(2027, 2, 28)),
        (31, 2, "2027-12", dt.date(2028, 2, 29)),
        (31, 0, "2026-02", dt.date(2026, 2, 28)),
        (1, 12, "2026", dt.date(2027, 12, 1)),
        (15, 1, "2026", dt.date(2027, 1, 15)),
    ],
)
def test_payout_date(day: int, months_after: int, period: str, expected: dt.date) -> None:
    kind = PayoutDate(at="payout", day=day, months_after=months_after)
    assert kind.on(Period.parse(period), PLAN) == expected


def test_plan_and_period_end() -> None:
    quarter = Period.parse("2026-Q3")
    assert PlanRate(at="plan").on(quarter, PLAN) == PLAN
    assert PeriodEnd(at="period_end").on(quarter, PLAN) == dt.date(2026, 9, 30)


@pytest.mark.parametrize(
    ("after", "english", "french"),
    [
        (0, "day 25 of the last month of the period", "le 25 du dernier mois de la période"),
        (1, "day 25 of the month after the period", "le 25 du mois qui suit la période"),
        (
            2,
            "day 25 of the month 2 months after the period's last",
            "le 25 du mois 2 mois après le dernier de la période",
        ),
    ],
)
def test_payout_date_in_words(after: int, english: str, french: str) -> None:
    kind = PayoutDate(at="payout", day=25, months_after=after)
    assert kind.sentence("en") == f"at the rates of the payout date, {english}"
    assert kind.sentence("fr") == f"aux taux du jour du paiement, {french}"


# --- rates of a table -------------------------------------------------------------------------------------------------


def rates(*rows: tuple[str, dt.date, int], doubtful: tuple[str, ...] = ()) -> Rates:
    """Rates in counts of a thousandth."""
    schema = {"currency": pl.String, "from": pl.Date, "rate": pl.Int64}
    frame = pl.DataFrame(rows, schema, orient="row").sort("currency", "from")
    counts = [count for *_, count in rows] or [0]
    return Rates("EUR", frame, Scale(3, min(counts), max(counts)), pl.Series(doubtful, dtype=pl.String))


def exchange(paid: dt.date, *own: str) -> ResolvedExchange:
    return ResolvedExchange("EUR", PLAN, paid, PeriodEnd(at="period_end"), own, Rounding(places=2))


SWISS = (("CHF", dt.date(2026, 1, 1), 960), ("CHF", dt.date(2026, 9, 30), 940), ("CHF", dt.date(2026, 10, 1), 930))


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        (dt.date(2025, 12, 31), None),  # the day before the first
        (dt.date(2026, 1, 1), 960),  # the first day itself
        (dt.date(2026, 9, 29), 960),  # the last day on which it counts
        (dt.date(2026, 9, 30), 940),
        (dt.date(2030, 1, 1), 930),  # until there is another one
    ],
)
def test_a_rate_counts_from_its_day_until_the_next(day: dt.date, rate: int | None) -> None:
    found = rates(*SWISS).on(day, "rate")
    assert found.rows() == ([] if rate is None else [("CHF", rate)])


def test_rates_of_an_exchange_have_both_days_and_the_own_currency() -> None:
    yen = ("JPY", dt.date(2026, 6, 1), 160_000)  # none on the plan's day
    assert rates(*SWISS, yen).of(exchange(dt.date(2026, 9, 30))).rows() == [("EUR", 1000, 1000), ("CHF", 960, 940)]


def test_a_currency_with_a_rate_that_was_held_has_none() -> None:
    """An older rate would count in its place, and nobody would see it."""
    assert rates(*SWISS, doubtful=("CHF",)).of(exchange(PLAN)).rows() == [("EUR", 1000, 1000)]


def test_without_rows_there_is_the_own_currency() -> None:
    empty = rates()
    assert empty.of(exchange(PLAN)).rows() == [("EUR", 1000, 1000)]
    assert (empty.ranges.paid.low, empty.ranges.paid.high) == (1000, 1000)


# --- what is paid -----------------------------------------------------------------------------------------------------


def of_plan(rates: ResolvedExchange) -> ResolvedPlan:
    """A plan of which only the exchange is looked at."""
    return cast(ResolvedPlan, SimpleNamespace(period=Period.parse("2026-Q3"), curves={}, exchange=rates))


CURRENCIES = ("BHD", "CHF", "CLF", "EUR", "JPY")


def paid(payout: str, currency: str, plan_rate: str, rate: str) -> tuple[Fraction | None, Fraction | None]:
    """What is paid of a payout in euros, and the effect of the rate."""
    row = {
        "payout": [None if not payout else int(Fraction(payout) * 100)],
        "paid_currency": [currency],
        "plan_rate": [int(Fraction(plan_rate) * 10**7)],
        "exchange_rate": [int(Fraction(rate) * 10**7)],
    }
    scale = Scale(7, 1, 10**12)
    ranges = Ranges({}, {}, {}, {}, frozenset(), exchange=RateRanges(scale, scale, coins(CURRENCIES)))
    context = Context(of_plan(exchange(PLAN)), ranges, frozenset())
    context.stages.input("payout")
    paid_out(context, Exact.column("payout", Scale(2, -(10**12), 10**12)))
    frame = pl.DataFrame(row, schema_overrides={"payout": pl.Int64}).lazy()
    (found,) = run_stages(frame, context.stages.done()).collect().rows(named=True)
    counts = [(context.stages.numbers[name].unit, found[name]) for name in ("paid", "rate_effect")]
    first, second = (None if count is None else unit * count for unit, count in counts)
    return first, second


@pytest.mark.parametrize(
    ("payout", "currency", "plan_rate", "rate", "amount", "effect"),
    [
        ("1000.00", "EUR", "1", "1", "1000.00", "0"),
        ("1000.00", "CHF", "0.96", "0.94", "940.00", "-20.00"),
        ("1234.56", "CHF", "0.9634", "0.9412", "1161.97", "-27.41"),  # 1161.967872; 1189.375104
        ("1000.01", "JPY", "160.25", "162.5", "162502", "2250"),  # 162501.625; 160251.6025 → 160252
        ("0.01", "JPY", "50", "49.9", "0", "-1"),  # 0.499 yen; half a yen is one
        ("100.00", "BHD", "0.4111115", "0.4111125", "41.111", "0"),  # 41.11125; 41.11115
        ("100.00", "CLF", "0.0281235", "0.0281235", "2.8124", "0"),  # 2.81235
        ("-1000.00", "CHF", "0.96005", "0.94005", "-940.05", "20.00"),
        ("-0.01", "JPY", "50", "50", "-1", "0"),  # halves go away from zero
        ("0", "CHF", "0.96", "0.94", "0", "0"),
    ],
)
def test_paid_to_the_last_coin(payout: str, currency: str, plan_rate: str, rate: str, amount: str, effect: str) -> None:
    assert paid(payout, currency, plan_rate, rate) == (Fraction(amount), Fraction(effect))


def test_nothing_is_paid_where_no_payout_could_be_worked_out() -> None:
    assert paid("", "CHF", "0.96", "0.94") == (None, None)


def test_minor_units() -> None:
    assert [minor_digits(each) for each in ("JPY", "EUR", "TND", "CLF")] == [0, 2, 3, 4]
