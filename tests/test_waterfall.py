"""From the pay for a score of 100 % to the payout, bar after bar: amounts worked out by hand, and drawn rule sets."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from incentive_engine.compiler.waterfall import Bar, bars_of, from_nothing
from incentive_engine.engine.run import Run, rules_in
from incentive_engine.engine.waterfall import waterfalls
from incentive_engine.rulesets.resolving import ResolvedPlan, resolve
from incentive_engine.statements import Statement
from incentive_engine.statements.drawing import Scale
from tests.drawn import cases
from tests.oracle import Case
from tests.oracle.numbers import rounded
from tests.test_catalogue import HEAD
from tests.test_cli_explain_drawn import ran
from tests.test_statements_dated import made, run_texts

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
DRAWN = settings(deadline=None, database=None, suppress_health_check=SLOW, phases=[Phase.generate])
KPIS = """
kpis:
  trust: {title: {en: Trust, fr: Confiance}, perspective: customer, compute: {kind: given}, better: higher}
  speed: {title: {en: Speed, fr: Rapidité}, perspective: customer, compute: {kind: given}, better: higher}
  sales: {title: {en: Sales, fr: Ventes}, perspective: internal, compute: {kind: given}, better: higher}
curves:
  same: {kind: linear, points: [[0, 0%], [200, 200%]], below: zero}
"""
STEPS = f"""{HEAD}{KPIS}
plans:
  all:
    title: {{en: All, fr: Tous}}
    pays: bonus
    who: TRUE
    target_pay: 1000
    scorecard:
      customer:
        weight: 60%
        cap: 90%
        items:
          trust: {{weight: 50%, of: payee, attainment: level, curve: same, on_missing: reweight}}
          speed: {{weight: 50%, of: payee, attainment: level, curve: same, on_missing: zero}}
      sales:
        {{weight: 40%, of: payee, attainment: level, curve: same,
         gates: [{{when: sales < 60, withhold: 50%, because: {{en: Few sales, fr: Peu de ventes}}}}]}}
    modifiers:
      - {{factor: 1.25, because: {{en: A good year, fr: Bonne année}}}}
      - {{add: 5%, because: {{en: For all, fr: Pour tous}}}}
    gates: [{{when: sales < 55, limit: 70%, because: {{en: Very few sales, fr: Très peu de ventes}}}}]
    floor: 75%
    cap: 150%
    proration: {{by: calendar_days}}
"""
PEOPLE = {
    "workforce.csv": "payee,hired\nlate,2026-08-16\nsilent,2020-01-01\n",
    "kpis.csv": """subject_kind,subject,kpi,period,value
payee,late,trust,2026-Q3,80
payee,late,speed,2026-Q3,120
payee,late,sales,2026-Q3,50
payee,silent,sales,2026-Q3,100
""",
}


def amounts(run: Path) -> dict[str, list[Decimal]]:
    """What is paid up to each bar, by payee."""
    rules, opened = rules_in(run), Run.open(run)
    frame = waterfalls(rules, plans(run), opened.traces)
    return dict(frame.select("payee", "amounts").iter_rows())


def plans(run: Path) -> tuple[ResolvedPlan, ...]:
    rules = rules_in(run)
    return resolve(rules.ruleset, rules.period(Run.open(run).summary["period"]))


def euros(*numbers: int) -> list[Decimal]:
    return [Decimal(number) for number in numbers]


def test_every_measure_and_every_step_is_a_bar(tmp_path: Path) -> None:
    run = run_texts(STEPS, PEOPLE, "2026-Q3", tmp_path)
    assert bars_of(plans(run)[0]) == (
        Bar("start", "plan"),
        Bar("measure", "customer.trust"),
        Bar("measure", "customer.speed"),
        Bar("measure", "sales"),
        Bar("cap", "customer"),
        Bar("gate", "sales"),
        Bar("modifier", "plan", 1),
        Bar("modifier", "plan", 2),
        Bar("gate", "plan"),
        Bar("floor", "plan"),
        Bar("cap", "plan"),
        Bar("proration", "plan"),
    )
    # late: 60 % × (0.8 + 1) ÷ 2 + 40 % = 94 %; with speed 120 %: 100 %; with sales 50 %: 80 %. Customers capped at
    # 90 %: 74 %; half of the sales: 64 %; × 1.25 = 80 %; + 5 %; at most 70 %; at least 75 %; 46 of 92 days.
    # silent: trust is left out, speed counts as nothing: 40 %; × 1.25 = 50 %; + 5 %; at least 75 %; all days.
    assert amounts(run) == {
        "late": euros(1000, 940, 1000, 800, 740, 640, 800, 850, 700, 750, 750, 375),
        "silent": euros(1000, 1000, 400, 400, 400, 400, 500, 550, 550, 750, 750, 750),
    }


def test_scores_that_are_added_up_start_from_nothing(tmp_path: Path) -> None:
    rules = f"""{HEAD}{KPIS}
