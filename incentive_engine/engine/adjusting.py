"""What guarantees and adjustments add to what the rules compute, once that is known of everyone.

A guarantee is for all segments of a payee's payment together, so that no expression of one row can tell what it lacks:
what the rules compute of the few payees concerned is worked out first, and what is added comes back as inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from incentive_engine.columns import ADJUSTMENTS
from incentive_engine.compiler.inputs import FIRST_DAY, PLAN, SEGMENT, AdjustmentRanges
from incentive_engine.compiler.program import Program
from incentive_engine.engine.adjustments import GIVEN, GIVEN_PLACES, KIND, Decisions, held_adjustments
from incentive_engine.engine.fitting import fitted
from incentive_engine.engine.folder import empty_table
from incentive_engine.exact import Exact, Scale
from incentive_engine.facts import HELD_SCHEMA
from incentive_engine.rulesets.adjustments import ADJUSTMENT, COMPUTED, GUARANTEE
from incentive_engine.rulesets.contracts import MOST_COINS

INPUTS: Final = (GUARANTEE, ADJUSTMENT)
RELEASE: Final = "release"
PAY: Final = "pay"
_PAYMENT: Final = ["payee", "pays"]
_PROGRAM, _AT = "\0program", "\0at"  # no header is so
_ROWS: Final = pl.Schema(
    {
        _PROGRAM: pl.UInt32(), _AT: pl.UInt32(), "payee": pl.String(), "pays": pl.String(), "plan": pl.String(),
        SEGMENT: pl.Int64(), FIRST_DAY: pl.Date(), COMPUTED: pl.Int128(),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of the adjustments.

    `used`: one row per adjustment × segment that it is for, as `columns.ADJUSTMENTS` says; a release has no plan.
    `unused`: held rows of those that are not used, with the reason.
    """

    used: pl.DataFrame
    unused: pl.DataFrame

    @property
    def released(self) -> pl.DataFrame:
        """Payee of each who is held and paid by decision."""
        return self.used.filter(pl.col(KIND) == RELEASE).select("payee").unique()


def nothing_decided() -> Decided:
    """What became of the adjustments where there are none."""
    return Decided(empty_table(ADJUSTMENTS), pl.DataFrame(schema=HELD_SCHEMA))


def with_nothing_decided(wide: pl.DataFrame, program: Program) -> pl.DataFrame:
    """The wide frame with nothing added to what the rules compute, where the program reads what is."""
    added = [name for name in INPUTS if name in program.inputs]
    return wide.with_columns(pl.lit(0, program.numbers[name].dtype).alias(name) for name in added)


def decide(
    programs: Sequence[Program],
    frames: Sequence[pl.DataFrame],
    decisions: Decisions,
    ranges: AdjustmentRanges,
    unknown: pl.DataFrame,
    blocked: pl.DataFrame,
    currency: str,
) -> tuple[list[pl.DataFrame], Decided]:
    """The wide frames with what is added, and what became of each adjustment.

    `unknown`: payees of whom nobody knows what they would be paid for; `blocked`: payee × pays that no plan evaluates.
    """
    computed = _computed(programs, frames, decisions.frame["payee"].unique(), ranges.places)
    paid = computed.drop_nulls(COMPUTED)
    unpaid = pl.concat([blocked, computed.filter(pl.col(COMPUTED).is_null()).select(_PAYMENT)])
    added = _added(decisions.frame, paid, ranges)
    of_unknown = decisions.frame.join(unknown, on="payee", how="semi").select(_PAYMENT)
    released, unused = _released(decisions.frame, paid, pl.concat([unpaid, of_unknown]).unique())
    given = [
        _with(wide, program, added.filter(pl.col(_PROGRAM) == number))
        for number, (program, wide) in enumerate(zip(programs, frames, strict=True))
    ]
    return given, Decided(_told(added, released, ranges.places, currency), pl.concat([decisions.unused, *unused]))


def _computed(
    programs: Sequence[Program], frames: Sequence[pl.DataFrame], payees: pl.Series, places: int
) -> pl.DataFrame:
    """What the rules compute of some payees: one row per payee × plan × segment, by payee, payment and day."""
    found = [pl.DataFrame(schema=_ROWS)]
    for number, (program, wide) in enumerate(zip(programs, frames, strict=True)):
        concerned = wide.with_row_index(_AT).filter(pl.col("payee").is_in(payees.implode()))
        if program.computed is None or concerned.is_empty():
            continue
        names, pays = (
            pl.lit(pl.Series([getattr(plan, name) for plan in program.plans], dtype=pl.String)).gather(pl.col(PLAN))
            for name in ("name", "pays")
        )
        counts = program.computed.rounded(places).expr.cast(pl.Int128)
        rows = program.evaluate(concerned.lazy()).select(
            pl.lit(number, pl.UInt32).alias(_PROGRAM), pl.col(_AT).cast(pl.UInt32), "payee", pays.alias("pays"),
            names.alias("plan"), pl.col(SEGMENT).cast(pl.Int64), FIRST_DAY, counts.alias(COMPUTED),
        )  # fmt: skip
        found.append(rows.collect(engine="streaming"))
    return pl.concat(found).sort(*_PAYMENT, FIRST_DAY, "plan")


