"""What many variants of rules pay: those that differ in numbers only share all that does not rest on these numbers.

Each plan is compiled once for many variants, its numbers in columns of one value that each variant gives. A stage
column whose expression is that of the plan as it stands, and which reads only such columns, is as it stands: it was
worked out once and is read. The rest is worked out for each variant, by the same program that a run of its rules would
have had: exact arithmetic gives the same counts whatever else is compiled with it. Variants that differ in more are
calculated as a run is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import polars as pl

from incentive_engine.compiler.inputs import PLAN, SEGMENT, Ranges
from incentive_engine.compiler.program import PAYOUT, Program, compile_plans
from incentive_engine.compiler.stages import run_stages
from incentive_engine.engine.adjusting import INPUTS
from incentive_engine.engine.decimals import decimal_column
from incentive_engine.engine.likeness import Likeness, differing
from incentive_engine.engine.proving import unproved
from incentive_engine.engine.running import Calculation
from incentive_engine.engine.timings import Timings
from incentive_engine.errors import InputProblems
from incentive_engine.exact import CannotProve, OneAtOnce
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ResolvedPlan, resolve

AT_ONCE: Final = 64
"""How many variants are compiled together: more save little, and each keeps its rules in memory."""


@dataclass(frozen=True, slots=True)
class Paid:
    """What one variant of the rules pays.

    `payouts`: one row per payee × plan × segment that could be worked out: payee, plan, segment, and the amounts asked
    for, as the run's tables have them.
    """

    rules: Rules
    payouts: pl.LazyFrame


class Sweep:
    """A calculation, ready to be repeated with other numbers in its plans."""

    def __init__(
        self, base: Calculation, otherwise: Callable[[Rules], Calculation], amounts: Sequence[str] = (PAYOUT,)
    ) -> None:
        """`otherwise`: calculates variants that differ in more than numbers; `amounts`: the columns of `Paid`."""
        self._base, self._otherwise, self._amounts = base, otherwise, tuple(amounts)
        self._kpis = frozenset(base.rules.ruleset.kpis)
        self._likeness = Likeness(base.rules.ruleset, base.plans)
        self._settled = [
            _Settled.of(plan, frame.filter(pl.col(PLAN) == number), base.ranges, self._kpis, self._amounts)
            for program, frame in base.gathered
            for number, plan in enumerate(program.plans)
        ]
        pooled = any(settled.program.pooled for settled in self._settled)
        self._shared = pooled or base.together.in_segments or base.together.decisions is not None

    def paid(self, variants: Iterable[Rules]) -> Iterator[Paid]:
        """What each variant pays, in turn; rules as `calculate` takes them.

        Raises InputProblems for a variant whose numbers cannot be proved to fit on these data.
        """
        waiting = iter(variants)
        while together := list(islice(waiting, AT_ONCE)):
            yield from self._batch(together)

    def _batch(self, variants: Sequence[Rules]) -> Iterator[Paid]:
        names = [settled.plan.name for settled in self._settled]
        plans = [resolve(rules.ruleset, self._base.period) for rules in variants]
        like = [self._likeness.holds(rules.ruleset, own) for rules, own in zip(variants, plans, strict=True)]
        by_name = [{plan.name: plan for plan in own} if same else {} for own, same in zip(plans, like, strict=True)]
        compiled = [
            self._compiled(settled, [(rules, own.get(name)) for rules, own in zip(variants, by_name, strict=True)])
            for settled, name in zip(self._settled, names, strict=True)
        ]
        for at, (rules, same) in enumerate(zip(variants, like, strict=True)):
            yield Paid(rules, self._swept([each[at] for each in compiled]) if same else self._anew(rules))

    def _compiled(self, settled: _Settled, asked: Sequence[tuple[Rules, ResolvedPlan | None]]) -> list[_Varied]:
        """The plan of each variant, those together whose numbers differ in the same places; else as it stands."""
        found = [settled.unvaried] * len(asked)
        places = {at: differing(settled.plan, plan) for at, (_, plan) in enumerate(asked) if plan is not None}
        batches: dict[frozenset[str], list[int]] = {}
        for at in sorted((at for at in places if places[at]), key=lambda at: -len(places[at])):
            batches.setdefault(next((wide for wide in batches if places[at] <= wide), places[at]), []).append(at)
        for batch in batches.values():
            varied = self._programs(settled, [(rules, plan) for rules, plan in (asked[at] for at in batch) if plan])
            for at, each in zip(batch, varied, strict=True):
                found[at] = each
        return found

    def _programs(self, settled: _Settled, asked: Sequence[tuple[Rules, ResolvedPlan]]) -> Iterator[_Varied]:
        """One program for all, or several where their numbers fit only apart."""
        plans, which = tuple(plan for _, plan in asked), OneAtOnce(pl.col(PLAN))
        try:
            program = settled.varied(compile_plans(plans, self._base.ranges, self._kpis, which))
        except CannotProve:
            if len(asked) == 1:
                raise InputProblems(unproved(asked[0][0], plans, self._base.ranges, self._kpis)) from None
            half = len(asked) // 2
            yield from self._programs(settled, asked[:half])
            yield from self._programs(settled, asked[half:])
        else:
            yield from (_Varied(program, number, which) for number in range(len(plans)))

    def _swept(self, varied: Sequence[_Varied]) -> pl.LazyFrame:
        programs = [each.program for each in varied]
        frames = [
            settled.frame.with_columns(pl.lit(each.number, pl.UInt32).alias(PLAN), *each.which.columns(each.number))
            for settled, each in zip(self._settled, varied, strict=True)
        ]
        given = self._base.together.given(programs, frames, Timings()).frames if self._shared else frames
        found = [
            _payouts(program, program.evaluate(wide.lazy()), self._amounts)
            for program, wide in zip(programs, given, strict=True)
        ]
        return found[0] if len(found) == 1 else pl.concat(found, how="vertical_relaxed")

    def _anew(self, rules: Rules) -> pl.LazyFrame:
        evaluations = self._otherwise(rules).evaluations
        frames = [_payouts(each.program, each.frame, self._amounts) for each in evaluations]
        return pl.concat(frames, how="vertical_relaxed")


@dataclass(frozen=True, slots=True)
class _Varied:
    """A plan of a variant: the program that works out what is its own, and which of the program's plans it is."""

    program: Program
    number: int
    which: OneAtOnce


