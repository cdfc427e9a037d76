"""What brings a difference in pay: which measure and which step, from 100 % of target pay down to the payout.

A contribution would not say it: where a cap bites, every measure brings less, and where a weight grows, every other
loses money that its result did not lose. So the differences are those of the bars of the statement's waterfall, which
add up to the payout on both sides, hence to the difference. Where a formula or a pool decides there are no bars: there,
and for whoever is paid so on either side, it is what each measure contributed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

import polars as pl

from incentive_engine.compiler.inputs import SEGMENT
from incentive_engine.compiler.waterfall import PAID, BarKind, bars_of
from incentive_engine.engine.waterfall import waterfalls
from incentive_engine.kinds.base import Label
from incentive_engine.rulesets.adjustments import ADJUSTMENT, GUARANTEE
from incentive_engine.rulesets.resolving import ROOT, nodes_under
from incentive_engine.simulation.moving import side_by_side, total
from incentive_engine.simulation.side import Side

CauseKind = Literal[BarKind, "unearned", "guarantee", "adjustment", "release"]
CAUSE: Final = ("kind", "node", "number")
_MONEY: Final = pl.Decimal(38, 12)
_PART: Final = {"payee": pl.String(), "kind": pl.String(), "node": pl.String(), "number": pl.Int32(), "amount": _MONEY}
_LINE: Final = ["payee", "plan", SEGMENT]


@dataclass(frozen=True, slots=True)
class Cause:
    """One measure or step: what it brings before and after, to how many payees otherwise than before.

    `kind`: `start` is the pay for 100 %; `unearned` what no measure earned; the last three are decisions. `number`
    counts from 1 among the steps of its kind at a node.
    """

    kind: CauseKind
    node: str
    number: int
    title: Label
    payees: int
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        """What it costs that this is otherwise; negative where it saves."""
        return self.after - self.before


def causes(before: Side, after: Side) -> pl.DataFrame:
    """One row per payee × cause: payee, kind, node, number, before, after, difference, in the rules' currency.

    For every payee the sides add up to what is paid before and after. No rows where the currencies differ.
    """
    if before.currency != after.currency:
        return side_by_side(pl.DataFrame(schema=_PART), pl.DataFrame(schema=_PART), ["payee", *CAUSE], "amount")
    falls = [waterfalls(each.rules, tuple(each.plans.values()), each.traces) for each in (before, after)]
    plain = pl.concat([_without_bars(each, fall) for each, fall in zip((before, after), falls, strict=True)]).unique()
    then, now = (_parts(each, fall, plain) for each, fall in zip((before, after), falls, strict=True))
    both = side_by_side(then, now, ["payee", *CAUSE], "amount")
    return both.cast({name: _money(before, after) for name in ("before", "after", "difference")})


def _money(*sides: Side) -> pl.Decimal:
    """The type that holds what is paid: bars and contributions are rounded as payouts are."""
    types = (each.amounts.schema["amount"] for each in sides)
    return pl.Decimal(38, max(type_.scale for type_ in types if isinstance(type_, pl.Decimal)))


def summed(causes: pl.DataFrame, before: Side, after: Side) -> tuple[Cause, ...]:
    """The causes of everybody's differences, the largest first; what is the same for all is left out."""
    titles = _titles(before) | _titles(after)
    found = []
    for (kind, node, number), rows in causes.group_by(CAUSE, maintain_order=True):
        moved = int((rows["difference"] != 0).sum())
        title = titles.get(str(node), {})
        sums = total(rows["before"]), total(rows["after"])
        if moved:
            found.append(Cause(kind, str(node), int(str(number)), title, moved, *sums))
    return tuple(sorted(found, key=lambda cause: (-abs(cause.difference), cause.kind, cause.node, cause.number)))


def _titles(side: Side) -> dict[str, Label]:
    nodes = [node for plan in side.plans.values() for node in nodes_under(plan.root)]
    return {node.path: node.title for node in nodes if node.path != ROOT}


def _without_bars(side: Side, fall: pl.DataFrame) -> pl.DataFrame:
    """The payees of whom some part of the pay has no bars."""
    lines = side.contributions.filter(pl.col("pay").is_not_null()).select(_LINE).unique()
    return lines.join(fall, on=_LINE, how="anti").select("payee").unique()


def _parts(side: Side, fall: pl.DataFrame, plain: pl.DataFrame) -> pl.DataFrame:
    """One row per payee × cause: what it brings; `plain`: those whose pay is told by contributions."""
    rows = [pl.DataFrame(schema=_PART), *_bars(side, fall.join(plain, on="payee", how="anti"))]
    brought = side.contributions.filter(pl.col("pay").is_not_null())
    decided = pl.col("source").is_in([GUARANTEE, ADJUSTMENT])
    rows += [
        _part(brought.filter(pl.col("measure").is_null(), decided), pl.col("source"), pl.lit(ROOT), "pay"),
        _part(side.released.filter(currency=side.currency), pl.lit("release"), pl.lit(ROOT), "amount"),
    ]
    earned = brought.join(plain, on="payee", how="semi").filter(
        pl.col("measure").is_not_null() | ~decided.fill_null(False)
    )
    kind = pl.when(pl.col("measure").is_null()).then(pl.lit("unearned")).otherwise(pl.lit("measure"))
    rows.append(_part(earned, kind, pl.col("measure").fill_null(ROOT), "pay"))
    return pl.concat(rows).group_by("payee", *CAUSE).agg(pl.col("amount").sum())


def _part(rows: pl.DataFrame, kind: pl.Expr, node: pl.Expr, amount: str) -> pl.DataFrame:
    number, money = pl.lit(1, pl.Int32).alias("number"), pl.col(amount).cast(_MONEY).alias("amount")
    return rows.select("payee", kind.alias("kind"), node.alias("node"), number, money)


def _bars(side: Side, fall: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """What each bar adds to those before it."""
    for (plan,), rows in fall.group_by("plan", maintain_order=True):
        bars = bars_of(side.plans[str(plan)])
        reached = rows[PAID].cast(pl.List(_MONEY)).list.to_array(len(bars))
        for at, bar in enumerate(bars):
            added = reached.arr.get(at) - (reached.arr.get(at - 1) if at else 0)
            yield rows.select(
                "payee",
                pl.lit(bar.kind).alias("kind"),
                pl.lit(bar.node).alias("node"),
                pl.lit(bar.number, pl.Int32).alias("number"),
                added.cast(_MONEY).alias("amount"),
            )
