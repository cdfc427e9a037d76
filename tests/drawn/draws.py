"""One case while it is being drawn: draws, roundings and formulas."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.drawn.words import MODES, Vocabulary, constant, date, fractions, text
from tests.oracle import Both, Call, Formula, In, Named, Not, Sign, span

T = TypeVar("T")
Rule = dict[str, Any]


class Draws:
    """One case while it is being drawn: pieces are added to `rules` and `tables` as they are needed."""

    def __init__(self, draw: Callable[[st.SearchStrategy[bytes]], bytes]) -> None:
        self.draw = draw
        self.block: list[int] = []
        self.tables: dict[str, list[dict[str, Any]]] = {}
        self.columns: dict[str, dict[str, str]] = {}
        self.cells: dict[str, dict[str, tuple[Fraction, ...]]] = {"terms": {}}
        self.unrounded = 2
        self.before: dict[str, Rule] = {}
        self.prorated = self.changes = False
        self.parts: dict[str, set[str]] = {}
        self.pools_for_all: dict[str, set[str]] = {}
        self.period: str = self.pick("2026-Q3", "2026-07", "2026-02", "2026-H2", "2026", "2026-Q1", "2026-01")
        self.rules: Rule = {
            "rule_set": "drawn",
            "version": "1",
            "title": {"en": "Drawn"},
            "decided": {"by": "the draw", "on": dt.date(2025, 12, 11)},
            "currency": self.pick("EUR", "JPY", "TND"),
            "timezone": "Europe/Paris",
        }
        if self.chance(20):
            self.rules["year_starts"] = self.pick(4, 10)
        self.start, self.end = span(self.period, self.rules.get("year_starts", 1))
        self.middle = self.start + (self.end - self.start) // 2

    # -- draws

    def byte(self) -> int:
        """The next byte of a block: drawing blocks rather than choices is ten times as fast, and shrinks as well."""
        if not self.block:
            self.block = list(self.draw(st.binary(min_size=128, max_size=128)))
        return self.block.pop(0)

    def pick(self, *options: T) -> T:
        return options[self.byte() % len(options)]

    def size(self, least: int, most: int) -> int:
        return least + self.byte() % (most - least + 1)

    def chance(self, percent: int) -> bool:
        return self.byte() >= 256 * (100 - percent) // 100

    def some(self, options: Sequence[T], least: int, most: int) -> list[T]:
        """Some of the options, each once."""
        left = list(options)
        return [left.pop(self.byte() % len(left)) for _ in range(self.size(least, min(most, len(left))))]

    def row(self, cells: Mapping[str, Sequence[Any]]) -> Rule:
        """One of the options for every cell."""
        return {name: options[self.byte() % len(options)] for name, options in cells.items()}

    def rounding(
        self, rule: Rule, key: str, percent: int, low: int = 0, high: int = 6, *, always: bool = False
    ) -> None:
        """Some rounding; `always` where the rules do not allow `none`."""
        if not self.chance(percent):
            return
        if self.unrounded and not always and self.chance(30):
            self.unrounded -= 1
            rule[key] = "none"
        else:
            rule[key] = {"places": self.size(low, high), "mode": self.pick(*MODES)}
            if self.chance(15):
                rule[key]["then"] = {"places": self.size(low, high), "mode": self.pick(*MODES)}

    # -- formulas

    def number(self, words: Vocabulary, depth: int, *, signed: bool = True, quotients: bool = True) -> Formula:
        """A number; never negative unless `signed`; without a division by a column unless `quotients`."""
        names = words.numbers if signed else words.not_negative
        kinds = ["name", "name", "constant", "times", "over", "plus", "least", "if", "round"]
        kinds += ["minus", "abs", "days", "sign"] if signed else []
        kind = self.pick(*kinds) if depth else self.pick("name", "name", "constant")

        def deeper(*, divided: bool = quotients) -> Formula:
            return self.number(words, depth - 1, signed=signed, quotients=divided)

        if kind == "name":
            return Named(self.pick(*names))
        if kind == "constant":
            return constant(self.pick(*fractions("1", "2", "0.5", "10", "0", "3")))
        if kind == "times":
            return Both(
                deeper(), "*", constant(self.pick(*fractions("2", "0.5", "0.08", "100")), percent=self.chance(50))
            )
        if kind == "over":
            by = Named(self.pick(*words.not_negative)) if quotients and self.chance(40) else None
            return Both(deeper(), "/", by or constant(self.pick(*fractions("2", "4", "3", "7", "0.1"))))
        if kind in ("plus", "minus"):
            return Both(deeper(), "+" if kind == "plus" else "-", deeper())
        if kind == "least":
            return Call(self.pick("MIN", "MAX"), (deeper(), deeper()))
        if kind == "if":
            return Call("IF", (self.condition(words, depth - 1), deeper(), deeper()))
        if kind == "round":
            places = constant(self.pick(*fractions("0", "2", "1")))
            return Call(self.pick("ROUND", "ROUNDDOWN", "ROUNDUP"), (deeper(divided=True), places))
        if kind == "days" and len(words.dates) > 1:
            return self.span(words)
        return Call("ABS", (deeper(),)) if kind != "sign" else Sign(deeper())

    def span(self, words: Vocabulary) -> Formula:
        """What lies between two dates, in days or hours."""
        return Call(
            self.pick(*words.spans), tuple(Named(name) for name in self.pick(words.dates[:2], words.dates[1::-1]))
        )

    def condition(self, words: Vocabulary, depth: int) -> Formula:
        kind = self.pick("number", "text", "flag", "date", "among", "missing", *(("and", "or", "not") if depth else ()))
        if kind in ("and", "or"):
            return Both(self.condition(words, depth - 1), kind.upper(), self.condition(words, depth - 1))
        if kind == "not":
            return Not(self.condition(words, depth - 1))
        if kind == "flag":
            return Named(self.pick(*words.flags))
        if kind == "missing":
            return Call("ISMISSING", (Named(self.pick(*words.names)),))
        if kind == "number":
            sign = self.pick(">=", "<", ">", "<=", "=", "<>")
            return Both(self.number(words, depth), sign, constant(self.pick(*words.near)))
        if kind == "date":
            other = date(self.pick(*words.days)) if self.chance(70) else Named(self.pick(*words.dates))
            return Both(Named(self.pick(*words.dates)), self.pick("<=", ">=", "<", ">", "="), other)
        name = self.pick(*words.texts)
        if kind == "among":
            return In(Named(name), tuple(text(each) for each in self.some(words.texts[name], 1, 2)))
        return Both(Named(name), self.pick("=", "<>"), text(self.pick(*words.texts[name])))
