"""What brings a difference in pay: which measure and which step, from 100 % of target pay down to the payout.

A contribution would not say it: where a cap bites, every measure brings less, and where a weight grows, every other
loses money that its result did not lose. So the differences are those of the bars of the statement's waterfall, which
add up to the payout on both sides, hence to the difference. Where a formula or a pool decides there are no bars: there,
and for whoever is paid so on either side, it is what each measure contributed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

import polars as pl

from incentive_engine.compiler.inputs import SEGMENT
from incentive_engine.compiler.waterfall import PAID, BarKind, bars_of
from incentive_engine.kinds.base import Label
from incentive_engine.rulesets.adjustments import ADJUSTMENT, GUARANTEE
from incentive_engine.rulesets.resolving import ROOT, nodes_under
from incentive_engine.simulation.comparison.shares import written
from incentive_engine.simulation.comparison.side import Side

CauseKind = Literal[BarKind, "unearned", "guarantee", "adjustment", "release"]
_LINE: Final = ["payee", "plan", SEGMENT]
_BETWEEN: Final = "\0"
"""Between kind, node and number in the name of a cause's column; no name has it."""


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


@dataclass(frozen=True, slots=True)
class Causes:
    """What brings everybody's pay, before and after, in the rules' currency.

    `then`, `now`: one row per payee, the same in both: payee, and what each cause brings, as a column of its own.
    """

    then: pl.DataFrame
    now: pl.DataFrame
    titles: Mapping[str, Label]

    def of_all(self) -> tuple[Cause, ...]:
        """The causes of everybody's differences, the largest first; what is the same for each of them is left out."""
        names = self.then.columns[1:]
        moved = [int((self.then[name] != self.now[name]).sum()) for name in names]
        return self._told(moved, [_sum(self.then[name]) for name in names], [_sum(self.now[name]) for name in names])

    def of_each(self, payees: pl.Series) -> dict[str, tuple[Cause, ...]]:
        """The same of some payees, each alone."""
        theirs = pl.col("payee").is_in(payees.implode())
        rows = zip(self.then.filter(theirs).iter_rows(), self.now.filter(theirs).iter_rows(), strict=True)
        return {
            then[0]: self._told([int(a != b) for a, b in zip(then[1:], now[1:], strict=True)], then[1:], now[1:])
            for then, now in rows
        }

    def _told(self, moved: Sequence[int], then: Sequence[Decimal], now: Sequence[Decimal]) -> tuple[Cause, ...]:
        found = []
        for name, payees, *amounts in zip(self.then.columns[1:], moved, then, now, strict=True):
            kind, node, number = name.split(_BETWEEN)
            if payees:
                title = self.titles.get(node, {})
                found.append(Cause(kind, node, int(number), title, payees, *amounts))  # type: ignore[arg-type]
        return tuple(sorted(found, key=lambda cause: (-abs(cause.difference), cause.kind, cause.node, cause.number)))


def causes(before: Side, after: Side) -> Causes:
    """What brings the differences of everybody; nothing where the rules' currencies differ."""
    titles = _titles(before, after)
    if before.currency != after.currency:
        nobody = pl.DataFrame(schema={"payee": pl.String})
        return Causes(nobody, nobody, titles)
    plain = pl.concat([_without_bars(each) for each in (before, after)]).unique()
    money = _money(before, after)
    then, now = (_parts(each, plain, money) for each in (before, after))
    payees = pl.concat([then.select("payee"), now.select("payee")]).unique().sort("payee")
    names = dict.fromkeys([*then.columns, *now.columns])
    then, now = (_aligned(each, payees, list(names), money) for each in (then, now))
    return Causes(then, now, titles)


def _aligned(parts: pl.DataFrame, payees: pl.DataFrame, names: Sequence[str], money: pl.Decimal) -> pl.DataFrame:
    nothing = pl.lit(Decimal(0)).cast(money)
    known = payees.join(parts, on="payee", how="left", maintain_order="left")
    amounts = ((pl.col(name) if name in parts.columns else pl.lit(None, money)).fill_null(nothing).alias(name)
               for name in names[1:])  # fmt: skip
    return known.select("payee", *amounts)


def _money(*sides: Side) -> pl.Decimal:
    """The type that holds what is paid: bars and contributions are rounded as payouts are."""
    types = (each.amounts.schema["amount"] for each in sides)
    return pl.Decimal(38, max(type_.scale for type_ in types if isinstance(type_, pl.Decimal)))


