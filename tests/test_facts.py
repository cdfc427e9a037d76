"""Files are read exactly or held with a reason; what is ambiguous or outside the data folder is refused."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import random
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incentive_engine.errors import InputProblems, Location, Problem
from incentive_engine.exact import Scale
from incentive_engine.facts import CODES, HELD_SCHEMA, Accepted, ColumnContract, ColumnType, TableContract, accept

xlsxwriter = pytest.importorskip("xlsxwriter")

PAYEE = ColumnContract("payee", "payee", "text")
AMOUNT = ColumnContract("amount", "amount", "number")
ON = ColumnContract("on", "on", "date")
AT = ColumnContract("at", "at", "datetime")


def column(kind: ColumnType, name: str = "x", **more: object) -> ColumnContract:
    return ColumnContract(name, name, kind, **more)  # type: ignore[arg-type]


def contract(*columns: ColumnContract, path: str = "facts.csv", **more: object) -> TableContract:
    return TableContract("facts", path, columns, **more)  # type: ignore[arg-type]


def accepted(folder: Path, content: str | bytes, *columns: ColumnContract, **more: object) -> Accepted:
    """What comes of one file."""
    wanted = contract(*columns, **more)  # type: ignore[arg-type]
    (folder / wanted.path).write_bytes(content.encode() if isinstance(content, str) else content)
    return accept([wanted], folder, "Europe/Paris")


def problems(folder: Path, content: str | bytes, *columns: ColumnContract, **more: object) -> tuple[Problem, ...]:
    with pytest.raises(InputProblems) as refused:
        accepted(folder, content, *columns, **more)
    return refused.value.problems


def values(found: Accepted, name: str = "amount") -> list[Fraction | None]:
    """The numbers of a column, exactly."""
    table = found.tables["facts"]
    unit = Fraction(1, 10 ** table.scales[name].places)
    return [None if count is None else count * unit for count in table.frame[name]]


def held(found: Accepted) -> list[tuple[str, str, str]]:
    assert set(found.held["code"]) <= set(CODES)
    return [(row["key"], row["code"], row["reason"]) for row in found.held.to_dicts()]


# --- numbers ---------------------------------------------------------------------------------------------------------

ENGLISH = {
    "0": Fraction(0),
    "-0": Fraction(0),
    "1250.50": Fraction(125050, 100),
    "+3": Fraction(3),
    "-5.25": Fraction(-525, 100),
    "\u22125.25": Fraction(-525, 100),
    ".5": Fraction(1, 2),
    "1,234.5": Fraction(12345, 10),
    "12,345,678": Fraction(12345678),
    "1 234.5": Fraction(12345, 10),
    "1'234.5": Fraction(12345, 10),
    "35%": Fraction(35, 100),
    "12.5 %": Fraction(125, 1000),
    "-1,250.5%": Fraction(-12505, 1000),
    "1e3": Fraction(1000),
    "2.5E-3": Fraction(25, 10000),
    "0.1000000000": Fraction(1, 10),
    "0.000001": Fraction(1, 10**6),
    "0000123.40": Fraction(1234, 10),
    "999999999999.999999": Fraction(10**18 - 1, 10**6),
}
FRENCH = {
    "1250,50": Fraction(125050, 100),
    "-5,25": Fraction(-525, 100),
    ",5": Fraction(1, 2),
    "1 234,5": Fraction(12345, 10),
    "1\u00a0234,5": Fraction(12345, 10),
    "1\u202f234\u202f567,89": Fraction(123456789, 100),
    "1.234,5": Fraction(12345, 10),
    "1.234.567": Fraction(1234567),
    "35 %": Fraction(35, 100),
    "12,5\u00a0%": Fraction(125, 1000),
    "1,5e3": Fraction(1500),
}
NOT_NUMBERS = [
    "abc",
    "1.2.3",
    "-",
    ".",
    "%",
    "1 23",
    "12,34,5",
    "--1",
    "1-",
    "1e",
    "0x10",
    "12\u20ac",
    "1_000",
    "NaN",
    "inf",
]


@pytest.mark.parametrize(("decimal", "written"), [(".", ENGLISH), (",", FRENCH)])
def test_numbers_are_read_exactly(tmp_path: Path, decimal: str, written: dict[str, Fraction]) -> None:
    content = "payee;amount\n" + "".join(f"{row:03};{text}\n" for row, text in enumerate(written))
    found = accepted(tmp_path, content, PAYEE, AMOUNT, key=("payee",), decimal=decimal)
    assert held(found) == []
    assert dict(zip(written, values(found), strict=True)) == written


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_what_is_not_a_number_is_held(tmp_path: Path, text: str) -> None:
    found = accepted(tmp_path, f"payee;amount\nA1;{text}\nA2;7\n", PAYEE, AMOUNT, key=("payee",), decimal=".")
    assert [(key, code) for key, code, _ in held(found)] == [("payee=A1", "not-a-number")]
    assert f"`amount` is `{text}`, which is not a number" in held(found)[0][2]
    assert values(found) == [Fraction(7)]


def test_a_number_that_needs_more_places_than_are_kept_is_held_and_never_rounded(tmp_path: Path) -> None:
    cells = ["0.005", "0.004", "12.345%", "1e-3", "100.010"]
    content = "payee;amount\n" + "".join(f"A{row};{text}\n" for row, text in enumerate(cells))
    found = accepted(tmp_path, content, PAYEE, column("money", "amount", places=2), key=("payee",))
    assert [(key, code) for key, code, _ in held(found)] == [(f"payee=A{row}", "too-many-decimals") for row in range(4)]
    assert held(found)[0][2] == (
        "`amount` is 0.005, which needs more than 2 decimal places: "
        "round it in the file, or declare `places` for it under `columns` of this table"
    )
    assert values(found) == [Fraction(10001, 100)]


def test_numbers_outside_the_declared_range_are_held_with_the_way_out(tmp_path: Path) -> None:
    wait = column("number", "wait_seconds", places=0, low=Fraction(0), high=Fraction(86400))
    content = "wait_seconds\n-5\n86401\n0\n86400\n" + "9" * 60 + "\n-" + "9" * 60 + "\n"
    found = accepted(tmp_path, content, wait)
    assert held(found)[0] == (
        "facts.csv:2",
        "out-of-bounds",
        "`wait_seconds` is -5, below 0: "
        "declare `at_least` for it under `columns` of this table if negative values are meant",
    )
    assert held(found)[1] == (
        "facts.csv:3",
        "out-of-bounds",
        "`wait_seconds` is 86401, above 86400: "
        "declare `at_most` for it under `columns` of this table if larger values are meant",
    )
    assert [(key, code, "below" in reason) for key, code, reason in held(found)[2:]] == [
        ("facts.csv:6", "out-of-bounds", False),
        ("facts.csv:7", "out-of-bounds", True),
    ]
    assert values(found, "wait_seconds") == [Fraction(0), Fraction(86400)]
    assert found.tables["facts"].scales == {"wait_seconds": Scale(0, 0, 86400)}


def test_a_fractional_bound_is_kept_exactly(tmp_path: Path) -> None:
    share = column("number", "amount", places=3, low=Fraction(-1, 3), high=Fraction(1, 2))
    found = accepted(tmp_path, "amount\n-0.333\n-0.334\n0.5\n0.501\n", share)
    assert values(found) == [Fraction(-333, 1000), Fraction(1, 2)]
    assert [reason.split(":")[0] for _, _, reason in held(found)] == [
        "`amount` is -0.334, below -1/3",
        "`amount` is 0.501, above 0.5",
    ]


def test_the_carrier_follows_the_declared_range_and_not_the_data(tmp_path: Path) -> None:
    narrow = column("number", "amount", places=6, low=Fraction(0), high=Fraction(9 * 10**12))
    wide = column("number", "amount", places=6, low=Fraction(0), high=Fraction(10**13))
    widest = column("number", "amount", places=30, low=Fraction(-(10**20)), high=Fraction(10**20))
    assert accepted(tmp_path, "amount\n1\n", narrow).tables["facts"].frame.schema == {"amount": pl.Int64}
    assert accepted(tmp_path, "amount\n1\n", wide).tables["facts"].frame.schema == {"amount": pl.Int128}
    found = accepted(tmp_path, "amount\n1\n-99999999\n100000000\n", widest)
    assert values(found) == [Fraction(-99999999), Fraction(1)]
    assert [code for _, code, _ in held(found)] == ["out-of-bounds"]


def english(value: Fraction, places: int) -> str:
    return f"{Decimal(value.numerator) / Decimal(value.denominator):,.{places}f}"


def french(value: Fraction, places: int) -> str:
    return english(value, places).replace(",", "\u202f").replace(".", ",")


AMOUNTS = st.lists(st.integers(-(10**17), 10**17).map(lambda count: Fraction(count, 10**6)), min_size=1, max_size=30)


@given(AMOUNTS, st.sampled_from([(english, "."), (french, ",")]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_amount_written_by_a_person_comes_back_exactly(
    tmp_path_factory: pytest.TempPathFactory,
    amounts: list[Fraction],
    notation: tuple[object, str],
    percent: bool,
) -> None:
    write, mark = notation
    folder = tmp_path_factory.mktemp("facts")
    texts = [write(amount * 100, 4) + " %" if percent else write(amount, 6) for amount in amounts]  # type: ignore[operator]
    content = "payee;amount\n" + "".join(f"{row:03};{text}\n" for row, text in enumerate(texts))
    found = accepted(folder, content, PAYEE, AMOUNT, key=("payee",))
    assert held(found) == []
    assert values(found) == amounts
    assert found.tables["facts"].scales["amount"] == Scale(6, int(min(amounts) * 10**6), int(max(amounts) * 10**6))
    assert mark in content


@given(st.lists(st.floats(-1e11, 1e11).map(lambda x: float(f"{x:.15g}")), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_any_float_of_fifteen_digits_is_the_decimal_that_it_is_written_as(
    tmp_path_factory: pytest.TempPathFactory, floats: list[float]
) -> None:
    folder = tmp_path_factory.mktemp("facts")
    pl.DataFrame({"payee": [f"{row:03}" for row in range(len(floats))], "amount": floats}).write_parquet(
        folder / "f.parquet"
    )
    wide = column("number", "amount", places=24)
    found = accept([contract(PAYEE, wide, path="f.parquet", key=("payee",))], folder, "UTC")
    exact = [Fraction(Decimal(f"{x:.15g}")) for x in floats]
    fitting = [value for value in exact if (value * 10**24).denominator == 1]
    assert values(found) == fitting
    assert found.held["code"].to_list() == ["too-many-decimals"] * (len(exact) - len(fitting))


# --- which notation a file is written in -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["1,234", "12,5"], Fraction(1234, 1000)),
        (["1,234", "1234,567"], Fraction(1234, 1000)),
        (["1,234", "0,567"], Fraction(1234, 1000)),
        (["1,234", "1 234,567"], Fraction(1234, 1000)),
        (["1,234", "1.234.567"], Fraction(1234, 1000)),
        (["1,234", "1,234,567"], Fraction(1234)),
        (["1,234", "12.5"], Fraction(1234)),
        (["1,234", "1,234.567"], Fraction(1234)),
        (["1.234", "12.5"], Fraction(1234, 1000)),
        (["1.234", "12,5 %"], Fraction(1234)),
    ],
)
def test_one_cell_that_can_be_read_in_one_way_only_decides_for_the_file(
    tmp_path: Path, cells: list[str], first: Fraction
) -> None:
    content = "payee;amount\n" + "".join(f"{row};{text}\n" for row, text in enumerate(cells))
    assert values(accepted(tmp_path, content, PAYEE, AMOUNT, key=("payee",)))[0] == first


@pytest.mark.parametrize("text", ["1,234", "1.234", "-12,345", "999,999 %"])
def test_a_number_that_can_be_read_in_two_ways_is_refused(tmp_path: Path, text: str) -> None:
    (told,) = problems(tmp_path, f"payee;amount\nA1;5\nA2;{text}\n", PAYEE, AMOUNT)
    assert (told.code, told.location) == ("ambiguous-number", Location("facts.csv", 3, 4))
    assert told.hint == 'declare `decimal: "."` or `decimal: ","` for this source'
    assert f"`{text}`" in told.message


def test_both_readings_are_shown(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, "payee;amount\nA1;1,234\n", PAYEE, AMOUNT)
    assert told.message == "`amount` is `1,234`, which can be read as 1234 or as 1 and 234/1000"


def test_a_declared_mark_answers_the_question(tmp_path: Path) -> None:
    content = "payee;amount\nA1;1,234\n"
    assert values(accepted(tmp_path, content, PAYEE, AMOUNT, decimal=",")) == [Fraction(1234, 1000)]
    assert values(accepted(tmp_path, content, PAYEE, AMOUNT, decimal=".")) == [Fraction(1234)]


def test_in_a_file_cut_at_commas_a_point_is_the_decimal_mark(tmp_path: Path) -> None:
    assert values(accepted(tmp_path, "payee,amount\nA1,1.234\n", PAYEE, AMOUNT)) == [Fraction(1234, 1000)]
    (told,) = problems(tmp_path, 'payee,amount\nA1,"1,234"\n', PAYEE, AMOUNT)
    assert told.code == "ambiguous-number"


def test_two_marks_in_one_file_are_refused(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, "payee;amount\nA1;12,5\nA2;12.5\n", PAYEE, AMOUNT)
    assert (told.code, told.location) == ("ambiguous-number", Location("facts.csv", 3, 4))
    assert "`12.5` and `12,5`" in told.message


def test_dates_are_read_in_every_usual_notation(tmp_path: Path) -> None:
    cells = ["2026-07-31", "2026-7-1", "2026/07/31", "20260731", "31/07/2026", "1.7.2026", "31-07-2026", "31/12/9999",
             "2026-07-31 10:30", "31/07/2026 23:59:59"]  # fmt: skip
    content = "payee;on\n" + "".join(f"{row:02};{text}\n" for row, text in enumerate(cells))
    found = accepted(tmp_path, content, PAYEE, ON, key=("payee",))
    july, first = dt.date(2026, 7, 31), dt.date(2026, 7, 1)
    assert held(found) == []
    assert found.tables["facts"].frame["on"].to_list() == [
        july, first, july, july, july, first, july, dt.date(9999, 12, 31), july, july,
    ]  # fmt: skip


def test_a_time_with_an_offset_is_moved_into_the_time_zone_of_the_rules(tmp_path: Path) -> None:
    cells = ["2026-06-30T22:30:00Z", "2026-06-30 22:30:00+00:00", "2026-12-31T23:30:00.5Z", "2026-07-01 10:00:00-0330",
             "2026-07-01 00:30", "07/31/2026 2:30 PM", "07/31/2026 12:05 am", "2026-07-01T01:02:03.000004"]  # fmt: skip
    content = "payee;at\n" + "".join(f"{row:02};{text}\n" for row, text in enumerate(cells))
    found = accepted(tmp_path, content, PAYEE, AT, key=("payee",))
    assert held(found) == []
    assert found.tables["facts"].frame["at"].to_list() == [
        dt.datetime(2026, 7, 1, 0, 30),
        dt.datetime(2026, 7, 1, 0, 30),
        dt.datetime(2027, 1, 1, 0, 30, 0, 500000),
        dt.datetime(2026, 7, 1, 15, 30),
        dt.datetime(2026, 7, 1, 0, 30),
        dt.datetime(2026, 7, 31, 14, 30),
        dt.datetime(2026, 7, 31, 0, 5),
        dt.datetime(2026, 7, 1, 1, 2, 3, 4),
    ]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("31/02/2026", "write it as 2026-07-31"),
        ("2026-02-30", "write it as 2026-07-31"),
        ("01/07/26", "write the year with four digits"),
        ("46204", "give the cell a date format in the spreadsheet, or write it as 2026-07-31"),
        ("1899-12-31 08:30:00", "it is a time without a date"),
        ("1800-01-01", "years begin at 1900; write a later day"),
        ("2026-07-01 24:00", "write it as 2026-07-31"),
        ("soon", "write it as 2026-07-31"),
    ],
)
def test_what_is_not_a_date_is_held(tmp_path: Path, text: str, advice: str) -> None:
    found = accepted(tmp_path, f"payee;on\nA1;{text}\nA2;2026-07-01\n", PAYEE, ON, key=("payee",))
    assert held(found) == [("payee=A1", "not-a-date", f"`on` is `{text}`, which is not a date: {advice}")]
    assert found.tables["facts"].frame["payee"].to_list() == ["A2"]


def test_the_order_of_day_and_month_is_found_in_all_rows_or_refused(tmp_path: Path) -> None:
    first = dt.date(2026, 4, 3), dt.date(2026, 3, 4)
    for other, wanted in (("13/04/2026", first[0]), ("04/13/2026", first[1])):
        found = accepted(tmp_path, f"payee;on\nA1;03/04/2026\nA2;{other}\n", PAYEE, ON, key=("payee",))
        assert found.tables["facts"].frame["on"][0] == wanted
    (told,) = problems(tmp_path, "payee;on\nA1;05/05/2026\nA2;03/04/2026\n", PAYEE, ON)
    assert (told.code, told.location) == ("ambiguous-date", Location("facts.csv", 3, 4))
    assert told.message == ("`on` is `03/04/2026`, which can be read as day 03 of month 04 or as day 04 of month 03")
    (told,) = problems(tmp_path, "payee;on\nA1;13/04/2026\nA2;04/13/2026\n", PAYEE, ON)
    assert told.code == "ambiguous-date"
    for order, wanted in (("dmy", first[0]), ("mdy", first[1])):
        found = accepted(tmp_path, "payee;on\nA1;03/04/2026\n", PAYEE, ON, date_order=order)
        assert found.tables["facts"].frame["on"].to_list() == [wanted]
    found = accepted(tmp_path, "payee;on\nA1;03/04/2026\n", PAYEE, ON, date_order="ymd")
    assert [code for _, code, _ in held(found)] == ["not-a-date"]


def test_a_date_that_is_the_same_both_ways_is_no_question(tmp_path: Path) -> None:
    found = accepted(tmp_path, "payee;on\nA1;05/05/2026\n", PAYEE, ON)
    assert found.tables["facts"].frame["on"].to_list() == [dt.date(2026, 5, 5)]


def test_who_writes_a_decimal_comma_writes_the_day_first(tmp_path: Path) -> None:
    found = accepted(tmp_path, "payee;amount;on\nA1;12,5;03/04/2026\n", PAYEE, AMOUNT, ON)
    assert found.tables["facts"].frame["on"].to_list() == [dt.date(2026, 4, 3)]


def test_booleans_in_two_languages(tmp_path: Path) -> None:
    yes, no = ["true", "Yes", "OUI", "vrai", "1"], ["FALSE", "no", "Non", "faux", "0"]
    content = "payee;x\n" + "".join(f"{row:02};{text}\n" for row, text in enumerate([*yes, *no, "maybe"]))
    found = accepted(tmp_path, content, PAYEE, column("boolean"), key=("payee",))
    assert found.tables["facts"].frame["x"].to_list() == [True] * 5 + [False] * 5
    assert [(key, code) for key, code, _ in held(found)] == [("payee=10", "not-a-boolean")]


# --- CSV -------------------------------------------------------------------------------------------------------------


def test_a_french_excel_file_just_works(tmp_path: Path) -> None:
    content = (
        "Matricule ;Équipe;Salaire de base;Entrée;Sortie\r\n"
        "00123;Relation client;32\u00a0500,50;01/09/2019;\r\n"
        "00124;Réclamations;28 000,00;15/02/2021;30/06/2026\r\n"
        ";;;;\r\n"
    ).encode("cp1252")
    found = accepted(
        tmp_path,
        content,
        ColumnContract("payee", "Matricule", "text"),
        ColumnContract("team", "Équipe", "text"),
        ColumnContract("base_salary", "Salaire de base", "money", places=2),
        ColumnContract("hired", "Entrée", "date"),
        ColumnContract("left", "Sortie", "date", nullable=True),
        key=("payee",),
    )
    assert found.held.is_empty()
    assert found.tables["facts"].frame.rows() == [
        ("00123", "Relation client", 3250050, dt.date(2019, 9, 1), None),
        ("00124", "Réclamations", 2800000, dt.date(2021, 2, 15), dt.date(2026, 6, 30)),
    ]
    assert found.tables["facts"].scales == {"base_salary": Scale(2, 2800000, 3250050)}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiters_and_encodings_are_found_out(tmp_path: Path, delimiter: str, encoding: str) -> None:
    content = f"é{delimiter}amount\nü{delimiter}5\n".encode(encoding)
    found = accepted(tmp_path, content, column("text", "é"), AMOUNT)
    assert found.tables["facts"].frame.rows() == [("ü", 5_000_000)]


def test_the_delimiter_is_the_one_that_makes_the_wanted_columns(tmp_path: Path) -> None:
    found = accepted(tmp_path, "payee;name, first, middle, last;amount\nA1;x,y;5\n", PAYEE, AMOUNT)
    assert found.tables["facts"].frame.rows() == [("A1", 5_000_000)]


def test_quotes_line_breaks_and_blank_lines(tmp_path: Path) -> None:
    content = 'payee;note;amount\nA1;"two\nlines; ""quoted""";1\n\n"A2";5" screen;2\n  A3  ; ;3\n;;\n'
    note = column("text", "note", nullable=True)
    found = accepted(tmp_path, content, PAYEE, note, AMOUNT)
    assert found.tables["facts"].frame.rows() == [
        ("A1", 'two\nlines; "quoted"', 1_000_000),
        ("A2", '5" screen', 2_000_000),
        ("A3", None, 3_000_000),
    ]
    assert found.held.is_empty()


