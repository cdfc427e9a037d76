"""Luck: how much of what differs in pay is chance, and who would be paid otherwise if everybody had been asked.

The rules run again, by the same engine, on results that could be the true ones; what is paid is held against that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import polars as pl

from incentive_engine.audit.shares import differ
from incentive_engine.audit.truths import Truths
from incentive_engine.compiler.inputs import PLAN, SEGMENT
from incentive_engine.compiler.program import Program
from incentive_engine.engine.decimals import ending
from incentive_engine.engine.running import Calculation, Timings, calculate, calculate_from
from incentive_engine.exact import Exact
from incentive_engine.facts import Accepted
from incentive_engine.kinds.curves import Stepped
from incentive_engine.periods import Period
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import MeasureNode

DRAWS: Final = 100
Tiers = Literal["steps", "quarters"]
_MONEY, _RATE, _STEP = "payout", "rate", "step "
_ROW = ["payee", SEGMENT]


@dataclass(frozen=True, slots=True)
class Luck:
    """What chance does to the pay of one plan.

    `noise_share`: the share of the variance of pay (per unit of target pay) that is chance. `typical_gap`: by how much
    a payout typically differs from the one that is deserved, in money; None where a plan is scored only. `wrong_tier`:
    the mean probability that the tier paid is not the one deserved; a tier is a step of the plan's stepped curves, or
    else a quarter of what its payees get. All three are None where nothing says of any result how sure it is: nobody
    knows then whether there is no luck or nothing else. `people`: one row per payee: payee, payout, low, high (of what
    is deserved, with 95 % probability), wrong_tier.
    """

    plan: str
    payees: int
    draws: int
    noise_share: float | None
    typical_gap: float | None
    wrong_tier: float | None
    tiers: Tiers
    certain: tuple[str, ...]
    """KPIs of which nothing says how sure they are: taken as they are."""
    people: pl.DataFrame


def luck(rules: Rules, accepted: Accepted, period: Period, draws: int = DRAWS, seed: int = 1) -> tuple[Luck, ...]:
    """The luck in every plan that pays in the period, or is scored; in written order.

    The share of chance is the variance between payees of what they got less what they deserved, over the variance of
    what they got, on average over the draws. On a straight curve it is one less the reliability of the results; the
    probability of a wrong tier is that of Adams, Mehrotra, Thomas, McGlynn (New England Journal of Medicine, 2010).
    The same seed draws the same truths.
    """
    calculation = calculate(rules, accepted, period, Timings(), keep=False)
    truths, generator = Truths(calculation), np.random.default_rng(seed)
    paid = dict(_paid(calculation))
    deserved: dict[str, list[pl.DataFrame]] = {plan: [] for plan in paid}
    for _ in range(draws):
        again = calculate_from(
            rules, calculation.accepted, calculation.people, truths.drawn(generator), period, Timings(), keep=False
        )
        of_draw = dict(_paid(again))
        for plan, observed in paid.items():
            rows = of_draw.get(plan, observed.clear())
            deserved[plan].append(observed.select(_ROW).join(rows, on=_ROW, how="left", maintain_order="left"))
    programs = {plan.name: each.program for each in calculation.evaluations for plan in each.program.plans}
    return tuple(
        _luck(plan, programs[plan], truths, paid[plan], deserved[plan]) for plan in rules.ruleset.plans if plan in paid
    )


def _paid(calculation: Calculation) -> Iterator[tuple[str, pl.DataFrame]]:
    """By plan, one row per payee and segment that is paid: payout, rate (per unit of target pay), a column per step."""
    for evaluation in calculation.evaluations:
        program = evaluation.program
        frame = evaluation.frame.filter(program.paid).select(*_ROW, PLAN, *_columns(program)).collect()
        for number, plan in enumerate(program.plans):
            rows = frame.filter(pl.col(PLAN) == number).drop(PLAN)
            if rows.height:
                yield plan.name, rows


def _columns(program: Program) -> Iterator[pl.Expr]:
    money = _float(program.root.score if program.payout is None else program.payout)
    units = [_float(each) for each in (program.target_pay, program.proration) if program.payout is not None and each]
    unit = pl.lit(1.0)
    for each in units:
        unit = unit * each
    yield money.alias(_MONEY)
    yield pl.when(unit > 0).then(money / unit).alias(_RATE)
    for scored in program.measures():
        if _stepped(scored.node) and scored.taken is not None:
            yield _float(scored.taken.rate).alias(f"{_STEP}{scored.node.path}")


def _float(value: Exact) -> pl.Expr:
    return ending(value).decimal().cast(pl.Float64)


def _stepped(node: object) -> bool:
    return isinstance(node, MeasureNode) and any(isinstance(way.curve, Stepped) for way in node.paths)


def _luck(plan: str, program: Program, truths: Truths, paid: pl.DataFrame, deserved: Sequence[pl.DataFrame]) -> Luck:
    got, money = _matrices(paid, deserved, _MONEY)
    rate, rates = _matrices(paid, deserved, _RATE)
    unsure = not all(map(truths.certain, program.results))
    differs = unsure and differ(paid[_RATE].drop_nulls())
    steps = [name for name in paid.columns if unsure and name.startswith(_STEP)]
    wrong = None
    if steps:
        wrong = _other_steps(paid, deserved, steps)
    elif differs:
        wrong = _other_quarter(rate, rates)
    low, high = np.quantile(money, (0.025, 0.975), axis=0)
    people = paid.select("payee", _MONEY).with_columns(
        low=pl.Series(low),
        high=pl.Series(high),
        wrong_tier=pl.lit(None, pl.Float64) if wrong is None else pl.Series(wrong),
    )
    noise = np.nanvar(rate - rates, axis=1, ddof=1).mean() / np.nanvar(rate, ddof=1) if differs else None
    return Luck(
        plan=plan,
        payees=paid.height,
        draws=len(deserved),
        noise_share=None if noise is None else min(1.0, float(noise)),
        typical_gap=float(np.abs(got - money).mean()) if unsure and program.payout is not None else None,
        wrong_tier=None if wrong is None else float(wrong.mean()),
        tiers="steps" if steps else "quarters",
        certain=tuple(sorted({key.kpi for key in program.results if truths.certain(key)})),
        people=people,
    )


def _matrices(paid: pl.DataFrame, deserved: Sequence[pl.DataFrame], column: str) -> tuple[Any, Any]:
    """What was paid, and one row per draw of what is deserved: the same where that could not be worked out."""
    got = paid[column].to_numpy()
    drawn = np.vstack([frame[column].to_numpy() for frame in deserved])
    return got, np.where(np.isnan(drawn), got, drawn)


def _other_steps(paid: pl.DataFrame, deserved: Sequence[pl.DataFrame], steps: list[str]) -> Any:
    """How often each payee is on another step of any stepped curve than what is deserved."""
    other = []
    for step in steps:
        got, drawn = _matrices(paid, deserved, step)
        other.append((drawn != got) & ~np.isnan(drawn))
    return np.any(other, axis=0).mean(axis=0)


def _other_quarter(rate: Any, rates: Any) -> Any:
    """How often each payee deserves what is in another quarter of what all get."""
    limits = np.nanquantile(rate, (0.25, 0.5, 0.75))
    return (np.searchsorted(limits, rate) != np.searchsorted(limits, rates)).mean(axis=0)
