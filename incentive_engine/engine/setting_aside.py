"""Facts set aside by the rules of their source, one rule after the other, and listed with the reason.

What one rule sets aside is not there for the next: a test record is not the first of two.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from incentive_engine.engine.named_facts import facts_scope, held_facts
from incentive_engine.facts import Accepted, Table
from incentive_engine.formulas import compile_condition
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.set_aside import SetAside, SetAsideRepeats, SetAsideWhen
from incentive_engine.rulesets.tables import Source

ASIDE: Final = "set-aside"
"""The code of facts that rules set aside."""
_ROW: Final = "\0row"  # no header has this name: it cannot stand in a text file


def without_set_aside(rules: RuleSet, accepted: Accepted) -> Accepted:
    """What was accepted, without the facts that the rules set aside: those are held, and say why."""
    tables, held = dict(accepted.tables), [accepted.held]
    for name, source in rules.sources.items():
        if source.set_aside and name in tables:
            tables[name], refused = _of_source(tables[name], source)
            held += refused
    return Accepted(tables, pl.concat(held))


def _of_source(table: Table, source: Source) -> tuple[Table, list[pl.DataFrame]]:
    facts, held = table.frame, []
    for rule in source.set_aside:
        aside = _aside(facts, rule, source, table)
        reason = pl.lit(reason_of(table.name, rule))
        held.append(held_facts(table.name, facts.filter(aside), source, ASIDE, reason))
        facts = facts.filter(~aside)
    return replace(table, frame=facts), held


def reason_of(source: str, rule: SetAside) -> str:
    """Why a fact is set aside, as the table `held` says it."""
    because = rule.because.get("en") or next(iter(rule.because.values()))
    return f"set aside by a rule of `{source}`: {because}"


def _aside(facts: pl.DataFrame, rule: SetAside, source: Source, table: Table) -> pl.Series:
    """Boolean, never missing: which facts the rule sets aside."""
    if isinstance(rule, SetAsideWhen):
        return facts.with_columns(compile_condition(rule.when, facts_scope(table)).fill_null(False).alias(_ROW))[_ROW]
    if source.share is None or source.id is None:
        return _repeats(facts, rule, source.date)
    once = facts.unique(source.id, keep="first", maintain_order=True)  # the rows of a fact do not repeat each other
    repeats = once.filter(_repeats(once, rule, source.date))[source.id]
    return facts[source.id].is_in(repeats.implode())


def _repeats(facts: pl.DataFrame, rule: SetAsideRepeats, date: str) -> pl.Series:
    """The facts that follow another in time, all of them after the first; those of one moment in the order of rows."""
    day = pl.col(date).cast(pl.Date)
    same = pl.all_horizontal(pl.col(column) == pl.col(column).shift(1) for column in rule.same)
    soon = day <= day.shift(1) + pl.duration(days=rule.within)
    ordered = facts.select(*dict.fromkeys((*rule.same, date))).with_row_index(_ROW).sort(*rule.same, date, _ROW)
    return ordered.select(_ROW, (same & soon).fill_null(False).alias(date)).sort(_ROW)[date]
