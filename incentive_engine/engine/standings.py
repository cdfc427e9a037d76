"""Standings: how many of a population have a better result, as integers; a rank is worked out from them.

Nothing depends on the order of rows: those who tie have the same counts. Only who has a result that can be paid on is
counted; who has none stands nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from incentive_engine.compiler.inputs import STANDING, ResultKey, StandingKey
from incentive_engine.engine.crediting import held_people
from incentive_engine.engine.eligibility import everyone, scope_of
from incentive_engine.engine.measured import COUNT, SUBJECT, VALUE, Measured
from incentive_engine.facts import Accepted
from incentive_engine.formulas import compile_condition
from incentive_engine.periods import Period
from incentive_engine.rulesets.contracts import WORKFORCE
from incentive_engine.rulesets.models import Kpi, Population, RuleSet

_RANKED = "\0ranked"  # no header is so


@dataclass(frozen=True, slots=True)
class Standings:
    """Where the subjects of one population stand: one row per subject and value of its `by` columns.

    `frame`: the columns of the workforce in `keys`, then the counts, under the names that the wide frame has them by.
    """

    frame: pl.DataFrame
    keys: tuple[str, ...]


def work_out_standings(
    rules: RuleSet, accepted: Accepted, keys: Collection[StandingKey], measured: Measured, period: Period
) -> Mapping[StandingKey, Standings]:
    """The standings behind `keys`; who has held rows in the workforce counts nowhere."""
    if not keys:
        return {}
    workforce = accepted.tables[WORKFORCE]
    people = everyone(workforce, period).join(held_people(accepted), on="payee", how="anti")
    scope, results = scope_of(workforce, period), measured.results
    standings = {}
    for key in sorted(keys):
        population = rules.populations[key.population]
        members = people.filter(compile_condition(population.who, scope))
        result = results[ResultKey(key.kpi, key.subject_kind)].frame
        standings[key] = _standings(key, rules.kpis[key.kpi], population, members, result)
    return standings


def _standings(
    key: StandingKey, kpi: Kpi, population: Population, members: pl.DataFrame, result: pl.DataFrame
) -> Standings:
    columns = tuple(dict.fromkeys([*population.by, key.subject_kind]))
    subjects = members.select(columns).drop_nulls().unique()
    ranked = subjects.join(_counted(result, kpi), left_on=key.subject_kind, right_on=SUBJECT)
    counts = _counts(kpi, population.by)
    named = [counts[count].cast(pl.Int64).alias(key.column(count)) for count in STANDING]
    return Standings(ranked.select(*columns, *named), columns)


def _counted(result: pl.DataFrame, kpi: Kpi) -> pl.DataFrame:
    """The results that can be paid on."""
    counted = pl.col(VALUE).is_not_null()
    if kpi.reliability is not None:
        counted &= pl.col(COUNT) >= kpi.reliability.at_least  # no n: not counted
    return result.filter(counted).select(SUBJECT, pl.col(VALUE).alias(_RANKED))


def _counts(kpi: Kpi, by: tuple[str, ...]) -> Mapping[str, pl.Expr]:
    """The counts of a standing, apart for each value of the `by` columns."""
    value, highest_first = pl.col(_RANKED), kpi.better == "higher"
    counts = {
        "better": value.rank("min", descending=highest_first) - 1,
        "distinct": value.rank("dense", descending=highest_first) - 1,
        "size": value.len(),
    }
    apart = {name: count.over(by) if by else count for name, count in counts.items()}
    return {**apart, "equal": value.len().over(*by, _RANKED)}
