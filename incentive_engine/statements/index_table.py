"""The index as a table for spreadsheets, and its control totals: what is in it adds up to what the run says.

One row per payee × plan that is paid, per decision and correction that is paid beside, and per payee of whom nothing is
paid, with the reason; so that every sum can be made again from the table alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl

from incentive_engine.engine.exporting import write_csv
from incentive_engine.engine.overview import held_people
from incentive_engine.engine.run import Run
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.statements.gathering import Gathered

INDEX_CSV: Final = "index.csv"
TOTALS_CSV: Final = "totals.csv"
_PAID, _RELEASED, _CORRECTION, _HELD, _OUTSIDE = "paid", "released", "correction", "held", "not eligible"
_ORDER: Final = (_PAID, _RELEASED, _CORRECTION, _HELD, _OUTSIDE)
_MONEY: Final = (
    "target_pay", "computed", "guarantee", "adjustment", "payout", "customer_pay", "internal_pay", "other_pay",
)  # fmt: skip
_COLUMNS: Final = (
    "payee", "name", "department", "team", "status", "plan", "pays", "currency", "score", "proration", *_MONEY,
    "paid_currency", "paid", "reason", "statement",
)  # fmt: skip
_COUNTED: Final = {_PAID: "paid", _HELD: "held", _RELEASED: "released", _OUTSIDE: "not_eligible"}


@dataclass(frozen=True, slots=True)
class Control:
    """A total of the index beside that of the run; `currency` is empty where people are counted."""

    what: str
    currency: str
    index: Decimal
    run: Decimal


def index_table(everything: Gathered) -> pl.DataFrame:
    """Everybody of a run, by payee: the columns of payouts, with who they are, what became of them, and their page."""
    run = everything.run
    paid = run.payouts.drop("department").with_columns(status=pl.lit(_PAID))
    beside = _released(run), _corrected(run), _held(run), _outside(everything)
    rows = pl.concat([paid, *beside], how="diagonal_relaxed").join(_people(everything), on="payee", how="left")
    order = pl.col("status").cast(pl.Enum(_ORDER))
    return rows.sort("payee", order, "plan", maintain_order=True).select(_COLUMNS)


def _released(run: Run) -> pl.DataFrame:
    released = run.adjustments.filter(pl.col("kind") == "release")
    return released.select(
        "payee", "pays", paid_currency="currency", paid="pay", reason="reference", status=pl.lit(_RELEASED)
    )


def _corrected(run: Run) -> pl.DataFrame:
    told = pl.format("{} ({})", "cause", "of_period")
    return run.corrections.select(
        "payee", "pays", paid_currency="currency", paid="amount", reason=told, status=pl.lit(_CORRECTION)
    )


def _held(run: Run) -> pl.DataFrame:
    """Who is held, with all reasons in one cell."""
    codes = held_people(run).group_by("payee").agg(pl.col("code").unique().sort().str.join(", ").alias("reason"))
    return codes.with_columns(status=pl.lit(_HELD))


def _outside(everything: Gathered) -> pl.DataFrame:
    """Who is in no plan, or not eligible."""
    known = everything.payouts.keys() | everything.held.keys()
    payees = [payee for payee in everything.people if payee not in known]
    return pl.DataFrame({"payee": payees}, schema={"payee": pl.String}).with_columns(status=pl.lit(_OUTSIDE))


def _people(everything: Gathered) -> pl.DataFrame:
    """Who everybody is, and which page is theirs."""
    names = dict.fromkeys([*everything.people, *everything.files])
    persons = [(payee, everything.person(payee)) for payee in names]
    rows = [
        (payee, person.get("name"), person.every("department"), person.every("team"), everything.files.get(payee))
        for payee, person in persons
    ]
    return pl.DataFrame(
        rows, dict.fromkeys(("payee", "name", "department", "team", "statement"), pl.String), orient="row"
    )


def controls(table: pl.DataFrame, summary: Mapping[str, Any]) -> tuple[Control, ...]:
    """The totals of the index beside those of `run.json`. Raises InputProblems where any two are not the same."""
    found = (*_people_counted(table, summary), *_of_payouts(table, summary), *_of_payments(table, summary))
    problems = [
        Problem(
            "totals-differ",
            f"{each.what}{f' in {each.currency}' if each.currency else ''}: the tables of the run give {each.index}, "
            f"its run.json {each.run}",
            hint="the folder was changed after the run: run again into another",
        )
        for each in found
        if each.index != each.run
    ]
    if problems:
        raise InputProblems(problems)
    return found


def _people_counted(table: pl.DataFrame, summary: Mapping[str, Any]) -> Iterator[Control]:
    """Everybody counts once, with the first that became of them; corrections are beside."""
    fates = (
        table.filter(pl.col("status") != _CORRECTION)
        .group_by("payee", maintain_order=True)
        .agg(pl.col("status").first())
    )
    counts = dict(fates.group_by("status").len().iter_rows())
    for status, name in _COUNTED.items():
        yield Control(f"people {status}", "", Decimal(counts.get(status, 0)), Decimal(summary["payees"][name]))


def _of_payouts(table: pl.DataFrame, summary: Mapping[str, Any]) -> Iterator[Control]:
    sums = table.select(pl.col(_MONEY).sum()).row(0, named=True)
    for name in _MONEY:
        if summary["totals"][name] is not None:
            yield Control(name, summary["currency"], Decimal(sums[name]), Decimal(summary["totals"][name]))


def _of_payments(table: pl.DataFrame, summary: Mapping[str, Any]) -> Iterator[Control]:
    said = {
        _PAID: {currency: each["paid"] for currency, each in summary["paid"].items()},
        _RELEASED: summary["released"],
        _CORRECTION: summary["corrections"],
    }
    known = table.filter(pl.col("paid").is_not_null()).group_by("status", "paid_currency").agg(pl.col("paid").sum())
    sums = {(status, currency): amount for status, currency, amount in known.iter_rows()}
    for status, amounts in said.items():
        for currency in sorted({*amounts, *(name for one, name in sums if one == status)}):
            index, run = sums.get((status, currency), 0), amounts.get(currency, 0)
            yield Control(f"{status} in all", currency, Decimal(index), Decimal(run))


def write_tables(table: pl.DataFrame, found: tuple[Control, ...], folder: Path) -> None:
    """Writes the index and its control totals as CSV files, in which no text can become a formula."""
    for name in (INDEX_CSV, TOTALS_CSV):
        (folder / name).touch(mode=0o600)
    write_csv(table.lazy(), folder / INDEX_CSV)
    rows = [(each.what, each.currency, f"{each.index:f}", f"{each.run:f}", "yes") for each in found]
    columns = ("total", "currency", "index", "run", "equal")
    write_csv(pl.LazyFrame(rows, dict.fromkeys(columns, pl.String), orient="row"), folder / TOTALS_CSV)
