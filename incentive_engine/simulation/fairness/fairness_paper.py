"""What fairness and attainability show, of one calculation or before and after: their figures, told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypeAlias

from incentive_engine.simulation.fairness.attaining import Attained
from incentive_engine.simulation.fairness.fairness import ALERT, Fairness, Gap, Quartile
from incentive_engine.simulation.reports.paper import Said, Section, Share, Table, Value

_PLACES: Final = 3
_ALL, _RECEIVERS = "\0all", "\0receivers"  # no category is called so
_NAMED: Final[Mapping[str, Value]] = {_ALL: Said("everybody"), _RECEIVERS: Said("all_who_receive")}
Figures: TypeAlias = Callable[[Gap], tuple[Fraction | None, ...]]


def fairness_section(sides: Sequence[Fairness]) -> Section:
    """How variable pay falls to women and men: one calculation, or those before and after a change."""
    gaps = _table("gaps", ("mean_gap", "median_gap"), sides, lambda gap: (gap.mean, gap.median), alerts=True)
    receiving = _table(
        "receiving",
        ("women_receiving", "men_receiving"),
        sides,
        lambda gap: (gap.receiving_women, gap.receiving_men),
        without=_RECEIVERS,
    )
    tables = [table for table in (gaps, receiving, _quartiles(sides)) if table.rows]
    return Section("fairness", said=tuple(_said(sides[-1])), tables=tuple(tables))


def attainability_section(found: Sequence[Attained]) -> Section:
    """Whether targets can be reached, by the results of now, and by those of the past where there are any."""
    past = any(each.past_results for each in found)
    columns = ("plan", "measure", "results", "reach_it", *(("past_results", "would_reach_it") if past else ()))
    rows = []
    for each in found:
        then: tuple[Value, ...] = (each.past_results, _share(each.past_reached)) if past else ()
        now: tuple[Value, ...] = (each.plan, each.measure, each.results, _share(each.reached))
        rows.append((*now, *then, Said(f"target_{each.verdict}")))
    return Section(
        "attainability", tables=(Table("attainability", (*columns, "verdict"), tuple(rows), drawn=("reach_it",)),)
    )


def _said(now: Fairness) -> Iterator[Said]:
    """What to look at, who is not counted, and what the figures are."""
    least = Share(Decimal(ALERT.numerator) / ALERT.denominator)
    if now.all is None:
        yield Said("too_few_of_one")
    if now.alerts:
        yield Said("gap_alerts", {"count": len(now.alerts), "least": least})
        yield Said("joint_assessment")
    elif now.categories:
        yield Said("gap_no_alert", {"least": least})
    elif now.divided.category is None:
        yield Said("no_category")
    left_out = {"categories_hidden": len(now.hidden), "held_left_out": now.held, "neither_left_out": now.neither}
    yield from (Said(key, {"count": count}) for key, count in left_out.items() if count)
    yield Said("gap_means")
    yield Said("directive")
    yield Said("only_variable")


def _table(
    name: str,
    figures: tuple[str, ...],
    sides: Sequence[Fairness],
    of: Figures,
    *,
    alerts: bool = False,
    without: str | None = None,
) -> Table:
    """One row per category that any side shows, all people first; people are counted after the change."""
    lines = [_lines(side) for side in sides]
    heads = ("category", "women", "men", *_columns(figures, sides), *(("look_at",) if alerts else ()))
    rows = []
    for key in dict.fromkeys(key for side in reversed(lines) for key in side if key != without):
        gaps = [side.get(key) for side in lines]
        shares = [of(gap) if gap else (None,) * len(figures) for gap in gaps]
        cells = [_share(share[at]) for at in range(len(figures)) for share in shares]
        last = next(gap for gap in reversed(gaps) if gap)
        looked_at: list[Value] = [Said("look_at_gap") if last.alert and key not in _NAMED else None]
        rows.append((_NAMED.get(key, key), last.women, last.men, *cells, *(looked_at if alerts else [])))
    drawn = _columns(figures[:1], sides) if alerts else ()
    return Table(name, heads, tuple(rows), drawn=drawn)


def _lines(side: Fairness) -> dict[str, Gap]:
    found = {_ALL: side.all, _RECEIVERS: side.receivers}
    named = {key: gap for key, gap in found.items() if gap is not None}
    return named | {gap.category: gap for gap in side.categories if gap.category is not None}


def _quartiles(sides: Sequence[Fairness]) -> Table:
    """One row per quarter of the people: the share of women and of men in it."""
    rows = []
    for quarters in zip(*(side.quartiles for side in sides), strict=False):
        women = [_share(quarter.women) for quarter in quarters]
        men = [_share(_men(quarter)) for quarter in quarters]
        rows.append((Said(f"quarter_{quarters[0].number}"), *women, *men))
    columns = _columns(("share_women", "share_men"), sides)
    return Table("quartiles", ("quarter", *columns), tuple(rows), drawn=columns[: len(sides)])


def _men(quarter: Quartile) -> Fraction | None:
    return None if quarter.women is None else 1 - quarter.women


def _columns(names: tuple[str, ...], sides: Sequence[Fairness]) -> tuple[str, ...]:
    """The names, or each of them before and after."""
    if len(sides) == 1:
        return names
    return tuple(f"{name}_{when}" for name in names for when in ("before", "after"))


def _share(share: Fraction | None) -> Share | None:
    """Rounded to be read: 0.1 %."""
    return None if share is None else Share(Decimal(round(share * 10**_PLACES)).scaleb(-_PLACES))
