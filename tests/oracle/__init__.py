"""An independent calculator: one payee at a time, in plain fractions, sharing no code with the engine.

It reads a rule set as plain data (the YAML's own shape, numbers as `Fraction`, formulas as small objects that know
their text) and tables as lists of dicts. It is slow, and says each rule once, in the order in which a person would work
it out; where the engine and the oracle differ, one of the two misreads the rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tests.oracle.adjustments import Decided, Decisions, adjust
from tests.oracle.cards import Card
from tests.oracle.formulas import Both, Call, Constant, Curved, Formula, In, Named, Not, Sign
from tests.oracle.money import Outcome, divide, pay, score
from tests.oracle.nodes import Node, Taken, part
from tests.oracle.numbers import (
    MINOR_DIGITS,
    ZERO,
    Case,
    by_rule,
    parts_of,
    previous,
    rounded,
    shared_out,
    span,
    year_before,
)
from tests.oracle.people import People, Stretch
from tests.oracle.pools import Settled, settle
from tests.oracle.results import Result, Results
from tests.oracle.versions import Version, versions

__all__ = [
    "MINOR_DIGITS", "Both", "Call", "Card", "Case", "Constant", "Curved", "Decided", "Decisions", "Formula", "In",
    "Key", "Named", "Node", "Not", "Outcome", "People", "Result", "Results", "Settled", "Sign", "Stretch", "Taken",
    "Version", "by_rule", "decided", "divide", "outcomes", "part", "parts_of", "previous", "rounded", "settled",
    "shared_out", "span", "versions", "year_before",
]  # fmt: skip


Key = tuple[str, str, int]
"""A payee, a plan, and the number of the stretch of days that is looked at."""


def outcomes(case: Case) -> dict[Key, Outcome]:
    """What every plan gives every payee for every stretch of days."""
    return settled(case)[0]


def settled(case: Case) -> tuple[dict[Key, Outcome], list[Settled]]:
    """What every plan gives every payee for every stretch of days, and what every pool pays."""
    found, pools, _ = decided(case)
    return found, pools


def decided(case: Case) -> tuple[dict[Key, Outcome], list[Settled], Decisions]:
    """The same, and which decisions about payees were used."""
    results, decisions = Results(case), Decisions(case)
    cards = {
        (payee, version.name, stretch.number): Card(results, stretch, version)
        for payee, stretches in results.people.stretches.items()
        for version in versions(case)
        for stretch in stretches
    }
    found = {key: Outcome(card, card.tests()) for key, card in cards.items()}
    for key, card in cards.items():
        if found[key].candidate:
            rivals = [cards[each] for each in found if found[each].candidate]
            unreadable = key[0] in decisions.holds
            found[key].codes |= {"faulty-adjustment"} if unreadable else set(why_not(card, found[key], rivals))
    hold_together(cards, found)
    scored = [
        key for key, outcome in found.items() if outcome.candidate and not outcome.codes and not outcome.with_others
    ]
    for key in scored:
        score(cards[key], found[key])
    hold_together(cards, found)
    for key in scored:
        if "pool" not in cards[key].plan:
            pay(cards[key], found[key])
    hold_together(cards, found)
    before = {key: set(outcome.codes) for key, outcome in found.items()}
    for _ in range(2):  # who is held because of one pool takes no part in another
        there = [key for key in sorted(scored) if found[key].codes or not found[key].with_others]
        for key in there:
            found[key].codes = set(before[key])
        pools: list[Settled] = []
        for name, pool in case.rules.get("pools", {}).items():
            takers = [key for key in there if cards[key].plan.get("pool") == name]
            pools += settle(name, pool, [(cards[key], found[key]) for key in takers])
        hold_together(cards, found)
    for outcome in found.values():
        close(outcome)
    adjust(decisions, found, results.exchange)
    return found, pools, decisions


def close(outcome: Outcome) -> None:
    """What the rules compute is known; who is held is paid nothing of it."""
    if not outcome.paid:
        outcome.payout = outcome.customer_pay = outcome.internal_pay = outcome.other_pay = None
    outcome.computed = outcome.payout
    if outcome.payout is not None:
        outcome.guarantee = outcome.adjustment = ZERO


def why_not(card: Card, outcome: Outcome, candidates: Sequence[Card]) -> Iterator[str]:
    """Why a payee is held before anything is worked out."""
    of_people = card.results.people.codes[card.payee["payee"]]
    yield from of_people
    if not of_people:
        yield from (f"missing-{test}" for test in ("who", "eligible") if outcome.tests.get(test, True) is None)
    fault = card.results.exchange.fault(card.payee)
    if fault is not None:
        yield fault
    if sum(other.pays == card.pays and other.same_days(card) for other in candidates) > 1:
        yield "two-plans"


def hold_together(cards: Mapping[Key, Card], found: Mapping[Key, Outcome]) -> None:
    """What one thing pays is paid for all stretches of days or for none."""
    doubtful = {(key, key[0], cards[key].pays) for key, outcome in found.items() if outcome.candidate and outcome.codes}
    for key, outcome in found.items():
        outcome.with_others |= any(key != each and [key[0], cards[key].pays] == what for each, *what in doubtful)
