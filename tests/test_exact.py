"""The exact kernel against plain fractions, row by row: random programs first, then each trap that was met, by name."""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import operator
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incentive_engine import exact
from incentive_engine.exact import (
    CannotProve,
    Exact,
    Scale,
    allocated,
    exponential,
    greatest,
    interpolated,
    least,
    stepped,
    total_of,
)
from tests.oracle import rounded

Values = list[Fraction | None]
F = Fraction
Truths = list[bool | None]
Engine = Literal["in-memory", "streaming"]
ENGINES: tuple[Engine, ...] = ("in-memory", "streaming")
MODES: tuple[exact.Mode, ...] = ("half_up", "half_even", "down", "up", "floor", "ceil")
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "at_least": operator.ge,
    "above": operator.gt,
    "at_most": operator.le,
    "below": operator.lt,
    "equals": operator.eq,
    "differs": operator.ne,
}


# --- random programs --------------------------------------------------------------------------------------------------


def each(work: Callable[..., Any], *columns: Sequence[Any]) -> list[Any]:
    """`work` on each row, missing where anything is."""
    return [None if None in row else work(*row) for row in zip(*columns, strict=True)]


def height(points: Sequence[tuple[Fraction, Fraction]], x: Fraction) -> Fraction:
    """The piecewise linear curve, flat outside its points."""
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]


def step(points: Sequence[tuple[Fraction, Fraction]], x: Fraction) -> Fraction:
    """The y of the last point reached, or the first y."""
    return [y for number, (x0, y) in enumerate(points) if number == 0 or x0 <= x][-1]


def added(values: Sequence[Fraction | None]) -> Fraction | None:
    """The sum of what is present."""
    present = [value for value in values if value is not None]
    return sum(present, Fraction(0)) if present else None


@dataclass
class Program:
    """A random chain of operations on random columns, and what fractions say of each of its values."""

    kernel: ModuleType
    random: random.Random
    rows: int
    lazy: pl.LazyFrame = field(default_factory=pl.LazyFrame)
    values: list[tuple[Any, Values]] = field(default_factory=list)
    truths: list[tuple[pl.Expr, Truths]] = field(default_factory=list)
    plans: list[int] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def start(self) -> Program:
        """Draws the columns."""
        columns = []
        for number in range(3):
            scale = self.scale()
            counts = [self.count(scale) for _ in range(self.rows)]
            dtype = pl.Int64 if scale.low >= -(2**63) and scale.high < 2**63 else pl.Int128
            columns.append(pl.Series(f"c{number}", counts, dtype=dtype))
            unit = Fraction(10) ** -scale.places
            expected = [None if count is None else count * unit for count in counts]
            self.values.append((self.kernel.Exact.column(f"c{number}", scale), expected))
        truths: Truths = [self.random.choice([True, False, None]) for _ in range(self.rows)]
        self.truths.append((pl.col("t"), truths))
        self.plans = [self.random.choice([0, 1, 2, 3]) for _ in range(self.rows)]
        self.groups = [self.random.randrange(3) for _ in range(self.rows)]
        columns += [
            pl.Series("t", truths, dtype=pl.Boolean),
            pl.Series("plan", self.plans, dtype=pl.UInt32),
            pl.Series("group", self.groups, dtype=pl.Int64),
        ]
        self.lazy = pl.DataFrame(columns).lazy()
        return self

    def scale(self) -> Any:
        reach = self.random.choice([3, 20, 10**4, 10**6, 10**6, 10**9, 2**63 - 1, 10**25, 10**38 - 1])
        low, high = self.random.choice([(-reach, reach), (0, reach), (1, reach), (-reach, 0), (-reach, -1)])
        return self.kernel.Scale(self.random.choice([0, 0, 2, 4]), low, high)

    def count(self, scale: Any) -> int | None:
        edges = [scale.low, scale.high, max(scale.low, min(0, scale.high)), max(scale.low, min(5, scale.high)), None]
        drawn: int | None = self.random.choice([*edges, self.random.randint(scale.low, scale.high)])
        return drawn

    def number(self) -> Fraction:
        choice = self.random.choice
        return Fraction(choice([0, 1, 1, 2, 3, 5, 7, 10, 25, 100, 12345]), choice([1, 1, 2, 4, 10, 100, 3])) * choice(
            [1, -1]
        )

    def numbers(self, length: int) -> list[Fraction]:
        return [self.number() for _ in range(length)]

    def points(self, length: int) -> list[tuple[Fraction, Fraction]]:
        start, steps = self.number(), [abs(number) or Fraction(1) for number in self.numbers(length - 1)]
        return list(zip(itertools.accumulate([start, *steps]), self.numbers(length), strict=True))

    def operand(self) -> tuple[Any, Values]:
        if self.random.random() < 0.2:
            number = self.number()
            return self.kernel.Exact.of(number), [number] * self.rows
        return self.random.choice([*self.values, *self.values[-2:]])

    def step(self) -> None:
        """Does one operation, unless the kernel says that it cannot be proved; half of the results become columns."""
        work = self.random.choice(WORKS)
        try:
            value, expected = work(self)
        except self.kernel.CannotProve:
            return
        self.done.append(work.__name__)
        if work is totalling or self.random.random() < 0.5:
            columns, value = value.named(f"v{len(self.done)}")
            self.lazy = self.lazy.with_columns(columns)
        self.values.append((value, expected))

    def check(self, engine: Engine) -> None:
        """Every value, interval, carrier and truth, exactly."""
        columns = {"plan": pl.col("plan")}
        for number, (value, _) in enumerate(self.values):
            columns[f"n{number}"] = value.expr
            columns[f"m{number}"] = value.missing
            if value.per is not None:
                columns[f"d{number}"] = value.per.expr
            if (value.finite_places or 99) <= 20 and max(abs(end) for end in value.bounds) < 10**15:
                columns[f"x{number}"] = value.decimal()
        columns |= {f"t{number}": truth for number, (truth, _) in enumerate(self.truths)}
        frame = self.lazy.select(**columns).collect(engine=engine)
        for number, (value, expected) in enumerate(self.values):
            counts = frame[f"n{number}"].to_list()
            below = frame[f"d{number}"].to_list() if value.per is not None else [1] * self.rows
            assert each(lambda n, d, unit=value.unit: n * unit / d, counts, below) == expected, (number, self.done)
            assert frame[f"m{number}"].to_list() == [each is None for each in expected]
            assert value.fixed or frame[f"n{number}"].dtype == value.dtype, (number, self.done)
            if f"x{number}" in columns:
                assert each(Fraction, frame[f"x{number}"].to_list()) == expected, (number, self.done)
            assert all(count is None or value.low <= count <= value.high for count in counts), (number, self.done)
            assert all(each is None or value.bounds[0] <= each <= value.bounds[1] for each in expected)
        for number, (_, truths) in enumerate(self.truths):
            assert frame[f"t{number}"].to_list() == truths, (number, self.done)


