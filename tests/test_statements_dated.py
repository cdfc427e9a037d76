"""Statements of people who move: each stretch of days has its own working, and a pocket calculator finds all of it.

The companies are those of `tests/cases/traps`, whose amounts were worked out by hand.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

import incentive_engine
from incentive_engine.documents import read_document
from incentive_engine.statements import write_statements
from incentive_engine.statements.gathering import gathered
from incentive_engine.statements.making import StatementMaker
from tests.test_catalogue import HEAD
from tests.test_statements import Page, recomputed
from tests.test_traps import EACH, NAMES

COINS = {"JPY": Fraction(1), "TND": Fraction(1, 1000)}
LANGUAGES = ("en", "fr")


def run_of(path: Path, period: str, folder: Path) -> Path:
    """A run of a trap, whose payees read English and French in turn."""
    trap = read_document(path).data
    for name, text in {**trap["data"], "rules.yaml": HEAD + trap["rules"]}.items():
        if name == "workforce.csv":
            head, *rows = text.splitlines()
            first = int(path.stem[:2])
            told = [f"{row},{LANGUAGES[(first + number) % 2]}" for number, row in enumerate(rows)]
            text = "\n".join([f"{head},language", *told]) + "\n"
        (folder / name).write_text(text, encoding="utf-8")
    rules = incentive_engine.load(folder / "rules.yaml")
    incentive_engine.run(rules, folder, period, folder / "run")
    return folder / "run"


@pytest.mark.parametrize(("path", "period"), EACH, ids=NAMES)
def test_every_page_of_every_trap_recomputes(path: Path, period: str, tmp_path: Path) -> None:
    run = run_of(path, period, tmp_path)
    write_statements(run, tmp_path / "pages")
    for statement in StatementMaker(gathered(run)).statements():
        page = Page((tmp_path / "pages" / statement.file).read_text(encoding="utf-8"))
        assert not re.search(r"None|Decimal|Fraction|[{}\0]", page.text), page.text
        coin = min(COINS.get(currency, Fraction(1, 100)) for currency, _ in (*statement.amounts, ("EUR", 0)))
        recomputed(page, statement.language, coin)