def test_a_held_row_is_found_again_by_its_line(tmp_path: Path) -> None:
    for header in ("payee;note;amount\n", '"payee";"note";"amount"\n'):
        content = header + 'A1;"two\nlines";1\nA2;x;bad\n\nA3;"three\n\nlines";worse\n'
        found = accepted(tmp_path, content, PAYEE, AMOUNT)
        assert found.held.select("key", "payee", "code").rows() == [
            ("facts.csv:4", "A2", "not-a-number"),
            ("facts.csv:6", "A3", "not-a-number"),
        ]


def test_rows_that_are_cut_off_or_spill_over_are_held(tmp_path: Path) -> None:
    content = "payee;name;amount\nA1;Ann;1\nA2;Bea;2;3\nA3;Cid\n\nA4;Dan;15"
    found = accepted(tmp_path, content, PAYEE, AMOUNT, key=("payee",))
    assert found.tables["facts"].frame.rows() == [("A1", 1_000_000), ("A4", 15_000_000)]
    assert [(key, code, reason.split(":")[0]) for key, code, reason in held(found)] == [
        ("payee=A2", "uneven-row", "the row has 4 cells where the header has 3"),
        ("payee=A3", "uneven-row", "the row has 2 cells where the header has 3"),
    ]


def test_a_short_row_and_a_long_one_do_not_make_up_for_each_other(tmp_path: Path) -> None:
    found = accepted(tmp_path, "payee,name,amount\nA1,1\nA2,Bea,2,3\nA3,Cid,3\n", PAYEE, AMOUNT, key=("payee",))
    assert found.tables["facts"].frame["payee"].to_list() == ["A3"]
    assert [code for _, code, _ in held(found)] == ["uneven-row", "uneven-row"]