Work = Callable[[Program], tuple[Any, Values]]


def plus(p: Program) -> tuple[Any, Values]:
    (a, x), (b, y) = p.operand(), p.operand()
    return a.plus(b), each(operator.add, x, y)


def minus(p: Program) -> tuple[Any, Values]:
    (a, x), (b, y) = p.operand(), p.operand()
    return a.minus(b), each(operator.sub, x, y)


def times(p: Program) -> tuple[Any, Values]:
    (a, x), (b, y) = p.operand(), p.operand()
    return a.times(b), each(operator.mul, x, y)


def over(p: Program) -> tuple[Any, Values]:
    (a, x), (b, y) = p.operand(), p.operand()
    return a.over(b), each(operator.truediv, x, y)


def over_or_missing(p: Program) -> tuple[Any, Values]:
    (a, x), (b, y) = p.operand(), p.operand()
    return a.over_or_missing(b), each(lambda n, d: n / d if d else None, x, y)


def negated(p: Program) -> tuple[Any, Values]:
    a, x = p.operand()
    return a.negated(), each(operator.neg, x)


def absolute(p: Program) -> tuple[Any, Values]:
    a, x = p.operand()
    return a.absolute(), each(abs, x)


def by_constant(p: Program) -> tuple[Any, Values]:
    (a, x), number = p.operand(), p.number()
    name = p.random.choice(["plus", "minus", "times", "over_or_missing"])
    work = {"plus": operator.add, "minus": operator.sub, "times": operator.mul}.get(name)
    expected = each(lambda n: work(n, number) if work else n / number if number else None, x)
    return getattr(a, name)(number), expected


def rounding(p: Program) -> tuple[Any, Values]:
    (a, x), places, mode = p.operand(), p.random.randint(-2, 5), p.random.choice(MODES)
    value = a.rounded(places, mode)
    assert value.unit == Fraction(10) ** -places or value.constant is not None
    assert value.per is None
    return value, each(lambda n: rounded(n, places, mode), x)


def clipping(p: Program) -> tuple[Any, Values]:
    (a, x), low, high = p.operand(), p.number(), p.number()
    floor, cap = p.random.choice([(low, high), (min(low, high), max(low, high)), (low, None), (None, high)])
    expected = each(lambda n: n if floor is None else max(n, floor), x)
    return a.clipped(floor, cap), each(lambda n: n if cap is None else min(n, cap), expected)


def clipping_by_column(p: Program) -> tuple[Any, Values]:
    (a, x), (b, y), (c, z) = p.operand(), p.operand(), p.operand()
    return a.clipped(b, c), each(lambda n, low, high: min(max(n, low), high), x, y, z)


def extremes(p: Program) -> tuple[Any, Values]:
    drawn = [p.operand() for _ in range(p.random.randint(1, 4))]
    low = p.random.random() < 0.5
    value = (p.kernel.least if low else p.kernel.greatest)([value for value, _ in drawn])
    return value, each(lambda *row: min(row) if low else max(row), *(expected for _, expected in drawn))


def minimum(p: Program) -> tuple[Any, Values]:
    (a, x), (b, y) = p.operand(), p.operand()
    return a.minimum(b), each(min, x, y)


def maximum(p: Program) -> tuple[Any, Values]:
    (a, x), (b, y) = p.operand(), p.operand()
    return a.maximum(b), each(max, x, y)


def or_else(p: Program) -> tuple[Any, Values]:
    (a, x), (b, y) = p.operand(), p.operand()
    return a.or_else(b), [second if first is None else first for first, second in zip(x, y, strict=True)]


def comparing(p: Program) -> tuple[Any, Values]:
    (a, x), (b, y), name = p.operand(), p.operand(), p.random.choice(list(COMPARISONS))
    truth = getattr(a, name)(b)
    p.truths.append((truth, each(COMPARISONS[name], x, y)))
    return a, x


def choosing(p: Program) -> tuple[Any, Values]:
    branches = [(p.random.choice(p.truths), p.operand()) for _ in range(p.random.randint(0, 3))]
    final = p.random.choice([None, p.operand()]) if branches else p.operand()
    value = p.kernel.Exact.choose(*((c[0], v[0]) for c, v in branches), otherwise=final and final[0])
    expected: Values = []
    for row in range(p.rows):
        result = final[1][row] if final else None
        for (_, condition), (_, values) in reversed(branches):
            result = None if condition[row] is None else values[row] if condition[row] else result
        expected.append(result)
    return value, expected


def masking(p: Program) -> tuple[Any, Values]:
    (a, x), (condition, truths) = p.operand(), p.random.choice(p.truths)
    return a.masked(condition), [n if truth else None for n, truth in zip(x, truths, strict=True)]


def summing(p: Program) -> tuple[Any, Values]:
    drawn = [p.operand() for _ in range(p.random.randint(1, 4))]
    return p.kernel.total_of([value for value, _ in drawn]), each(lambda *row: sum(row), *(x for _, x in drawn))


def totalling(p: Program) -> tuple[Any, Values]:
    (a, x), over = p.operand(), p.random.choice([None, ["group"], pl.col("group"), pl.col("plan")])
    keys: list[Any] = [None] * p.rows if over is None else p.groups
    if isinstance(over, pl.Expr) and over.meta.output_name() == "plan":
        keys = p.plans
    sums = {key: added([n for n, k in zip(x, keys, strict=True) if k == key]) for key in keys}
    return a.total(over, p.rows), [sums[key] for key in keys]


def curving(p: Program) -> tuple[Any, Values]:
    (a, x), points = p.operand(), p.points(p.random.randint(1, 5))
    if p.random.random() < 0.5:
        return p.kernel.interpolated(a, [points]), each(lambda n: height(points, n), x)
    return p.kernel.stepped(a, [points]), each(lambda n: step(points, n), x)


def curving_by_plan(p: Program) -> tuple[Any, Values]:
    (a, x), length = p.operand(), p.random.randint(1, 4)
    curves, by = [p.points(length) for _ in range(4)], pl.col("plan")
    if p.random.random() < 0.5:
        return p.kernel.interpolated(a, curves, by), each(lambda n, plan: height(curves[plan], n), x, p.plans)
    return p.kernel.stepped(a, curves, by), each(lambda n, plan: step(curves[plan], n), x, p.plans)


def varying(p: Program) -> tuple[Any, Values]:
    numbers = [p.random.choice([number, number, None]) for number in p.numbers(4)]
    return p.kernel.Exact.varying(numbers, pl.col("plan")), each(lambda plan: numbers[plan], p.plans)


