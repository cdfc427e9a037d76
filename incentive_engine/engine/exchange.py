"""Exchange rates: which of them count on the days that a plan names, and who is paid in a currency that has none.

A rate counts from its day until the next one. Whoever needs a rate that is not there is held before any plan sees them,
so that a pool is never shared with people who cannot be paid.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from incentive_engine.compiler.inputs import RateRanges, Span
from incentive_engine.compiler.program import Program
from incentive_engine.currencies import currencies_in_use, minor_digits
from incentive_engine.engine.fitting import fitted
from incentive_engine.errors import did_you_mean
from incentive_engine.exact import Exact, Scale
from incentive_engine.facts import Accepted, Table
from incentive_engine.rulesets.contracts import EXCHANGE
from incentive_engine.rulesets.exchange import PAID_CURRENCY, PLAN_RATE, RATE, ResolvedExchange
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.resolving import ResolvedPlan

_COLUMNS: Final = pl.Schema({"currency": pl.String(), "from": pl.Date(), "rate": pl.Int64()})
_OF_ROW: Final = r"^currency=(.*), from="
"""Where the key of a held row names its currency."""


@dataclass(frozen=True, slots=True)
class Rates:
    """The currency of the rules, and the rates of others: currency, from, rate as a count, by currency and day.

    `doubtful`: currencies of which a rate was held: an older one might count in its place, unseen.
    """

    currency: str
    frame: pl.DataFrame
    scale: Scale
    doubtful: pl.Series

    @property
    def range(self) -> Scale:
        """What they lie between, and the 1 of the rules' own currency."""
        one = 10**self.scale.places
        return Scale(self.scale.places, min(self.scale.low or one, one), max(self.scale.high, one))

    def ranges(self, plans: Sequence[ResolvedPlan], people: Table) -> RateRanges:
        """What is proved about them, and about the amounts that they convert."""
        exchanges = dict.fromkeys(plan.exchange for plan in plans if plan.exchange is not None)
        own: dict[str, Span] = {}
        for exchange in exchanges:
            for name, (low, high) in self._converted(exchange, people):
                least, most = own.get(name, (low, high))
                own[name] = min(least, low), max(most, high)
        return RateRanges(self.range, self.range, coins(self.frame["currency"].unique()), own)

    def _converted(self, exchange: ResolvedExchange, people: Table) -> Iterator[tuple[str, Span]]:
        """What own amounts lie between in the rules' currency: a rate is of one currency's amounts, not of all."""
        names = [name for name in exchange.own if name in people.scales]
        paid = people.frame.select(pl.col("currency").fill_null(self.currency).alias(PAID_CURRENCY), *names)
        rated = paid.join(self.of(exchange), on=PAID_CURRENCY, how="left", maintain_order="left")
        for name in names:
            own = Exact.column(name, people.scales[name]).over(Exact.column(PLAN_RATE, self.range))
            counts = rated.select(exchange.rounding.of(own).expr.alias(name)).to_series()
            yield name, fitted(counts, exchange.rounding.kept)[1].span()

    def on(self, day: dt.date, name: str, valid_days: int | None = None) -> pl.DataFrame:
        """One row per currency with a rate that counts on a day: paid_currency, and the rate under `name`."""
        known = self.frame.filter(pl.col("from") <= day, ~pl.col("currency").is_in(self.doubtful.implode()))
        if valid_days is not None:
            known = known.filter(pl.col("from") > day - dt.timedelta(days=valid_days))
        carrier = Exact.column(name, self.range).dtype
        return (
            known.group_by("currency", maintain_order=True)
            .agg(pl.col("rate").last().cast(carrier))
            .select(pl.col("currency").alias(PAID_CURRENCY), pl.col("rate").alias(name))
        )

    def of(self, exchange: ResolvedExchange) -> pl.DataFrame:
        """One row per currency that can be paid: paid_currency, plan_rate, rate; the rules' own at 1."""
        planned, paid = (
            self.on(day, name, exchange.valid_days) for day, name in ((exchange.plan, PLAN_RATE), (exchange.paid, RATE))
        )
        both = planned.join(paid, on=PAID_CURRENCY)
        one = 10**self.scale.places
        own = pl.DataFrame({PAID_CURRENCY: [self.currency], PLAN_RATE: [one], RATE: [one]}, schema=both.schema)
        return pl.concat([own, both])


def rates_in(rules: RuleSet, accepted: Accepted) -> Rates:
    """The rates among the accepted tables; there are none where the rules have no exchange."""
    if rules.exchange is None:
        return Rates(rules.currency, pl.DataFrame(schema=_COLUMNS), Scale(0, 1, 1), pl.Series(dtype=pl.String))
    table = accepted.tables[EXCHANGE]
    held = accepted.held.filter(pl.col("table") == EXCHANGE, pl.col("code") != "duplicate-row")
    doubtful = held.select(pl.col("key").str.extract(_OF_ROW)).to_series().drop_nulls().unique()
    return Rates(rules.currency, table.frame, table.scales["rate"], doubtful)


