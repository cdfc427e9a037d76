"""The index for the compensation team: everybody of a run, on one page."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import polars as pl

from incentive_engine.rulesets.resolving import ResolvedPlan
from incentive_engine.statements.gathering import Gathered
from incentive_engine.statements.languages import Language
from incentive_engine.statements.making import StatementMaker
from incentive_engine.statements.reading import Row
from incentive_engine.statements.values import Entry, Held, Index, Outside

_TENTH_OF_PERCENT = Decimal("0.001")


def index(everything: Gathered, maker: StatementMaker, reader: Language) -> Index:
    """Who is paid what, who is held and why, and who is in no plan."""
    paid, counts = everything.run.summary["paid"], everything.run.summary["payees"]
    return Index(
        language=reader.code,
        origin=maker.origin(reader),
        total=" + ".join(reader.money_in(currency)(Decimal(each["paid"])) for currency, each in paid.items()),
        counts=tuple((name, reader.numbers.number(counts[name])) for name in ("paid", "held", "not_eligible", "all")),
        entries=tuple(
            _entry(everything, payee, row, reader)
            for payee in everything.payees
            for row in everything.payouts.get(payee, ())
        ),
        held=tuple(_held(everything, maker, reader)),
        outside=tuple(_outside(everything, reader)),
    )


def _entry(everything: Gathered, payee: str, row: Row | None, reader: Language) -> Entry:
    person = everything.person(payee)
    payout = row["payout"] if row else None
    share = (row["customer_pay"] / payout).quantize(_TENTH_OF_PERCENT) if row and payout else None
    return Entry(
        payee=payee,
        name=person.get("name") or "",
        department=person.every("department"),
        plan=_title(everything.plans[row["plan"]], reader) if row else "",
        payout="" if row is None or payout is None else reader.money_in(row["paid_currency"])(row["paid"]),
        share="" if share is None else reader.numbers.percent(share),
        file=everything.files[payee],
    )


def _title(plan: ResolvedPlan, reader: Language) -> str:
    """The title of a plan, with its days where it is not in force for the whole period."""
    title = reader.label(plan.title)
    return title if plan.always else f"{title} · {reader.span(*plan.days)}"


def _held(everything: Gathered, maker: StatementMaker, reader: Language) -> Iterator[tuple[Entry, Held]]:
    for payee, rows in sorted(everything.held.items()):
        for row in rows:
            yield _entry(everything, payee, None, reader), maker.held(row, reader)


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
