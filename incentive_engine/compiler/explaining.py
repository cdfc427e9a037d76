"""The sentence behind every stage column: what was done, with which numbers, by which line of the rules.

Sentences are templates: `{column}` stands for the payee's number in that column of the trace, `{column!r}` for the same
as a formula writes it (texts in double quotes). Whoever fills them in finds the arithmetic that the engine did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from incentive_engine.compiler.credibility import CREDIBILITY, WEIGHTED
from incentive_engine.compiler.explaining_pay import brought, pay_steps
from incentive_engine.compiler.inputs import STANDING, ResultKey, StandingKey
from incentive_engine.compiler.measures import PATH, SOURCES, TARGET, target_column
from incentive_engine.compiler.program import CUSTOMER_PAY, INTERNAL_PAY, OTHER_PAY, SHARE_OF_WORK, Program
from incentive_engine.compiler.telling import COLON, LANGUAGES, Names, Step, Telling, bracketed, curve_words, in_french
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Parameter, SubjectKind, written
from incentive_engine.kinds.gates import GateKind
from incentive_engine.kinds.modifiers import ModifierKind
from incentive_engine.kinds.wording import Language
from incentive_engine.rulesets.models import Fallback
from incentive_engine.rulesets.resolving import (
    ROOT,
    GroupNode,
    KeyPath,
    MeasureNode,
    Node,
    PathNode,
    ResolvedPlan,
    chosen_rounding,
)

SOURCE_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "own": "own result",
        "weighted": "own result, weighted with a wider one",
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
        "weighted": "résultat propre, pondéré par un résultat plus large",
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
WHERE_MET: Final[Mapping[Language, str]] = {
    "en": "where the condition is met",
    "fr": "si la condition est remplie",
}
"""How what a gate does ends."""
Said: TypeAlias = tuple[str, str]
"""The same in English and in French."""
_NOT_READ: Final[Said] = ("the payout does not read it", "la prime ne le lit pas")


def steps_of(program: Program, index: int) -> list[Step]:
    """Every step of one plan of the program, in the order in which a reader would recompute it."""
    plan = program.plans[index]
    told = _Told(program, plan)
    return [*told.node(plan.root), *pay_steps(told.telling), *told.shares(plan.root)]


class _Told:
    """The steps of one plan, told."""

    def __init__(self, program: Program, plan: ResolvedPlan) -> None:
        self.telling = Telling(program, plan)
        self._numbers = program.numbers

    def node(self, node: Node) -> Iterator[Step]:
        """The steps of a node and of all below it."""
        if isinstance(node, GroupNode):
            for item in node.items:
                yield from self.node(item)
            yield from self._kept(node)
            start = self._combined(node, "en"), self._combined(node, "fr")
        else:
            yield from self._measure(node)
            start = _column(f"{node.path}.rate")
        yield from self._steps(node, start)

    def _measure(self, node: MeasureNode) -> Iterator[Step]:
        for when in [part.name for part in node.parts] or [""]:
            yield self._result(node, node.of, when)
            yield from self._weighted(node, when)
        yield from self._source(node)
        if not node.parts:
            yield from self._ways(node, node.path)
            return
        for part in node.parts:
            yield from self._ways(node, f"{node.path}.{part.name}", part.name)
        rates = " + ".join(f"{{{node.path}.{part.name}.rate}}" for part in node.parts)
        en, fr = f"parts of the period with a rate: {rates}", f"parties de la période qui ont un taux : {rates}"
        yield Step(f"{node.path}.points", node.path, "points", en, fr, node.at)
        en, fr = "parts of the period with a rate", "parties de la période qui ont un taux"
        yield Step(f"{node.path}.parts_present", node.path, "parts_present", en, fr, node.at)
        mean = f"{{{node.path}.points}} ÷ {{{node.path}.parts_present}}"
        rounding = chosen_rounding(node.paths[0].curve.rounding)
        yield Step(f"{node.path}.rate", node.path, "mean", mean, mean, (*node.at, "average_of"), rounding)

    def _result(self, node: MeasureNode, of: SubjectKind, part: str) -> Step:
        key = ResultKey(node.kpi_name, of, part)
        en, fr = _whose(of)
        during = f", {part}" if part else ""
        return Step(
            key.column,
            node.path,
            "result",
            f"{node.measured('en')}, {en}{during}",
            f"{node.measured('fr')}, {fr}{during}",
            ("kpis", node.kpi_name, "compute"),
            chosen_rounding(node.kpi.rounding),
        )

    def _weighted(self, node: MeasureNode, part: str) -> Iterator[Step]:
        """How the own result is weighted with a wider one, where it is."""
        credibility = node.kpi.reliability and node.kpi.reliability.credibility
        if not credibility:
            return
        yield self._result(node, credibility.towards, part)
        own, wider = (ResultKey(node.kpi_name, of, part) for of in (node.of, credibility.towards))
        prefix, at = f"{node.path}.{part}" if part else node.path, ("kpis", node.kpi_name, "reliability", "credibility")
        share, k = f"{prefix}.{CREDIBILITY}", written(credibility.k)
        en, fr = (f"{{{own.answers}}} ÷ ({{{own.answers}}} + {each})" for each in (k, in_french(k)))
        yield Step(share, node.path, CREDIBILITY, en, fr, at, credibility.rounding)
        arithmetic = f"{{{share}}} × {{{own.column}}} + (1 − {{{share}}}) × {{{wider.column}}}"
        yield Step(f"{prefix}.{WEIGHTED}", node.path, WEIGHTED, arithmetic, arithmetic, at, node.kpi.rounding)

    def _source(self, node: MeasureNode) -> Iterator[Step]:
        column = f"{node.path}.actual"
        if column not in self._numbers and not node.parts:
            return
        reliability = node.kpi.reliability
        at = ("kpis", node.kpi_name, "reliability") if reliability else (*node.at, "on_missing")
        en, fr = (_choice(language, node) for language in LANGUAGES)
        yield Step(f"{node.path}.source", node.path, "source", en, fr, at)
        for actual in (column, *(f"{node.path}.{part.name}.actual" for part in node.parts)):
            if actual in self._numbers:
                yield Step(actual, node.path, "actual", "the result that counts", "le résultat qui compte", node.at)

    def _ways(self, node: MeasureNode, prefix: str, part: str = "") -> Iterator[Step]:
        """Each way, and which of them decided where there are several."""
        columns = [f"{prefix}.{way.name}" if way.name else prefix for way in node.paths]
        for way, column in zip(node.paths, columns, strict=True):
            yield from self._way(node, way, column, part)
        if len(columns) > 1:
            names = ", ".join(f"{at} = {way.name}" for at, way in enumerate(node.paths))
            at = (*node.at, "paths")
            en, fr = f"the way that gives most ({names})", f"la voie qui donne le plus ({names})"
            yield Step(f"{prefix}.{PATH}", node.path, "path", en, fr, at)
            rates = ", ".join(f"{{{column}.rate}}" for column in columns)
            en, fr = f"the largest of {rates}", f"le plus grand de {rates}"
            yield Step(f"{prefix}.rate", node.path, "best", en, fr, at)

    def _way(self, node: MeasureNode, way: PathNode, column: str, part: str) -> Iterator[Step]:
        kind, curve = way.attainment, way.curve
        numbers = self._compared(node, way, part)
        arithmetic = kind.arithmetic.format_map(numbers)
        en, fr = (f"{kind.words[each]}{COLON[each]}{arithmetic}" for each in LANGUAGES)
        if node.for_presence and TARGET in way.parameters:
            product = f"{self.telling.shown(way.parameters[TARGET], node.kpi_name)} × {{{SHARE_OF_WORK}}}"
            at = (*node.at, "target_for")
            yield Step(target_column(node, way), node.path, TARGET, product, product, at, node.kpi.rounding)
        at = (*way.at, "attainment")
        yield Step(f"{column}.attainment", node.path, "attainment", en, fr, at, way.attainment_rounding)
        across = f"{column}.rate.across"
        if curve.across is not None:
            en, fr = (
                self.telling.formula(curve.across.text, curve.across, each, Names(node.of, part)) for each in LANGUAGES
            )
            yield Step(across, node.path, "across", en, fr, ("curves", way.curve_name, "across"))
        en, fr = curve_words(way.curve_name, curve, f"{column}.attainment", percent=kind.in_percent)
        at = ("curves", way.curve_name)
        yield Step(f"{column}.rate", node.path, "rate", en, fr, at, chosen_rounding(curve.rounding))

    def _compared(self, node: MeasureNode, way: PathNode, part: str) -> dict[str, str]:
        """The numbers that an attainment names, each as the column that holds it."""
        actual = f"{node.path}.{part}.actual" if part else f"{node.path}.actual"
        known = actual if actual in self._numbers else ResultKey(node.kpi_name, node.of, part).column
        numbers = {"actual": f"{{{known}}}"}
        for name, parameter in way.parameters.items():
            numbers[name] = self.telling.shown(parameter, node.kpi_name)
        if node.for_presence and TARGET in numbers:
            numbers[TARGET] = f"{{{target_column(node, way)}}}"
        if way.among is not None:
            key = StandingKey(node.kpi_name, node.of, way.among)
            numbers |= {name: f"{{{key.column(name)}}}" for name in STANDING}
            numbers["worse"] = "({size} − {better} − {equal})".format_map(numbers)
        return numbers

    def _kept(self, node: GroupNode) -> Iterator[Step]:
        """What the combination keeps on its way."""
        items = " + ".join(self._items(node))
        for name, words in node.combine.stored.items():
            if f"{node.path}.{name}" in self._numbers:
                en, fr = (words[language].format(items=items) for language in LANGUAGES)
                yield Step(f"{node.path}.{name}", node.path, name, en, fr, node.at)
        en, fr = "no item has a result", "aucun élément n'a de résultat"
        if node.at_least > 1:
            en = f"fewer than {node.at_least} of {len(node.items)} items have a result"
            fr = f"moins de {node.at_least} éléments sur {len(node.items)} ont un résultat"
        yield Step(f"{node.path}.empty", node.path, "empty", en, fr, node.at)

    def _combined(self, node: GroupNode, language: Language) -> str:
        def kept(name: str) -> str | None:
            return f"{{{node.path}.{name}}}" if f"{node.path}.{name}" in self._numbers else None

        return node.combine.arithmetic(self._items(node), kept, language)

    def _items(self, node: GroupNode) -> list[str]:
        return [
            f"{{{item.path}.score}}" if item.weight is None else f"{self._weight(item)} × {{{item.path}.score}}"
            for item in node.items
        ]

    def _weight(self, node: Node) -> str:
        assert node.weight is not None
        return self.telling.shown(node.weight, node.kpi_name if isinstance(node, MeasureNode) else None)

    def _steps(self, node: Node, before: Said) -> Iterator[Step]:
        """What happens to the score, and beside it to the part of it that was earned, where something was not."""
        path, earned = node.path, None
        for number, modifier in enumerate(node.steps.modifiers, start=1):
            at = (*node.at, "modifiers", number - 1)
            name, after = f"{path}.modifier_{number}", f"{path}.after_modifier_{number}"
            yield from self._formula(name, path, "modifier", modifier.formula, modifier, at)
            en, fr = (f"{bracketed(each)} {modifier.sign} {{{name}}}" for each in before)
            yield Step(after, path, "modified", en, fr, at)
            if earned is not None and modifier.earns:
                column = f"{path}.earned_modifier_{number}"
                en, fr = (f"{bracketed(each)} {modifier.sign} {{{name}}}" for each in earned)
                yield Step(column, path, "earned_score", en, fr, at)
                earned = _column(column)
            elif not modifier.earns:
                earned = earned or before
            before = _column(after)
        for number, gate in enumerate(node.steps.gates, start=1):
            at = (*node.at, "gates", number - 1)
            name, after = f"{path}.gate_{number}", f"{path}.after_gate_{number}"
            yield from self._formula(name, path, "gate", gate.when, gate, at)
            yield Step(after, path, "gated", *_shut(gate, before), at)
            before = _column(after)
            if earned is not None:
                column = f"{path}.earned_gate_{number}"
                yield Step(column, path, "earned_gated", *_shut(gate, earned), at)
                earned = _column(column)
        yield from self._bounded(node, before, earned)

    def _formula(
        self, column: str, path: str, step: str, formula: Formula, said: ModifierKind | GateKind, at: KeyPath
    ) -> Iterator[Step]:
        """A formula of a node, after the curves that it calls."""
        names = Names(said.of)
        yield from self.telling.calls(formula, column, path, names)
        en, fr = (self.telling.formula(said.sentence(each), formula, each, names) for each in LANGUAGES)
        rounding = chosen_rounding(said.rounding) if isinstance(said, ModifierKind) else None
        yield Step(column, path, step, en, fr, at, rounding)

    def _bounded(self, node: Node, before: Said, earned: Said | None) -> Iterator[Step]:
        """Floor and cap, and the score."""
        path, steps = node.path, node.steps
        if steps.floor is not None:
            en, fr = earned or before
            earned = f"{en}, not below 0 where the floor lifts", f"{fr}, au moins 0 si le plancher relève"
        if steps.cap is not None and earned is not None:
            cap = self.telling.shown(steps.cap, None)
            earned = f"{earned[0]}, not above {cap}", f"{earned[1]}, au plus {cap}"
        for name, words in (("floor", ("not below", "au moins")), ("cap", ("not above", "au plus"))):
            limit: Parameter | None = getattr(steps, name)
            if limit is not None:
                bound, after = self.telling.shown(limit, None), f"{path}.after_{name}"
                en, fr = (f"{each}, {word} {bound}" for each, word in zip(before, words, strict=True))
                yield Step(after, path, name, en, fr, (*node.at, name))
                before = _column(after)
        yield Step(f"{path}.score", path, "score", *before, node.at, steps.rounding)
        if earned is not None:
            bounded = steps.floor is not None or steps.cap is not None
            step = "earned_bounded" if bounded else "earned_score"
            yield Step(f"{path}.earned_score", path, step, *earned, node.at)

    def shares(self, node: Node, whole: str = "", share: Said | None = None) -> Iterator[Step]:
        """The payout, divided down the tree. `whole`: the column that the node's part comes from; `share`: how."""
        path = node.path
        share = brought(self.telling, path) or share
        if path == ROOT and share is None and self.telling.plan.payout is None:
            whole = self.telling.computed
        for name in ("money", "earned", "pay"):
            column = f"{path}.{name}"
            if column not in self._numbers:
                continue
            if name == "earned":
                share = (f"{{{whole}}} × {{{path}.earned_score}} ÷ {{{path}.{_last_step(node)}}}",) * 2
            yield Step(column, path, name, *(share or _column(whole) if whole or share else _NOT_READ), node.at)
            whole, share = column, None
        if isinstance(node, GroupNode):
            items = self._items(node)
            for item, own in zip(node.items, items, strict=True):
                below = [node.combine.brought(f"{{{whole}}}", own, items, each) for each in LANGUAGES]
                yield from self.shares(item, whole, (below[0], below[1]) if whole else None)
        if path == ROOT:
            yield from self._sums(node.at)

    def _sums(self, at: KeyPath) -> Iterator[Step]:
        for column, en, fr in (
            (CUSTOMER_PAY, "what customers brought", "la part des clients"),
            (INTERNAL_PAY, "what internal results brought", "la part des résultats internes"),
            (OTHER_PAY, "what no measure brought", "la part qu'aucune mesure n'apporte"),
        ):
            if column in self._numbers:
                yield Step(column, ROOT, column, en, fr, at)


def _column(name: str) -> Said:
    """A number in a column."""
    return f"{{{name}}}", f"{{{name}}}"


def _shut(gate: GateKind, before: Said) -> Said:
    en, fr = (gate.worked(bracketed(each), written) for each in before)
    return f"{en} {WHERE_MET['en']}", f"{fr} {WHERE_MET['fr']}"


def _last_step(node: Node) -> str:
    """The column of the score as the steps of the node leave it, before its rounding."""
    steps = node.steps
    if steps.cap is not None or steps.floor is not None:
        return "after_floor" if steps.cap is None else "after_cap"
    return f"after_gate_{len(steps.gates)}" if steps.gates else f"after_modifier_{len(steps.modifiers)}"


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
    return "; ".join(f"{when}{COLON[language]}{words[then]}" for when, then in choices) + codes
