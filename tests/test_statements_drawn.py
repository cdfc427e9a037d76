"""Whatever a rule set says, its statements recompute: drawn rule sets, every payee, every line of every page."""

from __future__ import annotations

import re
import tempfile
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from incentive_engine.statements import write_statements
from incentive_engine.statements.languages import Languages
from incentive_engine.statements.verifying import verify_page
from tests.drawn import cases, cases_adjusted
from tests.oracle import Case
from tests.test_cli_explain_drawn import ran
from tests.test_statements import Page, number_in, recomputed

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
DRAWN = settings(deadline=None, database=None, suppress_health_check=SLOW, phases=[Phase.generate])


@given(cases())
@settings(DRAWN, max_examples=8, derandomize=True)
def test_every_page_recomputes(case: Case) -> None:
    pages_recompute(case)


@given(cases_adjusted())
@settings(DRAWN, max_examples=2, derandomize=True)
def test_every_page_of_decided_pay_recomputes(case: Case) -> None:
    pages_recompute(case)


@pytest.mark.long
@pytest.mark.parametrize("number", range(2))
def test_every_page_of_200_decided_rule_sets_recomputes(number: int) -> None:
    @seed(number)
    @given(cases_adjusted())
    @settings(DRAWN, max_examples=100, derandomize=False)
    def drawn(case: Case) -> None:
        pages_recompute(case)

    drawn()


@pytest.mark.long
@pytest.mark.parametrize("number", range(4))
def test_every_page_of_400_rule_sets_recomputes(number: int) -> None:
    @seed(number)
    @given(cases())
    @settings(DRAWN, max_examples=100, derandomize=False)
    def drawn(case: Case) -> None:
        pages_recompute(case)

    drawn()


def pages_recompute(case: Case) -> None:
    """Fails with the first line that a pocket calculator would not confirm, or that shows an inside of the program."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ran(case, folder)
        write_statements(folder / "run", folder / "pages")
        for path in (folder / "pages").glob("*.html"):
            page = Page(path.read_text(encoding="utf-8"))
            assert not re.search(r"None|Decimal|Fraction|\0", page.text), page.text
            if path.stem != "index":
                recomputed(page, "en")
                verify_page(path, Languages())
                bars = Fraction(0)
                for name, text in page.money:
                    assert name != "Payout" or bars == number_in(text, "en"), page.money
                    bars = Fraction(0) if name == "Payout" else bars + number_in(text, "en")
