"""Whatever runs of a period are paid one after the other, everybody has in the end what the last one owes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from incentive_engine.documents import declare, read_text
from incentive_engine.ledger.payroll.control import totals
from incentive_engine.ledger.payroll.due import DUE, Person, still_due
from incentive_engine.ledger.payroll.mapping import Payroll
from incentive_engine.ledger.payroll.parcel import packed
from incentive_engine.ledger.payroll.paying import Payment, lines_of, payments_of
from incentive_engine.ledger.settled import AMOUNT, SETTLED
from incentive_engine.periods import Period

PAYROLL = declare(
    read_text(
        """
pay_codes: {payouts: {bonus: "1", extra: "1"}, corrections: {bonus: "2"}, released: {extra: "3"}}
file:
  kind: fixed
  line_end: lf
  columns:
    - {name: who, from: payroll_id, width: 5}
    - {name: code, from: pay_code, width: 1}
    - {name: currency, from: currency, width: 3}
    - {name: amount, from: amount, width: 12, places: 3}
""",
        "payroll.yaml",
    ),
    Payroll,
)
NAMES = ("ann", "ben", "cat")
PEOPLE: Mapping[str, Person] = {name: {"payroll_id": f"{name}-1", "name": name, "legal_entity": None} for name in NAMES}
KEYS = st.tuples(st.sampled_from(NAMES), st.sampled_from(["bonus", "extra"]))
OWED = st.tuples(
    st.sampled_from(["EUR", "JPY", "TND"]),
    st.integers(-(10**6), 10**6).map(lambda cents: Decimal(cents).scaleb(-2)),
    st.sampled_from(["payout", "released"]),
)
RUNS = st.lists(st.dictionaries(KEYS, OWED, max_size=6), min_size=1, max_size=5)


Owing: TypeAlias = Mapping[tuple[str, str], tuple[str, Decimal, str]]
"""What a run owes: currency, amount and kind, by payee and what is paid."""


@given(RUNS)
def test_everybody_ends_with_what_the_last_run_owes(runs: list[Owing]) -> None:
    has: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for owes in runs:
        rows = [(*key, currency, amount, kind) for key, (currency, amount, kind) in owes.items()]
        due = frame(rows, [*DUE])
        before = frame([(*key, amount) for key, amount in has.items()], list(SETTLED))
        kept = {key: amount for key, amount in has.items() if key[:2] not in owes}
        paid = payments_of(still_due(due, before), PEOPLE, PAYROLL)
        assert all(each.amount for each in paid)
        for each in paid:
            has[each.payee, each.pays, each.currency] += each.amount
        expected = {(*key, currency): amount for key, (currency, amount, _) in owes.items()} | kept
        assert nonzero(has) == nonzero(expected)
        assert sums_in_file(paid) == nonzero(sums_of(paid))


def frame(rows: Sequence[tuple[object, ...]], columns: list[str]) -> pl.DataFrame:
    kinds = {name: AMOUNT if name == "amount" else pl.String() for name in columns}
    return pl.DataFrame(rows, kinds, orient="row")


def nonzero(amounts: Mapping[Any, Decimal]) -> dict[tuple[str, ...], Decimal]:
    return {key: amount for key, amount in amounts.items() if amount}


def sums_of(paid: list[Payment]) -> dict[tuple[str, ...], Decimal]:
    sums: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for each in paid:
        sums[f"{each.payee}-1", each.pay_code, each.currency] += each.amount
    return sums


def sums_in_file(paid: list[Payment]) -> dict[tuple[str, ...], Decimal]:
    """What payroll reads, one line each, against the control totals."""
    lines = lines_of(paid, PEOPLE)
    parcel = packed(lines, PAYROLL, Period.parse("2026-Q3"), {}, Path("pay.txt"))
    read: dict[tuple[str, ...], Decimal] = {}
    for line in parcel.files["pay.txt"].decode().splitlines():
        key = (line[:5], line[5], line[6:9])
        assert key not in read
        read[key] = Decimal(line[9:])
    by_code: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for (_, code, currency), amount in read.items():
        by_code[currency, code] += amount
    assert {(each.currency, each.pay_code): each.amount for each in totals(lines)} == by_code
    return read
