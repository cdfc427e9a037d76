"""Whatever a run is made of, its folder alone gives every byte again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from incentive_engine import load, run
from incentive_engine.errors import InputProblems
from incentive_engine.ledger.sealing import seal
from incentive_engine.ledger.verifying import verify
from tests.case_files import write_case
from tests.drawn import cases, cases_adjusted, cases_over_time, cases_recorded
from tests.oracle import Case
from tests.test_oracle import DRAWN

KINDS = (cases, cases_over_time, cases_adjusted, cases_recorded)
FEW = settings(DRAWN, max_examples=3, derandomize=True)
MANY = settings(DRAWN, max_examples=200, derandomize=False)


def gives_every_byte_again(case: Case) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = write_case(case, folder)
        try:
            run(load(folder / "rules.yaml"), data, case.period, folder / "run", as_of=case.as_of)
        except InputProblems:
            return  # drawn numbers may be too large to be proved
        sealed = seal(folder / "run", None, 1)
        verified = verify(folder / "run", head=sealed.head)
        assert verified.again is not None
        assert verified.again.rewritten == ()


@FEW
@given(st.one_of([kind() for kind in KINDS]))
def test_a_few_runs(case: Case) -> None:
    gives_every_byte_again(case)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_800_runs(kind: Callable[[], st.SearchStrategy[Case]]) -> None:
    @seed(6)
    @given(kind())
    @MANY
    def drawn(case: Case) -> None:
        gives_every_byte_again(case)

    drawn()