def declared_rates(rate: Scale, own: Mapping[str, Span]) -> RateRanges:
    """What declarations prove about rates, and about what own amounts are in the rules' currency."""
    return RateRanges(rate, rate, coins(currencies_in_use()), own)


def coins(currencies: Iterable[str]) -> Mapping[int, tuple[str, ...]]:
    """The currencies by the decimal places of their smallest coin."""
    found: dict[int, list[str]] = defaultdict(list)
    for currency in sorted(currencies):
        found[minor_digits(currency)].append(currency)
    return {places: tuple(names) for places, names in sorted(found.items())}


def with_rates(wide: pl.DataFrame, program: Program, rates: Rates) -> pl.DataFrame:
    """The wide frame of a program with the currency that each row is paid in and its rates, where the plans need them.

    An empty `currency` is that of the rules.
    """
    exchange = program.plans[0].exchange  # the plans of one shape have the same
    if exchange is None or PAID_CURRENCY not in program.inputs:
        return wide
    paid = pl.col("currency").fill_null(rates.currency).alias(PAID_CURRENCY)
    return wide.with_columns(paid).join(rates.of(exchange), on=PAID_CURRENCY, how="left", maintain_order="left")


def without_rate(plans: Sequence[ResolvedPlan], people: pl.DataFrame, number: str, rates: Rates) -> pl.DataFrame:
    """Those of `people` who are paid in a currency of which there is no rate, each with `code` and `reason`.

    `people`: rows with the `currency` of each, empty for that of the rules, and a plan in the column `number`.
    """
    foreign = people.filter(pl.col("currency") != rates.currency)
    plans_of: dict[ResolvedExchange | None, list[int]] = defaultdict(list)
    for place, plan in enumerate(plans):
        plans_of[plan.exchange].append(place)
    parts = [foreign.clear().with_columns(pl.lit("", pl.String).alias(name) for name in ("code", "reason"))]
    for exchange, numbers in plans_of.items():
        rows = foreign.filter(pl.col(number).is_in(numbers))
        parts.append(_other_currency(rows, rates) if exchange is None else _missing_rate(rows, exchange, rates))
    return pl.concat(parts)


def _other_currency(rows: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    told = pl.format("is paid in {}, and the rules pay in {}", "currency", pl.lit(rates.currency))
    return rows.with_columns(code=pl.lit("other-currency"), reason=told)


def _missing_rate(rows: pl.DataFrame, exchange: ResolvedExchange, rates: Rates) -> pl.DataFrame:
    payable = rates.of(exchange)[PAID_CURRENCY].implode()
    lacking = rows.filter(~pl.col("currency").is_in(payable))
    reasons = {each: _why_missing(each, exchange, rates) for each in lacking["currency"].unique().sort()}
    told = pl.col("currency").replace_strict(reasons, return_dtype=pl.String)
    return lacking.with_columns(code=pl.lit("missing-rate"), reason=told)


def _why_missing(currency: str, exchange: ResolvedExchange, rates: Rates) -> str:
    """Why nobody can be paid in a currency."""
    if currency in rates.doubtful:
        return f"is paid in {currency}, of which a rate could not be used: correct it"
    if currency not in currencies_in_use():
        hint = did_you_mean(currency, currencies_in_use()) or "write its ISO 4217 code, as CHF"
        return f"is paid in `{currency}`, in which no country pays: {hint}"
    planned = rates.on(exchange.plan, PLAN_RATE, exchange.valid_days)[PAID_CURRENCY]
    day = exchange.paid if currency in planned else exchange.plan
    return f"is paid in {currency}, of which there is no rate that counts on {day}"


def without_odd_rates(rules: RuleSet, accepted: Accepted) -> Accepted:
    """What was accepted, without rates of the rules' own currency and of currencies that there are not: held."""
    if rules.exchange is None:
        return accepted
    table = accepted.tables[EXCHANGE]
    reasons = {}
    for name in table.frame["currency"].unique().sort():
        if name == rules.currency:
            reasons[name] = ("own-currency", f"rates say how much of another currency one {name} is: delete the row")
        elif name not in currencies_in_use():
            hint = did_you_mean(name, currencies_in_use()) or "write its ISO 4217 code, as CHF"
            reasons[name] = ("unknown-currency", f"no country pays in `{name}`: {hint}")
    odd = table.frame.filter(pl.col("currency").is_in(list(reasons)))
    code, reason = (
        pl.col("currency").replace_strict({name: told[at] for name, told in reasons.items()}, return_dtype=pl.String)
        for at in (0, 1)
    )
    held = odd.select(
        table=pl.lit(EXCHANGE),
        key=pl.format("currency={}, from={}", "currency", "from"),
        payee=pl.lit(None, pl.String),
        code=code,
        reason=reason,
    )
    kept = replace(table, frame=table.frame.join(odd, on=["currency", "from"], how="anti", maintain_order="left"))
    return Accepted({**accepted.tables, EXCHANGE: kept}, pl.concat([accepted.held, held]))
