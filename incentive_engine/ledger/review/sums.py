"""Nobody is lost and no cent: the population, and every total worked out twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import polars as pl

from incentive_engine.engine.overview import held_people
from incentive_engine.ledger.review.findings import Finding, Rows, count, in_each, money
from incentive_engine.ledger.review.looked_at import LookedAt, Written
from incentive_engine.rulesets.exchange import PAID, PAID_CURRENCY


def population(look: LookedAt) -> Finding:
    """Everybody is paid, held, released or not eligible, and the run says the same numbers."""
    now = look.now
    fates = _fates(now)
    counted = {name: fates.filter(fate=name).height for name in ("paid", "held", "released", "not_eligible")}
    everybody, told = fates.height, now.run.summary["payees"]
    lost = fates.filter(fate="lost")
    sums = " + ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in counted.items())
    if lost.height:
        rows = Rows.of("payee", "<", ((payee,) for payee in lost["payee"]))
        found = (
            f"The workforce has {count(everybody, 'person', 'people')}, but {sums} leave out {lost.height:,} of them."
        )
        return Finding(False, found, "nobody may be lost: run again, and report it if they are still missing", rows)
    differs = {name: (told.get(name, 0), number) for name, number in {"all": everybody, **counted}.items()}
    differs = {name: both for name, both in differs.items() if both[0] != both[1]}
    if differs:
        said = "; ".join(
            f"{name.replace('_', ' ')}: {one:,} against {other:,}" for name, (one, other) in differs.items()
        )
        found = f"The tables of the run say {sums} = {everybody:,}, but run.json says otherwise: {said}."
        return Finding(False, found, "the folder was changed after the run: run again into another one")
    return Finding(True, f"Everybody is accounted for: {sums} = {everybody:,} in the workforce.", "")


def _fates(now: Written) -> pl.DataFrame:
    """One row per person of the workforce: payee, and what became of them."""
    refused = now.run.tables["eligibility"].filter(~pl.col("result")).select("payee").unique().collect()
    groups = {
        "paid": now.run.tables["payouts"].select("payee").unique().collect(),
        "released": now.released.select("payee").unique(),
        "held": held_people(now.run).select("payee").unique(),
        "not_eligible": refused,
    }
    fate = pl.coalesce(
        pl.when(pl.col("payee").is_in(each["payee"].implode())).then(pl.lit(name)) for name, each in groups.items()
    )
    return now.people.select("payee").unique().sort("payee").with_columns(fate.fill_null("lost").alias("fate"))


def totals(look: LookedAt) -> Finding:
    """Every total is the sum of its parts, to the cent."""
    now = look.now
    compared = list(_compared(now))
    wrong = [each for each in compared if each[2] != each[3]]
    amounts = {currency: Decimal(each[PAID]) for currency, each in now.run.summary["paid"].items()}
    shown = wrong or compared
    rows = Rows.of(
        "of|compared|one says|the other says",
        "<<>>",
        ((of, what, money(one, currency), money(other, currency)) for of, what, one, other, currency in shown),
    )
    if wrong:
        found = f"{count(len(wrong), 'comparison')} of {len(compared):,} differ: the first, {wrong[0][1]}, by "
        found += f"{money(wrong[0][2] - wrong[0][3], wrong[0][4])}."
        return Finding(False, found, "the folder was changed after the run: run again into another one", rows)
    said = f"The parts add up to {in_each(amounts)} of payouts{_besides(now)}: "
    said += f"{count(len(compared), 'comparison')}, no cent of difference."
    return Finding(True, said, "", rows)


def _besides(now: Written) -> str:
    """What is paid besides payouts, where there is any."""
    told = {"released": now.run.summary["released"], "carried from earlier periods": now.run.summary["corrections"]}
    each = {what: {coin: Decimal(amount) for coin, amount in amounts.items()} for what, amounts in told.items()}
    return "".join(f", {in_each(amounts)} {what}" for what, amounts in each.items() if amounts)


Comparison = tuple[str, str, Decimal, Decimal, str]
"""Of whom, what with what, what one says, what the other says, in which currency."""


def _compared(now: Written) -> Iterator[Comparison]:
    payouts, currency = now.run.payouts.filter(pl.col("payout").is_not_null()), now.currency
    for name, whole, parts in _by_payee(now, payouts):
        both = whole.join(parts, on=["payee", "of"], how="full", coalesce=True).with_columns(
            pl.col("whole", "part").fill_null(Decimal(0))
        )
        for payee, _, one, other in both.filter(pl.col("whole") != pl.col("part")).sort("payee").iter_rows():
            yield payee, name, one, other, currency
        yield "all", name, _total(both["whole"]), _total(both["part"]), currency
    yield from _by_plan(now, payouts)
    for name, said in now.run.summary["totals"].items():
        if said is not None and name in payouts.columns:
            yield "all", f"{name} with run.json", _total(payouts[name]), Decimal(said), currency
    paid = payouts.select(pl.col(PAID_CURRENCY).alias("currency"), pl.col(PAID).alias("amount"))
    released = now.released.select("currency", pl.col("pay").alias("amount"))
    told = {coin: each[PAID] for coin, each in now.run.summary["paid"].items()}
    yield from _by_currency("paid", paid, told)
    yield from _by_currency("released", released, now.run.summary["released"])
    yield from _by_currency("corrections", now.corrections, now.run.summary["corrections"])


def _by_currency(name: str, rows: pl.DataFrame, told: Mapping[str, str]) -> Iterator[Comparison]:
    for coin in sorted({*rows["currency"].drop_nulls(), *told}):
        amount = _total(rows.filter(currency=coin)["amount"])
        yield "all", f"{name} in {coin} with run.json", amount, Decimal(told.get(coin, "0")), coin


def _by_payee(now: Written, payouts: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame, pl.DataFrame]]:
    """What is compared, and both sides: payee, of what, whole or part."""
    by_plan = _grouped(payouts, "plan", pl.col("payout"), "whole")
    brought = now.run.tables["contributions"].filter(pl.col("pay").is_not_null())  # a dozen rows each, streamed
    sums = brought.group_by("payee", pl.col("plan").alias("of")).agg(pl.col("pay").sum().alias("part"))
    yield "payouts with contributions", by_plan, sums.collect(engine="streaming")
    parts = (pl.col("customer_pay"), pl.col("internal_pay"), pl.col("other_pay"))
    yield "payouts with what customers, internal results and nothing brought", by_plan, _sum_of(payouts, parts)
    computed = (pl.col("computed"), pl.col("guarantee"), pl.col("adjustment"))
    yield "payouts with computed + guarantee + adjustment", by_plan, _sum_of(payouts, computed)
    for name, kinds in (("guarantee", ("at_least",)), ("adjustment", ("amount", "percent"))):
        given = now.adjustments.filter(pl.col("kind").is_in(kinds))
        whole = _grouped(payouts.filter(pl.col(name) != 0), "plan", pl.col(name), "whole")
        yield f"{name} of payouts with the table of adjustments", whole, _grouped(given, "plan", pl.col("pay"), "part")
    segments = now.run.segments.filter(pl.col("payout").is_not_null())
    if segments.height:
        several = payouts.join(segments, on=["payee", "pays"], how="semi")
        whole = _grouped(several, "pays", pl.col("payout"), "whole")
        yield "payouts with segments", whole, _grouped(segments, "pays", pl.col("payout"), "part")


def _sum_of(payouts: pl.DataFrame, columns: tuple[pl.Expr, ...]) -> pl.DataFrame:
    first, *others = columns
    for each in others:
        first = first + each
    return _grouped(payouts, "plan", first, "part")


def _grouped(frame: pl.DataFrame, of: str, amount: pl.Expr, name: str) -> pl.DataFrame:
    return frame.group_by("payee", pl.col(of).alias("of")).agg(amount.sum().alias(name))


def _by_plan(now: Written, payouts: pl.DataFrame) -> Iterator[Comparison]:
    """Departments against payouts; a plan whose sum has no room in the table of departments is left out."""
    told = now.run.departments.filter(pl.col("measure").is_null(), pl.col("plan").is_not_null())
    whole, part = ({plan: each["payout"] for (plan,), each in of.group_by("plan")} for of in (payouts, told))
    for plan in sorted({*whole, *part}, key=str):
        said = part.get(plan, pl.Series(dtype=pl.Decimal))
        if not len(said) or said.count():
            yield f"plan {plan}", "payouts with departments", _total(whole.get(plan)), _total(said), now.currency


def _total(amounts: pl.Series | None) -> Decimal:
    """The exact sum; zero of nothing."""
    total = None if amounts is None else amounts.sum()
    return total if isinstance(total, Decimal) else Decimal(0)
