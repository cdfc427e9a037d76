"""What studies show: the same values in a terminal, on a page and in a workbook, each written as its reader does."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from string import Formatter
from typing import Any
from zipfile import ZipFile

import polars as pl
import pytest

from incentive_engine.cli.reports import show_report
from incentive_engine.kinds.base import Label
from incentive_engine.simulation.reports.pages import html
from incentive_engine.simulation.reports.paper import Money, Part, Report, Said, Section, Share, Table
from incentive_engine.simulation.reports.sheets import write_workbook
from incentive_engine.simulation.reports.writing import WORDS, Writer, reader
from incentive_engine.simulation.reports.written import Bar, WrittenReport
from incentive_engine.statements.catalogues import words_in
from tests.browser import NEEDED, SCHEMES, WIDTHS, Look, browser, faults, opened
from tests.sentences import too_long

NAPOLEON = "l'Été <b>\"='"
DEPARTMENTS = Table(
    "departments",
    ("department", "before", "difference", "share", "since"),
    (
        (NAPOLEON, Money(Decimal("1000.00"), "EUR"), Money(Decimal("300.00"), "EUR"), Share(Decimal("0.3")), None),
        ("=1+1", Money(Decimal("500.00"), "EUR"), Money(Decimal("-100.00"), "EUR"), None, dt.date(2026, 7, 1)),
    ),
    total=("All", Money(Decimal("1500.00"), "EUR"), Money(Decimal("200.00"), "EUR"), Share(Decimal("0.1333")), None),
    drawn=("difference",),
    about={"period": "2026-Q3"},
)
RANGES = Table(
    "ranges",
    ("department", "low", "middle", "high"),
    (("Care", Decimal(10), Decimal(12), Decimal(20)), ("Shop", Decimal(15), Decimal(20), Decimal(30))),
    drawn=("middle",),
)
SECTION = Section(
    "cost", (("cost", Money(Decimal("200.00"), "EUR")),), (Said("gain", {"count": 2}),), (DEPARTMENTS, RANGES)
)
ONE: Label = {"en": "Customers weigh more", "fr": "Les clients pèsent plus"}
REPORT = Report(
    name="scenarios",
    title={"en": "Bonus", "fr": "Prime"},
    rule_set="care",
    version="1",
    period="2026-Q3",
    first_day=dt.date(2026, 7, 1),
    parts=(Part(ONE, (SECTION,)), Part({"en": "A cap"}, (SECTION,))),
    assumptions=(Said("gain", {"count": 1}),),
    fingerprints=(("rules.yaml", "ab" * 32),),
)
OWN_WORDS: Mapping[str, Any] = {
    "sections": {"cost": {"title": "What it costs", "lead": "Against the rules as they are."}},
    "tables": {
        "departments": {"title": "Departments in {period}", "lead": ""},
        "ranges": {"title": "Ranges", "lead": "From low to high."},
    },
    "columns": {
        name: name.capitalize()
        for name in ("department", "before", "difference", "share", "since", "low", "middle", "high")
    },
    "facts": {"cost": "Cost"},
    "said": {"gain": {"one": "{count} person gains.", "other": "{count} people gain."}},
}


def written(code: str = "en") -> WrittenReport:
    """The report, with sections of its own."""
    found = reader(code, "EUR")
    return Writer(replace(found, words={**found.words, **OWN_WORDS})).report(REPORT)


def texts(words: Any, at: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(words, str):
        yield at, words
        return
    for name, below in words.items():
        yield from texts(below, f"{at}.{name}")


@pytest.mark.parametrize("code", ["en", "fr"])
def test_sentences_are_short(code: str) -> None:
    assert {at: long for at, text in texts(words_in(WORDS, code)) if (long := [*too_long(text)])} == {}


def test_both_languages_say_the_same_things_with_the_same_values() -> None:
    english, french = (
        {at: {name for _, name, _, _ in Formatter().parse(text) if name} for at, text in texts(words_in(WORDS, code))}
        for code in ("en", "fr")
    )
    assert english == french


def test_every_word_is_said_by_something() -> None:
    """A name stands in the code whole, or where it is put together: `f"cause_{kind}"`, `f"{name}_{side}"`."""
    folders = (WORDS.parent.parent, WORDS.parent.parent.parent / "cli")
    sources = "".join(path.read_text(encoding="utf-8") for each in folders for path in each.rglob("*.py"))
    whole = set(re.findall(r'"(\w+)"', sources))
    begins = tuple(re.findall(r'f"(\w+_)\{', sources))
    words = words_in(WORDS, "en")
    unsaid = [
        f"{section}.{name}"
        for section in ("reports", "sections", "tables", "columns", "facts", "said")
        for name in words[section]
        if name not in whole
        and not name.startswith(begins)
        and not any({name[:at], name[at + 1 :]} <= whole for at, sign in enumerate(name) if sign == "_")
    ]
    assert unsaid == []


def test_values_are_written_as_the_reader_writes_them() -> None:
    english, french = (written(code).parts[0] for code in ("en", "fr"))
    assert (english.title, french.title) == ("Customers weigh more", "Les clients pèsent plus")
    assert english.sections[0].facts == (("Cost", "€200.00"),)
    assert french.sections[0].facts == (("Cost", "200,00\u00a0€"),)
    assert english.sections[0].said == ("2 people gain.",)
    assert written().assumptions == ("1 person gains.",)
    table = english.sections[0].tables[0]
    assert table.title == "Departments in 2026-Q3"
    assert [[cell.text for cell in row] for row in table.rows] == [
        [NAPOLEON, "€1,000.00", "€300.00", "30%", "–"],
        ["=1+1", "€500.00", "−€100.00", "–", "1 July 2026"],
    ]
    assert [cell.text for cell in table.total] == ["All", "€1,500.00", "€200.00", "13.33%", "–"]
    assert [head.number for head in table.heads] == [False, True, True, True, False]
    assert [cell.order for cell in table.rows[1]] == ["", "500.00", "-100.00", "", "2026-07-01"]


def test_bars_are_drawn_to_one_scale() -> None:
    departments, ranges = written().parts[0].sections[0].tables
    # from −100 to 300: nothing is at a quarter of the width
    assert [row[2].bar for row in departments.rows] == [
        Bar(start="25.00", length="75.00", sign="up", mark="", zero="25.00"),
        Bar(start="0.00", length="25.00", sign="down", mark="", zero="25.00"),
    ]
    assert (departments.longest, ranges.longest) == (len("−€100.00"), len("12"))
    # from 10 to 30
    assert [row[2].bar for row in ranges.rows] == [
        Bar(start="0.00", length="50.00", sign="up", mark="10.00", zero=""),
        Bar(start="25.00", length="75.00", sign="up", mark="50.00", zero=""),
    ]


def test_the_page_escapes_what_it_is_given() -> None:
    page = html(written(), "EUR")
    assert "<b>" not in page
    assert "l&#39;Été &lt;b&gt;" in page
    assert 'data-order="-100.00"' in page


def test_a_workbook_has_a_sheet_for_each_table_and_calculates_nothing(tmp_path: Path) -> None:
    book = tmp_path / "report.xlsx"
    write_workbook(written(), book)
    sheets = pl.read_excel(book, sheet_id=0, engine="calamine", has_header=False, drop_empty_rows=False)
    assert list(sheets) == [
        "What would change", "1 Departments in 2026-Q3", "1 Ranges", "2 Departments in 2026-Q3", "2 Ranges",
    ]  # fmt: skip
    rows = sheets["1 Ranges"].rows()
    assert [float(each) for each in rows[4][1:]] == [10, 12, 20]
    with ZipFile(book) as inside:
        names = [name for name in inside.namelist() if name.startswith("xl/worksheets/")]
        assert not any(b"<f>" in inside.read(name) for name in names)


def test_the_same_report_is_the_same_workbook(tmp_path: Path) -> None:
    books = [tmp_path / "one.xlsx", tmp_path / "other.xlsx"]
    for book in books:
        write_workbook(written(), book)
    assert books[0].read_bytes() == books[1].read_bytes()


def test_a_terminal_says_the_same(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    found = reader("en", "EUR")
    own = replace(found, words={**found.words, **OWN_WORDS})
    monkeypatch.setattr("incentive_engine.simulation.reports.writing.reader", lambda code, currency: own)
    show_report(REPORT, "EUR", "en")
    printed = capsys.readouterr().out
    assert "\n  =1+1            €500.00    −€100.00       –  1 July 2026\n" in printed
    assert "· 1 person gains." in printed


@pytest.mark.browser
@NEEDED
def test_the_page_in_a_browser(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(html(written(), "EUR"), encoding="utf-8")
    looks = [Look(width, scheme) for width in WIDTHS for scheme in SCHEMES] + [Look(794, media="print")]
    with browser() as chromium:
        for look in looks:
            with opened(chromium, page, look) as shown:
                assert faults(shown, look) == []
        with opened(chromium, page, Look(1280)) as shown:
            head = shown.locator("table.sorted").first.locator("thead button", has_text="Difference")
            firsts = shown.locator("table.sorted").first.locator("tbody th")
            head.click()
            assert firsts.all_text_contents() == [NAPOLEON, "=1+1"]  # the largest first
            head.press("Enter")
            assert firsts.all_text_contents() == ["=1+1", NAPOLEON]
            assert shown.locator("table.sorted").first.locator("[aria-sort=ascending]").count() == 1
