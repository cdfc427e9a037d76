"""Decisions about one payee's pay: what guarantees and adjustments add to what is computed, and who is released."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.oracle.exchange import Exchange
from tests.oracle.money import Outcome, minor_places, tell
from tests.oracle.numbers import ZERO, Case, Row, rounded, span

Key = tuple[str, str, int]
KINDS = ("amount", "percent", "at_least", "release")
NOT_IN_FORCE = ("unsigned-adjustment", "adjustment-without-reason", "adjustment-without-end")
"""What is wrong with rows that hold nobody: they never counted. What contradicts itself does until it is mended."""


@dataclass(frozen=True)
class Decided:
    """A row of the table of adjustments that was used, and what it gave for some days.

    `amount`: what it says in money. `base`: what the rules computed that it was worked out from.
    """

    reference: str
    payee: str
    pays: str
    plan: str | None
    segment: int | None
    kind: str
    percent: Fraction | None
    amount: Fraction | None
    base: Fraction | None
    pay: Fraction
    currency: str


class Decisions:
    """The rows about a period that can be used; `held`: those that cannot, each with the payee and the reason."""

    def __init__(self, case: Case) -> None:
        self.case, self.used = case, list[Decided]()
        rows = case.tables["adjustments"] if "adjustments" in case.rules else []
        wrong = [(row["payee"], why_unusable(case, row)) for row in rows]
        self.held = [(payee, code) for payee, code in wrong if code is not None]
        self.holds = {payee for payee, code in self.held if code not in NOT_IN_FORCE}
        usable = [row for row, (_, code) in zip(rows, wrong, strict=True) if code is None]
        about = [row for row in usable if row["period"] in (None, case.period)]
        end = span(case.period, int(case.rules.get("year_starts", 1)))[1]
        self.rows = [row for row in about if row["expires"] is None or row["expires"] >= end]
        self.held += [(row["payee"], "expired-adjustment") for row in about if row not in self.rows]

    def about(self, payee: str, pays: str, kind: str) -> list[Row]:
        """The rows of a kind about what is paid to a payee, by their references."""
        found = [row for row in self.rows if (row["payee"], row["pays"]) == (payee, pays) and row[kind] is not None]
        return sorted(found, key=lambda row: str(row["reference"]))

    def use(self, row: Row, key: Key | None, pay: Fraction, base: Fraction | None, currency: str = "") -> None:
        (kind,) = (kind for kind in KINDS if row[kind] is not None)
        plan, segment = (None, None) if key is None else key[1:]
        percent = row["percent"] if kind == "percent" else None
        amount = None if kind == "percent" else row[kind]
        currency = currency or self.case.rules["currency"]
        what = (row["reference"], row["payee"], row["pays"], plan, segment, kind)
        self.used.append(Decided(*what, percent, amount, base, pay, currency))


def why_unusable(case: Case, row: Row) -> str | None:
    """Why a row cannot be used in any period."""
    said = [kind for kind in KINDS if row[kind] is not None]
    if all(row["payee"] != person["payee"] for person in case.tables["workforce"]):
        return "unknown-payee"
    if row["pays"] not in {plan["pays"] for plan in case.plans}:
        return "unknown-payment"
    if len(said) != 1:
        return "adjustment-says-two-things" if said else "adjustment-says-nothing"
    if said != ["release"] and row["currency"] not in (None, case.rules["currency"]):
        return "other-currency"
    if row["author"] is None or row["approver"] in (None, row["author"]):
        return "unsigned-adjustment"
    if row["reason"] is None:
        return "adjustment-without-reason"
    return "adjustment-without-end" if row["period"] is None and row["expires"] is None else None


def adjust(decisions: Decisions, found: Mapping[Key, Outcome], exchange: Exchange) -> None:
    """Adds what was decided to what is paid, payee by payee, and releases who is held."""
    for payee, pays in sorted({(row["payee"], row["pays"]) for row in decisions.rows}):
        own = [(key, outcome) for key, outcome in found.items() if (key[0], outcome.card.pays) == (payee, pays)]
        paid = [(key, outcome) for key, outcome in own if outcome.paid and outcome.payout is not None]
        paid.sort(key=lambda each: (each[1].card.days[:1], each[0]))
        releases = decisions.about(payee, pays, "release")
        others = [row for kind in KINDS[:3] for row in decisions.about(payee, pays, kind)]
        if paid:
            guarantee(decisions, decisions.about(payee, pays, "at_least"), paid)
            add(decisions, payee, pays, paid)
            decisions.held += [(payee, "unneeded-release") for _ in releases]
        elif not any(outcome.candidate and not outcome.paid and pays_money(outcome) for _, outcome in own):
            decisions.held += [(payee, "not-paid-this") for _ in (*releases, *others)]
        else:
            decisions.held += [(payee, "adjustment-waits") for _ in others]
            release(decisions, payee, releases, exchange)


def pays_money(outcome: Outcome) -> bool:
    """Whether a plan is not for scores alone."""
    return bool({"target_pay", "payout", "pool"} & outcome.card.plan.keys())


def guarantee(decisions: Decisions, rows: Sequence[Row], paid: Sequence[tuple[Key, Outcome]]) -> None:
    """The last stretch of days is given what all of them lack of the greatest minimum."""
    if not rows:
        return
    greatest = max(row["at_least"] for row in rows)
    every = sum((computed(outcome) for _, outcome in paid), ZERO)
    key, last = paid[-1]
    last.guarantee = max(ZERO, greatest - every)
    decides = next(row for row in rows if row["at_least"] == greatest)
    for row in rows:
        decisions.use(row, key, last.guarantee if row is decides else ZERO, every)
    again(last)


def add(decisions: Decisions, payee: str, pays: str, paid: Sequence[tuple[Key, Outcome]]) -> None:
    """Amounts once, to the last stretch of days; a percentage of what each stretch of days computed, rounded."""
    key, last = paid[-1]
    for row in decisions.about(payee, pays, "amount"):
        last.adjustment = (last.adjustment or ZERO) + row["amount"]
        decisions.use(row, key, row["amount"], None)
    for row in decisions.about(payee, pays, "percent"):
        for of_days, outcome in paid:
            part = rounded(row["percent"] * computed(outcome), minor_places(outcome.card))
            outcome.adjustment = (outcome.adjustment or ZERO) + part
            decisions.use(row, of_days, part, computed(outcome))
    for _, outcome in paid:
        again(outcome)


def release(decisions: Decisions, payee: str, rows: Sequence[Row], exchange: Exchange) -> None:
    """Pays who is held what was decided instead; of two decisions none is used."""
    if len(rows) > 1:
        decisions.held += [(payee, "released-twice") for _ in rows]
        return
    for row in rows:
        decisions.use(row, None, row["release"], None, row["currency"] or exchange.currency)


def computed(outcome: Outcome) -> Fraction:
    assert outcome.computed is not None
    return outcome.computed


def again(outcome: Outcome) -> None:
    """The payout, and what of it nobody's results earned, with what was decided."""
    outcome.payout = computed(outcome) + (outcome.guarantee or ZERO) + (outcome.adjustment or ZERO)
    tell(outcome.card, outcome)


def released(used: Iterable[Decided]) -> Iterator[Decided]:
    """Those that pay somebody who is held."""
    return (each for each in used if each.kind == "release")
