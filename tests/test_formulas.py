"""The formula language: every value worked out by hand, missing values included."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from incentive_engine.documents import declare, read_text
from incentive_engine.errors import InputProblems
from incentive_engine.exact import Exact, Scale
from incentive_engine.formulas import (
    FUNCTIONS,
    CurveFunction,
    Formula,
    FormulaSyntaxError,
    Name,
    Type,
    check,
    compile_condition,
    compile_number,
    constant,
)
from incentive_engine.formulas.tree import Arithmetic, NameUse, Negative, Node, NumberLiteral, walk

ROWS = pl.DataFrame(
    {
        "salary": [3_000_000, 4_200_050, None, 0],  # cents
        "nps": [50, -20, None, 0],
        "one": [1, 2, 3, None],
        "role": ["Adviser", "adviser", None, 'Le "chef"'],
        "team": ["A", "B", "A", None],
        "hired": [dt.date(2026, 1, 1), dt.date(2024, 2, 29), None, dt.date(2026, 3, 31)],
        "left": [dt.date(2026, 3, 31), None, None, dt.date(2026, 1, 1)],
        "since": [dt.datetime(2026, 3, 31, 23, 30), dt.datetime(2024, 2, 29), None, dt.datetime(2026, 1, 1, 0, 0, 1)],
        "until": [dt.datetime(2026, 4, 1), dt.datetime(2024, 2, 29, 18), None, dt.datetime(2026, 1, 1, 0, 0, 0)],
        "answered": [True, False, None, True],
    },
    schema_overrides={"salary": pl.Int64, "nps": pl.Int64, "one": pl.Int64},
)


def bonus(points: Exact) -> Exact:
    """A curve: half of what lies between 0 and 60, to one decimal."""
    return points.clipped(0, 60).times(Fraction(1, 2)).rounded(1)


SCOPE: dict[str, Exact | pl.Expr | CurveFunction] = {
    "salary": Exact.column("salary", Scale(2, 0, 10_000_000)),
    "nps": Exact.column("nps", Scale(0, -100, 100)),
    "one": Exact.column("one", Scale(0, 1, 3)),
    "role": pl.col("role"),
    "team": pl.col("team"),
    "hired": pl.col("hired"),
    "left": pl.col("left"),
    "since": pl.col("since"),
    "until": pl.col("until"),
    "end": pl.lit(dt.date(2026, 3, 31)),
    "answered": pl.col("answered"),
    "bonus()": bonus,
    "Bonus()": lambda points: points.plus(1),
}
CURVES = ("bonus", "Bonus")
TYPES: dict[str, Type] = {
    "salary": "number", "nps": "number", "one": "number", "role": "text", "team": "text",
    "hired": "date", "left": "date", "since": "date", "until": "date", "end": "date", "answered": "boolean",
}  # fmt: skip
NAMES = {name: Name(type_, f"the {name}") for name, type_ in TYPES.items()}


def numbers(text: str) -> list[Fraction | None]:
    formula = Formula(text)
    assert check(formula, NAMES, "number", CURVES) == ({}, [])
    value = compile_number(formula, SCOPE)
    per = pl.lit(1, dtype=pl.Int64) if value.per is None else value.per.expr
    found = ROWS.select(pl.col("nps").alias("rows"), counts=value.expr, per=per).rows()
    low, high = value.bounds
    results = [None if n is None or d is None else value.unit * n / d for _, n, d in found]
    assert all(low <= result <= high for result in results if result is not None)
    return results


def truths(text: str) -> list[bool | None]:
    formula = Formula(text)
    assert check(formula, NAMES, "boolean", CURVES) == ({}, [])
    return ROWS.select(pl.col("nps").alias("rows"), found=compile_condition(formula, SCOPE))["found"].to_list()


def fractions(*values: str | None) -> list[Fraction | None]:
    return [None if value is None else Fraction(value) for value in values]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1250.50", ("1250.5",) * 4),
        ("salary * 8% / 4", ("600", "840.01", None, "0")),
        ("8% / 4 * salary", ("600", "840.01", None, "0")),
        ("salary / 3", ("10000", "84001/6", None, "0")),
        ("-nps + 1", ("-49", "21", None, "1")),
        ("2 - 3 - 4", ("-5",) * 4),
        ("12 / 3 / 2", ("2",) * 4),
        ("2 + 3 * 4", ("14",) * 4),
        ("(2 + 3) * 4", ("20",) * 4),
        ("2 * -3", ("-6",) * 4),
        ("--3", ("3",) * 4),
        ("salary / nps", ("600", "-84001/40", None, None)),
        ("1 / nps", ("1/50", "-1/20", None, None)),
        ("1 / salary", ("1/30000", "2/84001", None, None)),
        ("nps / (1 / one)", ("50", "-40", None, None)),
        ("1 / (nps - 50)", (None, "-1/70", None, "-1/50")),
        ("1 / -salary", ("-1/30000", "-2/84001", None, None)),
        ("1 / (0 - salary)", ("-1/30000", "-2/84001", None, None)),
        ("1 / (nps / one)", ("1/50", "-1/10", None, None)),
        ("nps / (nps / one)", ("1", "2", None, None)),
        ("MIN(nps, 10, one)", ("1", "-20", None, None)),
        ("MAX(nps, 10)", ("50", "10", None, "10")),
        ("MAX(5, nps, MAX(7, one * 4), 6)", ("50", "8", None, None)),
        ("MIN(5, nps, MAX(7, one * 4), 6)", ("5", "-20", None, None)),
        ("MIN(MAX(nps, 0), 40%) * 2", ("0.8", "0", None, "0")),
        ("MAX(nps / one, one)", ("50", "2", None, None)),
        ("ABS(nps)", ("50", "20", None, "0")),
        ("ABS(-nps)", ("50", "20", None, "0")),
        ("ABS(nps / 3)", ("50/3", "20/3", None, "0")),
        ("ABS(-salary)", ("30000", "42000.5", None, "0")),
        ("ROUND(nps / 40, 0)", ("1", "-1", None, "0")),
        ("ROUND(nps / 40, 1)", ("1.3", "-0.5", None, "0")),
        ("ROUNDDOWN(nps / 40, 0)", ("1", "0", None, "0")),
        ("ROUNDUP(nps / 40, 0)", ("2", "-1", None, "0")),
        ("ROUND(salary, -3)", ("30000", "42000", None, "0")),
        ("ROUND(2.5, 0)", ("3",) * 4),
        ("ROUND(-2.5, 0)", ("-3",) * 4),
        ("IF(nps >= 50, salary * 10%, 0)", ("3000", "0", None, "0")),
        ("IF(nps >= 50, salary * 10%, 7)", ("3000", "7", None, "7")),
        ("IF(answered, 1, 2)", ("1", "2", None, "1")),
        ("IF(ISMISSING(nps), 0, nps)", ("50", "-20", "0", "0")),
        ("IF(TRUE, 1, nps)", ("1", "1", "1", "1")),
        ('IF(IF(answered, role, team) = "B", 1, 0)', ("0", "1", None, "0")),
        ("bonus(nps)", ("25", "0", None, "0")),
        ("bonus(nps + one * 0.11) * 2", ("50.2", "0", None, None)),
        ("bonus(bonus(nps))", ("12.5", "0", None, "0")),
        ("Bonus(bonus(7))", ("4.5",) * 4),
        ("IF(ISMISSING(bonus(nps)), 7, bonus(nps))", ("25", "0", "7", "0")),
        ("MAX(bonus(nps), 3, bonus(nps / one))", ("25", "3", None, None)),
        ("DAYS(left, hired)", ("89", None, None, "-89")),
        ("DAYS(left, DATE(2025, 12, 31))", ("90", None, None, "1")),
        ("if(nps >= 50 and Answered = true, Max(1, 2), 0)".replace("Answered", "answered"), ("2", "0", None, "0")),
    ],
)
def test_numbers_are_exact_and_missing_stays_missing(text: str, expected: tuple[str | None, ...]) -> None:
    assert numbers(text) == fractions(*expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nps >= 0", (True, False, None, True)),
        ("nps > bonus(one * 40)", (True, False, None, None)),
        ("nps IN (0, bonus(100))", (False, False, None, True)),
        ("nps > 0", (True, False, None, False)),
        ("nps <= 0", (False, True, None, True)),
        ("nps < 0", (False, True, None, False)),
        ("nps = 50", (True, False, None, False)),
        ("nps <> 50", (False, True, None, True)),
        ("salary / 3 = 10000", (True, False, None, False)),
        ('role = "Adviser"', (True, False, None, False)),
        ('role <> "Adviser"', (False, True, None, True)),
        ('role = "Le ""chef"""', (False, False, None, True)),
        ('role IN ("Adviser", "adviser")', (True, True, None, False)),
        ('NOT role IN ("Adviser", "adviser")', (False, False, None, True)),
        ("nps IN (50, -20)", (True, True, None, False)),
        ("nps IN (one * 50)", (True, False, None, None)),
        ('role IN ("Adviser", team)', (True, False, None, None)),
        ("hired < DATE(2026, 1, 2)", (True, True, None, False)),
        ("hired = left", (False, None, None, False)),
        ("hired >= left", (False, None, None, True)),
        ("answered", (True, False, None, True)),
        ("NOT answered", (False, True, None, False)),
        ("answered = FALSE", (False, True, None, False)),
        ("TRUE", (True, True, True, True)),
        # three-valued: what decides alone decides even where the other side is missing
        ("answered AND one > 0", (True, False, None, None)),
        ("nps > 0 AND answered", (True, False, None, False)),
        ("one > 2 AND answered", (False, False, None, None)),
        ("one > 2 OR answered", (True, False, True, True)),
        ("one > 5 OR answered", (True, False, None, True)),
        ("ISMISSING(answered) OR answered", (True, False, True, True)),
        ("ISMISSING(salary / nps)", (False, False, True, True)),
        ('ISMISSING(team) AND NOT ISMISSING("x")', (False, False, False, True)),
        # AND before OR, NOT before AND
        ("FALSE AND FALSE OR TRUE", (True,) * 4),
        ("TRUE OR FALSE AND FALSE", (True,) * 4),
        ("NOT FALSE AND FALSE", (False,) * 4),
        ("NOT 1 = 2", (True,) * 4),
        ("IF(answered, nps > 0, FALSE)", (True, False, None, False)),
    ],
)
def test_conditions_are_three_valued(text: str, expected: tuple[bool | None, ...]) -> None:
    assert truths(text) == list(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8% / 4", "1/50"),
        ("-(1 + 2) * 3", "-9"),
        ("MIN(3, 2, 5) + MAX(1, 7) + ABS(-4)", "13"),
        ("ROUND(2.345, 2)", "2.35"),
        ("ROUND(-2.345, 2)", "-2.35"),
        ("ROUNDDOWN(-2.349, 2)", "-2.34"),
        ("ROUNDUP(2.341, 2)", "2.35"),
        ("ROUND(1234, -2)", "1200"),
        ("1 / 0", None),
        ("1 / (2 - 2)", None),
        ("nps", None),
        ("nps * 0", None),
        ("bonus(1)", None),
        ("MIN(bonus(1), 0)", None),
        ("TRUE", None),
        ('"a"', None),
    ],
)
def test_constants_fold(text: str, expected: str | None) -> None:
    assert constant(Formula(text)) == (None if expected is None else Fraction(expected))


