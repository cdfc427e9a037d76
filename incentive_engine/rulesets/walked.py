"""A rule set with what it is made of and what it names, each found once: contracts, types and checks all look at it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from incentive_engine.kinds.base import FromTable
from incentive_engine.rulesets.formula_uses import FormulaUse, formula_uses
from incentive_engine.rulesets.models import AnyMeasure, RuleSet
from incentive_engine.rulesets.walking import Placed, measures_among, placed_nodes


@dataclass(frozen=True)
class Walked:
    """A rule set, walked once however often it is looked at."""

    rules: RuleSet

    @cached_property
    def nodes(self) -> tuple[Placed, ...]:
        """Every node of every plan, in the order of the file."""
        return tuple(placed_nodes(self.rules))

    @cached_property
    def measures(self) -> tuple[tuple[Placed, AnyMeasure, str], ...]:
        """Every measure, with the name of its KPI."""
        return tuple(measures_among(self.nodes))

    @cached_property
    def formulas(self) -> tuple[FormulaUse, ...]:
        """Every formula, in the order of the file."""
        return tuple(formula_uses(self.rules, self.nodes))

    @cached_property
    def parameters(self) -> tuple[FromTable, ...]:
        """Every number that comes from a table."""
        return tuple(parameter for placed in self.nodes for parameter in placed.parameters.values())

    @cached_property
    def used_tables(self) -> frozenset[str]:
        """The tables from which a number comes."""
        return frozenset(parameter.table for parameter in self.parameters)

    @cached_property
    def subject_kinds(self) -> frozenset[str]:
        """The kinds of subject whose results the rules read."""
        rules = self.rules
        kinds: set[str] = {pool.fund.of for pool in rules.pools.values()}
        for placed in self.nodes:
            kinds |= {modifier.of for modifier in placed.node.modifiers} | {gate.of for gate in placed.node.gates}
        for _, measure, name in self.measures:
            kinds |= {measure.of, measure.on_missing}
            reliability = rules.kpis[name].reliability if name in rules.kpis else None
            if reliability is not None:
                kinds |= {reliability.otherwise}
                kinds |= {reliability.credibility.towards} if reliability.credibility else set()
        return frozenset(kinds & {"payee", "team", "department", "company"})

    @cached_property
    def columns(self) -> frozenset[str]:
        """The workforce columns that the rules name, besides `payee`."""
        rules = self.rules
        uses = [use for use in self.formulas if use.source is None]
        named = {name for use in uses for name in use.named_columns}
        if any("days_employed" in use.formula.names for use in uses):
            named |= {"hired"}
        named |= {column for plan in rules.plans.values() if plan.proration for column in plan.proration.needs}
        named |= {parameter.column for placed in self.nodes for parameter in placed.columns.values()}
        named |= {column for population in rules.populations.values() for column in population.by}
        named |= ({pool.by for pool in rules.pools.values()} | self.subject_kinds) - {"company"}
        named |= {key for name in self.used_tables & rules.tables.keys() for key in rules.tables[name].keys} - {"kpi"}
        named |= {"currency"} if rules.exchange else set()
        return frozenset(named - {"payee"})
