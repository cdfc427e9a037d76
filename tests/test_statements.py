"""Statements: every number is the run's, every line recomputes from what is printed, and nothing hostile gets out.

The calculator below knows the visible text of a page and nothing else.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.numbers import format_currency, format_decimal, format_percent

import incentive_engine
from incentive_engine.engine.run import Run
from incentive_engine.errors import InputProblems
from incentive_engine.shipped import rules_dir
from incentive_engine.statements import Statement, write_statements
from incentive_engine.statements.files import file_names
from incentive_engine.statements.gathering import gathered
from incentive_engine.statements.languages import Languages, codes, language
from incentive_engine.statements.making import StatementMaker
from tests.visible import reckoned
from tests.visible.pocket import number

STARTER = rules_dir() / "starter"
PERIOD = "2026-Q3"
LONG = "x" * 300
TWIN = '<script type="application/json" id="statement">'
SCRIPT = '<script>alert("1")</script> {{ 7 * 7 }} {% raw %}'
RENAMED = {"A02": "../../etc/passwd", "A03": "a01", "S02": LONG, "S03": "Zoé <b>&\u202e😀", "S04": "con"}


# --- a pocket calculator ----------------------------------------------------------------------------------------------


@dataclass
class PrintedLine:
    """One row of a table of working, as its reader sees it."""

    name: str
    arithmetic: str
    note: str
    result: str


class Page(HTMLParser):
    """The visible text of a page, its rows of working and its addresses."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.source = text
        self.lines: list[PrintedLine] = []
        self.money: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self._open: list[tuple[str, str]] = []
        self._row: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.addresses += [held[name] for name in ("href", "src", "action", "data", "poster") if name in held]
        if tag == "tr":
            self._row = {}
        if tag not in ("meta", "br", "link", "input"):
            self._open.append((tag, held.get("class", "")))

    def handle_endtag(self, tag: str) -> None:
        table = next((kind for name, kind in self._open if name == "table"), "")
        while self._open and self._open.pop()[0] != tag:
            pass
        row = {name: text.strip() for name, text in self._row.items()}
        if tag == "tr" and "value" in row and "working" in table and "th" in row:
            self.lines.append(PrintedLine(row["th"], row.get("sum", ""), row.get("note", ""), row["value"]))
        if tag == "tr" and "value" in row and "money" in table and "th" in row:
            self.money.append((row["th"], row["value"]))

    def handle_data(self, data: str) -> None:
        if any(tag in ("style", "title", "script") for tag, _ in self._open):
            return
        self.words.append(data)
        inside = {kind for _, kinds in self._open for kind in kinds.split()}
        if any(tag == "thead" for tag, _ in self._open):
            return
        heading = "th" if any(tag == "th" for tag, _ in self._open) else ""
        cell = next((each for each in ("sum", "note", "value") if each in inside), heading)
        if cell:
            self._row[cell] = self._row.get(cell, "") + data

    @property
    def text(self) -> str:
        return re.sub(r"[ \n\t]+", " ", " ".join(self.words)).strip()


def number_in(text: str, code: str) -> Fraction:
    """The number that a result starts with; units follow it."""
    value = number(text, code)
    assert value is not None, text
    return value


def recomputed(page: Page, code: str) -> int:
    """How many lines were recomputed; fails on the first that does not come out."""
    done = reckoned(page.source)
    assert page.source.count(f'<html lang="{code}"') == 1
    return done["recomputed"]


# --- runs -------------------------------------------------------------------------------------------------------------


def renamed_data(target: Path) -> Path:
    """The starter's data, with payees of strange names."""
    target.mkdir()
    for path in sorted((STARTER / "data").iterdir()):
        with path.open(encoding="utf-8", newline="") as source:
            rows = [[RENAMED.get(cell, cell) for cell in row] for row in csv.reader(source)]
        if path.name == "workforce.csv":
            rows = [[SCRIPT if cell == "Seller 01" else cell for cell in row] for row in rows]
        with (target / path.name).open("w", encoding="utf-8", newline="") as sink:
            csv.writer(sink, lineterminator="\n").writerows(rows)
    return target


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("starter")
    rules = incentive_engine.load(STARTER / "rules.yaml")
    return incentive_engine.run(rules, renamed_data(folder / "data"), PERIOD, folder / "run")


