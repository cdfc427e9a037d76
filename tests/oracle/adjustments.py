"""Decisions about one payee's pay: what guarantees and adjustments add to what is computed, and who is released."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.oracle.exchange import Exchange
from tests.oracle.money import Outcome, minor_places, tell
from tests.oracle.numbers import ZERO, Case, Row, rounded, span

KINDS = ("amount", "percent", "at_least", "release")
HOLDING = ("adjustment-says-two-things", "adjustment-says-nothing", "adjustment-in-other-currency")
"""What contradicts itself: the payee waits until somebody says what was meant."""


@dataclass(frozen=True)
class Decided:
    """A row of the table of adjustments that was used, and what it gave."""

    reference: str
    payee: str
    pays: str
    plan: str | None
    kind: str
    percent: Fraction | None
    pay: Fraction
    currency: str


class Decisions:
    """The rows about a period that can be used; `held`: the others, each with the payee and the reason."""

    def __init__(self, case: Case) -> None:
        self.case, self.held = case, list[tuple[str, str]]()
        rows = case.tables["adjustments"] if "adjustments" in case.rules else []
        about = [row for row in rows if row["period"] in (None, case.period)]
        wrong = [why_unusable(case, row) for row in about]
        self.held += [(row["payee"], code) for row, code in zip(about, wrong, strict=True) if code is not None]
        self.rows = [row for row, code in zip(about, wrong, strict=True) if code is None]
        self.used: list[Decided] = []

    def codes(self, payee: str) -> set[str]:
        """Why a payee is held: rows that contradict themselves."""
        return {code for held, code in self.held if held == payee and code in HOLDING}

    def about(self, payee: str, pays: str, kind: str) -> list[Row]:
        """The rows of a kind about what is paid to a payee, by their references."""
        found = [row for row in self.rows if (row["payee"], row["pays"]) == (payee, pays) and row[kind] is not None]
        return sorted(found, key=lambda row: str(row["reference"]))

    def use(self, row: Row, plan: str | None, pay: Fraction, currency: str) -> None:
        kind = kind_of(row)
        percent = row["percent"] if kind == "percent" else None
        self.used.append(Decided(row["reference"], row["payee"], row["pays"], plan, kind, percent, pay, currency))


def kind_of(row: Row) -> str:
    (kind,) = (kind for kind in KINDS if row[kind] is not None)
    return kind


def why_unusable(case: Case, row: Row) -> str | None:
    """Why a row about the period cannot be used, whatever was computed."""
    said = [kind for kind in KINDS if row[kind] is not None]
    if len(said) != 1:
        return "adjustment-says-two-things" if said else "adjustment-says-nothing"
    if said != ["release"] and row["currency"] not in (None, case.rules["currency"]):
        return "adjustment-in-other-currency"
    if row["author"] is None or row["approver"] in (None, row["author"]):
        return "unsigned-adjustment"
    if row["period"] is None and row["expires"] is None:
        return "adjustment-without-end"
    if row["expires"] is not None and row["expires"] < span(case.period, int(case.rules.get("year_starts", 1)))[1]:
        return "expired-adjustment"
    if row["pays"] not in {plan["pays"] for plan in case.plans}:
        return "unknown-payment"
    return None


def adjust(decisions: Decisions, found: Mapping[tuple[str, str, int], Outcome], exchange: Exchange) -> None:
    """Adds what was decided to what is paid, payee by payee, and releases who is held."""
    payments = {(row["payee"], row["pays"]) for row in decisions.rows}
    for payee, pays in sorted(payments):
        own = [(key, outcome) for key, outcome in found.items() if (key[0], outcome.card.pays) == (payee, pays)]
        own.sort(key=lambda each: (each[1].card.days[:1], each[0]))
        paid = [(key[1], outcome) for key, outcome in own if outcome.paid and outcome.payout is not None]
        held = [outcome for _, outcome in own if outcome.candidate and not outcome.paid]
        guarantee(decisions, payee, pays, paid)
        add(decisions, payee, pays, paid)
        release(decisions, payee, pays, held, exchange)


def guarantee(decisions: Decisions, payee: str, pays: str, paid: Sequence[tuple[str, Outcome]]) -> None:
    """The last stretch of days is given what all of them lack of the greatest minimum."""
    rows = decisions.about(payee, pays, "at_least")
    if not rows or not paid:
        return
    greatest = max(row["at_least"] for row in rows)
    lacking = max(ZERO, greatest - sum((computed(outcome) for _, outcome in paid), ZERO))
    plan, last = paid[-1]
    last.guarantee = lacking
    decides = next(row for row in rows if row["at_least"] == greatest)
    for row in rows:
        decisions.use(row, plan, lacking if row is decides else ZERO, decisions.case.rules["currency"])
    again(last)


def add(decisions: Decisions, payee: str, pays: str, paid: Sequence[tuple[str, Outcome]]) -> None:
    """Amounts once, to the last stretch of days; a percentage of what each stretch of days computed, rounded."""
    currency = decisions.case.rules["currency"]
    if not paid:
        return
    for row in decisions.about(payee, pays, "amount"):
        plan, last = paid[-1]
        last.adjustment += row["amount"]
        decisions.use(row, plan, row["amount"], currency)
    for row in decisions.about(payee, pays, "percent"):
        for name in dict.fromkeys(plan for plan, _ in paid):
            given = ZERO
            for outcome in (outcome for plan, outcome in paid if plan == name):
                part = rounded(row["percent"] * computed(outcome), minor_places(outcome.card))
                outcome.adjustment += part
                given += part
            decisions.use(row, name, given, currency)
    for _, outcome in paid:
        again(outcome)


def release(decisions: Decisions, payee: str, pays: str, held: Sequence[Outcome], exchange: Exchange) -> None:
    """Pays who is held what was decided instead; of two decisions none is used."""
    rows = decisions.about(payee, pays, "release")
    wrong = "released-twice" if len(rows) > 1 else "unneeded-release" if not held else None
    if wrong is not None:
        decisions.held += [(payee, wrong) for _ in rows]
        return
    for row in rows:
        decisions.use(row, None, row["release"], row["currency"] or exchange.currency)


def computed(outcome: Outcome) -> Fraction:
    assert outcome.computed is not None
    return outcome.computed


def again(outcome: Outcome) -> None:
    """The payout, and what of it nobody's results earned, with what was decided."""
    outcome.payout = computed(outcome) + outcome.guarantee + outcome.adjustment
    tell(outcome.card, outcome)


def released(used: Iterable[Decided]) -> Iterator[Decided]:
    """Those that pay somebody who is held."""
    return (each for each in used if each.kind == "release")