def test_a_constant_factor_touches_no_row() -> None:
    value = compile_number(Formula("salary * (8% / 4)"), SCOPE)
    assert value.unit == Fraction(1, 100) * Fraction(2, 100)
    assert value.expr.meta.eq(pl.col("salary"))


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("salary * 8%", "salary*10%", True),
        ("MAX(nps, 10) + 1", "MAX(nps, 20) + 3", True),
        ("ROUND(nps * 2, 1)", "ROUND(nps * 3, 1)", True),
        ("ROUND(nps, 1)", "ROUND(nps, 2)", False),
        ("ROUND(nps, -1)", "ROUND(nps, -2)", False),
        ("DAYS(hired, DATE(2026, 1, 1))", "DAYS(hired, DATE(2026, 1, 2))", False),
        ("nps + 1", "nps - 1", False),
        ("nps + 1", "one + 1", False),
        ('IF(team = "A", 1, 2)', 'IF(team = "B", 1, 2)', False),
        ("bonus(nps + 1)", "bonus( nps + 2 )", True),
        ("bonus(nps)", "Bonus(nps)", False),
        ("max(nps, 1)", "MAX(nps, 1)", True),
    ],
)
def test_formulas_that_differ_in_numbers_only_have_one_skeleton(one: str, other: str, alike: bool) -> None:
    assert (Formula(one).skeleton == Formula(other).skeleton) is alike