@given(st.lists(st.text('ab";\n', max_size=6), min_size=1, max_size=4), st.integers(1, 3), st.booleans())
@settings(max_examples=100, deadline=None)
def test_any_text_is_cut_into_cells_as_the_csv_module_does(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], width: int, wild: bool
) -> None:
    rows = [[text] * width for text in texts]
    written = io.StringIO()
    csv.writer(written, delimiter=";", lineterminator="\n").writerows(rows)
    body = ";".join(texts) if wild else written.getvalue()
    header = ";".join(f"c{position}" for position in range(width))
    columns = [column("text", f"c{position}", nullable=True) for position in range(width)]
    folder = tmp_path_factory.mktemp("facts")
    try:
        read = list(csv.reader(io.StringIO(body.rstrip("\n"), newline=""), delimiter=";", strict=True))
    except csv.Error:
        with pytest.raises(InputProblems, match="cannot be cut into cells"):
            accepted(folder, f"{header}\n{body}", *columns, delimiter=";")
        return
    found = accepted(folder, f"{header}\n{body}", *columns, delimiter=";")
    stripped = [tuple(cell.strip() or None for cell in cells) for cells in read]
    even = [cells for cells in stripped if len(cells) == width and any(cells)]
    uneven = [cells for cells in read if len(cells) != width and any(cells)]
    assert sorted(map(repr, found.tables["facts"].frame.rows())) == sorted(map(repr, even))
    assert [code for _, code, _ in held(found)] == ["uneven-row"] * len(uneven)


