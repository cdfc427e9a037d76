"""What people decided about pay, and what is still to decide; and whether payroll can pay it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

import polars as pl

from incentive_engine.engine.adjustments import EXPIRED
from incentive_engine.errors import Problem
from incentive_engine.ledger.payroll.foreseeing import foreseen
from incentive_engine.ledger.review.findings import MOST_ROWS, Finding, Rows, change, count, in_each, money
from incentive_engine.ledger.review.looked_at import LookedAt, Written
from incentive_engine.rulesets.contracts import ADJUSTMENTS

_KEY: Final = "reference="
_WHAT: Final = {"amount": "amount", "percent": "percentage", "at_least": "guarantee", "release": "release"}


def adjustments(look: LookedAt) -> Finding:
    """Every adjustment is signed by two people who may, and none could not be used."""
    now, used = look.now, look.now.adjustments
    unused = _unused(now)
    not_allowed = list(_not_allowed(look))
    references, people = used["reference"].n_unique(), used["payee"].n_unique()
    said = f"{count(references, 'adjustment')} for {count(people, 'person', 'people')} "
    said += f"{'changes' if references == 1 else 'change'} pay by {_by_kind(used)}"
    said += f"; {count(unused.height, 'row')} could not be used" if unused.height else ""
    signed = [name for name, _ in not_allowed]
    said += f"; by policy {' and '.join(dict.fromkeys(signed))} may not sign" if signed else ""
    if used.is_empty() and unused.is_empty():
        return Finding(True, "Nobody's pay is adjusted.", "")
    refused = [
        (key or "–", payee or "–", "not used", "–", reason)
        for key, payee, reason in unused.select("key", "payee", "reason").iter_rows()
    ]
    refused += [
        (reference, "–", "not allowed", "–", f"{name} may not sign adjustments") for name, reference in not_allowed
    ]
    told = ("reference", "payee", "kind", "currency", "reason", "author", "approver")
    each = used.group_by(told).agg(pl.col("pay").sum()).sort("reference", "payee")
    rows = [
        (reference, payee, _WHAT[kind], change(pay, currency), f"{reason} ({author}, {approver})")
        for reference, payee, kind, currency, reason, author, approver, pay in each.head(MOST_ROWS).iter_rows()
    ]
    hint = "correct them, have them signed by two people whom `may: {adjust: […]}` in policy.yaml names, and run again"
    table = Rows.of("reference|payee|what|pay|why", "<<<><", (*refused, *rows), len(refused) + each.height)
    return Finding(not refused, f"{said}.", hint, table)


def _unused(now: Written) -> pl.DataFrame:
    """Rows that could not be used, by key; not those whose time was over before the period began."""
    rows = now.run.held.filter(pl.col("table") == ADJUSTMENTS).with_columns(pl.col("key").str.strip_prefix(_KEY))
    path = now.folder / "inputs" / f"{ADJUSTMENTS}.parquet"
    if path.is_file():
        past = pl.col("period").is_null() & (pl.col("expires") < now.period.start)
        over = pl.read_parquet(path).filter(past).select("reference", code=pl.lit(EXPIRED))
        rows = rows.join(over, left_on=["key", "code"], right_on=["reference", "code"], how="anti")
    return rows.sort("key", "payee", "code", nulls_last=True)


def _by_kind(used: pl.DataFrame) -> str:
    """What each kind of adjustment gives, by currency."""
    sums = used.group_by("kind", "currency").agg(pl.col("pay").sum()).sort("kind", "currency")
    told = [f"{change(pay, currency)} ({_WHAT[kind]}s)" for kind, currency, pay in sums.iter_rows()]
    return ", ".join(told) or "nothing"


def _not_allowed(look: LookedAt) -> Iterator[tuple[str, str]]:
    """Who signed and may not, with the adjustment."""
    if look.may_sign is None:
        return
    signed = look.now.adjustments.select("reference", "author", "approver").unique().sort("reference")
    for reference, *names in signed.iter_rows():
        yield from ((name, reference) for name in names if not look.may_sign(name))


def _told(problem: Problem) -> str:
    """What is wrong, with its place in the file and what may have been meant; no folder of this machine."""
    at, hint = problem.location, f": {problem.hint}" if problem.hint else ""
    where = f"{Path(at.file).name}:{at.line}:{at.column}: " if at else ""
    return f"{where}{problem.message}{hint}"


def payroll(look: LookedAt) -> Finding:
    """Payroll's file can hold everybody who is paid, and nobody was paid for the same days already."""
    found = () if look.payroll is None else foreseen(look.now.folder, look.payroll)
    name = "" if look.payroll is None else look.payroll.name
    if found:
        rows = Rows.of("code|what", "<<", ((each.code, _told(each)) for each in found))
        keeps = "thing keeps" if len(found) == 1 else "things keep"
        said = f"By {name}, {len(found):,} {keeps} the run out of payroll's file."
        return Finding(False, said, "mend this before anybody approves the run: from then on it stays as it is", rows)
    already = _paid_already(look)
    if already.height:
        rows = Rows.of("payee|what|by|for", "<<<<", already.head(MOST_ROWS).iter_rows(), already.height)
        people = already["payee"].n_unique()
        said = f"{count(people, 'person', 'people')} {'was' if people == 1 else 'were'} paid for days of "
        said += f"{look.now.period.name} already, by other rules or with another period."
        return Finding(False, said, "nobody is paid twice for the same days: waive this where both are due", rows)
    if look.payroll is None:
        return Finding(True, "There is no payroll file to hold the run against.", "")
    return Finding(True, f"By {name}, payroll's file can hold everybody who is paid.", "")


