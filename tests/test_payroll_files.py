"""Files for payroll: what they hold was written by hand, byte by byte."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from incentive_engine.currencies import in_coins
from incentive_engine.documents import declare, read_text
from incentive_engine.errors import InputProblems
from incentive_engine.ledger.payroll.columns import Line, Sheet
from incentive_engine.ledger.payroll.mapping import Payroll, read_payroll
from incentive_engine.ledger.payroll.parcel import clear_drafts, packed, place, targets
from incentive_engine.periods import Period
from incentive_engine.shipped import rules_dir

Q3 = Period.parse("2026-Q3")
CODES = 'pay_codes: {payouts: {bonus: "4210"}}\n'
COLUMNS = "[{name: Id, from: payroll_id}, {name: Amount, from: amount}]"


def line(payee: str, amount: str, currency: str = "EUR", code: str = "4210", **said: str | None) -> Line:
    person: dict[str, Any] = {"payroll_id": f"0{payee}", "name": f"Ms {payee}", "legal_entity": "FR01", **said}
    return Line(payee=payee, pay_code=code, currency=currency, amount=Decimal(amount), **person)


def payroll(file: str, by: str = "") -> Payroll:
    return declare(read_text(f"{CODES}{by}file: {file}\n", "payroll.yaml"), Payroll)


def content(file: str, *lines: Line) -> bytes:
    mapping = payroll(file)
    assert list(mapping.file.problems(Sheet(Q3, lines))) == []
    return mapping.file.content(Sheet(Q3, lines))


def refused(file: str, *lines: Line) -> list[str]:
    """The problems of lines, or of the mapping itself, each as it is printed."""
    try:
        found = payroll(file).file.problems(Sheet(Q3, lines))
        return [str(each) for each in found]
    except InputProblems as problems:
        return [str(each) for each in problems.problems]


def test_a_csv_file_byte_by_byte() -> None:
    file = """
  kind: csv
  encoding: cp1252
  decimal: ","
  date_format: dd/mm/yyyy
  columns:
    - {name: Matricule, from: payroll_id}
    - {name: Salarié, from: name}
    - {name: Société, text: "007"}
    - {name: Rubrique, from: pay_code}
    - {name: Montant, from: amount}
    - {name: Devise, from: currency}
    - {name: Période, from: period}
    - {name: Du, from: period_start}
    - {name: Au, from: period_end}
"""
    lines = (
        line("1", "600.00", name="Zoé Müller"),
        line("2", "-12.50", name="O'Neil; Ann"),
        line("3", "1234567.80", name="=SUM(A1)"),
        line("4", "0.05", name='Jo "J" Le', code="-9"),
        line("5", "12", "JPY"),
        line("6", "7.125", "TND"),
    )
    assert content(file, *lines) == (
        b"Matricule;Salari\xe9;Soci\xe9t\xe9;Rubrique;Montant;Devise;P\xe9riode;Du;Au\r\n"
        b"01;Zo\xe9 M\xfcller;007;4210;600,00;EUR;2026-Q3;01/07/2026;30/09/2026\r\n"
        b'02;"O\'Neil; Ann";007;4210;-12,50;EUR;2026-Q3;01/07/2026;30/09/2026\r\n'
        b"03;'=SUM(A1);007;4210;1234567,80;EUR;2026-Q3;01/07/2026;30/09/2026\r\n"
        b'04;"Jo ""J"" Le";007;\'-9;0,05;EUR;2026-Q3;01/07/2026;30/09/2026\r\n'
        b"05;Ms 5;007;4210;12;JPY;2026-Q3;01/07/2026;30/09/2026\r\n"
        b"06;Ms 6;007;4210;7,125;TND;2026-Q3;01/07/2026;30/09/2026\r\n"
    )


def test_a_csv_file_without_headings_in_utf_8_and_with_lines_as_on_linux() -> None:
    file = f"{{kind: csv, delimiter: '|', line_end: lf, header: false, encoding: utf-8-sig, columns: {COLUMNS}}}"
    assert content(file, line("é", "-0.10")) == b"\xef\xbb\xbf0\xc3\xa9|-0.10\n"


def test_no_line_leaves_the_headings() -> None:
    assert content(f"{{kind: csv, columns: {COLUMNS}}}") == b"Id;Amount\r\n"


@pytest.mark.parametrize(
    ("column", "amount", "currency", "written"),
    [
        ("in_cents: true", "600.00", "EUR", "60000"),
        ("in_cents: true", "-0.05", "EUR", "-5"),
        ("in_cents: true", "12", "JPY", "12"),
        ("in_cents: true", "7.125", "TND", "7125"),
        ("places: 3", "600.00", "EUR", "600.000"),
        ("places: 0", "600.00", "EUR", "600"),
        ("in_cents: true, places: 2", "600.00", "EUR", "60000.00"),
        ("places: 2", "12", "JPY", "12.00"),
    ],
)
def test_amounts_are_written_as_asked(column: str, amount: str, currency: str, written: str) -> None:
    file = f"{{kind: csv, header: false, columns: [{{name: Id, from: payee}}, {{name: A, from: amount, {column}}}]}}"
    assert content(file, line("1", amount, currency)) == f"1;{written}\r\n".encode()


FIXED = """
  kind: fixed
  encoding: iso-8859-1
  date_format: ddmmyy
  columns:
    - {name: type, text: P, width: 1}
    - {name: id, from: payroll_id, width: 6, align: right, pad: "0"}
    - {name: name, from: name, width: 9}
    - {name: amount, from: amount, width: 9, pad: "0", in_cents: true}
    - {name: amount again, from: amount, width: 10}
    - {name: day, from: period_end, width: 6}
