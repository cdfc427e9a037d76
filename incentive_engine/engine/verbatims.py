"""What respondents wrote beside their answers: kept with the run, and marked where those whom it is about may read it.

It is nobody's result and pays nothing. Only a condition that is true shows a text; one that is missing does not.
"""

from __future__ import annotations

import polars as pl

from incentive_engine.engine.cases import facts_behind
from incentive_engine.engine.crediting import credited, subject_column
from incentive_engine.engine.eligibility import whole_period
from incentive_engine.engine.named_facts import facts_scope
from incentive_engine.facts import Accepted
from incentive_engine.formulas import compile_condition
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.kinds.windows import days_of
from incentive_engine.periods import Period
from incentive_engine.rulesets.models import Kpi, RuleSet

_SCHEMA = {"kpi": pl.String, "payee": pl.String, "date": pl.Date, "text": pl.String, "shown": pl.Boolean}


def verbatims(rules: RuleSet, accepted: Accepted, period: Period) -> pl.DataFrame:
    """One row per text among the facts that a KPI looks at: kpi, payee, date, text, shown; in this order.

    The payee is missing where a fact names nobody. Facts about somebody unknown, or set aside, are not among them.
    """
    told = [_of_kpi(rules, accepted, name, kpi, period) for name, kpi in rules.kpis.items() if kpi.verbatims]
    return pl.concat([pl.DataFrame(schema=_SCHEMA), *told]).sort(*_SCHEMA)


def _of_kpi(rules: RuleSet, accepted: Accepted, name: str, kpi: Kpi, period: Period) -> pl.DataFrame:
    compute, said = kpi.compute, kpi.verbatims
    assert isinstance(compute, FromFacts)
    assert said is not None
    source, table, _ = facts_behind(rules, accepted, compute.source)
    scope = {**facts_scope(table), **rules.clocks, **whole_period(period)}
    facts, _ = credited(compute.source, table.frame, source, accepted, {"payee"})
    start, end = days_of(kpi.over, period)
    day, text = pl.col(source.date).cast(pl.Date), pl.col(said.column)
    conditions = [formula for key, (formula, _) in compute.formulas().items() if key in compute.filters]
    looked_at = [compile_condition(condition, scope) for condition in conditions]
    return (
        facts.filter(day.is_between(start, end), text.is_not_null(), *looked_at)
        .select(
            pl.lit(name).alias("kpi"),
            pl.col(subject_column("payee")).alias("payee"),
            day.alias("date"),
            text.alias("text"),
            compile_condition(said.when, scope).fill_null(False).alias("shown"),
        )
        .collect(engine="streaming")
    )
