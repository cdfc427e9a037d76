"""What the tellers of steps share: a step, formulas with the payee's values in them, curves that formulas call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from incentive_engine.compiler.program import Program
from incentive_engine.formulas import Formula
from incentive_engine.formulas.tree import NameUse, walk
from incentive_engine.kinds.base import FromColumn, FromTable, Language, Parameter, Rounding, written
from incentive_engine.kinds.curves import CurveKind
from incentive_engine.rulesets.resolving import KeyPath, ResolvedPlan, chosen_rounding

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


def curve_words(name: str, curve: CurveKind, at: str, *, percent: bool) -> tuple[str, str]:
    """The curve in words, at the number in a column."""
    return (
        f"curve `{name}` at {{{at}}}: {curve.sentence('en', percent=percent)}",
        f"courbe « {name} » en {{{at}}} : {curve.sentence('fr', percent=percent)}",
    )


class Telling:
    """One plan of a program, for whoever tells its steps."""

    def __init__(self, program: Program, plan: ResolvedPlan) -> None:
        self.program, self.plan = program, plan

    def formula(self, sentence: str, formula: Formula, of: str, language: Language, when: str = "") -> str:
        """A sentence with, where the formula names anything, the formula again with the payee's values in it."""
        if not formula.names:
            return sentence
        return f"{sentence}{COLON[language]}{filled(formula, lambda name: self._column(name, of, when))}"

    def calls(self, formula: Formula, column: str, node: str) -> Iterator[Step]:
        """The curves that a formula calls, each with its argument and its rate."""
        for name in sorted(formula.calls):
            curve, number = self.plan.curves[name], 0
            while (place := f"{column}.{name}_{(number := number + 1)}") in self.program.numbers:
                at = ("curves", name)
                en, fr = f"what `{name}` is asked for", f"la valeur donnée à « {name} »"
                yield Step(f"{place}.at", node, "argument", en, fr, at)
                if curve.across is not None:
                    en, fr = curve.across.text, curve.across.text
                    yield Step(f"{place}.across", node, "across", en, fr, (*at, "across"))
                en, fr = curve_words(name, curve, f"{place}.at", percent=False)
                yield Step(place, node, "called", en, fr, at, chosen_rounding(curve.rounding))

    def shown(self, parameter: Parameter, kpi: str | None) -> str:
        """A number as written, or the column that holds it."""
        if isinstance(parameter, FromColumn):
            return f"{{{parameter.column}}}"
        if not isinstance(parameter, FromTable):
            return f"({written(parameter)})" if parameter < 0 else written(parameter)
        of_table = (parameter.table, parameter.column)
        names = {key.kpi: key.header for key in self.program.parameters if (key.table, key.column) == of_table}
        return f"{{{names.get(kpi) or names[None]}}}"

    def _column(self, name: str, of: str, when: str) -> str:
        period = self.plan.period
        constants = {
            "period_days": str(period.days),
            "period_start": period.start.isoformat(),
            "period_end": period.end.isoformat(),
        }
        if name in constants:
            return constants[name]
        nodes = {"score": "plan.score", **{path: f"{path}.score" for path in self._paths}}
        known = {(key.kpi, str(key.subject_kind), key.when): key.column for key in self.program.results}
        return f"{{{known.get((name, of, when)) or nodes.get(name, name)}!r}}"

    @property
    def _paths(self) -> frozenset[str]:
        """The paths of all nodes below the plan."""
        return frozenset(
            name.removesuffix(".score")
            for name in self.program.numbers
            if name.endswith(".score") and name != "plan.score"
        )
