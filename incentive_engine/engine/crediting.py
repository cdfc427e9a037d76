"""Facts credited: to a payee, a team, a department and the company, each as far as the fact names them.

What a fact names itself wins over what the workforce says of its payee. A system account is nobody: its facts count for
the wider subjects that they name. A fact about a payee whom nobody knows is held, not counted anywhere.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import polars as pl

from incentive_engine.facts import Accepted
from incentive_engine.rulesets.contracts import WORKFORCE
from incentive_engine.rulesets.models import Source

COMPANY: Final = "company"
_KNOWN = "known#"
_SUBJECT = "subject:"


def subject_column(kind: str) -> str:
    """The column of credited facts that holds the subject of one kind."""
    return _SUBJECT + kind


def held_people(accepted: Accepted) -> pl.DataFrame:
    """Payees of whom the workforce says something that cannot be used: known, but not paid before it is mended."""
    used_once = pl.col("code") == "duplicate-row"
    held = accepted.held.filter(pl.col("table") == WORKFORCE, pl.col("payee").is_not_null(), ~used_once)
    return held.select("payee").unique().sort("payee")


def known_people(accepted: Accepted) -> pl.DataFrame:
    """Everybody who is known: the workforce, and who is in it with rows that contradict each other."""
    return pl.concat([accepted.tables[WORKFORCE].frame, held_people(accepted)], how="diagonal").unique(
        "payee", keep="first", maintain_order=True
    )


def credited(
    facts: pl.DataFrame, source: Source, people: pl.DataFrame, kinds: Collection[str]
) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """The facts with a column per kind of subject, and the facts whose payee nobody knows."""
    lazy = facts.lazy()
    if source.payee is None:
        payee: pl.Expr = pl.lit(None, pl.String)
    else:
        named = pl.col(source.payee)
        payee = pl.when(~named.is_in(source.system_accounts)).then(named)
    lazy = lazy.with_columns(payee.alias(subject_column("payee")))
    known = people.select(
        pl.col("payee").alias(subject_column("payee")),
        *(pl.col(kind).alias(_of_payee(kind)) for kind in ("team", "department") if kind in people.columns),
        pl.lit(True).alias(_KNOWN),
    )
    lazy = lazy.join(known.lazy(), on=subject_column("payee"), how="left")
    strangers = pl.col(subject_column("payee")).is_not_null() & pl.col(_KNOWN).is_null()
    unknown = lazy.filter(strangers).select(facts.columns).collect() if source.payee else facts.clear()
    subjects = [pl.lit(COMPANY).alias(subject_column("company"))]
    for kind, own in (("team", source.team), ("department", source.department)):
        if kind in kinds:
            choices = [pl.col(own)] if own else []
            choices += [pl.col(_of_payee(kind))] if kind in people.columns else []
            subjects.append(pl.coalesce(choices or [pl.lit(None, pl.String)]).alias(subject_column(kind)))
    return lazy.filter(~strangers).with_columns(subjects), unknown


def _of_payee(kind: str) -> str:
    return f"payee's {kind}"
