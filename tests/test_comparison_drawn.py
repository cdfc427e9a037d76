"""Whatever changes, who gains, who loses, who comes and who goes add up to the cost: by the oracle's own amounts."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from hypothesis import event, given, reject, seed, settings

from incentive_engine import InputProblems, load
from incentive_engine.engine.running import Timings, accept_for, calculate
from incentive_engine.rulesets.loading import rules_for
from incentive_engine.simulation.comparison.comparison import Comparison, compared
from incentive_engine.simulation.comparison.side import Side, side_of
from tests.case_files import write_case
from tests.case_told import told
from tests.drawn import changes
from tests.oracle import Case, decided
from tests.oracle.adjustments import released
from tests.oracle.corrections import Gone
from tests.test_oracle import DRAWN

Changed = tuple[Case, Case, set[Gone]]
Paid = dict[tuple[str, str], Fraction]
NOTHING = Fraction(0)


def side(case: Case) -> Side:
    """What the engine makes of a case."""
    with tempfile.TemporaryDirectory() as folder:
        data = write_case(case, Path(folder))
        loaded = load(Path(folder) / "rules.yaml")
        period = loaded.period(case.period)
        rules = rules_for(loaded, period)
        return side_of(calculate(rules, accept_for(rules, data, case.as_of), period, Timings(), keep=True))


def paid(case: Case, found: Side) -> Paid:
    """What each payee is paid in each currency, in that of the rules before exchange.

    By the oracle, but for those of whom it does not know what is so: they are paid at most what was decided.
    """
    outcomes, _, decisions = decided(case)
    unsure = {payee for (payee, _, _), outcome in outcomes.items() if not outcome.card.is_certain}
    amounts: Paid = defaultdict(Fraction)
    for each in released(decisions.used):
        if each.payee not in unsure:
            amounts[each.payee, each.currency] += each.pay
    for (payee, _, _), outcome in outcomes.items():
        if outcome.paid and outcome.payout is not None:
            amounts[payee, case.rules["currency"]] += outcome.payout
    for payee, currency, amount in found.released.iter_rows():
        if payee in unsure:
            amounts[payee, currency] += Fraction(amount)
    return amounts


def check(before: Case, after: Case) -> None:
    """The comparison has the amounts of the oracle, and each of its tables adds up to the cost."""
    try:
        sides = side(before), side(after)
        comparison = compared(*sides)
    except InputProblems as refused:
        if {problem.code for problem in refused.problems if problem.level == "error"} != {"cannot-prove"}:
            raise
        event("refused: cannot be proved to fit")
        reject()
    was, is_ = paid(before, sides[0]), paid(after, sides[1])
    rows = {(row["payee"], row["currency"]): row for row in comparison.movements.to_dicts()}
    assert rows.keys() == {*was, *is_}
    for key, row in rows.items():
        assert [_fraction(row["before"]), _fraction(row["after"])] == [was.get(key), is_.get(key)]
        assert Fraction(row["difference"]) == is_.get(key, NOTHING) - was.get(key, NOTHING)
    check_sums(comparison, was, is_, sides[1].currency)
    check_crossings(comparison, places(before), places(after), paid_on_both(sides))


def check_sums(comparison: Comparison, was: Paid, is_: Paid, currency: str) -> None:
    """Fates, groups, causes and the histogram leave nobody and no cent out."""
    for cost in comparison.costs:
        then, now = (
            {who: amount for (who, coin), amount in each.items() if coin == cost.currency} for each in (was, is_)
        )
        difference = sum(now.values(), NOTHING) - sum(then.values(), NOTHING)
        assert Fraction(cost.difference) == difference
        moved = [each for each in comparison.moved if each.currency == cost.currency]
        assert sum((Fraction(each.amount) for each in moved), NOTHING) == difference
        assert sum(each.payees for each in moved) == len({*then, *now})
        groups = [each for each in comparison.groups if each.currency == cost.currency]
        assert sum((Fraction(each.difference) for each in groups), NOTHING) == difference
        (spread,) = (each for each in comparison.spreads if each.currency == cost.currency)
        drawn = [sum(band.before for band in spread.bands), sum(band.after for band in spread.bands)]
        assert drawn == [len(then), len(now)]
        if cost.currency == currency:
            assert sum((Fraction(each.difference) for each in comparison.causes), NOTHING) == difference
    for mover in (*comparison.gain_most, *comparison.lose_most):
        if mover.currency == currency:
            assert sum((each.difference for each in mover.causes), Decimal(0)) == mover.difference


Places = dict[tuple[str, str], dict[str, tuple[int, int]]]


def places(case: Case) -> Places:
    """By the oracle, for plan and measure and payee: how many points of its curve are reached, of how many.

    Without measures that have several ways or a curve of rows, and who is paid in several stretches of days.
    """
    outcomes, _, _ = decided(case)
    days = Counter((payee, plan) for (payee, plan, _), outcome in outcomes.items() if outcome.candidate)
    found: Places = defaultdict(dict)
    for (payee, plan, _), outcome in outcomes.items():
        if outcome.paid and outcome.root is not None and days[payee, plan] == 1:
            for measure in outcome.root.measures():
                curve = case.rules["curves"].get(measure.rule.get("curve"), {})
                starts = [x for x, _ in curve.get("points", ())] + [tier["from"] for tier in curve.get("tiers", ())]
                if measure.attainment is not None and starts and curve["kind"] != "matrix":
                    reached = sum(start <= measure.attainment for start in starts)
                    found[plan, measure.path][payee] = (reached, len(starts))
    return found


def check_crossings(comparison: Comparison, then: Places, now: Places, everybody: Mapping[str, int]) -> None:
    """As many payees cross a point of a curve as the oracle says, where it says so of everybody."""
    for measure in then.keys() & now.keys():
        both = {
            payee: (then[measure][payee], now[measure][payee]) for payee in then[measure].keys() & now[measure].keys()
        }
        ends = {was[1] for was, _ in both.values()} | {is_[1] for _, is_ in both.values()}
        if len(both) == everybody.get(measure[0], 0) and len(ends) == 1:
            crossed = sum(each.payees for each in comparison.crossings if (each.plan, each.measure) == measure)
            assert crossed == sum(was != is_ for was, is_ in both.values())
            event("points are crossed" if crossed else "no point is crossed")


def paid_on_both(sides: Sequence[Side]) -> Mapping[str, int]:
    """How many payees each plan pays before and after."""
    then, now = ({*side.contributions.select("plan", "payee").iter_rows()} for side in sides)
    return Counter(plan for plan, _ in then & now)


def _fraction(amount: Decimal | None) -> Fraction | None:
    return None if amount is None else Fraction(amount)


@given(changes())
@settings(DRAWN, max_examples=6, derandomize=True)
def test_all_that_moves_adds_up_to_the_cost(changed: Changed) -> None:
    before, after, _ = changed
    try:
        check(before, after)
    except Exception as error:
        error.add_note(told(before) + told(after))
        raise


@pytest.mark.long
@pytest.mark.parametrize("number", range(6))
def test_all_that_moves_adds_up_to_the_cost_of_600_changes(number: int) -> None:
    @seed(number)
    @given(changes())
    @settings(DRAWN, max_examples=60, derandomize=False)
    def drawn(changed: Changed) -> None:
        check(*changed[:2])

    drawn()


@given(changes())
@settings(DRAWN, max_examples=3, derandomize=True)
def test_nothing_differs_from_itself(changed: Changed) -> None:
    try:
        same = side(changed[0])
    except InputProblems:
        reject()
    comparison = compared(same, same)
    assert {each.difference for each in comparison.costs} <= {Decimal(0)}
    assert {each.fate for each in comparison.moved if each.payees} <= {"same"}
    nothing = (comparison.causes, comparison.gain_most, comparison.lose_most, comparison.crossings, comparison.gates)
    assert (*nothing, comparison.caps, comparison.held) == ((),) * 7
    assert comparison.movements.filter(pl.col("before") != pl.col("after")).is_empty()