@dataclass(frozen=True, slots=True)
class _Settled:
    """One plan as it stands, and the columns of its payees that rest on nothing which others give."""

    plan: ResolvedPlan
    program: Program
    frame: pl.DataFrame
    known: dict[str, pl.Expr]
    """The stage columns that the frame holds, with their expressions."""
    amounts: tuple[str, ...]

    @classmethod
    def of(
        cls, plan: ResolvedPlan, wide: pl.DataFrame, ranges: Ranges, kpis: frozenset[str], amounts: tuple[str, ...]
    ) -> _Settled:
        program = compile_plans((plan,), ranges, kpis)
        stages = [
            tuple(each for each in stage if each.meta.output_name() not in _of_others(program))
            for stage in _needed(program, amounts)
        ]
        known = {each.meta.output_name(): each for stage in stages for each in stage}
        found = run_stages(wide.lazy(), filter(None, stages)).select(known.keys()).collect(engine="streaming")
        return cls(plan, program, wide.hstack(found), known, amounts)

    @property
    def unvaried(self) -> _Varied:
        """The plan as it stands."""
        return _Varied(self.varied(self.program), 0, OneAtOnce(pl.col(PLAN)))

    def varied(self, program: Program) -> Program:
        """A program of the plan with other numbers, without the stages whose columns are as they stand."""
        stages, other = [], set(_of_others(program)) | {PLAN}
        for stage in _needed(program, self.amounts):
            own = tuple(each for each in stage if not self._holds(each, other))
            other |= {each.meta.output_name() for each in own}
            stages.append(own)
        return replace(program, stages=tuple(filter(None, stages)), scratch=())

    def _holds(self, column: pl.Expr, other: set[str]) -> bool:
        known = self.known.get(column.meta.output_name())
        return known is not None and other.isdisjoint(column.meta.root_names()) and known.meta.eq(column)


def _of_others(program: Program) -> frozenset[str]:
    """The columns that pools and adjustments give, and those that rest on them."""
    found = set(program.late_columns) | set(INPUTS) & set(program.inputs)
    for stage in program.stages:
        found |= {each.meta.output_name() for each in stage if not found.isdisjoint(each.meta.root_names())}
    return frozenset(found)


def _needed(program: Program, amounts: Sequence[str]) -> list[tuple[pl.Expr, ...]]:
    """The stages that the amounts rest on; all of them where a pool asks for more."""
    if program.pooled is not None:
        return list(program.stages)
    read = [each.expr for each in (program.computed, *map(program.numbers.get, amounts)) if each is not None]
    wanted = {name for each in (program.paid, *read) for name in each.meta.root_names()}
    stages: list[tuple[pl.Expr, ...]] = []
    for stage in reversed(program.stages):
        own = tuple(each for each in stage if each.meta.output_name() in wanted)
        wanted |= {name for each in own for name in each.meta.root_names()}
        stages.append(own)
    return stages[::-1]


def _payouts(program: Program, frame: pl.LazyFrame, amounts: Sequence[str]) -> pl.LazyFrame:
    names = [plan.name for plan in program.plans]
    alike = pl.lit(names[0]) if len(set(names)) == 1 else pl.lit(pl.Series(names)).gather(pl.col(PLAN))
    return frame.filter(program.paid).select(
        "payee",
        alike.alias("plan"),
        pl.col(SEGMENT).cast(pl.Int64),
        *(decimal_column(program.numbers.get(name), name) for name in amounts),
    )
