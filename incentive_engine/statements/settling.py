"""What is paid with a period beside its payouts: releases of who is held, and corrections of earlier periods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from incentive_engine.rulesets.loading import Rules
from incentive_engine.statements.drawing import Piece as Drawn
from incentive_engine.statements.drawing import Scale, bar, whole
from incentive_engine.statements.languages import Language
from incentive_engine.statements.reading import Row, combined
from incentive_engine.statements.values import Bar, Held, Line, Released

_FACTS: Final = {"reason": "why", "author": "author", "approver": "approver", "reference": "reference"}


@dataclass(frozen=True, slots=True)
class Piece:
    """An amount that is paid, and what it is."""

    name: str
    currency: str
    amount: Decimal
    note: str = ""


class SettlingWriter:
    """Releases and corrections, in one language."""

    def __init__(self, language: Language, rules: Rules) -> None:
        self._language, self._rules, self._words = language, rules, language.words["settled"]
        self._several = len({plan.pays for plan in rules.ruleset.plans.values()}) > 1

    def released(self, decision: Row, held: Sequence[Held]) -> Released:
        """What was decided about who cannot be paid by the rules, and why these cannot say."""
        words = self._language.words["decided"]
        facts = [(str(words[word]), str(decision[name])) for name, word in _FACTS.items()]
        if decision["expires"] is not None:
            facts.append((str(words["expires"]), self._language.date(decision["expires"])))
        paid = self._language.money_in(decision["currency"])(decision["pay"])
        return Released(paid, tuple(facts), tuple(held))

    def payouts(self, title: str, amounts: Mapping[str, Decimal]) -> Iterator[Piece]:
        """What is paid for this period by the name of one thing; `title`: which, where there are several."""
        name = " · ".join(filter(None, (str(self._words["payout"]), title)))
        return (Piece(name, currency, amount) for currency, amount in amounts.items())

    def releases(self, decisions: Sequence[Row]) -> Iterator[Piece]:
        """What is paid to who is held."""
        for each in decisions:
            name = str(self._words["released"]).format(reference=each["reference"])
            yield Piece(name, each["currency"], each["pay"])

    def corrections(self, lines: Sequence[Row]) -> Iterator[Piece]:
        """What earlier periods paid too little, or too much."""
        for each in lines:
            name = str(self._words["correction"]).format(period=self.period(each))
            about = f" · {each['pays'].replace('_', ' ')}" if self._several else ""
            note = str(self._words["line"]).format(cause=self.cause(each), id=each["line"])
            yield Piece(name + about, each["currency"], each["amount"], note)

    def lines(self, pieces: Sequence[Piece]) -> Iterator[Line]:
        """Every piece, and what is paid in each currency: amounts in two are never added."""
        for piece in pieces:
            yield Line(piece.name, self._language.money_in(piece.currency)(piece.amount), "", piece.note)
        for currency, total in totals(pieces).items():
            show = self._language.money_in(currency)
            first, *others = (piece.amount for piece in pieces if piece.currency == currency)
            shown = self._language.numbers.inside(first, show) if others else ""
            for amount in others:
                shown = combined(shown, "+", amount, show)
            yield Line(str(self._words["together"]), show(total), shown, str(self._words["below"]) if total < 0 else "")

    def bars(self, pieces: Sequence[Piece]) -> Iterator[Bar]:
        """A bar for each line: pieces from where the one above ends, what is paid in a currency from nothing."""
        sums, drawn = dict.fromkeys(totals(pieces), Decimal(0)), []
        for piece in pieces:
            sums[piece.currency] += piece.amount
            drawn.append((piece.currency, Drawn(piece.name, "other", sums[piece.currency])))
        scales = {of: Scale(each.reached for currency, each in drawn if currency == of) for of in sums}
        before = dict.fromkeys(sums, Drawn("", "other", Decimal(0)))
        for currency, each in drawn:
            yield bar(before[currency], each, scales[currency], self._language.numbers)
            before[currency] = each
        for currency, each in before.items():
            yield whole(each, scales[currency], self._language.numbers)

    def period(self, line: Row) -> str:
        """The period that a line corrects."""
        period = self._rules.period(line["of_period"])
        return self._language.period(period.name, period.start)

    def cause(self, line: Row) -> str:
        """Why a line corrects it."""
        return str(self._words["causes"].get(line["cause"], self._words["other"]))


def totals(pieces: Sequence[Piece]) -> Mapping[str, Decimal]:
    """What is paid in each currency."""
    found: dict[str, Decimal] = {}
    for piece in pieces:
        found[piece.currency] = found.get(piece.currency, Decimal(0)) + piece.amount
    return found
