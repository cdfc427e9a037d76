"""Whatever people type is shown as text in every file that is written: nothing runs, breaks or is lost."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from click.testing import CliRunner, Result

from incentive_engine.cli import main
from incentive_engine.engine.exporting import RISKY
from tests.browser import NEEDED, Look, browser, opened

HOSTILE = {
    "markup": '<b onmouseover="alert(1)">bold</b> </script><!-- & &amp; &#60; ]]>',
    "script": "<script>alert('1')</script><img src=x onerror=alert(2)>",
    "jinja": "{{ 7 * 7 }}{% raw %}{# gone #}${7*7}",
    "typst": '#read("/etc/passwd") #panic("x") $x^2$ *strong* _soft_ `raw` @label <label> \\u{41} // gone',
    "sheet": '=HYPERLINK("http://x.invalid","pay me")',
    "command": "@SUM(1+1)*cmd|' /C calc'!A0",
    "dash": "-2+3 = 1; +1",
    "right": "\u202eecilA\u202c \u05d0\u05d1\u05d2 \u0645\u0631\u062d\u0628\u0627",
    "emoji": "Zoé 😀 👩‍👩‍👧 🇫🇷 ✓",
    "lines": "one\ntwo\ttab  two spaces",
    "quote": "\"'`´’ « » 100% \\ / : * ? | ;",
    "letters": "İıſẞǅ ﬁ Å\u030a 漢字 かな 한글 ไทย",
    "long": "long " * 2000,
    "path": "../../etc/passwd",
    "device": "CON",
    "hidden": ".htaccess",
}
Row = Mapping[str, object]
RULES = """
rule_set: hostile
version: "1"
title: {en: "Bonus <i>& more</i> {{ 1 }} #1", fr: "Prime <i>& plus</i> {{ 1 }} #1"}
decided: {by: "The <em>committee</em> #x", on: 2025-11-20}
currency: EUR
timezone: Europe/Paris
adjustments: {path: adjustments.csv}
sources:
  surveys: {path: surveys.csv, id: answer, payee: adviser, date: day}
kpis:
  nps:
    title: {en: "NPS <u>&</u> #", fr: "NPS <u>&</u> #"}
    meaning: {en: "Would they $recommend$ us?", fr: "Nous $recommandent$-ils ?"}
    perspective: customer
    compute: {kind: nps, from: surveys, answer: recommend}
    better: higher
    verbatims: {column: comment, when: recommend >= 0}
curves:
  on_points: {kind: linear, points: [[-100, 0%], [100, 200%]], below: zero}
plans:
  adviser:
    title: {en: "Adviser <s> *", fr: "Conseiller <s> *"}
    pays: bonus
    who: base > 0
    target_pay: base
    scorecard:
      nps: {weight: 100%, of: payee, attainment: level, curve: on_points}
