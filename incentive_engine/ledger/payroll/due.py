"""What is due to everybody by one run: payouts, what held people are paid by decision, and correction lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeAlias

import polars as pl

from incentive_engine.engine.recalled import people_of
from incentive_engine.engine.run import Run, rules_in
from incentive_engine.ledger.payroll.balancing import owed
from incentive_engine.ledger.payroll.columns import OF_PERSON
from incentive_engine.ledger.settled import AMOUNT
from incentive_engine.periods import Period
from incentive_engine.rulesets.contracts import WORKFORCE

_KEY: Final = ("payee", "pays", "currency")
DUE: Final = ("payee", "pays", "currency", "amount", "kind")

Person: TypeAlias = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class RunToPay:
    """A run as payroll sees it.

    `due`: one row per payee × pays × currency × kind, `payout` or `released`. `corrections`: one row per line that it
    carries: line, payee, pays, currency, amount. `people`: payroll_id, name, legal_entity by payee. `owed`: all that it
    pays in each currency, by the totals of its `run.json`.
    """

    period: Period
    due: pl.DataFrame
    corrections: pl.DataFrame
    people: Mapping[str, Person]
    owed: Mapping[str, Decimal]

    @property
    def payees(self) -> set[str]:
        """Everybody for whom something was worked out, were it nothing."""
        return {*self.due["payee"], *self.corrections["payee"]}


def run_to_pay(folder: Path) -> RunToPay:
    """The run in a folder. Raises InputProblems where there is none."""
    run, rules = Run.open(folder), rules_in(folder)
    period = rules.period(run.summary["period"])
    payouts = run.tables["payouts"].filter(pl.col("paid").is_not_null())
    released = run.tables["adjustments"].filter(pl.col("kind") == "release")
    due = [
        _summed(payouts.select("payee", "pays", currency="paid_currency", amount="paid"), "payout"),
        _summed(released.select("payee", "pays", "currency", amount="pay"), "released"),
    ]
    corrections = run.tables["corrections"].select("line", *_KEY, pl.col("amount").cast(AMOUNT)).collect()
    dated = sorted({*OF_PERSON} & rules.ruleset.dated_columns)
    latest = people_of(folder, rules, period) if dated else None
    return RunToPay(period, pl.concat(due), corrections, _people(folder, latest, dated), owed(run.summary))


def _summed(rows: pl.LazyFrame, kind: str) -> pl.DataFrame:
    sums = rows.group_by(_KEY).agg(pl.col("amount").cast(AMOUNT).sum()).sort(_KEY)
    return sums.with_columns(pl.lit(kind).alias("kind")).select(DUE).collect()


def _people(folder: Path, latest: pl.DataFrame | None, dated: Sequence[str]) -> Mapping[str, Person]:
    """What is known of everybody at last; `latest`: everybody from day to day, where that is told by day."""
    workforce = pl.read_parquet(folder / "inputs" / f"{WORKFORCE}.parquet")
    people = _known(workforce, OF_PERSON)
    if latest is not None:
        for payee, values in _known(latest, dated).items():
            people[payee] = {**people.get(payee, {}), **{name: each for name, each in values.items() if each}}
    return people


def _known(frame: pl.DataFrame, columns: Sequence[str]) -> dict[str, Person]:
    there = [name for name in columns if name in frame.columns]
    rows = frame.select("payee", *there).iter_rows()
    return {payee: dict(zip(there, values, strict=True)) for payee, *values in rows}


def still_due(due: pl.DataFrame, settled: pl.DataFrame) -> pl.DataFrame:
    """What is due beyond what is settled; less than nothing where more is settled.

    Whoever was paid for something that the run does not pay at all keeps it: that is for somebody to decide.
    """
    kinds = due.select("payee", "pays", "kind").unique(["payee", "pays"], keep="first", maintain_order=True)
    back = settled.join(kinds, on=["payee", "pays"]).with_columns(-pl.col("amount")).select(DUE)
    both = pl.concat([due, back]).group_by(*_KEY, maintain_order=True)
    left = both.agg(pl.col("amount").sum(), pl.col("kind").first()).select(DUE)
    return left.filter(pl.col("amount") != 0).sort(_KEY)


def settled_of(due: pl.DataFrame, settled: pl.DataFrame) -> pl.DataFrame:
    """What is settled of what the run pays."""
    return settled.join(due, on=["payee", "pays"], how="semi")


def kept(due: pl.DataFrame, settled: pl.DataFrame) -> list[str]:
    """Payees who were paid for something that the run does not pay at all."""
    owing = settled.filter(pl.col("amount") != 0)
    return owing.join(due, on=["payee", "pays"], how="anti")["payee"].unique().sort().to_list()
