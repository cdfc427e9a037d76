"""What a sweep says that a variant pays is what a run of its rules pays, to the cent; and what it need not repeat."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, seed, settings

from incentive_engine import InputProblems
from incentive_engine.documents import read_text
from incentive_engine.engine.outputs import payouts
from incentive_engine.engine.running import Calculation, accept_for, calculate
from incentive_engine.engine.sweeping import Sweep
from incentive_engine.engine.timings import Timings
from incentive_engine.rulesets.loading import Rules, load, load_document, rules_for
from incentive_engine.shipped import rules_dir
from tests.case_files import write_case
from tests.drawn import as_yaml, cases_with_variants
from tests.oracle import Case
from tests.test_oracle import DRAWN

AMOUNTS = ("payout", "customer_pay", "internal_pay", "other_pay")
STARTER = rules_dir() / "starter"
Row = tuple[Any, ...]


def paid_by_a_run(calculation: Calculation) -> dict[Row, Row]:
    rows = payouts(calculation).select("payee", "plan", *AMOUNTS).collect().rows()
    return {row[:2]: row[2:] for row in rows}


def paid_by_a_sweep(found: pl.LazyFrame) -> dict[Row, Row]:
    amounts = [pl.when(pl.col(name).count() == pl.len()).then(pl.col(name).sum()).alias(name) for name in AMOUNTS]
    return {row[:2]: row[2:] for row in found.group_by("payee", "plan").agg(amounts).collect().rows()}


def same(case: Case, variants: Sequence[dict[str, Any]]) -> Counter[str]:
    """Compares a sweep over rule sets with a run of each; how many were paid, refused, and calculated anew."""
    seen: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        data = write_case(case, Path(name))

        def calculated(rules: Rules) -> Calculation:
            seen["anew"] += 1
            return calculate(rules, accept_for(rules, data, case.as_of), period, Timings(), keep=False)

        first = load(Path(name) / "rules.yaml")
        period = first.period(case.period)
        texts = [as_yaml(rules) for rules in (case.rules, *variants)]
        try:
            written = [load_document(read_text(text, str(Path(name) / "rules.yaml"))) for text in texts]
            rules = [rules_for(each, period) for each in written]
            runs = [paid_by_a_run(calculated(each)) for each in rules]
        except InputProblems:
            return Counter(refused=1)
        seen.clear()
        sweep = Sweep(calculated(rules[0]), calculated, AMOUNTS)
        swept = [paid_by_a_sweep(each.payouts) for each in sweep.paid(rules)]
        assert swept == runs
        seen["variants"] += len(swept)
        seen["differ"] += sum(run != runs[0] for run in runs)
    return seen


@given(cases_with_variants())
@settings(DRAWN, max_examples=8, derandomize=True)
def test_a_sweep_pays_what_runs_pay(drawn: tuple[Case, list[dict[str, Any]]]) -> None:
    same(*drawn)


@pytest.mark.long
@pytest.mark.parametrize("number", range(4))
def test_a_sweep_pays_what_runs_pay_for_1200_rule_sets(number: int) -> None:
    seen: Counter[str] = Counter()

    @seed(number)
    @given(cases_with_variants())
    @settings(DRAWN, max_examples=300, derandomize=False)
    def drawn(each: tuple[Case, list[dict[str, Any]]]) -> None:
        seen.update(same(*each))

    drawn()
    assert seen["differ"] > seen["variants"] / 4
    assert seen["anew"] < seen["variants"]