def test_formulas_of_one_skeleton_run_in_one_pass() -> None:
    each = [Formula("ROUND(MAX(nps * 10, 100) / 2, 1)"), Formula("ROUND(MAX(nps * 0.5, 100) / 3, 1)")]
    plan = pl.lit(pl.Series("plan", [0, 1, 0, 1], dtype=pl.UInt32))
    found = ROWS.select(compile_number(each[0], SCOPE, each, plan).decimal(1))[:, 0].to_list()
    assert found == [Decimal("250.0"), Decimal("33.3"), None, Decimal("33.3")]


@pytest.mark.parametrize(
    "texts",
    [
        ("salary * 8% / 4", "salary * 8% / 8"),
        ("salary * 8% / 4", "salary * 10% / 16", "salary * 9.125% / 0.5"),
        ("salary * 3 / 3", "salary * 7 / 7", "salary * 11 / 11"),
        ("8% / 4 * salary", "7% / 8 * salary"),
        ("salary / (4 - 2)", "salary / (5 - 1)"),
        ("-salary / -4", "-salary / -2"),
        ("IF(nps > 0, salary, 600) / 3 * 6", "IF(nps > 10, salary, 900) / 7 * 7"),
        ("ROUND(salary / 3, 2)", "ROUND(salary / 7, 2)"),
        ("ROUND(salary / 3, 2) / MAX(2, 4)", "ROUND(salary / 7, 2) / MAX(1, 1)"),
        ("salary / 4 + one * 2", "salary / 8 + one * 5"),
        ("ROUND(salary / (one * 3) / (2 / nps), 3)", "ROUND(salary / (one * 5) / (4 / nps), 3)"),
        ("ROUND(4 / one / 2, 3)", "ROUND(5 / one / 3, 3)"),
        ("ABS(nps / 4) * 3", "ABS(nps / 5) * 2"),
        ("IF(nps / 4 > 10, 1, 2) / 4", "IF(nps / 5 > 10, 3, 2) / 5"),
        ("salary * 0 / 4", "salary * 5 / 8"),
        ("bonus(nps + 4) / 4", "bonus(nps + 5) / 5"),
        ("bonus(7) * one", "bonus(8) * one"),
        ("bonus(10 / 4) / 4", "bonus(10 / 5) / 5"),
    ],
)
def test_a_plan_has_the_decimals_in_one_pass_that_it_has_alone(texts: tuple[str, ...]) -> None:
    each = [Formula(text) for text in texts]
    assert len({formula.skeleton for formula in each}) == 1
    alone = [compile_number(formula, SCOPE) for formula in each]
    plan = pl.col("plan")
    together = compile_number(each[0], SCOPE, each, plan)
    assert together.finite_places == max(value.finite_places or 0 for value in alone)
    for number, value in enumerate(alone):
        rows = ROWS.with_columns(plan=pl.lit(number, dtype=pl.UInt32))
        found = rows.select(together=together.decimal(), alone=value.decimal(together.finite_places), row=plan)
        assert found["together"].equals(found["alone"]), texts[number]


