"""Facts that several payees share: one row per fact and payee, with the share of each.

What the rows of a fact say is looked at before anything is counted. Where the shares do not add up, or the rows differ
in what happened, nobody can know what is right: all of them are held.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from incentive_engine.engine.named_facts import held_facts
from incentive_engine.exact import Scale
from incentive_engine.facts import Accepted, Table
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.tables import Source

_SUM: Final = "\0sum"  # no header has these names: they cannot stand in a text file
_DIFFERING: Final = "\0differing"


def without_broken_shares(rules: RuleSet, accepted: Accepted) -> Accepted:
    """What was accepted, without shared facts that do not add up to one fact: their rows are held."""
    tables, held = dict(accepted.tables), [accepted.held]
    for name, source in rules.sources.items():
        if source.share is not None and name in tables:
            tables[name], refused = _of_source(tables[name], source, source.share)
            held += refused
    return Accepted(tables, pl.concat(held))


def _of_source(table: Table, source: Source, share: str) -> tuple[Table, list[pl.DataFrame]]:
    own = (source.id, source.payee, source.team, source.department, share)
    alike = [column for column in table.frame.columns if column not in own]
    differing = [pl.when(pl.col(each).n_unique().over(source.id) > 1).then(pl.lit(f"`{each}`")) for each in alike]
    scale = table.scales[share]
    facts = table.frame.with_columns(
        pl.concat_str(differing, separator=", ", ignore_nulls=True).alias(_DIFFERING),
        pl.col(share).cast(pl.Int128).sum().over(source.id).alias(_SUM),
    )
    differ, short = pl.col(_DIFFERING) != "", pl.col(_SUM) != 10**scale.places
    contradicting = pl.format("the rows of `{}` differ in {}: they must say the same of it", source.id, _DIFFERING)
    told = "the shares of `{}` add up to {}, not to 1: nothing of it counts; of three thirds, write one as 0.333334"
    not_100 = pl.format(told, source.id, _written(scale))
    held = [
        held_facts(table.name, facts.filter(differ), source, "contradicting-rows", contradicting),
        held_facts(table.name, facts.filter(short & ~differ), source, "shares-not-100", not_100),
    ]
    return replace(table, frame=facts.filter(~differ & ~short).drop(_SUM, _DIFFERING)), held


def _written(scale: Scale) -> pl.Expr:
    """The sum of the shares, as people write it."""
    decimal = pl.col(_SUM).reinterpret(dtype=pl.Decimal(38, scale.places)).cast(pl.String)
    return decimal.str.strip_chars_end("0").str.strip_chars_end(".")
