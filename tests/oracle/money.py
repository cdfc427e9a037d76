"""From scores to money: payout formulas, and what each measure brought of a payout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from tests.oracle.cards import Card
from tests.oracle.formulas import Formula
from tests.oracle.nodes import Node, part
from tests.oracle.numbers import MINOR_DIGITS, ONE, ZERO, by_rule, kept_places, rounded, shared_out


@dataclass
class Outcome:
    """What a plan gives a payee for some days: tests that were made; codes that hold; else a score, perhaps money."""

    card: Card
    tests: dict[str, bool | None]
    codes: set[str] = field(default_factory=set)
    root: Node | None = None
    target_pay: Fraction | None = None
    proration: Fraction | None = None
    payout: Fraction | None = None
    customer_pay: Fraction | None = None
    internal_pay: Fraction | None = None
    other_pay: Fraction | None = None
    computed: Fraction | None = None  # the payout before anybody decided otherwise
    guarantee: Fraction | None = None
    adjustment: Fraction | None = None
    keys: dict[str, Fraction | None] = field(default_factory=dict)  # of a pool's parts
    paid_out: Fraction | None = None  # in the payee's currency
    rate_effect: Fraction | None = None
    with_others: bool = False  # other days of the same payee cannot be paid, so that these are not either

    @property
    def candidate(self) -> bool:
        """Nothing says that the plan is not for the payee; a test that cannot be made does not say so."""
        return False not in self.tests.values()

    @property
    def paid(self) -> bool:
        return self.candidate and not self.codes and not self.with_others


def score(card: Card, outcome: Outcome) -> None:
    """Fills in what pay starts from: the scorecard, the proration, the target pay."""
    outcome.root = card.scored()
    outcome.proration = card.proration()
    outcome.target_pay = card.target_pay()
    outcome.codes |= card.codes


def minor_places(card: Card) -> int:
    return MINOR_DIGITS[card.rules["currency"]]


def pay(card: Card, outcome: Outcome, given: Mapping[str, Fraction] | None = None) -> None:
    """The payout of a plan that is not shared out of a pool; `given` has the factor that a pool solved."""
    if "payout" in card.plan and exact_payout(card, outcome, given or {}) is None:
        outcome.codes.add("missing-payout")
    if outcome.codes or outcome.root is None or outcome.proration is None:
        return
    if "payout" not in card.plan and outcome.target_pay is None:
        return
    outcome.payout = rounded_payout(card, outcome, given or {})
    places = kept_places(card.plan.get("payout_rounding"), minor_places(card))
    if "payout" in card.plan:
        by_nodes(card, outcome, given or {}, places)
    else:
        divide(outcome.root, outcome.payout, places)
    tell(card, outcome)


def rounded_payout(card: Card, outcome: Outcome, given: Mapping[str, Fraction]) -> Fraction:
    exact = exact_payout(card, outcome, given)
    assert exact is not None
    return by_rule(exact, card.plan.get("payout_rounding"), minor_places(card))


def exact_payout(
    card: Card, outcome: Outcome, given: Mapping[str, Fraction], instead: Mapping[str, Fraction] | None = None
) -> Fraction | None:
    """The payout before rounding; with some scores in place of what they are."""
    if outcome.proration is None or outcome.root is None:
        return None
    if "payout" in card.plan:
        value: Fraction | None = card.plan["payout"].value(scope_of(card, outcome, {**given, **(instead or {})}))
    elif outcome.target_pay is None or outcome.root.score is None:
        value = None
    else:
        value = outcome.target_pay * outcome.root.score
    return None if value is None else value * outcome.proration


def scope_of(card: Card, outcome: Outcome, more: Mapping[str, Fraction]) -> dict[str, object]:
    """What formulas about pay can name: columns, scores of nodes, target pay; curves read the payee's results."""
    assert outcome.root is not None
    nodes = {node.path or "score": None if node.left_out else node.score for node in outcome.root.nodes()}
    names = {**card.scope, **nodes, "target_pay": outcome.target_pay, "proration": outcome.proration, **more}
    curves = {name: curve for name, curve in card.with_results("payee").items() if name.endswith("()")}
    return {**curves, **names}


def nodes_named(outcome: Outcome, formula: Formula) -> list[Node]:
    """The nodes whose scores a formula names, in the order of the tree."""
    assert outcome.root is not None
    return [node for node in outcome.root.nodes() if (node.path or "score") in formula.names]


def by_nodes(card: Card, outcome: Outcome, given: Mapping[str, Fraction], places: int) -> None:
    """A node brought what the payout is more than it would be with a score of 0 there; the rest nobody earned.

    What is compared has six places more than the payout; where a formula gives nothing with a score of 0, as it does
    when it divides by it, 0 is compared.
    """
    assert outcome.root is not None
    assert outcome.payout is not None
    nodes = nodes_named(outcome, card.plan["payout"])
    zeros = {node.path or "score": ZERO for node in nodes}

    def compared(instead: Mapping[str, Fraction]) -> Fraction:
        return rounded(exact_payout(card, outcome, given, instead) or ZERO, min(places + 6, 12))

    parts = [compared({}) - compared({name: ZERO}) for name in zeros]
    unearned = compared(zeros)
    for measure in outcome.root.measures():
        measure.pay = ZERO
    shares = shared_out(outcome.payout, [*parts, unearned], places)
    for node, money in zip(nodes, shares[:-1], strict=True):
        divide(node, money, places)


def divide(node: Node, money: Fraction, places: int) -> None:
    """Money down the tree; what floors and points added is nobody's, and stays behind."""
    if node.earned is not None and node.exact is not None:
        money = shared_out(money, [node.earned, node.exact - node.earned], places)[0]
    if not node.items:
        node.pay = money
    for item, share in zip(node.items, shared_out(money, proportions(node), places), strict=True):
        divide(item, share, places)


def proportions(node: Node) -> list[Fraction]:
    """In which proportion the items brought their group's score: all to the first that decides."""
    combine = node.rule.get("combine", "weighted_sum")
    if combine not in ("min", "max"):
        return [part(item) for item in node.items]
    scores = [item.score for item in node.items if not item.left_out and item.score is not None]
    if not scores:
        return [ZERO for _ in node.items]
    decides = min(scores) if combine == "min" else max(scores)
    first = next(item for item in node.items if not item.left_out and item.score == decides)
    return [ONE if item is first else ZERO for item in node.items]


def tell(card: Card, outcome: Outcome) -> None:
    """What customers, internal results and neither of them brought."""
    assert outcome.root is not None
    assert outcome.payout is not None
    brought = {"customer": ZERO, "internal": ZERO}
    for measure in outcome.root.measures():
        assert measure.pay is not None
        brought[card.rules["kpis"][measure.kpi]["perspective"]] += measure.pay
    outcome.customer_pay, outcome.internal_pay = brought["customer"], brought["internal"]
    outcome.other_pay = outcome.payout - sum(brought.values())
    if "exchange" in card.rules:
        outcome.paid_out, outcome.rate_effect = card.results.exchange.paid(card.payee, outcome.payout)
