"""Payouts of the rules of now on inputs of two periods: of one shape of plans, some groups of inputs as they were."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import accumulate, compress
from typing import Final

import polars as pl

from incentive_engine.compiler.inputs import PLAN
from incentive_engine.compiler.program import PAYOUT
from incentive_engine.engine.earlier import Earlier
from incentive_engine.engine.input_groups import Group, InputGroups, columns_then, with_targets_of
from incentive_engine.engine.retracing import Retraced
from incentive_engine.exact import CannotProve
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ResolvedPlan

THEN: Final = "\0then"  # no header ends so
SHAPE: Final = "\0shape"
ROW: Final = "\0row"
MONEY: Final = pl.Decimal(38, 12)


class Swapping:
    """The plans of one shape, with the trace of the payees whom they pay."""

    def __init__(self, rules: Rules, plans: Sequence[ResolvedPlan], trace: pl.DataFrame, earlier: Earlier) -> None:
        self._rules, self._trace, self._earlier = rules, trace, earlier
        present = set(trace["plan"])
        self._shape = [plan for plan in plans if plan.name in present]

    @property
    def pooled(self) -> bool:
        """Whether what is paid rests on all others who share a pool."""
        return self._shape[0].pool is not None

    @cached_property
    def _groups(self) -> Mapping[str, Group]:
        """What the plans read, each with what it is about."""
        program = Retraced(self._rules, self._shape, self._trace).program(self._shape)
        groups = InputGroups(self._rules, self._shape)
        return {name: groups.of(name) for name in program.inputs if name not in (PLAN, "payee")}

    def paired(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Each row of the trace beside one of then: every input as it is, and under its name with `THEN` as it was.

        `pairs`: the place of both. What the plan of then did not read is as it is now.
        """
        parts = pairs.partition_by(f"{SHAPE}{THEN}", maintain_order=True)
        both = pl.concat([self._beside(part) for part in parts], how="vertical_relaxed")
        types = both.schema
        return both.with_columns(
            pl.col(each).cast(_wider(types[name], types[f"{name}{THEN}"]))
            for name in self._groups
            for each in (name, f"{name}{THEN}")
            if isinstance(types[name], pl.Decimal)
        )

    def _beside(self, pairs: pl.DataFrame) -> pl.DataFrame:
        here = self._trace.select(*self._groups)[pairs[ROW]]
        trace = self._earlier.traces[pairs[f"{SHAPE}{THEN}"][0]].collect()
        types, types_then = here.schema, trace.schema
        called = columns_then(self._groups, self._shape[0].period, self._earlier.period)
        read = {name: then for name, then in called.items() if _alike(types[name], types_then.get(then))}
        there = trace.select(pl.col(then).alias(f"{name}{THEN}") for name, then in read.items())[pairs[f"{ROW}{THEN}"]]
        as_now = here.select(pl.col(name).alias(f"{name}{THEN}") for name in self._groups if name not in read)
        return pl.concat([pairs.select("payee", "plan", f"plan{THEN}"), here, there, as_now], how="horizontal")

    def payouts(
        self, paired: pl.DataFrame, variants: Sequence[Collection[Group]], period_then: bool = False
    ) -> list[pl.Series]:
        """What each row is paid with the inputs of some groups as they are and all others as they were, per variant.

        `period_then`: whether the rules are applied to the period of then. Missing where nothing can be worked out.
        """
        plans_then = self._with_targets_then(paired)
        plans = [*self._shape, *plans_then.values()]
        if period_then:
            plans = [self._in_period_then(plan) for plan in plans]
        frames = [self._variant(paired, now, plans_then) for now in variants]
        others = [not place or not frame.equals(frames[place - 1]) for place, frame in enumerate(frames)]
        try:
            retraced = Retraced(self._rules, plans, pl.concat(list(compress(frames, others))))
            program = retraced.program(plans)
        except CannotProve:
            return [pl.Series([None] * paired.height, dtype=MONEY) for _ in variants]
        assert program.payout is not None, "plans that pay nothing have no bridge"
        frame = program.evaluate(retraced.wide.lazy().select(program.inputs))
        paid = frame.select(program.payout.decimal().cast(MONEY).alias(PAYOUT)).collect(engine="streaming")[PAYOUT]
        return [paid.slice((place - 1) * paired.height, paired.height) for place in accumulate(others)]

    def _variant(
        self, paired: pl.DataFrame, now: Collection[Group], plans_then: Mapping[tuple[str, str], ResolvedPlan]
    ) -> pl.DataFrame:
        plan = pl.col("plan")
        if "targets" not in now:
            for (own, then), variant in plans_then.items():
                moved = (pl.col("plan") == own) & (pl.col(f"plan{THEN}") == then)
                plan = pl.when(moved).then(pl.lit(variant.name)).otherwise(plan)
        inputs = (pl.col(name if group in now else f"{name}{THEN}").alias(name) for name, group in self._groups.items())
        return paired.select("payee", plan.alias("plan"), *inputs)

    def _with_targets_then(self, paired: pl.DataFrame) -> dict[tuple[str, str], ResolvedPlan]:
        """The plans with the targets that the rules of then gave them, where those were others."""
        own = {plan.name: plan for plan in self._shape}
        found = {}
        for name, then in paired.select("plan", f"plan{THEN}").unique(maintain_order=True).iter_rows():
            plan = own[name]
            if written(name) == written(then):
                variant = with_targets_of(plan, self._earlier.plans[then])
                if variant != plan:
                    found[name, then] = replace(variant, name=f"{name}{THEN}{then}")
        return found

    def _in_period_then(self, plan: ResolvedPlan) -> ResolvedPlan:
        then = next(iter(self._earlier.plans.values()))
        return replace(plan, period=then.period, calendar=then.calendar)


def written(plan: str) -> str:
    """The name of a plan in the rule set; its terms may change within a period: `adviser@2026-08-15`."""
    return plan.split("@")[0]


def _alike(now: pl.DataType, then: pl.DataType | None) -> bool:
    return now == then or (isinstance(now, pl.Decimal) and isinstance(then, pl.Decimal))


def _wider(now: pl.DataType, then: pl.DataType) -> pl.DataType:
    """The type that holds a number as it is and as it was."""
    return pl.Decimal(38, max(each.scale for each in (now, then) if isinstance(each, pl.Decimal)))
