"""Currencies: which rate counts on which day, what is paid at it to the last coin, and who is held for want of one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import polars as pl
import pytest
from click.testing import CliRunner

import incentive_engine
from incentive_engine.cli import main
from incentive_engine.compiler.context import Context
from incentive_engine.compiler.exchange import paid_out
from incentive_engine.compiler.inputs import Ranges, RateRanges
from incentive_engine.compiler.stages import run_stages
from incentive_engine.currencies import currencies_in_use, minor_digits
from incentive_engine.engine.exchange import Rates, coins
from incentive_engine.engine.explanation import explain
from incentive_engine.engine.run import Run, recompute
from incentive_engine.exact import Exact, Scale
from incentive_engine.facts import Table
from incentive_engine.kinds.base import Rounding
from incentive_engine.kinds.rate_days import PayoutDate, PeriodEnd, PlanRate, YearStart
from incentive_engine.kinds.wording import Language
from incentive_engine.periods import Period
from incentive_engine.rulesets.exchange import Exchange, ResolvedExchange, resolved_exchange
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
    ("period", "plan", "paid"),
    [
        ("2026-Q1", dt.date(2026, 4, 1), dt.date(2026, 6, 30)),  # the fiscal year begins in April
        ("2026-Q4", dt.date(2026, 4, 1), dt.date(2027, 3, 31)),
        ("2027-03", dt.date(2026, 4, 1), dt.date(2027, 3, 31)),
        ("2027-04", dt.date(2027, 4, 1), dt.date(2027, 4, 30)),
    ],
)
def test_each_fiscal_year_has_the_rates_that_it_began_with(period: str, plan: dt.date, paid: dt.date) -> None:
    declared = Exchange(path="rates.csv", plan=YearStart(at="year_start"), rate_on=PeriodEnd(at="period_end"))
    resolved = resolved_exchange(declared, "EUR", Period.parse(period, 4))
    assert resolved is not None
    assert (resolved.plan, resolved.paid) == (plan, paid)


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


def exchange(paid: dt.date, *own: str, valid_days: int | None = None) -> ResolvedExchange:
    return ResolvedExchange("EUR", PLAN, paid, PeriodEnd(at="period_end"), valid_days, own, Rounding(places=2))


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


@pytest.mark.parametrize(("day", "payable"), [(30, True), (31, False)])
def test_a_rate_counts_for_so_many_days_at_most(day: int, payable: bool) -> None:
    """Thirty, its own day included; then there is no rate until there is a new one."""
    paid = exchange(dt.date(2026, 1, day), valid_days=30)
    assert rates(("CHF", PLAN, 960)).of(paid)["paid_currency"].to_list() == (["EUR", "CHF"] if payable else ["EUR"])


def test_a_currency_with_a_rate_that_was_held_has_none() -> None:
    """An older rate would count in its place, and nobody would see it."""
    assert rates(*SWISS, doubtful=("CHF",)).of(exchange(PLAN)).rows() == [("EUR", 1000, 1000)]


def test_without_rows_there_is_the_own_currency() -> None:
    empty = rates()
    assert empty.of(exchange(PLAN)).rows() == [("EUR", 1000, 1000)]
    assert empty.range == Scale(3, 1000, 1000)


# --- what is paid -----------------------------------------------------------------------------------------------------


def test_own_amounts_are_proved_at_the_rates_of_their_own_currency() -> None:
    """Nobody is paid in the currency of which a thousand are one euro: no salary is divided by its rate."""
    found = rates(*SWISS, ("XOF", PLAN, 1), ("CHF", dt.date(2025, 1, 1), 10))
    people = pl.DataFrame({"currency": ["CHF", None, "EUR", "USD"], "base_salary": [9600000, 4000000, None, 5000000]})
    table = Table("workforce", people, {"base_salary": Scale(2, 4000000, 9600000)}, True, "", ())
    plan = of_plan(exchange(dt.date(2026, 9, 30), "base_salary"))
    assert found.ranges([plan], table).own == {"base_salary": (Fraction(40000), Fraction(100000))}  # 96,000.00 ÷ 0.96


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


def test_which_currencies_there_are() -> None:
    """Units that amounts are owed in, too; neither gold nor what stands for no currency."""
    assert {"EUR", "XOF", "CLF", "UYW"} <= currencies_in_use()
    assert not {"DEM", "XAU", "XXX"} & currencies_in_use()


def test_minor_units() -> None:
    assert [minor_digits(each) for each in ("JPY", "EUR", "TND", "CLF")] == [0, 2, 3, 4]


# --- a company in several currencies ----------------------------------------------------------------------------------

RULES = """
rule_set: abroad
version: "1"
title: {en: Bonus}
decided: {by: Nobody, on: 2026-01-01}
currency: EUR
timezone: Europe/Paris
history:
  contracts: {path: contracts.csv, gives: [currency, base_salary, quota]}
