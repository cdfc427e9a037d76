"""What a change does to groups of people, by any column of the workforce."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from incentive_engine.errors import InputProblems, Problem, did_you_mean
from incentive_engine.simulation.moving import total
from incentive_engine.simulation.side import Side


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


def grouped(before: Side, after: Side, movements: pl.DataFrame, columns: Sequence[str]) -> tuple[GroupMoved, ...]:
    """Every group of every column, by value. Raises InputProblems for a column that the rules do not know."""
    people = _people(before, after, columns)
    rows = movements.join(people, on="payee", how="left")
    return tuple(
        GroupMoved(
            column,
            None if value is None else str(value),
            str(currency),
            of["payee"].n_unique(),
            total(of["before"]),
            total(of["after"]),
            int((of["difference"] > 0).sum()),
            int((of["difference"] < 0).sum()),
        )
        for column in columns
        for (value, currency), of in rows.sort(column, "currency", nulls_last=True).group_by(
            column, "currency", maintain_order=True
        )
    )


def _people(before: Side, after: Side, columns: Sequence[str]) -> pl.DataFrame:
    """One row per payee of either side: payee and the columns, as they are after."""
    known = [name for name in after.people.columns if name in before.people.columns and not name.startswith("\0")]
    if unknown := [name for name in columns if name not in known]:
        raise InputProblems(
            Problem("unknown-column", f"no column `{name}` of the workforce is read", hint=_hint(name, known))
            for name in unknown
        )
    gone = before.people.join(after.people, on="payee", how="anti")
    texts = [pl.col(name).cast(pl.String).alias(name) for name in columns]
    return pl.concat([each.select("payee", *texts) for each in (after.people, gone)])


def _hint(name: str, known: Sequence[str]) -> str:
    return did_you_mean(name, known) or f"those are read: {', '.join(known)}"