def test_a_file_with_one_column_is_not_cut(tmp_path: Path) -> None:
    found = accepted(tmp_path, "note\nhello, world; good | bye\n", column("text", "note"))
    assert found.tables["facts"].frame.rows() == [("hello, world; good | bye",)]
    (told,) = problems(tmp_path, "amount\n1,234\n", AMOUNT)
    assert (told.code, told.location) == ("ambiguous-number", Location("facts.csv", 2, 1))


def test_excels_own_first_line_names_the_delimiter(tmp_path: Path) -> None:
    found = accepted(tmp_path, "sep=|\npayee|amount\nA1|bad\nA2|2\n", PAYEE, AMOUNT)
    assert found.tables["facts"].frame.rows() == [("A2", 2_000_000)]
    assert held(found)[0][0] == "facts.csv:3"


def test_a_file_with_only_a_header_is_delivered_and_has_no_rows(tmp_path: Path) -> None:
    for content in ("payee;amount", "payee;amount\r\n"):
        table = accepted(tmp_path, content, PAYEE, AMOUNT).tables["facts"]
        assert table.frame.schema == {"payee": pl.String, "amount": pl.Int64}
        assert (table.frame.height, table.delivered, table.scales) == (0, True, {"amount": Scale(6, 0, 0)})


@pytest.mark.parametrize(
    ("content", "code", "words", "line"),
    [
        (b"", "unreadable-file", "is empty", 1),
        (b"\r\n \n", "unreadable-file", "is empty", 1),
        (b"\npayee;amount\nA1;2\n", "unreadable-file", "does not start with a header", 1),
        (b"payee;amount\n\x00\x01", "unreadable-file", "is not a text file", 1),
        (b'payee;amount\nA1;2\n"A2;3\nA3;4\n', "unreadable-file", "unexpected end of data", 3),
        (b'payee;amount\n"A1"x;2\n', "unreadable-file", "expected after", 2),
        (b"payee;amount\nA1;2\n\x81;3\n", "unknown-encoding", "not in utf-8 or cp1252", 3),
        (b"payee;payee;amount\nA1;A2;3\n", "repeated-column", "two columns are called `payee`", 1),
        (b"Payee;amount\nA1;2\n", "missing-column", "has no column `payee`", 1),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, content: bytes, code: str, words: str, line: int) -> None:
    (told,) = problems(tmp_path, content, PAYEE, AMOUNT)
    assert told.code == code
    assert words in told.message
    assert told.location is not None
    assert (told.location.file, told.location.line) == ("facts.csv", line)


def test_a_repeated_header_is_shown_where_it_is(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, "payee;amount;payee\n", PAYEE, AMOUNT)
    assert told.location == Location("facts.csv", 1, 14)


def test_a_missing_column_asks_for_the_nearest(tmp_path: Path) -> None:
    first, second = problems(tmp_path, "payee_id;total\n", PAYEE, ColumnContract("amount", "montant", "number"))
    assert (first.hint, second.hint) == ("did you mean `payee_id`?", "its columns are: payee_id, total")
    assert second.message == "`facts.csv` has no column `montant` (the rules' `amount`)"


@pytest.mark.parametrize("encoding", ["klingon", "hex", "ascii"])
def test_an_encoding_that_is_unknown_or_wrong(tmp_path: Path, encoding: str) -> None:
    (told,) = problems(tmp_path, "payee;amount\né;1\n", PAYEE, AMOUNT, encoding=encoding)
    assert told.code == "unknown-encoding"
    assert told.hint == "declare `encoding` for this source, such as utf-8, cp1252 or utf-16"


# --- cells that are empty, rows that are there twice -----------------------------------------------------------------


def test_an_empty_cell_is_missing_or_holds_its_row(tmp_path: Path) -> None:
    left = column("date", "left", nullable=True)
    found = accepted(tmp_path, "payee;amount;left\nA1;;\nA2;2;\n;3;\n", PAYEE, AMOUNT, left, key=("payee",))
    assert found.tables["facts"].frame.rows() == [("A2", 2_000_000, None)]
    assert held(found) == [
        ("facts.csv:4", "empty-cell", "`payee` is empty: fill it in, or take the row out"),
        ("payee=A1", "empty-cell", "`amount` is empty: fill it in, or take the row out"),
    ]


def test_every_bad_cell_of_a_row_is_told(tmp_path: Path) -> None:
    found = accepted(tmp_path, "payee;amount;on\nA1;x;y\n", PAYEE, AMOUNT, ON, key=("payee",))
    assert [code for _, code, _ in held(found)] == ["not-a-date", "not-a-number"]


def test_rows_with_the_same_key(tmp_path: Path) -> None:
    content = "kpi,payee,amount,name\n"
    content += "nps,A1,1,x\nnps,A1,1.0,x\nnps,A1,1,x\n"  # the same three times, written in two ways
    content += "nps,A2,1,x\nnps,A2,2,x\nnps,A2,2,y\n"
    content += "nps,A3,1,x\nnps,A3,bad,x\n"
    content += "nps,A4,1,x\nces,A4,1,x\n"
    found = accepted(
        tmp_path, content, column("text", "kpi"), PAYEE, AMOUNT, column("text", "name"), key=("kpi", "payee")
    )
    assert found.tables["facts"].frame.select("kpi", "payee").rows() == [("ces", "A4"), ("nps", "A1"), ("nps", "A4")]
    assert found.held.select("key", "payee", "code").rows() == [
        ("kpi=nps, payee=A1", "A1", "duplicate-row"),
        ("kpi=nps, payee=A1", "A1", "duplicate-row"),
        ("kpi=nps, payee=A2", "A2", "contradicting-rows"),
        ("kpi=nps, payee=A2", "A2", "contradicting-rows"),
        ("kpi=nps, payee=A2", "A2", "contradicting-rows"),
        ("kpi=nps, payee=A3", "A3", "contradicting-rows"),
        ("kpi=nps, payee=A3", "A3", "not-a-number"),
    ]
    told = {(key, code): reason for key, code, reason in held(found)}
    assert told["kpi=nps, payee=A1", "duplicate-row"] == (
        "the same row is there 3 times, and is used once: take the copies out of the file"
    )
    assert told["kpi=nps, payee=A2", "contradicting-rows"] == (
        "3 rows have the same `kpi`, `payee`, and they differ in `amount`, `name`: keep the one that is right"
    )
    assert told["kpi=nps, payee=A3", "contradicting-rows"] == (
        "2 rows have the same `kpi`, `payee`, and one of them cannot be used: keep the one that is right"
    )


def test_without_a_key_equal_rows_are_separate_facts(tmp_path: Path) -> None:
    found = accepted(tmp_path, "payee,amount\nA1,1\nA1,1\n", PAYEE, AMOUNT)
    assert found.tables["facts"].frame.height == 2


def test_a_key_may_have_numbers_dates_and_missing_parts(tmp_path: Path) -> None:
    columns = (column("number", "amount", nullable=True, places=30), ON, column("text", "note"))
    content = "amount,on,note\n1.50,2026-07-01,x\n1.5,2026-07-01,y\n,2026-07-01,x\n,2026-07-01,x\n2,2026-07-01,x\n"
    found = accepted(tmp_path, content, *columns, key=("amount", "on"))
    assert found.tables["facts"].frame["note"].to_list() == ["x", "x"]
    assert [(key, code) for key, code, _ in held(found)] == [
        ("amount=1.5, on=2026-07-01", "contradicting-rows"),
        ("amount=1.50, on=2026-07-01", "contradicting-rows"),
        ("facts.csv:5", "duplicate-row"),
    ]


@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(["1", "1.0", "2", "x", ""])), min_size=1, max_size=12),
    st.booleans(),
    st.randoms(use_true_random=False),
)
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_rows_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], keyed: bool, shuffler: random.Random
) -> None:
    folder = tmp_path_factory.mktemp("facts")
    seen = set()
    for _ in range(3):
        content = "payee,amount\n" + "".join(f"{payee},{amount}\n" for payee, amount in rows)
        found = accepted(folder, content, PAYEE, AMOUNT, key=("payee",) if keyed else ())
        written = io.BytesIO()
        found.tables["facts"].frame.write_parquet(written)
        places = found.held if keyed else found.held.drop("key")  # without a key a row is named by its line
        seen.add((written.getvalue(), tuple(places.sort(pl.all(), nulls_last=True).rows())))
        used = found.tables["facts"].frame.height + found.held.n_unique() if not keyed else None
        assert used is None or used == len(rows)
        shuffler.shuffle(rows)
    assert len(seen) == 1