def allocating(p: Program) -> tuple[Any, Values]:
    (a, x), drawn = p.operand(), [p.operand() for _ in range(p.random.randint(1, 4))]
    allocation = p.kernel.allocated(f"a{len(p.done)}", a, [value for value, _ in drawn])
    for stage in allocation.stages:
        p.lazy = p.lazy.with_columns(stage)
    unit, number = abs(a.unit), p.random.randrange(len(drawn))
    expected: Values = []
    for whole, *parts in zip(x, *(part for _, part in drawn), strict=True):
        upto = [Fraction(0), *itertools.accumulate(part or Fraction(0) for part in parts)]
        if whole is None or not upto[-1]:
            expected.append(None if whole is None else Fraction(0))
        else:
            ends = [unit * rounded(whole / unit * reached / upto[-1], 0) for reached in upto]
            assert abs(ends[number + 1] - ends[number] - whole * (parts[number] or 0) / upto[-1]) <= unit
            expected.append(ends[number + 1] - ends[number])
    return allocation.shares[number], expected


WORKS: tuple[Work, ...] = (
    plus, minus, times, over, over_or_missing, negated, absolute, by_constant, rounding, rounding, rounding, clipping,
    clipping_by_column, extremes, minimum, maximum, or_else, comparing, comparing, choosing, masking, summing,
    totalling, curving, curving, curving_by_plan, varying, allocating,
)  # fmt: skip


def random_program(kernel: ModuleType, source: random.Random) -> None:
    program = Program(kernel, source, rows=source.randint(0, 9)).start()
    for _ in range(8):
        program.step()
    program.check(source.choice(ENGINES))


