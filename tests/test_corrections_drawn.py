"""Corrections to the cent: whatever changed, lines are those of the oracle and sum to the difference."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import event, given, reject, seed, settings

from incentive_engine import InputProblems
from tests.case_told import told
from tests.drawn import changes
from tests.oracle import Case
from tests.oracle.corrections import Gone, amounts, corrected
from tests.restated import restated_differs
from tests.test_oracle import DRAWN

FEW = settings(DRAWN, max_examples=4, derandomize=True)
Changed = tuple[Case, Case, set[Gone]]


def agree(changed: Changed) -> None:
    """Fails, with what was and what the oracle said of it, where a line or a question differs."""
    before, after, removed = changed
    with tempfile.TemporaryDirectory() as folder:
        try:
            differences = list(restated_differs(before, after, removed, Path(folder)))
        except InputProblems as refused:
            if {problem.code for problem in refused.problems if problem.level == "error"} != {"cannot-prove"}:
                refused.add_note(told(before))
                raise
            event("refused: cannot be proved to fit")
            reject()
    if differences:
        pytest.fail("\n".join([*differences, told(before), "what is known later:", told(after)]), pytrace=False)


@FEW
@given(changes())
def test_engine_and_oracle_agree_on_corrections(changed: Changed) -> None:
    agree(changed)


@pytest.mark.long
@pytest.mark.parametrize("number", range(8))
def test_engine_and_oracle_agree_on_800_corrections(number: int) -> None:
    @seed(200 + number)
    @given(changes())
    @settings(DRAWN, max_examples=100, derandomize=False)
    def drawn(changed: Changed) -> None:
        agree(changed)

    drawn()


@settings(FEW, max_examples=5)
@given(changes())
def test_the_lines_of_the_oracle_sum_to_the_difference(changed: Changed) -> None:
    """Whoever is not held now is paid what is known now in all; correcting again books nothing."""
    before, after, removed = changed
    found = corrected(before, after, removed)
    was, sums = amounts(before)[0], dict[tuple[str, str, str], Fraction]()
    for (*key, _), amount in found.lines.items():
        payee, pays, currency = key
        sums[payee, pays, currency] = sums.get((payee, pays, currency), Fraction(0)) + amount
    due, _ = amounts(found.state)
    for each in {*was, *due, *sums}:
        stands = was.get(each, Fraction(0)) + sums.get(each, Fraction(0))
        assert stands == found.due.get(each, Fraction(0))
        assert each[:2] in found.held or stands == due.get(each, Fraction(0))
    again = corrected(found.state, after, removed, found.due)
    assert again.lines == {}
