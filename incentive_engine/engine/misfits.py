"""Rows of given results that fit nothing: told, because nobody would miss them before payday.

A file may serve several rule sets, so other KPIs and other periods are left alone; but no rule set has a subject kind
`Payee`, a period `Q3 2026`, or a KPI `NPS` beside its own `nps`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

import polars as pl

from incentive_engine.engine.measured import SUBJECT
from incentive_engine.engine.strangers import bare
from incentive_engine.errors import did_you_mean
from incentive_engine.facts import HELD_SCHEMA
from incentive_engine.periods import Period
from incentive_engine.rulesets.formula_uses import RESULTS

SUBJECT_KINDS = ("payee", "team", "department", "company")


def misfits(
    table: pl.DataFrame, found: Mapping[str, Set[str]], given: frozenset[str], others: frozenset[str]
) -> pl.DataFrame:
    """The held rows; `given`: the KPIs whose results the table gives, `others`: those that are worked out.

    `found`: the different texts of each column in the table; of `kpi`, those that are not given.
    """
    held = [pl.DataFrame(schema=HELD_SCHEMA)]
    for column, code, told in (
        ("subject_kind", "unknown-subject-kind", _kinds(found["subject_kind"])),
        ("period", "unknown-period", _periods(found["period"])),
        ("kpi", "misspelt-kpi", _kpis(found["kpi"], given, others)),
    ):
        reasons = dict(told)
        if reasons:
            rows = table.filter(pl.col(column).is_in(list(reasons)))
            reason = pl.col(column).replace_strict(reasons, return_dtype=pl.String)
            held.append(refused_rows(rows, code, reason))
    return pl.concat(held)


def refused_rows(rows: pl.DataFrame, code: str, reason: pl.Expr) -> pl.DataFrame:
    """Rows of given results (subject_kind, subject, kpi, period), held."""
    key = [
        pl.concat_str(pl.lit(f"{name}="), pl.col(name).fill_null(""))
        for name in ("subject_kind", SUBJECT, "kpi", "period")
    ]
    return rows.select(
        pl.lit(RESULTS).alias("table"),
        pl.concat_str(key, separator=", ").alias("key"),
        pl.when(pl.col("subject_kind") == "payee").then(pl.col(SUBJECT)).alias("payee"),
        pl.lit(code).alias("code"),
        reason.alias("reason"),
    )


def _kinds(found: Set[str]) -> Iterator[tuple[str, str]]:
    for kind in found:
        if kind not in SUBJECT_KINDS:
            guess = did_you_mean(kind, SUBJECT_KINDS) or f"write {', '.join(SUBJECT_KINDS[:-1])} or {SUBJECT_KINDS[-1]}"
            yield kind, f"`{kind}` is no kind of subject: {guess}"


def _periods(found: Set[str]) -> Iterator[tuple[str, str]]:
    for name in found:
        try:
            Period.parse(name)
        except ValueError as error:
            yield name, str(error)


def _kpis(found: Set[str], given: frozenset[str], others: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Names that are a given KPI's but for capitals, spaces and signs."""
    meant: Mapping[str, str] = {bare(name): name for name in sorted(given)}
    for name in found:
        if name not in given | others and bare(name) in meant:
            yield name, f"no KPI is called `{name}`: did you mean `{meant[bare(name)]}`?"