def folder_of(run: Run) -> Path:
    assert run.folder is not None
    return run.folder


@pytest.fixture(scope="module")
def pages(run: Run) -> Path:
    out = folder_of(run).parent / "pages"
    assert write_statements(folder_of(run), out) == 10
    return out


@pytest.fixture(scope="module")
def statements(run: Run) -> dict[str, Statement]:
    return {each.payee: each for each in StatementMaker(gathered(folder_of(run))).statements()}


def page_of(pages: Path, statement: Statement) -> Page:
    return Page((pages / statement.file).read_text(encoding="utf-8"))


# --- what is said -----------------------------------------------------------------------------------------------------


def test_every_number_is_the_runs(run: Run, pages: Path, statements: dict[str, Statement]) -> None:
    for row in run.payouts.iter_rows(named=True):
        statement = statements[row["payee"]]
        show, text = language(statement.language, "EUR").numbers, page_of(pages, statement).text
        assert dict(statement.amounts) == {"EUR": row["payout"]}
        for amount in (row["payout"], row["target_pay"], row["customer_pay"]):
            assert show.money(amount) in text
        for share in (row["score"], row["proration"]):
            assert show.percent(share) in text
        for measured in run.contributions.filter(payee=row["payee"]).iter_rows(named=True):
            assert show.number(measured["actual"]) in text
            assert show.number(measured["target"]) in text
            assert show.money(measured["pay"]) in text
            for share in (measured["weight"], measured["rate"], measured["score"]):
                assert show.percent(share) in text


def test_every_line_recomputes_from_what_is_printed(pages: Path, statements: dict[str, Statement]) -> None:
    counts = {payee: recomputed(page_of(pages, each), each.language) for payee, each in statements.items() if each.pays}
    assert min(counts.values()) >= 9


def test_amounts_add_up_as_printed(pages: Path, statements: dict[str, Statement]) -> None:
    for statement in statements.values():
        if statement.pays:
            *bars, total = (
                number_in(text.removeprefix("+"), statement.language) for _, text in page_of(pages, statement).money
            )
            assert sum(bars) == total == Fraction(dict(statement.amounts)["EUR"])


def test_the_first_sentence_says_what_customers_contributed(pages: Path, statements: dict[str, Statement]) -> None:
    english, french = (page_of(pages, statements[payee]).text for payee in ("A01", "a01"))
    assert "€420.00 of your €600.00 come from what customers said and lived." in english
    assert "178,50\u00a0€ de vos 246,00\u00a0€ viennent de ce que les clients ont dit et vécu." in french


def test_too_few_answers_say_what_counts_instead(pages: Path, statements: dict[str, Statement]) -> None:
    text = page_of(pages, statements["A05"]).text
    assert "There are 2 records; at least 3 are needed. So the result of your team counts: South." in text


def test_a_gate_says_why_it_withheld(pages: Path, statements: dict[str, Statement]) -> None:
    (gate,) = (line for line in page_of(pages, statements["con"]).lines if line.name.startswith("Condition"))
    assert "Les clients n'étaient pas satisfaits" in gate.name
    assert (gate.arithmetic, gate.result) == ("150\u00a0% × 50\u00a0%", "75\u00a0%")
    assert "3,2 < 3,5" in gate.note


def test_who_is_held_reads_what_is_missing(pages: Path, statements: dict[str, Statement]) -> None:
    statement = statements["A06"]
    text = page_of(pages, statement).text
    assert (statement.pays, statement.amounts, statement.language) == ((), (), "fr")
    assert "Rien n'a été décidé à zéro" in text
    assert "La prime cible ne peut pas être calculée." in text
    assert "missing-target-pay" in text
    assert "0,00" not in text


