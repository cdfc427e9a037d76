"""Examples as they stand in a rule set, with what the engine makes of them in the place of what is expected."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeGuard

from incentive_engine.engine.outcomes import Outcome
from incentive_engine.kinds.base import written
from incentive_engine.rulesets.resolving import ROOT

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_@-]*|\d{4}-\d\d-\d\d|\d{4}-[QH]\d")
_WIDTH: Final = 120
_MOST_PLACES: Final = 12
_WORDS: Final = ("true", "false", "null")


def pasted(outcome: Outcome) -> str:
    """An example to be checked by hand and pasted under `examples`."""
    example = outcome.example
    lines = [
        f"  - title: {json.dumps(example.title, ensure_ascii=False)}",
        f"    plan: {example.plan}",
        f"    period: {_text(example.period)}",
    ]
    for name in ("payee", "results", "answers", "parameters"):
        values = getattr(example, name)
        lines += [f"    {name}: {_mapping(values)}"] if values else []
    leave = [f"{{type: {_text(each.type)}, from: {each.since}, to: {each.until}}}" for each in example.leave]
    lines += [f"    leave: [{', '.join(leave)}]"] if leave else []
    parts = expected(outcome)
    flow = f"    expect: {{{', '.join(parts)}}}"
    lines += [flow] if len(flow) <= _WIDTH else ["    expect:", *(f"      {each}" for each in parts)]
    return "\n".join(lines)


def _mapping(values: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{name}: {_value(value)}" for name, value in values.items()) + "}"


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal() | int():
            return written(value)
        case _:
            return _text(str(value))


def _text(value: str) -> str:
    return value if _PLAIN.fullmatch(value) and value not in _WORDS else json.dumps(value, ensure_ascii=False)


def expected(outcome: Outcome) -> list[str]:
    """What the engine gives: the test that says no, the hold, or scores and payout; nothing where no number ends."""
    if outcome.failed:
        return [f"fails: {outcome.failed[0]}"]
    if outcome.held:
        return [f"held: {'missing-result' if 'missing-result' in outcome.held else min(outcome.held)}"]
    told = {path: written(score, percent=True) for path, score in outcome.scores().items() if _ends(score)}
    score = told.pop(ROOT, None)
    parts = [f"scores: {{{', '.join(f'{path}: {score}' for path, score in told.items())}}}"] if told else []
    parts += [] if score is None else [f"score: {score}"]
    payout = outcome.program.payout
    pooled = outcome.program.pooled is not None and outcome.plan.payout is None
    amount = None if payout is None or pooled else outcome.value(payout)
    return [*parts, *([f"payout: {written(amount)}"] if _ends(amount) else [])]


def _ends(number: Fraction | None) -> TypeGuard[Fraction]:
    """Whether a number is there and can be written in decimals: a score that is not rounded may not end."""
    return number is not None and 10**_MOST_PLACES % number.denominator == 0
