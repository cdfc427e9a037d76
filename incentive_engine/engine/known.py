"""Who is known: a payee of whom something is held is nobody strange."""

from __future__ import annotations

import polars as pl

from incentive_engine.facts import Accepted
from incentive_engine.rulesets.contracts import WORKFORCE


def held_people(accepted: Accepted) -> pl.DataFrame:
    """Payees of whom the workforce says something that cannot be used: known, but not paid before it is mended."""
    used_once = pl.col("code") == "duplicate-row"
    held = accepted.held.filter(pl.col("table") == WORKFORCE, pl.col("payee").is_not_null(), ~used_once)
    return held.select("payee").unique().sort("payee")


def known_people(accepted: Accepted) -> pl.DataFrame:
    """Everybody who is known: the workforce, and who is in it with rows that contradict each other."""
    workforce, others = accepted.tables[WORKFORCE].frame, held_people(accepted)
    if others.is_empty():
        return workforce
    return pl.concat([workforce, others.join(workforce, on="payee", how="anti")], how="diagonal")
