"""The catalogue of KPIs: every entry on one small table, worked out by hand, by the engine and by the oracle.

Each case has five subjects: an ordinary one, one without any fact, one with a single one, one whose facts are all
alike, and one with gaps. A rule set that takes all entries of a file over is what the engine runs.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

import incentive_engine
from incentive_engine.cli import main
from incentive_engine.documents import Document, read_document, read_text
from incentive_engine.engine.measuring import measured_from
from incentive_engine.engine.run import Run, rules_in
from incentive_engine.kinds.base import SubjectKind
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.rulesets.catalogue import Catalogue, catalogues
from incentive_engine.rulesets.loading import load_document
from incentive_engine.rulesets.reference import reference
from incentive_engine.rulesets.schema import json_schema
from tests.json_schema import faults, read_as_an_editor
from tests.oracle import Case, Results
from tests.oracle.reading import read_formula

CASES = Path(__file__).parent / "cases" / "kpis"
CATALOGUES = catalogues()
ENTRIES = [(file, name) for file, (catalogue, _) in CATALOGUES.items() for name in catalogue.kpis]
SUBJECTS = ("ordinary", "empty", "single", "equal", "missing")
PERIOD = "2026-Q3"
PERIODS = (PERIOD, "2026")
KINDS: tuple[SubjectKind, ...] = ("payee", "team", "department", "company")
Asked = tuple[str, str, str, str]
"""An entry, the kind of subject, the subject, the period."""
Answer = tuple[Fraction, int]
"""The value and its n."""
HEAD = """
rule_set: catalogue
version: "1"
title: {en: Catalogue, fr: Catalogue}
decided: {by: Nobody, on: 2026-01-01}
currency: EUR
timezone: Europe/Paris
curves: {any: {kind: stepped, tiers: [{from: 0, rate: 100%}], below: flat}}
"""
WORKFORCE = "payee,team,department\n" + "".join(f"{each},{each},{each}\n" for each in SUBJECTS)
FORMULAS = ("value", "where", "among", "numerator", "denominator", "met", "starts", "ends", "waits")
CELLS: dict[str, Any] = {
    "text": str,
    "date": dt.date.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
    "boolean": {"yes": True, "no": False}.__getitem__,
    "number": Fraction,
    "money": Fraction,
}


def catalogue(file: str) -> Catalogue:
    return CATALOGUES[file][0]


def document(file: str) -> Document:
    return CATALOGUES[file][1]


@cache
def case(file: str) -> dict[str, Any]:
    found: dict[str, Any] = read_document(CASES / f"{file}.yaml").data
    return found


def taken_over(file: str) -> str:
    """A rule set that takes over every entry of a file, with its sources as they are written there."""
    text = document(file).text
    sources = text[text.index("\nsources:") : text.index("\nkpis:")]
    names = catalogue(file).kpis
    kpis = "".join(f"  {name}: {{like: {file}.{name}}}\n" for name in names)
    items = ", ".join(
        f"{name}: {{of: {case(file).get('of', 'payee')}, attainment: level, curve: any}}" for name in names
    )
    plan = f"{{title: {{en: All, fr: Tous}}, pays: bonus, who: TRUE, combine: mean, scorecard: {{{items}}}}}"
    return f"{HEAD}{sources}\nkpis:\n{kpis}\nplans: {{all: {plan}}}\n"


@cache
def worked_out(file: str) -> Mapping[Asked, Answer]:
    """What the engine says of all entries of a file, of all subjects and several periods."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rules.yaml").write_text(taken_over(file), encoding="utf-8")
        for path, text in {"workforce.csv": WORKFORCE, **case(file)["data"]}.items():
            (folder / path).write_text(text, encoding="utf-8")
        done = measured_from(incentive_engine.load(folder / "rules.yaml"), folder, PERIODS, KINDS)
    assert done.held.filter(code="unknown-payee").is_empty()
    table = done.table.filter(pl.col("period").is_in(PERIODS))  # formulas have read others, too
    asked = table.select("kpi", "subject_kind", "subject", "period").rows()
    values = table.select("value", "n").rows()
    return {each: (Fraction(value), n) for each, (value, n) in zip(asked, values, strict=True)}


@pytest.mark.parametrize(("file", "name"), ENTRIES)
def test_every_entry_gives_what_was_worked_out_by_hand(file: str, name: str) -> None:
    expected, of = case(file)["expect"][name], case(file).get("of", "payee")
    assert set(expected) == set(SUBJECTS)
    found = {subject: worked_out(file).get((name, of, subject, PERIOD)) for subject in SUBJECTS}
    assert found == {subject: told(each) for subject, each in expected.items()}


