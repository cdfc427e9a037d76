"""Which KPIs a rule set reads, and of which kinds of subject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.oracle.formulas import Formula
from tests.oracle.numbers import Rule


def kinds_read(rules: Rule, plans: Iterable[Rule]) -> Iterator[tuple[str, str]]:
    """Each KPI that a plan names, and of which kind of subject it reads it."""
    for plan in plans:
        for name, node in [("", plan), *nodes_below(plan)]:
            for formula, of in formulas_of_steps(node):
                yield from ((kpi, of) for kpi in kpis_in(rules, formula))
            if "of" in node:
                kpi = node.get("kpi", name)
                reliability = rules["kpis"][kpi].get("reliability", {})
                fallbacks = {node.get("on_missing"), reliability.get("otherwise")}
                fallbacks.add(reliability.get("credibility", {}).get("towards"))
                yield from ((kpi, kind) for kind in {node["of"]} | fallbacks & {"team", "department"})
                for way in node.get("paths", {"": node}).values():
                    yield from ((kpi, node["of"]) for kpi in kpis_across(rules, {way["curve"]}))
        for key in ("payout", "target_pay"):
            if key in plan:
                formula = plan[key]
                yield from ((kpi, "payee") for kpi in kpis_across(rules, formula.curves))
        if "pool" in plan:
            yield from kinds_read_by_pool(rules, rules["pools"][plan["pool"]])


def kinds_read_by_pool(rules: Rule, pool: Rule) -> Iterator[tuple[str, str]]:
    fund = pool["fund"]
    formula, of = fund["sum" if "sum" in fund else "per_payee"], fund.get("of", "company")
    yield from ((kpi, of) for kpi in kpis_in(rules, formula))
    formulas = [part["in_proportion_to"] for part in pool.get("parts", {}).values()]
    formulas += [pool[bound] for bound in ("minimum", "maximum") if bound in pool]
    yield from ((kpi, "payee") for formula in formulas for kpi in kpis_across(rules, formula.curves))


def nodes_below(node: Rule) -> Iterator[tuple[str, Rule]]:
    for name, item in {**node.get("scorecard", {}), **node.get("items", {})}.items():
        yield name, item
        yield from nodes_below(item)


def formulas_of_steps(node: Rule) -> Iterator[tuple[Formula, str]]:
    """The formulas of a node's modifiers and gates, with whose results they read."""
    for modifier in node.get("modifiers", ()):
        yield modifier["factor" if "factor" in modifier else "add"], modifier.get("of", "payee")
    for gate in node.get("gates", ()):
        yield gate["when"], gate.get("of", "payee")


def kpis_in(rules: Rule, formula: Formula) -> set[str]:
    """The KPIs that a formula reads, by itself or through the curves that it calls."""
    return (formula.names & set(rules["kpis"])) | kpis_across(rules, formula.curves)


def kpis_across(rules: Rule, curves: set[str]) -> set[str]:
    """The KPIs that curves read as their second number."""
    across = [rules["curves"][name]["across"] for name in curves if "across" in rules["curves"][name]]
    return {kpi for formula in across for kpi in kpis_in(rules, formula)}


def behind(rules: Rule, name: str) -> set[str]:
    """A KPI and those that it is worked out from."""
    compute = rules["kpis"][name]["compute"]
    if compute["kind"] != "formula":
        return {name}
    return {name}.union(*(behind(rules, read.split(".")[0]) for read in compute["value"].names))
