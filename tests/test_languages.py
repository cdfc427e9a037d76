"""Languages of statements: nobody gets a page in another than their own, and what lacks words is told at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml

import incentive_engine
from incentive_engine.errors import InputProblems
from incentive_engine.kinds.wording import sentences
from incentive_engine.statements import write_statements
from incentive_engine.statements.catalogues import OURS, words_in
from incentive_engine.statements.design import OUR_DESIGN, Design, read_design
from tests import everything

RULES = """
rule_set: two-plans
version: "1"
title: {en: Bonus}
decided: {by: Committee, on: 2026-01-15}
currency: EUR
timezone: Europe/Paris
kpis:
  care:
    title: {en: Care, fr: Soin}
    meaning: {en: Were they cared for?}
    perspective: customer
    compute: {kind: given}
    better: higher
  sales: {title: {en: Sales}, perspective: internal, compute: {kind: given}, better: higher}
curves:
  line: {kind: linear, points: [[0%, 0%], [100%, 100%]], below: zero}
plans:
  advisers:
    title: {en: Advisers, fr: Conseillers}
    pays: bonus
    who: role = "Adviser"
    target_pay: "1000"
    scorecard:
      care: {of: payee, target: 10, attainment: ratio, curve: line, weight: 100%}
    gates: [{when: care < 1, withhold: all, because: {en: Careless}}]
  sellers:
    title: {en: Sellers}
    pays: bonus
    who: role = "Seller"
    target_pay: "1000"
    scorecard:
      sales: {of: payee, target: 10, attainment: ratio, curve: line, weight: 100%}
"""
RESULTS = """subject_kind,subject,kpi,period,value
payee,A1,care,2026-Q3,9
payee,A2,care,2026-Q3,9
payee,S1,sales,2026-Q3,9
"""


def ran(folder: Path, people: str) -> Path:
    """A run of two plans; `people`: payee, role and language."""
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    (folder / "workforce.csv").write_text(f"payee,role,language\n{people}", encoding="utf-8")
    (folder / "kpis.csv").write_text(RESULTS, encoding="utf-8")
    incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder, "2026-Q3", folder / "run")
    return folder / "run"


def refused(run: Path, language: str = "en", design: Design = OUR_DESIGN) -> list[tuple[str, int, int, str]]:
    """The problems: code, line, column and message."""
    with pytest.raises(InputProblems) as raised:
        write_statements(run, run.parent / "pages", language=language, design=design)
    assert not (run.parent / "pages").exists()
    places = [(each, each.location) for each in raised.value.problems]
    return [(each.code, at.line if at else 0, at.column if at else 0, each.message) for each, at in places]


def test_every_label_that_a_reader_lacks_is_told_with_its_place(tmp_path: Path) -> None:
    """A2 reads French: what the plan of advisers says, and the title; nobody reads of sellers in French."""
    run = ran(tmp_path, "A1,Adviser,en\nA2,Adviser,fr\nS1,Seller,en\n")
    assert refused(run) == [
        ("missing-language", 4, 1, "`title` has no text in `fr`, which A2 reads"),
        ("missing-language", 11, 5, "`meaning` has no text in `fr`, which A2 reads"),
        ("missing-language", 26, 45, "`because` has no text in `fr`, which A2 reads"),
    ]


def test_who_names_no_language_reads_that_of_the_index(tmp_path: Path) -> None:
    run = ran(tmp_path, "A1,Adviser,\nS1,Seller,en\n")
    told = refused(run, language="fr")
    assert [(line, message.partition(", ")[2]) for _, line, _, message in told] == [
        (4, "which A1 reads"),
        (11, "which A1 reads"),
        (15, "the language of the index"),
        (26, "which A1 reads"),
        (28, "the language of the index"),
    ]
    assert write_statements(run, tmp_path / "pages") == 2


def test_without_an_index_only_readers_have_to_read(tmp_path: Path) -> None:
    run = ran(tmp_path, "A1,Adviser,en\nS1,Seller,en\n")
    assert write_statements(run, tmp_path / "pages", language="fr", payees=["A1"]) == 1


def test_a_language_without_words_is_told_with_who_asks_for_it(tmp_path: Path) -> None:
    run = ran(tmp_path, "A1,Adviser,de\nA2,Adviser,de-AT\nS1,Seller,it\n")
    assert [each for each in refused(run) if each[0] == "unknown-language"] == [
        ("unknown-language", 0, 0, "the language `de` is asked for by A1, A2, and there are no words for it"),
        ("unknown-language", 0, 0, "the language `it` is asked for by S1, and there are no words for it"),
    ]


# --- a third language is one file -------------------------------------------------------------------------------------


NO_SENTENCES = ("locale", "day", "day_alone", "day_and_month", "first", "argument_sign")


def in_italian(words: Mapping[str, Any]) -> dict[str, Any]:
    """English words in marks, as if they were translated."""
    return {
        name: in_italian(each)
        if isinstance(each, Mapping)
        else [f"‹{text}›" for text in each]
        if isinstance(each, list)
        else each
        if name in NO_SENTENCES
        else f"‹{each}›"
        for name, each in words.items()
    }


def italian(folder: Path, **changed: Any) -> Design:
    """A company's templates: the words of Italian, and nothing else."""
    words = {**words_in(OURS, "en"), "rules": sentences("en")}
    text = yaml.safe_dump({**in_italian(words), "locale": "it_IT", **changed}, allow_unicode=True, sort_keys=False)
    (folder / "templates" / "words").mkdir(parents=True)
    (folder / "templates" / "words" / "it.yaml").write_text(text, encoding="utf-8")
    return read_design(folder / "templates")