def test_divisors_without_a_common_denominator_that_fits_still_divide() -> None:
    primes = [n for n in range(2, 200) if all(n % d for d in range(2, n))]
    each = [Formula(f"ROUND(salary * 8% / {prime}, 2)") for prime in primes]
    rows = ROWS.join(pl.DataFrame({"plan": pl.Series(range(len(each)), dtype=pl.UInt32)}), how="cross")
    found = rows.select(compile_number(each[0], SCOPE, each, pl.col("plan")).decimal(2))[:, 0].to_list()
    for number, formula in enumerate(each):
        alone = ROWS.select("nps", compile_number(formula, SCOPE).decimal(2).alias("alone"))["alone"].to_list()
        assert found[number :: len(each)] == alone


def test_a_plan_that_divides_by_zero_has_no_number() -> None:
    each = [Formula("salary / (2 - 1)"), Formula("salary / (2 - 2)")]
    plan = pl.lit(pl.Series("plan", [0, 1, 0, 1], dtype=pl.UInt32))
    found = ROWS.select(compile_number(each[0], SCOPE, each, plan).decimal(2))[:, 0].to_list()
    assert found == [Decimal("30000.00"), None, None, None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("since <= DATE(2026, 3, 31)", [True, True, None, True]),
        ("since > DATE(2026, 3, 31)", [False, False, None, False]),
        ("since <= end", [True, True, None, True]),
        ("end >= since", [True, True, None, True]),
        ("since = DATE(2026, 3, 31)", [True, False, None, False]),
        ("since <> left", [False, None, None, False]),
        ("since = hired", [False, True, None, False]),
        ("until < since", [False, False, None, True]),
        ("since < until", [True, True, None, False]),
        ("since IN (DATE(2026, 3, 31), hired)", [True, True, None, False]),
        ("since = IF(answered, end, hired)", [True, True, None, False]),
        ("role = team", [False, False, None, None]),
        ("answered = answered", [True, True, None, True]),
        ("DAYS(end, since) = 0", [True, False, None, False]),
        ("DAYS(until, since) = 1", [True, False, None, False]),
    ],
)
def test_a_moment_belongs_to_its_day(text: str, expected: list[bool | None]) -> None:
    """`since <= period_end` holds on all of the last day, whatever the time."""
    assert truths(text) == expected
    lazy = ROWS.lazy().with_columns(group=pl.lit("g"), met=compile_condition(Formula(text), SCOPE))
    assert lazy.collect(engine="streaming")["met"].to_list() == expected
    counted = ROWS.lazy().group_by(pl.lit("g").alias("group")).agg(met=compile_condition(Formula(text), SCOPE).sum())
    assert counted.collect(engine="streaming")["met"].to_list() == [expected.count(True)]


