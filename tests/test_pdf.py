"""PDFs of statements: they say what the pages say, anybody can read them, and nothing that a value holds is typst."""

from __future__ import annotations

import csv
import datetime as dt
import re
import tempfile
from collections.abc import Iterator, Mapping
from decimal import Context, localcontext
from html.parser import HTMLParser
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from hypothesis import given, seed, settings
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, StreamObject

import incentive_engine
from incentive_engine.engine.run import run as engine_run
from incentive_engine.errors import InputProblems
from incentive_engine.shipped import rules_dir, templates_dir
from incentive_engine.statements import Statement, read_design, write_statements
from incentive_engine.statements.design import OUR_DESIGN
from incentive_engine.statements.fonts import characters
from incentive_engine.statements.gathering import material
from incentive_engine.statements.languages import Languages
from incentive_engine.statements.making import StatementMaker
from incentive_engine.statements.pages import Pages
from incentive_engine.statements.pdf import Papers
from incentive_engine.statements.typesetting import Typesetter
from tests import test_statements_bridge
from tests.drawn import cases, cases_adjusted
from tests.oracle import Case
from tests.test_cli_explain_drawn import ran
from tests.test_statements_adjusted import CORRECTIONS, DECIDED, adjusted, carried
from tests.test_statements_drawn import DRAWN

