"""The index for the compensation team: everybody of a run, on one page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl

from incentive_engine.engine.overview import by_department
from incentive_engine.rulesets.resolving import ResolvedPlan
from incentive_engine.statements import index_table as table
from incentive_engine.statements.departments import held_of_others
from incentive_engine.statements.drafting import write_page
from incentive_engine.statements.gathering import Gathered
from incentive_engine.statements.index_table import INDEX_CSV, TOTALS_CSV
from incentive_engine.statements.languages import Language
from incentive_engine.statements.making import StatementMaker
from incentive_engine.statements.pages import Pages
from incentive_engine.statements.reading import Row
from incentive_engine.statements.values import (
    Control,
    Correction,
    Decision,
    Department,
    Entries,
    Entry,
    Held,
    Index,
    Outside,
)

INDEX_FILE: Final = "index.html"
_TENTH_OF_PERCENT: Final = Decimal("0.001")
_MANY: Final = 60
"""People, above which a list of them is folded."""


def index(everything: Gathered, maker: StatementMaker, reader: Language, found: Sequence[table.Control]) -> Index:
    """Who is paid what, who is held and why, and who is in no plan; with the control totals that were `found`."""
    counts = everything.run.summary["payees"]
    names = [name for name in ("paid", "released", "held", "not_eligible", "all") if counts[name] or name != "released"]
    parts, outside = _parts(everything.run.summary), tuple(_outside(everything, reader))
    return Index(
        language=reader.code,
        origin=maker.origin(reader),
        total=reader.amounts(_sum(parts["paid"], parts["released"], parts["corrections"])),
        parts=tuple((name, reader.amounts(amounts)) for name, amounts in parts.items() if _told(parts, name)),
        counts=tuple((name, reader.numbers.number(counts[name])) for name in names),
        everybody=tuple(_everybody(everything, reader)),
        folded=len(everything.payouts) > _MANY,
        held=tuple(_held(everything, maker, reader)),
        departments=tuple(_departments(everything, reader)),
        decided=tuple(_decided(everything, reader)),
        corrected=tuple(_corrected(everything, maker, reader)),
        outside=outside,
        outsiders=reader.plural(reader.words["index"]["people"], len(outside)),
        controls=tuple(_shown(each, reader) for each in found),
        tables=(INDEX_CSV, TOTALS_CSV),
    )


def write_index(everything: Gathered, maker: StatementMaker, reader: Language, pages: Pages, folder: Path) -> None:
    """Writes the index as a page, and with its control totals as CSV. Raises InputProblems where totals differ."""
    rows = table.index_table(everything)
    found = table.controls(rows, everything.run.summary)
    write_page(pages.index(index(everything, maker, reader, found), reader).encode(), folder / INDEX_FILE)
    table.write_tables(rows, found, folder)


def _everybody(everything: Gathered, reader: Language) -> Iterator[Entries]:
    """Everybody who is paid, by department; by team, where a department is large."""
    places = defaultdict[str, defaultdict[str, list[Row]]](lambda: defaultdict(list))
    for payee in everything.payees:
        person = everything.person(payee)
        for row in everything.payouts.get(payee, ()):
            here = person.last("department", row["department"])
            places[row["department"] or ""][here.get("team") or ""].append(row)
    for department, teams in sorted(places.items()):
        rows = sorted((row for team in teams.values() for row in team), key=lambda row: row["payee"])
        if len(rows) <= _MANY or len(teams) == 1:
            yield _entries(everything, department, rows, reader)
            continue
        inside = tuple(_entries(everything, team, teams[team], reader) for team in sorted(teams))
        yield replace(_entries(everything, department, rows, reader), teams=inside, entries=())


def _entries(everything: Gathered, name: str, rows: Sequence[Row], reader: Language) -> Entries:
    amounts: dict[str, Decimal] = {}
    for row in rows:
        if row["paid"] is not None:
            amounts[row["paid_currency"]] = amounts.get(row["paid_currency"], Decimal(0)) + row["paid"]
    return Entries(
        name=name or "–",
        count=reader.plural(reader.words["index"]["people"], len({row["payee"] for row in rows})),
        payout=reader.amounts(amounts),
        teams=(),
        entries=tuple(_entry(everything, row["payee"], row, reader) for row in rows),
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


def _entry(everything: Gathered, payee: str, row: Row | None, reader: Language) -> Entry:
    person = everything.person(payee)
    payout = row["payout"] if row else None
    share = (row["customer_pay"] / payout).quantize(_TENTH_OF_PERCENT) if row and payout and payout > 0 else None
    return Entry(
        payee=payee,
        name=person.get("name") or "",
        department=person.every("department"),
        plan=_title(everything.plans[row["plan"]], reader) if row else "",
        computed="" if row is None or row["computed"] is None else reader.numbers.money(row["computed"]),
        payout="" if row is None or payout is None else reader.money_in(row["paid_currency"])(row["paid"]),
        share="" if share is None else reader.numbers.percent(share),
        file=everything.files[payee],
    )


def _title(plan: ResolvedPlan, reader: Language) -> str:
    """The title of a plan, with its days where it is not in force for the whole period."""
    title = reader.label(plan.title)
    return title if plan.always else f"{title} · {reader.span(*plan.days)}"


def _departments(everything: Gathered, reader: Language) -> Iterator[Department]:
    """The totals of departments, where anybody decided anything."""
    totals, number = by_department(everything.run), reader.numbers.number
    for each in totals if any(total.decided for total in totals) else ():
        amounts = (each.computed, each.guarantee, each.adjustment, each.payout)
        shown = ("–" if amount is None else reader.numbers.money(amount) for amount in amounts)
        yield Department(each.department or "–", number(each.paid), number(each.held), *shown)


def _decided(everything: Gathered, reader: Language) -> Iterator[Decision]:
    """Every guarantee, adjustment and release, by payee."""
    words = reader.words["index"]["kinds"]
    for row in everything.run.adjustments.iter_rows(named=True):
        percent = "" if row["percent"] is None else reader.numbers.percent(row["percent"])
        yield Decision(
            entry=_entry(everything, row["payee"], None, reader),
            what=str(words[row["kind"]]).format(percent=percent),
            pay=reader.money_in(row["currency"])(row["pay"]),
            **{name: row[name] for name in ("reference", "reason", "author", "approver")},
        )


def _corrected(everything: Gathered, maker: StatementMaker, reader: Language) -> Iterator[Correction]:
    """Every line that corrects an earlier period, by payee."""
    settling = maker.settling(reader)
    for payee, lines in sorted(everything.corrections.items()):
        for line in lines:
            amount = reader.money_in(line["currency"])(line["amount"])
            entry = _entry(everything, payee, None, reader)
            yield Correction(entry, settling.period(line), settling.cause(line), amount)


def _held(everything: Gathered, maker: StatementMaker, reader: Language) -> Iterator[tuple[Entry, Held]]:
    for payee in sorted(everything.held):
        for row in maker.kept(payee):
            told = replace(maker.held(row, reader), sentence=held_of_others(reader, row["code"]))
            yield _entry(everything, payee, None, reader), told


def _outside(everything: Gathered, reader: Language) -> Iterator[Outside]:
    """Who has no statement, with the test that was not met."""
    words = reader.words["index"]
    failed: dict[str, str] = {}
    tests = everything.run.eligibility.filter(~pl.col("result"), pl.col("test") != "who")
    for payee, plan, test in tests.select("payee", "plan", "test").sort("payee", "plan", "test").iter_rows():
        title = _title(everything.plans[plan], reader)
        failed.setdefault(payee, words["tests"][test].format(plan=title))
    for payee, person in sorted(everything.people.items()):
        if payee not in everything.files:
            reason = failed.get(payee, words["no_plan"])
            yield Outside(payee, person.get("name") or "", person.every("department"), reason)
