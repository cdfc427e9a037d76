"""The twin of a page: what it prints as data, in the notation of formulas, so that it can be worked out again.

It is made of the very texts that the page shows: nothing can stand in one and not in the other. A line holds the
formula of its result and how that was rounded; where the page says in words what happens (never above 120 %), the
formula says the same. A line without a formula gives a number, or repeats one of another line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache, partial
from typing import Any, Final

from incentive_engine.statements.languages import REMEMBERED, Language
from incentive_engine.statements.neutral import Neutral
from incentive_engine.statements.notes import Note, NoteReader
from incentive_engine.statements.values import Line, Pay, Statement

_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
FORMAT: Final = "incentive-statement/1"
Told = dict[str, Any]
Table = tuple[str, Sequence[Line]]
"""What the table is about, and its lines."""
Drawn = tuple[str, str, str, str]
"""A bar: its name, how the pay that it reaches comes about, that pay, and what it adds."""
Otherwise = tuple[Line, str, str]
"""What could have been otherwise, with the payout that it leads to and how far that is from the one that it is."""
_FORMULA: Final = re.compile(r"\w+\(|[^A-Za-z]")
_ALSO: Final = re.compile(r"=-?\d+(?:\.\d+)?%?$")
"""The result once more, in another form."""
_CALL: Final = re.compile(r"[^\W\d]\w*\(")
_NUMBER: Final = re.compile(r"[-+]?(\d+(?:\.\d+)?%?)")
_INERT: Final = tuple((sign, f"\\u{ord(sign):04x}") for sign in "<>&\u2028\u2029")


class TwinWriter:
    """Twins of statements in one language."""

    def __init__(self, language: Language) -> None:
        self._language, self._lines = language, cache(partial(LineReader, language))

    def written(self, statement: Statement) -> str:
        """The twin as JSON that is inert inside HTML."""
        currencies = tuple(sorted({self._language.currency, *(currency for currency, _ in statement.amounts)}))
        reader, shown = self._lines(currencies), [each for each in tables(statement) if each[1]]
        told = {
            "tables": [
                f'{{"about":{_json(about)},"lines":{lines}}}'
                for (about, _), lines in zip(shown, reader.tables([lines for _, lines in shown]), strict=True)
            ],
            "drawings": [reader.bars(drawing) for drawing in drawings(statement)],
            "alternatives": [reader.alternatives(each) for each in alternatives(statement)],
        }
        lists = "".join(f',"{name}":[{",".join(each)}]' for name, each in told.items())
        twin = f"{_json(_about(statement, currencies))[:-1]}{lists}}}"
        for sign, escaped in _INERT:
            twin = twin.replace(sign, escaped)
        return twin


class LineReader:
    """Lines and bars as a page prints them, in one language and with amounts in some currencies, as JSON."""

    def __init__(self, language: Language, currencies: Sequence[str]) -> None:
        self._neutral, words = Neutral(language, currencies), language.words
        self._note = lru_cache(REMEMBERED)(NoteReader(language, self._neutral).note)
        self._name = lru_cache(REMEMBERED)(self._name_of)
        steps, as_for = words["steps"], str(words["segments"]["score_note"])
        self._score = str(steps["score"])
        self._elsewhere = (str(steps["score_note"]), as_for.partition("{")[0])
        self._beside = tuple(str(steps[name]).partition("{")[0] for name in ("factor", "points", "earned", "across"))

    def tables(self, tables: Sequence[Sequence[Line]]) -> list[str]:
        """The lines of several tables; all of them are read in one go."""
        every = [line for lines in tables for line in lines]
        formulas = iter(self._neutral.formulas([line.arithmetic for line in every]))
        results = iter(self._neutral.numbers([line.result for line in every]))
        return [f"[{','.join(self._table(lines, formulas, results))}]" for lines in tables]

    def _table(self, lines: Sequence[Line], formulas: Iterator[str], results: Iterator[str]) -> Iterator[str]:
        before = ""
        for line, formula, result in zip(lines, formulas, results, strict=False):
            name, goes_on = self._name(line.name)
            number = None if line.heading else _NUMBER.match(result)
            if number is None:
                said = f',"result":{_json(line.result)}' if line.result and not line.heading else ""
                before = ""
                yield f"{{{name}{said}}}"
                continue
            note, shown = self._note(line.note), number[0].removeprefix("+")
            worked = self._worked(line, formula, note, before)
            yield f'{{{name},"result":"{shown}"{worked}{note.json}}}'
            if goes_on:
                before = note.exact or shown

    def _worked(self, line: Line, formula: str, note: Note, before: str) -> str:
        """How a result follows: by the arithmetic of the line, or as its note says from the number before it."""
        worked = note.formula(before)
        if formula and _FORMULA.match(formula):
            worked = _ALSO.sub("", formula) if "=" in formula else formula
        elif not worked and line.name == self._score and not line.note.startswith(self._elsewhere):
            worked = before or "0"
        if not worked:
            return ""
        return f',"formula":{_json(worked)}' if '"' in worked or "\\" in worked else f',"formula":"{worked}"'

    def _name_of(self, name: str) -> tuple[str, bool]:
        """A name as JSON, and whether the next line starts from the number behind it."""
        call = f',"call":{_json(self._neutral.text(name))}' if _CALL.match(name) else ""
        return f'"name":{_json(name)}{call}', not call and not name.startswith(self._beside)

    def bars(self, bars: Sequence[Drawn]) -> str:
        """The bars, each with what it adds and the pay that it reaches."""
        formulas = self._neutral.formulas([formula for _, formula, _, _ in bars])
        numbers = self._neutral.numbers([number for _, _, *both in bars for number in both])
        return _json(
            [
                {"name": bar[0], "adds": _plain(adds)}
                | ({"formula": formula, "reached": _plain(reached)} if formula else {})
                for bar, formula, reached, adds in zip(bars, formulas, numbers[::2], numbers[1::2], strict=True)
            ]
        )

    def alternatives(self, each: Sequence[Otherwise]) -> str:
        """What could have been otherwise, each with what would be paid then."""
        numbers = self._neutral.numbers([amount for _, *both in each for amount in both])
        formulas = iter(self._neutral.formulas([line.arithmetic for line, _, _ in each]))
        results = iter(self._neutral.numbers([line.result for line, _, _ in each]))
        lines = self._table([line for line, _, _ in each], formulas, results)
        told = (
            f'{line[:-1]},"payout":"{_plain(payout)}","change":"{_plain(change)}"}}'
            for line, payout, change in zip(lines, numbers[::2], numbers[1::2], strict=True)
        )
        return f"[{','.join(told)}]"

    def amounts(self, total: str) -> list[str]:
        """The amounts of a total, one for each currency."""
        first, *others = re.split(" ([+−]) ", total)
        signed = [
            first,
            *(f"{sign.strip('+')}{amount}" for sign, amount in zip(others[::2], others[1::2], strict=True)),
        ]
        return [_plain(each) for each in self._neutral.numbers(signed)]


def _about(statement: Statement, currencies: Sequence[str]) -> Told:
    """What the statement is of."""
    origin = statement.origin
    return {
        "format": FORMAT,
        "language": statement.language,
        "currencies": currencies,
        "payee": statement.payee,
        "reference": statement.reference,
        "title": f"{origin.title} · {origin.period}",
        "rules": {"rule_set": origin.rule_set, "version": origin.version, "files": dict(origin.rule_files)},
        "engine": origin.engine,
        "total": statement.total,
        "said": list(said(statement)),
        "paid": {currency: f"{amount:f}" for currency, amount in statement.amounts},
    }


def tables(statement: Statement) -> Iterator[Table]:
    """The tables of lines on a page."""
    yield "settled", statement.settled
    for each in statement.sums:
        yield "days", each.lines
    for pay in statement.pays:
        yield from _of_pay(pay)


def _of_pay(pay: Pay) -> Iterator[Table]:
    for card in pay.cards:
        yield card.reference, (*card.lines, *card.brought)
    yield "pay", pay.lines
    if pay.pool is not None:
        yield "pool", pay.pool.lines
    yield "without", pay.without
    yield "brought", pay.brought
    for part in pay.parts:
        yield part.reference, (*part.lines, *part.brought)


def said(statement: Statement) -> Iterator[str]:
    """What a page says beside its tables: what customers contributed; what each measure brought, and its result."""
    yield from statement.voices
    for pay in statement.pays:
        if not pay.as_for:
            for card in pay.cards:
                yield from filter(None, (card.pay, card.result))


def drawings(statement: Statement) -> Iterator[list[Drawn]]:
    """What is drawn on a page."""
    drawn = [*(pay.drawing for pay in statement.pays), *(bridge.drawing for bridge in statement.bridges)]
    for drawing in filter(None, drawn):
        yield [(bar.title, bar.arithmetic, bar.reached, bar.pay) for bar in (*drawing.bars, drawing.total)]


def alternatives(statement: Statement) -> Iterator[list[Otherwise]]:
    """What could have been otherwise about each thing that is paid."""
    for each in statement.alternatives:
        if each.varied:
            yield [
                (Line(one.name, one.result, one.arithmetic, one.note), one.payout, one.change)
                for varied in each.varied
                for one in varied.variations
            ]


def _plain(result: str) -> str:
    found = _NUMBER.match(result)
    return found[0].removeprefix("+") if found else ""
