"""What a closed period pays differently by what is known now: one kind of change after the other, in declared order.

Everything is worked out anew for every kind of change, whether or not there was one. What is gone stays in force until
somebody decides that it goes; who cannot be paid any more keeps what was paid.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from tests.oracle import decided
from tests.oracle.adjustments import released
from tests.oracle.dated import dated_rules
from tests.oracle.numbers import ZERO, Case, Row

CAUSES = ("late-fact", "changed-fact", "deleted-fact", "person", "rule", "adjustment")
Amounts = dict[tuple[str, str, str], Fraction]
"""What is paid: by payee, what for, and currency."""
Gone = tuple[str, Hashable]
"""A row that is gone: its table, and what tells it from others."""


@dataclass(frozen=True)
class Corrected:
    """What a correction books and asks.

    `lines`: by payee, what for, currency and cause, never 0. `due`: what the period pays by what is known now. `gone`:
    rows to decide about. `held`: payee and what for, who was paid and cannot be now. `state`: what is in force.
    """

    lines: Mapping[tuple[str, str, str, str], Fraction]
    due: Amounts
    gone: frozenset[Gone]
    held: frozenset[tuple[str, str]]
    state: Case


def corrected(before: Case, after: Case, removed: Collection[Gone] = (), paid: Amounts | None = None) -> Corrected:
    """How what is paid changes; `removed`: what goes. `paid`: what was, if other than `before` pays."""
    last = amounts(before)[0] if paid is None else dict(paid)
    lines: dict[tuple[str, str, str, str], Fraction] = {}
    waiting: set[tuple[str, str]] = set()
    case = before
    for cause, case in zip(CAUSES, states(before, after, removed), strict=True):
        now, held = amounts(case)
        stands = {key: amount for key, amount in last.items() if key[:2] in held}
        now = {key: amount for key, amount in now.items() if key[:2] not in held} | stands
        for key in sorted({*last, *now}):
            change = now.get(key, ZERO) - last.get(key, ZERO)
            if change:
                lines[*key, cause] = change
        last, waiting = now, {key[:2] for key in stands}
    gone = {key for key, _ in gone_rows(before, after)} - set(removed)
    return Corrected(lines, last, frozenset(gone), frozenset(waiting), case)


def amounts(case: Case) -> tuple[Amounts, set[tuple[str, str]]]:
    """What is paid, and who is held with regard to what."""
    found, _, decisions = decided(case)
    paid: Amounts = {}
    freed: set[tuple[str, str]] = set()
    for each in released(decisions.used):
        key = (each.payee, each.pays, each.currency)
        paid[key] = paid.get(key, ZERO) + each.pay
        freed.add(key[:2])
    for (payee, _, _), outcome in found.items():
        if outcome.paid and outcome.payout is not None:
            exchange = outcome.card.results.exchange
            amount = outcome.payout if outcome.paid_out is None else outcome.paid_out
            key = (payee, outcome.card.pays, exchange.of(outcome.card.payee))
            paid[key] = paid.get(key, ZERO) + amount
    held = {(key[0], each.card.pays) for key, each in found.items() if each.candidate and not each.paid}
    return paid, held - freed


def states(before: Case, after: Case, removed: Collection[Gone]) -> Iterator[Case]:
    """The case once late facts are known, then changed ones as well, and so on; the last is what is known now."""
    facts = [name for name in before.tables if name == "kpis" or name in before.rules.get("sources", {})]
    people = ["workforce", *(name for name in before.tables if name in dated_rules(before.rules) or name == "leave")]
    case = before
    for step in ("late", "changed", "deleted"):
        known = {name: facts_until(step, name, before, after, removed) for name in facts}
        case = replace(case, tables={**case.tables, **known})
        yield case
    known = {name: after.tables[name] for name in people}
    known["workforce"] = with_gone("workforce", before, after, removed)
    case = replace(case, tables={**case.tables, **known})
    yield case
    rest = {name: rows for name, rows in after.tables.items() if name not in (*facts, *people, "adjustments")}
    case = replace(after, tables={**case.tables, **rest})
    yield case
    if "adjustments" in case.tables:
        case = replace(case, tables={**case.tables, "adjustments": with_gone("adjustments", before, after, removed)})
    yield case


def facts_until(step: str, table: str, before: Case, after: Case, removed: Collection[Gone]) -> list[dict[str, Any]]:
    """The facts of a table when one kind of change after the other has been taken into account."""
    old, new = (by_key(case, table) for case in (before, after))
    rows: list[dict[str, Any]] = []
    for key in {**old, **new}:
        changed = key in old and key in new
        if key not in new:
            rows += [] if step == "deleted" and (table, key) in removed else old[key]
        else:
            rows += old[key] if changed and step == "late" else new[key]
    return rows


def with_gone(table: str, before: Case, after: Case, removed: Collection[Gone]) -> list[dict[str, Any]]:
    """The rows of now, and those that are gone but were not decided to go."""
    old, new = (by_key(case, table) for case in (before, after))
    kept = [row for key, rows in old.items() if key not in new and (table, key) not in removed for row in rows]
    return [*after.tables[table], *kept]


def gone_rows(before: Case, after: Case) -> Iterator[tuple[Gone, list[dict[str, Any]]]]:
    """What is not there any more, of facts, people and adjustments."""
    asked = {"kpis", "workforce", "adjustments", *before.rules.get("sources", {})} & before.tables.keys()
    for table in sorted(asked):
        new = by_key(after, table)
        yield from (((table, key), rows) for key, rows in by_key(before, table).items() if key not in new)


def by_key(case: Case, table: str) -> dict[Hashable, list[dict[str, Any]]]:
    """The rows of a table by what tells them apart: their key, or all that they say and the how many-th they are."""
    columns = keys_of(case, table)
    found: dict[Hashable, list[dict[str, Any]]] = {}
    for row in case.tables[table]:
        if columns:
            found.setdefault(tuple(row[column] for column in columns), []).append(row)
        else:
            found[(*said(row), sum(said(other) == said(row) for other in flat(found)))] = [row]
    return {key: sorted(rows, key=lambda row: str(said(row))) for key, rows in found.items()}


def keys_of(case: Case, table: str) -> Sequence[str]:
    named = {
        "kpis": ("subject_kind", "subject", "kpi", "period"),
        "workforce": ("payee",),
        "adjustments": ("reference",),
    }
    if table in named:
        return named[table]
    source = case.rules["sources"][table]
    return (source["id"],) if "id" in source else ()


def said(row: Row) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(row.items()))


def flat(found: Mapping[Hashable, list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    for rows in found.values():
        yield from rows