TYPST = '#import "@preview/a:1.0.0" #read("/etc/passwd") #panic("x") ] ) } // $x$ \\u{41} *bold* _x_ `y` <a> @b "q" = 1'
HOSTILE = {
    "A01": TYPST,
    "A02": "Zoé <b>&\u202e😀\u0000 日本 مرحبا\nשלום ﷽ e\u0301 ¼ \u200b\ufeff=1+1",
    "A03": "x" * 10_000,
}
DAY = dt.date(2026, 9, 30)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter, with names that no company has."""
    folder, starter = tmp_path_factory.mktemp("pdf"), rules_dir() / "starter"
    (folder / "data").mkdir()
    for path in (starter / "data").iterdir():
        (folder / "data" / path.name).write_bytes(path.read_bytes())
    with (starter / "data" / "workforce.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with (folder / "data" / "workforce.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows({**row, "name": HOSTILE.get(row["payee"], row["name"]).replace("\0", "")} for row in rows)
    incentive_engine.run(incentive_engine.load(starter / "rules.yaml"), folder / "data", "2026-Q3", folder / "run")
    return folder / "run"


@pytest.fixture(scope="module")
def written(run: Path) -> Path:
    out = run.parent / "pages"
    assert write_statements(run, out, pdf=True) == 10
    return out


@pytest.fixture(scope="module")
def papers() -> Papers:
    return Papers(OUR_DESIGN, DAY)


@pytest.fixture(scope="module")
def made(run: Path) -> Statement:
    with localcontext(Context(prec=100)):
        return StatementMaker(material(run).of(["S01"])).statement("S01")


def written_by(press: Pages | Papers, statement: Statement) -> str | bytes:
    return press.statement(statement, Languages().language(statement.language, "EUR"))


def text_of(path: Path) -> str:
    """All that is printed, without spaces and places where words may break."""
    with pypdfium2.PdfDocument(path) as document:
        pages = [document[number].get_textpage().get_text_range() for number in range(len(document))]
    return squeezed("".join(pages))


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b\u0002\ufffe]", "", text)


# --- it says what the page says ---------------------------------------------------------------------------------------


class Visible(HTMLParser):
    """The texts of a page that somebody sees, one for each place without markup."""

    SILENT = ("style", "script", "title")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden: list[tuple[str, bool]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "img", "link", "input"):
            hidden = tag in self.SILENT or "hidden" in (dict(attrs).get("class") or "").split()
            self._hidden.append((tag, hidden))

    def handle_endtag(self, tag: str) -> None:
        while self._hidden and self._hidden.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(hidden for _, hidden in self._hidden):
            self.texts.append(squeezed(data))


two_quarters = test_statements_bridge.runs


def says_all(folder: Path, *besides: str) -> int:
    """How many papers say all that their pages say, as often; fails with the texts that one of them lacks."""
    pages = [path for path in folder.glob("*.html") if path.stem not in ("index", *besides)]
    for path in pages:
        paper, texts = text_of(path.with_suffix(".pdf")), Visible(path.read_text(encoding="utf-8")).texts
        assert len(texts) > 20
        assert [text for text in texts if text not in paper] == []
        page = "".join(texts)
        assert [text for text in texts if len(text) > 40 and paper.count(text) != page.count(text)] == []
    return len(pages)


def test_it_says_all_that_the_page_says(written: Path) -> None:
    assert says_all(written, *HOSTILE) == 7


def test_it_says_what_was_decided_and_corrected(tmp_path: Path) -> None:
    """Decisions, corrections, a release, and somebody who left."""
    adjusted(tmp_path, DECIDED, carried(CORRECTIONS))
    some = ["A01", "A06", "S01", "S04", "gone"]
    write_statements(tmp_path / "run", tmp_path / "decided", payees=some, pdf=True)
    assert says_all(tmp_path / "decided") == len(some)


@pytest.mark.long
def test_it_says_what_differs_from_the_period_before(two_quarters: tuple[Path, Path], tmp_path: Path) -> None:
    before, now = two_quarters
    write_statements(now, tmp_path / "pages", previous=before, payees=["ann", "gus"], pdf=True)
    assert says_all(tmp_path / "pages") == 2


def test_a_preview_says_so_on_every_sheet(run: Path, tmp_path: Path) -> None:
    rules = incentive_engine.load(rules_dir() / "starter" / "rules.yaml")
    engine_run(rules, run.parent / "data", "2026-Q3", tmp_path / "early", preview=True)
    write_statements(tmp_path / "early", tmp_path / "pages", payees=["S01"], pdf=True)
    assert says_all(tmp_path / "pages") == 1
    sheets = len(PdfReader(tmp_path / "pages" / "S01.pdf").pages)
    assert text_of(tmp_path / "pages" / "S01.pdf").upper().count("PREVIEW") > sheets


def papers_of(case: Case) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ran(case, folder)
        write_statements(folder / "run", folder / "pages", pdf=True)
        says_all(folder / "pages")


@pytest.mark.long
def test_papers_of_60_drawn_rule_sets_say_all() -> None:
    for strategy, count in ((cases(), 40), (cases_adjusted(), 20)):

        @seed(8)
        @given(strategy)
        @settings(DRAWN, max_examples=count, derandomize=False)
        def drawn(case: Case) -> None:
            papers_of(case)

        drawn()


# --- anybody can read it ----------------------------------------------------------------------------------------------


def tagged(element: Any) -> Iterator[DictionaryObject]:
    """Every element of the structure, in reading order."""
    element = element.get_object()
    for each in element if isinstance(element, list) else [element]:
        each = each.get_object()
        if isinstance(each, DictionaryObject):
            if "/S" in each:
                yield each
            yield from tagged(each["/K"]) if "/K" in each else ()


def test_it_is_tagged_titled_and_in_a_language(written: Path) -> None:
    reader = PdfReader(written / "A01.pdf")
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"] is not False
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] is not False
    assert reader.metadata is not None
    assert reader.metadata.title == f"Quarterly bonus · 3rd quarter of 2026 · {TYPST}"
    xmp = root["/Metadata"].get_data().decode()
    assert re.search(r"<pdfuaid:part>1<", xmp)
    assert re.search(r"<pdfaid:part>2<.*<pdfaid:conformance>A<", xmp)
    elements = list(tagged(root["/StructTreeRoot"]))
    names = [str(each["/S"]) for each in elements]
    assert names.count("/H1") == 1
    assert names.count("/Table") == names.count("/THead") >= 5
    headings = [int(name[2]) for name in names if re.fullmatch(r"/H\d", name)]
    assert headings[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))
    for each in elements:
        if str(each["/S"]) == "/TH":
            attributes: Any = each["/A"]
            listed = attributes if isinstance(attributes, list) else [attributes]
            assert any(one.get_object().get("/Scope") == "/Column" for one in listed)


def test_every_drawing_has_a_text(written: Path) -> None:
    root: Any = PdfReader(written / "S01.pdf").trailer["/Root"]
    figures = [each for each in tagged(root["/StructTreeRoot"]) if str(each["/S"]) == "/Figure"]
    page = Visible((written / "S01.html").read_text(encoding="utf-8")).texts
    assert figures
    assert all(any(squeezed(str(each["/Alt"])).endswith(text) for text in page) for each in figures)


def test_fonts_are_inside_and_ours(written: Path) -> None:
    fonts: dict[str, bool] = {}
    for page in PdfReader(written / "A02.pdf").pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].get_object().values():
            for below in font.get_object()["/DescendantFonts"]:
                descriptor = below.get_object()["/FontDescriptor"].get_object()
                embedded = [descriptor[key] for key in ("/FontFile", "/FontFile2", "/FontFile3") if key in descriptor]
                fonts[str(descriptor["/FontName"])] = bool(embedded) and isinstance(
                    embedded[0].get_object(), StreamObject
                )
    assert {name.split("+")[1] for name in fonts} == {"DejaVuSansCondensed", "DejaVuSansCondensed-Bold"}
    assert all(fonts.values())


def test_pages_are_not_empty_and_nothing_leaves_them(written: Path) -> None:
    """White margins: what leaves a column is seen on the right of the page."""
    for payee in ("A01", "A02", "A03"):
        with pypdfium2.PdfDocument(written / f"{payee}.pdf") as document:
            for number in range(len(document)):
                bitmap = document[number].render(scale=1, grayscale=True)
                drawn = bytes(bitmap.buffer)
                rows = [drawn[at : at + bitmap.width] for at in range(0, len(drawn), bitmap.stride)]
                assert min(map(min, rows)) < 100
                assert all(set(row[-30:]) == {255} for row in rows)


# --- whatever a value holds -------------------------------------------------------------------------------------------


def test_hostile_names_are_texts(written: Path) -> None:
    assert squeezed(TYPST) in text_of(written / "A01.pdf")
    strange = text_of(written / "A02.pdf")
    assert squeezed("Zoé <b>&[U+202E]😀 [U+65E5][U+672C]") in strange
    assert "[U+FEFF]=1+1" in strange
    # in full where the name stands, and on top of every page after the first, where it is cut
    pages = len(PdfReader(written / "A03.pdf").pages)
    assert text_of(written / "A03.pdf").count("x") >= 10_000 * pages


def test_every_value_is_a_text_of_typst_wherever_a_template_prints_it(papers: Papers) -> None:
    """In markup, where quotes are quotes, and in code."""
    typeset = Typesetter(frozenset(range(32, 0x2FF)))
    values = [TYPST, *map(chr, range(32, 127)), "https://x.y", "--", "1. a", "/* a", "= a", "- a", "+ a", "/ a: b"]
    written = [str(typeset(value)) for value in values]
    for each in written:
        assert re.fullmatch(r'"([A-Za-z0-9 ,\u0080-\U0010ffff]|\\u\{[0-9a-f]+\})*"', each)
    for before, after in (("", ""), ("#(", ")")):
        lines = [f"{before}{each}{after}" for each in written]
        start = f"#set document(title: {written[0]})\n#set smartquote(enabled: false)"
        pdf = papers.compiled("\n\n".join([start, *lines]))
        told = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
        assert squeezed(told).replace('"', "") == squeezed("".join(values)).replace('"', "")


def test_fonts_say_what_they_hold(tmp_path: Path, papers: Papers) -> None:
    regular, bold = (characters(path) for path in sorted((templates_dir() / "fonts").glob("*.ttf"), reverse=True)[::1])
    held = regular | bold
    assert {*map(ord, "AÉœ €\u202f\u00a0−×÷≥▶½אא😀")} <= held
    assert not {ord("日"), 0x1F468, 0xFFFFF} & held
    (tmp_path / "no.ttf").write_bytes(b"\x00\x01\x00\x00nothing")
    with pytest.raises(ValueError, match="is no font"):
        characters(tmp_path / "no.ttf")
    # typst itself is the judge: PDF/A allows no character without a drawing
    shown = "".join(chr(code) for code in sorted(held) if code > 0x2000)
    text = Typesetter(held)(shown)
    assert papers.compiled(f'#set document(title: "x")\n#({text})')


def test_typst_refuses_what_no_font_holds(papers: Papers) -> None:
    with pytest.raises(Exception, match="could not be displayed"):
        papers.compiled('#set document(title: "x")\n#set text(font: "DejaVu Sans")\n日')


# --- always the same, and from nowhere else ---------------------------------------------------------------------------


def test_the_same_bytes_every_time(run: Path, written: Path, tmp_path: Path) -> None:
    write_statements(run, tmp_path / "again", pdf=True, payees=["A02", "S01"])
    for name in ("A02.pdf", "S01.pdf"):
        assert (tmp_path / "again" / name).read_bytes() == (written / name).read_bytes()
    assert b"D:20260930000000Z" in (written / "S01.pdf").read_bytes()


def replaced(folder: Path, files: Mapping[str, str]) -> Any:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return read_design(folder)


FROM_ELSEWHERE = {
    '#import "@preview/cetz:0.3.0": *': "import",
    '#{ let name = "@pre" + "view/cetz:0.3.0"; import name: * }': "import",
    '#eval("import \\"x\\"")': "eval",
    '#include "@local/a:1.0.0"': "include",
}


@pytest.mark.parametrize("line", FROM_ELSEWHERE)
def test_a_template_takes_in_nothing_from_elsewhere(tmp_path: Path, line: str) -> None:
    design = replaced(tmp_path, {"sections/top.typ.j2": f"#strong[x]\n{line}\n"})
    with pytest.raises(InputProblems, match=f"`{FROM_ELSEWHERE[line]}` is not allowed here") as refused:
        Papers(design, DAY)
    (problem,) = refused.value.problems
    assert problem.location is not None
    assert problem.location.line == 2
    assert problem.location.column == line.index(FROM_ELSEWHERE[line]) + 1


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.txt", "/../secret.txt"])
def test_files_outside_of_the_folder_do_not_exist(tmp_path: Path, made: Statement, path: str) -> None:
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    design = replaced(tmp_path / "own", {"sections/top.typ.j2": f'#read("{path}")\n'})
    with pytest.raises(InputProblems, match=r"statement\.typ\.j2: (file not found|path .* would escape)"):
        written_by(Papers(design, DAY), made)


def test_mistakes_of_a_company_are_told_with_their_line(tmp_path: Path, made: Statement) -> None:
    mistakes = {
        "#strong[x]\n#strong[{{ statement.salary }}]": ":2:1: error[template]: .* has no attribute 'salary'",
        "\n\n{% if %}": ":3:1: error[template]: Expected an expression",
        "{{ statement.payee.__class__.__mro__ }}": ":1:1: error[template]: access to .* is unsafe",
        "{{ 1 // 0 }}": ":1:1: error[template]: .*zero",
        '{% include "none.typ.j2" %}': ":1:1: error[template]: there is no template `none.typ.j2`",
    }
    for number, (text, told) in enumerate(mistakes.items()):
        for template, pdf in (("statement.html.j2", False), ("statement.typ.j2", True)):
            design = replaced(tmp_path / f"{number}{pdf}", {template: text})
            with pytest.raises(InputProblems, match=f"{template}{told}".replace("[", r"\[")):
                written_by(Papers(design, DAY) if pdf else Pages(design), made)


def test_without_typst_it_says_what_to_install(tmp_path: Path, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputProblems, match=r"error\[pdf-extra\].*\n.*pip install 'incentive-engine\[pdf\]'"):
        write_statements(run, tmp_path / "out", pdf=True)