def test_days_hold_whatever_polars_takes_for_a_date() -> None:
    days = pl.DataFrame(
        {"hired": pl.Series([2**31 - 1], dtype=pl.Int32), "left": pl.Series([-(2**31)], dtype=pl.Int32)}
    )
    value = compile_number(Formula("DAYS(hired, left)"), SCOPE)
    (found,) = days.cast(pl.Date).select(value.expr).row(0)
    assert found == 2**32 - 1 <= value.high


def problems(text: str, wanted: Type = "number") -> list[tuple[int, str, str, str | None]]:
    found = check(Formula(text), NAMES, wanted, ("bonus",), {"closed": "not here"})[1]
    return [(each.offset, each.code, each.message, each.hint) for each in found]


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        ("salry * 8%", "number", (0, "unknown-name", "there is no `salry` here", "did you mean `salary`?")),
        (
            "role = Care",
            "boolean",
            (7, "unknown-name", "there is no `Care` here", 'if you mean the text, put it in double quotes: "Care"'),
        ),
        ("MINIMUM(1, 2)", "number", (0, "unknown-function", "there is no function `MINIMUM`", "did you mean `MIN`?")),
        (
            "1 + ROUNDUPP(1, 2)",
            "number",
            (4, "unknown-function", "there is no function `ROUNDUPP`", "did you mean `ROUNDUP`?"),
        ),
        (
            "IF(nps > 0, 1)",
            "number",
            (0, "wrong-arguments", "`IF` takes 3 arguments, not 2", "write IF(condition, then, else)"),
        ),
        ("MIN(1)", "number", (0, "wrong-arguments", "`MIN` takes 2 or more arguments, not 1", "write MIN(a, b, …)")),
        ("ABS(1, 2)", "number", (0, "wrong-arguments", "`ABS` takes 1 argument, not 2", "write ABS(x)")),
        ("max", "number", (0, "unknown-name", "`max` is a function", "write MAX(a, b, …)")),
        ("bonus * 2", "number", (0, "unknown-name", "`bonus` is a curve", "write bonus(x)")),
        ("2 * bonsu(nps)", "number", (4, "unknown-function", "there is no function `bonsu`", "did you mean `bonus`?")),
        (
            "2 * bonus(nps, 1)",
            "number",
            (4, "wrong-arguments", "`bonus` takes 1 argument, not 2", "write bonus(x)"),
        ),
        ("bonus()", "number", (0, "wrong-arguments", "`bonus` takes 1 argument, not 0", "write bonus(x)")),
        (
            "bonus(role)",
            "number",
            (6, "type-mismatch", "here must stand a number, but `role` is text", None),
        ),
        (
            "bonus(nps)",
            "boolean",
            (
                0,
                "type-mismatch",
                "the formula must give true or false, but `bonus(…)` is a number",
                "compare it with something: x > 0",
            ),
        ),
        (
            "nps > closed(nps) AND answered",
            "boolean",
            (6, "curve-not-allowed", "`closed` is a curve: not here", None),
        ),
        (
            "nps(2)",
            "number",
            (0, "unknown-function", "there is no function `nps`", "`nps` is the nps: write `*` to multiply"),
        ),
        (
            "ROUND(nps, one)",
            "number",
            (
                11,
                "wrong-arguments",
                "the decimals of `ROUND` must be a whole number that is written out",
                "write ROUND(x, 2)",
            ),
        ),
        ("ROUND(nps, 99)", "number", (11, "wrong-arguments", "`ROUND` takes -12 to 15 decimals, not 99", None)),
        (
            "nps > 0",
            "number",
            (
                0,
                "type-mismatch",
                "the formula must give a number, but this comparison is true or false",
                "write IF(condition, 1, 0)",
            ),
        ),
        (
            "nps",
            "boolean",
            (
                0,
                "type-mismatch",
                "the formula must give true or false, but `nps` is a number",
                "compare it with something: x > 0",
            ),
        ),
        (
            'nps + "5"',
            "number",
            (6, "type-mismatch", 'here must stand a number, but `"5"` is text', "write numbers without quotes"),
        ),
        (
            "role = 5",
            "boolean",
            (
                7,
                "type-mismatch",
                "`role` is text and `5` is a number: they cannot be compared",
                'write text between double quotes: "5"',
            ),
        ),
        (
            'hired > "2026-01-01"',
            "boolean",
            (
                8,
                "type-mismatch",
                '`hired` is a date and `"2026-01-01"` is text: they cannot be compared',
                "write a day as DATE(2026, 1, 31)",
            ),
        ),
        (
            'role > "A"',
            "boolean",
            (0, "type-mismatch", "`role` is text, which has no order", "compare it with = or <>"),
        ),
        (
            "IF(answered, 1, role)",
            "number",
            (
                16,
                "type-mismatch",
                "both results of `IF` must be alike, but one is a number and the other is text",
                None,
            ),
        ),
        (
            "answered AND nps",
            "boolean",
            (
                13,
                "type-mismatch",
                "here must stand true or false, but `nps` is a number",
                "compare it with something: x > 0",
            ),
        ),
        ("nps / 0", "number", (6, "division-by-zero", "this divides by zero, so the result is always missing", None)),
        (
            "hired > DATE(2026, 2, 30)",
            "boolean",
            (8, "not-a-date", "there is no day 2026-02-30", "write the year, the month and the day: DATE(2026, 1, 31)"),
        ),
        (
            "DATE(2026, one, 1) = hired",
            "boolean",
            (11, "wrong-arguments", "`DATE` takes whole numbers that are written out", "write DATE(2026, 1, 31)"),
        ),
        (
            'role IN ("a", 3)',
            "boolean",
            (
                14,
                "type-mismatch",
                "`role` is text and `3` is a number: they cannot be compared",
                'write text between double quotes: "3"',
            ),
        ),
    ],
)
def test_a_wrong_formula_is_told_once_and_kindly(
    text: str, wanted: Type, expected: tuple[int, str, str, str | None]
) -> None:
    assert problems(text, wanted) == [expected]