def test_who_set_a_target_is_said(tmp_path: Path) -> None:
    panel = "agreed_with_customers: {on: 2026-05-04, how: {en: customer panel, fr: panel de clients}}"
    by_table = "decided: {by: Sales board, on: 2026-06-01}"
    rules = (STARTER / "rules.yaml").read_text(encoding="utf-8")
    rules = rules.replace("keys: [level, kpi]}", f"keys: [level, kpi], {by_table}}}")
    own = f"target: 4, decided: {{by: Care board, on: 2026-05-11, notified: 2026-06-01, {panel}}}"
    (tmp_path / "rules.yaml").write_text(rules.replace("target: 4,", f"{own},"), encoding="utf-8")
    run = incentive_engine.run(
        incentive_engine.load(tmp_path / "rules.yaml"), STARTER / "data", PERIOD, tmp_path / "run"
    )
    write_statements(folder_of(run), tmp_path / "pages")
    texts = {path.stem: Page(path.read_text(encoding="utf-8")).text for path in (tmp_path / "pages").glob("*.html")}
    english = "Who set the target Care board, on 11 May 2026; told on 1 June 2026; agreed with customers on 4 May 2026"
    assert f"{english}: customer panel" in texts["A01"]
    french = "Qui a fixé l'objectif Care board, le 11 mai 2026 ; annoncé le 1er juin 2026 ; convenu avec les clients le"
    assert any(
        f"{french} 4 mai 2026 : panel de clients" in re.sub("[\u202f\u00a0]", " ", text) for text in texts.values()
    )
    assert "Who set the target Sales board, on 1 June 2026" in texts["S01"]
    assert "Sales board" not in texts["A01"]


def test_where_the_numbers_come_from(run: Run, pages: Path, statements: dict[str, Statement]) -> None:
    text = page_of(pages, statements["A01"]).text
    for told in (run.summary["rules"]["sha256"], run.summary["engine"], "surveys.csv", "rules.yaml:", "version 1"):
        assert told in text


def test_the_index_lists_everyone(run: Run, pages: Path, statements: dict[str, Statement]) -> None:
    page = Page((pages / "index.html").read_text(encoding="utf-8"))
    assert {*page.addresses} == {"index.csv", "totals.csv", *(each.file for each in statements.values())}
    assert {path.name for path in pages.iterdir()} == {*page.addresses, "index.html"}
    assert language("en", "EUR").numbers.money(Decimal(run.summary["totals"]["payout"])) in page.text
    assert "missing-target-pay" in page.text
    assert "not eligible for Adviser" in page.text


