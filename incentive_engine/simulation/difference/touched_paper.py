"""What each change of rules does, as a table: whom it touches, and its part of the whole cost."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from incentive_engine.rulesets.loading import Rules
from incentive_engine.simulation.difference.change_words import told
from incentive_engine.simulation.difference.touched import Step, Touched
from incentive_engine.simulation.reports.paper import Money, Said, Section, Table, Value


def touched_section(found: Touched, before: Rules, after: Rules) -> Section:
    """Whom each change touches, and what it costs."""
    currencies = sorted({**found.before, **found.after})
    columns = ("change", "was", "becomes", "payees", *(("cost",) * len(currencies)))
    rows = tuple(row for step in found.steps for row in _rows(step, before, after, currencies))
    amounts = [Money(found.costs.get(each, Decimal(0)), each) for each in currencies]
    total: tuple[Value, ...] = (Said("all"), None, None, found.payees, *amounts)
    return Section(
        "touched",
        tables=(Table("touched", columns, rows, total if rows else None, drawn=("cost",) if currencies else ()),),
    )


def _rows(step: Step, before: Rules, after: Rules, currencies: list[str]) -> Iterator[tuple[Value, ...]]:
    """A row for each change; of those that are made together, the first has payees and cost of all."""
    for index, change in enumerate(step.changes):
        said = told(change, before, after)
        amounts = [Money(step.costs.get(each, Decimal(0)), each) for each in currencies]
        numbers: tuple[Value, ...] = (step.payees, *amounts) if index == 0 else (None,) * (1 + len(currencies))
        yield (said.what, said.before, said.after, *numbers)
