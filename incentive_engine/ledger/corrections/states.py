"""What went in, step by step: the tables of the paid run, then with what one cause after the other changed.

Every state is made of what is known now, with what has not had its turn as it was: late facts come first, rules and
adjustments last. What was deleted after payment stays in force until somebody decides that it goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import polars as pl

from incentive_engine.engine.dated import dated_tables
from incentive_engine.engine.folder import fingerprint
from incentive_engine.engine.known import known_people
from incentive_engine.engine.named_facts import recognised_by
from incentive_engine.engine.setting_aside import without_set_aside
from incentive_engine.facts import Accepted, ColumnContract, Table, TableContract
from incentive_engine.ledger.corrections.comparing import (
    LABEL,
    QUESTION,
    WHY,
    Difference,
    difference,
    plainly_named,
    question_names,
)
from incentive_engine.rulesets.contracts import ADJUSTMENTS, LEAVE, WORKFORCE
from incentive_engine.rulesets.formula_uses import RESULTS
from incentive_engine.rulesets.loading import Rules

CAUSES: Final = ("late-fact", "changed-fact", "deleted-fact", "person", "rule", "adjustment")
"""The declared order in which what changed is taken into account."""
LATE, CHANGED, DELETED, PERSON, RULE, ADJUSTMENT = range(len(CAUSES))
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    RESULTS: ("subject_kind", "subject", "kpi", "period"),
    ADJUSTMENTS: ("reference",),
}


@dataclass(frozen=True, slots=True)
class Inputs:
    """Rules, and the tables that they read."""

    rules: Rules
    accepted: Accepted


@dataclass(frozen=True)
class Changes:
    """All that is different between what went into a paid run and what is known now.

    `after`: what is known, read by the rules of before; `now`: by the rules of now, the same where they are. `people`:
    who is gone from the workforce: payee, `QUESTION`, `WHY`.
    """

    before: Inputs
    after: Inputs
    now: Inputs
    differences: Mapping[str, Difference]
    """By table: facts, and adjustments."""
    people: pl.DataFrame

    @property
    def gone(self) -> pl.DataFrame:
        """What is gone: question, table, key, payee, why."""
        tables = [*((name, each.deleted) for name, each in self.differences.items()), (WORKFORCE, self.people)]
        told = {"question": pl.col(QUESTION), "key": pl.col(LABEL), "why": pl.col(WHY)}
        return pl.concat(
            rows.select(**told, table=pl.lit(name), payee=self._about(name).cast(pl.String)) for name, rows in tables
        )

    @property
    def counted(self) -> Mapping[str, Mapping[str, int]]:
        """By table, how many facts and adjustments are late, changed and gone, and how many people are gone."""
        counts = {
            name: {"late": each.late, "changed": each.corrected, "gone": each.deleted.height}
            for name, each in self.differences.items()
        }
        return {**counts, WORKFORCE: {"gone": self.people.height}}

    def _about(self, table: str) -> pl.Expr:
        """Whom rows of a table are about."""
        if table == RESULTS:
            return pl.when(pl.col("subject_kind") == "payee").then(pl.col("subject"))
        source = self.before.rules.ruleset.sources.get(table)
        column = "payee" if source is None else source.payee
        return pl.lit(None, pl.String) if column is None else pl.col(column)

    def causes(self, removed: Collection[str]) -> list[int]:
        """The steps that change anything, where the questions of `removed` are decided so."""
        facts = [each for name, each in self.differences.items() if name != ADJUSTMENTS]
        found = {
            LATE: any(each.late for each in facts),
            CHANGED: any(each.corrected for each in facts),
            DELETED: any(_decided(each.deleted, removed) for each in facts),
            PERSON: self._people_differ(removed),
            RULE: self._rules_differ(),
            ADJUSTMENT: self._adjustments_differ(removed),
        }
        return [step for step, there in found.items() if there]

    def state(self, step: int, removed: Collection[str]) -> Inputs:
        """What goes in once a step and all before it are done."""
        inputs = self.now if step >= RULE else self.after
        contracts = {contract.name: contract for contract in inputs.rules.contracts}
        tables = {name: self._table(name, step, removed, contracts[name]) for name in inputs.accepted.tables}
        made = {name: table for name, table in tables.items() if table is not inputs.accepted.tables[name]}
        # What came late may be what an older fact repeats: the rules set aside again.
        once = without_set_aside(inputs.rules.ruleset, Accepted(made, self._held(inputs, step, removed)))
        return Inputs(inputs.rules, Accepted({**tables, **once.tables}, once.held))

    def _table(self, name: str, step: int, removed: Collection[str], contract: TableContract) -> Table:
        inputs = self.now if step >= RULE else self.after
        table, before = inputs.accepted.tables[name], self.before.accepted.tables.get(name)
        if before is None:
            return table if step >= self._turn(name) else replace(table, frame=table.frame.clear())
        if step < self._turn(name):
            return replace(before, frame=in_contract(before.frame, before, contract), scales=table.scales)
        kept, not_yet = self._kept(name, before.frame, table.frame, step, removed), self._not_yet(name, step)
        if kept.is_empty() and not_yet is None:
            return table
        there = table.frame
        if not_yet is not None:
            on = not_yet.columns
            there = there.join(not_yet, on=on, how="anti", nulls_equal=True, maintain_order="left")
        frame = pl.concat([there, in_contract(kept, before, contract)]).sort(contract.key or there.columns)
        parts = (table.fingerprint, before.fingerprint, CAUSES[step], *sorted(removed))
        made_of = fingerprint("\n".join(parts).encode("ascii"))
        return replace(table, frame=frame, fingerprint=made_of, delivered=table.delivered or before.delivered)

    def _kept(
        self, name: str, before: pl.DataFrame, known: pl.DataFrame, step: int, removed: Collection[str]
    ) -> pl.DataFrame:
        """The rows of before that are still in force though they are not so, or not at all, in what is known now.

        Of people who are gone, dated rows as well, where nothing is said of them any more.
        """
        if name in self._tables_of_people:
            silent = _left(self.people, removed).join(known, on="payee", how="anti")
            return before.join(silent, on="payee", how="semi", maintain_order="left")
        if name not in self.differences:
            return before.clear()
        changes = self.differences[name]
        deleted = changes.deleted if step < DELETED else _left(changes.deleted, removed)
        kept = deleted.select(before.columns)
        return pl.concat([kept, changes.changed]) if step < CHANGED else kept

    def _not_yet(self, name: str, step: int) -> pl.DataFrame | None:
        """The keys of rows that are known now and whose turn has not come."""
        changes = self.differences.get(name)
        return changes.instead if changes is not None and step < CHANGED and changes.instead.height else None

    def _turn(self, name: str) -> int:
        if name == ADJUSTMENTS:
            return ADJUSTMENT
        if name in self._tables_of_people:
            return PERSON
        return LATE if name in self.differences else RULE

    def _held(self, inputs: Inputs, step: int, removed: Collection[str]) -> pl.DataFrame:
        """The rows that could not be used, of each table as it is at a step."""
        was, known = self.before.accepted.held, inputs.accepted.held
        names = pl.concat([was["table"], known["table"]]).unique()
        turned = [name for name in names if step >= self._turn(name)]
        kept = was.filter(pl.col("table").is_in(self._tables_of_people)).join(
            _left(self.people, removed), on="payee", how="semi"
        )
        known = known.filter(pl.col("table").is_in(turned), ~self._told())
        return pl.concat([known, was.filter(~pl.col("table").is_in(turned)), kept]).unique(maintain_order=True)

    def _told(self) -> pl.Expr:
        """Held rows of adjustments that were in force: a question tells of them, and they hold nobody."""
        changes = self.differences.get(ADJUSTMENTS)
        gone = [] if changes is None else changes.deleted[LABEL].to_list()
        return (pl.col("table") == ADJUSTMENTS) & pl.col("key").is_in(gone).fill_null(False)

    @cached_property
    def _tables_of_people(self) -> frozenset[str]:
        named = (name for each in (self.before, self.now) for name in dated_tables(each.rules.ruleset))
        return frozenset((WORKFORCE, LEAVE, *named))

    def _people_differ(self, removed: Collection[str]) -> bool:
        """Whether anything is said of anybody that was not, but for those who are gone and of whom nobody decided."""
        names = sorted(self._tables_of_people & self.after.accepted.tables.keys())
        contracts = {contract.name: contract for contract in self.after.rules.contracts}
        was, known = self.before.accepted, self._held(self.after, PERSON, removed)
        return any(
            not was.tables[name].frame.equals(self._table(name, PERSON, removed, contracts[name]).frame)
            or not _alike(was.held, known, name)
            for name in names
        )

    def _rules_differ(self) -> bool:
        if self.now.rules is not self.after.rules:
            return True
        was, known = self.before.accepted, self.after.accepted
        names = (name for name in known.tables if self._turn(name) == RULE)
        return any(
            not was.tables[name].frame.equals(known.tables[name].frame) or not _alike(was.held, known.held, name)
            for name in names
        )

    def _adjustments_differ(self, removed: Collection[str]) -> bool:
        changes = self.differences.get(ADJUSTMENTS)
        if changes is None:
            return False
        other = bool(changes.late or changes.corrected or _decided(changes.deleted, removed))
        return other or not _alike(self.before.accepted.held, self._held(self.now, ADJUSTMENT, removed), ADJUSTMENTS)


def changes(before: Inputs, after: Inputs, now: Inputs, of: str) -> Changes:
    """What is different. `of`: the rule set and the period, in the names of questions."""
    found = {}
    for name, table in after.accepted.tables.items():
        source = before.rules.ruleset.sources.get(name)
        if source is None and name not in _KEYS:
            continue
        key = _KEYS[name] if source is None else (source.id,) if source.id else ()
        named = key if source is None else recognised_by(source)
        held = [plainly_named(each.accepted.held, name) for each in (before, after)]
        found[name] = difference(before.accepted.tables[name], table, key, named, held, f"{of}\0{name}")
    return Changes(before, after, now, found, _gone(before.accepted, after.accepted, of))


def _gone(before: Accepted, after: Accepted, of: str) -> pl.DataFrame:
    """Who was in the workforce and is not there any more: payee, `QUESTION`, `LABEL`, `WHY`."""
    gone = before.tables[WORKFORCE].frame.select("payee").join(known_people(after), on="payee", how="anti")
    gone = gone.sort("payee")
    told = gone.with_columns(pl.col("payee").alias(LABEL), pl.lit(None, pl.String).alias(WHY))
    return told.with_columns(question_names(f"{of}\0{WORKFORCE}", gone))


def in_contract(rows: pl.DataFrame, of: Table, contract: TableContract) -> pl.DataFrame:
    """Rows of a table as another contract has them: what that one reads and they did not have is missing."""
    if rows.schema == contract.schema and all(
        of.scales[each.name].places == each.places for each in _numbers(contract)
    ):
        return rows
    return rows.select(_cells(rows, of, column).alias(column.name) for column in contract.columns)


def _numbers(contract: TableContract) -> Iterator[ColumnContract]:
    return (column for column in contract.columns if column.numeric)


def _cells(rows: pl.DataFrame, of: Table, column: ColumnContract) -> pl.Series:
    if column.name not in rows.columns:
        return pl.repeat(None, rows.height, dtype=column.dtype, eager=True)
    cells = rows[column.name]
    scale = of.scales.get(column.name)
    if not column.numeric or scale is None:
        return cells.cast(column.dtype, strict=False)
    wide, factor = cells.cast(pl.Int128), pl.Series([10 ** abs(column.places - scale.places)], dtype=pl.Int128)
    return (wide * factor if column.places >= scale.places else wide // factor).cast(column.dtype)


def _left(rows: pl.DataFrame, removed: Collection[str]) -> pl.DataFrame:
    """Those of which nobody decided that they go."""
    return rows.filter(~pl.col(QUESTION).is_in(list(removed)))


def _decided(rows: pl.DataFrame, removed: Collection[str]) -> bool:
    return bool(rows[QUESTION].is_in(list(removed)).any())


def _alike(one: pl.DataFrame, other: pl.DataFrame, table: str) -> bool:
    told = (
        held.filter(pl.col("table") == table).select("payee", "code").unique().sort("payee", "code")
        for held in (one, other)
    )
    return next(told).equals(next(told))