"""
TAGS = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "section", "article", "aside", "nav", "footer",
    "h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "dl", "dt", "dd", "div", "span", "strong", "em", "b", "bdi", "code",
    "br", "a", "abbr", "blockquote", "figure", "figcaption", "details", "summary", "small", "time", "img",
    "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "colgroup", "col",
    "svg", "defs", "pattern", "path", "circle", "line", "rect", "polyline", "polygon", "g", "text", "tspan", "desc",
    "script",
}  # fmt: skip


class Seen(HTMLParser):
    """What a browser makes of a page: its text, and whatever could run or fetch something."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.strange: list[str] = []
        self._inside = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag not in TAGS or (tag == "script" and dict(attrs).get("type") != "application/json"):
            self.strange.append(tag)
        for name, given in attrs:
            address = name in ("src", "href", "xlink:href", "action", "data") and not re.match(
                r"#|data:image/|[\w.-]+\.(?:html|pdf|csv)(?:#|$)|\w+/[\w.-]+\.html$", given or ""
            )
            if name.startswith("on") or address:
                self.strange.append(f"{tag} {name}={given}")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside not in ("style", "script", "title"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return squeezed("".join(self.texts))


def squeezed(text: str) -> str:
    """A text as it is shown: what separates its words is one space."""
    return " ".join(text.split())


def solid(text: str) -> str:
    """A text without what separates its words, and without the hyphens of broken lines."""
    return re.sub(r"[\s\xad\u200b\u2010\ufffe-]+", "", text)


@cache
def paper(path: Path) -> str:
    """The text of a PDF."""
    document = pdfium.PdfDocument(path)
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return text


def incentive(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(each) for each in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def table(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.DictWriter(sink, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company in which every text is hostile: payees, names, teams, comments, reasons, titles."""
    folder = tmp_path_factory.mktemp("hostile")
    data = folder / "data"
    data.mkdir()
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    people: list[Row] = []
    surveys: list[Row] = []
    adjustments: list[Row] = []
    for number, (kind, text) in enumerate(HOSTILE.items()):
        payee = squeezed(text)[:300] if kind != "long" else "x" * 300
        person = {"payee": payee, "name": text, "language": ("en", "fr")[number % 2], "base": 1000 + number}
        people.append({**person, "department": f"{number % 3} {text}", "team": text})
        surveys += [
            {
                "answer": f"{kind} {day}",
                "adviser": payee,
                "day": f"2026-07-0{day + 1}",
                "recommend": 10 - day % 3,
                "comment": text if day == 0 else "",
            }
            for day in range(6)
        ]
        decided = {"reference": f"R {text}"[:200], "payee": payee, "pays": "bonus", "period": "2026-Q3"}
        signed = {"reason": f"Because {text}", "author": f"One {kind}", "approver": f"Two {text}"[:300]}
        nothing = dict.fromkeys(("percent", "at_least", "release", "currency", "expires"), "")
        adjustments += [{**decided, "amount": "5.00", **nothing, **signed}]
    people.append({**people[0], "payee": "held", "name": "<i>held</i>", "base": ""})
    table(data / "workforce.csv", people)
    table(data / "surveys.csv", surveys)
    table(data / "adjustments.csv", adjustments)
    incentive("run", folder / "rules.yaml", "--data", data, "--period", "2026-Q3", "--out", folder / "run")
    return folder / "run"


@pytest.fixture(scope="module")
def pages(run: Path) -> Path:
    out = run.parent / "pages"
    incentive("statements", run, "--out", out, "--processes", "1", "--pdf")
    return out


def statements_in(pages: Path) -> Iterator[tuple[Path, Seen]]:
    for path in sorted(pages.glob("*.html")):
        yield path, Seen(path.read_text(encoding="utf-8"))


def test_every_text_is_shown_as_it_was_typed(pages: Path) -> None:
    shown = dict(statements_in(pages))
    assert len(shown) == len(HOSTILE) + 2
    for kind, text in HOSTILE.items():
        about = [seen for seen in shown.values() if f"One {kind}" in seen.text]
        assert any(seen.text.count(squeezed(text)) >= 3 for seen in about), kind


def test_nothing_can_run_or_be_fetched(pages: Path) -> None:
    for path, seen in statements_in(pages):
        assert seen.strange == [], path.name


def test_file_names_are_harmless(pages: Path) -> None:
    names = [path.name for path in pages.iterdir()]
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,75}(\.[a-z]+)?", name), name
        assert name.split(".")[0].casefold() not in ("con", "nul", "aux", "prn")


def test_spreadsheets_take_nothing_for_a_formula(pages: Path) -> None:
    tables = sorted(pages.rglob("*.csv"))
    assert tables
    for path in tables:
        with path.open(encoding="utf-8-sig", newline="") as source:
            for row in csv.reader(source):
                for cell in row:
                    assert not cell.startswith(RISKY) or re.fullmatch(r"[-+]?[\d.]+", cell), (path.name, cell[:80])


@pytest.mark.parametrize("kind", ["markup", "script", "jinja", "typst", "sheet", "command", "dash", "quote"])
def test_paper_shows_text_as_text(pages: Path, kind: str) -> None:
    """Lines are broken anywhere on paper: what separates words is left out on both sides."""
    found = [path for path in pages.glob("*.pdf") if f"One{kind}" in solid(paper(path))]
    (about,) = found
    assert solid(paper(about)).count(solid(HOSTILE[kind])) >= 2


@NEEDED
@pytest.mark.browser
def test_a_browser_runs_nothing(pages: Path) -> None:
    """`opened` fails on whatever is fetched, or written to the console."""
    with browser() as chromium:
        for path, seen in statements_in(pages):
            if any(f"One {kind}" in seen.text for kind in ("markup", "script", "right", "long")):
                with opened(chromium, path, Look(360)) as page:
                    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
                    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360, path.name
