"""The engine agrees with the oracle: on every cent, every step and every reason, for rule sets that hypothesis draws.

Nothing is compared within a tolerance. What the oracle itself stands on is in `test_oracle_by_hand.py`.
"""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings

from incentive_engine import load
from tests.case_files import write_case
from tests.comparing import agree
from tests.drawn import as_yaml, cases
from tests.drawn.plans import Drawing
from tests.oracle import Case, outcomes, part, shared_out
from tests.test_catalogue import KINDS, used

F = Fraction
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
DRAWN = settings(deadline=None, database=None, suppress_health_check=SLOW)


# --- drawn rule sets --------------------------------------------------------------------------------------------------


@given(cases())
@settings(DRAWN, max_examples=100, derandomize=True)
def test_engine_and_oracle_agree(case: Case) -> None:
    agree(case)


@pytest.mark.long
@pytest.mark.parametrize("number", range(10))
def test_engine_and_oracle_agree_on_3000_rule_sets(number: int) -> None:
    @seed(number)
    @given(cases())
    @settings(DRAWN, max_examples=300, derandomize=False)
    def drawn(case: Case) -> None:
        agree(case)

    drawn()


@given(cases())
@settings(DRAWN, max_examples=60, derandomize=True)
def test_the_oracle_keeps_its_own_promises(case: Case) -> None:
    """Parts are whole coins, close to their exact share, and sum to the payout; what is held is not paid."""
    for outcome in outcomes(case).values():
        assert (outcome.payout is None) or outcome.paid
        if outcome.payout is None or outcome.root is None:
            continue
        total = sum((measure.pay or F(0) for measure in outcome.root.measures()), F(0))
        assert total + (outcome.other_pay or F(0)) == outcome.payout
        assert outcome.customer_pay is not None
        assert outcome.internal_pay is not None
        assert outcome.customer_pay + outcome.internal_pay == total
        shares = shared_out(outcome.payout, parts := [part(item) for item in outcome.root.items], 2)
        for share, each in zip(shares, parts, strict=True):
            assert sum(parts) == 0 or abs(share - outcome.payout * each / sum(parts)) <= F(1, 100)


ALSO_WRITTEN = (
    *(
        "paths:",
        "average_of:",
        "payout:",
        "then:",
        "jump:",
        "across:",
        "minimum:",
        "maximum:",
        "by: team",
        "at_least: 2",
    ),
    *(
        "cases:",
        "clock: open",
        "waits:",
        "date: started",
        "WORKHOURS",
        "WORKDAYS",
        "HOURS(",
        "country: FR",
        "closed: [",
    ),
    *("{column: own}", "{column: top}", "{column: part_a}", "{table: targets}", "rounding: none", "year_starts:"),
    *("factor: 'c", "add: 'c", "* proration", "/ score", "on_missing: previous"),
    *("promoters_from:", "definition: inclusive", "subject: kind", ".previous", ".year_before"),
    *("set_aside:", "same: [", "assignments:", "share: part", "invitations:"),
    *("employment:", "also: [", "basis: end", "basis: average", "gives: [base_salary, currency]", "over: assignment"),
    *("leave:", "in_pay: {bonus", "codes: [", "target_for: presence", "since: as_of", "in_force: {from", "{since: {"),
    *("follows:", "exchange:", "own: [base_salary]", "at: plan", "at: period_end", "at: payout"),
)


def test_drawn_rule_sets_use_every_kind(tmp_path: Path) -> None:
    """A kind that nothing draws is compared with nothing."""
    missing: set[object] = {*KINDS, *ALSO_WRITTEN}
    draws = random.Random(1)
    for number in range(900):
        case, folder = Drawing(lambda _: draws.randbytes(128)).case(), tmp_path / str(number)
        written = as_yaml(case.rules)
        missing -= {each for each in ALSO_WRITTEN if each in written}
        folder.mkdir()
        write_case(case, folder)
        missing -= set(used(load(folder / "rules.yaml").ruleset))
        if not missing:
            break
    assert missing == set()
