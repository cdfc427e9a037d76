"""Every statement of the demo company, in both languages, worked out again from its visible text alone.

The ordinary tests take one of every kind of payee (`tests/test_cli_explain.py`); these take all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import localcontext
from pathlib import Path

import pytest

import incentive_engine
from incentive_engine.demo import PERIOD, write_company
from incentive_engine.shipped import rules_dir
from incentive_engine.statements import write_statements
from incentive_engine.statements.gathering import material
from incentive_engine.statements.languages import Languages
from incentive_engine.statements.making import StatementMaker
from incentive_engine.statements.pages import Pages
from incentive_engine.statements.pressing import DIGITS
from incentive_engine.statements.values import Statement
from incentive_engine.statements.verifying import verify_page
from tests.visible import Reckoned, reckoned
from tests.visible.paper import comes_out, printed, text_of

DEMO = rules_dir() / "demo" / "care-quarterly.yaml"
AT_ONCE = 500


class Always(Languages):
    """Every statement in one language, whatever its payee reads."""

    def chosen(self, wish: str | None) -> str:
        return self.default


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_company(folder / "data")
    incentive_engine.run(incentive_engine.load(DEMO), folder / "data", PERIOD, folder / "run")
    return folder / "run"


def pages(run: Path, language: str, payees: Sequence[str] = ()) -> Iterator[tuple[Statement, str]]:
    """The statements of some payees, or of everybody, with their pages."""
    shared, design = material(run), Pages()
    everybody = sorted(payees) or shared.payees
    for start in range(0, len(everybody), AT_ONCE):
        with localcontext(DIGITS):
            maker = StatementMaker(shared.of(everybody[start : start + AT_ONCE]), Always(language))
            for statement in maker.statements():
                yield statement, design.statement(statement, maker.reader(language))


def recompute(run: Path, language: str, folder: Path, payees: Sequence[str] = ()) -> tuple[int, Reckoned]:
    """How many pages were worked out again, and how many of their lines; each page is verified from itself, too."""
    done, path, count = Reckoned(), folder / "page.html", 0
    for statement, page in pages(run, language, payees):
        found = reckoned(page)
        assert found["recomputed"] >= 15 or not statement.pays, statement.payee
        path.write_text(page, encoding="utf-8")
        assert bool(verify_page(path, Languages()).lines) == bool(statement.pays or statement.settled)
        done, count = done + found, count + 1
    return count, done


@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_statement_of_the_demo_recomputes(run: Path, language: str, tmp_path: Path) -> None:
    count, done = recompute(run, language, tmp_path)
    assert count == len(material(run).payees)
    assert done["recomputed"] > 30 * count
    assert done["otherwise"] > 5 * count


@pytest.mark.long
def test_the_papers_of_the_demo_recompute(run: Path, tmp_path: Path) -> None:
    """From the text of the PDF alone: whatever is printed as arithmetic comes out."""
    chosen = material(run).payees[::20]
    write_statements(run, tmp_path / "papers", payees=chosen, pdf=True)
    with localcontext(DIGITS):
        made = StatementMaker(material(run).of(chosen)).statements()
        languages = {statement.file.removesuffix(".html"): statement.language for statement in made}
    for path in (tmp_path / "papers").glob("*.pdf"):
        lines = printed(text_of(path))
        assert [line for line in lines if not comes_out(line, languages[path.stem])] == [], path.stem
