"""What would have changed a payout: one more good answer, the next point of a curve, the target, a step taken away.

Each is worked out by the rules' own program, with another result in the place of one and everything else as it was. All
changes of one shape of plans are evaluated at once, as more rows of one frame: to compile costs more than to calculate.
Plans that a pool pays have none: what all the others get would change too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

import polars as pl

from incentive_engine.compiler.inputs import SEGMENT, ResultKey
from incentive_engine.compiler.measures import WIDER
from incentive_engine.compiler.program import PAYOUT, Program
from incentive_engine.engine.changes import DENOMINATOR, NUMERATOR, Change, changes, counted_column
from incentive_engine.engine.effects import effects_of, removable, touched
from incentive_engine.engine.retracing import Retraced
from incentive_engine.exact import CannotProve
from incentive_engine.rulesets.adjustments import COMPUTED
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ResolvedPlan

NUMBER: Final = pl.Decimal(38, 12)
VARIATIONS: Final[Mapping[str, pl.DataType]] = {
    "payee": pl.String(),
    "plan": pl.String(),
    SEGMENT: pl.Int64(),
    "change": pl.String(),
    "node": pl.String(),
    "number": pl.Int64(),
    "kpi": pl.String(),
    "subject_kind": pl.String(),
    "when": pl.String(),
    "value": NUMBER,
    "goal": NUMBER,
    NUMERATOR: NUMBER,
    DENOMINATOR: NUMBER,
    "attainment": NUMBER,
    "rate": NUMBER,
    "score": NUMBER,
    "before": NUMBER,
    "after": NUMBER,
}
_OF_MEASURE: Final = ("attainment", "rate", "score")
_ROW, _SUBJECT, _NEW = "\0row", "\0subject", "\0new "
_IDS: Final = ("payee", "plan", SEGMENT)


def variations(
    rules: Rules, plans: tuple[ResolvedPlan, ...], traces: Mapping[str, pl.LazyFrame], results: pl.DataFrame
) -> pl.DataFrame:
    """One row per payee × plan × segment × change: another result, or a step taken away, and what the rules pay then.

    `results`: the run's table `kpis`. `change`: `one_more`, `next_point`, `at_target`, `all_at_target` (no `node`), or
    the kind of step that is taken away, with its `number`. `value`: the result in the place of that of `kpi` for
    `subject_kind`, of the part `when` of the period; of one more record, `numerator` and `denominator` are those that
    were counted. `goal`: the attainment of the next point. `attainment`, `rate`, `score`: of the measure then.
    `before`, `after`: what the rules compute, in their currency.
    """
    frames = [frame for trace in traces.values() for frame in _of_trace(rules, plans, trace.collect(), results)]
    none = pl.DataFrame(schema=VARIATIONS)
    return pl.concat([none, *frames], how="diagonal")


def _of_trace(
    rules: Rules, plans: tuple[ResolvedPlan, ...], trace: pl.DataFrame, results: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    computed = COMPUTED if COMPUTED in trace.columns else PAYOUT
    if computed not in trace.columns:
        return
    trace = trace.filter(pl.col(computed).is_not_null())
    present = set(trace["plan"])
    alike = [plan for plan in plans if plan.name in present]
    if not alike or alike[0].pool is not None:
        return
    whole, before = with_counts(trace, alike, results), pl.col(computed).cast(NUMBER)
    retraced = Retraced(rules, alike, whole)
    with suppress(CannotProve):  # a result that is tried could leave what is exact
        yield from Stacked(rules, alike, retraced, whole.with_columns(before.alias("before"))).frames()
    steps = [step for step in removable(alike[0]) if touched(alike[0], step, trace)]
    for step in effects_of(retraced, alike, trace, steps):
        yield (
            trace.select(*_IDS, before.alias("before"))
            .with_columns(step.select(pl.col("step").alias("change"), "node", "number", pl.col("effect").cast(NUMBER)))
            .filter(pl.col("effect") != 0)
            .with_columns(after=pl.col("before") - pl.col("effect"))
            .drop("effect")
        )


def with_counts(trace: pl.DataFrame, plans: Sequence[ResolvedPlan], results: pl.DataFrame) -> pl.DataFrame:
    """The trace, and what the results of its measures were divided from."""
    measures, period = [node for plan in plans for node in plan.measures()], plans[0].period
    keys = {ResultKey(node.kpi_name, of, part) for node in measures for of in (node.of, *WIDER)
            for part in ("", *(part.name for part in node.parts))}  # fmt: skip
    whole = results.filter(pl.col("from").is_null())
    for key in sorted(keys):
        if key.column in trace.columns:
            found = whole.filter(
                pl.col("kpi") == key.kpi,
                pl.col("subject_kind") == key.subject_kind,
                pl.col("period") == key.period(period).name,
            )
            names = {name: counted_column(key, name) for name in (NUMERATOR, DENOMINATOR)}
            counts = found.select("subject", *(pl.col(name).alias(column) for name, column in names.items()))
            subject = pl.lit("company") if key.subject_kind == "company" else pl.col(key.subject_kind)
            named = trace.with_columns(subject.alias(_SUBJECT))
            joined = named.join(counts, how="left", left_on=_SUBJECT, right_on="subject", maintain_order="left")
            trace = joined.drop(_SUBJECT)
    return trace


class Stacked:
    """All changes of plans of one shape, one below the other, and what the plans pay then."""

    def __init__(self, rules: Rules, plans: list[ResolvedPlan], retraced: Retraced, trace: pl.DataFrame) -> None:
        self._rules, self._plans, self._retraced, self._trace = rules, plans, retraced, trace
        self._changes = list(changes(rules, plans, retraced))
        values = [(key.column, value) for change in self._changes for key, value in change.results.items()]
        self._places = {column: self._least_places(column) for column, _ in values}
        for column, value in values:
            if value.finite_places is not None:
                self._places[column] = max(self._places[column], value.finite_places)

    def frames(self) -> Iterator[pl.DataFrame]:
        """The rows of `variations`, where there are any."""
        if not self._changes:
            return
        new = self._retraced.wide.lazy().with_row_index(_ROW).select(_ROW, *self._new()).collect().lazy()
        tried = pl.concat([self._tried(new, at) for at in range(len(self._changes))], how="diagonal").collect()
        if tried.is_empty():
            return
        rows, results = tried[_ROW], {key.column for change in self._changes for key in change.results}
        instead = self._trace.select(results)[rows].with_columns(
            pl.coalesce(tried[_NEW + name], pl.col(name).cast(tried[_NEW + name].dtype)).alias(name) for name in results
        )
        retraced, counts = self._retraced.refitted(instead)
        program = retraced.program(self._plans)
        wide = self._retraced.wide.select(program.inputs)[rows].with_columns(
            *(each for each in counts if each.name in program.inputs),
            *(pl.coalesce(tried[_NEW + name], pl.col(name)).alias(name) for name in self._facts()),
        )
        paid = self._paid(program, wide)
        told = tried.select(name for name in tried.columns if not name.startswith("\0"))
        ids = self._trace.select(*_IDS, "before")[rows]
        yield pl.concat([ids, told, paid], how="horizontal").select(
            *ids.columns, *told.columns, pl.col(PAYOUT).alias("after"), *self._of_measures(paid)
        )

    def _facts(self) -> Iterator[str]:
        """The columns that say how many facts stand behind a result, where another result has others."""
        yield from dict.fromkeys(key.answers for change in self._changes for key in change.facts)

    def _least_places(self, column: str) -> int:
        dtype = self._trace.schema[column]
        assert isinstance(dtype, pl.Decimal)
        return dtype.scale

    def _new(self) -> Iterator[pl.Expr]:
        """For each change, by its number: the other results, the facts behind them, and which rows differ by it."""
        for at, change in enumerate(self._changes):
            differs = []
            for key, value in change.results.items():
                yield value.decimal(self._places[key.column]).alias(f"{at}{_NEW}{key.column}")
                differs.append(value.differs(self._retraced.number(key.column)).fill_null(False))
            for key, number in change.facts.items():
                yield number.decimal(0).cast(pl.Int64).alias(f"{at}{_NEW}{key.answers}")
            if change.goal is not None:
                yield change.goal.decimal().cast(NUMBER).alias(f"{at}{_NEW}goal")
            for name, column in self._counts(change):
                yield self._retraced.number(column).decimal().cast(NUMBER).alias(f"{at}{_NEW}{name}")
            yield pl.any_horizontal(differs).alias(f"{at}{_NEW}")

    def _tried(self, new: pl.LazyFrame, at: int) -> pl.LazyFrame:
        """The rows that a change changes: their place, what stands there then, and what is told of it."""
        change = self._changes[at]
        columns = [key.column for key in change.results] + [key.answers for key in change.facts]
        told = ([] if change.goal is None else ["goal"]) + [name for name, _ in self._counts(change)]
        one = next(iter(change.results)) if len(change.results) == 1 else None
        names: dict[str, str | None] = {"change": change.kind, "node": change.path or None}
        names |= {"kpi": None, "subject_kind": None, "when": None} if one is None else {
            "kpi": one.kpi, "subject_kind": one.subject_kind, "when": one.when}  # fmt: skip
        value = [] if one is None else [pl.col(f"{at}{_NEW}{one.column}").cast(NUMBER).alias("value")]
        return new.filter(pl.col(f"{at}{_NEW}")).select(
            _ROW,
            *(pl.col(f"{at}{_NEW}{column}").alias(_NEW + column) for column in columns),
            *(pl.col(f"{at}{_NEW}{name}").alias(name) for name in told),
            *(pl.lit(value, pl.String).alias(name) for name, value in names.items()),
            *value,
        )

    @staticmethod
    def _counts(change: Change) -> Iterator[tuple[str, str]]:
        """What one more record is added to."""
        for key in change.facts:
            yield NUMERATOR, counted_column(key, NUMERATOR)
            yield DENOMINATOR, counted_column(key, DENOMINATOR)

    @staticmethod
    def _paid(program: Program, wide: pl.DataFrame) -> pl.DataFrame:
        """What the rules compute of each row, and the numbers of each measure that end."""
        assert program.payout is not None
        numbers = {PAYOUT: program.payout}
        for measure in program.measures():
            columns = (f"{measure.node.path}.{name}" for name in _OF_MEASURE)
            numbers |= {name: program.numbers[name] for name in columns if name in program.numbers}
        told = {name: each.decimal().cast(NUMBER) for name, each in numbers.items() if each.finite_places is not None}
        return program.evaluate(wide.lazy()).select(**told).collect(engine="streaming")

    def _of_measures(self, paid: pl.DataFrame) -> Iterator[pl.Expr]:
        """Attainment, rate and score of the measure that has another result."""
        paths = [node.path for node in self._plans[0].measures()]
        for name in _OF_MEASURE:
            columns = {path: f"{path}.{name}" for path in paths if f"{path}.{name}" in paid.columns}
            of_node = [pl.when(pl.col("node") == path).then(pl.col(column)) for path, column in columns.items()]
            yield pl.coalesce([*of_node, pl.lit(None, NUMBER)]).alias(name)
