"""What was known on a day: facts say when they were recorded, and the last record of a fact is the one that counts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.facts import Accepted, Table
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.tables import Source


def recorded(rules: RuleSet, accepted: Accepted, as_of: dt.date | None) -> Accepted:
    """What was accepted, as it was known at the end of a day, or today: of each fact the last record.

    Raises InputProblems where a day is asked for and nothing says when facts were recorded.
    """
    sources = {name: each for name, each in rules.sources.items() if each.recorded and name in accepted.tables}
    if as_of is not None and not sources:
        hint = "name the column with the day: `sources: {surveys: {recorded: recorded_on, ...}}`"
        raise InputProblems([Problem("nothing-recorded", "nothing says when facts were recorded", hint=hint)])
    tables = {name: _known(accepted.tables[name], source, as_of) for name, source in sources.items()}
    return replace(accepted, tables={**accepted.tables, **tables})


def _known(table: Table, source: Source, as_of: dt.date | None) -> Table:
    facts, day = table.frame, pl.col(source.recorded or "")
    facts = facts if as_of is None else facts.filter(day <= as_of)
    if source.id is not None:
        facts = facts.filter((day == day.max().over(source.id)) | pl.col(source.id).is_null())
    return replace(table, frame=facts)
