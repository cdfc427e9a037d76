"""The sentence behind every stage column: what was done, with which numbers, by which line of the rules.

Sentences are templates: `{column}` stands for the payee's number in that column of the trace, `{column!r}` for the same
as a formula writes it (texts in double quotes). Whoever fills them in finds the arithmetic that the engine did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from incentive_engine.compiler.inputs import DAYS_EMPLOYED, ResultKey
from incentive_engine.compiler.measures import SOURCES
from incentive_engine.compiler.program import (
    CUSTOMER_PAY,
    DAYS,
    INTERNAL_PAY,
    OTHER_PAY,
    PAYOUT,
    PRORATION,
    TARGET_PAY,
    Program,
)
from incentive_engine.formulas import Formula
from incentive_engine.formulas.tree import NameUse, walk
from incentive_engine.kinds.base import FromTable, Language, Parameter, Rounding, written
from incentive_engine.rulesets.models import Fallback
from incentive_engine.rulesets.resolving import GroupNode, KeyPath, MeasureNode, Node, ResolvedPlan, chosen_rounding


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


SOURCE_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "own": "own result",
        "team": "the team's result",
        "department": "the department's result",
        "previous": "the result of the period before",
        "target": "the target itself",
        "zero": "a score of 0",
        "reweight": "left out, its weight shared among the others",
        "hold": "held",
    },
    "fr": {
        "own": "résultat propre",
        "team": "le résultat de l'équipe",
        "department": "le résultat du service",
        "previous": "le résultat de la période précédente",
        "target": "l'objectif lui-même",
        "zero": "un score de 0",
        "reweight": "laissé de côté, son poids réparti sur les autres",
        "hold": "retenu",
    },
}
"""What each source of a result is called."""


def steps_of(program: Program, index: int) -> list[Step]:
    """Every step of one plan of the program, in the order in which a reader would recompute it."""
    plan = program.plans[index]
    told = _Told(program, plan)
    return [*told.node(plan.root), *told.pay(), *told.shares(plan.root)]


def filled(formula: Formula, column_of: Callable[[str], str]) -> str:
    """A formula with a placeholder for each name: `{column!r}`, or what `column_of` gives in place of a column."""
    text = formula.text
    uses = [node for node, _ in walk(formula.tree) if isinstance(node, NameUse)]
    for use in sorted(uses, key=lambda use: use.offset, reverse=True):
        text = text[: use.offset] + column_of(use.name) + text[use.offset + len(use.name) :]
    return text


class _Told:
    """The steps of one plan, told."""

    def __init__(self, program: Program, plan: ResolvedPlan) -> None:
        self._program, self._plan = program, plan

    def node(self, node: Node) -> Iterator[Step]:
        """The steps of a node and of all below it."""
        if isinstance(node, GroupNode):
            for item in node.items:
                yield from self.node(item)
            yield from self._points(node)
            start = self._combination(node)
        else:
            yield from self._result(node)
            yield from self._source(node)
            yield from self._attainment(node)
            start = f"{{{node.path}.rate}}"
        yield from self._steps(node, start)

    def _result(self, node: MeasureNode) -> Iterator[Step]:
        key, compute = ResultKey(node.kpi_name, node.of), node.kpi.compute
        en, fr = _whose(node.of)
        yield Step(
            key.column,
            node.path,
            "result",
            f"{compute.sentence('en')}, {en}",
            f"{compute.sentence('fr')}, {fr}",
            ("kpis", node.kpi_name, "compute"),
            chosen_rounding(node.kpi.rounding),
        )

    def _source(self, node: MeasureNode) -> Iterator[Step]:
        column = f"{node.path}.actual"
        if column not in self._program.numbers:
            return
        reliability = node.kpi.reliability
        at = ("kpis", node.kpi_name, "reliability") if reliability else (*node.at, "on_missing")
        en, fr = (_choice(language, node) for language in _LANGUAGES)
        yield Step(f"{node.path}.source", node.path, "source", en, fr, at)
        yield Step(column, node.path, "actual", "the result that counts", "le résultat qui compte", node.at)

    def _attainment(self, node: MeasureNode) -> Iterator[Step]:
        path = node.path
        actual = f"{path}.actual"
        numbers = {
            "actual": actual if actual in self._program.numbers else ResultKey(node.kpi_name, node.of).column,
            "target": "" if node.target is None else self._shown(node.target, node.kpi_name),
        }
        numbers["actual"] = f"{{{numbers['actual']}}}"
        arithmetic = node.attainment.arithmetic.format_map(numbers)
        en, fr = (f"{words}{colon}{arithmetic}" for words, colon in _with_colons(node.attainment.words))
        at = (*node.at, "attainment")
        yield Step(f"{path}.attainment", path, "attainment", en, fr, at, node.attainment_rounding)
        percent = node.attainment.in_percent
        yield Step(
            f"{path}.rate",
            path,
            "rate",
            f"curve `{node.curve_name}` at {{{path}.attainment}}: {node.curve.sentence('en', percent=percent)}",
            f"courbe « {node.curve_name} » en {{{path}.attainment}} : {node.curve.sentence('fr', percent=percent)}",
            ("curves", node.curve_name),
            chosen_rounding(node.curve.rounding),
        )

    def _points(self, node: GroupNode) -> Iterator[Step]:
        """Where an item may be left out, the weights of the others are added up."""
        if f"{node.path}.weight_present" not in self._program.numbers:
            return
        each = self._weighted(node)
        en, fr = f"items with a result: {each}", f"éléments qui ont un résultat : {each}"
        yield Step(f"{node.path}.points", node.path, "points", en, fr, node.at)
        en, fr = "the weights of the items with a result", "les poids des éléments qui ont un résultat"
        yield Step(f"{node.path}.weight_present", node.path, "weight_present", en, fr, node.at)

    def _combination(self, node: GroupNode) -> str:
        if f"{node.path}.weight_present" in self._program.numbers:
            return f"{{{node.path}.points}} ÷ {{{node.path}.weight_present}}"
        return self._weighted(node)

    def _weighted(self, node: GroupNode) -> str:
        scores = [(item, f"{{{item.path}.score}}") for item in node.items]
        if not node.weighted:
            return " + ".join(score for _, score in scores)
        return " + ".join(f"{self._weight(item)} × {score}" for item, score in scores)

    def _weight(self, node: Node) -> str:
        assert node.weight is not None
        return self._shown(node.weight, node.kpi_name if isinstance(node, MeasureNode) else None)

    def _steps(self, node: Node, before: str) -> Iterator[Step]:
        path = node.path
        for number, modifier in enumerate(node.steps.modifiers, start=1):
            at = (*node.at, "modifiers", number - 1)
            name, after = f"{path}.modifier_{number}", f"{path}.after_modifier_{number}"
            en, fr = (
                self._formula(modifier.sentence(each), modifier.formula, modifier.of, each) for each in _LANGUAGES
            )
            yield Step(name, path, "modifier", en, fr, at, chosen_rounding(modifier.rounding))
            product = f"{_bracketed(before)} × {{{name}}}"
            yield Step(after, path, "modified", product, product, at)
            before = f"{{{after}}}"
        for number, gate in enumerate(node.steps.gates, start=1):
            at = (*node.at, "gates", number - 1)
            after = f"{path}.after_gate_{number}"
            en, fr = (self._formula(gate.sentence(each), gate.when, gate.of, each) for each in _LANGUAGES)
            yield Step(f"{path}.gate_{number}", path, "gate", en, fr, at)
            kept = f"{_bracketed(before)} × {written(gate.kept)}"
            en, fr = f"{kept} where the condition is met", f"{kept} si la condition est remplie"
            yield Step(after, path, "gated", en, fr, at)
            before = f"{{{after}}}"
        for name, en, fr in (("floor", "not below", "au moins"), ("cap", "not above", "au plus")):
            limit: Parameter | None = getattr(node.steps, name)
            if limit is not None:
                bound, after = self._shown(limit, None), f"{path}.after_{name}"
                yield Step(after, path, name, f"{before}, {en} {bound}", f"{before}, {fr} {bound}", (*node.at, name))
                before = f"{{{after}}}"
        yield Step(f"{path}.score", path, "score", before, before, node.at, node.steps.rounding)

    def _formula(self, sentence: str, formula: Formula, of: str, language: Language) -> str:
        """A sentence with, where the formula names anything, the formula again with the payee's values in it."""
        if not formula.names:
            return sentence
        return f"{sentence}{_COLON[language]}{filled(formula, lambda name: self._column(name, of))}"

    def _column(self, name: str, of: str) -> str:
        period = self._plan.period
        constants = {
            "period_days": str(period.days),
            "period_start": period.start.isoformat(),
            "period_end": period.end.isoformat(),
        }
        if name in constants:
            return constants[name]
        known = {(key.kpi, str(key.subject_kind)): key.column for key in self._program.results if not key.previous}
        return f"{{{known.get((name, of), name)}!r}}"

    def pay(self) -> Iterator[Step]:
        """Target pay, the share of the period, and the payout."""
        plan, factors = self._plan, []
        if DAYS_EMPLOYED in self._program.numbers:
            en, fr = "days employed at the end of the period", "jours d'emploi à la fin de la période"
            yield Step(DAYS_EMPLOYED, "plan", "days_employed", en, fr, plan.at)
        if plan.target_pay is not None:
            en, fr = (self._formula(plan.target_pay.text, plan.target_pay, "payee", each) for each in _LANGUAGES)
            yield Step(TARGET_PAY, "plan", "target_pay", en, fr, (*plan.at, "target_pay"))
            factors.append(f"{{{TARGET_PAY}}}")
        factors.append("{plan.score}")
        if plan.proration is not None:
            yield from self._proration()
            factors.append(f"{{{PRORATION}}}")
        if plan.target_pay is not None:
            product = " × ".join(factors)
            yield Step(PAYOUT, "plan", "payout", product, product, plan.at, plan.payout_rounding)

    def _proration(self) -> Iterator[Step]:
        proration, at = self._plan.proration, (*self._plan.at, "proration")
        assert proration is not None
        yield Step(DAYS, "plan", "days", "days that count", "jours qui comptent", at)
        share = f"{{{DAYS}}} ÷ {proration.whole(self._plan.period)}"
        en, fr = (f"{proration.sentence(each)}{_COLON[each]}{share}" for each in _LANGUAGES)
        yield Step(PRORATION, "plan", "proration", en, fr, at, chosen_rounding(proration.rounding))

    def shares(self, node: Node) -> Iterator[Step]:
        """The payout, divided down the tree."""
        path, numbers = node.path, self._program.numbers
        for name, en, fr in (
            ("money", "the part of the payout that `{}` brought", "la part de la prime due à « {} »"),
            ("earned", "of it, earned without the floor of `{}`", "dont acquis sans le plancher de « {} »"),
            ("pay", "the part of the payout that `{}` brought", "la part de la prime due à « {} »"),
        ):
            if f"{path}.{name}" in numbers:
                yield Step(f"{path}.{name}", path, name, en.format(path), fr.format(path), node.at)
        if isinstance(node, GroupNode):
            for item in node.items:
                yield from self.shares(item)
        if path == "plan":
            for column, en, fr in (
                (CUSTOMER_PAY, "what customers brought", "la part des clients"),
                (INTERNAL_PAY, "what internal results brought", "la part des résultats internes"),
                (OTHER_PAY, "what no measure brought", "la part qu'aucune mesure n'apporte"),
            ):
                if column in numbers:
                    yield Step(column, "plan", column, en, fr, node.at)

    def _shown(self, parameter: Parameter, kpi: str | None) -> str:
        """A number as written, or the column that holds it."""
        if not isinstance(parameter, FromTable):
            return f"({written(parameter)})" if parameter < 0 else written(parameter)
        of_table = (parameter.table, parameter.column)
        names = {key.kpi: key.header for key in self._program.parameters if (key.table, key.column) == of_table}
        return f"{{{names.get(kpi) or names[None]}}}"


