"""A run at a glance: what each department was paid, how much of it customers brought, and who is held."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from incentive_engine.currencies import minor_digits
from incentive_engine.engine.run import Run
from incentive_engine.engine.setting_aside import ASIDE
from incentive_engine.rulesets.contracts import WORKFORCE

_SHARE = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Total:
    """One department, or all of them; money is None where nothing is paid, the share where no money was."""

    department: str | None
    paid: int
    held: int
    payout: Decimal | None
    customer_share: Decimal | None
    """Of the payout, rounded to 0.1 %."""
    computed: Decimal | None
    """Of the payout, what the rules work out."""
    guarantee: Decimal | None
    adjustment: Decimal | None

    @property
    def decided(self) -> bool:
        """Whether people decided anything of it."""
        return bool(self.guarantee or self.adjustment)


def by_department(run: Run) -> list[Total]:
    """One total per department, by name."""
    held = _held(run).group_by("department").agg(pl.col("held").sum())
    totals = run.tables["payouts"].group_by("department").agg(*_sums()).collect()
    both = totals.join(held, on="department", how="full", coalesce=True, nulls_equal=True)
    return [_total(**row) for row in both.sort("department", nulls_last=True).iter_rows(named=True)]


def overall(run: Run) -> Total:
    """The total of the whole run."""
    held = neither_paid(run)["payee"].n_unique()
    (row,) = run.tables["payouts"].select(*_sums()).collect().iter_rows(named=True)
    return _total(None, held=held, **row)


def _held(run: Run) -> pl.DataFrame:
    """How many are held by department: whoever has several plans, or versions of one, is one person."""
    without_plan = run.departments.filter(pl.col("plan").is_null()).select("department", "held")
    unpaid = [_unpaid(trace) for trace in run.traces.values()]
    if not unpaid:
        return without_plan
    people = pl.concat(unpaid).unique().collect().join(_released(run), on="payee", how="anti")
    return pl.concat([without_plan, people.group_by("department").agg(pl.len().cast(pl.Int64).alias("held"))])


def _released(run: Run) -> pl.DataFrame:
    """Payee of each who is not held, but paid by decision."""
    return run.adjustments.filter(pl.col("kind") == "release").select("payee").unique()


def _unpaid(trace: pl.LazyFrame) -> pl.LazyFrame:
    """Payee and department of each row of a trace whose pay, or score where nothing is paid, is missing."""
    columns = trace.collect_schema().names()
    department = pl.col("department") if "department" in columns else pl.lit(None, pl.String).alias("department")
    missing = pl.col("payout" if "payout" in columns else "plan.score").is_null()
    return trace.filter(missing).select("payee", department)


def _sums() -> list[pl.Expr]:
    money = (pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name) for name in _MONEY)
    return [pl.col("payee").n_unique().alias("paid"), *money]


_MONEY = ("payout", "customer_pay", "computed", "guarantee", "adjustment")


def _total(
    department: str | None,
    paid: int | None,
    held: int | None,
    payout: Decimal | None,
    customer_pay: Decimal | None,
    **decided: Decimal | None,
) -> Total:
    share = (customer_pay / payout).quantize(_SHARE) if payout and payout > 0 and customer_pay is not None else None
    return Total(department, paid or 0, held or 0, payout, share, **decided)


def held_people(run: Run) -> pl.DataFrame:
    """One row per reason for which somebody is not paid: payee, code, reason."""
    return run.held.filter(pl.col("table") == WORKFORCE, pl.col("key") == pl.col("payee")).select(
        "payee", "code", "reason"
    )


def neither_paid(run: Run) -> pl.DataFrame:
    """The same, without those who are paid by decision."""
    return held_people(run).join(_released(run), on="payee", how="anti")


def released_people(run: Run) -> pl.DataFrame:
    """One row per decision that pays somebody whom the rules cannot pay: payee, paid, reference, why they cannot."""
    why = held_people(run).group_by("payee").agg(pl.col("code").unique().sort().str.join(", "))
    rows = run.adjustments.filter(pl.col("kind") == "release").join(why, on="payee", how="left", maintain_order="left")
    told = rows.select("payee", "pay", "currency", "reference", "code").iter_rows()
    return pl.DataFrame(
        [(payee, _money(pay, currency), *rest) for payee, pay, currency, *rest in told],
        schema=dict.fromkeys(("payee", "paid", "reference", "code"), pl.String()),
        orient="row",
    )


def _money(amount: Decimal, currency: str) -> str:
    return f"{round(amount, minor_digits(currency)):,} {currency}"


def rows_not_used(held: pl.DataFrame) -> pl.DataFrame:
    """One row per row of the files that could not be used, as in `held`; not those that rules set aside."""
    people = (pl.col("table") == WORKFORCE) & (pl.col("key") == pl.col("payee")).fill_null(False)
    return held.filter(~people, pl.col("code") != ASIDE)


def facts_set_aside(held: pl.DataFrame) -> pl.DataFrame:
    """One row per table and reason for which rules set facts aside: table, how many, reason."""
    aside = held.filter(pl.col("code") == ASIDE).group_by("table", "reason", maintain_order=True).len()
    return aside.select("table", pl.col("len").cast(pl.String), "reason")
