"""Adjustments as delivered: rows that cannot be used are told before anybody is paid.

A row that was meant to be used and cannot be read holds its payee: nobody knows what was decided. One that was never
in force, for want of a signature or because its time is over, does not: what the rules compute stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import polars as pl

from incentive_engine.compiler.inputs import AdjustmentRanges
from incentive_engine.currencies import currencies_in_use, minor_digits
from incentive_engine.engine.known import known_people
from incentive_engine.engine.strangers import guesses, strange_names
from incentive_engine.errors import did_you_mean
from incentive_engine.exact import Scale
from incentive_engine.facts import Accepted, Table
from incentive_engine.periods import Period
from incentive_engine.rulesets.adjustments import ADJUSTMENT_KINDS
from incentive_engine.rulesets.contracts import ADJUSTMENTS, MOST_COINS, WORKFORCE
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.resolving import ResolvedPlan

NOT_IN_FORCE: Final = ("unsigned-adjustment", "adjustment-without-reason", "adjustment-without-end", "duplicate-row")
"""What is wrong with rows that hold nobody."""
EXPIRED: Final = "expired-adjustment"
KIND: Final = "kind"
GIVEN: Final = "given"
GIVEN_PLACES: Final = 6
"""The decimal places at which what a row gives is counted, whatever its kind."""
_SIGNATURES: Final = ("author", "approver")


def without_unsound(rules: RuleSet, accepted: Accepted) -> Accepted:
    """What was accepted, without adjustments that cannot be used in any period: those are held."""
    if rules.adjustments is None:
        return accepted
    left, held = accepted.tables[ADJUSTMENTS].frame, [accepted.held]
    for code, wrong, reason in _faults(rules, left, known_people(accepted)["payee"]):
        held.append(held_adjustments(left.filter(wrong), code, reason))
        left = left.filter(~wrong)
    table = replace(accepted.tables[ADJUSTMENTS], frame=left)
    return Accepted({**accepted.tables, ADJUSTMENTS: table}, pl.concat(held))


def _faults(rules: RuleSet, rows: pl.DataFrame, known: pl.Series) -> Iterator[tuple[str, pl.Expr, pl.Expr]]:
    """What can be wrong with a row: a code, the rows that have it, and the reason."""
    strange = strange_names(rows["payee"], known)
    stranger = pl.format("`{}` is not in the workforce", "payee")
    told = pl.concat_str(stranger, guesses("payee", strange, known, "correct it"))
    yield "unknown-payee", pl.col("payee").is_in(strange.implode()), told
    paid = sorted({plan.pays for plan in rules.plans.values()})
    meant = {each: did_you_mean(each, paid) or f"they pay {', '.join(paid)}" for each in set(rows["pays"]) - set(paid)}
    told = pl.format("the rules pay nothing called `{}`: {}", "pays", _replaced("pays", meant))
    yield "unknown-payment", pl.col("pays").is_in(list(meant)), told
    odd = [each for each in set(rows["period"].drop_nulls()) if not _is_period(each, rules)]
    yield "unknown-period", pl.col("period").is_in(odd).fill_null(False), _no_period()
    said = pl.sum_horizontal(pl.col(kind).is_not_null() for kind in ADJUSTMENT_KINDS)
    kinds = ", ".join(f"`{kind}`" for kind in ADJUSTMENT_KINDS)
    yield "adjustment-says-nothing", said == 0, pl.lit(f"it says nothing: fill in one of {kinds}")
    yield "adjustment-says-two-things", said > 1, pl.lit(f"it says several things: fill in one of {kinds} only")
    yield from _currency_faults(rules)
    unsigned = pl.any_horizontal(pl.col(name).is_null() for name in _SIGNATURES)
    author, approver = (_as_one_person(name) for name in _SIGNATURES)
    same = (author == approver).fill_null(False)
    told = pl.lit("`author` and `approver` have to be there, and two people: what the rules compute is paid until then")
    yield "unsigned-adjustment", unsigned | same, told
    yield "adjustment-without-reason", pl.col("reason").is_null(), pl.lit("its `reason` is empty: it is not used")
    endless = pl.col("period").is_null() & pl.col("expires").is_null()
    yield "adjustment-without-end", endless, pl.lit("it has neither `period` nor `expires`: say how long it counts")


def _as_one_person(column: str) -> pl.Expr:
    """A name whatever its capitals, spaces and ways to encode an accent."""
    return pl.col(column).str.normalize("NFKC").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()


def _currency_faults(rules: RuleSet) -> Iterator[tuple[str, pl.Expr, pl.Expr]]:
    """Decisions are made in the currency of the rules, but for what a held payee is paid."""
    currency = pl.col("currency").fill_null(rules.currency)
    other = currency != rules.currency
    own = rules.currency
    told = pl.format(f"it is in {{}}, and the rules pay in {own}: write the amount in {own}", "currency")
    yield "other-currency", other & pl.col("release").is_null(), told
    unknown = other & ~pl.col("currency").is_in(sorted(currencies_in_use()))
    yield "unknown-currency", unknown, pl.format("no country pays in `{}`: write its ISO 4217 code, as CHF", "currency")
    finer = (pl.col("release") % currency.replace_strict(_coins(), return_dtype=pl.Int64) != 0).fill_null(False)
    yield "finer-than-coins", finer, pl.format("its last coin is smaller than any of {}: round it", currency)


@cache
def _coins() -> dict[str, int]:
    """The smallest coin of each currency, in the counts in which releases are accepted."""
    return {name: 10 ** (MOST_COINS - minor_digits(name)) for name in currencies_in_use()}


def _is_period(name: str, rules: RuleSet) -> bool:
    try:
        Period.parse(name, rules.year_starts)
    except ValueError:
        return False
    return True


def _no_period() -> pl.Expr:
    return pl.format("`{}` is no period: write it as 2026, 2026-H1, 2026-Q3 or 2026-07", "period")


def _replaced(column: str, told: dict[str, str]) -> pl.Expr:
    return pl.col(column).replace_strict(list(told), list(told.values()), default="", return_dtype=pl.String)


def held_adjustments(rows: pl.DataFrame, code: str, reason: pl.Expr) -> pl.DataFrame:
    """Rows that are not used, as held rows."""
    return rows.select(
        pl.lit(ADJUSTMENTS).alias("table"),
        pl.format("reference={}", "reference").alias("key"),
        pl.col("payee"),
        pl.lit(code).alias("code"),
        reason.alias("reason"),
    )


def held_by_adjustments(accepted: Accepted) -> pl.DataFrame:
    """Payees of whom a row was meant to be used and cannot be read, as held rows of the workforce."""
    rows = accepted.held.filter(
        pl.col("table") == ADJUSTMENTS, pl.col("payee").is_not_null(), ~pl.col("code").is_in(NOT_IN_FORCE)
    )
    payees = rows.unique("payee", keep="first", maintain_order=True)
    told = f"`{ADJUSTMENTS}` has a row of this payee that cannot be used: correct it"
    return payees.select(
        pl.lit(WORKFORCE).alias("table"),
        pl.col("payee").alias("key"),
        "payee",
        pl.lit("faulty-adjustment").alias("code"),
        pl.lit(told).alias("reason"),
    )


@dataclass(frozen=True, slots=True)
class Decisions:
    """The adjustments that are about a period, and those that might seem to be, as held rows.

    `frame`: reference, payee, pays, kind, given (Int128, counts of 10**-6), currency, reason, author, approver,
    expires; by reference. `unused`: held rows of those whose time is over, or that name a part of the period or more.
    """

    frame: pl.DataFrame
    unused: pl.DataFrame

    def ranges(self, plans: Sequence[ResolvedPlan], currency: str) -> AdjustmentRanges:
        """What is proved about what one payee is given for one payment."""
        sums = self.frame.group_by("payee", "pays").agg(
            *(pl.col(GIVEN).filter(pl.col(KIND) == kind).abs().sum().alias(kind) for kind in ADJUSTMENT_KINDS), pl.len()
        )
        most = {name: int(sums[name].max() or 0) for name in (*ADJUSTMENT_KINDS, "len")}  # type: ignore[arg-type]
        coins = minor_digits(currency)
        places = max([coins, *(plan.payout_rounding.kept for plan in plans)])
        spans = {kind: Scale(GIVEN_PLACES, 0, most[kind]).span()[1] for kind in ADJUSTMENT_KINDS}
        return AdjustmentRanges(places, coins, spans["amount"], spans["percent"], spans["at_least"], most["len"])


def decisions_in(accepted: Accepted, period: Period) -> Decisions | None:
    """The adjustments among the accepted tables that are about a period; None where the rules have none."""
    if ADJUSTMENTS not in accepted.tables:
        return None
    table = accepted.tables[ADJUSTMENTS]
    rows = table.frame.filter(pl.col("period").is_null() | (pl.col("period") == period.name))
    elsewhere = table.frame.filter(pl.col("period").is_in(_overlapping(table.frame["period"], period)))
    meant = pl.format(f"it is about {{}}, and what is paid is {period.name}: write that if it is meant", "period")
    over = (pl.col("expires") < period.end).fill_null(False)
    told = pl.format("it counted until {}, before the period ends", "expires")
    given = pl.coalesce(_counts(table, kind) for kind in ADJUSTMENT_KINDS)
    kinds = pl.coalesce(pl.when(pl.col(kind).is_not_null()).then(pl.lit(kind)) for kind in ADJUSTMENT_KINDS)
    columns = ("reference", "payee", "pays", kinds.alias(KIND), given.alias(GIVEN), "currency", "reason", *_SIGNATURES)
    frame = rows.filter(~over).select(*columns, "expires")
    unused = [held_adjustments(elsewhere, "other-period", meant), held_adjustments(rows.filter(over), EXPIRED, told)]
    return Decisions(frame, pl.concat(unused))


def _overlapping(names: pl.Series, period: Period) -> list[str]:
    """Other periods that share days with one: a row about a month of a quarter would never count, and nobody know."""
    others = (Period.parse(name, period.year_starts) for name in sorted({*names.drop_nulls()} - {period.name}))
    return [each.name for each in others if each.overlaps(period)]


def _counts(table: Table, kind: str) -> pl.Expr:
    unit = pl.lit(10 ** (GIVEN_PLACES - table.scales[kind].places), pl.Int128)
    return pl.col(kind).cast(pl.Int128) * unit