# --- several files, the data folder ----------------------------------------------------------------------------------


def test_files_of_a_glob_may_have_other_columns_in_another_order_and_notation(tmp_path: Path) -> None:
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "july.csv").write_text("payee,amount\nA1,1.5\n")
    (tmp_path / "calls" / "august.csv").write_text("extra;amount;payee\nx;2,5;A0\nx;bad;A2\n")
    (tmp_path / "calls" / "~$july.csv").write_text("lock")
    (tmp_path / "calls" / ".hidden.csv").write_text("hidden")
    table = (found := accept([contract(PAYEE, AMOUNT, path="calls/*.csv")], tmp_path, "UTC")).tables["facts"]
    assert table.frame.rows() == [("A0", 2_500_000), ("A1", 1_500_000)]
    assert held(found)[0][:2] == ("calls/august.csv:3", "not-a-number")
    assert table.files == ("calls/august.csv", "calls/july.csv")
    content = b"".join((tmp_path / file).read_bytes() for file in table.files)
    assert table.fingerprint == hashlib.sha256(content).hexdigest()


def test_a_table_that_need_not_be_there(tmp_path: Path) -> None:
    table = accept([contract(PAYEE, AMOUNT, optional=True)], tmp_path, "UTC").tables["facts"]
    assert (table.delivered, table.files, table.fingerprint) == (False, (), "")
    assert table.frame.schema == contract(PAYEE, AMOUNT).schema
    assert table.scales == {"amount": Scale(6, 0, 0)}