def test_all_problems_of_a_formula_come_together() -> None:
    found = problems('IF(npss > 0, salry + "x", MEDIAN(role))')
    assert [(offset, code) for offset, code, _, _ in found] == [
        (3, "unknown-name"),
        (13, "unknown-name"),
        (21, "type-mismatch"),
        (26, "unknown-function"),
    ]


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        ("a > 5", "boolean", {"a": "number"}),
        ('a = "x" AND b', "boolean", {"a": "text", "b": "boolean"}),
        ("a = b", "boolean", {}),
        ("a = b AND b > c AND c = nps", "boolean", {"a": "number", "b": "number", "c": "number"}),
        ("IF(a, b, c)", "number", {"a": "boolean", "b": "number", "c": "number"}),
        ("a < hired", "boolean", {"a": "date"}),
        ("DAYS(a, b)", "number", {"a": "date", "b": "date"}),
        ("ISMISSING(a)", "boolean", {}),
        ('a IN ("x", b)', "boolean", {"a": "text", "b": "text"}),
    ],
)
def test_types_of_unknown_names_follow_from_their_use(text: str, wanted: Type, expected: dict[str, Type]) -> None:
    open_names = {name: Name(None, "a column") for name in "abc"}
    assert check(Formula(text), {**NAMES, **open_names}, wanted) == (expected, [])


def test_a_name_has_one_type_in_a_formula() -> None:
    types, found = check(Formula('a > 5 AND a = "x"'), {"a": Name(None, "a column")}, "boolean")
    assert types == {"a": "number"}
    assert [(each.offset, each.message) for each in found] == [
        (14, '`a` is a number and `"x"` is text: they cannot be compared')
    ]


