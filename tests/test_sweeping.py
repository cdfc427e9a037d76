"""What a sweep says that a variant pays is what a run of its rules pays, to the cent; and what it need not repeat."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, seed, settings

from incentive_engine import InputProblems
from incentive_engine.documents import read_text
from incentive_engine.engine.outputs import payouts
from incentive_engine.engine.running import Calculation, accept_for, calculate
from incentive_engine.engine.sweeping import Paid, Sweep
from incentive_engine.engine.timings import Timings
from incentive_engine.rulesets.loading import Rules, load, load_document, rules_for
from tests.case_files import write_case
from tests.drawn import as_yaml, cases_with_variants
from tests.oracle import Case
from tests.test_oracle import DRAWN

AMOUNTS = ("payout", "customer_pay", "internal_pay", "other_pay")
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
@settings(DRAWN, max_examples=6, derandomize=True)
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
    assert seen["differ"] > seen["variants"] / 25
    assert seen["anew"] < seen["variants"] / 2


# --- by hand ----------------------------------------------------------------------------------------------------------

RULES = """
rule_set: swept
version: "1"
title: {en: Swept}
decided: {by: Nobody, on: 2026-06-15}
currency: EUR
timezone: Europe/Paris
workforce: {path: workforce.csv}
results: {path: kpis.csv}
kpis:
  nps:
    title: {en: Net Promoter Score}
    perspective: customer
    compute: {kind: given, at_least: -100, at_most: 100}
    better: higher
  fixed:
    title: {en: Fixed at once}
    perspective: customer
    compute: {kind: given, at_least: 0, at_most: 1}
    better: higher
curves:
  line: {kind: linear, points: [[50%, 0%], [100%, 100%], [200%, 200%]], below: zero}
  levels: {kind: linear, points: [[0, 0%], [100, 100%]], below: zero}
plans:
  adviser:
    title: {en: Adviser}
    pays: bonus
    who: role = "Adviser"
    target_pay: "1000"
    scorecard:
      nps: {weight: 60%, of: payee, attainment: level, curve: levels}
      fixed: {weight: 40%, of: payee, target: 80%, attainment: ratio, curve: line}
    cap: 200%
  leader:
    title: {en: Leader}
    pays: bonus
    who: role = "Leader"
    target_pay: "2000"
    scorecard:
      nps: {weight: 100%, of: payee, attainment: level, curve: levels}
