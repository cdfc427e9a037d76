"""Written dates and times → naive dates and times in the rule set's time zone.

What carries an offset is moved into that zone first, so that a call at 23:30 UTC on 30 June counts for July in Paris.
Years start at 1900: what Excel keeps as a time of day comes out in 1899, and is not a date.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from incentive_engine.facts.contracts import ColumnContract
from incentive_engine.facts.faults import faults_of
from incentive_engine.facts.marks import is_text

_NAIVE = pl.Datetime("us")
_DAYS = {"dmy": ("%Y-%m-%d", "%d/%m/%Y"), "mdy": ("%Y-%m-%d", "%m/%d/%Y"), "ymd": ("%Y-%m-%d",)}
_TIMES = ("", " %H:%M:%S", "T%H:%M:%S", " %H:%M")
_TRIED = 100
_WRITTEN = (
    r"^(?:(?P<y>[0-9]{4})[-/.](?P<m>[0-9]{1,2})[-/.](?P<d>[0-9]{1,2})"
    r"|(?P<a>[0-9]{1,2})[-/.](?P<b>[0-9]{1,2})[-/.](?P<year>[0-9]{4})"
    r"|(?P<compact>(?:19|20)[0-9]{6}))"
    r"(?:[T ]+(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"\s*(?P<half>[AaPp])?(?:[.]?[Mm][.]?)?\s*(?P<offset>[Zz]|UTC|[+\-][0-9]{2}:?[0-9]{2})?)?$"
)
_EARLIEST = dt.datetime(1900, 1, 1)


def is_timezone(name: str) -> bool:
    """Whether moments can be moved into a time zone of this name: Python knows some that Polars does not."""
    try:
        pl.select(pl.lit(_EARLIEST).dt.replace_time_zone("UTC").dt.convert_time_zone(name))
    except pl.exceptions.PolarsError:
        return False
    return True


def read_dates(cells: pl.Series, column: ColumnContract, order: str, timezone: str) -> tuple[pl.Series, pl.DataFrame]:
    """The dates or times of a column, null where a cell is empty or cannot be used, and the faults of the latter."""
    if cells.dtype == pl.Date:
        read = cells.cast(_NAIVE)
    elif isinstance(cells.dtype, pl.Datetime):
        zone = cells.dtype.time_zone
        local = cells.dt.convert_time_zone(timezone).dt.replace_time_zone(None) if zone else cells
        read = local.cast(_NAIVE)
    elif is_text(cells.dtype):
        read = _from_texts(cells.cast(pl.String), order, timezone)
    else:
        read = pl.repeat(None, len(cells), dtype=_NAIVE, eager=True)
    read = read.to_frame("at").select(pl.when(pl.col("at") >= _EARLIEST).then("at")).to_series()
    wrong = cells.is_not_null() & read.is_null()
    codes = pl.select(pl.when(wrong).then(pl.lit("not-a-date"))).to_series()
    values = read if column.type == "datetime" else read.dt.date()
    return values, faults_of(cells, codes, _reason(column))


def _from_texts(texts: pl.Series, order: str, timezone: str) -> pl.Series:
    """A column is mostly written in one way, which a quick reading of its top finds; the general one reads the rest."""
    top = texts.drop_nulls().head(_TRIED)
    for form in (day + time for day in _DAYS[order] for time in _TIMES):
        if top.str.to_datetime(form, strict=False).null_count() == 0:
            read = texts.str.to_datetime(form, strict=False, time_unit="us")
            if read.null_count() == texts.null_count():
                return read
    return _general(texts, order, timezone)


def _general(texts: pl.Series, order: str, timezone: str) -> pl.Series:
    parts = texts.str.extract_groups(_WRITTEN).struct.unnest()
    if order == "ymd":
        parts = parts.with_columns(pl.lit(None, pl.String).alias("year"))
    day, month = ("b", "a") if order == "mdy" else ("a", "b")
    hour = pl.col("hour").cast(pl.Int16).fill_null(0)
    afternoon = pl.col("half").str.to_lowercase()
    hour = (
        pl.when(afternoon.is_null()).then(hour)
        .when(~hour.is_between(1, 12)).then(pl.lit(99, pl.Int16))
        .otherwise(hour % 12 + pl.when(afternoon == "p").then(pl.lit(12, pl.Int16)).otherwise(pl.lit(0, pl.Int16)))
    )  # fmt: skip
    compact = pl.col("compact")
    text = pl.format(
        "{}-{}-{} {}:{}:{}.{}",
        pl.coalesce("y", "year", compact.str.slice(0, 4)),
        pl.coalesce("m", month, compact.str.slice(4, 2)),
        pl.coalesce("d", day, compact.str.slice(6, 2)),
        hour.cast(pl.String).str.zfill(2),
        pl.col("minute").fill_null("00"),
        pl.col("second").fill_null("00"),
        pl.col("fraction").fill_null("").str.pad_end(6, "0").str.slice(0, 6),
    )
    sign = pl.when(pl.col("offset").str.starts_with("-")).then(pl.lit(-1)).otherwise(pl.lit(1))
    digits = pl.col("offset").str.replace_all("[^0-9]", "")
    hours, minutes = (digits.str.slice(start, 2).cast(pl.Int32, strict=False) for start in (0, 2))
    minutes = sign * (hours * 60 + minutes)
    read = parts.select(
        at=text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us"),
        ahead=pl.when(pl.col("offset").is_not_null()).then(pl.duration(minutes=minutes.fill_null(0))),
    )
    moved = (pl.col("at") - pl.col("ahead")).dt.replace_time_zone("UTC").dt.convert_time_zone(timezone)
    local = pl.when(pl.col("ahead").is_not_null()).then(moved.dt.replace_time_zone(None)).otherwise("at")
    return read.select(local).to_series()


def _reason(column: ColumnContract) -> pl.Expr:
    text = pl.col("text")
    advice = (
        pl.when(text.str.contains(r"^(?:1899-12-3|1900-01-)")).then(pl.lit("it is a time without a date"))
        .when(text.str.contains(r"^(?:0[0-9]|1[0-8])[0-9]{2}-[0-9]{2}-[0-9]{2}"))
        .then(pl.lit("years begin at 1900; write a later day"))
        .when(text.str.contains(r"^[0-9]{5}(?:\.[0-9]+)?$"))
        .then(pl.lit("give the cell a date format in the spreadsheet, or write it as 2026-07-31"))
        .when(text.str.contains(r"^[0-9]{1,2}[/.\-][0-9]{1,2}[/.\-][0-9]{2}$"))
        .then(pl.lit("write the year with four digits"))
        .otherwise(pl.lit("write it as 2026-07-31"))
    )  # fmt: skip
    return pl.format("`{}` is `{}`, which is not a date: {}", pl.lit(column.source), text, advice)
