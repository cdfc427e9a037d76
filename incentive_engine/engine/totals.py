"""Totals of a run: by department, plan and measure, and the control totals that must agree with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import polars as pl

from incentive_engine.columns import DEPARTMENTS
from incentive_engine.compiler.inputs import PLAN
from incentive_engine.compiler.nodes import Scored
from incentive_engine.compiler.program import CUSTOMER_PAY, Program
from incentive_engine.engine.decimals import ending
from incentive_engine.engine.known import held_people, known_people
from incentive_engine.engine.running import Calculation, Evaluation
from incentive_engine.engine.together import ONCE
from incentive_engine.exact import CannotProve, Exact

SHARE_PLACES = 6
_GROUP = ("department", PLAN)


def departments(calculation: Calculation) -> pl.DataFrame:
    """One row per department × plan × measure; a row without a measure is the plan's total.

    `score` is the mean of the scores, at 6 places, of all segments of the `payees` who have one; `target_pay` is that
    of their first segments there. `held` counts payees of the plan whose pay could not be worked out, but for those who
    are paid by decision. People held before they had a plan are in a row without a plan.
    """
    payees, released = calculation.assigned.assignments.height, calculation.decided.released["payee"]
    frames = [frame for evaluation in calculation.evaluations for frame in _of_shape(evaluation, payees, released)]
    frames.append(_without_plan(calculation))
    return (
        pl.concat(frames, how="vertical_relaxed")
        .sort("department", "plan", "order", nulls_last=False)
        .select(*DEPARTMENTS)
    )


def _of_shape(evaluation: Evaluation, payees: int, released: pl.Series) -> Iterator[pl.DataFrame]:
    program = evaluation.program
    frame = evaluation.frame
    if "department" not in frame.collect_schema().names():
        frame = frame.with_columns(pl.lit(None, pl.String).alias("department"))
    sums, once = _Sums(payees), pl.col(ONCE) if ONCE in frame.collect_schema().names() else pl.lit(True)
    total = {
        "score": sums.of("plan.score", _rounded(program.root.score), program.paid),
        "segments": sums.of("segments", Exact.of(1), program.paid),
        "payees": sums.of("payees", Exact.of(1), program.paid & once),
        "target_pay": sums.of("target_pay", program.target_pay, program.paid & once),
        "payout": sums.of("payout", program.payout, program.paid),
        "customer": sums.of(CUSTOMER_PAY, program.numbers.get(CUSTOMER_PAY), program.paid),
    }
    measures = {
        scored.node.path: {
            "score": sums.of(f"{scored.node.path}.score", _rounded(scored.score), program.paid),
            "payout": sums.of(f"{scored.node.path}.pay", _pay(program, scored), program.paid),
            "segments": sums.of(f"segments of {scored.node.path}", _present(scored.score), program.paid),
            "payees": sums.of(f"payees of {scored.node.path}", _present(scored.score), program.paid & once),
        }
        for scored in program.measures()
    }
    held = (~program.paid & once & ~pl.col("payee").is_in(released.implode())).sum().alias("held")
    grouped = frame.group_by(_GROUP).agg(held, *sums.columns).collect(engine="streaming")
    names = pl.Series([plan.name for plan in program.plans], dtype=pl.String)
    shown = grouped.with_columns(pl.lit(names).gather(pl.col(PLAN)).alias("plan"))
    yield shown.select(_row(None, 0, total))
    for order, (path, values) in enumerate(measures.items(), start=1):
        yield shown.select(_row(path, order, values))


def _rounded(value: Exact) -> Exact | None:
    """The value at the places of a mean; None for an unrounded one that has no room for them."""
    with suppress(CannotProve):
        return value.rounded(SHARE_PLACES)
    return None


def _present(score: Exact) -> Exact:
    """1 where there is a score: a measure that was left out is nobody's zero."""
    return Exact.of(1).masked(~score.missing)


def _pay(program: Program, scored: Scored) -> Exact | None:
    return program.numbers.get(f"{scored.node.path}.pay")


class _Sums:
    """Sums to add up per group, each as a column."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self.columns: list[pl.Expr] = []

    def of(self, name: str, value: Exact | None, rows: pl.Expr) -> Exact | None:
        """The sum of a value over the rows, as a value of the grouped frame; None where there is no room for one."""
        if value is None or value.per is not None:
            return None
        with suppress(CannotProve):
            columns, stored = value.masked(rows).total(None, self._rows).named(f"sum of {name}")
            self.columns += columns
            return stored
        return None


def _row(measure: str | None, order: int, values: dict[str, Exact | None]) -> list[pl.Expr]:
    payees, segments = ((values[name] or Exact.of(0)).or_else(0) for name in ("payees", "segments"))
    score, payout, customer = values["score"], values.get("payout"), values.get("customer")
    mean = None if score is None else _rounded(score.over(segments.maximum(1)))
    share = None
    if payout is not None and customer is not None:
        share = _rounded(customer.over(payout.maximum(payout.unit)))
        share = None if share is None else share.masked(payout.above(0))
    return [
        pl.col("department"),
        pl.col("plan"),
        pl.lit(measure, pl.String).alias("measure"),
        payees.decimal(0).cast(pl.Int64).alias("payees"),
        _decimal(mean, "score"),
        _decimal(values.get("target_pay"), "target_pay"),
        _decimal(payout, "payout"),
        _decimal(share, "customer_share"),
        pl.col("held").cast(pl.Int64),
        pl.lit(order).alias("order"),
    ]


def _decimal(value: Exact | None, name: str) -> pl.Expr:
    return (pl.lit(None, pl.Decimal(38, 0)) if value is None else ending(value).decimal()).alias(name)


def _without_plan(calculation: Calculation) -> pl.DataFrame:
    people = known_people(calculation.accepted)
    held = pl.concat([calculation.assigned.held.select("payee"), held_people(calculation.accepted)]).unique()
    department = pl.col("department") if "department" in people.columns else pl.lit(None, pl.String).alias("department")
    none = pl.lit(None, pl.Decimal(38, 0))
    return (
        people.select("payee", department)
        .join(held, on="payee")
        .join(calculation.decided.released, on="payee", how="anti")
        .group_by("department")
        .agg(pl.len().cast(pl.Int64).alias("held"))
        .select(
            "department",
            pl.lit(None, pl.String).alias("plan"),
            pl.lit(None, pl.String).alias("measure"),
            pl.lit(0, pl.Int64).alias("payees"),
            *(none.alias(name) for name in ("score", "target_pay", "payout", "customer_share")),
            "held",
            pl.lit(0).alias("order"),
        )
    )
