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

from incentive_engine.compiler.inputs import FIRST_DAY
from incentive_engine.engine.exporting import write_csv
from incentive_engine.engine.overview import held_people
from incentive_engine.engine.run import Run
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.statements.gathering import Material

INDEX_CSV: Final = "index.csv"
TOTALS_CSV: Final = "totals.csv"
PAID, _RELEASED, _CORRECTION, _HELD, OUTSIDE = "paid", "released", "correction", "held", "not eligible"
_ORDER: Final = (PAID, _RELEASED, _CORRECTION, _HELD, OUTSIDE)
_MONEY: Final = (
    "target_pay", "computed", "guarantee", "adjustment", "payout", "customer_pay", "internal_pay", "other_pay",
)  # fmt: skip
_COLUMNS: Final = (
    "payee", "name", "department", "team", "status", "plan", "pays", "currency", "score", "proration", *_MONEY,
    "paid_currency", "paid", "reason", "statement",
)  # fmt: skip
_PERSON: Final = ("name", "department", "team")
_COUNTED: Final = {PAID: "paid", _HELD: "held", _RELEASED: "released", OUTSIDE: "not_eligible"}


@dataclass(frozen=True, slots=True)
class Control:
    """A total of the index beside that of the run; `currency` is empty where people are counted."""

    what: str
    currency: str
    index: Decimal
    run: Decimal


def index_table(shared: Material) -> pl.DataFrame:
    """Everybody of a run, by payee: the columns of payouts, with who they are, what became of them, and their page.

    Department and team are those that something is paid for; of whom nothing is paid, the last.
    """
    run, places = shared.run, _places(shared.people)
    paid = run.payouts.with_columns(status=pl.lit(PAID)).join(
        places.unique(("payee", "department"), keep="last"), on=("payee", "department"), how="left", nulls_equal=True
    )
    last = places.unique("payee", keep="last")
    beside = pl.concat([_released(run), _corrected(run), _held(run), _outside(run, last)], how="diagonal_relaxed")
    rows = pl.concat([paid, beside.join(last, on="payee", how="left")], how="diagonal_relaxed")
    order = pl.col("status").cast(pl.Enum(_ORDER))
    named = rows.join(last.select("payee", "name"), on="payee", how="left").join(_files(shared), on="payee", how="left")
    return named.sort("payee", order, "plan", maintain_order=True).select(_COLUMNS)


def _places(people: pl.LazyFrame) -> pl.DataFrame:
    """Name, department and team of everybody, by payee and day."""
    known = people.collect_schema().names()
    columns = (pl.col(name) if name in known else pl.lit(None, pl.String).alias(name) for name in _PERSON)
    return people.sort("payee", FIRST_DAY).select("payee", *columns).collect()


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


def _outside(run: Run, people: pl.DataFrame) -> pl.DataFrame:
    """Who is in no plan, or not eligible."""
    known = pl.concat([run.payouts.select("payee"), held_people(run).select("payee")])
    return people.select("payee").join(known, on="payee", how="anti").with_columns(status=pl.lit(OUTSIDE))


def _files(shared: Material) -> pl.DataFrame:
    """Which page is whose."""
    return pl.DataFrame(list(shared.files.items()), dict.fromkeys(("payee", "statement"), pl.String), orient="row")


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
        PAID: {currency: each["paid"] for currency, each in summary["paid"].items()},
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
