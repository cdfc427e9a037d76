"""Where the numbers of a statement come from: records used and not used, references, and the words of the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path

import pytest

import incentive_engine
from incentive_engine.facts.faults import CODES
from incentive_engine.shipped import rules_dir
from incentive_engine.statements import Statement, write_statements
from incentive_engine.statements.gathering import gathered
from incentive_engine.statements.languages import language
from incentive_engine.statements.making import StatementMaker
from tests.everything import everything

RULES = """
rule_set: answers
version: "1"
title: {en: Answers, fr: Réponses}
decided: {by: Committee, on: 2026-01-15}
currency: EUR
timezone: Europe/Paris
sources:
  surveys:
    path: surveys.csv
    payee: adviser
    date: day
    columns: {mark: {at_least: 1, at_most: 5, places: 0}}
    set_aside: [{when: channel = "test", because: {en: A test, fr: Un essai}}]
kpis:
  mark:
    title: {en: Mark, fr: Note}
    question: {en: "How was it?", fr: "C'était comment ?"}
    perspective: customer
    compute: {kind: mean, from: surveys, value: mark}
    better: higher
curves:
  line: {kind: linear, points: [[3, 0%], [5, 100%]], below: zero}
plans:
  all:
    title: {en: All, fr: Tous}
    pays: bonus
    who: "TRUE"
    target_pay: "1000"
    scorecard: {mark: {of: payee, attainment: level, curve: line, weight: 100%}}
"""
PEOPLE = "payee,language\nann,en\nbob,fr\ncid,en\n"
SURVEYS = """adviser,day,mark,channel
ann,2026-07-02,4,mail
ann,2026-07-03,5,mail
ann,2026-07-04,1,test
ann,2026-07-05,1,test
ann,2026-07-06,9,mail
bob,2026-07-02,4,mail
bob,2026-07-03,1,test
cid,2026-07-03,5,mail
"""


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Statement]:
    """Three people: two marks of Ann's are set aside, one is out of bounds; one of Bob's is set aside."""
    folder = tmp_path_factory.mktemp("answers")
    for name, text in {"rules.yaml": RULES, "workforce.csv": PEOPLE, "surveys.csv": SURVEYS}.items():
        (folder / name).write_text(text, encoding="utf-8")
    incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder, "2026-Q3", folder / "run")
    return {each.payee: each for each in StatementMaker(gathered(folder / "run")).statements()}


def test_records_that_were_not_used_are_counted_by_reason(statements: Mapping[str, Statement]) -> None:
    told = {
        payee: [(each.source, each.count, each.reason) for each in made.unused] for payee, made in statements.items()
    }
    assert told == {
        "ann": [
            ("surveys", "1 record", "a number in it is out of bounds"),
            ("surveys", "2 records", "set aside by the rules: A test"),
        ],
        "bob": [("surveys", "1 enregistrement", "mis de côté par les règles\u00a0: Un essai")],
        "cid": [],
    }


@pytest.mark.parametrize("code", ["en", "fr"])
def test_every_fault_of_a_row_has_words(code: str) -> None:
    assert {*CODES} <= language(code, "EUR").words["behind"]["codes"].keys()


def test_the_records_behind_each_result_are_named(statements: Mapping[str, Statement]) -> None:
    assert statements["ann"].used == (("Mark", "from 2 records, in surveys"),)
    assert statements["bob"].used == (("Note", "d'après 1 enregistrement, dans surveys"),)


def test_a_card_says_what_customers_were_asked(statements: Mapping[str, Statement]) -> None:
    assert statements["ann"].pays[0].cards[0].meanings == ("Customers were asked: “How was it?”",)


def test_each_block_of_lines_has_a_reference_of_its_own(statements: Mapping[str, Statement]) -> None:
    ann = statements["ann"]
    (pay,) = ann.pays
    assert (ann.reference, pay.reference) == ("ann-2026-Q3", "ann-2026-Q3-all")
    assert [card.reference for card in pay.cards] == ["ann-2026-Q3-all-mark"]
    assert [part.reference for part in pay.parts] == ["ann-2026-Q3-all-plan"]


def test_the_glossary_explains_the_words_of_the_page_and_no_others(tmp_path: Path) -> None:
    """Whatever a rule set says, in both languages."""
    run = everything(tmp_path)
    assert run.folder is not None
    write_statements(run.folder, tmp_path / "pages")
    made = list(StatementMaker(gathered(run.folder)).statements())
    for statement in made:
        page = (tmp_path / "pages" / statement.file).read_text(encoding="utf-8")
        above, _, below = page.partition('id="glossary"')
        shown = unescape(re.sub(r"<(style|script).*?</\1>|<[^>]+>", "\n", above, flags=re.S))
        words = [each.word for each in statement.glossary]
        assert words == sorted(set(words), key=str.casefold)
        assert not [word for word in words if word not in shown and word not in UNNAMED], statement.payee
        assert all(f"<dt>{word}</dt>" in unescape(below) for word in words)
    assert len({each.glossary for each in made}) > len({each.language for each in made})
    (adviser,) = (each for each in made if each.payee == "A1")
    factor = next(each.meaning for each in adviser.glossary if each.word in ("Factor", "Facteur"))
    assert factor in ("A number that a score is multiplied by.", "Un nombre par lequel un score est multiplié.")


UNNAMED = {
    "Range of a result",
    "Fourchette d'un résultat",
    "Fingerprint",
    "Empreinte",
    "Measure",
    "Mesure",
    "Held",
    "En attente",
}
"""Explained where the page shows them without the word."""


def test_whom_to_ask_is_said_in_the_readers_language(tmp_path: Path) -> None:
    starter = rules_dir() / "starter"
    incentive_engine.run(incentive_engine.load(starter / "rules.yaml"), starter / "data", "2026-Q3", tmp_path / "run")
    write_statements(tmp_path / "run", tmp_path / "pages", payees=("A01", "A06"))
    texts = [(tmp_path / "pages" / f"{name}.html").read_text(encoding="utf-8") for name in ("A01", "A06")]
    assert "Ask the compensation team." in texts[0]
    assert "Demandez à l&#39;équipe de rémunération." in texts[1]
    assert "A06-2026-Q3" in texts[1]
