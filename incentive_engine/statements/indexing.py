"""The index for the compensation team: everybody of a run, on one page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from incentive_engine.engine.overview import by_department
from incentive_engine.statements import index_table as table
from incentive_engine.statements.departments import held_of_others
from incentive_engine.statements.drafting import write_page
from incentive_engine.statements.gathering import Gathered
from incentive_engine.statements.index_people import IndexPeople
from incentive_engine.statements.index_table import INDEX_CSV, TOTALS_CSV
from incentive_engine.statements.languages import Language
from incentive_engine.statements.making import StatementMaker
from incentive_engine.statements.pages import Pages
from incentive_engine.statements.values import (
    Control,
    Correction,
    Decision,
    Department,
    Entry,
    Held,
    Index,
)

INDEX_FILE: Final = "index.html"


def write_index(everything: Gathered, maker: StatementMaker, reader: Language, pages: Pages, folder: Path) -> None:
    """Writes the index as a page, and with its control totals as CSV. Raises InputProblems where totals differ."""
    rows = table.index_table(everything.material)
    found = table.controls(rows, everything.run.summary)
    page = index(everything, maker, reader, IndexPeople(everything.run, rows, everything.plans, reader), found)
    write_page(pages.index(page, reader).encode(), folder / INDEX_FILE)
    table.write_tables(rows, found, folder)


def index(
    everything: Gathered,
    maker: StatementMaker,
    reader: Language,
    people: IndexPeople,
    found: Sequence[table.Control],
) -> Index:
    """Who is paid what, who is held and why, and who is in no plan; with the control totals that were `found`."""
    summary, outside = everything.run.summary, tuple(people.outside())
    counts, parts = summary["payees"], _parts(summary)
    names = [name for name in ("paid", "released", "held", "not_eligible", "all") if counts[name] or name != "released"]
    return Index(
        language=reader.code,
        origin=maker.origin(reader),
        total=reader.amounts(_sum(parts["paid"], parts["released"], parts["corrections"])),
        parts=tuple((name, reader.amounts(amounts)) for name, amounts in parts.items() if _told(parts, name)),
        counts=tuple((name, reader.numbers.number(counts[name])) for name in names),
        everybody=tuple(people.everybody()),
        folded=people.folded,
        held=tuple(_held(everything, maker, reader, people)),
        departments=tuple(_departments(everything, reader)),
        decided=tuple(_decided(everything, reader, people)),
        corrected=tuple(_corrected(everything, maker, reader, people)),
        outside=outside,
        outsiders=reader.plural(reader.words["index"]["people"], len(outside)),
        controls=tuple(_shown(each, reader) for each in found),
        tables=(INDEX_CSV, TOTALS_CSV),
    )


def _shown(found: table.Control, reader: Language) -> Control:
    """A control total, as it is printed."""
    show = reader.money_in(found.currency) if found.currency else reader.numbers.number
    return Control(str(reader.words["index"]["controls"][found.what]), show(found.index), show(found.run))


def _parts(summary: Mapping[str, Any]) -> Mapping[str, Mapping[str, Decimal]]:
    """What everything that is paid is made of, by currency; nothing that is nothing."""
    totals, currency = summary["totals"], summary["currency"]
    worked_out = {name: {currency: Decimal(totals[name] or 0)} for name in ("computed", "guarantee", "adjustment")}
    paid = {name: Decimal(each["paid"]) for name, each in summary["paid"].items()}
    beside = {
        name: {each: Decimal(amount) for each, amount in summary[name].items()} for name in ("released", "corrections")
    }
    return {**worked_out, "paid": paid, **beside}


def _told(parts: Mapping[str, Mapping[str, Decimal]], name: str) -> bool:
    """Whether a part says what the total does not."""
    if name in ("computed", "paid"):
        others = ("guarantee", "adjustment") if name == "computed" else ("released", "corrections")
        return any(_told(parts, other) for other in others)
    return any(parts[name].values())


def _sum(*parts: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    total: dict[str, Decimal] = {}
    for currency, amount in (pair for part in parts for pair in part.items()):
        total[currency] = total.get(currency, Decimal(0)) + amount
    return total


def _departments(everything: Gathered, reader: Language) -> Iterator[Department]:
    """The totals of departments, where anybody decided anything."""
    totals, number = by_department(everything.run), reader.numbers.number
    for each in totals if any(total.decided for total in totals) else ():
        amounts = (each.computed, each.guarantee, each.adjustment, each.payout)
        shown = ("–" if amount is None else reader.numbers.money(amount) for amount in amounts)
        yield Department(each.department or "–", number(each.paid), number(each.held), *shown)


def _decided(everything: Gathered, reader: Language, people: IndexPeople) -> Iterator[Decision]:
    """Every guarantee, adjustment and release, by payee."""
    words = reader.words["index"]["kinds"]
    for row in everything.run.adjustments.iter_rows(named=True):
        percent = "" if row["percent"] is None else reader.numbers.percent(row["percent"])
        yield Decision(
            entry=people.who(row["payee"]),
            what=str(words[row["kind"]]).format(percent=percent),
            pay=reader.money_in(row["currency"])(row["pay"]),
            **{name: row[name] for name in ("reference", "reason", "author", "approver")},
        )


def _corrected(
    everything: Gathered, maker: StatementMaker, reader: Language, people: IndexPeople
) -> Iterator[Correction]:
    """Every line that corrects an earlier period, by payee."""
    settling = maker.settling(reader)
    for payee, lines in sorted(everything.corrections.items()):
        for line in lines:
            amount = reader.money_in(line["currency"])(line["amount"])
            entry = people.who(payee)
            yield Correction(entry, settling.period(line), settling.cause(line), amount)


def _held(
    everything: Gathered, maker: StatementMaker, reader: Language, people: IndexPeople
) -> Iterator[tuple[Entry, Held]]:
    for payee in sorted(everything.held):
        for row in maker.kept(payee):
            told = replace(maker.held(row, reader), sentence=held_of_others(reader, row["code"]))
            yield people.who(payee), told
