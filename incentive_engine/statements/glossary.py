"""The words of one page, explained: those that are on it, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from incentive_engine.statements.languages import Language
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
_AFTER_NAMES: Final = " ·:\u00a0\u202f"


class GlossaryWriter:
    """The glossary of any page in one language."""

    def __init__(self, language: Language) -> None:
        words, said = language.words, language.words["glossary"]["meanings"]
        self._words, self._said = words, said
        self._lines = {_bare(words[section][name]): said[name] for section, name in _OF_LINES}
        self._against = {str(words["card"]["parameters"][name]): said[name] for name in _OF_CARDS}

    def terms(self, pays: Iterable[Pay], others: Iterable[Line], held: Iterable[Held]) -> tuple[Term, ...]:
        """What the words of a page mean, in the order of the alphabet of their language."""
        pays, words, said = tuple(pays), self._words, self._said
        cards = [card for pay in pays for card in pay.cards]
        found = dict(self._of_lines([*others, *(line for pay in pays for line in _lines(pay))]))
        found |= {name: self._against[name] for card in cards for name, _ in card.against if name in self._against}
        if cards:
            found |= {words["card"]["curve"]: said["curve"], words["page"]["measure"]: said["measure"]}
        if any(card.weight for card in cards):
            found[words["card"]["weight"]] = said["weight"]
        if any(card.between for card in cards):
            found[str(words["glossary"]["interval"])] = said["interval"]
        if any(held):
            found[str(words["glossary"]["held"])] = said["held"]
        found[str(words["glossary"]["fingerprint"])] = said["fingerprint"]
        return tuple(Term(word, found[word]) for word in sorted(found, key=str.casefold))

    def _of_lines(self, lines: Iterable[Line]) -> Iterator[tuple[str, str]]:
        for name in {_bare(line.name) for line in lines}:
            if name in self._lines:
                yield name, self._lines[name]


def _lines(pay: Pay) -> Iterator[Line]:
    """Every line of working of a pay."""
    yield from pay.lines
    yield from pay.pool.lines if pay.pool else ()
    made: tuple[Part | Card, ...] = (*pay.parts, *pay.cards)
    for each in made:
        yield from each.lines
        yield from each.brought


def _bare(name: str) -> str:
    """A name without what is put behind it: `Condition` of `Condition: {because}`."""
    return name.partition(":")[0].rstrip(_AFTER_NAMES)
