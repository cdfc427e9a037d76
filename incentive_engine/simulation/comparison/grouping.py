"""What a change does to groups of people, by any column of the workforce."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Final

import polars as pl

from incentive_engine.facts import ColumnContract, accept
from incentive_engine.rulesets.contracts import WORKFORCE
from incentive_engine.rulesets.loading import Rules
from incentive_engine.simulation.comparison.moving import total
from incentive_engine.simulation.comparison.side import Side


@dataclass(frozen=True, slots=True)
class GroupMoved:
    """Those who have one value of a column, in one currency; `value` is None where the column is empty.

    Whoever has another value after counts there on both sides: a move between groups costs nothing.
    """

    column: str
    value: str | None
    currency: str
    payees: int
    before: Decimal
    after: Decimal
    gain: int
    lose: int

    @property
    def difference(self) -> Decimal:
        """What the change costs for these people."""
        return self.after - self.before

    @property
    def share(self) -> Decimal | None:
        """The difference as a part of what they were paid, to 0.01 %; None where they were paid nothing."""
        return round(self.difference / self.before, 4) if self.before else None


NOBODY: Final = pl.DataFrame(schema={"payee": pl.String})
_VALUE: Final = "\0value"  # no header is so: a workforce may have a `currency` or a `fate` of its own


def grouped(
    before: Side, after: Side, movements: pl.DataFrame, columns: Sequence[str], also: pl.DataFrame = NOBODY
) -> tuple[GroupMoved, ...]:
    """Every group of every column, by value; `also`: what `columns_besides` found in the workforce."""
    people = _people(before, after, columns, also)
    found = []
    for column in columns:
        values = people.select("payee", pl.col(column).alias(_VALUE))
        rows = movements.join(values, on="payee", how="left").sort(_VALUE, "currency", nulls_last=True)
        for (value, currency), of in rows.group_by(_VALUE, "currency", maintain_order=True):
            found.append(_group(column, None if value is None else str(value), str(currency), of))
    return tuple(found)


def _group(column: str, value: str | None, currency: str, rows: pl.DataFrame) -> GroupMoved:
    return GroupMoved(
        column,
        value,
        currency,
        rows["payee"].n_unique(),
        total(rows["before"]),
        total(rows["after"]),
        int((rows["difference"] > 0).sum()),
        int((rows["difference"] < 0).sum()),
    )


def columns_besides(rules: Rules, side: Side, data: Path, columns: Sequence[str]) -> pl.DataFrame:
    """One row per payee of the workforce's file: payee, and those of the columns that no rule reads, as text.

    Raises InputProblems for a column that is not there.
    """
    unread = [name for name in columns if name not in side.people.columns]
    if not unread:
        return NOBODY
    (contract,) = (each for each in rules.contracts if each.name == WORKFORCE)
    payee = next(each for each in contract.columns if each.name == "payee")
    texts = (ColumnContract(name, name, "text", required=True, nullable=True) for name in unread)
    accepted = accept([replace(contract, columns=(payee, *texts))], data, rules.ruleset.timezone)
    return accepted.tables[WORKFORCE].frame.select("payee", *unread)


def _people(before: Side, after: Side, columns: Sequence[str], also: pl.DataFrame) -> pl.DataFrame:
    """One row per payee of either side: payee and the columns, as they are after."""
    gone = before.people.join(after.people, on="payee", how="anti")
    everybody = pl.concat([after.people, gone], how="diagonal_relaxed").join(also, on="payee", how="left")
    return everybody.select("payee", *(pl.col(name).cast(pl.String) for name in columns if name != "payee"))
