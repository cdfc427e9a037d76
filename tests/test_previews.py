"""A period that is not over: what it gives so far is shown, every page says of which day it is, and nobody decides."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

import incentive_engine
from incentive_engine.engine.run import run
from incentive_engine.shipped import rules_dir
from incentive_engine.statements import write_statements
from tests.test_catalogue import HEAD
from tests.test_projects import PERIOD, done, refused

STARTER = rules_dir() / "starter"
RULES = """
sources: {surveys: {path: surveys.csv, payee: adviser, date: answered_on, recorded: recorded_on}}
kpis:
  csat:
    title: {en: Satisfaction, fr: Satisfaction}
    perspective: customer
    compute: {kind: mean, from: surveys, value: score}
    better: higher
curves:
  ratio: {kind: linear, points: [[0%, 0%], [100%, 100%]], below: zero}
plans:
  adviser:
    title: {en: Adviser, fr: Conseiller}
    pays: bonus
    who: TRUE
    target_pay: 600
    scorecard: {csat: {weight: 100%, of: payee, target: 4, attainment: ratio, curve: ratio}}
"""
DATA = {
    "workforce.csv": "payee,language\nann,en\nbob,fr\n",
    "surveys.csv": "adviser,answered_on,recorded_on,score\n"
    "ann,2026-07-03,2026-07-04,4\nbob,2026-07-30,2026-08-02,2\nann,2026-08-12,2026-08-20,3\nann,2026-10-02,2026-10-02,1\n",
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    for name, text in {**DATA, "rules.yaml": HEAD.replace("Case", "Case, fr: Cas") + RULES}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def until(company: Path, as_of: dt.date | None = None) -> str:
    rules = incentive_engine.load(company / "rules.yaml")
    told: str = run(rules, company, PERIOD, as_of=as_of, preview=True).summary["preview"]["until"]
    return told


def test_the_day_is_that_of_the_last_fact_of_the_period(company: Path) -> None:
    """What was answered in October is of another period; what was recorded later is not known yet."""
    assert until(company) == "2026-08-12"
    assert until(company, dt.date(2026, 8, 10)) == "2026-07-30"
    assert until(company, dt.date(2026, 7, 4)) == "2026-07-03"


def test_every_page_says_so_in_the_language_of_its_reader(company: Path, tmp_path: Path) -> None:
    rules = ("run", company / "rules.yaml", "--data", company, "--period", PERIOD)
    printed = done(*rules, "--out", tmp_path / "run", "--preview")
    assert "A preview: data up to 2026-08-12; nothing is decided." in printed
    write_statements(tmp_path / "run", tmp_path / "pages")
    ann, bob = ((tmp_path / "pages" / f"{name}.html").read_text(encoding="utf-8") for name in ("ann", "bob"))
    assert '<p class="preview" role="note">Preview: data up to 12 August 2026. Nothing is decided.</p>' in ann
    assert "Aperçu\u00a0: données jusqu&#39;au 12 août 2026. Rien n&#39;est décidé." in bob
    done(*rules, "--out", tmp_path / "final")
    assert "preview" not in json.loads((tmp_path / "final" / "run.json").read_text())
    write_statements(tmp_path / "final", tmp_path / "final-pages")
    assert "Nothing is decided" not in (tmp_path / "final-pages" / "ann.html").read_text(encoding="utf-8")


def test_a_preview_is_worked_out_again_from_its_folder(company: Path, tmp_path: Path) -> None:
    rules = incentive_engine.load(company / "rules.yaml")
    written = run(rules, company, PERIOD, tmp_path / "run", preview=True)
    assert incentive_engine.recompute(tmp_path / "run").summary["preview"] == written.summary["preview"]
    assert "every figure of 13 tables is the same" in done("verify", tmp_path / "run")


def test_nobody_reviews_approves_or_pays_a_preview(tmp_path: Path) -> None:
    home = tmp_path / "home"
    done("init", home, "--quarterly")
    rules = ("run", home / "rules.yaml", "--data", home / "data", "--period", PERIOD, "--out", home / "so-far")
    assert refused(*rules, "--preview", "--by", "comp-team").startswith("no-project a preview is nobody's draft")
    done(*rules, "--preview")
    for command, by in (("review", "comp-team"), ("approve", "finance-director")):
        assert refused(command, home / "so-far", "--by", by).startswith(f"preview `{home / 'so-far'}` is a preview")
    assert "so-far" not in done("status", home)