plans:
  all:
    title: {{en: All, fr: Tous}}
    pays: bonus
    who: TRUE
    target_pay: 1000
    combine: sum
    scorecard:
      trust: {{of: payee, attainment: level, curve: same}}
      sales: {{of: payee, attainment: level, curve: same}}
    cap: 110%
"""
    run = run_texts(rules, PEOPLE, "2026-Q3", tmp_path)
    assert from_nothing(plans(run)[0])
    assert amounts(run) == {"late": euros(0, 800, 1300, 1100)}  # 80 % + 50 %, at most 110 %


def test_there_are_no_bars_where_a_formula_decides(tmp_path: Path) -> None:
    rules = STEPS.replace("target_pay: 1000", "target_pay: 1000\n    payout: target_pay * MIN(score, 1)")
    assert amounts(run_texts(rules, PEOPLE, "2026-Q3", tmp_path)) == {}


@given(cases())
@settings(DRAWN, max_examples=4, derandomize=True)
def test_bars_end_at_what_is_paid(case: Case) -> None:
    bars_end_at_the_payout(case)


@pytest.mark.long
def test_bars_of_200_rule_sets_end_at_what_is_paid() -> None:
    @seed(8)
    @given(cases())
    @settings(DRAWN, max_examples=200, derandomize=False)
    def drawn(case: Case) -> None:
        bars_end_at_the_payout(case)

    drawn()


def bars_end_at_the_payout(case: Case) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = ran(case, Path(folder))
        assert run.folder is not None
        by_name = {plan.name: plan for plan in plans(run.folder)}
        found = {}
        for payee, plan, segment, paid, _ in waterfalls(
            rules_in(run.folder), [*by_name.values()], run.traces
        ).iter_rows():
            assert len(paid) == len(bars_of(by_name[plan]))
            found[payee, plan, segment] = paid
        for trace in run.trace.values():
            for row in trace.iter_rows(named=True):
                key, plan = (row["payee"], row["plan"], row["segment"]), by_name[row["plan"]]
                if row.get("payout") is None or not bars_of(plan) or key not in found:
                    continue
                assert found[key][-1] == row.get("computed", row["payout"])
                if not from_nothing(plan):
                    rounding = plan.payout_rounding
                    once = rounded(Fraction(row["target_pay"]), rounding.places, rounding.mode)
                    assert found[key][0] == rounded(once, rounding.kept)


# --- on a page --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Statement]:
    return made(run_texts(STEPS, PEOPLE, "2026-Q3", tmp_path_factory.mktemp("steps")))


def told(statement: Statement) -> list[tuple[str, str, str, str]]:
    drawing = statement.pays[0].drawing
    assert drawing is not None
    return [(bar.title, bar.note, bar.arithmetic, bar.pay) for bar in (*drawing.bars, drawing.total)]


def test_each_bar_says_what_it_changes_and_why(statements: dict[str, Statement]) -> None:
    """The cap of 150 % changes nothing, and is left out."""
    assert told(statements["late"]) == [
        ("Target pay", "every measure at 100%", "€1,000.00 × 100%", "€1,000.00"),
        ("Trust", "80% instead of 100%", "€1,000.00 × 94%", "−€60.00"),
        ("Speed", "120% instead of 100%", "€1,000.00 × 100%", "+€60.00"),
        ("Sales", "50% instead of 100%", "€1,000.00 × 80%", "−€200.00"),
        ("customer · Never above", "limited to 90%", "€1,000.00 × 74%", "−€60.00"),
        ("Sales · Condition: Few sales", "50% is withheld", "€1,000.00 × 64%", "−€100.00"),
        ("Factor: A good year", "× 1.25", "€1,000.00 × 80%", "+€160.00"),
        ("Points: For all", "+ 5%", "€1,000.00 × 85%", "+€50.00"),
        ("Condition: Very few sales", "not above 70%", "€1,000.00 × 70%", "−€150.00"),
        ("Never below", "raised to 75%", "€1,000.00 × 75%", "+€50.00"),
        ("Share of the period", "", "€1,000.00 × 75% × 50%", "−€375.00"),
        ("Payout", "", "", "€375.00"),
    ]


def test_a_measure_without_a_result_is_told_in_french_too(statements: dict[str, Statement]) -> None:
    bars = told(statements["silent"])
    assert bars[1:4] == [
        ("Confiance", "pas de résultat", "", "0,00\u00a0€"),
        ("Rapidité", "pas de résultat", "1\u202f000,00\u00a0€ × 40\u00a0%", "−600,00\u00a0€"),
        ("Ventes", "100\u00a0%", "", "0,00\u00a0€"),
    ]


def test_bars_begin_where_the_one_above_ends(statements: dict[str, Statement]) -> None:
    """Between nothing and 1,000: 94 % of the width, 100 %, 80 %, 74 %, 64 %, 80 %, 85 %, 70 %, 75 %, 37.5 %."""
    drawing = statements["late"].pays[0].drawing
    assert drawing is not None
    ends = ["100.00", "94.00", "100.00", "80.00", "74.00", "64.00", "80.00", "85.00", "70.00", "75.00", "37.50"]
    assert [bar.end for bar in drawing.bars] == ends
    assert [(bar.start, bar.width, bar.way) for bar in drawing.bars[:3]] == [
        ("0.00", "100.00", "whole"),
        ("94.00", "6.00", "down"),
        ("94.00", "6.00", "up"),
    ]
    assert not drawing.shortened


def test_amounts_far_from_nothing_are_drawn_apart() -> None:
    """From 900 to 1,000, half of the difference is left below: 850 is the left end, 1,000 the right one."""
    scale = Scale([Decimal(900), Decimal(1000)], shorten=True)
    assert scale.shortened
    assert [round(scale.at(Decimal(amount)), 2) for amount in (0, 900, 925, 1000)] == [0, 33.33, 50, 100]
    assert not Scale([Decimal(100), Decimal(1000)], shorten=True).shortened
    assert not Scale([Decimal(900), Decimal(900)], shorten=True).shortened


def test_a_curve_shows_the_result_between_the_points_around_it(statements: dict[str, Statement]) -> None:
    """The curve has its points at 0 and 200; 30 more are drawn on each side, so that 80 lies at 110 of 260."""
    (sketch,) = statements["late"].pays[0].cards[0].sketches
    assert sketch.said == "Here: 80 → 80%. Points around it: 0 → 0%, 200 → 200%."
    assert [(dot.x, dot.y, dot.anchor) for dot in sketch.own] == [("42.31", "60.00", "middle")]
    assert [(dot.x, dot.y) for dot in sketch.around] == [("11.54", "100.00"), ("88.46", "0.00")]
    assert sketch.lines == ("0.00,100.00 11.54,100.00 88.46,0.00 100.00,0.00",)


def test_what_has_no_result_has_no_curve(statements: dict[str, Statement]) -> None:
    trust, speed, sales = statements["silent"].pays[0].cards
    assert (trust.sketches, speed.sketches) == ((), ())
    assert sales.sketches[0].said == "Ici\u00a0: 100 → 100\u00a0%. Points autour\u00a0: 0 → 0\u00a0%, 200 → 200\u00a0%."