def plain(words: Mapping[str, Any]) -> Iterator[str]:
    """The sentences of three words and more, in pieces between what is filled in."""
    for each in words.values():
        if isinstance(each, Mapping):
            yield from plain(each)
        elif isinstance(each, str):
            yield from (piece.strip() for piece in re.split(r"\{[^}]*\}", each) if len(piece.split()) > 2)


def test_a_third_language_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a rule set says: no sentence of a page is said in another language than the file's."""
    monkeypatch.setattr(everything, "RULES", everything.RULES.replace("fr:", "it:"))
    monkeypatch.setattr(everything, "PEOPLE", re.sub(r",(?:en|fr),", ",it,", everything.PEOPLE))
    everything.everything(tmp_path)
    write_statements(tmp_path / "run", tmp_path / "pages", language="it", design=italian(tmp_path))
    sentences_of_ours = {*plain(words_in(OURS, "en")), *plain(sentences("en"))}
    for path in (tmp_path / "pages").glob("*.html"):
        page = unescape(re.sub(r"<(style|script).*?</\1>|<[^>]+>", "\n", path.read_text(encoding="utf-8"), flags=re.S))
        said = [re.sub("‹[^‹›]*›", "", line) for line in re.sub("‹[^‹›]*(?:‹[^‹›]*›[^‹›]*)+›", "", page).splitlines()]
        assert not [line for line in said if any(each in line for each in sentences_of_ours)], path


def test_words_that_are_missing_or_unknown_are_told_with_their_place(tmp_path: Path) -> None:
    run = ran(tmp_path, "A1,Adviser,en\nS1,Seller,en\n")
    held = {**in_italian(words_in(OURS, "en")["held"]), "lead": "Manca {what}", "titel": "Sospeso"}
    del held["todo"]
    design = italian(tmp_path, held=held, locale="Rome")
    told = [(code, message) for code, _, _, message in refused(run, language="it", design=design)]
    assert {each for each in told if each[0] != "missing-language"} == {
        ("missing-words", "`held.todo` is missing"),
        ("unknown-words", "no page says `held.titel`"),
        ("words-differ", "nothing is filled in for `{what}` in `held.lead`"),
        ("unknown-locale", "`Rome` is not a place whose numbers and dates are known"),
    }


def test_a_company_says_a_sentence_in_its_own_words(tmp_path: Path) -> None:
    run = ran(tmp_path, "A1,Adviser,en\nS1,Seller,en\n")
    (tmp_path / "templates" / "words").mkdir(parents=True)
    own = "settled: {payout: Bonus of this period}\nsteps: {payout: Bonus}\n"
    (tmp_path / "templates" / "words" / "en.yaml").write_text(own, encoding="utf-8")
    write_statements(run, tmp_path / "pages", design=read_design(tmp_path / "templates"))
    page = (tmp_path / "pages" / "A1.html").read_text(encoding="utf-8")
    assert ">Bonus<" in page
    assert "Attainment" in page