def test_the_index_speaks_the_language_asked_for(run: Run, tmp_path: Path) -> None:
    write_statements(folder_of(run), tmp_path / "pages", language="fr")
    assert "Payé en tout" in (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")


# --- every step of the rules ------------------------------------------------------------------------------------------


STEPS_RULES = """
rule_set: every-step
version: "1"
title: {en: Every step, fr: Chaque étape}
decided: {by: Committee, on: 2026-01-15, notified: 2026-02-01}
currency: EUR
timezone: Europe/Paris
kpis:
  ease: {title: {en: Ease, fr: Facilité}, perspective: customer, compute: {kind: given, at_least: -100}, better: higher}
  care: {title: {en: Care, fr: Soin}, perspective: customer, compute: {kind: given, at_most: 1}, better: higher}
  speed: {title: {en: Speed, fr: Vitesse}, perspective: internal, compute: {kind: given}, better: lower}
curves:
  line: {kind: linear, points: [[70%, 33%], [100%, 100%], [130%, 160%]], below: zero}
  points: {kind: linear, points: [[-30, 10%], [0, 100%], [7, 150%]], below: flat}
  steps: {kind: stepped, tiers: [{from: 70%, rate: 50%}, {from: 90%, rate: 110%}], below: zero}
plans:
  all:
    title: {en: All, fr: Tous}
    pays: bonus
    who: "TRUE"
    target_pay: ROUND(base_salary * 7% / 3, 2)
    scorecard:
      customer:
        weight: 70%
        items:
          ease: {weight: 35%, of: payee, target: -12, attainment: difference, curve: points, on_missing: reweight}
          care: {weight: 65%, of: payee, target: 83%, attainment: ratio, curve: line, on_missing: zero}
          level: {kpi: care, weight: 0%, of: payee, attainment: level, curve: steps, on_missing: reweight}
        modifiers: [{factor: base_salary / 31234, because: {en: By salary, fr: Selon le salaire}}]
        gates: [{when: base_salary > 40000, withhold: 25%, because: {en: High salary, fr: Haut salaire}}]
      internal:
        weight: 30%
        combine: sum
        items:
          speed: {of: payee, target: 7, attainment: inverse_ratio, curve: line, on_missing: target, floor: 40%}
          again: {kpi: speed, of: payee, target: 11, attainment: inverse_ratio, curve: line, on_missing: zero}
        cap: 120%
    floor: 55%
    cap: 130%
    proration: {by: calendar_days}
"""
STEPS_PEOPLE = """payee,name,language,department,base_salary,hired
P1,One,en,Care,31000,2020-01-01
P2,Two,fr,Care,47123.45,2026-08-11
P3,Three,fr-FR,Care,29999.99,2020-01-01
P4,Four,,Care,33333.33,2026-07-02
"""
STEPS_RESULTS = """subject_kind,subject,kpi,period,value
payee,P1,ease,2026-Q3,-17
payee,P1,care,2026-Q3,0.8712
payee,P1,speed,2026-Q3,6.3
payee,P2,ease,2026-Q3,-60
payee,P2,care,2026-Q3,0.91
payee,P3,speed,2026-Q3,0
payee,P4,care,2026-Q3,0.7777
"""


@pytest.fixture(scope="module")
def steps_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("steps")
    (folder / "data").mkdir()
    (folder / "rules.yaml").write_text(STEPS_RULES, encoding="utf-8")
    (folder / "data" / "workforce.csv").write_text(STEPS_PEOPLE, encoding="utf-8")
    (folder / "data" / "kpis.csv").write_text(STEPS_RESULTS, encoding="utf-8")
    rules = incentive_engine.load(folder / "rules.yaml")
    return incentive_engine.run(rules, folder / "data", PERIOD, folder / "run")


def test_every_step_recomputes(steps_run: Run, tmp_path: Path) -> None:
    write_statements(folder_of(steps_run), tmp_path / "pages")
    made = {each.payee: each for each in StatementMaker(gathered(folder_of(steps_run))).statements()}
    assert [made[payee].language for payee in ("P1", "P2", "P3", "P4")] == ["en", "fr", "fr", "en"]
    assert all(each.pays for each in made.values())
    for each in made.values():
        assert recomputed(page_of(tmp_path / "pages", each), each.language) >= 8


def test_what_no_measure_earned_has_a_bar_of_its_own(steps_run: Run) -> None:
    other = {row["payee"]: row["other_pay"] for row in steps_run.payouts.iter_rows(named=True)}
    made = StatementMaker(gathered(folder_of(steps_run))).statements()
    drawn = {each.payee: each.pays[0].drawing for each in made}
    for payee, pay in other.items():
        drawing = drawn[payee]
        assert drawing is not None
        steps = {bar.perspective for bar in drawing.bars if bar.way != "whole"}
        assert "other" in steps or not pay, payee
    assert any(other.values())


# --- nothing gets out -------------------------------------------------------------------------------------------------


def test_hostile_names_are_shown_as_text(pages: Path, statements: dict[str, Statement]) -> None:
    for file in (statements["S01"].file, "index.html"):
        source = (pages / file).read_text(encoding="utf-8")
        page = Page(source)
        assert page.tags.count("script") == (file != "index.html")  # the twin, which is data
        assert " ".join(SCRIPT.split()) in page.text


def test_pages_stand_alone(pages: Path) -> None:
    for path in sorted(pages.glob("*.html")):
        source = path.read_text(encoding="utf-8").replace(TWIN, "")
        assert not re.search(r"https?:|//[a-z]|@import|<script|<link|<img|\bon\w+=", source.replace("<script&gt;", ""))
        outside = set(Page(source).addresses) - {each.name for each in pages.iterdir()}
        assert outside == set()


def test_file_names_are_safe_and_readable(pages: Path, statements: dict[str, Statement]) -> None:
    files = {payee: each.file for payee, each in statements.items()}
    assert files["A05"] == "A05.html"
    assert re.fullmatch(r"etc-passwd-[0-9a-f]{10}\.html", files["../../etc/passwd"])
    assert re.fullmatch(r"zoe-b-[0-9a-f]{10}\.html", files["Zoé <b>&\u202e😀"])
    assert len({name.casefold() for name in files.values()}) == len(files)
    assert max(map(len, files.values())) < 90


@pytest.mark.parametrize(
    "payee", ["", ".", "..", "a/b", "a\\b", "index", "CON", "nul.txt", "a.", " a", "-rf", "\x00", LONG]
)
def test_a_name_that_could_do_harm_is_changed(payee: str) -> None:
    (name,) = file_names([payee]).values()
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{10}\.html", name)


def test_names_never_clash() -> None:
    (taken,) = file_names(["a b"]).values()
    payees = ["a b", "a-b", "A B", "a  b", taken.removesuffix(".html"), "É", "e", "E"]
    names = file_names(payees)
    assert len({name.casefold() for name in names.values()}) == len(payees)
    assert names == file_names(reversed(payees))


def test_the_same_run_gives_the_same_bytes(run: Run, pages: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(folder_of(run), tmp_path / "moved")
    write_statements(moved, tmp_path / "pages")
    assert {path.name: path.read_bytes() for path in (tmp_path / "pages").iterdir()} == {
        path.name: path.read_bytes() for path in pages.iterdir()
    }


def test_pages_are_written_once_and_counted(run: Run, pages: Path, tmp_path: Path) -> None:
    with pytest.raises(InputProblems, match="folder-exists"):
        write_statements(folder_of(run), pages)
    with pytest.raises(InputProblems, match="not-a-run"):
        write_statements(tmp_path, tmp_path / "pages")
    assert list(tmp_path.iterdir()) == []
    told: list[tuple[int, int]] = []
    write_statements(folder_of(run), tmp_path / "pages", lambda done, of: told.append((done, of)))
    assert told[-1] == (10, 10)


# --- languages --------------------------------------------------------------------------------------------------------


def leaves(words: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(words, str):
        yield path, words
        return
    for name, held in enumerate(words) if isinstance(words, list) else words.items():
        yield from leaves(held, f"{path}.{name}")


def test_every_catalogue_says_the_same_things() -> None:
    english = dict(leaves(language("en", "EUR").words))
    assert set(codes()) >= {"en", "fr"}
    for code in codes():
        other = dict(leaves(language(code, "EUR").words))
        assert other.keys() == english.keys()
        for path, text in other.items():
            assert set(re.findall(r"\{\w*\}", text)) == set(re.findall(r"\{\w*\}", english[path])), path


def test_french_signs_stand_behind_unbreakable_spaces() -> None:
    for path, text in leaves(language("fr", "EUR").words):
        assert not re.search(r" [:;!?%]", text) or path == ".argument_sign", (path, text)


@pytest.mark.parametrize("code", ["en", "fr"])
@pytest.mark.parametrize("currency", ["EUR", "JPY", "GBP", "TND", "CHF"])
@pytest.mark.parametrize("text", ["0", "1", "-12.5", "1234.56", "1234567.8", "-1234567890123456789012.34"])
def test_numbers_are_written_as_babel_writes_them(code: str, currency: str, text: str) -> None:
    reader, number = language(code, currency), Decimal(text)
    show, locale = reader.numbers, reader.locale
    minus = {ord("-"): "−"}
    assert show.number(number) == format_decimal(number, locale=locale, decimal_quantization=False).translate(minus)
    expected = format_percent(number, locale=locale, decimal_quantization=False).translate(minus)
    assert show.percent(number) == expected
    if show.minor_digits >= -int(number.as_tuple().exponent):
        expected = format_currency(number, currency, locale=locale).translate(minus)
        assert show.money(number).replace("\u00a0", "") == expected.replace("\u00a0", "")


def test_display_never_rounds() -> None:
    show = language("en", "EUR").numbers
    assert show.number(Decimal("1.230000")) == "1.23"
    assert show.percent(Decimal("0.123456")) == "12.3456%"
    assert show.money(Decimal("593.4375")) == "€593.4375"
    assert show.money(Decimal("600.0000")) == "€600.00"


@pytest.mark.parametrize(
    ("wish", "code"),
    [("fr", "fr"), ("FR", "fr"), ("fr-CA", "fr"), (" en ", "en"), ("de", "de"), ("", "it"), (None, "it")],
)
def test_the_language_is_the_payees_else_the_one_asked_for(wish: str | None, code: str) -> None:
    assert Languages("it").chosen(wish) == code


def test_statements_are_frozen_texts_and_exact_amounts(statements: dict[str, Statement]) -> None:
    def check(held: object) -> None:
        if is_dataclass(held):
            hash(held)
            for field in fields(held):
                check(getattr(held, field.name))
        elif isinstance(held, tuple):
            for each in held:
                check(each)
        else:
            assert held is None or isinstance(held, str | bool | Decimal | int)

    for statement in statements.values():
        check(statement)
