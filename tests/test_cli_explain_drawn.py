"""Whatever a rule set says, the explanation of it recomputes: drawn rule sets, every payee, every printed equation."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, reject, seed, settings

from incentive_engine import load, run
from incentive_engine.cli.explained import lines
from incentive_engine.engine.explanation import Explanation, explain
from incentive_engine.engine.run import Run
from incentive_engine.errors import InputProblems
from tests.calculator import curves_in, equations
from tests.case_files import write_case
from tests.drawn import cases, cases_adjusted
from tests.oracle import Case

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
DRAWN = settings(deadline=None, database=None, suppress_health_check=SLOW, phases=[Phase.generate])
CONDITIONS = re.compile(r"  gate |.* · ")
"""Lines whose equals sign is a question."""


@given(cases())
@settings(DRAWN, max_examples=12, derandomize=True)
def test_every_explanation_recomputes(case: Case) -> None:
    recomputes(case)


@given(cases_adjusted())
@settings(DRAWN, max_examples=1, derandomize=True)
def test_every_explanation_of_decided_pay_recomputes(case: Case) -> None:
    recomputes(case)


@pytest.mark.long
@pytest.mark.parametrize("number", range(2))
def test_every_explanation_of_200_decided_rule_sets_recomputes(number: int) -> None:
    @seed(number)
    @given(cases_adjusted())
    @settings(DRAWN, max_examples=100, derandomize=False)
    def drawn(case: Case) -> None:
        recomputes(case)

    drawn()


@pytest.mark.long
@pytest.mark.parametrize("number", range(4))
def test_every_explanation_of_400_rule_sets_recomputes(number: int) -> None:
    @seed(number)
    @given(cases())
    @settings(DRAWN, max_examples=100, derandomize=False)
    def drawn(case: Case) -> None:
        recomputes(case)

    drawn()


def recomputes(case: Case) -> None:
    """Fails with the first line that a pocket calculator would not confirm, or that shows an inside of the program."""
    with tempfile.TemporaryDirectory() as name:
        for explanation in explanations(case, Path(name)):
            texts = list(lines(explanation))
            curves = curves_in(texts)
            for line in texts:
                assert not re.search(r"[{}\0]|None|Decimal|Fraction", line), line
                assert CONDITIONS.match(line) or all(each.holds for each in equations(line, curves)), line


def explanations(case: Case, folder: Path) -> Iterator[Explanation]:
    """One per payee, in English; the French is written, too."""
    done = ran(case, folder)
    for payee in done.eligibility["payee"].unique():
        for line in lines(explain(folder / "run", payee, "fr")):
            assert not re.search(r"[{}\0]|None|Decimal|Fraction", line), line
        yield explain(folder / "run", payee, "en")


def ran(case: Case, folder: Path) -> Run:
    """The case's run, written to a folder; what cannot be proved to fit is no case."""
    data = write_case(case, folder)
    try:
        return run(load(folder / "rules.yaml"), data, case.period, folder / "run")
    except InputProblems as refused:
        if {problem.code for problem in refused.problems if problem.level == "error"} != {"cannot-prove"}:
            raise
        reject()
