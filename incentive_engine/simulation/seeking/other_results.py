"""One payee with other results of a KPI: what the rules compute then, by their own program, everything else as it was.

A team's result is another one for this payee only. Where no result counted, there are as many facts as the KPI needs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Final

import polars as pl

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.compiler.measures import OWN_SOURCES, SOURCES, WIDER
from incentive_engine.engine import outputs
from incentive_engine.engine.changes import with_others
from incentive_engine.engine.retracing import Retraced
from incentive_engine.engine.running import Calculation
from incentive_engine.errors import InputProblems, Problem, did_you_mean
from incentive_engine.exact import CannotProve
from incentive_engine.rulesets.resolving import MeasureNode, ResolvedPlan

_NEARER: Final = 1000
_TRIED, _ROW, _PAID = "\0tried", "\0row", "\0paid"


class OtherResults:
    """A payee, a KPI, and what is paid with any result of it."""

    def __init__(self, calculation: Calculation, payee: str, kpi: str) -> None:
        self._calculation, self._payee, self._name = calculation, payee, kpi
        self._rules = calculation.rules
        self._shapes = list(self._own())
        if not self._shapes:
            raise InputProblems([_nobody(calculation, payee)])
        self._nodes = self._measured()
        self.kpi = self._nodes[0].kpi
        self.key = self._counted()

    def _own(self) -> Iterator[_Shape]:
        for evaluation in self._calculation.evaluations:
            trace = outputs.trace(evaluation).filter(pl.col("payee") == self._payee).collect()
            if trace.height and evaluation.program.payout is not None:
                present = set(trace["plan"])
                plans = tuple(plan for plan in evaluation.program.plans if plan.name in present)
                yield _Shape(plans, Retraced(self._rules, plans, trace), trace)

    def _measured(self) -> list[MeasureNode]:
        plans = [plan for shape in self._shapes for plan in shape.plans]
        nodes = [node for plan in plans for node in plan.measures() if node.kpi_name == self._name]
        if not nodes:
            known = sorted({node.kpi_name for plan in plans for node in plan.measures()})
            message = f"`{self._name}` is no KPI that `{self._payee}` is paid on"
            hint = did_you_mean(self._name, known) or f"those are {', '.join(known)}"
            raise InputProblems([Problem("unknown-kpi", message, hint=hint)])
        if any(plan.pool is not None for plan in plans):
            raise InputProblems([_of_others(f"a pool pays `{self._payee}`")])
        if self._name in with_others(self._rules, plans):
            raise InputProblems([_of_others(f"another result of `{self._name}` would change others too")])
        if any(node.parts for node in nodes):
            message = f"`{self._name}` is paid on several results of the period"
            raise InputProblems([Problem("not-seekable", message, hint="ask for a measure without `average_of`")])
        return nodes

    def _counted(self) -> ResultKey:
        """The result that counted: of a wider subject, where the rules say so; else the own one."""
        node = self._nodes[0]
        wider = [kind for kind in WIDER if self._source == SOURCES[kind]]
        return ResultKey(self._name, wider[0] if wider else node.of)  # type: ignore[arg-type]

    @cached_property
    def _source(self) -> int | None:
        """Where the result that counted came from; None where none did."""
        column, trace = f"{self._nodes[0].path}.source", self._shapes[0].trace
        own = SOURCES["own"]
        found = trace[column] if column in trace.columns else trace.select(pl.lit(own)).to_series()
        return found.drop_nulls().first()  # type: ignore[return-value]

    @property
    def places(self) -> int:
        """The decimal places of results."""
        return 0 if self.kpi.compute.whole else max(self.kpi.rounding.kept, 0)

    @property
    def _step(self) -> int:
        """From one result to the next, in the last place: 1, but where results are rounded to tens."""
        return int(10 ** max(-self.kpi.rounding.kept, 0))

    @cached_property
    def ends(self) -> tuple[int, int]:
        """The least and the greatest result that there can be, in steps."""
        low, high = self._rules.ranges.results[self._name].span()
        least, greatest = self.kpi.compute.possible
        low = low if least is None else max(low, Fraction(least))
        high = high if greatest is None else min(high, Fraction(greatest))
        steps = Fraction(10**self.places, self._step)
        return self._provable(math.ceil(low * steps), math.floor(high * steps))

    def _provable(self, low: int, high: int) -> tuple[int, int]:
        """The ends, nearer to zero where pay with them could leave what is exact: no declared range holds them then."""
        while high > low:
            try:
                self.pays([low, high])
            except CannotProve:
                low, high = max(low, -(-low // _NEARER)), max(low, high // _NEARER)
            else:
                break
        return low, high

    @cached_property
    def now(self) -> int | None:
        """The result as it is, in steps; None where none counts."""
        if not self._counts:
            return None
        values = self._shapes[0].trace[self.key.column].drop_nulls()
        return None if values.is_empty() else int(Decimal(values[0]).scaleb(self.places)) // self._step

    @property
    def assumed(self) -> int | None:
        """How many facts are taken to stand behind a result; None where those that do are enough."""
        return None if self._counts else (self.kpi.reliability.at_least if self.kpi.reliability else 1)

    @property
    def _counts(self) -> bool:
        """Whether the result counts as it is, and no other way out was taken."""
        return self._source in (*OWN_SOURCES, *(SOURCES[kind] for kind in WIDER))

    def value(self, steps: int) -> Decimal:
        """The result of so many steps."""
        return Decimal(steps * self._step).scaleb(-self.places)

    def pays(self, results: Sequence[int]) -> list[Decimal | None]:
        """What is paid with each result; None where it cannot be worked out."""
        paid = pl.concat([self._paid(shape, results) for shape in self._shapes], how="vertical_relaxed")
        whole = pl.when(pl.col(_PAID).is_not_null().all()).then(pl.col(_PAID).sum()).alias(_PAID)
        return paid.group_by(_TRIED).agg(whole).sort(_TRIED)[_PAID].to_list()

    def _paid(self, shape: _Shape, results: Sequence[int]) -> pl.DataFrame:
        """One row per result and row of the payee: which of the results, and what is paid."""
        tried = pl.Series(_TRIED, range(len(results)), pl.UInt32).to_frame()
        rows = tried.join(
            pl.int_range(shape.trace.height, dtype=pl.UInt32, eager=True).alias(_ROW).to_frame(), how="cross"
        )
        counts = pl.Series([each * self._step for each in results], dtype=pl.Int128).gather(rows[_TRIED])
        column = counts.reinterpret(dtype=pl.Decimal(38, self.places)).alias(self.key.column)
        retraced, fitted = shape.retraced.refitted([column] if self.key.column in shape.trace.columns else [])
        program = retraced.program(shape.plans)
        wide = shape.retraced.wide.select(program.inputs)[rows[_ROW]].with_columns(fitted)
        assert program.payout is not None
        paid = program.evaluate(self._with_facts(wide).lazy()).select(program.payout.decimal().alias(_PAID))
        return rows.select(_TRIED).hstack(paid.collect(engine="streaming"))

    def _with_facts(self, wide: pl.DataFrame) -> pl.DataFrame:
        """With enough facts behind a result that there was not."""
        answers = self.key.answers
        if self.assumed is None or answers not in wide.columns:
            return wide
        return wide.with_columns(pl.max_horizontal(answers, pl.lit(self.assumed, pl.Int64)).alias(answers))


@dataclass(frozen=True, slots=True)
class _Shape:
    """The payee's rows of one shape of plans."""

    plans: tuple[ResolvedPlan, ...]
    retraced: Retraced
    trace: pl.DataFrame


def _nobody(calculation: Calculation, payee: str) -> Problem:
    known = calculation.people.table.frame["payee"].to_list()
    if payee not in known:
        return Problem("unknown-payee", f"there is no payee `{payee}`", hint=did_you_mean(payee, known))
    message = f"no plan pays `{payee}` by results in the period"
    return Problem("not-paid", message, hint="`incentive explain` says why")


def _of_others(why: str) -> Problem:
    hint = "try it with a scenario: `incentive simulate` pays everybody again"
    return Problem("not-seekable", f"{why}: what others get would change as well", hint=hint)