"""


def test_a_fixed_width_file_byte_by_byte() -> None:
    lines = (line("1", "600.00", name="Zoé"), line("22", "-12.50", name="=cmd"), line("3", "0.05", name="Anna Bell"))
    assert content(FIXED, *lines) == (
        b"P000001Zo\xe9      000060000    600.00300926\r\n"
        b"P000022=cmd     -00001250    -12.50300926\r\n"
        b"P000003Anna Bell000000005      0.05300926\r\n"
    )


def test_what_is_too_wide_is_refused_and_never_cut() -> None:
    lines = (line("1", "600.00", name="Maximiliane"), line("2", "100000000.00", name="Ann"), line("3", "1.00"))
    (name, cents, amount) = refused(FIXED, *lines)
    assert name.startswith("error[too-wide]: the column `name` cannot hold what it should: 1 (`Maximiliane` has 11 ch")
    assert "2 (`10000000000` has 11 characters)" in cents
    assert "2 (`100000000.00` has 12 characters)" in amount


def test_letters_that_the_encoding_lacks_name_the_payee_and_the_letter() -> None:
    columns = "{name: Id, from: payroll_id}, {name: Who, from: name}, {name: A, from: amount}"
    file = f"{{kind: csv, encoding: cp1252, columns: [{columns}]}}"
    lines = (line("1", "1.00", name="Zoé Müller"), line("2", "1.00", name="Łukasz"), line("3", "1.00", name="Ōno\nA"))
    (problem,) = refused(file, *lines)
    assert "[not-in-encoding]: the column `Who` cannot hold what it should:" in problem
    assert "2 (`Łukasz`: cp1252 has no `Ł`), 3 (a text has a line break)" in problem
    assert "1 (" not in problem
    (header,) = refused("{kind: csv, encoding: ascii, columns: [{name: Clé, from: payee}, {name: A, from: amount}]}")
    assert "`Clé`: ascii has no `é`" in header


def test_nobody_is_dropped_who_lacks_a_number() -> None:
    lines = (line("1", "1.00", payroll_id=None), line("2", "2.00", payroll_id=None), line("3", "3.00"))
    (problem,) = refused(f"{{kind: csv, columns: {COLUMNS}}}", *lines)
    assert "error[missing-value]: `payroll_id` is missing for 1, 2\n" in problem


def test_no_cent_is_rounded_away() -> None:
    file = "{kind: csv, columns: [{name: Id, from: payee}, {name: Amount, from: amount, places: 1}]}"
    (problem,) = refused(file, line("1", "1.25"), line("2", "1.50"))
    assert "[too-many-decimals]: the column `Amount` has too few decimals for the amounts of 1\n" in problem


def test_two_currencies_need_a_column_that_says_which() -> None:
    lines = (line("1", "1.00"), line("2", "2.00", "CHF", code="4300"))
    problems = refused(f"{{kind: csv, columns: {COLUMNS}}}", *lines)
    assert [each.split("[")[1].split("]")[0] for each in problems] == ["untold-currency", "untold-pay-code"]
    assert "the lines have 2 currencies (CHF, EUR), and no column says which" in problems[0]


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("{kind: csv, columns: [{name: A, from: amount}]}", "names-nobody"),
        ("{kind: csv, columns: [{name: A, from: payee}]}", "no-amount"),
        ("{kind: csv, columns: [{name: A, from: payee, text: x}, {name: B, from: amount}]}", "one-value"),
        ("{kind: csv, columns: [{name: A}, {name: B, from: amount}]}", "one-value"),
        ("{kind: csv, columns: [{name: A, from: payee, places: 2}, {name: B, from: amount}]}", "no-amount"),
        (f"{{kind: csv, decimal: ',', delimiter: ',', columns: {COLUMNS}}}", "same-mark"),
        (f"{{kind: cvs, columns: {COLUMNS}}}", "unknown-kind"),
        (f"{{kind: fixed, columns: {COLUMNS}}}", "missing-key"),
        (f"{{kind: csv, encoding: cp1251, columns: {COLUMNS}}}", "unknown-value"),
        ("{kind: csv, columns: [{name: A, from: salary}, {name: B, from: amount}]}", "unknown-value"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_told_where(file: str, code: str) -> None:
    problems = refused(file)
    assert any(each.startswith("payroll.yaml:2:") and f"error[{code}]" in each for each in problems), problems


def test_an_excel_file_reads_back_as_it_is_and_runs_nothing() -> None:
    columns = (
        "{name: Id, from: payroll_id}, {name: Who, from: name}, {name: A, from: amount}, {name: To, from: period_end}"
    )
    file = f"{{kind: xlsx, date_format: dd.mm.yyyy, columns: [{columns}]}}"
    lines = (line("1", "600.10", name="=1+1"), line("2", "-12.50", name="Zoé"), line("3", "12345678901234.56"))
    made = content(file, *lines)
    assert made == content(file, *lines)
    sheet = pl.read_excel(BytesIO(made), infer_schema_length=None, schema_overrides={"A": pl.String})
    day = dt.date(2026, 9, 30)
    assert sheet.select("Id", "Who", "To").rows() == [("01", "=1+1", day), ("02", "Zoé", day), ("03", "Ms 3", day)]
    assert [Decimal(each) for each in sheet["A"]] == [Decimal("600.1"), Decimal("-12.5"), Decimal("12345678901234.56")]
    with zipfile.ZipFile(BytesIO(made)) as archive:
        page, styles = (archive.read(f"xl/{name}.xml") for name in ("worksheets/sheet1", "styles"))
    assert b"<f>" not in page
    assert b"<v>600.1</v>" in page
    assert b'quotePrefix="1"' in styles
    assert b'formatCode="0.00"' in styles
    assert b'formatCode="dd.mm.yyyy"' in styles


def test_one_file_for_each_legal_entity_and_its_control_totals(tmp_path: Path) -> None:
    mapping = payroll(f"{{kind: csv, columns: {COLUMNS}}}", "by: legal_entity\n")
    lines = [line("1", "600.00"), line("2", "-12.50"), line("3", "7.10", legal_entity="Zürich AG")]
    parcel = packed(lines, mapping, Q3, {"period": "2026-Q3"}, tmp_path / "out")
    place(parcel, mapping, tmp_path / "out")
    place(parcel, mapping, tmp_path / "out")
    zurich = next(name for name in parcel.files if name.startswith("zurich-ag"))
    written = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert written.keys() == {"FR01.csv", zurich, "control.json"}
    assert written["FR01.csv"] == b"Id;Amount\r\n01;600.00\r\n02;-12.50\r\n"
    assert written[zurich] == b"Id;Amount\r\n03;7.10\r\n"
    assert json.loads(written["control.json"]) == {
        "format": 1,
        "period": "2026-Q3",
        "files": [
            {"file": "FR01.csv", "sha256": parcel.fingerprints[0], "lines": 2},
            {"file": zurich, "sha256": parcel.fingerprints[1], "lines": 1},
        ],
        "totals": [
            {"legal_entity": "FR01", "currency": "EUR", "pay_code": "4210", "lines": 2, "amount": "587.50"},
            {"legal_entity": "Zürich AG", "currency": "EUR", "pay_code": "4210", "lines": 1, "amount": "7.10"},
        ],
    }
    with pytest.raises(InputProblems, match="`legal_entity` is missing for 4"):
        packed([line("4", "1.00", legal_entity=None)], mapping, Q3, {}, tmp_path / "other")


def test_what_lies_at_the_place_is_never_overwritten(tmp_path: Path) -> None:
    mapping, out = payroll(f"{{kind: csv, columns: {COLUMNS}}}"), tmp_path / "pay.csv"
    parcel = packed([line("1", "600.00")], mapping, Q3, {}, out)
    out.write_text("mine")
    with pytest.raises(InputProblems, match=r"file-exists.*pay\.csv"):
        place(parcel, mapping, out)
    assert out.read_text() == "mine"
    out.unlink()
    (tmp_path / ".pay.csv.abcd_123.part").write_text("left by a process that was killed")
    (tmp_path / ".pay.csv.old.part").write_text("somebody else's")
    place(parcel, mapping, out)
    place(parcel, mapping, out)
    clear_drafts(mapping, out)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".pay.csv.old.part", "pay.control.json", "pay.csv"]
    assert out.stat().st_mode & 0o777 == 0o600


def test_payees_of_one_company_with_one_number_are_refused(tmp_path: Path) -> None:
    lines = [line("1", "1.00", payroll_id="7"), line("2", "1.00", payroll_id="7")]
    mapping = payroll(f"{{kind: csv, columns: {COLUMNS}}}")
    with pytest.raises(
        InputProblems, match=r"shared-payroll-id.*`payroll_id` 7 of FR01 is that of several payees: 1, 2"
    ):
        packed(lines, mapping, Q3, {}, tmp_path / "pay.csv")


def test_one_file_for_each_legal_entity_needs_a_folder() -> None:
    mapping = payroll(f"{{kind: csv, columns: {COLUMNS}}}", "by: legal_entity\n")
    assert targets(mapping, Path("2026-Q3")) == [Path("2026-Q3")]
    with pytest.raises(InputProblems, match="name a folder: `--out pay`"):
        targets(mapping, Path("pay.csv"))


@pytest.mark.parametrize(("kind", "name"), [("csv", "pay.xlsx"), ("xlsx", "pay.csv"), ("xlsx", "pay")])
def test_a_name_says_what_the_file_is(kind: str, name: str) -> None:
    with pytest.raises(InputProblems, match="other-suffix"):
        targets(payroll(f"{{kind: {kind}, columns: {COLUMNS}}}"), Path(name))


def test_the_mapping_of_a_new_project_can_be_used() -> None:
    mapping = read_payroll(rules_dir() / "project" / "payroll.yaml")
    assert mapping.pay_codes.of("payout", "quarterly_bonus") == "4210"
    assert mapping.pay_codes.of("correction", "quarterly_bonus") == "4219"
    assert mapping.pay_codes.of("released", "quarterly_bonus") == "4210"
    assert mapping.pay_codes.of("payout", "other") is None


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("600.000000000000", "EUR", "600.00"),
        ("12.000", "JPY", "12"),
        ("0.1250", "EUR", "0.125"),
        ("7.1", "TND", "7.100"),
    ],
)
def test_amounts_keep_the_decimals_of_their_currency(amount: str, currency: str, written: str) -> None:
    assert str(in_coins(Decimal(amount), currency)) == written
