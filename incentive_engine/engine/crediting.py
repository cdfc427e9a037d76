"""Facts credited: to a payee, a team, a department and the company, each as far as the fact names them.

What a fact names itself wins over what the workforce says of its payee. A system account is nobody: its facts count for
the wider subjects that they name. A fact about a payee whom nobody knows is held, not counted anywhere.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import polars as pl

from incentive_engine.rulesets.models import Source

COMPANY: Final = "company"
_SUBJECT = "subject:"


def subject_column(kind: str) -> str:
    """The column of credited facts that holds the subject of one kind."""
    return _SUBJECT + kind


def credited(
    facts: pl.DataFrame, source: Source, workforce: pl.DataFrame, kinds: Collection[str]
) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """The facts with a column per kind of subject, and the facts whose payee nobody knows."""
    lazy = facts.lazy()
    if source.payee is None:
        payee: pl.Expr = pl.lit(None, pl.String)
    else:
        named = pl.col(source.payee)
        payee = pl.when(~named.is_in(source.system_accounts)).then(named)
    lazy = lazy.with_columns(payee.alias(subject_column("payee")))
    known = workforce.select(
        pl.col("payee").alias(subject_column("payee")),
        *(pl.col(kind).alias(_of_payee(kind)) for kind in ("team", "department") if kind in workforce.columns),
        pl.lit(True).alias("known"),
    )
    lazy = lazy.join(known.lazy(), on=subject_column("payee"), how="left")
    strangers = pl.col(subject_column("payee")).is_not_null() & pl.col("known").is_null()
    unknown = lazy.filter(strangers).select(facts.columns).collect() if source.payee else facts.clear()
    subjects = [pl.lit(COMPANY).alias(subject_column("company"))]
    for kind, own in (("team", source.team), ("department", source.department)):
        if kind in kinds:
            choices = [pl.col(own)] if own else []
            choices += [pl.col(_of_payee(kind))] if kind in workforce.columns else []
            subjects.append(pl.coalesce(choices or [pl.lit(None, pl.String)]).alias(subject_column(kind)))
    return lazy.filter(~strangers).with_columns(subjects), unknown


def _of_payee(kind: str) -> str:
    return f"payee's {kind}"
