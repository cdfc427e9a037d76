"""The sentence behind every stage column: what was done, with which numbers, by which line of the rules.

A `{column}` in a sentence stands for the payee's number in that column of the trace.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.compiler.measures import SOURCES
from incentive_engine.compiler.nodes import Scored
from incentive_engine.compiler.program import DAYS, PAYOUT, PRORATION, TARGET_PAY, Program
from incentive_engine.kinds.base import FromTable, Parameter, Rounding, written
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


def steps_of(program: Program, index: int) -> list[Step]:
    """Every step of one plan of the program, in the order in which a reader would recompute it."""
    plan = program.plans[index]
    return [*_of_node(program, plan.root, program.root, plan), *_of_pay(program, plan)]


def _of_node(program: Program, node: Node, scored: Scored, plan: ResolvedPlan) -> Iterator[Step]:
    if isinstance(node, GroupNode):
        for below, item in zip(node.items, scored.items, strict=True):
            yield from _of_node(program, below, item, plan)
        yield from _combined(program, node)
        start = _combination(node)
    else:
        yield from _of_measure(program, node, scored)
        start = f"{{{node.path}.rate}}"
    yield from _of_steps(node, start)
    if f"{node.path}.pay" in program.numbers:
        yield Step(
            f"{node.path}.pay",
            node.path,
            "pay",
            f"the part of the payout that `{node.path}` brought",
            f"la part de la prime due à « {node.path} »",
            node.at,
        )


def _of_measure(program: Program, node: MeasureNode, scored: Scored) -> Iterator[Step]:
    path, key = node.path, ResultKey(node.kpi_name, node.of)
    compute = node.kpi.compute
    yield Step(
        key.column,
        path,
        "result",
        f"{compute.sentence('en')}; {_whose(node.of)[0]}",
        f"{compute.sentence('fr')} ; {_whose(node.of)[1]}",
        ("kpis", node.kpi_name, "compute"),
        chosen_rounding(node.kpi.rounding),
    )
    actual = key.column
    if f"{path}.actual" in program.numbers:
        least = f" ({node.kpi.reliability.at_least})" if node.kpi.reliability else ""
        names = ", ".join(f"{number} = {name}" for name, number in SOURCES.items())
        yield Step(
            f"{path}.source",
            path,
            "source",
            f"which result counts: {names}; own where there is one from enough facts{least}",
            f"quel résultat compte : {names} ; le sien s'il repose sur assez de faits{least}",
            (*node.at, "on_missing"),
        )
        actual = f"{path}.actual"
        yield Step(actual, path, "actual", "the result that counts", "le résultat qui compte", node.at)
    target = None if node.target is None else _shown(program, node.target, node.kpi_name)
    words = node.attainment.words
    numbers = (
        f"{{{actual}}}"
        if target is None
        else {
            "ratio": f"{{{actual}}} ÷ {target}",
            "inverse_ratio": f"{target} ÷ {{{actual}}}",
        }.get(node.attainment.name, f"{{{actual}}} − {target}")
    )
    yield Step(
        f"{path}.attainment",
        path,
        "attainment",
        f"{words['en']}: {numbers}",
        f"{words['fr']} : {numbers}",
        (*node.at, "attainment"),
        node.attainment_rounding,
    )
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


def _whose(of: str) -> tuple[str, str]:
    if of == "company":
        return "the whole company's", "de toute l'entreprise"
    french = {"payee": "de la personne", "team": "de l'équipe", "department": "du service"}[of]
    return f"of the {of} {{{of}}}", f"{french} {{{of}}}"


def _combined(program: Program, node: GroupNode) -> Iterator[Step]:
    if f"{node.path}.weight_present" not in program.numbers:
        return
    weights = [(item, item.weight) for item in node.items if item.weight is not None]
    each = " + ".join(f"{_shown(program, weight, _kpi(item))} × {{{item.path}.score}}" for item, weight in weights)
    yield Step(
        f"{node.path}.points",
        node.path,
        "points",
        f"items that count: {each}",
        f"éléments qui comptent : {each}",
        node.at,
    )
    yield Step(
        f"{node.path}.weight_present",
        node.path,
        "weight_present",
        "the weights of the items that count",
        "les poids des éléments qui comptent",
        node.at,
    )


def _kpi(node: Node) -> str | None:
    return node.kpi_name if isinstance(node, MeasureNode) else None


def _combination(node: GroupNode) -> str:
    if not node.weighted:
        return " + ".join(f"{{{item.path}.score}}" for item in node.items)
    return " + ".join(f"{_weight(item.weight)} × {{{item.path}.score}}" for item in node.items)


def _weight(weight: Parameter | None) -> str:
    return written(weight, percent=True) if isinstance(weight, Decimal) else "weight"


def _of_steps(node: Node, start: str) -> Iterator[Step]:
    path, before = node.path, start
    for index, modifier in enumerate(node.steps.modifiers):
        at = (*node.at, "modifiers", index)
        name = f"{path}.modifier_{index + 1}"
        yield Step(
            name,
            path,
            "modifier",
            modifier.sentence("en"),
            modifier.sentence("fr"),
            at,
            chosen_rounding(modifier.rounding),
        )
        after = f"{path}.after_modifier_{index + 1}"
        yield Step(after, path, "modified", f"({before}) × {{{name}}}", f"({before}) × {{{name}}}", at)
        before = f"{{{after}}}"
    for index, gate in enumerate(node.steps.gates):
        at = (*node.at, "gates", index)
        yield Step(f"{path}.gate_{index + 1}", path, "gate", gate.sentence("en"), gate.sentence("fr"), at)
        after = f"{path}.after_gate_{index + 1}"
        kept = written(gate.kept, percent=True)
        yield Step(
            after,
            path,
            "gated",
            f"{before}; {kept} of it where the gate closes",
            f"{before} ; {kept} si la condition est remplie",
            at,
        )
        before = f"{{{after}}}"
    for name, en, fr in (("floor", "not below", "au moins"), ("cap", "not above", "au plus")):
        limit: Parameter | None = getattr(node.steps, name)
        if limit is not None:
            bound = written(limit, percent=True) if isinstance(limit, Decimal) else f"`{limit.table}`"
            yield Step(
                f"{path}.after_{name}",
                path,
                name,
                f"{before}, {en} {bound}",
                f"{before}, {fr} {bound}",
                (*node.at, name),
            )
            before = f"{{{path}.after_{name}}}"
    yield Step(f"{path}.score", path, "score", before, before, node.at, node.steps.rounding)


def _of_pay(program: Program, plan: ResolvedPlan) -> Iterator[Step]:
    factors = []
    if plan.target_pay is not None:
        text = plan.target_pay.text
        yield Step(TARGET_PAY, "plan", "target_pay", text, text, (*plan.at, "target_pay"))
        factors.append(f"{{{TARGET_PAY}}}")
    factors.append("{plan.score}")
    if plan.proration is not None:
        at = (*plan.at, "proration")
        days = plan.proration.whole(plan.period)
        yield Step(DAYS, "plan", "days", "days that count", "jours qui comptent", at)
        yield Step(
            PRORATION,
            "plan",
            "proration",
            f"{plan.proration.sentence('en')}: {{{DAYS}}} ÷ {days}",
            f"{plan.proration.sentence('fr')} : {{{DAYS}}} ÷ {days}",
            at,
            chosen_rounding(plan.proration.rounding),
        )
        factors.append(f"{{{PRORATION}}}")
    if plan.target_pay is not None:
        product = " × ".join(factors)
        yield Step(PAYOUT, "plan", "payout", product, product, plan.at, plan.payout_rounding)


def _shown(program: Program, parameter: Parameter, kpi: str | None) -> str:
    """A number as written, or the column that holds it."""
    if not isinstance(parameter, FromTable):
        return written(parameter)
    names = [key.name for key in program.parameters if (key.table, key.column) == (parameter.table, parameter.column)]
    return f"{{{next((name for name in names if kpi and name.endswith('.' + kpi)), names[0])}}}"