def test_a_column_that_need_not_be_there_is_missing(tmp_path: Path) -> None:
    extra = column("number", "bonus", required=False, nullable=True)
    found = accepted(tmp_path, "payee,amount\nA1,1\n", PAYEE, AMOUNT, extra)
    assert found.tables["facts"].frame.rows() == [("A1", 1_000_000, None)]


def test_what_is_wrong_with_all_files_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("payee;amount\nA1;1,234\n")
    (tmp_path / "b.csv").write_text("payee\n")
    rules = Location("rules.yaml", 4, 12)
    with pytest.raises(InputProblems) as refused:
        accept(
            [
                TableContract("one", "?.csv", (PAYEE, AMOUNT)),
                TableContract("two", "calls.csv", (PAYEE,), location=rules),
                TableContract("three", "../c.csv", (PAYEE,), location=rules),
            ],
            tmp_path,
            "UTC",
        )
    assert [(told.code, told.location) for told in refused.value.problems] == [
        ("ambiguous-number", Location("a.csv", 2, 4)),
        ("missing-column", Location("b.csv", 1, 1)),
        ("missing-file", rules),
        ("path-refused", rules),
    ]


def test_a_missing_file_asks_for_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "Workforce.csv").write_text("payee\n")
    with pytest.raises(InputProblems) as refused:
        accept([contract(PAYEE, path="workforces.csv")], tmp_path, "UTC")
    assert refused.value.problems[0].hint == "did you mean `Workforce.csv`?"
    with pytest.raises(InputProblems, match="the data folder `nowhere` is not there"):
        accept([contract(PAYEE)], tmp_path / "nowhere", "UTC")


@pytest.mark.parametrize(
    "path",
    ["../secret.csv", "a/../../secret.csv", "/etc/passwd", "~/x.csv", "C:/x.csv", "\\\\host\\x.csv", "a\\b.csv",
     "https://example.org/x.csv", "s3://bucket/x.csv", "", " ", "a**b/*.csv", "a\0.csv", "x" * 300 + ".csv",
     "a\\..\\b.csv"],
)  # fmt: skip
def test_paths_that_lead_elsewhere_are_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputProblems) as refused:
        accept([contract(PAYEE, path=path, optional=True)], tmp_path, "UTC")
    assert [told.code for told in refused.value.problems] == ["path-refused"]


def test_a_link_out_of_the_data_folder_is_refused_and_one_inside_is_followed(tmp_path: Path) -> None:
    data, outside = tmp_path / "data", tmp_path / "outside"
    data.mkdir()
    outside.mkdir()
    (outside / "secret.csv").write_text("payee\nA1\n")
    (data / "real.csv").write_text("payee\nA2\n")
    (data / "inside.csv").symlink_to(data / "real.csv")
    (data / "out.csv").symlink_to(outside / "secret.csv")
    (data / "folder").symlink_to(outside)
    assert accept([contract(PAYEE, path="inside.csv")], data, "UTC").tables["facts"].frame.rows() == [("A2",)]
    for path in ("out.csv", "folder/secret.csv", "folder/*.csv", "*.csv"):
        with pytest.raises(InputProblems) as refused:
            accept([contract(PAYEE, path=path)], data, "UTC")
        assert [told.code for told in refused.value.problems] == ["path-refused"]


@pytest.mark.parametrize("encoding", ["undefined", "a\0b", "rot13", "zlib", "", "idna", "punycode", "utf-7"])
def test_an_encoding_that_cannot_be_read_is_told(tmp_path: Path, encoding: str) -> None:
    content = "payee\n\u00e9A..b\n".encode("latin-1") + b"+2AA-\n"
    (told,) = problems(tmp_path, content, PAYEE, encoding=encoding or "none such")
    assert told.code == "unknown-encoding"


@pytest.mark.parametrize("encoding", ["unicode_escape", "raw_unicode_escape"])
def test_halves_of_characters_are_told(tmp_path: Path, encoding: str) -> None:
    (told,) = problems(tmp_path, rb"payee" + b"\n" + rb"\ud800", PAYEE, encoding=encoding)
    assert told.code == "unknown-encoding"


INTERNAL = (
    "broken", "first", "unsure", "differing", "rows", "row", "at", "line", "text", "code", "reason", "n", "t", "x",
    "table", "key", "payee", "size", "number", "literal", "{}", "{0}", "agent {id}", "a`b", "'", "len", "values",
)  # fmt: skip
"""Words of the package itself, and headers with signs that mean something to formatting."""


