"""What a change does to pay: everybody with it against everybody without it, for whoever decides on it.

Every amount is exact and in the currency that its row names. Amounts in several currencies are never added: whoever is
paid in another one after is gone in the one, and new in the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from incentive_engine.simulation.comparison.causing import Cause, Causes, causes
from incentive_engine.simulation.comparison.crossing import Crossing, Limit, caps_moved, crossings, gates_moved
from incentive_engine.simulation.comparison.grouping import NOBODY, GroupMoved, grouped
from incentive_engine.simulation.comparison.moving import Cost, Fate, Moved, costs, moved, movements, side_by_side
from incentive_engine.simulation.comparison.shares import PlanMoved, customers_share, plans_moved
from incentive_engine.simulation.comparison.side import Side
from incentive_engine.simulation.comparison.spreading import Spread, spreads

MOST: Final = 20
"""How many of those who gain most and lose most are told one by one."""


@dataclass(frozen=True, slots=True)
class Mover:
    """One payee who is paid otherwise; a side without pay is None. The causes add up to the difference."""

    payee: str
    department: str | None
    currency: str
    before: Decimal | None
    after: Decimal | None
    difference: Decimal
    fate: Fate
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class HeldMoved:
    """One payee who is held on one side only: why, in the engine's codes and words; None where they are not."""

    payee: str
    before: str | None
    after: str | None
    reason_before: str | None
    reason_after: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is otherwise on one side than on the other.

    `movements`: one row per payee × currency: payee, currency, before, after, difference, fate. In each currency the
    amounts of `moved`, of the frame, and in that of the rules of `causes`, add up to the difference of `costs`.
    `paid_out`: the cost in the currencies in which people are paid. `gain_most`, `lose_most`: the first twenty.
    """

    costs: tuple[Cost, ...]
    paid_out: tuple[Cost, ...]
    customers_before: Decimal | None
    customers_after: Decimal | None
    plans: tuple[PlanMoved, ...]
    moved: tuple[Moved, ...]
    causes: tuple[Cause, ...]
    gain_most: tuple[Mover, ...]
    lose_most: tuple[Mover, ...]
    groups: tuple[GroupMoved, ...]
    spreads: tuple[Spread, ...]
    crossings: tuple[Crossing, ...]
    gates: tuple[Limit, ...]
    caps: tuple[Limit, ...]
    held_before: int
    held_after: int
    held: tuple[HeldMoved, ...]
    movements: pl.DataFrame


def compared(before: Side, after: Side, by: Sequence[str] = ("department",), also: pl.DataFrame = NOBODY) -> Comparison:
    """What is otherwise after than before.

    `by`: columns of the workforce by which people are grouped; `also`: those of them that no rule reads, as
    `grouping.columns_besides` finds them.
    """
    rows, brought = movements(before, after), causes(before, after)
    paid_out = side_by_side(before.paid_out, after.paid_out, ["currency"], "amount")
    return Comparison(
        costs=costs(rows),
        paid_out=costs(paid_out),
        customers_before=customers_share(before),
        customers_after=customers_share(after),
        plans=plans_moved(before, after),
        moved=moved(rows),
        causes=brought.of_all(),
        gain_most=_movers(rows.filter(pl.col("difference") > 0), brought, before, after),
        lose_most=_movers(rows.filter(pl.col("difference") < 0), brought, before, after),
        groups=grouped(before, after, rows, by, also),
        spreads=spreads(rows),
        crossings=crossings(before, after),
        gates=gates_moved(before, after),
        caps=caps_moved(before, after),
        held_before=before.held_people.height,
        held_after=after.held_people.height,
        held=tuple(_held(before, after)),
        movements=rows,
    )


def _movers(rows: pl.DataFrame, brought: Causes, before: Side, after: Side) -> tuple[Mover, ...]:
    """The first of each currency by what they gain or lose."""
    order = [pl.col("currency"), pl.col("difference").abs(), pl.col("payee")]
    first = rows.sort(order, descending=[False, True, False]).group_by("currency", maintain_order=True).head(MOST)
    known = first.join(departments(before, after), on="payee", how="left", maintain_order="left")
    told = brought.of_each(first["payee"])
    columns = ("payee", "department", "currency", "before", "after", "difference", "fate")
    return tuple(
        Mover(**row, causes=told.get(row["payee"], ()) if row["currency"] == after.currency else ())
        for row in known.select(columns).iter_rows(named=True)
    )


def departments(before: Side, after: Side) -> pl.DataFrame:
    """Payee and department of everybody: after or, for those who are gone, before."""
    nobody = pl.DataFrame(schema={"payee": pl.String, "department": pl.String})
    known = (each.people for each in (after, before) if "department" in each.people.columns)
    people = pl.concat([nobody, *(each.select("payee", "department") for each in known)])
    return people.unique("payee", keep="first", maintain_order=True)


def _held(before: Side, after: Side) -> list[HeldMoved]:
    both = before.held_people.join(after.held_people, on="payee", how="full", coalesce=True, suffix="_after")
    moved = both.filter(pl.col("code").is_null() != pl.col("code_after").is_null()).sort("payee")
    return [
        HeldMoved(*row) for row in moved.select("payee", "code", "code_after", "reason", "reason_after").iter_rows()
    ]
