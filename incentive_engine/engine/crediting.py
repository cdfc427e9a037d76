"""Facts credited: to a payee, a team, a department and the company, each as far as the fact names them.

What a fact names itself wins over what the workforce says of its payee. A system account is nobody: its facts count for
the wider subjects that they name. A fact about somebody whom nobody knows is held, not counted anywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

import polars as pl

from incentive_engine.engine.named_facts import held_facts
from incentive_engine.engine.strangers import NOT_KNOWN, among, guesses, strange_names
from incentive_engine.facts import HELD_SCHEMA, Accepted
from incentive_engine.rulesets.contracts import WORKFORCE
from incentive_engine.rulesets.tables import Source

COMPANY: Final = "company"
_SUBJECT, _OWN = "\0subject: ", "\0own "  # no header has these names: they cannot stand in a text file


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
    workforce, others = accepted.tables[WORKFORCE].frame, held_people(accepted)
    if others.is_empty():
        return workforce
    return pl.concat([workforce, others.join(workforce, on="payee", how="anti")], how="diagonal")


def credited(
    name: str, facts: pl.DataFrame, source: Source, people: pl.DataFrame, kinds: Collection[str]
) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """The facts of a source with a column per kind of subject; and those that name somebody unknown, as held rows.

    Teams and departments have to be known where results of that kind are read: elsewhere their names mean nothing.
    """
    usable, held = facts.lazy(), [pl.DataFrame(schema=HELD_SCHEMA)]
    for kind, column in _named_by(source, kinds):
        machines = pl.Series(source.system_accounts if kind == "payee" else (), dtype=pl.String)
        known = people[kind].drop_nulls()
        strange = strange_names(facts[column], pl.concat([known, machines]))
        if len(strange):
            usable = usable.filter(~among(column, strange))
            held.append(_refused(name, facts.filter(among(column, strange)), source, kind, column, strange, known))
    usable = usable.with_columns(_payee(source).alias(subject_column("payee")))
    wider = [kind for kind in ("team", "department") if kind in kinds]
    if wider:
        own = people.select(
            pl.col("payee").alias(subject_column("payee")), *(pl.col(kind).alias(_OWN + kind) for kind in wider)
        )
        usable = usable.join(own.lazy(), on=subject_column("payee"), how="left")
    return usable.with_columns(pl.lit(COMPANY).alias(subject_column("company")), *_wider(source, wider)), pl.concat(
        held
    )


def _named_by(source: Source, kinds: Collection[str]) -> Iterator[tuple[str, str]]:
    """Each kind of subject that has to be known, and the column of the facts that names it."""
    columns = {"payee": source.payee, "team": source.team, "department": source.department}
    for kind, column in columns.items():
        if column is not None and (kind == "payee" or kind in kinds):
            yield kind, column


def _payee(source: Source) -> pl.Expr:
    if source.payee is None:
        return pl.lit(None, pl.String)
    named = pl.col(source.payee)
    return pl.when(~named.is_in(source.system_accounts)).then(named)


def _wider(source: Source, kinds: Collection[str]) -> Iterator[pl.Expr]:
    """The team and the department that a fact names, or else those of its payee."""
    for kind in kinds:
        named = source.team if kind == "team" else source.department
        yield pl.coalesce([*([named] if named else []), _OWN + kind]).alias(subject_column(kind))


def _refused(
    name: str, facts: pl.DataFrame, source: Source, kind: str, column: str, strange: pl.Series, known: pl.Series
) -> pl.DataFrame:
    """Facts that name somebody unknown, as held rows."""
    wrong = f"` in `{column}` {NOT_KNOWN[kind]}"
    told = [pl.lit("`"), pl.col(column), pl.lit(wrong)]
    if kind == "payee":
        told.append(pl.lit(", nor among `system_accounts`"))
    else:
        told.append(guesses(column, strange, known, "correct it, or the workforce"))
    return held_facts(name, facts, source, f"unknown-{kind}", pl.concat_str(told))
