"""Given results: the long table `kpis`, one row per subject × KPI × period, laid out densely over the subjects.

Each row's place is worked out once, from its subject's and its KPI's number, and the values are scattered to their
places: twelve filters and joins of a long table cost four times as much, `pivot` ten times.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import polars as pl

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.engine.crediting import COMPANY
from incentive_engine.engine.known import known_people
from incentive_engine.engine.measured import (
    SUBJECT,
    VALUE,
    Result,
    Sheet,
    as_column,
    every_subject,
    fitted_result,
    rounded,
)
from incentive_engine.engine.misfits import SUBJECT_KINDS, misfits, refused_rows
from incentive_engine.engine.strangers import NOT_KNOWN, among, guesses, strange_names
from incentive_engine.exact import Exact, Scale
from incentive_engine.facts import Accepted
from incentive_engine.kinds.base import written
from incentive_engine.kinds.kpi_kind import COUNT, NUMERATOR
from incentive_engine.kinds.kpis import Given
from incentive_engine.periods import Period
from incentive_engine.rulesets.formula_uses import RESULTS
from incentive_engine.rulesets.models import Kpi, RuleSet

_PLACE, _KPI, _RUN = "place", "number of the KPI", "run of the subject"


@dataclass(frozen=True, slots=True)
class _Page:
    """The rows of the table about one kind of subject in one period: subject, kpi, value, n.

    Each with the place of its subject among `subjects` and the number of its KPI among `kpis`; null where it has none.
    `known`: the names of all who are known, also those of whom something is held.
    """

    kind: str
    period: str
    known: pl.Series
    subjects: pl.DataFrame
    kpis: Mapping[str, Kpi]
    rows: pl.DataFrame
    scale: Scale

    def refused(self, chosen: pl.Expr | pl.Series, code: str, reason: pl.Expr) -> pl.DataFrame:
        """The chosen rows, held."""
        whose = pl.lit(self.kind).alias("subject_kind"), pl.lit(self.period).alias("period")
        return refused_rows(self.rows.filter(chosen).with_columns(whose), code, reason)


def given_results(
    rules: RuleSet, accepted: Accepted, keys: Collection[ResultKey], period: Period
) -> tuple[list[Sheet], pl.DataFrame]:
    """The given results behind `keys`, and the rows that cannot be used."""
    sheets: list[Sheet] = []
    kpis = {name: kpi for name, kpi in rules.kpis.items() if isinstance(kpi.compute, Given)}
    number = pl.col("kpi").cast(pl.Enum(list(kpis)), strict=False).to_physical().cast(pl.UInt32)
    run = pl.col(SUBJECT).rle_id()
    table = accepted.tables[RESULTS].frame.with_columns(number.alias(_KPI), run.alias(_RUN))
    found = {name: _distinct(table[name]) for name in ("subject_kind", "period")}
    found["kpi"] = set(table.filter(pl.col(_KPI).is_null())["kpi"].unique())
    held = [misfits(table, found, frozenset(kpis), frozenset(rules.kpis) - frozenset(kpis))]
    periods = {key.period(period).name for key in keys} | {period.name, period.previous().name}
    for kind, name in product(SUBJECT_KINDS, sorted(periods)):
        asked = sorted(key for key in keys if (key.subject_kind, key.period(period).name) == (kind, name))
        if asked or kind == "payee":
            about = {"subject_kind": kind, "period": name}
            rows = table.clear() if any(about[column] not in found[column] for column in about) else table
            several = [pl.col(column) == about[column] for column in about if len(found[column]) > 1]
            page = _page(rows.filter(several) if several else rows, kpis, accepted, kind, name)
            outside, contradicting = _outside(page), _contradicting(page)
            held += [*_strangers(page), *_told_outside(page, outside), *_told_contradicting(page, contradicting)]
            sheets += [_sheet(page, asked, outside | contradicting)] if asked else []
    return sheets, pl.concat(held)


def _distinct(column: pl.Series) -> set[str]:
    """The different texts of a column of which most repeat the one above."""
    return set(column.rle().struct.field("value"))


def _page(rows: pl.DataFrame, kpis: Mapping[str, Kpi], accepted: Accepted, kind: str, period: str) -> _Page:
    count = pl.col(COUNT).cast(pl.Int64) if COUNT in rows.columns else pl.lit(None, pl.Int64).alias(COUNT)
    subjects = every_subject(kind, accepted).rechunk()  # in one piece it is shared by all frames, not copied into each
    named = pl.col(SUBJECT).fill_null(COMPANY) if kind == "company" else pl.col(SUBJECT)
    places = _numbers(rows.select(named, _RUN), subjects[SUBJECT]).alias(_PLACE)
    known = known_people(accepted)["payee"] if kind == "payee" else subjects[SUBJECT]
    return _Page(
        kind,
        period,
        known,
        subjects,
        kpis,
        rows.select(SUBJECT, "kpi", VALUE, count, _KPI, places),
        accepted.tables[RESULTS].scales[VALUE],
    )


def _numbers(names: pl.DataFrame, among: pl.Series) -> pl.Series:
    """The place of each name in a list without repetitions; the same names in a row are looked up once."""
    lengths = names[_RUN].rle().struct.field("len")
    runs = names[SUBJECT].gather(lengths.cum_sum() - lengths)
    numbers = names[_RUN].rle_id()
    if runs.equals(among):
        return numbers
    numbered = pl.DataFrame({SUBJECT: among}).with_row_index(_PLACE)
    found = pl.DataFrame({SUBJECT: runs}).join(numbered, on=SUBJECT, how="left", maintain_order="left")
    return found[_PLACE].gather(numbers)


def _strangers(page: _Page) -> Iterator[pl.DataFrame]:
    """The rows about subjects whom nobody knows, and about nobody."""
    if not page.rows[_PLACE].null_count():
        return
    ours = pl.col(_PLACE).is_null() & pl.col(_KPI).is_not_null()
    empty = pl.lit("`subject` is empty: only the company needs no name")
    yield page.refused(ours & pl.col(SUBJECT).is_null(), "empty-cell", empty)
    strange = strange_names(page.rows.filter(ours)[SUBJECT], page.known)
    if page.kind == "company":
        why = pl.lit("is not the company: leave `subject` empty, or write `company`")
    elif page.kind == "payee":
        why = pl.lit(NOT_KNOWN[page.kind])
    else:
        otherwise = "correct it, or the workforce"
        why = pl.concat_str(pl.lit(NOT_KNOWN[page.kind]), guesses(SUBJECT, strange, page.known, otherwise))
    reason = pl.concat_str(pl.lit(f"{page.kind} `"), pl.col(SUBJECT), pl.lit("` "), why)
    yield page.refused(ours & among(SUBJECT, strange), f"unknown-{page.kind}", reason)


def _contradicting(page: _Page) -> pl.Series:
    """Boolean: whether another row says the same subject's result of the same KPI, under another name."""
    if page.kind != "company":  # all others have one name, and names are keys
        return pl.repeat(False, page.rows.height, eager=True)
    there = pl.col(_PLACE).is_not_null() & pl.col(_KPI).is_not_null()
    return page.rows.select(there & (pl.struct(_PLACE, _KPI).is_duplicated())).to_series()


