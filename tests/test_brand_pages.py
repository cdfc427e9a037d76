"""Pages and PDFs in a company's own look: its name, logo, colours, texts, templates and fonts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from click.testing import CliRunner
from pypdf import PdfReader

import incentive_engine
from incentive_engine.cli import main
from incentive_engine.shipped import rules_dir, templates_dir
from tests.test_brand import SVG
from tests.test_pdf import tagged, text_of

BRAND = """
company: Atelier <Lumière> & "Co"
logo: logo.svg
colours:
  light: {customer: "#1d4ed8", customer_soft: "#dbe7ff"}
  dark: {customer: "#93b4ff", customer_soft: "#1b2a4d"}
contact: {en: "Write to Ana #1 <b>.", fr: Écrivez à Ana.}
dispute: {en: Send the reference., fr: Envoyez la référence.}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, starter = tmp_path_factory.mktemp("brand"), rules_dir() / "starter"
    incentive_engine.run(incentive_engine.load(starter / "rules.yaml"), starter / "data", "2026-Q3", folder / "run")
    return folder / "run"


def written(run: Path, out: Path, *options: object) -> str:
    """What the command says; A01 reads English."""
    command = ["statements", run, "--out", out, "--payee", "A01", "--pdf", *options]
    return CliRunner().invoke(main, list(map(str, command))).output


def test_everything_of_a_brand_is_on_pages_and_sheets(run: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "brand.yaml").write_text(BRAND, encoding="utf-8")
    (own / "logo.svg").write_text(SVG, encoding="utf-8")
    assert "1 statement in" in written(run, tmp_path / "pages", "--templates", own)
    assert "1 statement in" in written(run, tmp_path / "same", "--brand", own / "brand.yaml")
    page = (tmp_path / "pages" / "A01.html").read_text(encoding="utf-8")
    assert page == (tmp_path / "same" / "A01.html").read_text(encoding="utf-8")
    assert 'alt="Atelier &lt;Lumière&gt; &amp; &#34;Co&#34;"' in page
    assert "Write to Ana #1 &lt;b&gt;." in page
    light, dark, paper = re.findall(r":root \{ --customer: (#\w{6}); --customer-soft: #\w{6}; \}", page)
    assert (light, dark, paper) == ("#1d4ed8", "#93b4ff", "#1d4ed8")
    said = text_of(tmp_path / "pages" / "A01.pdf")
    assert 'Atelier<Lumière>&"Co"' in said
    assert "WritetoAna#1<b>.Sendthereference." in said
    reader = PdfReader(tmp_path / "pages" / "A01.pdf")
    assert reader.metadata is not None
    assert reader.metadata.author == 'Atelier <Lumière> & "Co"'
    root: Any = reader.trailer["/Root"]
    named = [str(each["/Alt"]) for each in tagged(root["/StructTreeRoot"]) if "/Alt" in each]
    assert named[0] == 'Atelier <Lumière> & "Co"'
    with pypdfium2.PdfDocument(tmp_path / "pages" / "A01.pdf") as document:
        drawn = bytes(document[0].render(scale=1).buffer)
    assert b"\xd8\x4e\x1d" in drawn  # blue, green and red of #1d4ed8
    assert b"\x63\x6e\x0b" not in drawn


def test_a_company_replaces_one_part_and_keeps_the_others(run: Path, tmp_path: Path) -> None:
    """The parts that it replaces read the same values, and may take in the engine's own."""
    own = tmp_path / "own"
    (own / "sections").mkdir(parents=True)
    (own / "sections" / "glossary.html.j2").write_text(
        "{% macro section(statement, words) %}<p>Own: {{ statement.name }}</p>{% endmacro %}", encoding="utf-8"
    )
    (own / "sections" / "glossary.typ.j2").write_text(
        '#import "own.typ": shout\n#shout({{ statement.name }})\n{% include "sections/origin.typ.j2" %}\n',
        encoding="utf-8",
    )
    (own / "own.typ").write_text("#let shout(text) = strong(upper(text))", encoding="utf-8")
    assert "1 statement in" in written(run, tmp_path / "pages", "--templates", own)
    page = (tmp_path / "pages" / "A01.html").read_text(encoding="utf-8")
    assert "<p>Own: Adviser 01</p>" in page
    assert "How it was made" in page
    assert "ADVISER01Wherethenumberscomefrom" in text_of(tmp_path / "pages" / "A01.pdf")


def test_fonts_of_a_company_come_first(run: Path, tmp_path: Path) -> None:
    """Here the engine's own under another name."""
    fonts = tmp_path / "own" / "fonts"
    fonts.mkdir(parents=True)
    ours = (templates_dir() / "fonts" / "DejaVuSansCondensed.ttf").read_bytes()
    for coding in ("ascii", "utf-16-be"):
        ours = ours.replace("DejaVu Sans".encode(coding), "Maison Sans".encode(coding))
    (fonts / "Own.ttf").write_bytes(ours)
    (tmp_path / "own" / "statement.typ.j2").write_text(
        '#set document(title: "x")\n#set text(font: {{ fonts }})\n#context repr(text.font)\n', encoding="utf-8"
    )
    assert "1 statement in" in written(run, tmp_path / "pages", "--templates", tmp_path / "own")
    assert text_of(tmp_path / "pages" / "A01.pdf") == '("maisonsans","dejavusans")'


def test_what_is_wrong_is_told_before_anything_is_written(run: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "brand.yaml").write_text('company: A\ncolours: {light: {ink: "#cccccc"}}\ncontact: {fr: Bonjour}\n')
    told = written(run, tmp_path / "pages", "--templates", own)
    assert re.search(r"brand\.yaml:2:24: error\[contrast\]: `ink` on `paper`", told)
    (own / "brand.yaml").write_text("company: A\ncontact: {fr: Bonjour}\n")
    told = written(run, tmp_path / "pages", "--templates", own)
    assert re.search(r"brand\.yaml:2:1: error\[missing-language\]: `contact` has no text in `en`", told)
    assert not (tmp_path / "pages").exists()
