"""A program: what one shape of plans computes, as ordered stages of named expressions over one wide frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from incentive_engine.compiler.adjusting import PAYOUT
from incentive_engine.compiler.context import Context, Hold
from incentive_engine.compiler.exchange import paid_out
from incentive_engine.compiler.inputs import PLAN, ParameterKey, Ranges, ResultKey, StandingKey
from incentive_engine.compiler.nodes import Scored, compile_node
from incentive_engine.compiler.pay import (
    CUSTOMER_PAY,
    INTERNAL_PAY,
    OTHER_PAY,
    TARGET_PAY,
    pay,
)
from incentive_engine.compiler.pools import Pooled
from incentive_engine.compiler.presence import DAYS, PRORATION, SHARE_OF_WORK
from incentive_engine.compiler.stages import run_stages
from incentive_engine.exact import Exact, Which
from incentive_engine.kinds.base import Variants
from incentive_engine.rulesets.adjustments import COMPUTED
from incentive_engine.rulesets.resolving import ResolvedPlan

__all__ = [
    "CUSTOMER_PAY",
    "DAYS",
    "INTERNAL_PAY",
    "OTHER_PAY",
    "PAYOUT",
    "PRORATION",
    "SHARE_OF_WORK",
    "TARGET_PAY",
    "Program",
    "compile_plans",
]


@dataclass(frozen=True, slots=True)
class Program:
    """What plans of one shape compute; `evaluate` runs it."""

    plans: tuple[ResolvedPlan, ...]
    stages: tuple[tuple[pl.Expr, ...], ...]
    scratch: tuple[str, ...]
    """Columns that only later stages read: not part of the trace."""
    inputs: tuple[str, ...]
    """The columns of the wide frame, besides `payee` and the number of the plan."""
    numbers: Mapping[str, Exact]
    """Every column that holds a number, with what its counts mean."""
    results: tuple[ResultKey, ...]
    standings: tuple[StandingKey, ...]
    parameters: tuple[ParameterKey, ...]
    workforce: tuple[str, ...]
    holds: tuple[Hold, ...]
    root: Scored
    target_pay: Exact | None
    proration: Exact | None
    payout: Exact | None
    computed: Exact | None
    """What the rules compute of the payout: all of it where nothing can be decided besides."""
    pooled: Pooled | None
    """What the plans' pool needs and gives, where they have one."""
    late_columns: frozenset[str]
    """The pool's columns and those that rest on them."""

    @property
    def paid(self) -> pl.Expr:
        """Boolean, never missing: whether the payee's pay (or score, where nothing is paid) could be worked out."""
        if self.payout is not None:
            return ~self.payout.missing
        scored = ~self.root.score.missing
        return scored if self.proration is None else scored & ~self.proration.missing

    def measures(self) -> tuple[Scored, ...]:
        """The compiled measures, in written order."""
        return tuple(_measures(self.root))

    def evaluate(self, wide: pl.LazyFrame) -> pl.LazyFrame:
        """The wide frame (one row per payee × plan) with every stage column added, as integer counts."""
        return run_stages(wide, self.stages).drop(self.scratch)

    def early(self, wide: pl.LazyFrame) -> pl.LazyFrame:
        """The wide frame without its pool's columns, with every stage column added that rests on none of them."""
        return run_stages(wide, self._stages(late=False))

    def late(self, early: pl.LazyFrame) -> pl.LazyFrame:
        """What `early` gave, with the pool's columns, and every other stage column added."""
        return run_stages(early, self._stages(late=True))

    def _stages(self, *, late: bool) -> Iterator[tuple[pl.Expr, ...]]:
        for stage in self.stages:
            columns = tuple(each for each in stage if (each.meta.output_name() in self.late_columns) == late)
            if columns:
                yield columns


def _measures(scored: Scored) -> list[Scored]:
    if not scored.items:
        return [scored]
    return [measure for item in scored.items for measure in _measures(item)]


def compile_plans(
    plans: tuple[ResolvedPlan, ...], ranges: Ranges, kpis: frozenset[str], which: Which | None = None
) -> Program:
    """The program for plans of one shape. Raises CannotProve where a number could leave the range that is exact.

    `which` of them a row follows: as its column `PLAN` says, unless all rows follow one at once.
    """
    which = pl.col(PLAN) if which is None else which
    context = Context(plans[0], ranges, kpis, plan=which)
    context.stages.input(PLAN)
    context.text("payee")
    variants = Variants(plans, which)
    root = compile_node(context, variants.map(lambda plan: plan.root))
    paid = pay(context, variants, root)
    if paid.payout is not None:
        paid_out(context, paid.payout)
    return Program(
        plans=plans,
        stages=context.stages.done(),
        scratch=context.stages.scratched,
        inputs=context.stages.inputs,
        numbers=context.stages.numbers,
        results=tuple(sorted(context.results)),
        standings=tuple(sorted(context.standings)),
        parameters=tuple(sorted(context.parameters, key=lambda key: key.name)),
        workforce=tuple(sorted(context.workforce)),
        holds=tuple(context.holds),
        root=root,
        target_pay=paid.target_pay,
        proration=paid.proration,
        payout=paid.payout,
        computed=context.stages.numbers.get(COMPUTED, paid.payout),
        pooled=paid.pooled,
        late_columns=context.stages.late,
    )