@given(st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_random_programs_agree_with_fractions(source: random.Random) -> None:
    random_program(exact, source)


@pytest.mark.long
def test_four_thousand_random_programs_agree_with_fractions() -> None:
    for seed in range(4000):
        random_program(exact, random.Random(seed))


# --- rounding ---------------------------------------------------------------------------------------------------------


def collected(values: dict[str, Any], engine: Engine = "streaming", **columns: Any) -> dict[str, list[Any]]:
    """The values row by row as fractions (or truths), from columns of integers."""
    series = {
        name: column if isinstance(column, pl.Series) else pl.Series(name, column, dtype=pl.Int64)
        for name, column in columns.items()
    }
    frame = pl.DataFrame(series)
    exprs = {}
    for name, value in values.items():
        exprs[name] = value if isinstance(value, pl.Expr) else value.expr
        if not isinstance(value, pl.Expr) and value.per is not None:
            exprs[f"{name}.per"] = value.per.expr
    rows = frame.lazy().with_columns(**exprs).collect(engine=engine)
    result = {}
    for name, value in values.items():
        result[name] = rows[name].to_list()
        if not isinstance(value, pl.Expr):
            below = rows[f"{name}.per"].to_list() if value.per is not None else [1] * rows.height
            result[name] = each(lambda n, d, unit=value.unit: n * unit / d, result[name], below)
    return result


def every_small_quotient_rounds_right(kernel: ModuleType) -> None:
    """All signs, all remainders, ties to even and odd; by a constant and by a column; sign proved or not."""
    numbers = list(range(-30, 31))
    for mode, divisor in itertools.product(MODES, range(1, 11)):
        wanted = [rounded(Fraction(number, divisor), 0, mode) for number in numbers]
        column = kernel.Exact.column("n", kernel.Scale(0, -30, 30))
        varying = kernel.Exact.column("d", kernel.Scale(0, 1, 10))
        up, down = column.maximum(0).over(divisor).rounded(0, mode), column.minimum(0).over(divisor).rounded(0, mode)
        values = {
            "constant": column.over(divisor).rounded(0, mode),
            "column": column.over(varying).rounded(0, mode),
            "thirds": column.over(varying).over(3).rounded(0, mode),
            "signs": up.plus(down),
        }
        got = collected(values, n=numbers, d=[divisor] * len(numbers))
        assert got["constant"] == got["column"] == got["signs"] == wanted, (mode, divisor)
        assert got["thirds"] == [rounded(Fraction(number, 3 * divisor), 0, mode) for number in numbers]


def test_every_small_quotient_rounds_right() -> None:
    every_small_quotient_rounds_right(exact)


def test_places_may_be_negative_and_say_the_unit() -> None:
    value = Exact.column("n", Scale(1, 0, 10**6)).rounded(-1)
    assert value.unit == 10
    assert collected({"v": value}, n=[49, 50, 149, 1234, None])["v"] == [0, 10, 10, 120, None]


N = Exact.column("n", Scale(2, -1000, 1000))
M = Exact.column("m", Scale(2, -1000, 1000))


def test_what_changes_nothing_touches_no_row() -> None:
    """Constant factors change the unit, what is a multiple is rounded already, a bound that holds is no bound."""
    for same in (N.times("0.35"), N.over(7), N.negated(), N.rounded(2), N.plus(0), N.clipped(-10, 10), N.maximum(-99)):
        assert same.expr is N.expr
    assert "*" not in str(N.at_least("1.005"))
    assert "when" not in str(Exact.column("n", Scale(2, 0, 9)).rounded(1).expr)
    assert "//" not in str(N.rounded(4).expr)


def test_constants_are_worked_out_before_anything_runs() -> None:
    assert Exact.of("2.5").plus(Exact.of(Decimal("0.25"))).times(4).over("1.1").rounded(0).minus(1).constant == 9
    assert Exact.of(9).clipped(None, 7).constant == 7
    assert Exact.of("1/3").rounded(2, "up").constant == Fraction("0.34")
    assert interpolated(Exact.of(3), [[(0, 0), (4, 1)]]).constant == Fraction(3, 4)
    assert pl.select(Exact.of(3).at_least(2)).item() is True
    assert N.constant is None


# --- proofs -----------------------------------------------------------------------------------------------------------


def unprovable_work_is_refused(kernel: ModuleType) -> None:
    big = kernel.Exact.column("b", kernel.Scale(0, 0, 10**25))
    largest = kernel.Exact.column("b", kernel.Scale(0, -(10**38) + 1, 10**38 - 1))
    zero = kernel.Exact.column("z", kernel.Scale(0, 0, 5))
    works: list[Callable[[], Any]] = [
        lambda: big.times(big),
        lambda: largest.plus(1),
        lambda: largest.negated().minus(1),
        lambda: largest.rounded(1),
        lambda: largest.over(3).rounded(0),
        lambda: big.total(None, 10**14),
        lambda: big.rounded(20),
        lambda: kernel.Exact.column("b", kernel.Scale(0, 0, 10**38)).counts,
        lambda: zero.over(zero),
        lambda: zero.over(0),
        lambda: zero.over(zero.minus(3)),
        lambda: zero.over(zero.plus(1)).total(None, 10),
        lambda: kernel.allocated("a", zero.over(zero.plus(1)), [zero]),
        lambda: kernel.Exact.of(Decimal("1e999999999")),
        lambda: kernel.Exact.of("1e-999999999"),
    ]
    for number, work in enumerate(works):
        try:
            work()
        except kernel.CannotProve:
            continue
        raise AssertionError(f"not refused: {number}")
    assert big.times("1e-20").rounded(18).high == 10**23  # fits, and is not refused


def test_unprovable_work_is_refused() -> None:
    unprovable_work_is_refused(exact)


@pytest.mark.parametrize(
    "work",
    [
        lambda n: Exact.of(10**38).rounded(0),
        lambda n: Exact.of("1e-90").minimum(n),
        lambda n: n.plus("1e-40"),
        lambda n: n.plus(f"0.{'0' * 39}1"),
        lambda n: n.below(Exact.column("m", Scale(0, 0, 5)).times("1e-40")),
        lambda n: n.times(Fraction(2**5000 + 1)).rounded(0),
        lambda n: n.over(Fraction(1, 10**5000)).rounded(0),
        lambda n: Exact.varying([1, "1e-40"], pl.col("plan")),
        lambda n: Exact.varying([1, 10**5000], pl.col("plan")),
        lambda n: interpolated(n, [[(0, 0), ("1e-40", 1), (10**5000, 2)]]),
        lambda n: interpolated(n, [[(0, 0), (1, 1)], [(0, 0), (1, 10**39 + 1)]], pl.col("plan")),
        lambda n: stepped(n, [[(0, 0), (1, 1)], [(0, 0), (1, "1e-40")]], pl.col("plan")),
        lambda n: Exact.of("1e101"),
        lambda n: n.times("1e-40").decimal(),
        lambda n: n.times("1e-40").decimal(42),
        lambda n: n.over(2**64).decimal(),
        lambda n: n.decimal(38),
        lambda n: n.decimal(1),
        lambda n: n.over(3).decimal(),
        lambda n: n.times(Fraction(10**40)).decimal(0),
    ],
)
def test_what_does_not_fit_is_refused_in_words_before_polars_sees_it(work: Callable[[Exact], Any]) -> None:
    with pytest.raises(CannotProve) as refusal:
        work(Exact.column("n", Scale(2, 0, 10**20)))
    assert len(refusal.value.what) < 120


def test_what_has_finite_places_can_leave() -> None:
    for n in (N, Exact.column("n", Scale(2, 0, 10**30))):
        for value in (n.over(2**20), n.over(2**40), n.times("1e-36"), n.times("1e-37"), n.times("1e12")):
            if value.finite_places is not None:
                value.decimal()
    assert [N.times("1e-36").finite_places, N.times("1e-37").finite_places] == [38, None]


def test_a_refusal_says_what_could_happen() -> None:
    big = Exact.column("b", Scale(0, 0, 10**20))
    with pytest.raises(CannotProve, match=r"could reach 10\^40 .*more than 10\^38 - 1") as refusal:
        big.times(big)
    assert refusal.value.what == str(refusal.value)


@pytest.mark.parametrize("value", [0.1, 1.0, True, None, 1j])
def test_only_exact_numbers_come_in(value: Any) -> None:
    with pytest.raises(TypeError, match="is not an exact number"):
        Exact.of(value)


def test_text_and_decimals_are_read_as_written() -> None:
    for written in ("0.1", " 0.1 ", "1/10", "1e-1", Decimal("0.1"), Fraction(1, 10)):
        assert Exact.of(written).constant == Fraction(1, 10)
    with pytest.raises(ValueError, match="NaN"):
        Exact.of(Decimal("NaN"))


# --- what Polars does silently ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_a_constant_beyond_int64_is_no_null(engine: Engine) -> None:
    value = Exact.column("n", Scale(0, 0, 100)).plus(2**64)
    assert collected({"v": value}, engine, n=[1, 100])["v"] == [2**64 + 1, 2**64 + 100]


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_wraps(engine: Engine) -> None:
    top = 2**63 - 1
    n, small = Exact.column("n", Scale(0, -top - 1, top)), Exact.integer(pl.col("i"), Scale(0, 0, 127))
    values = {
        "plus": n.plus(n),
        "minus": n.negated().minus(n),
        "times": n.times(n),
        "total": n.total(None, 2),
        "small": small.times(small),
        "small_total": small.total(None, 2),
        "back": n.times(n).over(top).rounded(0),
    }
    got = collected(values, engine, n=[top, top], i=pl.Series([127, 127], dtype=pl.Int8))
    assert got["plus"] == got["total"] == [2 * top] * 2
    assert got["minus"] == [-2 * top] * 2
    assert got["times"] == [top * top] * 2
    assert got["small"] == [127 * 127] * 2
    assert got["small_total"] == [254] * 2
    assert got["back"] == [top] * 2


def test_the_carrier_follows_from_the_interval_and_not_from_the_data() -> None:
    """Partitions of one frame are concatenated, and Polars refuses Int64 beside Int128."""
    wide = Exact.column("n", Scale(0, 0, 10**12)).times(Exact.column("n", Scale(0, 0, 10**12)))
    parts = [pl.DataFrame({"n": [n]}).select(wide.expr) for n in (1, 10**12)]
    assert pl.concat(parts)["n"].to_list() == [1, 10**24]
    assert wide.dtype == pl.Int128
    assert wide.over(10**12).rounded(0).dtype == pl.Int64


@pytest.mark.parametrize("engine", ENGINES)
def test_decimals_leave_exactly(engine: Engine) -> None:
    largest = Exact.column("w", Scale(3, 1 - 10**38, 10**38 - 1))
    frame = pl.DataFrame({"n": [123, -5, None]}).with_columns(
        w=pl.Series([10**38 - 1, 1 - 10**38, None], dtype=pl.Int128)
    )
    got = frame.lazy().select(
        n=N.decimal(), n4=N.decimal(4), w=largest.decimal(), half=N.times("0.5").decimal(), five=Exact.of(5).decimal(2)
    )
    rows = got.collect(engine=engine)
    assert rows.schema["n4"] == pl.Decimal(38, 4)
    assert rows["n"].to_list() == rows["n4"].to_list() == [Decimal("1.23"), Decimal("-0.05"), None]
    assert rows["half"].to_list() == [Decimal("0.615"), Decimal("-0.025"), None]
    assert [Fraction(w) for w in rows["w"][:2].to_list()] == [Fraction(10**38 - 1, 1000), Fraction(1 - 10**38, 1000)]
    assert rows["five"].to_list() == [Decimal("5.00")] * 3


def test_a_decimal_is_never_cut_short() -> None:
    for value in (N.over(3), N.over(Exact.column("m", Scale(0, 1, 5)))):
        assert value.finite_places is None
        with pytest.raises(ValueError, match="round it first"):
            value.decimal()
    with pytest.raises(ValueError, match="round it first"):
        N.decimal(1)
    assert [N.over(8).finite_places, N.times(1000).finite_places, N.over("1.6").finite_places] == [5, 0, 5]


# --- missing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_missing_is_never_swallowed(engine: Engine) -> None:
    """`when` falls through a null, horizontal minima skip it, `clip` takes it for no bound."""
    truth = pl.Series([None, True, False, None], dtype=pl.Boolean)
    values = {
        "chosen": Exact.choose((pl.col("t"), N), otherwise=M),
        "later": Exact.choose((pl.col("t"), N), (pl.lit(True), M)),
        "unless": Exact.choose((pl.col("t"), N)),
        "masked": N.masked(pl.col("t")),
        "least": N.minimum(M),
        "clipped": M.clipped(N, N),
        "compared": N.at_least(M),
        "beyond": N.at_least(99),
        "differs": N.differs("0.001"),
        "summed": total_of([N, M]),
    }
    got = collected(values, engine, n=[100, 200, None, None], m=[500, None, 300, None], t=truth)
    assert got["chosen"] == got["later"] == [None, 2, 3, None]
    assert got["unless"] == got["masked"] == [None, 2, None, None]
    assert got["least"] == got["clipped"] == [1, None, None, None]
    assert got["compared"] == [False, None, None, None]
    assert got["beyond"] == [False, False, None, None]
    assert got["differs"] == [True, True, None, None]
    assert got["summed"] == [6, None, None, None]


def a_quotient_of_something_missing_is_missing(kernel: ModuleType) -> None:
    """Above the line nothing is missing, so that only the divisor knows."""
    one, some = kernel.Exact.of(1), kernel.Exact.column("d", kernel.Scale(0, 1, 9))
    quotient = one.over(some)
    values = {
        "same": quotient.at_least(quotient),
        "compared": quotient.above("0.5"),
        "clipped": quotient.clipped("0.5", 2),
        "otherwise": quotient.or_else(7),
        "rounded": quotient.rounded(2),
        "stepped": kernel.stepped(quotient, [[(0, 1), ("0.5", 2)]]),
        "interpolated": kernel.interpolated(quotient, [[(0, 1), (1, 2)]]),
        "least": kernel.least([quotient, quotient.plus(1)]),
        "missing": quotient.missing,
    }
    got = collected(values, d=[1, 4, None])
    assert got["same"] == [True, True, None]
    assert got["compared"] == [True, False, None]
    assert got["clipped"] == [1, Fraction(1, 2), None]
    assert got["otherwise"] == [1, Fraction(1, 4), 7]
    assert got["rounded"] == got["least"] == [1, Fraction(1, 4), None]
    assert got["stepped"] == [2, 1, None]
    assert got["interpolated"] == [2, Fraction(5, 4), None]
    assert got["missing"] == [False, False, True]


def test_a_quotient_of_something_missing_is_missing() -> None:
    a_quotient_of_something_missing_is_missing(exact)


def sums_of_nothing_are_missing(kernel: ModuleType) -> None:
    value = kernel.Exact.column("n", kernel.Scale(2, -1000, 1000))
    for engine in ENGINES:
        got = collected({"v": value.total(["g"], 4)}, engine, n=[None, None, 100, None], g=[1, 1, 2, 2])
        assert got["v"] == [None, None, 1, 1]
        got = collected({"v": value.total(None, 4)}, engine, n=pl.Series([None, None], dtype=pl.Int64))
        assert got["v"] == [None, None]
    grouped = (
        pl.DataFrame({"n": [5, None, None], "g": [1, 1, 2]}).group_by("g").agg(value.total(None, 3).expr).sort("g")
    )
    assert grouped["n"].to_list() == [5, None]


def test_sums_of_nothing_are_missing() -> None:
    sums_of_nothing_are_missing(exact)


def test_a_divisor_that_is_zero_makes_the_quotient_missing() -> None:
    for low in (-9, 0):
        quotient = N.over_or_missing(Exact.column("d", Scale(0, low, 9)))
        got = collected({"v": quotient}, n=[100, 100, None, 300], d=[4, 0, 1, None])
        assert got["v"] == [Fraction(1, 4), None, None, None]
    assert collected({"v": N.over_or_missing(0)}, n=[1])["v"] == [None]


# --- curves -----------------------------------------------------------------------------------------------------------

SHARES: list[tuple[exact.Number, exact.Number]] = [("0.8", "0.5"), (1, 1), ("1.2", "1.5")]


def test_segments_in_line_are_one_ramp_and_flat_ones_none() -> None:
    x = Exact.column("n", Scale(4, 0, 20000))
    assert str(interpolated(x, [SHARES]).expr) == str(interpolated(x, [[SHARES[0], SHARES[2]]]).expr)
    assert str(interpolated(x, [[*SHARES, (2, "1.5")]]).expr) == str(interpolated(x, [SHARES]).expr)


def a_plateau_stays_flat(kernel: ModuleType) -> None:
    """The slopes on both sides of it are the same, and are two ramps all the same."""
    value = kernel.interpolated(kernel.Exact.column("n", kernel.Scale(2, 0, 1000)), [[(0, 0), (1, 1), (2, 1), (3, 2)]])
    assert collected({"v": value}, n=[50, 150, 250, 999])["v"] == [Fraction(1, 2), 1, Fraction(3, 2), 2]


def test_a_plateau_stays_flat() -> None:
    a_plateau_stays_flat(exact)


def test_a_curve_knows_how_high_it_goes() -> None:
    x = Exact.column("n", Scale(4, -(10**9), 10**9))
    zigzag = interpolated(x, [[(0, 0), (1, 100), (2, "-0.5"), (3, 7)]])
    assert zigzag.bounds == (Fraction(-1, 2), Fraction(100))
    assert zigzag.dtype == pl.Int64


def test_a_curve_is_refused_where_it_is_none() -> None:
    for work in (interpolated, stepped):
        with pytest.raises(ValueError, match="from left to right"):
            work(N, [[(1, 0), (3, 1), (2, 1)]])
    with pytest.raises(ValueError, match="need `by`"):
        stepped(N, [SHARES, SHARES])
    with pytest.raises(ValueError, match="at least one"):
        interpolated(N, [[]])
    with pytest.raises(ValueError, match="same number of points"):
        interpolated(N, [SHARES, SHARES[:2]], pl.col("p"))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("runs", [(1, 2, 5, 10), (7, 11, 13, 101, 997, 1009, 8191, 65537, 99991, 131071)])
def test_a_thousand_curves_are_read_at_once(engine: Engine, runs: tuple[int, ...]) -> None:
    """With a common run, and with runs so odd that only a divisor for each row fits."""
    source = random.Random(7)
    curves = []
    for _ in range(1000):
        x, points = source.randint(-500, 500), []
        for _ in range(4):
            points.append((Fraction(x, 100), Fraction(source.randint(-300, 300), 100)))
            x += source.choice(runs)
        curves.append(points)
    plans = [source.randrange(1000) for _ in range(2000)]
    numbers = [source.choice([None, *([source.randint(-1000, 1000)] * 9)]) for _ in plans]
    by = pl.col("p").cast(pl.UInt32)
    line, steps = interpolated(N, curves, by), stepped(N, curves, by)
    assert (line.per is None) == (runs[0] == 1)
    got = collected({"line": line, "rounded": line.rounded(4), "steps": steps}, engine, n=numbers, p=plans)
    xs = [None if number is None else Fraction(number, 100) for number in numbers]
    assert got["line"] == each(lambda x, plan: height(curves[plan], x), xs, plans)
    assert got["rounded"] == each(lambda y: rounded(y, 4), got["line"])
    assert got["steps"] == each(lambda x, plan: step(curves[plan], x), xs, plans)


def a_jump_holds_from_its_place_on(kernel: ModuleType) -> None:
    """One by one and in one pass, with jumps at the first point, between two and at the last."""
    curves = [[(0, 1), (0, 2), (2, 4), (2, 3), (4, 3)], [(0, 1), (1, 2), (2, 4), (3, 3), (3, 5)]]
    x = kernel.Exact.column("n", kernel.Scale(2, -1000, 1000))
    numbers = [None, -1, 0, 1, 199, 200, 250, 299, 300, 400]
    expected = [
        [None, 1, 2, F(201, 100), F(399, 100), 3, 3, 3, 3, 3],
        [None, 1, 1, F(101, 100), F(398, 100), 4, F(7, 2), F(301, 100), 5, 5],
    ]
    both = kernel.interpolated(x, curves, pl.col("p"))
    for plan, (points, heights) in enumerate(zip(curves, expected, strict=True)):
        plans = pl.Series([plan] * len(numbers), dtype=pl.UInt32)
        got = collected({"one": kernel.interpolated(x, [points]), "both": both}, n=numbers, p=plans)
        assert got == {"one": heights, "both": heights}
    edge = kernel.interpolated(kernel.Exact.column("n", kernel.Scale(0, 0, 2)), [[(0, 0), (1, 0), (2, 0), (2, 5)]])
    assert collected({"v": edge}, n=[0, 1, 2])["v"] == [0, 0, 5]  # where the column can reach no farther


def test_a_jump_holds_from_its_place_on() -> None:
    a_jump_holds_from_its_place_on(exact)


def tables_have_ends_and_holes(kernel: ModuleType) -> None:
    """Of one value and of two, alone and in one pass."""
    n, m = (kernel.Exact.column(name, kernel.Scale(0, -9, 9)) for name in ("n", "m"))
    one = [kernel.Table((((at, True), (at, True), (at + 2, False)),), (1, 7, None, 2)) for at in (0, 3)]
    two = [kernel.Table((((1, False),), ((at, True),)), (1, 2, None, 4)) for at in (0, 3)]
    values = {
        "one": kernel.tabled([n], one[:1]),
        "by": kernel.tabled([n], one, pl.col("p")),
        "two": kernel.tabled([n, m], two[:1]),
        "two_by": kernel.tabled([n, m], two, pl.col("p")),
        "constants": kernel.tabled([kernel.Exact.of(1), kernel.Exact.of(1)], two[:1]),
        "quotient": kernel.tabled([n.over(3)], one[:1]),
    }
    plans = pl.Series([0, 0, 0, 0, 0, 0, 1, 1], dtype=pl.UInt32)
    got = collected(values, n=[None, 0, 1, 2, 1, 1, 3, 5], m=[1, 0, 0, 1, None, 1, 3, 4], p=plans)
    assert got == {
        "one": [None, 1, None, 2, None, None, 2, 2],
        "by": [None, 1, None, 2, None, None, 1, 2],
        "two": [None, 1, None, 4, None, 4, 4, 4],
        "two_by": [None, 1, None, 4, None, 4, None, 4],
        "constants": [4] * 8,
        "quotient": [None, 1, None, None, None, None, None, None],
    }


def test_tables_have_ends_and_holes() -> None:
    tables_have_ends_and_holes(exact)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        (0, "1"),
        (1, "2.718281828459045"),
        (-1, "0.367879441171442"),
        ("1/3", "1.395612425086090"),
        ("-0.5", "0.606530659712633"),
        (10, "22026.465794806716517"),
        (-34, "0.000000000000002"),
        (-40, "0"),
        (40, "235385266837019985.407899910749035"),
        (41, "235385266837019985.407899910749035"),
        (-100, "0"),
    ],
)
def test_the_exponential_of_known_numbers(argument: exact.Number, expected: str) -> None:
    assert exponential(Exact.of(argument)).constant == F(expected)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_exponential_is_rounded_correctly(engine: Engine) -> None:
    """Against 60 digits; counts and divisors of either carrier, what is missing, and what is beyond ±40."""
    source = random.Random(5)
    counts = [source.choice([None, *([source.randint(-5000, 5000)] * 9)]) for _ in range(800)]
    pers = [source.choice([None, *([source.randint(1, 900)] * 9)]) for _ in counts]
    n, per = Exact.column("n", Scale(2, -5000, 5000)), Exact.column("per", Scale(1, 1, 900))
    wide = Exact.column("wide", Scale(30, -5 * 10**31, 5 * 10**31))
    values = {"n": n, "quotient": n.over(per), "negative": n.negated().over(7), "wide": wide.times(F(-1, 3))}
    got = collected(
        {name: exponential(value) for name, value in values.items()},
        engine,
        n=counts,
        per=pers,
        wide=pl.Series([None if count is None else count * 10**28 + 1 for count in counts], dtype=pl.Int128),
    )

    def power(argument: Fraction) -> Fraction:
        argument = max(F(-40), min(F(40), argument))
        with localcontext() as context:
            context.prec = 60
            return rounded(F((Decimal(argument.numerator) / Decimal(argument.denominator)).exp()), 15)

    assert got == {
        "n": each(lambda a: power(F(a, 100)), counts),
        "quotient": each(lambda a, b: power(F(a, 10 * b)), counts, pers),
        "negative": each(lambda a: power(F(-a, 700)), counts),
        "wide": each(lambda a: power(F(-(a * 10**28 + 1), 3 * 10**30)), counts),
    }


