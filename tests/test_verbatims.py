"""What people write beside their answers: kept, counted, shown where it may be and to nobody else, and never run."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

import incentive_engine
from incentive_engine.engine.run import Run, recompute
from incentive_engine.statements import Statement, write_statements
from incentive_engine.statements.gathering import gathered
from incentive_engine.statements.making import StatementMaker
from tests.test_statements import SCRIPT, Page

RULES = """
rule_set: heard
version: "1"
title: {en: Heard, fr: Entendu}
decided: {by: Committee, on: 2025-11-20}
currency: EUR
timezone: Europe/Paris
sources:
  surveys: {path: surveys.csv, id: answer, payee: adviser, date: day, system_accounts: [IVR]}
kpis:
  nps:
    title: {en: NPS, fr: NPS}
    perspective: customer
    compute: {kind: nps, from: surveys, answer: recommend, where: channel = "phone"}
    better: higher
    verbatims: {column: comment, when: may_quote AND channel <> "test", at_most: 2}
  happy:
    title: {en: Happy, fr: Contents}
    perspective: customer
    compute: {kind: share, from: surveys, where: recommend >= 7}
    better: higher
    verbatims: {column: comment, when: may_quote}
curves:
  on_points: {kind: linear, points: [[-100, 0%], [100, 200%]], below: zero}
  as_it_is: {kind: linear, points: [[0%, 0%], [100%, 100%]], below: zero}
plans:
  adviser:
    title: {en: Adviser, fr: Conseiller}
    pays: bonus
    who: TRUE
    target_pay: 1000
    scorecard:
      nps: {weight: 50%, of: payee, attainment: level, curve: on_points, on_missing: reweight}
      happy: {weight: 50%, of: payee, attainment: level, curve: as_it_is}
"""
PEOPLE = "payee,language,team\nA1,en,North\nA2,fr,North\nA3,en,North\n"
SURVEYS = f"""\
answer,adviser,day,channel,recommend,may_quote,comment
1,A1,2026-07-01,phone,10,yes,"Oldest, and may be shown"
2,A1,2026-08-01,phone,9,yes,"Two lines
of praise"
3,A1,2026-09-01,phone,0,no,May not be shown
4,A1,2026-09-02,phone,3,,Nobody said whether it may be shown
5,A1,2026-09-03,phone,1,yes,"{SCRIPT.replace('"', '""')}"
6,A1,2026-09-04,phone,8,yes,
7,A1,2026-09-05,shop,8,yes,Said in the shop
8,A1,2026-06-30,phone,8,yes,Of the quarter before
9,A2,2026-09-05,phone,,no,Sans note
10,A2,2026-09-05,phone,7,no,
11,A3,2026-09-05,phone,7,yes,
12,IVR,2026-09-06,phone,7,yes,To the machine
13,nobody,2026-09-06,phone,7,yes,To somebody unknown
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("heard")
    (folder / "rules.yaml").write_text(RULES.lstrip(), encoding="utf-8")
    (folder / "workforce.csv").write_text(PEOPLE, encoding="utf-8")
    (folder / "surveys.csv").write_text(SURVEYS, encoding="utf-8")
    rules = incentive_engine.load(folder / "rules.yaml")
    return incentive_engine.run(rules, folder, "2026-Q3", folder / "run")


@pytest.fixture(scope="module")
def statements(run: Run) -> dict[str, Statement]:
    assert run.folder is not None
    return {each.payee: each for each in StatementMaker(gathered(run.folder)).statements()}


@pytest.fixture(scope="module")
def pages(run: Run) -> Path:
    assert run.folder is not None
    write_statements(run.folder, run.folder.parent / "pages")
    return run.folder.parent / "pages"


def test_every_text_of_the_period_is_kept_once_per_kpi(run: Run) -> None:
    kept = run.verbatims.filter(kpi="nps").select("payee", "date", "text", "shown").rows()
    assert kept == [
        (None, dt.date(2026, 9, 6), "To the machine", True),
        ("A1", dt.date(2026, 7, 1), "Oldest, and may be shown", True),
        ("A1", dt.date(2026, 8, 1), "Two lines\nof praise", True),
        ("A1", dt.date(2026, 9, 1), "May not be shown", False),
        ("A1", dt.date(2026, 9, 2), "Nobody said whether it may be shown", False),
        ("A1", dt.date(2026, 9, 3), SCRIPT, True),
        ("A2", dt.date(2026, 9, 5), "Sans note", False),
    ]


def test_unhappy_texts_are_kept_as_well_as_happy_ones(run: Run) -> None:
    """The condition of a share says who is happy, not whose text counts."""
    happy = run.verbatims.filter(kpi="happy", payee="A1")["text"].to_list()
    assert {"May not be shown", "Said in the shop"} <= set(happy)
    assert len(happy) == 6


def test_texts_are_worked_out_again_from_the_folder(run: Run) -> None:
    assert run.folder is not None
    assert recompute(run.folder).verbatims.equals(run.verbatims)


def test_a_statement_counts_all_and_shows_the_latest_that_may_be(statements: dict[str, Statement]) -> None:
    comments = {card.path: card.comments for card in statements["A1"].pays[0].cards}["nps"]
    assert comments is not None
    assert comments.lead == "5 comments were written about you; 3 may be shown, the latest first."
    assert comments.shown == (("3 September 2026", SCRIPT), ("1 August 2026", "Two lines\nof praise"))


def test_a_statement_says_that_none_may_be_shown(statements: dict[str, Statement], pages: Path) -> None:
    text = Page((pages / "A2.html").read_text(encoding="utf-8")).text
    assert "1 commentaire a été écrit à votre sujet\u202f; aucun ne peut être montré." in text
    assert "Sans note" not in text
    assert all(card.comments is None for card in statements["A3"].pays[0].cards)


def test_a_hostile_text_is_text(pages: Path) -> None:
    page = (pages / "A1.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; {{ 7 * 7 }} {% raw %}" in page
    assert page.count("<script") == 1  # the page's own data
    for other in ("A2", "A3", "index"):
        assert "alert" not in (pages / f"{other}.html").read_text(encoding="utf-8")