@pytest.mark.parametrize("file", CATALOGUES)
def test_the_oracle_gives_the_same_of_everybody(file: str) -> None:
    """Also of teams, departments and the company, for the quarter and the year."""
    results = Results(oracle_case(file))
    staff = results.tables["workforce"]
    subjects = {kind: {row[kind] for row in staff} for kind in KINDS[:-1]} | {"company": {"company"}}
    asked = [(name, kind, subject, period) for name in catalogue(file).kpis for kind in KINDS
             for subject in sorted(subjects[kind]) for period in PERIODS]  # fmt: skip
    found = {each: results.of(*each) for each in asked}
    assert worked_out(file) == {each: (one.value, one.n) for each, one in found.items() if one.value is not None}


def told(expected: Any) -> Answer | None:
    return None if expected == "none" else (Fraction(expected[0]), int(expected[1]))


@cache
def oracle_case(file: str) -> Case:
    data = document(file).data
    tables = {name: list(facts(file, name)) for name in data["sources"]}
    columns = {"payee": str, "team": str, "department": str, "hired": CELLS["date"], "left": CELLS["date"]}
    rows = csv.DictReader(io.StringIO(case(file)["data"].get("workforce.csv", WORKFORCE)))
    staff = [{name: read(row[name]) if row.get(name) else None for name, read in columns.items()} for row in rows]
    kpis = {name: {**kpi, "compute": read(kpi["compute"])} for name, kpi in data["kpis"].items()}
    made = {key: read(data[key]) for key in ("cases", "calendar") if key in data}
    rules = {"sources": data["sources"], **made, "kpis": kpis, "curves": {}, "plans": {}}
    return Case(rules, {"workforce": staff, **tables}, {}, PERIOD)


def read(value: Any, key: str = "") -> Any:
    """What an entry computes, as the oracle reads it."""
    if isinstance(value, dict):
        return {name: read(each, name) for name, each in value.items()}
    if key in FORMULAS:
        return read_formula(str(value))
    return Fraction(value) if isinstance(value, Decimal) else value


def facts(file: str, source: str) -> Iterator[dict[str, Any]]:
    declared = catalogue(file).sources[source]
    kinds = {name: column.type or "number" for name, column in declared.columns.items()}
    kinds = {**dict.fromkeys(declared.names, "text"), declared.date: "date", **kinds}
    for row in csv.DictReader(io.StringIO(case(file)["data"][declared.path])):
        if row[declared.date]:  # held otherwise
            yield {name: CELLS[kinds[name]](cell) if cell else None for name, cell in row.items()}


# --- what an entry says -----------------------------------------------------------------------------------------------


@cache
def printed() -> str:
    return reference()


@pytest.mark.parametrize(("file", "name"), ENTRIES)
def test_every_entry_says_what_it_is_and_where_it_comes_from(file: str, name: str) -> None:
    kpi = catalogue(file).kpis[name]
    assert set(kpi.title) == {"en", "fr"}
    assert kpi.meaning is not None
    assert set(kpi.meaning) == {"en", "fr"}
    assert kpi.unit is not None or kpi.compute.in_percent
    assert kpi.defined_by is not None
    assert re.search(r"\b(19|20)\d\d\b", kpi.defined_by)
    row = next(line for line in printed().splitlines() if line.startswith(f"| `{file}.{name}` |"))
    assert all(cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]), "a comment says what to heed"