@pytest.mark.parametrize("name", INTERNAL)
def test_columns_may_have_any_name(tmp_path: Path, name: str) -> None:
    """Copies are found, contradictions told, wrong numbers held, whatever the columns are called."""
    key, other = column("text", name), column("number", "amount")
    found = accepted(tmp_path, f"{name},amount\n1,5\n1,5\n2,6\n2,7\n3,x\n3,8\n4,9\n", key, other, key=(name,))
    assert found.tables["facts"].frame[name].to_list() == ["1", "4"]
    assert [code for _, code, _ in held(found)] == [
        "duplicate-row", "contradicting-rows", "contradicting-rows", "contradicting-rows", "not-a-number",
    ]  # fmt: skip
    assert f"2 rows have the same `{name}`, and they differ in `amount`: keep the one that is right" in {
        reason for *_, reason in held(found)
    }
    key, other = column("text", "id"), column("number", name)
    found = accepted(tmp_path, f"id,{name}\n1,5\n1,5\n2,6\n2,7\n3,x\n3,8\n4,9\n", key, other, key=("id",))
    assert found.tables["facts"].frame["id"].to_list() == ["1", "4"]
    assert any(f"they differ in `{name}`" in reason for *_, reason in held(found))


def test_a_kind_of_file_that_is_not_read(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, "payee\n", PAYEE, path="facts.pdf")
    assert (told.code, told.hint) == ("unreadable-file", "use .csv, .xlsx or .parquet")


# --- Excel -----------------------------------------------------------------------------------------------------------


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> None:
    book = xlsxwriter.Workbook(str(path))
    day, time = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"num_format": "hh:mm"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for line, cells in enumerate(rows):
            for position, cell in enumerate(cells):
                if isinstance(cell, str) and cell.startswith("="):
                    sheet.write_formula(line, position, cell, None, {"=1/0": "#DIV/0!", "=NA()": "#N/A"}.get(cell, 5))
                elif isinstance(cell, dt.date):
                    sheet.write_datetime(line, position, cell, day)
                elif isinstance(cell, dt.time):
                    sheet.write_datetime(line, position, cell, time)
                elif cell is not None:
                    sheet.write(line, position, cell)
    book.close()


def test_a_workbook_with_everything_that_people_put_into_one(tmp_path: Path) -> None:
    header: list[object] = [" payee ", None, "amount", "on", "ok"]
    rows: list[list[object]] = [
        header,
        ["00123", None, 1250.5, dt.date(2026, 7, 1), True],
        [124, None, "1 234,5", "31/07/2026", "oui"],
        [125, None, "1,234", dt.datetime(2026, 7, 2, 10, 30), 0],
        [],
        ["A4", None, 0.1 + 0.2, dt.time(8, 30), False],
        ["A5", None, "=1/0", dt.date(2026, 7, 1), False],
        ["A6", None, dt.time(8, 30), dt.date(2026, 7, 1), False],
        ["A7", None, "=2+3", "=NA()", False],
        ["=NA()", None, 1, dt.date(2026, 7, 1), False],
        ["A9", None, 0.35, 46204, True],
    ]
    workbook(tmp_path / "facts.xlsx", {"Data": rows})
    columns = (PAYEE, AMOUNT, column("date", "on", nullable=True), column("boolean", "ok"))
    found = accept([contract(*columns, path="facts.xlsx")], tmp_path, "UTC")
    assert found.tables["facts"].frame.rows() == [
        ("00123", 1_250_500_000, dt.date(2026, 7, 1), True),
        ("124", 1_234_500_000, dt.date(2026, 7, 31), True),
        ("125", 1_234_000, dt.date(2026, 7, 2), False),
    ]
    assert [(key, code, reason.split(": ")[-1]) for key, code, reason in held(found)] == [
        ("facts.xlsx:10", "spreadsheet-error", "the spreadsheet could not work it out; correct its formula"),
        ("facts.xlsx:11", "not-a-date", "give the cell a date format in the spreadsheet, or write it as 2026-07-31"),
        ("facts.xlsx:6", "not-a-date", "it is a time without a date"),
        ("facts.xlsx:7", "not-a-number", "the spreadsheet could not work it out; correct its formula"),
        ("facts.xlsx:8", "not-a-number", "it is a time; write it as a number"),
        ("facts.xlsx:9", "not-a-date", "write it as 2026-07-31"),
    ]


def test_a_table_may_start_below_the_top_and_right_of_the_edge(tmp_path: Path) -> None:
    workbook(
        tmp_path / "facts.xlsx",
        {"Data": [[], [], [None, "payee", "amount"], [], [None, "A1", "=1/0"], [None, "A2", 2]]},
    )
    found = accept([contract(PAYEE, AMOUNT, path="facts.xlsx")], tmp_path, "UTC")
    assert found.tables["facts"].frame.rows() == [("A2", 2_000_000)]
    assert held(found)[0][:2] == ("facts.xlsx:5", "not-a-number")


def test_cells_keep_what_excel_shows_of_a_float(tmp_path: Path) -> None:
    """Excel itself stores 17 digits and shows 15: 19.99 * 3 is 59.97 to everyone who looks at it."""
    table = pl.DataFrame({"payee": ["A1", "A2"], "amount": [19.99 * 3, 0.1 + 0.2]})
    table.write_parquet(tmp_path / "facts.parquet")
    assert values(accept([contract(PAYEE, AMOUNT, path="facts.parquet")], tmp_path, "UTC")) == [
        Fraction(5997, 100),
        Fraction(3, 10),
    ]


def test_the_sheet_is_found_by_its_columns_or_declared(tmp_path: Path) -> None:
    data: list[list[object]] = [["payee", "amount"], ["A1", 1]]
    workbook(tmp_path / "facts.xlsx", {"Read me": [["hello"]], "Data": data})
    wanted = contract(PAYEE, AMOUNT, path="facts.xlsx")
    assert accept([wanted], tmp_path, "UTC").tables["facts"].frame.rows() == [("A1", 1_000_000)]
    (told,) = problems_of(tmp_path, contract(PAYEE, path="facts.xlsx", sheet="Date"))
    assert (told.code, told.hint) == ("missing-sheet", "did you mean `Data`?")
    workbook(tmp_path / "facts.xlsx", {"Q2": data, "Q3": [["payee", "amount"], ["A2", 2]]})
    (told,) = problems_of(tmp_path, wanted)
    assert (told.code, told.hint) == ("ambiguous-sheet", "declare `sheet` for this source")
    found = accept([contract(PAYEE, AMOUNT, path="facts.xlsx", sheet="Q3")], tmp_path, "UTC")
    assert found.tables["facts"].frame.rows() == [("A2", 2_000_000)]


def problems_of(folder: Path, wanted: TableContract) -> tuple[Problem, ...]:
    with pytest.raises(InputProblems) as refused:
        accept([wanted], folder, "UTC")
    return refused.value.problems


