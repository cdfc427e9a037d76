"""Stints: the days of a period that a payee spent in one place, by the assignments: all of them for who has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from incentive_engine.engine.crediting import COMPANY
from incentive_engine.engine.dated import NEVER, WIDER, places_in
from incentive_engine.engine.measured import FIRST, LAST, SUBJECT
from incentive_engine.facts import Accepted
from incentive_engine.periods import Period
from incentive_engine.rulesets.contracts import WORKFORCE

_DAYS: Final = (FIRST, LAST)
_OWN, _RUN = "\0own", "\0run"  # no header is so


def stints(accepted: Accepted, period: Period) -> pl.DataFrame:
    """One row per payee × stint: payee, from, to, and the columns that assignments say.

    Rows that follow each other and say the same are one stint; what they leave empty is as the workforce says.
    """
    people, places = accepted.tables[WORKFORCE].frame, places_in(accepted)
    always = pl.lit(period.start).alias(FIRST), pl.lit(period.end).alias(LAST)
    if places is None:
        return people.select("payee", *always, *(kind for kind in WIDER if kind in people.columns))
    said = [name for name in places.frame.columns if name in people.columns and name != "payee"]
    own = people.select("payee", *said)
    texts = [name for name in said if people.schema[name] == pl.String]  # of numbers, places may differ
    moving = pl.col("payee").is_in(places.payees.implode())
    moved = (
        places.frame.with_columns(
            pl.col(FIRST).clip(period.start), pl.col(LAST).fill_null(NEVER).clip(None, period.end)
        )
        .filter(pl.col(FIRST) <= pl.col(LAST))
        .join(own.filter(moving), on="payee", suffix=_OWN)
        .with_columns(pl.coalesce(name, name + _OWN) for name in texts)
        .select("payee", *_DAYS, *said)
        .sort("payee", FIRST)
    )
    stayed = own.filter(~moving).with_columns(*always)
    return pl.concat([stayed, _joined(moved, said)], how="diagonal").select("payee", *_DAYS, *said)


def _joined(moved: pl.DataFrame, said: list[str]) -> pl.DataFrame:
    """The stints of those who have any row, each with what follows it and says the same."""
    same = pl.struct("payee", *said).eq_missing(pl.struct("payee", *said).shift())
    follows = pl.col(FIRST) == pl.col(LAST).shift() + pl.duration(days=1)
    begins = ~(same & follows.fill_null(False))
    return (
        moved.group_by(begins.cum_sum().alias(_RUN), maintain_order=True)
        .agg(pl.first("payee", FIRST, *said), pl.last(LAST))
        .drop(_RUN)
    )


def subjects_of_stints(kind: str, accepted: Accepted, period: Period) -> pl.DataFrame:
    """Whose results of which days anybody may be paid on: subject, from, to, each once, in order."""
    told = stints(accepted, period)
    if kind == "company":
        subject = pl.lit(COMPANY)
    else:
        subject = pl.col(kind) if kind in told.columns else pl.lit(None, pl.String)
    return told.select(subject.alias(SUBJECT), *_DAYS).drop_nulls().unique().sort(SUBJECT, *_DAYS)


def with_stints(rows: pl.LazyFrame, places: pl.DataFrame, names: Sequence[str]) -> pl.LazyFrame:
    """Rows of payees (payee, first_day) with the first and the last day of the stint that each lies in, under `names`.

    A row of days on which its payee was nowhere has those of another stint, which are not asked for.
    """
    days = places.select("payee", *(pl.col(day).alias(name) for day, name in zip(_DAYS, names, strict=True)))
    begun = rows.select("payee", "first_day").unique().sort("first_day")
    found = begun.join_asof(
        days.sort(names[0]).lazy(),
        left_on="first_day",
        right_on=names[0],
        by="payee",
        coalesce=False,
        check_sortedness=False,
    )
    return rows.join(found, on=["payee", "first_day"], how="left", maintain_order="left")