def test_the_exponential_asks_for_more_digits_until_its_last_is_certain() -> None:
    """The logarithm of a tie, to 38 digits: on which side of the tie its power lies shows far behind the 15th place."""
    tie = Decimal("1.0000000000000005")
    with localcontext() as context:
        context.prec = 38
        near = tie.ln()
        above, below = near.next_plus(), near.next_minus()
    assert exponential(Exact.of(above)).constant == F("1.000000000000001")
    assert exponential(Exact.of(below)).constant == 1


def test_an_exponential_does_not_depend_on_the_way_to_it() -> None:
    """A power and its mirror image times each other are 1, as far as their last places go."""
    for count in range(0, 60, 7):
        below, above = (exponential(Exact.of(F(sign * count, 13))).constant for sign in (-1, 1))
        assert below is not None
        assert above is not None
        assert abs(below * above - 1) < above * F(1, 10**15) + below * F(1, 10**15)


MANY = 1100
"""More rows than are worked out one by one; the streaming engine would ask for fewer at once."""


def sixty_digits(argument: Fraction) -> Fraction:
    """The power of e to a number of at most 0, to 15 places, by another way than the module's."""
    with localcontext() as context:
        context.prec = 60
        power = (Decimal(argument.numerator) / Decimal(argument.denominator)).exp()
    return rounded(F(power), 15)


