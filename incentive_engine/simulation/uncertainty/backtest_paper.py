"""A backtest as a report: all periods beside each other, what each person would have had, and each period by itself."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from incentive_engine.kinds.base import Label
from incentive_engine.simulation.comparison.comparison_paper import comparison_sections
from incentive_engine.simulation.comparison.moving import Fate
from incentive_engine.simulation.reports.paper import Money, Part, Report, Said, Section, Share, Table, Value
from incentive_engine.simulation.uncertainty.backtesting import Backtest, TestedPeriod

_AMOUNTS: Final = ("before", "after", "difference")
_FATES: Final[tuple[Fate, ...]] = ("gains", "loses")
_TOGETHER: Final[Label] = {"en": "All periods", "fr": "Toutes les périodes"}


def backtest_report(found: Backtest) -> Report:
    """Everything that a backtest found out."""
    ruleset, last = found.rules.ruleset, found.periods[-1].period
    parts = [
        Part({"en": each.period.name}, comparison_sections(each.comparison, ruleset.currency)) for each in found.periods
    ]
    return Report(
        name="backtest",
        title=ruleset.title,
        rule_set=ruleset.rule_set,
        version=ruleset.version,
        period=last.name,
        first_day=last.start,
        parts=(Part(_TOGETHER, (_periods(found), _people(found))), *parts),
        assumptions=(Said("of_runs"), Said("same_people")),
        fingerprints=tuple(_fingerprints(found)),
    )


def _periods(found: Backtest) -> Section:
    columns = (
        "period",
        "currency",
        "before",
        "after",
        "difference",
        "change",
        "gain",
        "lose",
        "held_before",
        "held_after",
    )
    rows = tuple(row for each in found.periods for row in _rows(each))
    return Section("backtest", tables=(Table("backtest", columns, rows, drawn=("difference",)),))


def _rows(tested: TestedPeriod) -> Iterator[tuple[Value, ...]]:
    comparison = tested.comparison
    for cost in comparison.costs:
        money = (Money(each, cost.currency) for each in (cost.before, cost.after, cost.difference))
        counts: dict[Fate, int] = {
            each.fate: each.payees for each in comparison.moved if each.currency == cost.currency
        }
        share = None if cost.share is None else Share(cost.share)
        numbers = (counts.get(fate, 0) for fate in _FATES)
        held = (comparison.held_before, comparison.held_after)
        yield (tested.period.name, cost.currency, *money, share, *numbers, *held)


def _people(found: Backtest) -> Section:
    rows = tuple(
        (row["payee"], *(None if row[name] is None else Money(row[name], row["currency"]) for name in _AMOUNTS))
        for row in found.people.to_dicts()
    )
    return Section(
        "backtest_people", tables=(Table("backtest_people", ("payee", *_AMOUNTS), rows, drawn=("difference",)),)
    )


def _fingerprints(found: Backtest) -> Iterator[tuple[str, str]]:
    document = found.rules.document
    yield document.file, sha256(document.text.encode()).hexdigest()
    for each in found.periods:
        yield f"{each.folder}/rules", each.sha256
