"""The wide frame of a program: one row per payee × segment × plan, one column per number that the program reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from incentive_engine.compiler.inputs import FIRST_DAY, LAST_DAY, PLAN, SEGMENT, ParameterKey, StandingKey
from incentive_engine.compiler.needs import parameters_of
from incentive_engine.compiler.program import Program
from incentive_engine.engine.fitting import fitted
from incentive_engine.engine.measured import FIRST, LAST, SUBJECT, VALUE, Measured, Sheet, of_stints
from incentive_engine.engine.segments import ROW, People
from incentive_engine.engine.standings import Standings
from incentive_engine.engine.stints import with_stints
from incentive_engine.exact import Scale
from incentive_engine.facts import Accepted
from incentive_engine.kinds.base import FromTable
from incentive_engine.kinds.kpi_kind import COUNT
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.resolving import ResolvedPlan

_PLACE, _AT, _DAY = "\0place", "\0at", "\0day"
_STINT = ("\0from", "\0to")
"""The days of the assignment in which a row lies."""
_DAYS = tuple(zip((FIRST, LAST), _STINT, strict=True))


@dataclass(frozen=True, slots=True)
class ParameterColumn:
    """One number of a table, by the table's keys."""

    frame: pl.DataFrame
    keys: tuple[str, ...]
    scale: Scale
    since: str | None = None
    """The column with the day from which a row counts; None where there is one row for each of the keys."""


def parameter_columns(
    rules: RuleSet, accepted: Accepted, plans: Sequence[ResolvedPlan]
) -> Mapping[ParameterKey, ParameterColumn]:
    """Every number that the plans take from tables."""
    columns = {}
    for key in parameter_keys(rules, plans):
        table = accepted.tables[key.table]
        frame = table.frame if key.kpi is None else table.frame.filter(pl.col("kpi") == key.kpi)
        since = rules.tables[key.table].since
        keys = tuple(each for each in rules.tables[key.table].keys if each != "kpi")
        column, scale = fitted(frame[key.column], table.scales[key.column].places)
        days = () if since is None else (since,)
        columns[key] = ParameterColumn(frame.select(*keys, *days, column.alias(key.header)), keys, scale, since)
    return columns


def parameter_keys(rules: RuleSet, plans: Sequence[ResolvedPlan]) -> list[ParameterKey]:
    """The numbers that the plans take from tables, each once."""
    taken = (each for plan in plans for each in parameters_of(plan))
    return list(
        dict.fromkeys(
            ParameterKey(each.table, each.column, kpi if "kpi" in rules.tables[each.table].keys else None)
            for each, kpi in taken
            if isinstance(each, FromTable)
        )
    )


def gather(
    program: Program,
    assignments: pl.DataFrame,
    people: People,
    measured: Measured,
    parameters: Mapping[ParameterKey, ParameterColumn],
    standings: Mapping[StandingKey, Standings],
) -> pl.DataFrame:
    """The wide frame: payee, segment, plan number, and the program's inputs; in the order of the assignments."""
    placed = [standings[key] for key in program.standings]
    keys = {key for name in program.parameters for key in parameters[name].keys}
    keys |= {key for standing in placed for key in standing.keys}
    kinds = {key.subject_kind for key in program.results} - {"payee", "company"}
    columns = set(program.workforce) | keys | kinds | {"department"} & set(people.table.frame.columns)
    segments = people.table.frame.select(sorted((columns | {SEGMENT, FIRST_DAY, LAST_DAY}) - {"payee"}))
    owners = pl.int_range(segments.height, dtype=pl.UInt32, eager=True) if people.owners is None else people.owners
    wide = _assigned(assignments, segments.with_columns(owners.alias(_PLACE)))
    sheets = [{key: sheet[key] for key in program.results if key in sheet} for sheet in measured.sheets]
    if any(map(of_stints, sheets)) and measured.stints is not None:
        wide = with_stints(wide, measured.stints, _STINT)
    for sheet in sheets:
        if of_stints(sheet):
            wide = _with_days(wide, sheet)
        elif _kind(sheet) not in (None, "payee"):
            wide = _with_sheet(wide, sheet)
    for table in _tables([parameters[name] for name in program.parameters]):
        of_people = pl.Schema({key: people.table.frame.schema[key] for key in table.keys})
        rows = table.frame.cast(of_people, strict=False)  # a key beyond what people have is nobody's
        if table.since is None:
            wide = wide.join(rows.lazy(), on=list(table.keys), how="left", maintain_order="left")
        else:
            wide = _as_of(wide, rows, table.keys, table.since)
    for standing in placed:
        wide = wide.join(standing.frame.lazy(), on=list(standing.keys), how="left", maintain_order="left")
    own = [column for sheet in sheets if _kind(sheet) == "payee" and not of_stints(sheet) for column in _columns(sheet)]
    return _with_own(wide.drop(_STINT, strict=False).collect(), own)


