"""Cases made of events: one row per case, with when it started and ended and for how long its clock ran.

Everything is found by the place of an event among all, in the order of case and time. For how long clocks had stood
still before an event is a running total, so that what a case waited is the difference of two of them.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from incentive_engine.engine.named_facts import facts_scope, held_facts
from incentive_engine.exact import Scale
from incentive_engine.facts import HELD_SCHEMA, Accepted, Table
from incentive_engine.formulas import compile_condition
from incentive_engine.rulesets.clocks import MICROSECONDS, Cases
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.tables import Source

# No header has these names: they cannot stand in a text file.
_PLACE, _CLOCK, _STOOD, _MEETS = "\0place", "\0clock", "\0stood", "\0meets "
_START, _END, _LAST = "\0start", "\0end", "\0last"


def facts_behind(rules: RuleSet, accepted: Accepted, name: str) -> tuple[Source, Table, pl.DataFrame]:
    """The facts of a source, or the cases that its events make; and the events that belong to none, as held rows."""
    source, table = rules.facts[name], accepted.tables[rules.source_behind(name)]
    if name in rules.cases:
        return source, *_cases_of(name, rules, table)
    return source, table, pl.DataFrame(schema=HELD_SCHEMA)


def _cases_of(name: str, rules: RuleSet, events: Table) -> tuple[Table, pl.DataFrame]:
    """The cases, one row each: of those dated by their end, what has ended; and the events of no case, as held rows."""
    cases, source = rules.cases[name], rules.sources[events.name]
    ordered = _ordered(cases, source, events, rules)
    spans = _spans(cases.case, ordered)
    at = {end: ordered[source.date].gather(spans[end]) for end in (_START, _END)}
    ran = ordered[_CLOCK] - ordered[_STOOD]
    took = ran.gather(spans[_END]) - ran.gather(spans[_START])
    last = spans.select(pl.coalesce(_END, _LAST)).to_series()
    frame = (
        ordered.select(pl.col(column).gather(last) for column in events.frame.columns)
        .with_columns(at[_START].alias("started"), at[_END].alias("ended"), took.alias(MICROSECONDS))
        .filter(pl.col(cases.date).is_not_null())
    )
    scales = {**events.scales, MICROSECONDS: Scale(0, 0, int(took.max() or 0))}  # type: ignore[arg-type]
    nameless = events.frame.filter(pl.col(cases.case).is_null())
    reason = pl.lit(f"`{cases.case}` is empty: nobody knows which case this is about")
    return replace(events, name=name, frame=frame, scales=scales), held_facts(name, nameless, source, "no-case", reason)


def _ordered(cases: Cases, source: Source, events: Table, rules: RuleSet) -> pl.DataFrame:
    """The events by case and time: their place, what they meet, the time by the clock, and how long it stood still."""
    scope, at = {**facts_scope(events), **rules.clocks}, pl.col(source.date).cast(pl.Datetime("us"))
    open_hours = rules.calendar if cases.clock == "open" else None
    time = pl.col(_CLOCK)
    meets = {key: compile_condition(formula, scope).fill_null(False) for key, formula in cases.formulas.items()}
    meets = {"starts": pl.lit(True), "waits": pl.lit(False), **meets}
    waits = pl.col(f"{_MEETS}waits") & (pl.col(cases.case).shift(-1) == pl.col(cases.case))
    stood = pl.when(waits).then(time.shift(-1) - time).otherwise(0)
    return (
        events.frame.lazy()
        .filter(pl.col(cases.case).is_not_null())
        .with_columns(condition.alias(f"{_MEETS}{key}") for key, condition in meets.items())
        .with_row_index(_PLACE)  # in the order of ids, or else of what they say: then a case does not end unstarted
        .sort(cases.case, source.date, *([] if source.id else [f"{_MEETS}ends"]), _PLACE)
        .drop(_PLACE)
        .with_row_index(_PLACE)
        .with_columns((open_hours.microseconds_until(at) if open_hours else at.dt.epoch("us")).alias(_CLOCK))
        .with_columns(stood.cum_sum().shift(1, fill_value=0).alias(_STOOD))
        .collect()
    )


def _spans(case: str, ordered: pl.DataFrame) -> pl.DataFrame:
    """The places of the first, the ending and the last event of each case that started, in the order of cases."""
    place = pl.col(_PLACE)
    start = place.filter(pl.col(f"{_MEETS}starts")).first()
    end = place.filter(pl.col(f"{_MEETS}ends") & (place >= start)).first()
    found = ordered.lazy().group_by(case).agg(start.alias(_START), end.alias(_END), place.last().alias(_LAST))
    return found.filter(pl.col(_START).is_not_null()).sort(_START).collect()