exchange: {path: rates.csv, plan: 2026-01-01, rate_on: {at: period_end}, own: [base_salary, quota]}
kpis:
  sales: {title: {en: Sales}, perspective: internal, compute: {kind: given}, better: higher}
curves:
  same: {kind: linear, points: [[0%, 0%], [200%, 200%]], below: zero}
pools:
  thanks:
    title: {en: Thanks}
    fund: {sum: "900", of: company}
    parts: {all: {title: {en: All}, share: 100%, in_proportion_to: "proration"}}
plans:
  seller:
    title: {en: Seller}
    pays: bonus
    who: TRUE
    target_pay: base_salary * 10%
    scorecard: {sales: {weight: 100%, of: payee, target: {column: quota}, attainment: ratio, curve: same}}
    cap: 100%
    proration: {by: calendar_days}
  thanks:
    title: {en: Thanks}
    pays: thanks
    who: thanked
    pool: thanks
    scorecard: {sales: {weight: 100%, of: payee, attainment: level, curve: same}}
    proration: {by: calendar_days}
"""
DATA = {
    "workforce.csv": """payee,department,hired,currency,base_salary,quota,thanked
paris,Sales,2020-01-01,EUR,40000,100000,yes
geneva,Sales,2020-01-01,CHF,96000,96000,yes
osaka,Sales,2020-01-01,JPY,6000000,16025000,no
moves,Sales,2020-01-01,CHF,8740,100000,no
boston,Sales,2020-01-01,USD,50000,100000,yes
leaves,Sales,2020-01-01,EUR,9200,100000,no
""",
    "contracts.csv": """payee,from,to,currency,base_salary,quota
moves,2020-01-01,2026-08-14,EUR,9200,100000
moves,2026-08-15,,CHF,8832,96000
leaves,2020-01-01,2026-09-29,EUR,9200,100000
leaves,2026-09-30,,USD,10000,100000
""",
    "rates.csv": """currency,from,rate
CHF,2026-01-01,0.96
CHF,2026-09-30,0.94
CHF,2026-10-01,0.5
JPY,2025-12-01,160.25
JPY,2026-09-01,162.5
""",
    "kpis.csv": """subject_kind,subject,kpi,period,value
payee,paris,sales,2026-Q3,80000
payee,geneva,sales,2026-Q3,125000
payee,osaka,sales,2026-Q3,100000
payee,moves,sales,2026-Q3,100000
payee,boston,sales,2026-Q3,100000
payee,leaves,sales,2026-Q3,100000
""",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of the company."""
    place = tmp_path_factory.mktemp("abroad")
    (place / "rules.yaml").write_text(RULES, encoding="utf-8")
    (place / "data").mkdir()
    for name, text in DATA.items():
        (place / "data" / name).write_text(text, encoding="utf-8")
    incentive_engine.run(incentive_engine.load(place / "rules.yaml"), place / "data", "2026-Q3", place / "run")
    return place / "run"


PAID = {
    ("geneva", "seller", "CHF"): ("10000.00", "0.94", "9400.00", "-200.00"),  # 9,600 at the plan's rate
    ("geneva", "thanks", "CHF"): ("450.00", "0.94", "423.00", "-9.00"),
    ("moves", "seller", "CHF"): ("470.00", "0.94", "441.80", "-9.40"),  # 920 × 47/92
    ("moves", "seller", "EUR"): ("450.00", "1", "450.00", "0.00"),  # 920 × 45/92
    ("osaka", "seller", "JPY"): ("3744.15", "162.5", "608424", "8424"),  # 6,000,000 ÷ 160.25 = 37,441.50
    ("paris", "seller", "EUR"): ("3200.00", "1", "3200.00", "0.00"),
    ("paris", "thanks", "EUR"): ("450.00", "1", "450.00", "0.00"),  # the pool is shared by two: Boston is held
}


def test_payouts_have_a_row_for_each_currency(folder: Path) -> None:
    columns = ("payout", "exchange_rate", "paid", "rate_effect")
    found = {
        (row["payee"], row["plan"], row["paid_currency"]): tuple(row[name] for name in columns)
        for row in Run.open(folder).payouts.iter_rows(named=True)
    }
    assert found == {key: tuple(map(Decimal, amounts)) for key, amounts in PAID.items()}


def test_who_lacks_a_rate_on_one_day_is_held_for_all_of_them(folder: Path) -> None:
    held = Run.open(folder).held.filter(pl.col("table") == "workforce").select("payee", "code", "reason").rows()
    why = "is paid in USD, of which there is no rate that counts on 2026-01-01"
    assert held == [("boston", "missing-rate", why), ("leaves", "missing-rate", why)]


