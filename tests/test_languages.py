"""Languages of statements: nobody gets a page in another than their own, and what lacks words is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

import incentive_engine
from incentive_engine.errors import InputProblems
from incentive_engine.statements import write_statements

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


def refused(run: Path, **options: str) -> list[tuple[str, int, int, str]]:
    """The problems: code, line, column and message."""
    with pytest.raises(InputProblems) as raised:
        write_statements(run, run.parent / "pages", **options)
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


def test_a_language_without_words_is_told_with_who_asks_for_it(tmp_path: Path) -> None:
    run = ran(tmp_path, "A1,Adviser,de\nA2,Adviser,de-AT\nS1,Seller,it\n")
    assert [each for each in refused(run) if each[0] == "unknown-language"] == [
        ("unknown-language", 0, 0, "the language `de` is asked for by A1, A2, and there are no words for it"),
        ("unknown-language", 0, 0, "the language `it` is asked for by S1, and there are no words for it"),
    ]