@settings(max_examples=10)
@given(st.data())
def test_powers_by_integers_are_those_of_sixty_digits(data: st.DataObject) -> None:
    """For constants and columns below the line, in Int64 and Int128, from 0 to beyond 40."""
    below, places = data.draw(st.integers(1, 10**6)), data.draw(st.sampled_from([0, 4, 11, 16]))
    most = data.draw(st.sampled_from([1, 45])) * below * 10**places
    source = random.Random(data.draw(st.integers(0, 10**9)))
    counts = [0, most, 40 * below * 10**places, *(source.randint(0, most) for _ in range(MANY))]
    pers = [below, below, below, *(source.randint(1, below) for _ in range(MANY))]
    limit = 10 ** (places + 10)
    counts = [min(count, limit) for count in counts]
    n = Exact.column("n", Scale(places, 0, limit)).negated()
    per = Exact.column("per", Scale(0, 1, 10**6))
    got = collected(
        {"constant": exponential(n.over(below)), "column": exponential(n.over(per))},
        "in-memory",
        n=pl.Series(counts, dtype=n.dtype),
        per=pers,
    )
    unit = F(1, 10**places)
    for count, divisor, constant, column in zip(counts, pers, got["constant"], got["column"], strict=True):
        assert constant == sixty_digits(max(F(-40), -count * unit / below))
        assert column == sixty_digits(max(F(-40), -count * unit / divisor))


