"""Verbatims: what respondents wrote stands in facts, in a column of its own."""

from __future__ import annotations

from collections.abc import Iterator

from incentive_engine.errors import Problem
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.rulesets.checked import Checked, tells
from incentive_engine.rulesets.formula_uses import answer_columns
from incentive_engine.rulesets.models import Verbatims


@tells("verbatims-without-facts", "column-used-twice", about=(Verbatims,))
def verbatims_stand_in_facts(checked: Checked) -> Iterator[Problem]:
    """What is written is read beside the facts of a KPI, from a column that is nothing else."""
    rules = checked.rules
    for name, kpi in rules.kpis.items():
        if kpi.verbatims is None:
            continue
        compute, column = kpi.compute, kpi.verbatims.column
        source = rules.facts.get(compute.source) if isinstance(compute, FromFacts) else None
        if source is None or not isinstance(compute, FromFacts):
            message = f"nobody writes anything beside `{name}`: it is not worked out from the facts of a source"
            hint = "move `verbatims` to the KPI of the survey in which people write"
            yield Problem("verbatims-without-facts", message, checked.key("kpis", name, "verbatims"), hint)
        elif column in (source.date, *source.names, *answer_columns(rules, rules.source_behind(compute.source))):
            message = f"`{column}` cannot be what people write: it is an answer, the date of a fact, or names somebody"
            where = checked.at("kpis", name, "verbatims", "column")
            yield Problem("column-used-twice", message, where, "name the column that holds the text")
