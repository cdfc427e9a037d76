"""Noise: pay that hangs on a few answers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from incentive_engine.formulas import Formula
from incentive_engine.kinds.curves import CurveKind
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.kinds.kpis import Count
from incentive_engine.rulesets.checks.plans.curves import jumps
from incentive_engine.rulesets.checks.plans.rule import Found, Linted, plan_rule
from incentive_engine.rulesets.checks.plans.weights import share_of_plan
from incentive_engine.rulesets.models import AnyMeasure, Kpi

_FEW: Final = 10
"""With fewer facts behind it, a result says little about one person."""
_MUCH: Final = Fraction(1, 4)
"""The part of the target pay that a step or a gate may not move by luck."""


@plan_rule(
    "P08-luck-decides",
    bad="""
        kpis:
          satisfied:
            title: {en: Satisfied customers, fr: Clients satisfaits}
            perspective: customer
            compute: {kind: share, from: surveys, where: answer >= 4}
            better: higher
        curves:
          on_ratio: {kind: stepped, tiers: [{from: 90%, rate: 60%}, {from: 100%, rate: 100%}], below: zero}
        """,
    good="""
        kpis:
          satisfied:
            title: {en: Satisfied customers, fr: Clients satisfaits}
            perspective: customer
            compute: {kind: share, from: surveys, where: answer >= 4}
            better: higher
            reliability: {at_least: 30, otherwise: team}
        curves:
          on_ratio: {kind: stepped, tiers: [{from: 90%, rate: 60%}, {from: 100%, rate: 100%}], below: zero}
        """,
)
def luck_does_not_decide(linted: Linted) -> Iterator[Found]:
    """No step or gate moves much of somebody's pay on what may be a handful of answers.

    Of ten customers of whom eight are satisfied on average, one more or less is satisfied by luck alone; a step or a
    gate makes pay of it. Looked at: shares, means and the like of a payee's own facts, where a tier or a gate moves a
    quarter of the target pay. Measures that ask for 10 facts or more, or weigh the own result with the team's, keep
    the rule. Gates read the own result however few facts there are, so theirs must ask for them:
    `answers >= 30 AND …`.
    """
    for placed, way, name in linted.ways:
        kpi, curve = linted.rules.kpis[name], linted.rules.curves[way.way.curve]
        own = isinstance(placed.node, AnyMeasure) and placed.node.of == "payee"
        step = _greatest_step(curve) * (share_of_plan(linted, placed) or 0)
        if own and _by_luck(kpi) and not _enough(kpi) and step >= _MUCH:
            message = f"`{placed.path}` is paid by the tiers of `{way.way.curve}`, and `{name}` may rest on few facts"
            hint = f"ask for {_FEW} or more (`reliability: {{at_least: 30, otherwise: team}}`), or pay along a line"
            yield Found((*way.at, "curve"), message, hint)
    for placed in linted.nodes:
        share = share_of_plan(linted, placed)
        for index, gate in enumerate(placed.node.gates):
            taken = 1 - Fraction(gate.number)  # of a score of 100 %
            decides = _decides(linted, gate.when)
            if share and decides and gate.of == "payee" and share * taken >= _MUCH:
                message = f"the gate of `{placed.path}` shuts on the own `{decides}`, which may rest on few facts"
                hint = "let it read the team's, `of: team`, or ask for enough facts with a KPI that counts them"
                yield Found((*placed.at, "gates", index, "when"), message, hint)


def _greatest_step(curve: CurveKind) -> Fraction:
    """The greatest jump from one tier to the next; none of a curve that is made of lines."""
    return Fraction(0 if curve.smooth else max((abs(after - before) for _, before, after in jumps(curve)), default=0))


def _by_luck(kpi: Kpi) -> bool:
    """Whether a result is a sample's: another few customers would have made another one."""
    compute = kpi.compute
    return isinstance(compute, FromFacts) and compute.interval is not None and not isinstance(compute, Count)


def _enough(kpi: Kpi) -> bool:
    """Whether a result counts only with enough facts behind it, or only as far as they say something."""
    reliability = kpi.reliability
    return reliability is not None and (reliability.at_least >= _FEW or reliability.credibility is not None)


def _decides(linted: Linted, condition: Formula) -> str | None:
    """The KPI by which luck decides a condition; None where it names none, or asks how many facts there are."""
    named = [name for name in linted.kpis_in(condition) if name in linted.rules.kpis]
    if any(isinstance(linted.rules.kpis[name].compute, Count) for name in named):
        return None
    return next((name for name in named if _by_luck(linted.rules.kpis[name])), None)