@pytest.mark.parametrize("file", CATALOGUES)
def test_what_is_taken_over_is_the_entry(file: str, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(taken_over(file), encoding="utf-8")
    rules = incentive_engine.load(tmp_path / "rules.yaml")
    assert rules.warnings == ()
    assert incentive_engine.check(rules) == []
    whole = {name: kpi.model_copy(update={"like": f"{file}.{name}"}) for name, kpi in catalogue(file).kpis.items()}
    assert rules.ruleset.kpis == whole
    read = {kpi.compute.source for kpi in whole.values() if isinstance(kpi.compute, FromFacts)}
    behind = {each.source for each in catalogue(file).cases.values()}
    assert read | behind == set(catalogue(file).sources) | set(catalogue(file).cases)


# --- taking over ------------------------------------------------------------------------------------------------------


RULES = (
    HEAD
    + """
sources: {answers: {path: answers.csv, payee: who, date: day, columns: {mark: {at_least: 1, at_most: 7, places: 0}}}}
kpis:
  happy:
    like: voice.satisfied
    title: {en: Happy guests, fr: Hôtes contents}
    compute: {from: answers, where: mark >= 6}
    reliability: {at_least: 2}
plans:
  all:
    title: {en: All, fr: Tous}
    pays: bonus
    who: TRUE
    target_pay: 100
    scorecard: {happy: {weight: 100%, of: payee, attainment: level, curve: any}}
"""
)


def run_in(folder: Path, text: str = RULES) -> Run:
    (folder / "rules.yaml").write_text(text, encoding="utf-8")
    (folder / "workforce.csv").write_text("payee\none\n", encoding="utf-8")
    (folder / "answers.csv").write_text("who,day,mark\none,2026-07-01,7\none,2026-07-02,5\n", encoding="utf-8")
    return incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder, PERIOD, folder / "run")


def test_what_a_rule_set_writes_wins_inside_compute_too(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    assert run.kpis.select("kpi", "value", "n").rows() == [("happy", Decimal("0.5"), 2)]
    kpi, entry = (
        incentive_engine.load(tmp_path / "rules.yaml").ruleset.kpis["happy"],
        catalogue("voice").kpis["satisfied"],
    )
    assert (kpi.title["en"], kpi.compute.source) == ("Happy guests", "answers")  # type: ignore[union-attr]
    assert (kpi.meaning, kpi.better, kpi.defined_by) == (entry.meaning, entry.better, entry.defined_by)


def test_a_run_keeps_the_entries_that_it_used(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    kept = tmp_path / "run" / "rules" / "kpis" / "voice.yaml"
    assert kept.read_text(encoding="utf-8") == document("voice").text
    [(name, sha256)] = run.summary["rules"]["entries"].items()
    done = CliRunner().invoke(main, ["statements", str(tmp_path / "run"), "--out", str(tmp_path / "pages")])
    assert done.exit_code == 0, done.output
    page = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
    assert f"{name}<br><code>{sha256}</code>" in page
    kept.write_text(document("voice").text.replace("better: higher", "better: lower"), encoding="utf-8")
    assert rules_in(tmp_path / "run").ruleset.kpis["happy"].better == "lower"  # its own, not those of this engine
    assert incentive_engine.recompute(tmp_path / "run").payouts.equals(run.payouts)


def test_a_company_has_entries_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "kpis").mkdir()
    own = document("voice").text.replace("  satisfied:", "  delighted:")
    (tmp_path / "kpis" / "acme.yaml").write_text(own, encoding="utf-8")
    run = run_in(tmp_path, RULES.replace("voice.satisfied", "acme.delighted"))
    assert list(run.summary["rules"]["entries"]) == ["kpis/acme.yaml"]


@pytest.mark.parametrize("own", ["", "kpis:", "kpis: [1]", "kpis: {one: 5}", "kpis: {one: {compute: 5}}"])
def test_a_broken_entry_is_no_crash(tmp_path: Path, own: str) -> None:
    (tmp_path / "kpis").mkdir()
    (tmp_path / "kpis" / "acme.yaml").write_text(own, encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(RULES.replace("voice.satisfied", "acme.one"), encoding="utf-8")
    with pytest.raises(incentive_engine.InputProblems) as raised:
        incentive_engine.load(tmp_path / "rules.yaml")
    assert all(problem.location for problem in raised.value.problems)


@pytest.mark.parametrize(
    "kpis",
    ["", " 5", " [nps]", "\n  nps: 5", "\n  nps: {like: }", "\n  nps: {like: [voice.nps]}", "\n  nps: {like: ..}"],
)
def test_kpis_that_are_none_are_no_crash(kpis: str) -> None:
    text = re.sub(r"\nkpis:(.|\n)*\nplans:", f"\nkpis:{kpis}\nplans:", RULES)
    with pytest.raises(incentive_engine.InputProblems):
        load_document(read_text(text, "rules.yaml"))


def test_an_editor_knows_it() -> None:
    schema = json_schema()
    assert faults(read_as_an_editor(RULES), schema) == []
    typo = RULES.replace("reliability:", "reliabilty:")
    assert faults(read_as_an_editor(typo), schema) == ["$.kpis.happy.reliabilty"]
    missing = RULES.replace("    like: voice.satisfied\n", "")
    assert "$.kpis.happy.better" in faults(read_as_an_editor(missing), schema)
