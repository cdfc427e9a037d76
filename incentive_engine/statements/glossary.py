"""The words of one page, explained: those that are on it, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from incentive_engine.statements.languages import REMEMBERED, Language
from incentive_engine.statements.values import Card, Held, Line, Part, Pay, Term

_OF_LINES: Final = (
    ("steps", "target_pay"), ("steps", "score"), ("steps", "result"), ("steps", "attainment"), ("steps", "rate"),
    ("steps", "modifier"), ("steps", "factor"), ("steps", "points"), ("steps", "gate"), ("steps", "floor"),
    ("steps", "cap"), ("steps", "proration"), ("steps", "work"), ("steps", "brought"), ("steps", "earned"),
    ("steps", "credibility"), ("steps", "pool_factor"), ("steps", "payout"), ("decided", "guarantee"),
    ("decided", "adjustment"), ("settled", "correction"), ("pool", "fund"), ("pool", "key"),
)  # fmt: skip
"""What lines are called."""
_OF_CARDS: Final = ("target", "threshold", "benchmark", "baseline")
"""What results are held against."""
_AFTER_NAMES: Final = " :\u00a0\u202f"


class GlossaryWriter:
    """The glossary of any page in one language."""

    def __init__(self, language: Language) -> None:
        words = language.words
        own, meanings = words["glossary"], words["glossary"]["meanings"]
        self._lines = {
            _kind(words[section][name]): _term(words[section][name], meanings[name]) for section, name in _OF_LINES
        }
        parameters = words["card"]["parameters"]
        self._against = {str(parameters[name]): _term(parameters[name], meanings[name]) for name in _OF_CARDS}
        self._weight = _term(words["card"]["weight"], meanings["weight"])
        self._cards = (
            _term(words["card"]["curve"], meanings["curve"]),
            _term(words["page"]["measure"], meanings["measure"]),
        )
        self._interval, self._held, self._fingerprint = (
            _term(own[name], meanings[name]) for name in ("interval", "held", "fingerprint")
        )

    def terms(self, pays: Iterable[Pay], others: Iterable[Line], held: Iterable[Held]) -> tuple[Term, ...]:
        """What the words of a page mean, in the order of the alphabet."""
        pays = tuple(pays)
        names = {line.name for line in others}.union(*(_names(pay) for pay in pays))
        found = {self._lines[kind] for kind in map(_kind, names) if kind in self._lines}
        cards = [card for pay in pays for card in pay.cards]
        found |= {self._against[name] for card in cards for name, _ in card.against if name in self._against}
        if cards:
            found.update(self._cards)
        if any(card.weight for card in cards):
            found.add(self._weight)
        if any(card.between for card in cards):
            found.add(self._interval)
        if any(held):
            found.add(self._held)
        found.add(self._fingerprint)
        return tuple(sorted(found, key=lambda term: (term.word.casefold(), term.meaning)))


def _names(pay: Pay) -> Iterator[str]:
    """What every line of working of a pay is called."""
    made: tuple[Part | Card, ...] = (*pay.parts, *pay.cards)
    for lines in (pay.lines, pay.pool.lines if pay.pool else (), *(each.lines + each.brought for each in made)):
        for line in lines:
            yield line.name


@lru_cache(REMEMBERED)
def _kind(name: str) -> str:
    """What a line is, whatever it is about: `Condition:` of `Condition: {because}`."""
    before, colon, _ = name.partition(":")
    return before + colon


def _term(name: str, meaning: str) -> Term:
    return Term(_kind(name).rstrip(_AFTER_NAMES), meaning)