def _told_contradicting(page: _Page, contradicting: pl.Series) -> Iterator[pl.DataFrame]:
    if contradicting.any():
        told = pl.lit("several rows give this result: keep the one that is right")
        yield page.refused(contradicting, "contradicting-rows", told)


def _outside(page: _Page) -> pl.Series:
    """Boolean: whether a result is outside the range of its KPI."""
    least, most = page.scale.low, page.scale.high
    ranges = [_range(kpi, page.scale) for kpi in page.kpis.values()]
    if all(low <= least and high >= most for low, high in ranges):
        return pl.repeat(False, page.rows.height, eager=True)
    low, high = (
        pl.lit(pl.Series([min(max(bounds[end], least - 1), most + 1) for bounds in ranges])).gather(pl.col(_KPI))
        for end in (0, 1)
    )
    outside = (pl.col(VALUE) < low) | (pl.col(VALUE) > high)
    return page.rows.select(outside.fill_null(False)).to_series()


def _range(kpi: Kpi, scale: Scale) -> tuple[int, int]:
    """The least and the greatest count that the KPI's range holds."""
    assert isinstance(kpi.compute, Given)
    low, high = (Fraction(end) * 10**scale.places for end in (kpi.compute.at_least, kpi.compute.at_most))
    return math.ceil(low), math.floor(high)


def _told_outside(page: _Page, outside: pl.Series) -> Iterator[pl.DataFrame]:
    if not outside.any():
        return
    value = Exact.column(VALUE, page.scale).decimal()
    for name, kpi in page.kpis.items():
        assert isinstance(kpi.compute, Given)
        low, high = written(kpi.compute.at_least), written(kpi.compute.at_most)
        told = [pl.lit(f"a result of `{name}` lies between {low} and {high}; "), value, pl.lit(" does not: correct it")]
        yield page.refused(pl.lit(outside) & (pl.col("kpi") == name), "out-of-bounds", pl.concat_str(told))


def _sheet(page: _Page, keys: Sequence[ResultKey], unusable: pl.Series) -> Sheet:
    height = page.subjects.height
    asked = {key.kpi: at for at, key in enumerate(keys)}
    number = pl.lit(pl.Series([asked.get(name) for name in page.kpis], dtype=pl.UInt32)).gather(pl.col(_KPI))
    rows = page.rows.select((number * height + pl.col(_PLACE)).alias(_PLACE), VALUE, COUNT)
    rows = rows.filter(rows[_PLACE].is_not_null() & ~unusable)
    columns = {
        name: pl.repeat(None, height * len(keys), dtype=rows.schema[name], eager=True).scatter(rows[_PLACE], rows[name])
        for name in (VALUE, COUNT)
    }
    as_written = Exact.column(NUMERATOR, page.scale)
    sheet: dict[ResultKey, Result] = {}
    for at, key in enumerate(keys):
        kpi = page.kpis[key.kpi]
        own = {name: column.slice(at * height, height) for name, column in columns.items()}
        frame = page.subjects.with_columns(own[VALUE].alias(NUMERATOR), own[COUNT].alias(COUNT)).select(
            SUBJECT,
            as_column(rounded(as_written, kpi), VALUE),
            COUNT,
            NUMERATOR,
        )
        sheet[key] = fitted_result(frame, kpi, as_written, None)
    return sheet
