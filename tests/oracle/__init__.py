"""An independent calculator: one payee at a time, in plain fractions, sharing no code with the engine.

It reads a rule set as plain data (the YAML's own shape, numbers as `Fraction`, formulas as small objects that know
their text) and tables as lists of dicts. It is slow, and says each rule once, in the order in which a person would work
it out; where the engine and the oracle differ, one of the two misreads the rules.
"""

from __future__ import annotations

from tests.oracle.cards import Card, Node, Taken, part
from tests.oracle.formulas import Both, Call, Constant, Curved, Formula, In, Named, Not, Sign
from tests.oracle.money import Outcome, divide, pay, score
from tests.oracle.numbers import MINOR_DIGITS, Case, by_rule, parts_of, previous, rounded, shared_out, span, year_before
from tests.oracle.pools import Settled, settle
from tests.oracle.results import Result, Results

__all__ = [
    "MINOR_DIGITS", "Both", "Call", "Card", "Case", "Constant", "Curved", "Formula", "In", "Named", "Node", "Not",
    "Outcome", "Result", "Results", "Settled", "Sign", "Taken", "by_rule", "divide", "outcomes", "part", "parts_of",
    "previous", "rounded", "settled", "shared_out", "span", "year_before",
]  # fmt: skip


def outcomes(case: Case) -> dict[tuple[str, str], Outcome]:
    """What every plan gives every payee, by payee and plan."""
    return settled(case)[0]


def settled(case: Case) -> tuple[dict[tuple[str, str], Outcome], list[Settled]]:
    """What every plan gives every payee, and what every pool pays."""
    results, plans = Results(case), case.rules["plans"]
    cards = {(row["payee"], name): Card(results, row, plans[name], case.period)
             for row in case.tables["workforce"] for name in plans}  # fmt: skip
    found = {key: Outcome(card.tests()) for key, card in cards.items()}
    scored = []
    for (payee, name), outcome in found.items():
        if not outcome.candidate:
            continue
        outcome.codes |= {f"missing-{test}" for test in ("who", "eligible") if outcome.tests.get(test, True) is None}
        same = [other for other in plans if plans[other]["pays"] == plans[name]["pays"]]
        if sum(found[payee, other].candidate for other in same) > 1:
            outcome.codes.add("two-plans")
        if not outcome.codes:
            score(cards[payee, name], outcome)
            scored.append((payee, name))
    for payee, name in scored:
        if "pool" not in plans[name]:
            pay(cards[payee, name], found[payee, name])
    pools: list[Settled] = []
    for name, pool in case.rules.get("pools", {}).items():
        takers = [key for key in sorted(scored) if plans[key[1]].get("pool") == name]
        pools += settle(name, pool, [(cards[key], found[key]) for key in takers])
    return found, pools