def test_totals_are_told_by_currency(folder: Path) -> None:
    summary = Run.open(folder).summary
    assert summary["paid"] == {
        "CHF": {"paid": "10264.80", "rate_effect": "-218.40"},
        "EUR": {"paid": "4100.00", "rate_effect": "0.00"},
        "JPY": {"paid": "608424", "rate_effect": "8424"},
    }
    assert Decimal(summary["totals"]["payout"]) == Decimal("18764.15")
    total = Run.open(folder).departments.filter(pl.col("measure").is_null()).select("plan", "payout", "held")
    assert dict(total.select("plan", "payout").drop_nulls().rows()) == {
        "seller": Decimal("17864.15"),
        "thanks": Decimal("900.00"),
    }


def test_a_run_says_what_is_paid_in_each_currency(folder: Path, tmp_path: Path) -> None:
    rules, data = str(folder.parent / "rules.yaml"), str(folder.parent / "data")
    arguments = ["run", rules, "--data", data, "--period", "2026-Q3", "--out", str(tmp_path / "run")]
    told = CliRunner().invoke(main, arguments).output
    assert "paid out             of which the rates since the plan\n" in told
    assert "CHF       10,264.80                            -218.40\n" in told
    assert "JPY         608,424                              8,424\n" in told


def test_a_run_is_recomputed_from_its_folder(folder: Path) -> None:
    opened, again = Run.open(folder), recompute(folder)
    for name in ("payouts", "segments", "contributions", "departments", "held"):
        assert opened.tables[name].collect().equals(again.tables[name].collect()), name


def told(folder: Path, payee: str, language: Language) -> list[str]:
    explanation = explain(folder, payee, language)
    return [f"{line.name}: {line.text}" for section in explanation.sections for line in section.lines]


def test_an_explanation_recomputes_the_exchange(folder: Path) -> None:
    geneva = told(folder, "geneva", "en")
    coins = ", rounded to 2 decimal places"
    assert [line for line in geneva if line.startswith("converted")] == [
        f"converted: `base_salary` at the rate of 2026-01-01: 96000 ÷ 0.96 = 100000.00 EUR{coins}",
        f"converted: `quota` at the rate of 2026-01-01: 96000 ÷ 0.96 = 100000.00 EUR{coins}",
    ]
    assert "target pay: base_salary * 10%: 100000 * 10% = 10000 EUR" in geneva
    assert "attainment: result ÷ target: 125000 ÷ 100000 = 1.25 = 125%, rounded to 4 decimal places" in geneva
    rates = "at the rates of the last day of the period (2026-09-30)"
    assert f"paid: {rates}: 10000 × 0.94 = 9400.00 CHF{coins}" in geneva
    assert f"planned: at the rate of 2026-01-01: 10000 × 0.96 = 9600.00 CHF{coins}" in geneva
    assert "effect of the rate: 9400 − 9600 = −200.00 CHF" in geneva
    assert "seller · cap: −2500.00 EUR" in geneva  # 125 % would have been 12,500 euros


def test_an_explanation_speaks_french_of_yen(folder: Path) -> None:
    osaka = told(folder, "osaka", "fr")
    assert (
        "converti: « base_salary » au taux du 01/01/2026 : 6000000 ÷ 160,25 = 37441,50 EUR, arrondi à 2 décimales"
        in osaka
    )
    end = "aux taux du dernier jour de la période (30/09/2026)"
    assert f"payé: {end} : 3744,15 × 162,5 = 608424 JPY, arrondi à 0 décimale" in osaka
    assert "effet du taux: 608424 − 600000 = 8424 JPY" in osaka


def test_nothing_is_told_of_rates_to_who_is_paid_in_the_currency_of_the_rules(folder: Path) -> None:
    names = {line.partition(":")[0] for line in told(folder, "paris", "en")}
    assert not names & {"converted", "paid", "planned", "effect of the rate"}


def test_without_an_exchange_the_payout_is_paid(folder: Path, tmp_path: Path) -> None:
    for name, text in DATA.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    lines = [line for line in RULES.splitlines() if not line.startswith("exchange:")]
    (tmp_path / "rules.yaml").write_text("\n".join(lines), encoding="utf-8")
    run = incentive_engine.run(incentive_engine.load(tmp_path / "rules.yaml"), tmp_path, "2026-Q3")
    assert set(run.held.filter(table="workforce").select("payee", "code").rows()) == {
        (payee, "other-currency") for payee in ("boston", "geneva", "leaves", "moves", "osaka")
    }
    paid = run.payouts.select("paid_currency", "exchange_rate", "paid", "rate_effect", "payout").rows()
    assert paid == [("EUR", 1, Decimal("3200.00"), 0, Decimal("3200.00")), ("EUR", 1, 900, 0, 900)]
    assert run.summary["paid"] == {"EUR": {"paid": "4100.00", "rate_effect": "0.00"}}
