"""Dated assignments: where payees were on the day of a fact. Whoever moves leaves what is past with the old team.

What is wrong with them is found before anything is counted. Rows of a payee that overlap are all held, and facts of
days on which nothing says where the payee was count for nobody's team: a guess would credit somebody else's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import polars as pl

from incentive_engine.engine.known import known_people
from incentive_engine.engine.strangers import bare
from incentive_engine.facts import Accepted
from incentive_engine.rulesets.contracts import ASSIGNMENTS

WIDER: Final = ("team", "department")
GAP: Final = "assignment-gap"
_NEVER: Final = dt.date.max
_Fault: TypeAlias = tuple[str, pl.Expr, pl.Expr]
"""A code, the rows that have it, and the reason."""


@dataclass(frozen=True, slots=True)
class Assignments:
    """Where payees were: payee, from, to (empty while it lasts), team and department, sorted; no two rows overlap.

    `payees`: who has any row, also one that is held.
    """

    frame: pl.DataFrame
    payees: pl.Series

    def places(self, days: pl.DataFrame) -> pl.DataFrame:
        """Where payees were: the assignment of each row of `days` (payee, day) of which anything is said."""
        found = days.sort("day").join_asof(
            self.frame.sort("from"), left_on="day", right_on="from", by="payee", check_sortedness=False
        )
        there = pl.col("day") <= pl.col("to").fill_null(_NEVER)
        return found.filter(pl.col("from").is_not_null() & there)


def assignments_in(accepted: Accepted) -> Assignments | None:
    """The assignments among the accepted tables, if there are any."""
    if ASSIGNMENTS not in accepted.tables:
        return None
    frame = accepted.tables[ASSIGNMENTS].frame
    held = accepted.held.filter(pl.col("table") == ASSIGNMENTS, pl.col("payee").is_not_null())["payee"]
    return Assignments(frame, pl.concat([frame["payee"], held]).unique())


def without_overlaps(accepted: Accepted) -> Accepted:
    """What was accepted, without assignments that cannot be right: those are held, and gaps between others listed."""
    if ASSIGNMENTS not in accepted.tables:
        return accepted
    table = accepted.tables[ASSIGNMENTS]
    left, held = table.frame.sort("payee", "from"), [accepted.held]
    for code, wrong, reason in _faults(left, known_people(accepted)):
        held.append(_held(left.filter(wrong), code, reason))
        left = left.filter(~wrong)
    gap = (pl.col("from") - pl.duration(days=1) > _BEFORE).fill_null(False).over("payee")
    told = "nothing says where `{}` was in the days before {}: their facts count for no team"
    held.append(_held(left.filter(gap), GAP, pl.format(told, "payee", "from")))
    return Accepted({**accepted.tables, ASSIGNMENTS: replace(table, frame=left)}, pl.concat(held))


_BEFORE: Final = pl.col("to").fill_null(_NEVER).cum_max().shift(1)
"""The last day of all earlier assignments of a payee."""


def _faults(rows: pl.DataFrame, workforce: pl.DataFrame) -> Iterator[_Fault]:
    """What can be wrong with assignments, in the order in which it is looked for."""
    backwards = (pl.col("to") < pl.col("from")).fill_null(False)
    yield "ends-before-it-starts", backwards, pl.format("it ends on {}, before it starts: correct the days", "to")
    overlap = (pl.col("from") <= _BEFORE).fill_null(False).any().over("payee")
    told = "`{}` is in two places on one day: correct the days. Until then facts about `{}` count for no team"
    yield "overlapping-assignments", overlap, pl.format(told, "payee", "payee")
    for kind in ("payee", *WIDER):
        meant = _misspelt(rows[kind], workforce[kind])
        spelt = pl.col(kind).replace_strict(list(meant), list(meant.values()), default=None, return_dtype=pl.String)
        told = f"no {kind} is called `{{}}`: did you mean `{{}}`?"
        yield f"misspelt-{kind}", spelt.is_not_null(), pl.format(told, kind, spelt)


def _misspelt(named: pl.Series, known: pl.Series) -> dict[str, str]:
    """Names that are a known one's but for capitals, spaces and signs; others may be of teams that there were once."""
    meant = {bare(name): name for name in known.drop_nulls().unique().sort()}
    strangers = set(named.drop_nulls()) - set(known)
    return {name: meant[bare(name)] for name in sorted(strangers) if bare(name) in meant}


def _held(rows: pl.DataFrame, code: str, reason: pl.Expr) -> pl.DataFrame:
    return rows.select(
        pl.lit(ASSIGNMENTS).alias("table"),
        pl.format("payee={}, from={}", "payee", "from").alias("key"),
        pl.col("payee"),
        pl.lit(code).alias("code"),
        reason.alias("reason"),
    )
