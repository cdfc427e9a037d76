"""From what the rules work out to the payout: guarantees and adjustments, each with its reason and who decided it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from incentive_engine.engine.deciding import Decided
from incentive_engine.kinds.base import Rounding
from incentive_engine.statements.reading import Reading, Row, bracketed, combined
from incentive_engine.statements.values import Line


class DecisionWriter:
    """The guarantees and adjustments of one plan, in one language."""

    def __init__(self, reading: Reading) -> None:
        self._reading, self._words = reading, reading.words["decided"]
        self._numbers = reading.language.numbers
        self._coin = Rounding(places=self._numbers.minor_digits)

    def lines(self, decided: Decided, payout: Line) -> Iterator[Line]:
        """What was worked out, as `payout` says it; what each decision adds; and what is paid."""
        money, total = self._numbers.money, decided.computed
        yield Line(str(self._words["computed"]), payout.result, payout.arithmetic, payout.note)
        shown = self._numbers.inside(total, money)
        for decision in decided.decisions:
            yield self._line(decision, decided)
            total += decision["pay"]
            if decision["pay"]:
                shown = combined(shown, "+", decision["pay"], money)
        yield Line(payout.name, money(total), shown if shown != money(total) else "")

    def _line(self, decision: Row, decided: Decided) -> Line:
        """What one decision adds for these days."""
        money, inside, said = self._numbers.money, self._numbers.inside, self._signed(decision)
        amount = decision["pay"]
        match decision["kind"]:
            case "at_least":
                return self._guaranteed(decision, decided.every, said)
            case "percent":
                exact = decided.computed * decision["percent"]
                note = self._reading.rounded(self._coin, exact, amount, money)
                arithmetic = f"{inside(decision['percent'], self._numbers.percent)} × {inside(decided.computed, money)}"
                notes = ", ".join(filter(None, (said, note)))
                return Line(str(self._words["adjustment"]), money(amount), arithmetic, notes)
        return Line(str(self._words["adjustment"]), money(amount), "", said)

    def _guaranteed(self, decision: Row, every: tuple[Decimal, ...], said: str) -> Line:
        """What a guarantee adds to all that was worked out."""
        money, words, least, added = self._numbers.money, self._words, decision["amount"], decision["pay"]
        if not added:
            reached = sum(every) >= least
            why = str(words["enough"]).format(least=money(least)) if reached else str(words["another"])
            return Line(str(words["guarantee"]), money(added), "", f"{said}; {why}")
        shown = bracketed(" + ".join(self._numbers.inside(each, money) for each in every))
        return Line(str(words["guarantee"]), money(added), f"{money(least)} − {shown}", said)

    def _signed(self, decision: Row) -> str:
        """Why something was decided, by whom, and until when it counts."""
        names = ("reason", "reference", "author", "approver")
        said = str(self._words["signed"]).format(**{name: decision[name] for name in names})
        if decision["expires"] is None:
            return said
        return str(self._words["until"]).format(said=said, day=self._reading.language.date(decision["expires"]))