def test_workbooks_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (told,) = problems(tmp_path, b"PK\x03\x04 no", PAYEE, path="facts.xlsx")
    assert told.code == "unreadable-file"
    workbook(tmp_path / "facts.xlsx", {"Data": []})
    (told,) = problems_of(tmp_path, contract(PAYEE, path="facts.xlsx"))
    assert "has nothing in its sheet `Data`" in told.message
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    (told,) = problems_of(tmp_path, contract(PAYEE, path="facts.xlsx"))
    assert (told.code, told.hint) == (
        "excel-extra",
        "pip install 'incentive-engine[excel]', or save the file as CSV",
    )


# --- Parquet ---------------------------------------------------------------------------------------------------------


def from_parquet(folder: Path, cells: pl.Series, wanted: ColumnContract) -> Accepted:
    cells.alias("x").to_frame().write_parquet(folder / "facts.parquet")
    return accept([contract(wanted, path="facts.parquet")], folder, "Europe/Paris")


@pytest.mark.parametrize(
    ("cells", "exact"),
    [
        (pl.Series([1, -2], dtype=pl.Int8), [Fraction(-2), Fraction(1)]),
        (pl.Series([2**39], dtype=pl.UInt64), [Fraction(2**39)]),
        (pl.Series([Decimal("1.25"), Decimal("-0.10")], dtype=pl.Decimal(20, 2)), [Fraction(-1, 10), Fraction(5, 4)]),
        (pl.Series([Decimal("1.2500000000")], dtype=pl.Decimal(38, 10)), [Fraction(5, 4)]),
        (pl.Series([0.1, 2.5], dtype=pl.Float32), [Fraction(1, 10), Fraction(5, 2)]),
        (
            pl.Series([0.1 + 0.2, -1e-6, 1e11, -0.0]),
            [Fraction(-1, 10**6), Fraction(0), Fraction(3, 10), Fraction(10**11)],
        ),
        (pl.Series([" 1,5 ", "35%"]), [Fraction(35, 100), Fraction(3, 2)]),
        (pl.Series(["1.5", "2.5"], dtype=pl.Categorical), [Fraction(3, 2), Fraction(5, 2)]),
    ],
)
def test_numbers_of_every_type(tmp_path: Path, cells: pl.Series, exact: list[Fraction]) -> None:
    found = from_parquet(tmp_path, cells, column("number", places=6))
    assert held(found) == []
    assert values(found, "x") == exact


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (pl.Series([2**63], dtype=pl.UInt64), "out-of-bounds"),
        (pl.Series([-(2**62)], dtype=pl.Int64), "out-of-bounds"),
        (pl.Series([Decimal("0.0000001")], dtype=pl.Decimal(20, 7)), "too-many-decimals"),
        (pl.Series([Decimal(10**30)], dtype=pl.Decimal(38, 0)), "out-of-bounds"),
        (pl.Series([1e-7]), "too-many-decimals"),
        (pl.Series([1e300]), "out-of-bounds"),
        (pl.Series([float("nan")]), "not-a-number"),
        (pl.Series([float("-inf")]), "not-a-number"),
        (pl.Series([True]), "not-a-number"),
        (pl.Series([dt.date(2026, 7, 1)]), "not-a-number"),
        (pl.Series([dt.time(8, 30)]), "not-a-number"),
        (pl.Series([None], dtype=pl.Null), "empty-cell"),
        (pl.Series([" "]), "empty-cell"),
    ],
)
def test_cells_of_every_type_that_are_not_usable_numbers(tmp_path: Path, cells: pl.Series, code: str) -> None:
    found = from_parquet(tmp_path, cells, column("number", places=6))
    assert [(key, found_code) for key, found_code, _ in held(found)] == [("facts.parquet:1", code)]
    assert found.tables["facts"].frame.schema == {"x": pl.Int64}


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_times_of_every_unit_and_zone(tmp_path: Path, unit: pl._typing.TimeUnit) -> None:
    naive = pl.Series([dt.datetime(2026, 6, 30, 23, 30)]).dt.cast_time_unit(unit)
    for cells, at in (
        (naive, dt.datetime(2026, 6, 30, 23, 30)),
        (naive.dt.replace_time_zone("UTC"), dt.datetime(2026, 7, 1, 1, 30)),
        (naive.dt.replace_time_zone("America/New_York"), dt.datetime(2026, 7, 1, 5, 30)),
    ):
        assert from_parquet(tmp_path, cells, column("datetime")).tables["facts"].frame.rows() == [(at,)]
        assert from_parquet(tmp_path, cells, column("date")).tables["facts"].frame.rows() == [(at.date(),)]
    found = from_parquet(tmp_path, pl.Series([dt.date(2026, 7, 1)]), column("datetime"))
    assert found.tables["facts"].frame.schema == {"x": pl.Datetime("us")}
    assert found.tables["facts"].frame.rows() == [(dt.datetime(2026, 7, 1),)]


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        (pl.Series([1, 20]), ["1", "20"]),
        (pl.Series([123.0, 4.5]), ["123", "4.5"]),
        (pl.Series(["00123 ", "x"], dtype=pl.Categorical), ["00123", "x"]),
        (pl.Series([b"abc"]), ["abc"]),
        (pl.Series([dt.date(2026, 7, 1)]), ["2026-07-01"]),
    ],
)
def test_text_of_every_type(tmp_path: Path, cells: pl.Series, texts: list[str]) -> None:
    assert from_parquet(tmp_path, cells, column("text")).tables["facts"].frame["x"].to_list() == texts


def test_a_missing_float_is_not_a_name(tmp_path: Path) -> None:
    found = from_parquet(tmp_path, pl.Series([123.0, float("nan")]), column("text"))
    assert found.tables["facts"].frame["x"].to_list() == ["123"]
    assert held(found) == [("facts.parquet:2", "empty-cell", "`x` is empty: fill it in, or take the row out")]


@pytest.mark.parametrize("cells", [pl.Series([[1]]), pl.Series([{"a": 1}]), pl.Series([dt.timedelta(1)])])
def test_nested_columns_are_refused(tmp_path: Path, cells: pl.Series) -> None:
    with pytest.raises(InputProblems, match=r"not text, numbers, dates or booleans"):
        from_parquet(tmp_path, cells, column("number"))


def test_a_file_that_is_not_parquet(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, b"PAR1", PAYEE, path="facts.parquet")
    assert told.code == "unreadable-file"


# --- what leaves -----------------------------------------------------------------------------------------------------


def test_held_is_a_table_of_its_own_even_when_empty(tmp_path: Path) -> None:
    found = accepted(tmp_path, "payee\nA1\n", PAYEE)
    assert found.held.schema == HELD_SCHEMA == dict.fromkeys(("table", "key", "payee", "code", "reason"), pl.String)
    assert found.held.is_empty()
