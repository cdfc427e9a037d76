"""One plan in one language: what is the same for all its payees, looked up once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from incentive_engine.compiler.inputs import ParameterKey, ResultKey
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import FromTable, Parameter, Rounding, SubjectKind
from incentive_engine.kinds.kpis import Given
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.models import Kpi
from incentive_engine.rulesets.resolving import KeyPath, ResolvedPlan
from incentive_engine.statements.formulas import WrittenOut, written_out
from incentive_engine.statements.languages import Language, Words

Row = Mapping[str, Any]
Show = Callable[[Decimal], str]
_PRINTED = Decimal(10) ** -12


@dataclass(frozen=True)
class Reading:
    """A plan, the rules around it and the language of its reader."""

    rules: Rules
    plan: ResolvedPlan
    language: Language

    @property
    def words(self) -> Words:
        """The page words."""
        return self.language.words

    @cached_property
    def percent_kpis(self) -> frozenset[str]:
        """The KPIs whose results read as percentages."""
        return frozenset(name for name, kpi in self.rules.ruleset.kpis.items() if in_percent(kpi))

    @cached_property
    def by_kpi(self) -> frozenset[str]:
        """The tables that have one row per KPI."""
        return frozenset(name for name, table in self.rules.ruleset.tables.items() if "kpi" in table.keys)

    def rule(self, at: KeyPath) -> str:
        """The line of the rules."""
        where = self.rules.document.key_at(at)
        return f"{Path(where.file).name}:{where.line}"

    def formula(self, formula: Formula, of: SubjectKind) -> WrittenOut:
        """A formula, ready for any payee's values; KPIs are those `of` a kind of subject."""
        kpis = self.rules.ruleset.kpis
        columns = {name: ResultKey(name, of).column for name in formula.names & kpis.keys()}
        percents = frozenset(columns[name] for name in columns.keys() & self.percent_kpis)
        return written_out(formula, self.language, lambda name: columns.get(name, name), percents)

    def parameter(self, parameter: Parameter | None, row: Row, kpi: str | None = None) -> Decimal | None:
        """A number of the rules: as written, or the payee's own from a table."""
        if not isinstance(parameter, FromTable):
            return parameter
        key = ParameterKey(parameter.table, parameter.column, kpi if parameter.table in self.by_kpi else None)
        value = row.get(key.name)
        return value if isinstance(value, Decimal) else None

    def rounded(self, rounding: Rounding | None, exact: Decimal, shown: Decimal, show: Show) -> str:
        """What to say where a number was rounded; nothing where it was not."""
        if exact == shown:
            return ""
        words = self.words["steps"]
        if rounding is None:
            return str(words["unrounded"])
        step = show(Decimal(1).scaleb(-rounding.places))
        if rounding.mode == "half_up":
            return str(words["rounded"]).format(step=step)
        return str(words["rounded_mode"]).format(step=step, mode=words["modes"][rounding.mode])


def in_percent(kpi: Kpi) -> bool:
    """Whether a KPI's result reads as a percentage: a share, or what cannot pass 1 and has no unit."""
    compute = kpi.compute
    return compute.in_percent or (isinstance(compute, Given) and compute.at_most == 1 and kpi.unit is None)


def printable(exact: Decimal) -> Decimal:
    """A number that may not end, at the decimals that are printed."""
    exponent = exact.as_tuple().exponent
    return exact.quantize(_PRINTED) if isinstance(exponent, int) and exponent < -12 else exact


def bracketed(text: str) -> str:
    """A sum in brackets, where it becomes part of a product."""
    return f"({text})" if any(sign in text for sign in (" + ", " − ")) else text


def signed(number: Decimal, show: Show) -> str:
    """A number after a sign."""
    return f"({show(number)})" if number < 0 else show(number)