@pytest.mark.parametrize(
    ("text", "offset", "message", "hint"),
    [
        ("a == b", 2, "`==` is written `=` here", "write `=`"),
        ("a =< b", 2, "`=<` is written the other way round", "write `<=`"),
        ("a => b", 2, "`=>` is written the other way round", "write `>=`"),
        ("a != b", 2, "`!=` is written `<>` here", "write `<>`"),
        ("a ≥ b", 2, "`≥` is written with two signs here", "write `>=`"),
        ("a && b", 2, "conditions are joined by a word here, not by `&&`", "write `AND`"),
        ("a || b", 2, "conditions are joined by a word here, not by `||`", "write `OR`"),
        ("!a", 0, "a condition is turned round by a word here, not by `!`", "write `NOT`"),
        ("MIN(a; b)", 5, "arguments are separated by a comma here, not by `;`", "write `,`"),
        ("a * 1,5", 4, "`1,5` is written with a decimal comma", "write 1.5"),
        ("a = 'x'", 4, "text stands between double quotes", "write \"Care\" rather than 'Care'"),
        ("a − b", 2, "`−` is not the minus sign of the keyboard", "write `-`"),
        ("a ^ 2", 2, "there are no powers in formulas", "multiply: x * x"),
        ("a%", 1, "`%` stands directly after a number that is written out", "write 8%, or divide by 100"),
        ("=a", 0, "a formula does not begin with a sign of comparison", "delete it"),
        ("1 250 * a", 0, "a number is written without spaces", "write 1250"),
        (
            "10% salary",
            4,
            "a sign or a word is missing between `10%` and `salary`",
            "write one of + - * / = <> < <= > >= AND OR between them",
        ),
        (".5 * a", 0, "a number needs a digit before its point", "write 0.5"),
        ("1 < a < 3", 6, "a comparison has two sides only", "write 1 < x AND x < 5"),
        ("MIN(a, b", 3, "the bracket opened here is not closed", "add a `)`"),
        ("MIN((a), (b)", 3, "the bracket opened here is not closed", "add a `)`"),
        ("a)", 1, "this `)` closes nothing", "delete it, or add a `(`"),
        ("a +", 3, "the formula ends too early: a value is missing after `+`", None),
        ("a AND", 5, "the formula ends too early: a value is missing after `AND`", None),
        ("MIN(a,", 6, "the formula ends too early: a value is missing after `,`", None),
        ("AND(a, b)", 0, "`AND` stands between two conditions", "write a AND b"),
        ("a IS NULL", 2, "`IS` is not a word of formulas", "write ISMISSING(x)"),
        ('a = "x', 4, "the text opened by this quote is not closed", 'end it with `"`'),
        ("()", 1, "these brackets are empty", None),
        ("a * / b", 4, "a value is missing after `*`, before `/`", None),
        ("", 0, "a formula is missing here", None),
        ("a * " + "7" * 39, 4, "this number has more than 38 digits", "write a shorter one"),
        ("7" * 5_000 + "%", 0, "this number has more than 38 digits", "write a shorter one"),
        (f"a < 0.{'0' * 38}1", 4, "this number has more than 38 digits", "write a shorter one"),
    ],
)
def test_what_is_not_a_formula_is_answered_with_what_to_write(
    text: str, offset: int, message: str, hint: str | None
) -> None:
    with pytest.raises(FormulaSyntaxError) as raised:
        _ = Formula(text).tree
    assert (raised.value.offset, raised.value.message, raised.value.hint) == (offset, message, hint)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-" * 4_000 + "1", "this formula goes more than 100 steps deep"),
        ("a+" * 4_000 + "a", "this formula goes more than 100 steps deep"),
        ("1" * 20_000, "this formula is longer than 10,000 characters"),
    ],
)
def test_a_formula_cannot_exhaust_the_reader(text: str, message: str) -> None:
    with pytest.raises(FormulaSyntaxError) as raised:
        _ = Formula(text).tree
    assert str(raised.value) == message


