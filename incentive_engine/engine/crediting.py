"""Facts credited: to a payee, a team, a department and the company, each as far as the fact names them.

What a fact names itself wins over what is said of its payee: by the assignments for the day of the fact, or else by the
workforce. A system account is nobody: its facts count for the wider subjects that they name. A fact about somebody whom
nobody knows is held, not counted anywhere; one of a day on which nothing says where its payee was counts for no team.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

import polars as pl

from incentive_engine.engine.dated import WIDER, Places, places_in
from incentive_engine.engine.known import known_people
from incentive_engine.engine.named_facts import held_facts
from incentive_engine.engine.strangers import NOT_KNOWN, among, guesses, strange_names
from incentive_engine.facts import HELD_SCHEMA, Accepted
from incentive_engine.rulesets.contracts import ASSIGNMENTS
from incentive_engine.rulesets.tables import Source

COMPANY: Final = "company"
# No header has these names: they cannot stand in a text file.
_SUBJECT, _OWN, _THEN, _DAY, _KNOWN = "\0subject: ", "\0own ", "\0then ", "\0day", "\0known"
_PAYEE: Final = _SUBJECT + "payee"


def subject_column(kind: str) -> str:
    """The column of credited facts that holds the subject of one kind."""
    return _SUBJECT + kind


def known_names(kind: str, accepted: Accepted) -> pl.Series:
    """Everybody of one kind who is known, each once, in order: teams and departments also from when they were there."""
    names = [known_people(accepted)[kind]]
    if kind in WIDER and ASSIGNMENTS in accepted.tables:
        names.append(accepted.tables[ASSIGNMENTS].frame[kind])
    return pl.concat(names).drop_nulls().unique().sort()


def credited(
    name: str, facts: pl.DataFrame, source: Source, accepted: Accepted, kinds: Collection[str]
) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """The facts of a source with a column per kind of subject; and those that cannot be credited, as held rows.

    Teams and departments have to be known where results of that kind are read: elsewhere their names mean nothing.
    """
    usable, held = facts.lazy(), [pl.DataFrame(schema=HELD_SCHEMA)]
    for kind, column in _named_by(source, kinds):
        machines = pl.Series(source.system_accounts if kind == "payee" else (), dtype=pl.String)
        known = known_names(kind, accepted)
        strange = strange_names(facts[column], pl.concat([known, machines]))
        if len(strange):
            usable = usable.filter(~among(column, strange))
            held.append(_refused(name, facts.filter(among(column, strange)), source, kind, column, strange, known))
    usable = usable.with_columns(_payee(source).alias(_PAYEE))
    wider = [kind for kind in WIDER if kind in kinds]
    if wider:
        own = known_people(accepted).select(
            pl.col("payee").alias(_PAYEE), *(pl.col(kind).alias(_OWN + kind) for kind in wider)
        )
        usable = usable.join(own.lazy(), on=_PAYEE, how="left")
    assignments = places_in(accepted)
    if wider and assignments is not None:
        usable, nowhere = _placed(usable, source, assignments, wider)
        held += [] if nowhere is None else [_unassigned(name, nowhere, source)]
    company = pl.lit(COMPANY).alias(subject_column("company"))
    return usable.with_columns(company, *_wider(source, wider)), pl.concat(held)


def _placed(
    facts: pl.LazyFrame, source: Source, assignments: Places, kinds: Collection[str]
) -> tuple[pl.LazyFrame, pl.DataFrame | None]:
    """The facts with the team and department of their payees on the day, instead of what these are now.

    And those by themselves, if any, that do not name them and of whose payees nothing says where they were: they count
    for the payee and the company, and for nobody's team.
    """
    every = facts.select(pl.col(_PAYEE).alias("payee"), pl.col(source.date).cast(pl.Date).alias("day")).unique()
    days = every.filter(pl.col("payee").is_in(assignments.payees.implode())).collect(engine="streaming")
    places = days.join(assignments.on(days), on=["payee", "day"], how="left").select(
        pl.col("payee").alias(_PAYEE),
        pl.col("day").alias(_DAY),
        pl.col("from").is_not_null().alias(_KNOWN),
        *(pl.col(kind).alias(_THEN + kind) for kind in kinds),
    )
    placed = facts.with_columns(pl.col(source.date).cast(pl.Date).alias(_DAY)).join(
        places.lazy(), on=[_PAYEE, _DAY], how="left"
    )
    known = pl.col(_KNOWN).fill_null(True)
    then = (pl.when(known).then(pl.coalesce(_THEN + kind, _OWN + kind)).alias(_OWN + kind) for kind in kinds)
    if places[_KNOWN].all():  # looked at once more, each fact would cost as much as being counted
        return placed.with_columns(then), None
    nameless = pl.any_horizontal(subject.is_null() for subject in _named_in(source, kinds).values())
    return placed.with_columns(then), placed.filter(~known & nameless).collect(engine="streaming")


def _unassigned(name: str, facts: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Facts on days on which nothing says where their payees were, as rows that are not used for teams."""
    reason = pl.format("`assignments` do not say where `{}` was on {}: it counts for no team", _PAYEE, _DAY)
    return held_facts(name, facts, source, "not-assigned", reason)


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
    return pl.when(~named.is_in(source.system_accounts)).then(named) if source.system_accounts else named


def _wider(source: Source, kinds: Collection[str]) -> Iterator[pl.Expr]:
    """The team and the department that a fact names, or else those of its payee."""
    for kind, named in _named_in(source, kinds).items():
        yield pl.coalesce(named, _OWN + kind).alias(subject_column(kind))


def _named_in(source: Source, kinds: Collection[str]) -> dict[str, pl.Expr]:
    """The team and the department as a fact itself names them, if it does."""
    columns = {"team": source.team, "department": source.department}
    named = {kind: columns[kind] for kind in kinds}
    return {kind: pl.col(column) if column else pl.lit(None, pl.String) for kind, column in named.items()}


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
