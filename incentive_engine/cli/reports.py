"""What studies print: their tables and sentences, and the files that hold the same."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from incentive_engine.cli.door import refuse, say
from incentive_engine.cli.showing import show_table

if TYPE_CHECKING:
    from incentive_engine.simulation.reports.paper import Report
    from incentive_engine.simulation.reports.written import WrittenReport, WrittenSection, WrittenTable

_ENDINGS = (".html", ".xlsx")
_MOST = 40
"""How many rows of a table are printed; a page or a workbook has all."""


def refuse_unwritable(out: Path | None) -> None:
    """Raises InputProblems, before anything is worked out, where a report cannot be written as asked."""
    if out is None:
        return
    if out.suffix not in _ENDINGS:
        refuse("unknown-format", f"`{out}` is no .html and no .xlsx file", "name the file with one of these endings")
    if not out.parent.is_dir():
        refuse("missing-folder", f"the folder of `{out}` is not there", "make it first, or write somewhere else")
    if not os.access(out if out.exists() else out.parent, os.W_OK):
        refuse("not-writable", f"`{out}` may not be written", "close it where it is open, or write another file")


def show_report(report: Report, currency: str, language: str, out: Path | None = None) -> None:
    """Prints a report, and writes it into a file if one is given: a page, or a workbook with a sheet for each table."""
    from incentive_engine.simulation.reports.writing import Writer, reader

    written = Writer(reader(language, currency)).report(report)
    _print(written)
    if out is not None:
        _write(written, currency, out)
        say(f"\n{out}")


def _write(written: WrittenReport, currency: str, out: Path) -> None:
    from incentive_engine.simulation.reports.pages import html
    from incentive_engine.simulation.reports.sheets import write_workbook

    out.touch(mode=0o600)  # it names people
    if out.suffix == ".xlsx":
        write_workbook(written, out)
    else:
        out.write_text(html(written, currency), encoding="utf-8", newline="\n")


def _print(report: WrittenReport) -> None:
    say(f"{report.title} · {report.period} · {report.rule_set}, {report.version}")
    for part in report.parts:
        say(f"\n{part.title}\n{'=' * len(part.title)}")
        for section in part.sections:
            _print_section(section, report.colon)
    if report.assumptions:
        say("")
        for sentence in report.assumptions:
            say(f"· {sentence}")


def _print_section(section: WrittenSection, colon: str) -> None:
    say(f"\n{section.title}")
    show_table([(name + colon, text) for name, text in section.facts], "<>", indent=2)
    for sentence in section.said:
        say(f"  {sentence}")
    for table in section.tables:
        _print_table(table)


def _print_table(table: WrittenTable) -> None:
    rows = [*table.rows[:_MOST], *([table.total] if table.total else [])]
    if not rows:
        return
    say(f"\n  {table.title}")
    texts = [[head.text for head in table.heads], *([cell.text for cell in row] for row in rows)]
    show_table(texts, "".join(">" if head.number else "<" for head in table.heads), indent=2)
    if len(table.rows) > _MOST:
        say(f"  … + {len(table.rows) - _MOST} (--out)")