PIECES = [*"ab15.,;%\"'()+-*/<>=!&|_ é\n", "AND ", "not ", " IN", "IF(", "TRUE"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_text_is_a_formula_or_has_its_error_inside(text: str) -> None:
    try:
        tree = Formula(text).tree
    except FormulaSyntaxError as error:
        found = error
    else:
        found = FormulaSyntaxError(tree.offset, "none")
        check(Formula(text), NAMES, "number")
    assert 0 <= found.offset <= len(text)
    assert found.message


def test_what_would_double_with_every_step_is_refused() -> None:
    text = "nps"
    for _ in range(8):
        text = f"MAX({text} - 50, nps)"
    assert problems(text) == []
    assert problems(f"ABS({text})") == [
        (0, "too-deep", "more than 8 of MIN, MAX, ABS, rounding and division are nested in one another",
         "write it more simply")
    ]  # fmt: skip
    tiers = "0"
    for step in range(80):
        tiers = f"IF(nps >= {step}, {step}%, {tiers})"
    assert problems(tiers) == []
    assert numbers(tiers) == fractions("1/2", "0", None, "0")


def test_a_curve_is_worked_out_once_however_deep_its_argument() -> None:
    text = "nps"
    for _ in range(8):
        text = f"MAX({text} - 50, nps)"
    assert problems(f"ABS(bonus({text}))") == []
    assert [code for _, code, _, _ in problems(f"bonus(ABS({text}))")] == ["too-deep"]


def test_a_formula_knows_the_curves_that_it_calls() -> None:
    formula = Formula("round(bonus(a.b), 1) + Bonus(IF(c > 1, bonus(c), 0))")
    assert formula.calls == {"bonus", "Bonus"}
    assert formula.names == {"a.b", "c"}


def test_brackets_alone_cost_no_depth() -> None:
    assert constant(Formula("(" * 2_000 + "1" + ")" * 2_000)) == 1


class Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    who: Formula
    pay: Decimal | Formula = Decimal(0)


def test_formulas_live_in_models() -> None:
    rule = declare(read_text("who: true\npay: salary * 8%\n", "f"), Rule)
    assert rule == Rule(who=Formula("TRUE"), pay=Formula("salary * 8%"))
    assert hash(rule) == hash(Rule(who=Formula("TRUE"), pay=Formula("salary * 8%")))
    assert declare(read_text("who: 35%\npay: 1e3\n", "f"), Rule) == Rule(who=Formula("0.35"), pay=Decimal("1000"))
    assert rule.who.names == frozenset()
    assert Formula("IF(a.b > c, a.b, MIN(c, 1))").names == {"a.b", "c"}
    assert rule.model_dump(mode="json") == {"who": "TRUE", "pay": "salary * 8%"}


def test_the_schema_of_a_formula_takes_what_people_write() -> None:
    schema = TypeAdapter(Formula).json_schema()
    assert schema["type"] == ["string", "number", "boolean"]
    assert all(name in schema["description"] for name in FUNCTIONS)


def test_a_syntax_error_is_located_inside_the_file() -> None:
    text = "who: a AND ==\npay: >\n  salary *\n  8 %\n"
    with pytest.raises(InputProblems) as raised:
        declare(read_text(text, "plan.yaml"), Rule)
    assert [str(each) for each in raised.value.problems] == [
        "plan.yaml:1:12: error[formula-syntax]: `==` is written `=` here\n  hint: write `=`",
        "plan.yaml:4:5: error[formula-syntax]: `%` stands directly after a number that is written out\n"
        "  hint: write 8%, or divide by 100",
    ]


@pytest.mark.parametrize("wrong", [None, ["a"], {"a": 1}, 1.5, Decimal("NaN")])
def test_what_cannot_be_a_formula_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate({"who": wrong})


def bonus_of(points: Fraction) -> Fraction:
    return Fraction(floor(min(max(points, Fraction(0)), Fraction(60)) / 2 * 10 + Fraction(1, 2)), 10)


def expressions() -> st.SearchStrategy[tuple[str, Any]]:
    """Texts of formulas over `nps` and `one`, each with the same in Python, None for missing."""
    leaves = st.one_of(
        st.integers(0, 20).map(lambda n: (str(n), lambda _: Fraction(n))),
        st.integers(0, 300).map(lambda n: (f"{n}%", lambda _: Fraction(n, 100))),
        st.sampled_from(["nps", "one"]).map(lambda name: (name, lambda row: row[name])),
    )

    def lifted(work: Any, *parts: Any) -> Any:
        def value(row: Any) -> Any:
            found = [part(row) for part in parts]
            return None if None in found else work(*found)

        return value

    def grown(inner: st.SearchStrategy[tuple[str, Any]]) -> st.SearchStrategy[tuple[str, Any]]:
        def two(sign: str, work: Any) -> st.SearchStrategy[tuple[str, Any]]:
            return st.tuples(inner, inner).map(
                lambda pair: (f"({pair[0][0]}) {sign} ({pair[1][0]})", lifted(work, pair[0][1], pair[1][1]))
            )

        return st.one_of(
            two("+", lambda a, b: a + b),
            two("-", lambda a, b: a - b),
            two("*", lambda a, b: a * b),
            two("/", lambda a, b: a / b if b else None),
            inner.map(lambda one: (f"-({one[0]})", lifted(lambda a: -a, one[1]))),
            inner.map(lambda one: (f"ABS({one[0]})", lifted(abs, one[1]))),
            inner.map(lambda one: (f"bonus({one[0]})", lifted(bonus_of, one[1]))),
            st.tuples(inner, inner).map(
                lambda pair: (f"MAX({pair[0][0]}, {pair[1][0]})", lifted(max, pair[0][1], pair[1][1]))
            ),
        )

    return st.recursive(leaves, grown, max_leaves=5)


@settings(max_examples=80, deadline=None)
@given(expressions())
def test_compiled_formulas_agree_with_fractions(drawn: tuple[str, Any]) -> None:
    text, value = drawn
    if any(each.code == "division-by-zero" for each in check(Formula(text), NAMES, "number", CURVES)[1]):
        return
    rows = [
        {name: None if row[name] is None else Fraction(row[name]) for name in ("nps", "one")} for row in ROWS.to_dicts()
    ]
    expected = [value(row) for row in rows]
    assert numbers(text) == expected
    folded = constant(Formula(text))
    assert folded is None or set(expected) == {folded}


def written(node: Node) -> str:
    match node:
        case NumberLiteral():
            return node.written
        case NameUse():
            return node.name
        case Negative():
            return f"-({written(node.operand)})"
        case Arithmetic():
            return f"({written(node.left)}) {node.sign} ({written(node.right)})"
        case _:
            raise AssertionError(node)


@settings(max_examples=50, deadline=None)
@given(expressions())
def test_offsets_point_at_the_part(drawn: tuple[str, Any]) -> None:
    text, _ = drawn
    for node, _depth in walk(Formula(text).tree):
        if isinstance(node, NumberLiteral | NameUse):
            assert text[node.offset :].startswith(written(node))
