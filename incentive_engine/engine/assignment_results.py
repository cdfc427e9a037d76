"""Results over assignments: each subject's, of the days that some payee spent there.

Facts are joined to all the days of which a result of their subject is asked: one of a team counts for each stint of its
members in which it lies.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from incentive_engine.engine.crediting import subject_column
from incentive_engine.engine.grouping import PLACE, Grouping
from incentive_engine.engine.measured import FIRST, LAST, SUBJECT, Result
from incentive_engine.periods import Period

_DAY: Final = "\0day"
_OF: Final = "\0of "
"""Before the columns of stints: facts may have a `from` and a `to` of their own."""


def results_of_stints(
    grouping: Grouping, facts: pl.LazyFrame, date: str, kind: str, spans: pl.DataFrame, period: Period
) -> dict[str, Result]:
    """The results of each of the spans (subject, from, to) by KPI; `facts` are credited, each on the day in `date`.

    A source is delivered for a stint where it is for its period: a few days may well pass without any fact.
    """
    dated = facts.with_columns(pl.col(date).cast(pl.Date).alias(_DAY))
    places = spans.with_row_index(PLACE).cast({PLACE: pl.UInt64})
    subject = pl.col(SUBJECT).alias(subject_column(kind))
    of_stints = places.select(subject, PLACE, *(pl.col(name).alias(_OF + name) for name in (FIRST, LAST)))
    placed = dated.join(of_stints.lazy(), on=subject_column(kind)).filter(
        pl.col(_DAY).is_between(_OF + FIRST, _OF + LAST)
    )
    in_period = dated.filter(pl.col(_DAY).is_between(period.start, period.end))
    delivered = in_period.head(1).collect().height > 0
    everywhere = pl.repeat(delivered, spans.height, dtype=pl.Boolean, eager=True)
    return grouping.results(spans, grouping.groups(placed), everywhere)
