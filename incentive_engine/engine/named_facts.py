"""How facts are named: their columns in formulas, and those that are not used as held rows."""

from __future__ import annotations

import polars as pl

from incentive_engine.exact import Exact
from incentive_engine.facts import Table
from incentive_engine.formulas import Scope
from incentive_engine.rulesets.clocks import MICROSECONDS, hours
from incentive_engine.rulesets.tables import Source


def facts_scope(table: Table) -> Scope:
    """The columns of facts, as formulas name them; and the hours of cases."""
    scope: dict[str, Exact | pl.Expr] = {
        column: Exact.column(column, table.scales[column]) if column in table.scales else pl.col(column)
        for column in table.frame.columns
    }
    return {**scope, "hours": hours(table.scales[MICROSECONDS])} if MICROSECONDS in table.scales else scope


def held_facts(table: str, facts: pl.DataFrame, source: Source, code: str, reason: pl.Expr) -> pl.DataFrame:
    """One held row per fact: table, key, payee, code, reason; `reason` may use the columns of the facts.

    A fact is named by its id, with the payee where several share it; without an id by whom it is about and when.
    """
    return facts.select(
        pl.lit(table).alias("table"),
        _key(source).alias("key"),
        (pl.col(source.payee) if source.payee else pl.lit(None, pl.String)).alias("payee"),
        pl.lit(code).alias("code"),
        reason.alias("reason"),
    )


def recognised_by(source: Source) -> tuple[str, ...]:
    """The columns by which people recognise a fact."""
    about = source.payee or source.team or source.department
    return source.key or tuple(dict.fromkeys([*([about] if about else []), source.date]))


def _key(source: Source) -> pl.Expr:
    columns = recognised_by(source)
    parts = [pl.concat_str(pl.lit(f"{each}="), pl.col(each).cast(pl.String).fill_null("")) for each in columns]
    return pl.concat_str(parts, separator=", ")
