"""What people decided about one payee's pay, and what earlier periods are corrected by, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from incentive_engine.compiler.telling import COLON
from incentive_engine.currencies import minor_digits
from incentive_engine.engine.deciding import Decided
from incentive_engine.engine.telling_steps import Told
from incentive_engine.engine.wording import Row, Wording
from incentive_engine.kinds.base import Rounding

_WORDS: Final = {
    "en": {
        "percent": "adjustment",
        "amount": "adjustment",
        "at_least": "guarantee",
        "signed": "{reason}; decided by {author}, approved by {approver}",
        "until": ", until {day}",
        "reached": "{least} are reached",
        "another": "another guarantee counts",
        "instead": "{amount}, instead of what the rules cannot work out",
        "line": "{period}, {cause}, line {line}",
        "to be paid": "to be paid",
    },
    "fr": {
        "percent": "ajustement",
        "amount": "ajustement",
        "at_least": "garantie",
        "signed": "{reason} ; décidé par {author}, approuvé par {approver}",
        "until": ", jusqu'au {day}",
        "reached": "{least} sont atteints",
        "another": "une autre garantie compte",
        "instead": "{amount}, au lieu de ce que les règles ne peuvent calculer",
        "line": "{period}, {cause}, ligne {line}",
        "to be paid": "à verser",
    },
}
CAUSES: Final = {
    "en": {
        "late-fact": "known late", "changed-fact": "changed fact", "deleted-fact": "deleted fact", "person": "person",
        "rule": "rule", "adjustment": "adjustment",
    },
    "fr": {
        "late-fact": "connu tard", "changed-fact": "fait changé", "deleted-fact": "fait supprimé",
        "person": "personne", "rule": "règle", "adjustment": "ajustement",
    },
}  # fmt: skip


class DecisionTeller:
    """Tells of decisions and corrections; `currency`: that of the rules."""

    def __init__(self, wording: Wording, currency: str) -> None:
        self._wording, self._currency = wording, currency
        self._words, self._colon = _WORDS[wording.language], COLON[wording.language]

    def decided(self, decided: Decided) -> Iterator[Told]:
        """What each guarantee and adjustment adds for some days."""
        places = minor_digits(self._currency)
        for decision in decided.decisions:
            name = f"{decision['reference']} · {self._words[decision['kind']]}"
            shown = self._money(decision["pay"], self._currency)
            match decision["kind"]:
                case "at_least":
                    told = self._guaranteed(decision, decided, shown)
                case "percent":
                    told = f"{self._inside(decided.computed)} × {self._inside(decision['percent'])} = {shown}"
                    if decided.computed * decision["percent"] != decision["pay"]:
                        rounding = Rounding(places=places).sentence(self._wording.language)
                        told = f"{told}, {self._wording.rounded(rounding)}"
                case _:
                    told = shown
            yield name, f"{told} ({self._signed(decision)})", ""

    def _guaranteed(self, decision: Row, decided: Decided, shown: str) -> str:
        least = decision["amount"]
        if decision["pay"]:
            whole = " + ".join(map(self._inside, decided.every))
            return f"{self._wording.number(least)} − {f'({whole})' if len(decided.every) > 1 else whole} = {shown}"
        if sum(decided.every) < least:
            return f"{shown}{self._colon}{self._words['another']}"
        return f"{shown}{self._colon}{self._words['reached'].format(least=self._money(least, self._currency))}"

    def released(self, decisions: Sequence[Row]) -> Iterator[Told]:
        """What is paid to a payee who is held."""
        for each in decisions:
            amount = self._money(each["pay"], each["currency"])
            told = f"{self._words['instead'].format(amount=amount)} ({self._signed(each)})"
            yield f"{each['reference']} · {each['pays']}", told, ""

    def corrections(self, paid: Sequence[tuple[str, Decimal]], lines: Sequence[Row]) -> Iterator[Told]:
        """The lines that correct earlier periods, and all that is paid in each currency with what is `paid` beside."""
        for each in lines:
            cause = CAUSES[self._wording.language].get(each["cause"], each["cause"])
            name = self._words["line"].format(period=each["of_period"], cause=cause, line=each["line"])
            yield f"{each['pays']} · {name}", self._money(each["amount"], each["currency"]), ""
        amounts = [*paid, *((each["currency"], each["amount"]) for each in lines)]
        for currency in dict.fromkeys(each["currency"] for each in lines):
            first, *others = (amount for name, amount in amounts if name == currency)
            shown = self._money(sum(others, first), currency)
            added = "".join(f" {'−' if each < 0 else '+'} {self._wording.number(abs(each))}" for each in others)
            told = f"{self._wording.number(first)}{added} = {shown}" if others else shown
            yield self._words["to be paid"], told, ""

    def _signed(self, decision: Row) -> str:
        said = self._words["signed"].format(**{name: decision[name] for name in ("reason", "author", "approver")})
        day = decision["expires"]
        if day is None:
            return said
        return said + self._words["until"].format(day=day if self._wording.language == "en" else f"{day:%d/%m/%Y}")

    def _inside(self, number: Decimal) -> str:
        shown = self._wording.number(number)
        return f"({shown})" if number < 0 else shown

    def _money(self, amount: Decimal, currency: str) -> str:
        return f"{self._wording.number(amount, minor_digits(currency))} {currency}"
