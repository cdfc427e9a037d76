"""Records that somebody may have helped along: a list to review, never a change of pay.

Each signal asks whether a share is far beyond that of the median colleague (or, for a day, of the own other days): so
far that neither chance nor the ordinary differences between people explain it. Whoever is listed may have a good
reason, which an audit cannot know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl
from scipy import stats

from incentive_engine.audit.findings import Evidence, Signal, Suspicion, evidence
from incentive_engine.audit.judging import in_unit
from incentive_engine.engine.decimals import ending
from incentive_engine.engine.eligibility import whole_period
from incentive_engine.engine.named_facts import facts_scope
from incentive_engine.facts import Table
from incentive_engine.formulas import Scope, compile_condition
from incentive_engine.kinds.kpi_kind import Added, FromFacts
from incentive_engine.periods import Period
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.tables import Source, Watch

FACTOR: Final = 3
"""Only who has more than so many times the share of the median colleague is listed."""
LEVEL: Final = 0.01
"""With this probability anybody at all is listed by chance, for each signal of each source."""
FEWEST: Final = 10
"""With fewer facts set aside nothing is said of them."""
_PAYEE, _DAY, _COUNT, _OF = "payee", "day", "count", "of"


def to_review(rules: RuleSet, tables: Mapping[str, Table], period: Period) -> tuple[Suspicion, ...]:
    """Whose records a person should look at, those who stand out most first."""
    found = [
        each
        for name, source in rules.sources.items()
        if source.payee is not None and name in tables
        for each in _of_source(rules, name, source, tables[name], period)
    ]
    return tuple(sorted(found, key=lambda each: (each.signal, each.source, each.about, -each.share, each.subject)))


def looked_for(rules: RuleSet) -> Iterator[Evidence]:
    """What is looked for in which sources, and what the rules do not let anybody look for."""
    sources = {name: source for name, source in rules.sources.items() if source.payee is not None}
    if not sources:
        return
    yield evidence("looked_burst", sources=tuple(sources))
    answers = tuple(name for name in sources if any(_answers(rules, name)))
    if answers:
        yield evidence("looked_ceiling", sources=answers)
    asking = tuple(name for name, source in sources.items() if source.invitations is not None)
    if asking:
        yield evidence("looked_response", sources=asking)
    for name, source in sources.items():
        for watch in source.watch.values():
            yield evidence("looked_watch", what=watch.title, source=name)
        if source.customer is not None:
            yield evidence("looked_repeated", source=name)
    unwatched = tuple(name for name, source in sources.items() if not source.watch)
    if unwatched:
        yield evidence("no_watch", sources=unwatched)
    unnamed = tuple(name for name in answers if sources[name].customer is None)
    if unnamed:
        yield evidence("no_customer", sources=unnamed)


def _of_source(rules: RuleSet, name: str, source: Source, table: Table, period: Period) -> Iterator[Suspicion]:
    facts = facts_of(source, table, period)
    for about, watch in source.watch.items():
        yield from _listed("watched", name, about, _watched(facts, watch, table))
    for about, answer, best in _answers(rules, name):
        yield from _without_criticism(name, about, facts, answer, best)
    if source.customer is not None:
        yield from _listed("repeated", name, source.customer, _repeated(facts, source.customer))
    yield from _bursts(name, facts, source.date)


def facts_of(source: Source, table: Table, period: Period) -> pl.DataFrame:
    """The facts of a period that are about a person, whom the column `payee` names."""
    assert source.payee is not None
    day, payee = pl.col(source.date).cast(pl.Date), pl.col(source.payee)
    ours = payee.is_not_null() & ~payee.is_in(source.system_accounts) & day.is_between(period.start, period.end)
    return table.frame.filter(ours).with_columns(payee.alias(_PAYEE))


def _watched(facts: pl.DataFrame, watch: Watch, table: Table) -> pl.DataFrame:
    scope = facts_scope(table)
    among = compile_condition(watch.among, scope).fill_null(False) if watch.among else pl.lit(True)
    met = compile_condition(watch.where, scope)
    return _counted(facts.filter(among & met.is_not_null()), met)


def _repeated(facts: pl.DataFrame, customer: str) -> pl.DataFrame:
    """Answers of customers who had answered about the same person before, in the period."""
    known = facts.filter(pl.col(customer).is_not_null())
    return _counted(known, ~pl.struct(_PAYEE, customer).is_first_distinct())


def _counted(facts: pl.DataFrame, met: pl.Expr) -> pl.DataFrame:
    """One row per payee: count, of."""
    counts = facts.group_by(_PAYEE).agg(met.sum().cast(pl.Int64).alias(_COUNT), pl.len().cast(pl.Int64).alias(_OF))
    return counts.sort(_PAYEE)


def _median(shares: pl.Series) -> float:
    median = shares.median()
    return median if isinstance(median, float) else 0.0


def _listed(signal: Signal, source: str, about: str, counts: pl.DataFrame) -> Iterator[Suspicion]:
    """Who has more than three times the share of the median colleague, with chance ruled out (binomial, Bonferroni)."""
    if counts.height < 2:
        return
    shares = counts[_COUNT] / counts[_OF]
    usual = _median(shares) or float(counts[_COUNT].sum()) / float(counts[_OF].sum())
    limit = min(FACTOR * usual, 1.0)
    by_chance = stats.binom.sf(counts[_COUNT].to_numpy() - 1, counts[_OF].to_numpy(), limit)
    for (payee, count, of), share, chance in zip(counts.iter_rows(), shares, by_chance, strict=True):
        if chance < LEVEL / counts.height:
            yield Suspicion(signal, source, payee, about, count, of, share, usual)


def _answers(rules: RuleSet, source: str) -> Iterator[tuple[str, str, int]]:
    """The answers that KPIs read: KPI, column, and the best answer of its scale."""
    for name, kpi in rules.kpis.items():
        if isinstance(kpi.compute, FromFacts) and kpi.compute.source == source:
            for column, low, high in kpi.compute.answers().values():
                yield name, column, high if kpi.better == "higher" else low


def _without_criticism(source: str, about: str, facts: pl.DataFrame, answer: str, best: int) -> Iterator[Suspicion]:
    """Who has less than a third of the answers below the best one that the median colleague has."""
    counts = _counted(facts.filter(pl.col(answer).is_not_null()), pl.col(answer) != best)
    if counts.height < 2:
        return
    shares = counts[_COUNT] / counts[_OF]
    usual = _median(shares)
    by_chance = stats.binom.cdf(counts[_COUNT].to_numpy(), counts[_OF].to_numpy(), usual / FACTOR)
    for (payee, count, of), share, chance in zip(counts.iter_rows(), shares, by_chance, strict=True):
        if chance < LEVEL / counts.height:
            yield Suspicion("ceiling", source, payee, about, of - count, of, 1 - share, 1 - usual)


def _bursts(source: str, facts: pl.DataFrame, date: str) -> Iterator[Suspicion]:
    """Who has more than three times as many records on a day as on their other days with any.

    Everybody is held against themselves: who works on a day when few do is no burst.
    """
    day = pl.col(date).cast(pl.Date).alias(_DAY)
    daily = facts.group_by(_PAYEE, day).agg(pl.len().cast(pl.Int64).alias(_COUNT)).sort(_PAYEE, _DAY)
    of, days = pl.col(_COUNT).sum().over(_PAYEE), pl.len().over(_PAYEE)
    usual = (of - pl.col(_COUNT)) / (days - 1) / of
    rows = daily.with_columns(of.alias(_OF), usual.alias("usual")).filter(days > 1)
    limit = (FACTOR * rows["usual"]).clip(upper_bound=1.0).to_numpy()
    by_chance = stats.binom.sf(rows[_COUNT].to_numpy() - 1, rows[_OF].to_numpy(), limit)
    for (payee, when, count, total, share), chance in zip(rows.iter_rows(), by_chance, strict=True):
        if chance < LEVEL / rows.height:
            yield Suspicion("burst", source, payee, when.isoformat(), count, total, count / total, share)


def exclusions(
    rules: RuleSet, all_facts: Mapping[str, Table], kept: Mapping[str, Table], period: Period
) -> Iterator[Evidence]:
    """Whether the facts that were set aside say the same of customers as those that count, KPI by KPI.

    Welch's test of the means, at 1 % over all comparisons.
    """
    compared = []
    for name, kpi in rules.kpis.items():
        source = rules.sources.get(kpi.compute.source) if isinstance(kpi.compute, Added) else None
        if isinstance(kpi.compute, Added) and source is not None and source.set_aside:
            table, counting = all_facts[kpi.compute.source], kept[kpi.compute.source]
            aside = table.frame.join(counting.frame, on=table.frame.columns, how="anti", nulls_equal=True)
            scope = {**facts_scope(table), **rules.clocks, **whole_period(period)}
            parts = [_values(kpi.compute, facts, scope, source, period) for facts in (aside, counting.frame)]
            if min(map(len, parts)) >= FEWEST:
                compared.append((name, *parts))
    for name, aside_values, kept_values in compared:
        chance = _chance(aside_values, kept_values)
        code = "one_sided" if chance < LEVEL / len(compared) else "even_sided"
        kpi = rules.kpis[name]
        means = {"aside": in_unit(kpi, aside_values.mean()), "kept": in_unit(kpi, kept_values.mean())}
        yield evidence(code, kpi=kpi.title, count=len(aside_values), **means)


def _chance(one: Any, other: Any) -> float:
    """With which probability means differ so much by chance (Welch); values that never differ leave none."""
    if one.std() == other.std() == 0:
        return float(one.mean() == other.mean())
    described = [number for each in (one, other) for number in (each.mean(), each.std(ddof=1), len(each))]
    return float(stats.ttest_ind_from_stats(*described, equal_var=False).pvalue)


def _values(compute: Added, facts: pl.DataFrame, scope: Scope, source: Source, period: Period) -> Any:
    """What each fact of the period says, as the KPI reads it."""
    day = pl.col(source.date).cast(pl.Date)
    marked = compute.marked(facts, source.date).filter(day.is_between(period.start, period.end))
    tally = compute.tally(scope)
    return marked.filter(tally.counts).select(ending(tally.numerator).decimal().cast(pl.Float64)).to_series().to_numpy()