def _assigned(assignments: pl.DataFrame, segments: pl.DataFrame) -> pl.LazyFrame:
    """The assignments with what is known of their segments; where everyone has one, side by side."""
    rows, own = assignments[ROW], assignments.drop(ROW)
    everyone = len(rows) == segments.height and (rows == pl.int_range(len(rows), eager=True)).all()
    known = segments.drop(own.columns, strict=False)  # the days of a plan's version win over those of the segment
    return own.hstack(known if everyone else known[rows]).lazy()


def _as_of(wide: pl.LazyFrame, numbers: pl.DataFrame, keys: tuple[str, ...], since: str) -> pl.LazyFrame:
    """With what a dated table says for the keys of each row on its first day; the rows stay in order."""
    rows = numbers.rename({since: _DAY}).sort(_DAY).lazy()
    placed = wide.with_row_index(_AT).sort(FIRST_DAY)
    found = placed.join_asof(rows, left_on=FIRST_DAY, right_on=_DAY, by=list(keys), check_sortedness=False)
    return found.sort(_AT).drop(_AT, _DAY)


def _tables(parameters: Sequence[ParameterColumn]) -> Iterator[ParameterColumn]:
    """The columns with the same keys side by side: people are joined once per set of keys, not once per number."""
    by_keys: dict[tuple[str, ...], list[ParameterColumn]] = {}
    for parameter in parameters:
        if parameter.since is None:
            by_keys.setdefault(parameter.keys, []).append(parameter)
        else:
            yield parameter  # each number of each KPI has days of its own
    for keys, columns in by_keys.items():
        frame = pl.concat([column.frame.select(keys) for column in columns]).unique()
        for column in columns:
            frame = frame.join(column.frame, on=keys, how="left")
        yield replace(columns[0], frame=frame)


def _with_own(wide: pl.DataFrame, own: Sequence[pl.Series]) -> pl.DataFrame:
    """With payees' own results, which lie as the workforce does; nothing is copied where everyone has one row."""
    places = wide.drop_in_place(_PLACE)
    alike = all(column.len() == wide.height for column in own)
    everyone = alike and (places == pl.int_range(len(places), eager=True)).all()
    return wide.with_columns(own if everyone else [column.gather(places) for column in own])


def _kind(sheet: Sheet) -> str | None:
    return next((key.subject_kind for key in sheet), None)


def _columns(sheet: Sheet) -> list[pl.Series]:
    return [
        result.frame[source].alias(name)
        for key, result in sheet.items()
        for source, name in ((VALUE, key.column), (COUNT, key.answers))
    ]


def _with_days(wide: pl.LazyFrame, sheet: Sheet) -> pl.LazyFrame:
    """With results of the stint in which each row lies."""
    days = next(iter(sheet.values())).frame.select(SUBJECT, *(pl.col(day).alias(name) for day, name in _DAYS))
    results, kind = days.with_columns(_columns(sheet)).lazy(), _kind(sheet)
    if kind is None or kind == "company":
        return wide.join(results.drop(SUBJECT), on=list(_STINT), how="left", maintain_order="left")
    of_subject = results.rename({SUBJECT: kind})
    return wide.join(of_subject, on=[kind, *_STINT], how="left", maintain_order="left")


def _with_sheet(wide: pl.LazyFrame, sheet: Sheet) -> pl.LazyFrame:
    kind, columns = _kind(sheet), _columns(sheet)
    if kind == "company":
        return wide.with_columns(pl.lit(column.item(), column.dtype).alias(column.name) for column in columns)
    subjects = next(iter(sheet.values())).frame.select(SUBJECT)
    of_subject = subjects.with_columns(columns).lazy()
    return wide.join(of_subject, left_on=kind, right_on=SUBJECT, how="left", maintain_order="left")


def numbered(assignments: pl.DataFrame, numbers: Sequence[int], number: str) -> pl.DataFrame:
    """The assignments of some plans, with the plan's place among them."""
    places = pl.DataFrame({number: numbers, PLAN: range(len(numbers))}, schema={number: pl.UInt32, PLAN: pl.UInt32})
    return assignments.join(places, on=number, how="inner", maintain_order="left").drop(number)