def _added(rows: pl.DataFrame, paid: pl.DataFrame, ranges: AdjustmentRanges) -> pl.DataFrame:
    """What amounts, percentages and guarantees add: each to the last segment of its payment, percentages to all."""
    given = rows.with_columns(_in_counts_of(ranges.places))
    last = paid.group_by(_PAYMENT, maintain_order=True).agg(
        pl.col(_PROGRAM, _AT, "plan", SEGMENT).last(), pl.col(COMPUTED).sum()
    )
    amounts = given.filter(pl.col(KIND) == "amount").join(last.drop(COMPUTED), on=_PAYMENT)
    return pl.concat([amounts, _guarantees(given, last), _percentages(given, paid, ranges)], how="diagonal_relaxed")


def _guarantees(given: pl.DataFrame, last: pl.DataFrame) -> pl.DataFrame:
    """What computed payouts lack of the greatest that is guaranteed; the other guarantees of a payment add nothing."""
    rows = given.filter(pl.col(KIND) == "at_least").join(last, on=_PAYMENT)
    rows = rows.sort(*_PAYMENT, PAY, "reference", descending=[False, False, True, False])
    deciding = pl.struct(_PAYMENT).is_first_distinct()
    lacks = (pl.col(PAY) - pl.col(COMPUTED)).clip(0)
    return rows.with_columns(pl.when(deciding).then(lacks).otherwise(pl.lit(0, pl.Int128)).alias(PAY))


def _percentages(given: pl.DataFrame, paid: pl.DataFrame, ranges: AdjustmentRanges) -> pl.DataFrame:
    """Each percentage of what the rules compute in each segment, rounded to coins."""
    rows = given.filter(pl.col(KIND) == "percent").join(paid, on=_PAYMENT)
    of, scale = fitted(rows[COMPUTED], ranges.places)
    percent, percent_scale = fitted(rows[GIVEN], GIVEN_PLACES)
    product = Exact.column(COMPUTED, scale).times(Exact.column(GIVEN, percent_scale))
    added = rows.select(of, percent).select(product.rounded(ranges.coins).rounded(ranges.places).expr.cast(pl.Int128))
    return rows.with_columns(added.to_series().alias(PAY))


def _in_counts_of(places: int) -> pl.Expr:
    """What a row gives, in counts of pay: amounts have no more decimal places."""
    unit = pl.lit(10 ** abs(places - GIVEN_PLACES), pl.Int128)
    return (pl.col(GIVEN) * unit if places > GIVEN_PLACES else pl.col(GIVEN) // unit).alias(PAY)


def _released(rows: pl.DataFrame, paid: pl.DataFrame, held: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Those who are held and paid by decision, and the held rows of what adds nothing to anybody's pay."""
    release = pl.col(KIND) == RELEASE
    left = rows.join(paid, on=_PAYMENT, how="anti")
    of_held = left.join(held, on=_PAYMENT, how="semi")
    releases = of_held.filter(release)
    twice = releases.select(_PAYMENT).is_duplicated()
    unused = [
        _unused(rows.filter(release).join(paid, on=_PAYMENT, how="semi"), "unneeded-release", _UNNEEDED),
        _unused(left.join(held, on=_PAYMENT, how="anti"), "not-paid-this", _NOT_PAID),
        _unused(of_held.filter(~release), "adjustment-waits", _WAITS),
        _unused(releases.filter(twice), "released-twice", _TWICE),
    ]
    return releases.filter(~twice), unused


_UNNEEDED: Final = "`{}` of `{}` can be worked out, and is paid: a release is for who is held"
_NOT_PAID: Final = "`{}` is not paid to `{}` in this period"
_WAITS: Final = "`{}` of `{}` is held: this counts once it can be worked out"
_TWICE: Final = "`{}` of `{}` is released by several rows: keep one of them"


def _unused(rows: pl.DataFrame, code: str, told: str) -> pl.DataFrame:
    return held_adjustments(rows, code, pl.format(told, "pays", "payee"))


def _with(wide: pl.DataFrame, program: Program, added: pl.DataFrame) -> pl.DataFrame:
    """The wide frame of a program with what is added to each of its rows."""
    guarantees = pl.col(KIND) == "at_least"
    for name, rows in ((GUARANTEE, added.filter(guarantees)), (ADJUSTMENT, added.filter(~guarantees))):
        if rows.height:
            sums = rows.group_by(_AT, maintain_order=True).agg(pl.col(PAY).sum())
            column = wide[name].scatter(sums[_AT].to_list(), sums[PAY].cast(program.numbers[name].dtype))
            wide = wide.with_columns(column)
    return wide


def _told(added: pl.DataFrame, released: pl.DataFrame, places: int, currency: str) -> pl.DataFrame:
    """The table of what was used, with as many decimal places as a release in another currency needs."""
    foreign = released.filter(pl.col("currency") != currency).height
    shown = max(places, MOST_COINS) if foreign else places
    given = Exact.column(GIVEN, _any(GIVEN_PLACES))
    as_given, of_pay = given.rounded(shown).decimal(shown), _any(places)
    pay, base = (Exact.column(name, of_pay).decimal(shown) for name in (PAY, COMPUTED))
    percent, release = pl.col(KIND) == "percent", pl.col(KIND) == RELEASE
    numbers = {
        "percent": pl.when(percent).then(given.decimal(GIVEN_PLACES)),
        "amount": pl.when(~percent).then(as_given),
        "base": base,
        PAY: pl.when(release).then(as_given).otherwise(pay),
        "currency": pl.col("currency").fill_null(currency),
    }
    rows = pl.concat([added, released], how="diagonal_relaxed").with_columns(**numbers)
    return rows.select(*ADJUSTMENTS).sort("payee", "pays", "reference", SEGMENT)


def _any(places: int) -> Scale:
    return Scale(places, -(10**30), 10**30)
