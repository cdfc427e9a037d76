"""Written numbers → integer counts of 10**-places, exactly.

Text goes through decimal digits and never through a float. A float of a Parquet or Excel file is taken for the shortest
decimal that it is written as, at 15 significant digits: what the person who made the file saw. What needs more places
than are kept is held, never rounded.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import polars as pl

from incentive_engine.facts.contracts import ColumnContract
from incentive_engine.facts.faults import faults_of
from incentive_engine.facts.marks import SPACES, is_text

_DIGITS = 38
_FLOAT_DIGITS = 15
_POWERS = pl.Series("power", [10**exponent for exponent in range(_DIGITS + 1)], dtype=pl.Int128)
_Read = tuple[pl.Series, pl.Series]  # counts (Int128, null where there are none) and codes (null where all is well)


def read_numbers(
    cells: pl.Series, column: ColumnContract, mark: str, spreadsheet: bool
) -> tuple[pl.Series, pl.DataFrame]:
    """The counts of a column, null where a cell is empty or cannot be used, and the faults of the latter."""
    places = column.places
    if cells.dtype.is_integer():
        counts, codes = _shifted(cells.cast(pl.Int128), places)
    elif isinstance(cells.dtype, pl.Decimal):
        counts, codes = _shifted(cells.to_physical().cast(pl.Int128), places - cells.dtype.scale)
    elif cells.dtype.is_float():
        counts, codes = _from_floats(cells, places)
    else:
        texts = cells if is_text(cells.dtype) else cells.cast(pl.String, strict=False)
        counts, codes = _from_texts(texts.cast(pl.String), places, mark, spreadsheet)
    return _bounded(cells, counts, codes, column, mark)


def _bounded(
    cells: pl.Series, counts: pl.Series, codes: pl.Series, column: ColumnContract, mark: str
) -> tuple[pl.Series, pl.DataFrame]:
    """The counts inside the declared range, as the column carries them, and the faults of all others."""
    low, high = (pl.lit(bound, pl.Int128) for bound in column.count_bounds)
    read = pl.DataFrame({"n": counts, "code": codes})
    side = pl.when(pl.col("n") < low).then(pl.lit("below")).when(pl.col("n") > high).then(pl.lit("above"))
    read = read.with_columns(code=pl.coalesce("code", side))
    if read["code"].null_count() < read.height:
        read = read.with_columns(n=pl.when(pl.col("code").is_null()).then("n"))
    faults = faults_of(cells, read["code"], _reason(column, mark))
    sides = pl.col("code").replace({"below": "out-of-bounds", "above": "out-of-bounds"})
    return read["n"].cast(column.dtype), faults.with_columns(sides)


def _shifted(units: pl.Series, shift: int) -> _Read:
    """Units × 10**shift; units that this would not leave whole, or would leave too large, are coded."""
    n = pl.col("n")
    if shift < 0:
        unit = pl.lit(10 ** min(-shift, _DIGITS), pl.Int128)
        kept = n // unit
        code: pl.Expr = pl.when(n % unit != 0).then(pl.lit("too-many-decimals"))
    else:
        most = (10**_DIGITS - 1) // 10**shift if shift <= _DIGITS else 0
        kept = n * pl.lit(10 ** min(shift, _DIGITS), pl.Int128)
        over, under = n > pl.lit(most, pl.Int128), n < pl.lit(-most, pl.Int128)
        code = pl.when(over).then(pl.lit("above")).when(under).then(pl.lit("below"))
    read = units.to_frame("n").select(n=kept, code=code)
    return read.select(pl.when(pl.col("code").is_null()).then("n")).to_series(), read["code"]


def _from_floats(cells: pl.Series, places: int) -> _Read:
    """Counts of floats: `n / 10**places == x` with n below 10**15 proves that n is the decimal that x stands for.

    Both n and the power are exact in a float then, the division is correctly rounded, and decimals of 15 digits differ
    as floats. The few that this does not prove go through their text.
    """
    power = 10.0**places
    scaled = (pl.col("x") * power).round()
    proved = cells.dtype == pl.Float64 and places <= _FLOAT_DIGITS
    sure = (scaled / power == pl.col("x")) & (scaled.abs() < 10.0**_FLOAT_DIGITS) & pl.lit(proved)
    counts = cells.to_frame("x").select(n=pl.when(sure).then(scaled).cast(pl.Int64, strict=False)).to_series()
    left = (counts.is_null() & cells.is_not_null()).arg_true()
    codes = pl.repeat(None, len(cells), dtype=pl.String, eager=True)
    counts = counts.cast(pl.Int128)
    if len(left):
        found, wrong = _general(cells.gather(left).cast(pl.String), places, ".", _FLOAT_DIGITS)
        counts, codes = counts.scatter(left, found), codes.scatter(left, wrong)
    return counts, codes


def _from_texts(texts: pl.Series, places: int, mark: str, spreadsheet: bool) -> _Read:
    if spreadsheet and mark == ",":  # a cell of type number always comes with a point
        shown = pl.col("t").str.contains(r"^-?[0-9]+\.[0-9]+$")
        commas = pl.col("t").str.replace(".", ",", literal=True)
        texts = texts.to_frame("t").select(pl.when(shown).then(commas).otherwise("t")).to_series()
    fraction = rf"(?:[{mark}][0-9]{{1,{places}}}0*)?" if places else rf"(?:[{mark}]0+)?"
    plain = pl.col("t").str.contains(rf"^[+-]?[0-9]+{fraction}$")
    if spreadsheet:
        plain = plain & (pl.col("t").str.len_bytes() <= _FLOAT_DIGITS)
    pointed = pl.col("t").str.replace(",", ".", literal=True) if mark == "," else pl.col("t")
    read = texts.to_frame("t").select(
        plain=plain, counts=pointed.cast(pl.Decimal(_DIGITS, places), strict=False).to_physical()
    )
    counts = read.select(pl.when("plain").then("counts")).to_series() if not read["plain"].all() else read["counts"]
    codes = pl.repeat(None, len(texts), dtype=pl.String, eager=True)
    left = (counts.is_null() & texts.is_not_null()).arg_true()
    if len(left):
        found, wrong = _general(texts.gather(left), places, mark, _FLOAT_DIGITS if spreadsheet else None)
        counts, codes = counts.scatter(left, found), codes.scatter(left, wrong)
    return counts, codes


def _written(mark: str) -> str:
    other = "," if mark == "." else "."
    return (
        rf"^(?P<sign>[+\-−]?)(?:(?P<whole>[0-9]+|[0-9]{{1,3}}(?:[{other}{SPACES}][0-9]{{3}})+)"
        rf"(?:[{mark}](?P<fraction>[0-9]+))?|[{mark}](?P<bare>[0-9]+))"
        rf"(?:[eE](?P<exponent>[+-]?[0-9]{{1,4}}))?(?P<percent>[{SPACES}]?%)?$"
    )


def _general(texts: pl.Series, places: int, mark: str, significant: int | None) -> _Read:
    """Counts of numbers with thousands set apart, a percent sign, an exponent or many digits."""
    parts = texts.str.extract_groups(_written(mark)).struct.unnest()
    whole = pl.col("whole").str.replace_all("[^0-9]", "").fill_null("")
    fraction = pl.coalesce("fraction", "bare").str.strip_chars_end("0").fill_null("")
    exponent = pl.col("exponent").cast(pl.Int64, strict=False).fill_null(0)
    percent = pl.when(pl.col("percent").is_not_null()).then(pl.lit(2, pl.Int64)).otherwise(pl.lit(0, pl.Int64))
    read = parts.select(
        number=pl.col("sign").is_not_null(),
        negative=pl.col("sign").is_in(["-", "−"]),
        digits=(whole + fraction).str.strip_chars_start("0"),
        shift=exponent - percent - fraction.str.len_bytes().cast(pl.Int64) + places,
    )
    read = read.with_columns(length=pl.col("digits").str.len_bytes().cast(pl.Int64))
    size = pl.col("digits").cast(pl.Int128, strict=False)
    read = read.with_columns(size=pl.when(pl.col("length") == 0).then(pl.lit(0, pl.Int128)).otherwise(size))
    if significant is not None:
        read = _at_significant(read, significant)
    return _placed(read)


def _power(exponent: pl.Expr) -> pl.Expr:
    return pl.lit(_POWERS).gather(exponent.clip(0, _DIGITS))


def _at_significant(read: pl.DataFrame, significant: int) -> pl.DataFrame:
    """The same numbers rounded to so many significant digits, halves away from zero."""
    surplus = (pl.col("length") - significant).clip(0, _DIGITS)
    unit = _power(surplus)
    return read.with_columns(
        size=(pl.col("size") + unit // pl.lit(2, pl.Int128)) // unit,
        shift=pl.col("shift") + surplus,
        length=pl.col("length") - surplus,
    )


def _placed(read: pl.DataFrame) -> _Read:
    """Sizes × 10**shift with their sign."""
    size, shift = pl.col("size"), pl.col("shift")
    zero = size == 0
    large = size.is_null() | ((shift > 0) & (pl.col("length") + shift > _DIGITS))
    unit = _power(-shift)
    whole = (shift >= 0) | ((shift >= -_DIGITS) & (size % unit == 0))
    code = (
        pl.when(~pl.col("number"))
        .then(pl.lit("not-a-number"))
        .when(zero)
        .then(pl.lit(None, pl.String))
        .when(large)
        .then(pl.when("negative").then(pl.lit("below")).otherwise(pl.lit("above")))
        .when(~whole)
        .then(pl.lit("too-many-decimals"))
    )
    read = read.with_columns(code=code)
    placed = pl.when(shift >= 0).then(size * _power(shift)).otherwise(size // unit)
    signed = pl.when("negative").then(pl.lit(0, pl.Int128) - placed).otherwise(placed)
    kept = pl.when(zero).then(pl.lit(0, pl.Int128)).otherwise(signed)
    done = read.select("code", n=pl.when(pl.col("code").is_null() & pl.col("number")).then(kept))
    return done["n"], done["code"]


def _reason(column: ColumnContract, mark: str) -> pl.Expr:
    """Why a cell is held, and what to do, from its `text` and `code`."""
    text, code = pl.col("text"), pl.col("code")
    is_not = pl.format("`{}` is `{}`, which is not a number: {}", pl.lit(column.source), text, _advice(text, mark))
    decimals = pl.format(
        f"`{{}}` is {{}}, which needs more than {column.places} decimal places: "
        "round it in the file, or declare `places` for it under `columns` of this table",
        pl.lit(column.source),
        text,
    )
    return (
        pl.when(code == "not-a-number").then(is_not)
        .when(code == "too-many-decimals").then(decimals)
        .when(code == "below").then(_outside(column, "below", "at_least", column.low))
        .otherwise(_outside(column, "above", "at_most", column.high))
    )  # fmt: skip


def _outside(column: ColumnContract, side: str, declared: str, bound: Fraction) -> pl.Expr:
    meant = "larger" if side == "above" else "smaller" if bound else "negative"
    declare = f"declare `{declared}` for it under `columns` of this table"
    advice = f"{side} {written_out(bound)}: " + (
        "correct the record" if column.fixed else f"{declare} if {meant} values are meant"
    )
    return pl.format("`{}` is {}, {}", pl.lit(column.source), pl.col("text"), pl.lit(advice))


def _advice(text: pl.Expr, mark: str) -> pl.Expr:
    """What to do about a text that is not a number."""
    other = "," if mark == "." else "."
    return (
        pl.when(text.str.contains(r"^(?:1899-12-3|1900-01-)")).then(pl.lit("it is a time; write it as a number"))
        .when(text.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}")).then(pl.lit("it is a date; give the cell a number"))
        .when(text.str.contains(r"[€$£¥]|EUR|USD|GBP|CHF")).then(pl.lit("write the amount without its currency"))
        .when(text.str.starts_with("#"))
        .then(pl.lit("the spreadsheet could not work it out; correct its formula"))
        .when(text.is_in(["NaN", "inf", "-inf"])).then(pl.lit("leave the cell empty where there is no value"))
        .when(text.str.contains(other, literal=True))
        .then(pl.lit(f"the decimal mark of this file is `{mark}`; write all its numbers with it"))
        .otherwise(pl.lit("write digits only, or leave the cell empty where there is no value"))
    )  # fmt: skip


def written_out(value: Fraction) -> str:
    """A bound as people write it: 1000000, 0.5, or 1/3 where no decimal ends."""
    places = next((places for places in range(_DIGITS) if (value * 10**places).denominator == 1), None)
    return str(value) if places is None else f"{Decimal(value.numerator) / Decimal(value.denominator):f}"