"""
DATA = {
    "workforce.csv": "payee,role\nA,Adviser\nB,Adviser\nC,Leader\nD,Adviser\n",
    "kpis.csv": "subject_kind,subject,kpi,period,value,n\n"
    + "".join(
        f"payee,{payee},{kpi},2026-Q3,{value},40\n"
        for payee, kpi, value in (
            ("A", "nps", "50"), ("A", "fixed", "0.8"), ("B", "nps", "20"), ("B", "fixed", "0.6"), ("C", "nps", "30"),
            ("D", "nps", "50"),
        )
    ),
}  # fmt: skip
"""D has no result of `fixed`, and is held whatever the numbers are."""


@pytest.fixture
def base(tmp_path: Path) -> Calculation:
    for name, text in DATA.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    rules = of_text(RULES)
    return calculate(rules, accept_for(rules, tmp_path), rules.period("2026-Q3"), Timings(), keep=False)


def of_text(text: str) -> Rules:
    return load_document(read_text(text, "rules.yaml"))


def changed(*pairs: tuple[str, str]) -> Rules:
    text = RULES
    for old, new in pairs:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return of_text(text)


def never(rules: Rules) -> Calculation:
    raise AssertionError("this variant differs in numbers only")


def by_payee(found: Paid) -> dict[str, Decimal]:
    return dict(found.payouts.select("payee", "payout").collect().rows())


def test_each_variant_pays_what_its_own_numbers_say(base: Calculation) -> None:
    variants = [
        of_text(RULES),
        changed(("target: 80%", "target: 75%")),
        changed(("cap: 200%", "cap: 60%")),
        changed(("weight: 60%", "weight: 90%"), ("weight: 40%", "weight: 10%")),
        changed(("[100%, 100%]", "[100%, 80%]")),
        changed(('target_pay: "2000"', 'target_pay: "2500"'), ("target: 80%", "target: 60%")),
    ]
    paid = [by_payee(each) for each in Sweep(base, never).paid(variants)]
    assert paid == [
        # A: 60 % × 50 % + 40 % × 100 % = 70 %; B: 0.6 ÷ 0.8 = 75 % → 50 %, 60 % × 20 % + 40 % × 50 % = 32 %; C: 30 %.
        {"A": Decimal("700.00"), "B": Decimal("320.00"), "C": Decimal("600.00")},
        # A: 0.8 ÷ 0.75 = 106.67 % → 106.67 %: 30 % + 42.668 %; B: 80 % → 60 %: 12 % + 24 %.
        {"A": Decimal("726.68"), "B": Decimal("360.00"), "C": Decimal("600.00")},
        {"A": Decimal("600.00"), "B": Decimal("320.00"), "C": Decimal("600.00")},
        # A: 45 % + 10 %; B: 18 % + 5 %.
        {"A": Decimal("550.00"), "B": Decimal("230.00"), "C": Decimal("600.00")},
        # A: 30 % + 32 %; B: 75 % → 40 %: 12 % + 16 %.
        {"A": Decimal("620.00"), "B": Decimal("280.00"), "C": Decimal("600.00")},
        # A: 0.8 ÷ 0.6 = 133.33 %: 30 % + 53.332 %; B: 100 %: 12 % + 40 %; C: 30 % of 2,500.
        {"A": Decimal("833.32"), "B": Decimal("520.00"), "C": Decimal("750.00")},
    ]


def test_a_thousand_values_are_paid_in_turn(base: Calculation) -> None:
    """Leaders get 30 % of what is written; a generator of rules is taken as it comes."""
    written = range(1000, 1150)
    variants = (changed(('target_pay: "2000"', f'target_pay: "{amount}"')) for amount in written)
    assert [by_payee(each)["C"] for each in Sweep(base, never).paid(variants)] == [
        Decimal(amount * 3) / 10 for amount in written
    ]


def test_what_no_changed_number_is_read_by_is_not_worked_out_again(base: Calculation) -> None:
    (cap,) = Sweep(base, never).paid([changed(("cap: 200%", "cap: 60%"))])
    (target,) = Sweep(base, never).paid([changed(("target: 80%", "target: 75%"))])
    worked_out = [each.payouts.explain() for each in (cap, target)]
    assert ['alias("nps.rate")' in told for told in worked_out] == [False, False]
    assert ['alias("fixed.rate")' in told for told in worked_out] == [False, True]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('who: role = "Leader"', 'who: role = "Adviser" AND payee = "C"'),
        ("    cap: 200%\n", ""),
        ("pays: bonus\n    who: role = \"Leader\"", "pays: other\n    who: role = \"Leader\""),
        ("kind: given, at_least: -100, at_most: 100", "kind: given, at_least: -100, at_most: 45"),
        ("linear, points: [[0, 0%], [100, 100%]],", "stepped, tiers: [{from: 0, rate: 50%}],"),
    ],
    ids=["who", "a step", "pays", "a range of results", "another curve"],
)  # fmt: skip
def test_what_differs_in_more_than_numbers_is_calculated_as_a_run(base: Calculation, old: str, new: str) -> None:
    asked = []

    def otherwise(rules: Rules) -> Calculation:
        asked.append(rules)
        return base

    variants = [of_text(RULES), changed((old, new)), changed(("cap: 200%", "cap: 60%"))]
    paid = [by_payee(each)["A"] for each in Sweep(base, otherwise).paid(variants)]
    assert asked == [variants[1]]
    assert paid == [Decimal("700.00"), Decimal("700.00"), Decimal("600.00")]


def test_numbers_that_fit_only_apart_are_compiled_apart(base: Calculation) -> None:
    """Together they have no unit in which all of their counts are exact; one that fits nowhere is told."""
    tiny, huge = "0.00000000000000000000000001", "9000000000000000000000"
    amounts = [('target_pay: "1000"', f'target_pay: "{amount}"') for amount in (huge, tiny)]
    paid = [by_payee(each)["A"] for each in Sweep(base, never).paid([changed(pair) for pair in amounts])]
    assert paid == [Decimal("6300000000000000000000.00"), Decimal("0.00")]
    with pytest.raises(InputProblems) as refused:
        list(Sweep(base, never).paid([changed(('target_pay: "1000"', 'target_pay: "1' + "0" * 36 + '"'))]))
    assert [problem.code for problem in refused.value.problems] == ["cannot-prove"]