def test_a_power_that_may_round_either_way_is_worked_out_by_decimals() -> None:
    """The logarithms of ties, to 20 places: integers alone cannot tell on which side their powers lie."""
    source, places, ties = random.Random(3), 20, []
    with localcontext() as context:
        context.prec = 60
        for _ in range(MANY):
            tie = Decimal(source.randint(10**12, 10**15 - 1)) * 10 + 5
            ties.append(int(-tie.scaleb(-16).ln().scaleb(places)))
    n = Exact.column("n", Scale(places, 0, 10**21)).negated()
    module = importlib.import_module("incentive_engine.exact.exponential")
    by_decimals, asked = module._by_decimals, list[int]()

    def counting(above: int, below: int) -> int:
        asked.append(above)
        return int(by_decimals(above, below))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_by_decimals", counting)
        module._counts.cache_clear()
        got = collected({"power": exponential(n)}, "in-memory", n=pl.Series(ties, dtype=n.dtype))["power"]
        assert got == [sixty_digits(F(-tie, 10**places)) for tie in ties]
        assert len(asked) > 0.9 * MANY
        asked.clear()
        module._counts.cache_clear()
        collected(
            {"power": exponential(n)},
            "in-memory",
            n=pl.Series([source.randint(0, 10**21) for _ in ties], dtype=n.dtype),
        )
        assert len(asked) < 0.01 * MANY


def test_an_exponential_knows_how_far_it_goes() -> None:
    small = exponential(Exact.column("n", Scale(1, -100, 0)))
    assert small.bounds == (F("0.000045399929762"), F(1))
    assert small.dtype == pl.Int64
    assert exponential(Exact.column("n", Scale(1, -100, 200))).dtype == pl.Int128
    nothing = exponential(Exact.of(1).masked(pl.lit(False)))
    assert collected({"v": nothing}, n=[1, 2])["v"] == [None, None]


def test_a_parameter_that_never_differs_is_a_constant() -> None:
    assert Exact.varying(["0.5", Decimal("0.50"), Fraction(1, 2)], pl.col("p")).constant == Fraction(1, 2)
    varying = Exact.varying(["0.5", None, 3], pl.col("p"))
    assert collected({"v": varying}, p=pl.Series([0, 1, 2, None], dtype=pl.UInt32))["v"] == [
        Fraction(1, 2),
        None,
        3,
        None,
    ]


# --- shares -----------------------------------------------------------------------------------------------------------


def shared(allocation: exact.Allocation, engine: Engine = "streaming", **columns: Any) -> pl.DataFrame:
    """The shares as columns, by way of the stages that the engine would run."""
    lazy = pl.DataFrame(columns).lazy()
    for stage in allocation.stages:
        lazy = lazy.with_columns(stage)
    shares = [share.expr.alias(f"share{number}") for number, share in enumerate(allocation.shares)]
    return lazy.with_columns(shares).drop(allocation.scratch).collect(engine=engine)


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(-(10**9), 10**9)),
            *[st.one_of(st.none(), st.integers(-5, 5), st.integers(-(10**6), 10**6))] * 4,
        ),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(["signed", "positive", "negative"]),
    st.sampled_from(ENGINES),
)
@settings(max_examples=60)
def test_shares_add_up_and_are_within_one_unit(rows: list[Any], signs: str, engine: Engine) -> None:
    sign = {"signed": lambda n: n, "positive": abs, "negative": lambda n: -abs(n)}[signs]
    low, high = {"signed": (-(10**6), 10**6), "positive": (0, 10**6), "negative": (-(10**6), 0)}[signs]
    columns = {f"p{number}": each(sign, [row[number] for row in rows]) for number in range(1, 5)}
    columns["w"] = [row[0] for row in rows]
    frame = {name: pl.Series(name, values, dtype=pl.Int64) for name, values in columns.items()}
    whole = Exact.column("w", Scale(2, -(10**9), 10**9))
    parts = [Exact.column(f"p{number}", Scale(number, low, high)) for number in range(1, 5)]
    divided = shared(allocated("a", whole, parts), engine, **frame)
    assert divided.columns == [*frame, *(f"share{number}" for number in range(4))]
    weights = [[Fraction(columns[f"p{n}"][row] or 0, 10**n) for n in range(1, 5)] for row in range(len(rows))]
    for amount, parted, shares in zip(columns["w"], weights, divided.select("^share.*$").rows(), strict=True):
        if amount is None:
            assert shares == (None, None, None, None)
        elif not sum(parted):
            assert shares == (0, 0, 0, 0)
        else:
            assert sum(shares) == amount
            exactly = [Fraction(amount) * part / sum(parted) for part in parted]
            assert all(abs(share - part) <= 1 for share, part in zip(shares, exactly, strict=True))
            assert all(share == 0 for share, part in zip(shares, parted, strict=True) if part == 0)


