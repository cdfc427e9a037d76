"""The demo company as files, each in the shape in which such files arrive.

The workforce is an export of a French Excel (Windows-1252, semicolons, decimal commas, 04/03/2019), complaints come
from another tool with a byte order mark, calls as Parquet. Two rows are broken, and one ticket belongs to somebody who
is not in the workforce: the run has to hold them, say so, and pay everybody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final

import polars as pl

from incentive_engine.demo import changes, decisions, records
from incentive_engine.demo.comments import with_comments
from incentive_engine.demo.people import SWISS, Payee, hire

PERIOD: Final = "2026-Q3"
_SEED: Final = 20260701
_FRENCH_DATE: Final = "%d/%m/%Y"
_NAMES: Final = {"BE": "Belgique", "CH": "Suisse", "FR": "France"}


def write_company(folder: Path) -> None:
    """Write the demo company's files into `folder`, which is created; the same bytes every time."""
    people = hire(Random(_SEED))
    folder.mkdir(parents=True, exist_ok=True)
    _write_workforce(folder / "workforce.csv", people)
    places, away = changes.assignments(people), changes.leave(Random(_SEED + 10), people)
    changes.salaries(Random(_SEED + 8), people).write_csv(folder / "salaries.csv")
    changes.working_time(Random(_SEED + 9), people).write_csv(folder / "working_time.csv")
    changes.employment(people).write_csv(folder / "employment.csv")
    changes.exchange().write_csv(folder / "exchange.csv")
    places.write_csv(folder / "assignments.csv")
    away.write_csv(folder / "leave.csv")
    _write_facts(folder, people, places, changes.absences(away))
    decisions.adjustments(PERIOD).write_csv(folder / "adjustments.csv")
    decisions.targets().write_csv(folder / "targets.csv")
    decisions.team_targets(people).write_csv(folder / "team_targets.csv")
    decisions.kpis(Random(_SEED + 5), people, changes.worked(away, people)).write_csv(folder / "kpis.csv")


def _write_facts(folder: Path, people: Sequence[Payee], places: pl.DataFrame, away: pl.DataFrame) -> None:
    """What customers experienced: of nobody on days on which they were away, and in the team of the day."""
    surveys = with_comments(Random(_SEED + 6), records.surveys(Random(_SEED + 1), people))
    invitations = records.invitations(Random(_SEED + 7), surveys)
    named = ("team", "department")
    surveys = changes.while_there(surveys, "adviser_id", ("answered_on",), away)
    invitations = changes.while_there(invitations, "adviser_id", ("sent_on",), away)
    _write_surveys(folder / "surveys", changes.in_their_team(surveys, "adviser_id", "answered_on", named, places))
    invitations = changes.in_their_team(invitations, "adviser_id", "sent_on", named, places)
    invitations.write_parquet(folder / "invitations.parquet")
    calls = [records.calls(Random(_SEED + 2), people), changes.calls_before(Random(_SEED + 11), people)]
    told = changes.while_there(pl.concat(calls), "adviser_id", ("started_at",), away)
    _write_calls(folder / "calls", changes.in_their_team(told, "adviser_id", "started_at", ("queue_team",), places))
    _write_complaints(folder / "complaints.csv", records.complaints(Random(_SEED + 3), people))
    tickets = records.tickets(Random(_SEED + 4), people)
    _write_tickets(folder / "tickets.csv", changes.while_there(tickets, "owner_id", ("closed_on", "opened_on"), away))


def _write_workforce(path: Path, people: Sequence[Payee]) -> None:
    header = (
        "payee;payroll_id;name;language;country;legal_entity;department;team;manager;role;level;contract;base_salary;"
        "currency;fte;hired;left;on_call_weeks"
    )
    lines = [header, *(";".join(_cells(person)) for person in people)]
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode("cp1252"))


def _cells(person: Payee) -> list[str]:
    country = "CH" if person.payee == SWISS else "BE" if "Liège" in person.team else "FR"
    return [
        person.payee,
        f"{person.number:06d}",
        f"Salarié {person.payee}" if person.language == "fr" else f"Employee {person.payee}",
        person.language,
        country,
        f"Services Clientèle {_NAMES[country]}",
        person.department,
        person.team,
        person.manager or "",
        person.role,
        person.level,
        person.contract,
        f"{person.base_salary},00",
        "CHF" if country == "CH" else "EUR",
        person.fte.replace(".", ","),
        person.hired.strftime(_FRENCH_DATE) if person.hired else "",
        person.left.strftime(_FRENCH_DATE) if person.left else "",
        "" if person.on_call_weeks is None else str(person.on_call_weeks),
    ]


def _write_surveys(folder: Path, surveys: pl.DataFrame) -> None:
    """One file per month, recorded the day after; in August somebody answered 11 on a scale that ends at 10."""
    impossible = (pl.col("answer_id") == "A013000").alias("impossible")
    recommend = pl.when(impossible).then(pl.lit(11)).otherwise(pl.col("recommend")).alias("recommend")
    recorded = (pl.col("answered_on") + pl.duration(days=1)).alias("recorded_on")
    for month, frame in _months(surveys.with_columns(recommend, recorded), "answered_on", folder):
        frame.write_csv(folder / f"{month}.csv")


def _write_calls(folder: Path, calls: pl.DataFrame) -> None:
    for month, frame in _months(calls, "started_at", folder):
        frame.write_parquet(folder / f"{month}.parquet")


def _months(frame: pl.DataFrame, date: str, folder: Path) -> list[tuple[str, pl.DataFrame]]:
    folder.mkdir(exist_ok=True)
    months = ("2026-07", "2026-08", "2026-09")
    return [(month, frame.filter(pl.col(date).dt.strftime("%Y-%m") == month)) for month in months]


def _write_complaints(path: Path, complaints: pl.DataFrame) -> None:
    """One complaint was opened on 31/09/2026, a day that does not exist."""
    opened = pl.col("opened_on").dt.strftime(_FRENCH_DATE)
    impossible = pl.col("complaint_id") == "R002450"
    goodwill = (pl.col("goodwill") * 100).round().cast(pl.Int64)
    text = complaints.with_columns(
        pl.when(impossible).then(pl.lit("31/09/2026")).otherwise(opened).alias("opened_on"),
        pl.format("{},{}", goodwill // 100, (goodwill % 100).cast(pl.String).str.zfill(2)).alias("goodwill"),
    ).write_csv(separator=";", line_terminator="\r\n")
    path.write_bytes(text.encode("utf-8-sig"))


def _write_tickets(path: Path, tickets: pl.DataFrame) -> None:
    """One ticket belongs to B0999, whom the workforce does not know."""
    unknown = pl.when(pl.col("ticket_id") == "D020000").then(pl.lit("B0999")).otherwise(pl.col("owner_id"))
    tickets.with_columns(unknown.alias("owner_id")).write_csv(path)
