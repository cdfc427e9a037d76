"""Dated tables about people: what is wrong with them is found before anything is counted, and who was where is said.

Rows of a payee that overlap are all held, and so is the payee: a guess would pay somebody for what another did. Facts
of days on which nothing says where the payee was count for nobody's team.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import polars as pl

from incentive_engine.engine.known import known_people
from incentive_engine.engine.strangers import among, bare, strange_names
from incentive_engine.facts import HELD_SCHEMA, Accepted, Table
from incentive_engine.rulesets.contracts import ASSIGNMENTS, EMPLOYMENT, LEAVE, WORKFORCE
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.people import Assignments, Employment, History

WIDER: Final = ("team", "department")
NOTED: Final = ("assignment-gap", "history-gap", "after-leaving")
"""What is told of rows that are used all the same."""
NEVER: Final = dt.date.max
_LEFT: Final = "\0left"  # no header is so
TableFault: TypeAlias = tuple[str, pl.Expr, pl.Expr]
"""A code, the rows that have it, and the reason."""
_UNTIL: Final = pl.when(pl.col("payee") == pl.col("payee").shift()).then(pl.col("to").fill_null(NEVER).shift())
"""The last day of the row before, where it is of the same payee: rows are sorted by payee and first day."""


def dated_tables(rules: RuleSet) -> Mapping[str, Employment | Assignments | History]:
    """The tables that say of each payee what was so from which day to which, by the names they are accepted under."""
    known = {EMPLOYMENT: rules.employment, ASSIGNMENTS: rules.assignments}
    return {**{name: table for name, table in known.items() if table is not None}, **rules.history}


@dataclass(frozen=True, slots=True)
class Places:
    """Where payees were: payee, from, to (empty while it lasts), team and department, sorted; no two rows overlap.

    `payees`: who has any row, also one that is held.
    """

    frame: pl.DataFrame
    payees: pl.Series

    def on(self, days: pl.DataFrame) -> pl.DataFrame:
        """Where payees were: the assignment of each row of `days` (payee, day) of which anything is said."""
        found = days.sort("day").join_asof(
            self.frame.sort("from"), left_on="day", right_on="from", by="payee", check_sortedness=False
        )
        there = pl.col("day") <= pl.col("to").fill_null(NEVER)
        return found.filter(pl.col("from").is_not_null() & there)


def places_in(accepted: Accepted) -> Places | None:
    """The assignments among the accepted tables, if there are any."""
    if ASSIGNMENTS not in accepted.tables:
        return None
    frame = accepted.tables[ASSIGNMENTS].frame
    held = accepted.held.filter(pl.col("table") == ASSIGNMENTS, pl.col("payee").is_not_null())["payee"]
    return Places(frame, pl.concat([frame["payee"], held]).unique())


def without_faults(rules: RuleSet, accepted: Accepted) -> Accepted:
    """What was accepted, without rows of dated tables that cannot be right: those are held, and gaps are listed."""
    known, tables, held = known_people(accepted), dict(accepted.tables), [accepted.held]
    for name in [*dated_tables(rules), *([LEAVE] if rules.leave else [])]:
        left = tables[name].frame
        for code, wrong, reason in _faults(rules, name, left, known):
            held.append(held_rows(name, left.filter(wrong), code, reason))
            left = left.filter(~wrong)
        tables[name] = replace(tables[name], frame=left)
        held += [held_rows(name, left.filter(rows), code, reason) for code, rows, reason in _notes(name, tables)]
    held.append(_leaving_before_hire(tables))
    held += [_after_leaving(name, tables) for name in tables if name in (*dated_tables(rules), LEAVE)]
    return Accepted(tables, pl.concat(held))


def _notes(table: str, tables: Mapping[str, Table]) -> Iterator[TableFault]:
    """What is odd in a dated table, though its rows can be used: days that no row between others speaks of.

    Between two employments nothing has to be said: of who has several, a run looks at the days of its period.
    """
    gap = pl.col("from") - pl.duration(days=1) > _UNTIL
    if table == ASSIGNMENTS:
        told = "nothing says where `{}` was in the days before {}: their facts count for no team"
        yield "assignment-gap", gap, pl.format(told, "payee", "from")
    elif table not in (EMPLOYMENT, LEAVE):
        told = "nothing says what was so of `{}` in the days before {}: say it, or who was there then is held"
        times = tables[EMPLOYMENT].frame["payee"] if EMPLOYMENT in tables else pl.Series(dtype=pl.String)
        yield "history-gap", gap & ~among("payee", times), pl.format(told, "payee", "from")


def _leaving_before_hire(tables: Mapping[str, Table]) -> pl.DataFrame:
    """Payees who have left before they were hired, and of whom `employment` says nothing else: held rows."""
    workforce = tables[WORKFORCE].frame
    if not {"hired", "left"} <= set(workforce.columns):
        return pl.DataFrame(schema=HELD_SCHEMA)
    backwards = workforce.filter(pl.col("left") < pl.col("hired"))
    if EMPLOYMENT in tables:
        backwards = backwards.join(tables[EMPLOYMENT].frame, on="payee", how="anti")
    return backwards.select(
        pl.lit(WORKFORCE).alias("table"),
        pl.col("payee").alias("key"),
        pl.col("payee"),
        pl.lit("leaves-before-hire").alias("code"),
        pl.format("`left` is {}, before `hired`, which is {}: correct one of them", "left", "hired").alias("reason"),
    )


def _after_leaving(name: str, tables: Mapping[str, Table]) -> pl.DataFrame:
    """Rows that begin after their payee has left: one of the two days is wrong, or the row means nothing."""
    ends = [pl.DataFrame(schema={"payee": pl.String, _LEFT: pl.Date})]
    if EMPLOYMENT in tables:
        until = pl.col("to").fill_null(NEVER).max().alias(_LEFT)
        ends.append(tables[EMPLOYMENT].frame.group_by("payee").agg(until))
    workforce = tables[WORKFORCE].frame
    if "left" in workforce.columns:
        others = workforce.join(ends[-1], on="payee", how="anti")
        ends.append(others.select("payee", pl.col("left").alias(_LEFT)).drop_nulls())
    late = tables[name].frame.join(pl.concat(ends), on="payee").filter(pl.col("from") > pl.col(_LEFT))
    told = "it begins on {}, and `{}` left on {}: correct one of the days"
    return held_rows(name, late, "after-leaving", pl.format(told, "from", "payee", _LEFT))


def _faults(rules: RuleSet, table: str, rows: pl.DataFrame, known: pl.DataFrame) -> Iterator[TableFault]:
    """What can be wrong with rows of a dated table, in the order in which it is looked for."""
    backwards = (pl.col("to") < pl.col("from")).fill_null(False)
    yield "ends-before-it-starts", backwards, pl.format("it ends on {}, before it starts: correct the days", "to")
    if table == LEAVE and rules.leave is not None:
        unknown = ~pl.col("type").is_in(list(rules.leave.places))
        yield "unknown-leave-type", unknown, pl.lit(_NO_TYPE)
    else:
        twice = rows.filter(~backwards).filter(pl.col("from") <= _UNTIL)["payee"]
        yield f"overlapping-{table}", among("payee", twice), pl.format(_OVERLAPS.get(table, _OVERLAP), "payee")
    named = ("payee", *WIDER) if table == ASSIGNMENTS else ("payee",)
    for kind in named:
        meant = misspelt_names(rows[kind], known[kind])
        spelt = pl.col(kind).replace_strict(list(meant), list(meant.values()), default=None, return_dtype=pl.String)
        told = f"no {kind} is called `{{}}`: did you mean `{{}}`?"
        yield f"misspelt-{kind}", spelt.is_not_null(), pl.format(told, kind, spelt)


_NO_TYPE: Final = "the rules do not know this type of leave: add it to `leave: types`, or to the `codes` of one of them"
_OVERLAP: Final = "two rows speak of one day of `{}`: correct the days"
_OVERLAPS: Final = {
    ASSIGNMENTS: "`{}` is in two places on one day: correct the days. Until then their facts count for no team",
}


def misspelt_names(named: pl.Series, known: pl.Series) -> dict[str, str]:
    """Names that are a known one's but for capitals, spaces and signs; others may be of teams that there were once."""
    strangers = strange_names(named, known).drop_nulls()
    if strangers.is_empty():
        return {}
    meant = {bare(name): name for name in known.drop_nulls().unique().sort()}
    return {name: meant[bare(name)] for name in strangers if bare(name) in meant}


def held_rows(table: str, rows: pl.DataFrame, code: str, reason: pl.Expr) -> pl.DataFrame:
    """Rows of a dated table that are not used, as held rows."""
    return rows.select(
        pl.lit(table).alias("table"),
        pl.format("payee={}, from={}", "payee", "from").alias("key"),
        pl.col("payee"),
        pl.lit(code).alias("code"),
        reason.alias("reason"),
    )