def test_one_part_takes_the_whole() -> None:
    columns: dict[str, Any] = {"n": [7, 7, 7, None], "m": [3, 0, None, 3]}
    assert shared(allocated("a", N, [M]), **columns)["share0"].to_list() == [7, 0, 0, None]


def test_the_unit_of_the_whole_is_the_unit_of_the_shares() -> None:
    allocation = allocated("a", Exact.of(100).rounded(2), [Exact.of(1), Exact.of(1), Exact.of(1)])
    assert {share.unit for share in allocation.shares} == {Fraction(1, 100)}
    assert shared(allocation, n=[0]).select("^share.*$").row(0) == (3333, 3334, 3333)


# --- naming -----------------------------------------------------------------------------------------------------------


def test_a_quotient_is_named_with_its_divisor() -> None:
    quotient = N.over(Exact.column("d", Scale(0, 1, 9)))
    columns, value = quotient.named("q")
    frame = pl.DataFrame({"n": [100, None], "d": [3, 2]}).with_columns(columns)
    assert frame.columns == ["n", "d", "q", "q.per"]
    assert frame.select(value.rounded(4).decimal()).to_series().to_list() == [Decimal("0.3333"), None]
    assert str(value.expr) == str(pl.col("q"))
    assert least([N, M]).named("x")[1].bounds == greatest([N, M]).bounds


def test_a_scale_says_what_it_spans() -> None:
    assert Scale(2, -150, 200).span() == (Fraction(-3, 2), Fraction(2))
    assert [Scale(0, -1, 0).contains_negative, Scale(0, 0, 1).contains_negative] == [True, False]


# --- the tests themselves ---------------------------------------------------------------------------------------------

CHECKS: tuple[Callable[[ModuleType], None], ...] = (
    every_small_quotient_rounds_right,
    unprovable_work_is_refused,
    sums_of_nothing_are_missing,
    a_quotient_of_something_missing_is_missing,
    a_plateau_stays_flat,
    a_jump_holds_from_its_place_on,
    tables_have_ends_and_holes,
    *((lambda kernel, seed=seed: random_program(kernel, random.Random(seed))) for seed in range(1500)),
)

MUTATED = "mutated_exact"

MUTANTS = (
    ("or high > LARGEST:", "or high > 10 * LARGEST:"),
    ("max(reached) < 2**63 else", "max(reached) < 2**64 else"),
    ("else half.minus(ONE)", "else half"),
    ('"down": (ZERO, most),', '"down": (ZERO, ZERO),'),
    ('"up": (most, ZERO),', '"up": (most, most),'),
    ("operator.and_, (0, 1), floor, ONE", "operator.and_, (0, 1), floor, TWO"),
    ("return min(reached), max(reached)\n\n\ndef _divided", "return reached[0], reached[-1]\n\n\ndef _divided"),
    ("return pl.lit(value, dtype=dtype)", "return pl.lit(value)"),
    ("expr.cast(narrow, wrap_numerical=True)", "expr"),
    ("(condition.is_null(), None)", "(pl.lit(False), None)"),
    ("expr = pl.when(present).then(across(", "expr = pl.when(True).then(across("),
    ("pl.when(count > literal(0, INDEX)).then(added)", "added"),
    ("self.low * rows), max(self.high", "self.low), max(self.high"),
    ("term, in_rows = self.counts.carried(dtype)", "term, in_rows = self.expr"),
    ("if right.low <= 0 <= right.high:\n            raise", "if right.low == 0 == right.high:\n            raise"),
    ("ramps[-1][1:] == [x0, slope]", "ramps[-1][2] == slope"),
    ("math.floor(threshold) + 1", "math.ceil(threshold)"),
    ("result if per is None else pl.when(per.expr.is_not_null()).then(result)", "result"),
    ("counts[number] = reduce(Counts.times, others, counts[number])", "pass"),
    ("size = size.clipped(ONE, None)", "pass"),
    (".reinterpret(dtype=pl.Decimal(38, places))", ".cast(pl.Decimal(38, places))"),
    ("max(x.low, min(x.high + 1, first))", "max(x.low, min(x.high, first))"),
    ("math.floor(start) + 1 if right_after", "math.ceil(start) if right_after"),
    ("p[0] == q[0] <= high", "p[0] == q[0] < high"),
)


@contextmanager
def mutated(folder: Path, original: str, mutant: str) -> Iterator[ModuleType]:
    """The kernel under another name, wrong in one place."""
    sources = {path.name: path.read_text(encoding="utf-8") for path in Path(exact.__file__).parent.glob("*.py")}
    assert sum(source.count(original) for source in sources.values()) == 1, "the mutant has lost its place"
    for name, source in sources.items():
        text = source.replace(original, mutant).replace(f"from {exact.__name__}.", f"from {MUTATED}.")
        (folder / name).write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(
        MUTATED, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[MUTATED] = module  # where its parts look each other up
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == MUTATED]:
            del sys.modules[name]


def survives(kernel: ModuleType) -> bool:
    for check in CHECKS:
        try:
            check(kernel)
        except Exception:  # noqa: BLE001 - whatever a broken kernel does, it was noticed
            return False
    return True


@pytest.mark.long
@pytest.mark.parametrize(("original", "mutant"), MUTANTS, ids=[f"mutant{number}" for number in range(len(MUTANTS))])
def test_a_kernel_that_is_wrong_in_one_place_is_noticed(original: str, mutant: str, tmp_path: Path) -> None:
    with mutated(tmp_path, original, mutant) as kernel:
        assert not survives(kernel)


@pytest.mark.long
def test_the_kernel_itself_passes_what_its_mutants_fail(tmp_path: Path) -> None:
    with mutated(tmp_path, MUTANTS[0][0], MUTANTS[0][0]) as kernel:
        assert kernel.Exact is not Exact
        assert survives(kernel)
