"""Who is paid more, who less, and who is paid only before or only after: together they are what a change costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, get_args

import polars as pl

from incentive_engine.simulation.comparison.side import Side

Fate = Literal["gains", "loses", "same", "new", "gone", "held", "held_before"]
"""`new` and `gone` are paid on one side only; `held` and `held_before` are held on the other."""
FATES: Final[tuple[Fate, ...]] = get_args(Fate)


@dataclass(frozen=True, slots=True)
class Cost:
    """What everybody is paid in one currency."""

    currency: str
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        """What the change costs; negative where it saves."""
        return self.after - self.before

    @property
    def share(self) -> Decimal | None:
        """The difference as a part of what was paid, to 0.01 %; None where nothing was paid."""
        return round(self.difference / self.before, 4) if self.before else None


@dataclass(frozen=True, slots=True)
class Moved:
    """Those of one fate, in one currency: how many, and the sum of their differences."""

    currency: str
    fate: Fate
    payees: int
    amount: Decimal


def side_by_side(before: pl.DataFrame, after: pl.DataFrame, keys: Sequence[str], amount: str) -> pl.DataFrame:
    """One row per key of either side: keys, before, after, difference; a side that has no such row is missing.

    A missing side counts as nothing in the difference.
    """
    sides = [
        frame.select(*keys, pl.col(amount).alias("amount"), pl.lit(side).alias("side"))
        for side, frame in (("before", before), ("after", after))
    ]
    rows = pl.concat(sides, how="vertical_relaxed").filter(pl.col("amount").is_not_null())
    of = {side: pl.col("amount").filter(pl.col("side") == side) for side in ("before", "after")}
    known = (pl.when(amounts.len() > 0).then(amounts.sum()).alias(side) for side, amounts in of.items())
    both = rows.group_by(keys).agg(*known, (of["after"].sum() - of["before"].sum()).alias("difference"))
    return both.sort(keys, nulls_last=True)


def movements(before: Side, after: Side) -> pl.DataFrame:
    """One row per payee × currency paid before or after: payee, currency, before, after, difference, fate."""
    both = side_by_side(before.amounts, after.amounts, ["payee", "currency"], "amount")
    held = {name: pl.col("payee").is_in(each.held_people["payee"].implode()) for name, each in
            (("before", before), ("after", after))}  # fmt: skip
    new, gone = pl.col("before").is_null(), pl.col("after").is_null()
    fate = (
        pl.when(new & held["before"]).then(pl.lit("held_before"))
        .when(new).then(pl.lit("new"))
        .when(gone & held["after"]).then(pl.lit("held"))
        .when(gone).then(pl.lit("gone"))
        .when(pl.col("difference") > 0).then(pl.lit("gains"))
        .when(pl.col("difference") < 0).then(pl.lit("loses"))
        .otherwise(pl.lit("same"))
    )  # fmt: skip
    return both.with_columns(fate.alias("fate"))


def costs(movements: pl.DataFrame) -> tuple[Cost, ...]:
    """What is paid in each currency; one that somebody is paid in on either side."""
    return tuple(
        Cost(str(currency), total(rows["before"]), total(rows["after"]))
        for (currency,), rows in movements.group_by("currency", maintain_order=True)
    )


def moved(movements: pl.DataFrame) -> tuple[Moved, ...]:
    """How many have each fate, and what it amounts to; in each currency these add up to its cost."""
    found = []
    for (currency,), rows in movements.group_by("currency", maintain_order=True):
        by_fate = rows.partition_by("fate", as_dict=True)
        for fate in FATES:
            each = by_fate.get((fate,), rows.clear())
            found.append(Moved(str(currency), fate, each.height, total(each["difference"])))
    return tuple(found)


def total(amounts: pl.Series) -> Decimal:
    """The exact sum; zero of nothing."""
    found = amounts.sum()
    return found if isinstance(found, Decimal) else Decimal(0)
