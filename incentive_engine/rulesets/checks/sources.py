"""Sources: which of their facts count does not depend on whether they are good or bad."""

from __future__ import annotations

from collections.abc import Iterator

from incentive_engine.errors import Problem
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.rulesets.checked import Checked, tells
from incentive_engine.rulesets.formula_uses import FormulaUse
from incentive_engine.rulesets.set_aside import SetAsideWhen


@tells("one-sided", about=(SetAsideWhen,))
def exclusions_are_symmetric(checked: Checked) -> Iterator[Problem]:
    """No fact is set aside by what a KPI measures: good and bad answers are treated alike."""
    for use in checked.formulas:
        if "set_aside" not in use.at:
            continue
        for column in sorted(use.named_columns):
            kpi = next(_measuring(checked, use, column), None)
            if kpi is not None:
                message = f"`{column}` is what `{kpi}` measures: setting facts aside by it would favour one side"
                hint = "name a column that is the same for good and for bad facts: a marker of test records, a date"
                where = checked.document.inside(use.at, use.offset_of(column))
                yield Problem("one-sided", message, where, hint)


def _measuring(checked: Checked, use: FormulaUse, column: str) -> Iterator[str]:
    """The KPIs that measure a column of the formula's source."""
    for name, kpi in checked.rules.kpis.items():
        compute = kpi.compute
        if isinstance(compute, FromFacts) and compute.source == use.source and column in compute.measured:
            yield name
