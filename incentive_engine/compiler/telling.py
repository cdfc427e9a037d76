"""What the tellers of steps share: a step, formulas with the payee's values in them, curves that formulas call."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from incentive_engine.compiler.adjusting import PAYOUT
from incentive_engine.compiler.pay import SCORE
from incentive_engine.compiler.pools import FACTOR
from incentive_engine.compiler.presence import PRORATION
from incentive_engine.compiler.program import Program
from incentive_engine.formulas import Formula
from incentive_engine.formulas.tree import Call, NameUse, walk
from incentive_engine.kinds.base import FromColumn, FromTable, Parameter, Rounding, SubjectKind, written
from incentive_engine.kinds.curves import CurveKind
from incentive_engine.kinds.pools import Solved
from incentive_engine.kinds.wording import Language
from incentive_engine.rulesets.adjustments import COMPUTED
from incentive_engine.rulesets.resolving import ROOT, KeyPath, ResolvedPlan, chosen_rounding, nodes_under

LANGUAGES: Final[tuple[Language, Language]] = ("en", "fr")
COLON: Final[Mapping[Language, str]] = {"en": ": ", "fr": " : "}


@dataclass(frozen=True, slots=True)
class Step:
    """One stage column of one plan, explained in English and French."""

    column: str
    node: str
    step: str
    en: str
    fr: str
    at: KeyPath
    rounding: Rounding | None = None


def filled(formula: Formula, column_of: Callable[[str], str]) -> str:
    """A formula with a placeholder for each name: `{column!r}`, or what `column_of` gives in place of a column."""
    text = formula.text
    uses = [node for node, _ in walk(formula.tree) if isinstance(node, NameUse)]
    for use in sorted(uses, key=lambda use: use.offset, reverse=True):
        text = text[: use.offset] + column_of(use.name) + text[use.offset + len(use.name) :]
    return text


@dataclass(frozen=True, slots=True)
class CurveCall:
    """A curve that a formula calls: its name, the column of its rate, and the formula of its argument.

    `argument` is None where the formula calls the same curve more than once: the columns are numbered in the order in
    which they are worked out, which is not always the order in which they are written.
    """

    curve: str
    column: str
    argument: Formula | None


def curve_calls(formula: Formula, column: str, columns: Container[str]) -> Iterator[CurveCall]:
    """The curves that a formula calls, in the order of their `columns` below `column`."""
    calls = [node for node, _ in walk(formula.tree) if isinstance(node, Call) and not node.built_in]
    for number in range(1, len(calls) + 1):
        name = next((name for name in sorted(formula.calls) if f"{column}.{name}_{number}" in columns), None)
        if name is None:
            return
        alike = [call for call in calls if call.function == name]
        argument = _argument(formula.text, alike[0]) if len(alike) == 1 else None
        yield CurveCall(name, f"{column}.{name}_{number}", argument)


def _argument(text: str, call: Call) -> Formula:
    """What stands between the brackets of a call."""
    start = text.index("(", call.offset) + 1
    depth, quoted = 1, False
    for end in range(start, len(text)):
        quoted ^= text[end] == '"'
        depth += 0 if quoted else (text[end] == "(") - (text[end] == ")")
        if depth == 0:
            return Formula(text[start:end].strip())
    raise ValueError(f"a bracket of `{text}` stays open")


def curve_words(name: str, curve: CurveKind, at: str, *, percent: bool) -> tuple[str, str]:
    """The curve in words, at the number in a column."""
    return (
        f"curve `{name}` at {{{at}}}: {curve.sentence('en', percent=percent)}",
        f"courbe « {name} » en {{{at}}} : {in_french(curve.sentence('fr', percent=percent))}",
    )


@dataclass(frozen=True, slots=True)
class Names:
    """What the names of a formula mean: results of a kind of subject, or (`nodes`) scores of nodes."""

    of: SubjectKind = "payee"
    when: str = ""
    nodes: bool = False
    nothing: frozenset[str] = frozenset()
    """Nodes in whose place 0 stands."""


def in_french(text: str) -> str:
    """The numbers of a text as French writes them."""
    return re.sub(r"(?<=\d)\.(?=\d)", ",", text).replace("%", "\u00a0%")


class Telling:
    """One plan of a program, for whoever tells its steps."""

    def __init__(self, program: Program, plan: ResolvedPlan) -> None:
        self.program, self.plan = program, plan

    @property
    def computed(self) -> str:
        """The column, and the step, of what the rules compute: the payout where nothing can be decided besides."""
        return COMPUTED if COMPUTED in self.program.numbers else PAYOUT

    def formula(
        self, sentence: str, formula: Formula, language: Language, names: Names, around: tuple[str, str] = ("", "")
    ) -> str:
        """A sentence with, where the formula names anything, the formula again with the payee's values in it."""
        if not formula.names:
            return f"{sentence}{COLON[language]}{around[0]}{formula.text}{around[1]}" if any(around) else sentence
        return f"{sentence}{COLON[language]}{around[0]}{filled(formula, self.columns(names))}{around[1]}"

    def calls(self, formula: Formula, column: str, node: str, names: Names) -> Iterator[Step]:
        """The curves that a formula calls, each with its argument and its rate."""
        for call in curve_calls(formula, column, self.program.numbers):
            name, curve, place = call.curve, self.plan.curves[call.curve], call.column
            at = ("curves", name)
            en, fr = f"what `{name}` is asked for", f"la valeur donnée à « {name} »"
            if call.argument is not None:
                said = tuple(
                    f"{words}{COLON[each]}{call.argument}" for words, each in zip((en, fr), LANGUAGES, strict=True)
                )
                en, fr = (
                    self.formula(words, call.argument, each, names) for words, each in zip(said, LANGUAGES, strict=True)
                )
            yield Step(f"{place}.at", node, "argument", en, fr, at)
            if curve.across is not None:
                results = Names(names.of, names.when)
                en, fr = (self.formula(curve.across.text, curve.across, each, results) for each in LANGUAGES)
                yield Step(f"{place}.across", node, "across", en, fr, (*at, "across"))
            en, fr = curve_words(name, curve, f"{place}.at", percent=False)
            yield Step(place, node, "called", en, fr, at, chosen_rounding(curve.rounding))

    def columns(self, names: Names) -> Callable[[str], str]:
        """What stands for each name of a formula: a placeholder for its column, or a number that all payees share."""
        period = self.plan.period
        known = {
            "period_days": str(period.days),
            "period_start": _date(period.start),
            "period_end": _date(period.end),
        }
        if self.plan.proration is None:
            known[PRORATION] = "1"
        if names.nodes:
            known |= {node.path: f"{{{node.path}.score!r}}" for node in nodes_under(self.plan.root)}
            known[SCORE] = f"{{{ROOT}.score!r}}"
            pool = self.plan.pool
            if pool is not None and isinstance(pool.rules, Solved):
                known[pool.rules.solve.factor] = f"{{{FACTOR}!r}}"
            known |= dict.fromkeys(names.nothing, "0")
        else:
            results = [key for key in self.program.results if (key.subject_kind, key.when) == (names.of, names.when)]
            known |= {key.kpi: f"{{{key.column}!r}}" for key in results}
        return lambda name: known.get(name, f"{{{self._column(name)}!r}}")

    def shown(self, parameter: Parameter, kpi: str | None) -> str:
        """A number as written, or the column that holds it."""
        if isinstance(parameter, FromColumn):
            return f"{{{self._column(parameter.column)}}}"
        if not isinstance(parameter, FromTable):
            return f"({written(parameter)})" if parameter < 0 else written(parameter)
        of_table = (parameter.table, parameter.column)
        names = {key.kpi: key.header for key in self.program.parameters if (key.table, key.column) == of_table}
        return f"{{{names.get(kpi) or names[None]}}}"

    def _column(self, name: str) -> str:
        """The column of a workforce number: of what it is in the rules' currency, where it is in the payee's own."""
        exchange = self.plan.exchange
        return exchange.converted(name) if exchange is not None and name in exchange.own else name


def _date(day: dt.date) -> str:
    return f"DATE({day.year}, {day.month}, {day.day})"


def bracketed(text: str) -> str:
    """A sum or product in brackets, where it becomes part of something."""
    return f"({text})" if " " in text else text
