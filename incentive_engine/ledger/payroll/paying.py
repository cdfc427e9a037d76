"""Amounts that are due become payments under pay codes, and payments become the lines of payroll files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from incentive_engine.currencies import in_coins
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.payroll.columns import Line, told
from incentive_engine.ledger.payroll.due import Person
from incentive_engine.ledger.payroll.mapping import Kind, Payroll


@dataclass(frozen=True, slots=True)
class Payment:
    """One amount that is paid, as the ledger keeps it."""

    payee: str
    payroll_id: str | None
    legal_entity: str | None
    pays: str
    kind: Kind
    pay_code: str
    currency: str
    amount: Decimal


def payments_of(due: pl.DataFrame, people: Mapping[str, Person], payroll: Payroll) -> list[Payment]:
    """One payment per row that is not zero. Raises InputProblems where something that is paid has no pay code."""
    rows = due.filter(pl.col("amount") != 0)
    wanted = dict.fromkeys(zip(rows["kind"], rows["pays"], strict=True))
    codes = {(kind, pays): payroll.pay_codes.of(kind, pays) for kind, pays in wanted}
    lost = sorted({pays for (_, pays), code in codes.items() if code is None})
    if lost:
        names = ", ".join(f"`{name}`" for name in lost)
        hint = f'write it in payroll.yaml: `pay_codes: {{payouts: {{{lost[0]}: "…"}}}}`'
        raise InputProblems([Problem("no-pay-code", f"payroll.yaml has no pay code for {names}", hint=hint)])
    nobody: Person = {}
    made = []
    for payee, pays, currency, amount, kind in rows.select("payee", "pays", "currency", "amount", "kind").iter_rows():
        person = people.get(payee, nobody)
        ids = (person.get("payroll_id"), person.get("legal_entity"))
        made.append(Payment(payee, *ids, pays, kind, codes[kind, pays] or "", currency, in_coins(amount, currency)))
    return made


def lines_of(payments: Iterable[Payment], people: Mapping[str, Person]) -> list[Line]:
    """One line per payee × pay code × currency whose payments do not cancel out, in the order of the file."""
    sums: dict[tuple[str, str, str, str, str], Decimal] = defaultdict(Decimal)
    for each in payments:
        sums[each.legal_entity or "", each.payroll_id or "", each.payee, each.pay_code, each.currency] += each.amount
    nobody: Person = {}
    return [
        Line(payee, payroll_id or None, people.get(payee, nobody).get("name"), entity or None, code, currency, amount)
        for (entity, payroll_id, payee, code, currency), amount in sorted(sums.items())
        if amount
    ]


def by_file(lines: Sequence[Line], payroll: Payroll) -> Mapping[str | None, Sequence[Line]]:
    """The lines of each file, by legal entity where each has one of its own; None: the only file."""
    if payroll.by is None:
        return {None: lines}
    files: dict[str | None, list[Line]] = defaultdict(list)
    for line in lines:
        files[line.legal_entity].append(line)
    return files


def doubtful(lines: Iterable[Line]) -> Iterator[Problem]:
    """Payees of one legal entity who have the same payroll number: one of them would be paid for both."""
    payees: dict[tuple[str | None, str], set[str]] = defaultdict(set)
    for line in lines:
        if line.payroll_id:
            payees[line.legal_entity, line.payroll_id].add(line.payee)
    for (entity, payroll_id), found in sorted(payees.items(), key=str):
        if len(found) > 1:
            where = f" of {entity}" if entity else ""
            message = f"`payroll_id` {payroll_id}{where} is that of several payees: {told(found)}"
            hint = "correct the workforce, then run, review and approve again"
            yield Problem("shared-payroll-id", message, hint=hint)
