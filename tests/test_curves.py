"""Payout curves against a plain reading of their definitions, in one plan and in several that differ in numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from incentive_engine.exact import Exact, Scale
from incentive_engine.kinds.base import Variants
from incentive_engine.kinds.curves import CurveKind, PayoutCurve
from tests.calculator import calculate, rounded

Raw = dict[str, Any]
F, D = Fraction, Decimal
ADAPTER: TypeAdapter[CurveKind] = TypeAdapter(PayoutCurve)
ENGINES: tuple[Literal["in-memory", "streaming"], ...] = ("in-memory", "streaming")
X, PER, ACROSS = Exact.column("x", Scale(2, -100_000, 100_000)), Exact.column("per", Scale(1, 1, 90)), "across"
Y = Exact.column(ACROSS, Scale(1, -1000, 1000))


# --- the definitions, read plainly ------------------------------------------------------------------------------------


def linear(curve: Raw, x: Fraction, y: Fraction) -> Fraction:
    points = [(F(a), F(b)) for a, b in curve["points"]]
    if x < points[0][0]:
        return F(0) if curve["below"] == "zero" else points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 <= x < x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]


def stepped(curve: Raw, x: Fraction, y: Fraction) -> Fraction:
    found = F(0) if curve["below"] == "zero" else F(curve["tiers"][0]["rate"])
    for tier in curve["tiers"]:
        if x >= tier["from"]:
            found = F(tier["rate"])
    return found


def graded(curve: Raw, x: Fraction, y: Fraction) -> Fraction:
    paid = F(0)
    ends = [*(F(tier["from"]) for tier in curve["tiers"][1:]), None]
    for tier, end in zip(curve["tiers"], ends, strict=True):
        if x >= tier["from"]:
            inside = (x if end is None else min(x, end)) - F(tier["from"])
            paid += F(tier.get("jump", 0)) + F(tier["rate"]) * inside
    return paid


def lookup(curve: Raw, x: Fraction, y: Fraction) -> Fraction | None:
    for row in curve["rows"]:
        above = x >= row.get("from", x) and ("over" not in row or x > row["over"])
        if above and x <= row.get("to", x) and ("below" not in row or x < row["below"]):
            return F(row["rate"])
    return None


def matrix(curve: Raw, x: Fraction, y: Fraction) -> Fraction:
    row = [number for number, each in enumerate(curve["rows"]) if x >= each["from"]]
    column = [number for number, start in enumerate(curve["columns"]) if y >= start]
    if curve["below"] == "zero" and not (row and column):
        return F(0)
    return F(curve["rows"][max(row, default=0)]["rates"][max(column, default=0)])


def logistic(curve: Raw, x: Fraction, y: Fraction) -> Fraction:
    low, high = F(curve.get("low", 0)), F(curve.get("high", 1))
    e = power(-abs(x - F(curve["midpoint"])) / F(curve["width"]))
    return low + (high - low) * (1 / (1 + e) if x >= curve["midpoint"] else e / (1 + e))


def power(argument: Fraction) -> Fraction:
    """The power of e to 15 places, by way of 60 digits."""
    with localcontext() as context:
        context.prec = 60
        return rounded(F((D(argument.numerator) / D(argument.denominator)).exp()), 15)


DEFINITIONS: dict[str, Callable[[Raw, Fraction, Fraction], Fraction | None]] = {
    "linear": linear,
    "stepped": stepped,
    "graded": graded,
    "lookup": lookup,
    "matrix": matrix,
    "logistic": logistic,
}


# --- drawn curves -----------------------------------------------------------------------------------------------------


def number(low: int = -300, high: int = 300) -> st.SearchStrategy[Decimal]:
    return st.integers(low, high).map(lambda count: D(count) / 100)


def starts(count: int) -> st.SearchStrategy[list[Decimal]]:
    return st.lists(number(), min_size=count, max_size=count, unique=True).map(sorted)


BELOW = st.sampled_from(["zero", "flat"])


@st.composite
def several(draw: st.DrawFn, kind: str) -> list[Raw]:
    """Curves of one shape."""
    plans, count, other = draw(st.integers(1, 3)), draw(st.integers(2, 4)), draw(st.integers(1, 3))
    below, ends = draw(BELOW), draw(st.lists(st.sampled_from("abc"), min_size=count + 1, max_size=count + 1))
    drawn = []
    for _ in range(plans):
        at, rates = draw(starts(count)), draw(st.lists(number(), min_size=count * other, max_size=count * other))
        jumps = draw(st.lists(st.sampled_from([D(0), D(1), D("-0.35")]), min_size=count, max_size=count))
        curve: Raw = {"kind": kind, "rounding": "none"}
        if kind == "linear":
            jump = draw(st.integers(0, count - 1)) if ends[0] == "a" else None
            twice = [x for number, x in enumerate(at) for _ in range(1 + (number == jump))]
            heights = draw(st.lists(number(), min_size=len(twice), max_size=len(twice)))
            curve |= {"points": list(zip(twice, heights, strict=True)), "below": below}
        elif kind == "stepped":
            curve |= {"tiers": [{"from": x, "rate": y} for x, y in zip(at, rates, strict=False)], "below": below}
        elif kind == "graded":
            tiers = [{"from": x, "rate": y, "jump": z} for x, y, z in zip(at, rates, jumps, strict=False)]
            curve |= {"tiers": tiers}
        elif kind == "lookup":
            curve |= {"rows": rows(at, rates, ends)}
        elif kind == "matrix":
            lines = [{"from": x, "rates": rates[n * other : (n + 1) * other]} for n, x in enumerate(at)]
            curve |= {"across": ACROSS, "columns": draw(starts(other)), "rows": lines, "below": below}
        else:
            curve |= {"midpoint": at[0], "width": draw(number(1)), "low": at[1], "high": rates[0]}
        drawn.append(curve)
    return drawn


def rows(at: Sequence[Decimal], rates: Sequence[Decimal], ends: Sequence[str]) -> list[Raw]:
    """Rows that touch, or leave a hole between them; the first and the last are open now and then."""
    written: list[Raw] = [{"rate": rates[0]} if ends[0] == "b" else {"from": at[0], "rate": rates[0]}]
    for before, x, rate, end in zip(at, at[1:], rates[1:], ends[1:], strict=False):
        written[-1] |= {"a": {"below": x}, "b": {"to": x}, "c": {"to": (before + x) / 2}}[end]
        written.append({"from" if end == "a" else "over": x, "rate": rate})
    return written if ends[-1] == "a" else [*written[:-1], {**written[-1], "to": at[-1] + 1}]


def rate(curves: Sequence[CurveKind], attainment: Exact) -> Exact:
    """The rate where the column `plan` says which curve a row follows."""
    return type(curves[0]).rate(Variants(tuple(curves), pl.col("plan")), attainment, Y)


def edges(curve: Raw) -> list[Fraction]:
    """The attainments at which something happens."""
    found = [x for x, _ in curve.get("points", ())] + [curve.get("midpoint", D(0))]
    for each in (*curve.get("tiers", ()), *curve.get("rows", ())):
        found += [each[key] for key in ("from", "over", "to", "below") if key in each]
    return [F(x) for x in found]


@pytest.mark.parametrize("kind", DEFINITIONS)
@given(data=st.data())
@settings(max_examples=60)
def test_rates_are_what_the_definition_says(kind: str, data: st.DataObject) -> None:
    raws = data.draw(several(kind))
    curves = [ADAPTER.validate_python(raw) for raw in raws]
    if len({curve.shape for curve in curves}) > 1:
        raws, curves = raws[:1], curves[:1]
    at = [int(x * 100) for raw in raws for x in edges(raw)]
    near = st.sampled_from([*at, *(x + 1 for x in at), *(x - 1 for x in at)]) | st.integers(-99_999, 99_999)
    row = st.tuples(st.none() | near, st.none() | st.integers(1, 90), st.none() | st.integers(-400, 400))
    given_rows = data.draw(st.lists(row, min_size=1, max_size=12))
    plans = [number % len(curves) for number in range(len(given_rows))]
    frame = pl.DataFrame(
        {
            "x": [x for x, _, _ in given_rows],
            "per": [p for _, p, _ in given_rows],
            ACROSS: [y for _, _, y in given_rows],
        },
        schema={"x": pl.Int64, "per": pl.Int64, ACROSS: pl.Int64},
    ).with_columns(plan=pl.Series(plans, dtype=pl.UInt32))
    values = {"plain": rate(curves, X).rounded(9), "quotient": rate(curves, X.over(PER)).rounded(9)}
    got = frame.lazy().select(**{name: value.decimal() for name, value in values.items()})
    expected: dict[str, list[Fraction | None]] = {"plain": [], "quotient": []}
    for (x, per, y), plan in zip(given_rows, plans, strict=True):
        for name, below in (("plain", 10), ("quotient", per)):
            if x is None or below is None or (y is None and kind == "matrix"):
                expected[name].append(None)
                continue
            exact = DEFINITIONS[kind](raws[plan], F(x, 10 * below), F(y or 0, 10))
            expected[name].append(None if exact is None else rounded(exact, 9))
    for engine in ENGINES:
        collected = got.collect(engine=engine).to_dict(as_series=False)
        assert {name: [None if v is None else F(v) for v in column] for name, column in collected.items()} == expected


@pytest.mark.parametrize("kind", DEFINITIONS)
@given(data=st.data())
@settings(max_examples=60)
def test_one_attainment_is_worked_out_alike_in_every_way(kind: str, data: st.DataObject) -> None:
    """The exact rate, the arithmetic printed for a calculator, and the rate of a constant attainment."""
    raw = data.draw(several(kind))[0]
    curve = ADAPTER.validate_python(raw)
    x = data.draw(st.sampled_from(edges(raw)) | st.fractions(-9, 9, max_denominator=40))
    y = data.draw(st.fractions(-4, 4, max_denominator=10))
    expected = DEFINITIONS[kind](raw, x, y)
    assert curve.exact(x, y) == expected
    constant = type(curve).rate(Variants((curve,), pl.lit(0, pl.UInt32)), Exact.of(x), Exact.of(y))
    assert constant.constant in (None, expected)
    worked = curve.worked(x, y, shown)
    if expected is None:
        assert worked == ""
    else:
        assert calculate(worked) == expected
        low, high = constant.bounds
        assert low <= expected <= high


def shown(value: Decimal | Fraction) -> str:
    """A number as statements show it: decimals, or a division where they do not end."""
    if isinstance(value, Decimal):
        return f"{value:f}".replace("-", "−")
    text = str(value).replace("-", "−").replace("/", " ÷ ")
    places = next((places for places in range(16) if 10**places % value.denominator == 0), None)
    if places is None:
        return text
    return f"{D(value.numerator * 10**places // value.denominator).scaleb(-places):f}".replace("-", "−")


@pytest.mark.parametrize("kind", DEFINITIONS)
@given(data=st.data())
@settings(max_examples=40)
def test_a_curve_knows_its_trend_and_its_end(kind: str, data: st.DataObject) -> None:
    raw = data.draw(several(kind))[0]
    curve = ADAPTER.validate_python(raw)
    at = sorted({x + d for x in edges(raw) for d in (F(-1, 1000), F(0), F(1, 1000))} | {F(-50), F(50)})
    for y in [F(start) for start in raw.get("columns", [0])]:
        found = [each for each in (DEFINITIONS[kind](raw, x, y) for x in at) if each is not None]
        rises, falls = (any(work(a, b) for a, b in pairwise(found)) for work in (F.__lt__, F.__gt__))
        if curve.trend() == 1:
            assert not falls
        if curve.trend() == -1:
            assert not rises
        if rises and falls:
            assert curve.trend() == 0
            assert curve.turns() is not None
        if curve.upper_end is not None:
            end = F(curve.upper_end)
            assert curve.exact(end, y) == curve.exact(end + 1, y) == curve.exact(end + 1000, y)
    everywhere = all(DEFINITIONS[kind](raw, x, F(0)) is not None for x in at)
    assert curve.complete or not everywhere
    if curve.complete:
        assert everywhere


# --- what the words say -----------------------------------------------------------------------------------------------

JUMP = {"kind": "linear", "points": [["0", "0.5"], ["1", "9.5"], ["1", "10"]], "below": "zero"}
GRADED = {"kind": "graded", "tiers": [{"from": 1, "rate": 2, "jump": "0.05"}, {"from": "1.2", "rate": -3}]}
LOOKUP = {"kind": "lookup", "rows": [{"from": 0, "below": 1, "rate": 1}, {"over": 1, "to": 2, "rate": 3}]}
MATRIX = {
    "kind": "matrix",
    "across": "nps + 1",
    "columns": [0, 50],
    "rows": [{"from": "0.9", "rates": [0, "0.5"]}, {"from": 1, "rates": ["0.4", "0.3"]}],
    "below": "zero",
}
LOGISTIC = {"kind": "logistic", "midpoint": "0.5", "width": "0.1", "low": "0.98", "high": "1.02"}


@pytest.mark.parametrize(
    ("raw", "english", "french"),
    [
        (
            JUMP,
            "straight lines between 0% → 0.5, 100% → 9.5 and at once 10; nothing below the first, flat above the last",
            "lignes droites entre 0% → 0.5, 100% → 9.5 et aussitôt 10\u202f; rien en dessous du premier, "
            "constant au-dessus du dernier",
        ),
        (
            GRADED,
            "each part at the rate of its own tier, from 100% → 200% and 5% at once, from 120% → -300%; "
            "nothing below the first",
            "chaque tranche à son propre taux, à partir de 100% → 200% et 5% d'emblée, à partir de 120% → -300%\u202f; "
            "rien en dessous de la première",
        ),
        (
            LOOKUP,
            "looked up, from 0% to below 100% → 100%, over 100% to 200% → 300%",
            "table, de 0% à moins de 100% → 100%, de plus de 100% à 200% → 300%",
        ),
        (
            MATRIX,
            "by row from the attainment and by column where nps + 1 is from 0, 50, 90% → 0%, 50%; 100% → 40%, 30%; "
            "nothing below the first",
            "par ligne selon l'atteinte et par colonne où nps + 1 est à partir de 0, 50, 90% → 0%, 50%; "
            "100% → 40%, 30%\u202f; rien en dessous du premier",
        ),
        (
            LOGISTIC,
            "an S from 98% to 102%, with e = exp(−distance to 50% ÷ 10%) to 15 places. "
            "From 50% on it gives 1 ÷ (1 + e) of the way, below it e ÷ (1 + e)",
            "un S de 98% à 102%, avec e = exp(−écart à 50% ÷ 10%) à 15 décimales. "
            "Dès 50%, il donne 1 ÷ (1 + e) du chemin, en dessous e ÷ (1 + e)",
        ),
    ],
)
def test_a_curve_is_told_in_two_languages(raw: Raw, english: str, french: str) -> None:
    curve = ADAPTER.validate_python(raw)
    assert curve.sentence("en", percent=True) == english
    assert curve.sentence("fr", percent=True) == french


@pytest.mark.parametrize(
    ("raw", "attainment", "worked"),
    [
        (JUMP, "0.99", "0.5 + (0.99 − 0) × (9.5 − 0.5) ÷ (1 − 0)"),
        (JUMP, "1", "10"),
        (JUMP, "-0.01", "0"),
        (GRADED, "0.5", "0"),
        (GRADED, "1", "0.05"),
        (GRADED, "1.5", "0.05 + 2 × (1.2 − 1) − 3 × (1.5 − 1.2)"),
        (LOOKUP, "1", ""),
        (LOOKUP, "2", "3"),
        (MATRIX, "0.95", "0.5"),
        (LOGISTIC, "0.5", "0.98 + (1.02 − 0.98) ÷ (1 + 1)"),
        (LOGISTIC, "0.4", "0.98 + (1.02 − 0.98) × 0.367879441171442 ÷ (1 + 0.367879441171442)"),
    ],
)
def test_a_rate_is_written_out_for_a_calculator(raw: Raw, attainment: str, worked: str) -> None:
    assert ADAPTER.validate_python(raw).worked(D(attainment), D(60), shown) == worked


def test_holes_and_turns_are_told() -> None:
    curve = ADAPTER.validate_python(LOOKUP)
    assert (curve.holes(), curve.complete) == (("below 0", "from 1 to 1", "over 2"), False)
    assert ADAPTER.validate_python({**LOOKUP, "rows": [{"rate": 1}]}).holes() == ()
    assert [ADAPTER.validate_python(raw).turns() for raw in (JUMP, GRADED, MATRIX)] == [None, D("1.2"), D(1)]
    corners = ((D(1), D(0)), (D(1), D("0.05")), (D("1.2"), D("0.45")))
    assert ADAPTER.validate_python(GRADED).corners() == corners


@pytest.mark.parametrize(
    ("raw", "code", "words"),
    [
        ({**JUMP, "points": [[0, 1], [1, 1], [1, 2], [1, 3]]}, "not-ascending", "1 has more than two lines"),
        ({**JUMP, "points": [[2, 1], [1, 1]]}, "not-ascending", "1 follows 2"),
        ({**GRADED, "tiers": [{"from": 1, "rate": 1}, {"from": 1, "rate": 2}]}, "not-ascending", "1 follows 1"),
        ({**LOOKUP, "rows": [{"to": 1, "rate": 1}, {"from": 1, "rate": 2}]}, "overlapping-rows", "“up to 1” and “from"),
        ({**LOOKUP, "rows": [{"from": 1, "rate": 1}, {"over": 2, "rate": 2}]}, "overlapping-rows", "“from 1 on”"),
        ({**LOOKUP, "rows": [{"from": 1, "rate": 1}, {"to": 0, "rate": 2}]}, "not-ascending", "“up to 0” follows"),
        ({**LOOKUP, "rows": [{"from": 1, "over": 1, "rate": 1}]}, "two-ends", "`from` or `over`"),
        ({**LOOKUP, "rows": [{"from": 1, "below": 1, "rate": 1}]}, "empty-row", "from 1 to below 1"),
        ({**MATRIX, "columns": [0]}, "row-length", "2 rates for 1 columns"),
        ({**MATRIX, "columns": [0, 0]}, "not-ascending", "0 follows 0"),
        ({**LOGISTIC, "width": 0}, "greater_than", "greater than 0"),
    ],
)
def test_what_is_no_curve_is_refused(raw: Raw, code: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(raw)
    error = caught.value.errors()[0]  # a row that fails may be told once more, as one that is missing
    assert error["type"] == code
    assert words in error["msg"]
    assert code == "greater_than" or error["ctx"]["hint"]


def test_a_logistic_of_any_attainment_can_be_proved() -> None:
    """Columns may go as far as a thousand million, and the rate still has room for 12 places and a product."""
    wide = Exact.column("x", Scale(6, -(10**15), 10**15))
    curve = ADAPTER.validate_python(LOGISTIC)
    value = type(curve).rate(Variants((curve,), pl.col("plan")), wide)
    assert value.rounded(12).times(Exact.column("pay", Scale(2, 0, 10**11))).bounds[1] < 10**10