_LANGUAGES: Final[tuple[Language, Language]] = ("en", "fr")
_COLON: Final[Mapping[Language, str]] = {"en": ": ", "fr": " : "}


def _with_colons(words: Mapping[Language, str]) -> Iterator[tuple[str, str]]:
    return ((words[language], _COLON[language]) for language in _LANGUAGES)


def _whose(of: str) -> tuple[str, str]:
    if of == "company":
        return "of the whole company", "de toute l'entreprise"
    french = {"payee": "de la personne", "team": "de l'équipe", "department": "du service"}[of]
    return f"of the {of} {{{of}}}", f"{french} {{{of}}}"


def _choice(language: Language, node: MeasureNode) -> str:
    """Which result counts, in words."""
    words, reliability = SOURCE_WORDS[language], node.kpi.reliability
    choices: list[tuple[str, Fallback]] = []
    few, none = ("below {}", "without a result") if language == "en" else ("en dessous de {}", "sans résultat")
    if reliability:
        choices.append((few.format(reliability.at_least), reliability.otherwise))
    choices.append((none, node.on_missing))
    codes = f" ({', '.join(f'{code} = {name}' for name, code in SOURCES.items())})"
    return "; ".join(f"{when}{_COLON[language]}{words[then]}" for when, then in choices) + codes


def _bracketed(text: str) -> str:
    return f"({text})" if " " in text else text