def _titles(*sides: Side) -> dict[str, Label]:
    """What each node is called, with the plans that have it where others are called the same."""
    titles, plans = dict[str, Label](), dict[str, dict[str, Label]]()
    for plan in (plan for side in sides for plan in side.plans.values()):
        for node in nodes_under(plan.root):
            if node.path != ROOT:
                titles[node.path] = node.title
                plans.setdefault(node.path, {})[written(plan.name)] = plan.title
    told = [tuple(sorted(title.items())) for title in titles.values()]
    alike = {title for title in told if told.count(title) > 1}
    return {
        path: _of_plans(title, plans[path].values()) if own in alike else title
        for (path, title), own in zip(titles.items(), told, strict=True)
    }


def _of_plans(title: Label, plans: Iterable[Label]) -> Label:
    """A title behind those of its plans, in each language that it has."""
    named = {language: [plan.get(language) or next(iter(plan.values())) for plan in plans] for language in title}
    return {language: f"{', '.join(dict.fromkeys(named[language]))} · {text}" for language, text in title.items()}


def _without_bars(side: Side) -> pl.DataFrame:
    """The payees of whom some part of the pay has no bars."""
    lines = side.contributions.filter(pl.col("pay").is_not_null()).select(_LINE).unique()
    return lines.join(side.bars, on=_LINE, how="anti").select("payee").unique()


def _parts(side: Side, plain: pl.DataFrame, money: pl.Decimal) -> pl.DataFrame:
    """One row per payee, one column per cause: what it brings; `plain`: those whose pay is told by contributions."""
    rows = [*_bars(side, side.bars.join(plain, on="payee", how="anti"), money)]
    brought = side.contributions.filter(pl.col("pay").is_not_null()).select("payee", "measure", "source", "pay")
    by_none = brought.filter(pl.col("measure").is_null())
    decided = pl.col("source").is_in([GUARANTEE, ADJUSTMENT]).fill_null(False)
    theirs = brought.join(plain, on="payee", how="semi")
    rows += [
        _summed(by_none.filter(decided).select("payee", "pay", name=_name(pl.col("source")))),
        _summed(theirs.drop_nulls("measure").select("payee", "pay", name=_name(pl.lit("measure"), pl.col("measure")))),
        _summed(
            theirs.filter(pl.col("measure").is_null(), ~decided).select("payee", "pay", name=_name(pl.lit("unearned")))
        ),
        _summed(
            side.released.filter(currency=side.currency).select("payee", pay="amount", name=_name(pl.lit("release")))
        ),
    ]
    parts = pl.concat([frame.cast({pl.Decimal: money}) for frame in rows], how="diagonal")
    return parts.group_by("payee").agg(pl.all().sum()) if parts["payee"].is_duplicated().any() else parts


def _name(kind: pl.Expr, node: pl.Expr | None = None) -> pl.Expr:
    """The name of a cause's column; of the whole plan where no node is named."""
    return pl.concat_str(kind, pl.lit(ROOT) if node is None else node, pl.lit("1"), separator=_BETWEEN)


def _summed(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per payee, a column for each name: the sums of `pay`."""
    names = rows["name"].unique().sort()
    return rows.group_by("payee").agg(pl.col("pay").filter(pl.col("name") == name).sum().alias(name) for name in names)


def _bars(side: Side, fall: pl.DataFrame, money: pl.Decimal) -> Iterator[pl.DataFrame]:
    """What each bar adds to those before it: one row per payee × segment, one column per bar."""
    for (plan,), rows in fall.group_by("plan", maintain_order=True):
        bars = bars_of(side.plans[str(plan)])
        reached = [rows[PAID].list.get(at).cast(money) for at in range(len(bars))]
        names = [_BETWEEN.join((bar.kind, bar.node, str(bar.number))) for bar in bars]
        added = [amount - reached[at - 1] if at else amount for at, amount in enumerate(reached)]
        yield pl.DataFrame([rows["payee"], *(amount.alias(name) for name, amount in zip(names, added, strict=True))])


def _sum(amounts: pl.Series) -> Decimal:
    total = amounts.sum()
    return total if isinstance(total, Decimal) else Decimal(0)