def _paid_already(look: LookedAt) -> pl.DataFrame:
    """Whom the run pays what somebody was paid for some of its days: payee, pays, rule_set, period."""
    pays = pl.concat([look.now.payouts.select("payee", "pays"), look.now.released.select("payee", "pays")])
    return look.paid_besides.join(pays, on=["payee", "pays"], how="semi", maintain_order="left")


def corrections(look: LookedAt) -> Finding:
    """What earlier periods still owe is paid with this one, and nobody receives less than nothing in all."""
    now, carried = look.now, look.now.corrections
    below = now.due.filter(pl.col("due") < 0).sort("due", "payee")
    rows = [
        (payee, money(paid + released, currency), change(corrected, currency), money(due, currency))
        for payee, currency, paid, released, corrected, due in below.select(
            "payee", "currency", "paid", "released", "corrections", "due"
        )
        .head(MOST_ROWS)
        .iter_rows()
    ]
    periods = ", ".join(sorted(set(carried["of_period"])))
    amounts: dict[str, Decimal] = dict(carried.group_by("currency").agg(pl.col("amount").sum()).iter_rows())
    said = "No correction of an earlier period is carried"
    if carried.height:
        people = count(carried["payee"].n_unique(), "person", "people")
        said = f"{count(carried.height, 'line')} of corrections of {periods} for {people} "
        said += f"{'is' if carried.height == 1 else 'are'} carried, {in_each(amounts)}"
    said += (
        f"; {count(below.height, 'person', 'people')} would receive less than nothing in all" if below.height else ""
    )
    hint = "agree with them how they pay it back, by an adjustment in this run or later ones, and waive this"
    table = Rows.of("payee|of this period|corrections|in all", "<>>>", rows, below.height)
    return Finding(below.is_empty(), f"{said}.", hint, table)


def questions(look: LookedAt) -> Finding:
    """Nothing that was deleted after payment is still to be decided."""
    if look.questions is None:
        return Finding(True, "Outside a project nothing was paid yet: there are no questions.", "")
    if not look.questions:
        return Finding(True, "No question is open.", "")
    rows = [(each.name, each.period, each.payee or "–", each.found) for each in look.questions]
    said = (
        f"{count(len(rows), 'question is', 'questions are')} open: something that was paid on is gone from the files."
    )
    hint = "decide each with `incentive decide`: the amounts that were paid stand until then"
    return Finding(False, said, hint, Rows.of("question|period|payee|what is gone", "<<<<", rows))
