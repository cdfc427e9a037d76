"""Runs sealed by every version so far are verified by this one.

A folder of `tests/sealed` is never made anew, whatever changes: it stands for the folders that people have. Number 1 is
of a made-up company of nine, the second sealed run of its project, as it was known on 5 October 2026: facts with the
day on which they were recorded, delivered results, salaries and currencies that change within the quarter, rates, a
pool, a gate, each kind of adjustment, two people whose salary is missing, and a line that a correction carried over.
"""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path
from typing import Final

import polars as pl
import pytest

from incentive_engine import Run
from incentive_engine.errors import InputProblems
from incentive_engine.ledger.verifying import verify

SEALED: Final = Path(__file__).parent / "sealed"
HEADS: Final = {"1": "08c72bf045db1c65cba1a6f3fae79cf905bcf23f08c04c8409b743c8d065fa15"}
"""The head of each, as whoever sealed it would have kept it elsewhere."""


def test_every_sealed_run_is_there() -> None:
    assert sorted(path.name for path in SEALED.iterdir()) == sorted(HEADS)


@pytest.mark.parametrize("name", HEADS)
def test_a_sealed_run_is_verified_for_ever(name: str) -> None:
    verified = verify(SEALED / name, head=HEADS[name])
    assert verified.manifest is not None
    assert verified.manifest.number == 2
    assert verified.again is not None
    assert verified.again.tables == 14


def test_the_first_says_what_was_worked_out_by_hand() -> None:
    run = Run.open(SEALED / "1")
    pay = {
        payee: amounts
        for payee, *amounts in run.payouts.filter(pays="quarterly_bonus")
        .select("payee", "computed", "guarantee", "adjustment", "payout")
        .filter(pl.col("payee").is_in(["K03", "K06"]))
        .iter_rows()
    }
    # Fay: 28,000 x 8 % / 4 for 45 of 92 days, 560 x 0.4891304348; 4 of 4 is 100 %, an NPS of -41.6667 against -40 is
    # 95.83 %, sales of 1,885.44 against 1,000 are 150 %: 0.7 x (0.6 x 1 + 0.4 x 0.9583) + 0.3 x 1.5 = 1.138324. Cleo is
    # at 50 % with customers, for she has three complaints; 10 % were taken off.
    assert pay["K06"] == [Decimal("311.80"), Decimal("88.20"), Decimal("0.00"), Decimal("400.00")]
    assert pay["K03"] == [Decimal("280.00"), Decimal("0.00"), Decimal("-28.00"), Decimal("252.00")]
    assert dict(run.tables["adjustments"].collect().select("reference", "pay").iter_rows()) == {
        "Q3-1": Decimal("150.00"),
        "Q3-2": Decimal("-28.00"),
        "Q3-3": Decimal("88.20"),
        "Q3-4": Decimal("250.00"),
    }
    assert run.summary["released"] == {"EUR": "250.00"}
    assert run.summary["corrections"] == {"EUR": "206.69"}
    assert run.pools["left"].sum() == 0


def test_a_cent_more_is_found(tmp_path: Path) -> None:
    folder = shutil.copytree(SEALED / "1", tmp_path / "run")
    path = folder / "payouts.csv"
    path.write_bytes(path.read_bytes().replace(b"311.80", b"311.81"))
    with pytest.raises(InputProblems, match=r"`payouts\.csv` was changed after the run was sealed"):
        verify(folder)
