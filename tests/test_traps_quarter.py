"""Quarters that break pay systems, walked through by the commands: `tests/cases/traps/quarter-*.yaml`, by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from incentive_engine.documents import read_document
from tests.quarter import Quarter

TRAPS = sorted((Path(__file__).parent / "cases" / "traps").glob("quarter-*.yaml"))
LISTED = (
    "refund-sign", "refund-after-lock", "same-fact-twice", "fact-deleted-after-payment",
    "salary-change-on-the-lock-date", "weights-after-ineligibility", "null-against-missing-key",
    "sum-of-rounded-parts", "pool-that-must-sum", "five-runs-then-a-plan-change", "minimum-with-negative-earning",
    "display-never-feeds-computation", "summary-is-the-sum-of-details", "re-export-after-a-correction",
    "held-person-released-twice",
)  # fmt: skip


def test_every_quarter_of_the_list_is_there() -> None:
    assert [path.stem for path in TRAPS] == [f"quarter-{number:02d}-{name}" for number, name in enumerate(LISTED, 1)]


@pytest.mark.parametrize("path", TRAPS, ids=lambda path: path.stem)
def test_the_commands_do_what_was_worked_out_by_hand(path: Path, tmp_path: Path) -> None:
    trap = read_document(path).data
    quarter = Quarter(tmp_path, trap)
    for step in trap["then"]:
        quarter.take(step)
