"""A report as a workbook: a sheet for each table, numbers as numbers, and no text that calculates."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from incentive_engine.simulation.reports.paper import Money, Share, Value
from incentive_engine.simulation.reports.written import Cell, WrittenReport, WrittenTable

_SHEET: Final = 31
_NOT_IN_NAMES: Final = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_DIGITS: Final = 15
"""What a spreadsheet keeps of a number."""


def write_workbook(report: WrittenReport, path: Path) -> None:
    """Writes an Excel file: first what the figures are about and assume, then a sheet for each table."""
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": dt.datetime(2000, 1, 1)})  # the same report is the same file
        styles = _Styles(book)
        taken: set[str] = set()
        _write_front(book.add_worksheet(_sheet(report.question, taken)), report, styles)
        for number, part in enumerate(report.parts, start=1):
            for section in part.sections:
                for table in section.tables:
                    name = table.title if len(report.parts) == 1 else f"{number} {table.title}"
                    _write_table(book.add_worksheet(_sheet(name, taken)), part.title, table, styles)


def _sheet(title: str, taken: set[str]) -> str:
    """A name that no other sheet has; a spreadsheet tells no capitals apart, and has 31 characters for it."""
    clean = " ".join(title.translate(_NOT_IN_NAMES).split()).strip("'") or "-"
    name, number = clean[:_SHEET].strip(), 1
    while name.lower() in taken:
        number += 1
        name = f"{clean[: _SHEET - len(f' {number}')].strip()} {number}"
    taken.add(name.lower())
    return name


class _Styles:
    """The formats of one workbook."""

    def __init__(self, book: Any) -> None:
        self._book, self._formats = book, dict[str, Any]()
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.text = book.add_format({"quote_prefix": True})
        self.total = book.add_format({"bold": True, "top": 1})

    def number(self, pattern: str, bold: bool) -> Any:
        """How a number is shown; the total in bold."""
        key = f"{pattern}{bold}"
        if key not in self._formats:
            self._formats[key] = self._book.add_format({"num_format": pattern, "bold": bold, "top": int(bold)})
        return self._formats[key]


def _write_front(sheet: Any, report: WrittenReport, styles: _Styles) -> None:
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 1, 70)
    sheet.write_string(0, 0, report.question, styles.title)
    lines: list[tuple[str, str]] = [
        (report.title, report.period),
        (report.rule_set, report.version),
        ("", report.lead),
        *(("", sentence) for sentence in report.assumptions),
        *report.fingerprints,
        ("", report.engine),
    ]
    for part in report.parts:
        for section in part.sections:
            lines += [("", ""), (part.title, section.title), *section.facts, *(("", each) for each in section.said)]
    for row, cells in enumerate(lines, start=2):
        for at, text in enumerate(cells):
            sheet.write_string(row, at, text, styles.text)


def _write_table(sheet: Any, part: str, table: WrittenTable, styles: _Styles) -> None:
    sheet.write_string(0, 0, f"{part} · {table.title}", styles.title)
    sheet.write_string(1, 0, table.lead, styles.text)
    for at, head in enumerate(table.heads):
        longest = max(len(text) for text in (head.text, *(row[at].text for row in table.rows)))
        sheet.set_column(at, at, min(max(longest + 2, 12), 60))
        sheet.write_string(3, at, head.text, styles.head)
    sheet.freeze_panes(4, 1)
    for row, cells in enumerate(table.rows, start=4):
        _write_row(sheet, row, cells, styles, bold=False)
    if table.rows:
        sheet.autofilter(3, 0, 3 + len(table.rows), len(table.heads) - 1)
    if table.total:
        _write_row(sheet, 4 + len(table.rows), table.total, styles, bold=True)


def _write_row(sheet: Any, row: int, cells: tuple[Cell, ...], styles: _Styles, *, bold: bool) -> None:
    for at, cell in enumerate(cells):
        number, pattern = _as_number(cell.value)
        if cell.value is None:
            sheet.write_blank(row, at, None, styles.total if bold else styles.text)
        elif number is None or len(number.normalize().as_tuple().digits) > _DIGITS:
            sheet.write_string(row, at, cell.text, styles.total if bold else styles.text)
        else:
            sheet.write_number(row, at, float(number), styles.number(pattern, bold))


def _as_number(value: Value) -> tuple[Decimal | None, str]:
    """The number in a cell, and how a spreadsheet shows all of its digits."""
    match value:
        case Money(amount, _):
            return amount, _pattern(amount, "#,##0")
        case Share(share):
            return share, _pattern(share * 100, "0") + "%"
        case int() | Decimal():
            return Decimal(value), _pattern(Decimal(value), "#,##0")
    return None, ""


def _pattern(number: Decimal, whole: str) -> str:
    exponent = number.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return f"{whole}.{'0' * places}" if places else whole
