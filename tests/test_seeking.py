"""Goal seek gives the amount to the cent or the two values that come nearest; sensitivity leaves no number out."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, reject, seed, settings
from hypothesis import strategies as st

from incentive_engine import InputProblems, load
from incentive_engine.cli import main
from incentive_engine.mistakes import KeyPath
from incentive_engine.shipped import rules_dir
from incentive_engine.simulation.reports.writing import Writer, reader
from incentive_engine.simulation.scenarios.overlay import overlaid
from incentive_engine.simulation.scenarios.simulating import Baseline, baseline
from incentive_engine.simulation.seeking.needed import Needed, Reached, needed
from incentive_engine.simulation.seeking.revalued import Scope, with_value
from incentive_engine.simulation.seeking.rule_numbers import RuleNumber, grid_of, number_at, numbers_of
from incentive_engine.simulation.seeking.seeking import Sought, sought
from incentive_engine.simulation.seeking.seeking_paper import sensitivity_report
from incentive_engine.simulation.seeking.sensitivity import Sensitive, sensitivity
from tests.case_files import write_case
from tests.drawn import cases
from tests.oracle import Case, outcomes
from tests.oracle.results import Result
from tests.test_variations import DRAWN as QUIETLY
from tests.test_variations import Another, Asked

STARTER = rules_dir() / "starter"
D = Decimal


@pytest.fixture(scope="module")
def starter() -> Baseline:
    return baseline(load(STARTER / "rules.yaml"), STARTER / "data", "2026-Q3")


def seek(starter: Baseline, path: str, goal: str, scope: Scope = Scope(), **options: Any) -> Sought:  # noqa: B008
    return sought(starter, number_at(starter.rules, path), D(goal), scope, **options)


# --- worked out by hand: payouts are those of test_starter, 5,602.75 in all -------------------------------------------


@pytest.mark.parametrize(
    ("path", "goal", "value", "scope"),
    [
        # A02 gets 660 and not 708, A05 660 and not 687, A04 half of 660 and not 336.75: 81.75 less.
        ("plans.adviser.cap", "5521.00", "1.1", Scope()),
        # The sellers' 1,000 + 850 + 600 + 575 = 3,025 are in proportion to the part of the salary: 302.50 more.
        ("plans.seller.target_pay.1", "5905.25", "0.11", Scope()),
        ("plans.seller.target_pay.1", "3327.50", "0.11", Scope(plan="seller")),
        # S04's 40,000 of sales pay 150 %, of which the gate leaves 30 % x 75 % = 225; withholding 20 % leaves 360. The
        # three others never meet it.
        ("plans.seller.scorecard.sales.gates.1.withhold", "3160.00", "0.2", Scope(plan="seller")),
        # Whose recommendation counts have teams at 40 and at 50: each target is 40 % of the customers' 70 %.
        ("plans.adviser.scorecard.customer.items.nps.weight", "5602.75", "0.4", Scope()),
    ],
)
def test_seek_by_hand(starter: Baseline, path: str, goal: str, value: str, scope: Scope) -> None:
    found = seek(starter, path, goal, scope)
    assert found.answer is not None
    assert (found.answer.value, found.answer.cost) == (D(value), D(goal))


def test_where_no_value_gives_the_goal_the_nearest_are_told(starter: Baseline) -> None:
    """Nobody is above 125 %, and the cap costs nothing: the least is 0, with a cap of 0 %, the most what is paid."""
    dearer = seek(starter, "plans.adviser.cap", "5602.76", within=(D(0), D(2)))
    assert dearer.answer is None
    assert dearer.above is None
    assert dearer.below is not None
    assert (dearer.below.cost, dearer.proved) == (D("5602.75"), True)
    cheaper = seek(starter, "plans.adviser.cap", "3024.99")
    assert cheaper.below is None
    assert cheaper.above is not None
    assert (cheaper.above.value, cheaper.above.cost) == (D(0), D(3025))


def test_the_two_nearest_are_one_step_of_the_grid_apart(starter: Baseline) -> None:
    """With whole percent, a cap of 109 % takes 54 + 33 + 9.75 of A02, A05 and A04, one of 110 % takes 81.75."""
    found = seek(starter, "plans.adviser.cap", "5510.00", places=2)
    assert found.answer is None
    assert found.below is not None
    assert found.above is not None
    assert (found.below.value, found.below.cost) == (D("1.09"), D("5506.00"))
    assert (found.above.value, found.above.cost) == (D("1.1"), D("5521.00"))


def test_who_would_no_longer_be_paid_is_counted(starter: Baseline) -> None:
    """With 6 answers needed, nobody has enough and the teams of all sellers are used."""
    found = seek(starter, "kpis.satisfaction.reliability.at_least", "0", places=8)
    assert (found.places, found.proved) == (0, True)
    assert {found.now.payees} == {9}


@pytest.mark.parametrize(
    ("weights", "step"), [(("50%", "50%"), 1), (("60%", "40%"), 1), (("40%", "20%"), 3), (("30%", "40%"), 7)]
)
def test_weights_leave_their_siblings_decimals(tmp_path: Path, weights: tuple[str, str], step: int) -> None:
    """40 % and 20 % share what is left 2 to 1: that must be a multiple of 3. And 30 % and 40 % 3 to 4, of 7."""
    own = f"{100 - sum(int(each[:-1]) for each in weights)}%"
    items = "".join(
        f"      {name}: {{weight: {weight}, kpi: {name}, of: payee, attainment: level, curve: c}}\n"
        for name, weight in zip("abc", (own, *weights), strict=True)
        if weight != "0%"
    )
    kpis = "".join(
        f"  {name}: {{title: {{en: K}}, perspective: customer, compute: {{kind: given}}, better: higher}}\n"
        for name in "abc"
    )
    (tmp_path / "rules.yaml").write_text(
        "rule_set: r\nversion: '1'\ntitle: {en: R}\ndecided: {by: me, on: 2026-01-01}\ncurrency: EUR\n"
        f"timezone: Europe/Paris\nkpis:\n{kpis}"
        "curves:\n  c: {kind: linear, points: [[0, 0], [1, 1]], below: flat}\n"
        "plans:\n  p:\n    title: {en: P}\n    pays: bonus\n    who: TRUE\n    target_pay: 100\n"
        f"    scorecard:\n{items}",
        encoding="utf-8",
    )
    rules = load(tmp_path / "rules.yaml")
    path = "plans.p.scorecard." + ("a" if own != "0%" else "b") + ".weight"
    grid = grid_of(rules, number_at(rules, path), 2)
    assert grid.step == (1 if own == "0%" else step)
    with_value(rules, number_at(rules, path), grid.value(-5))


# --- who moved, and what goes both ways -------------------------------------------------------------------------------

MOVED = """
rule_set: moved
version: "1"
title: {en: Moved}
decided: {by: Nobody, on: 2026-06-15}
currency: EUR
timezone: Europe/Paris
assignments: {path: assignments.csv}
results: {path: kpis.csv}
kpis:
  nps: {title: {en: NPS}, perspective: customer, compute: {kind: given}, better: higher}
  calls: {title: {en: Calls}, perspective: internal, compute: {kind: given}, better: higher}
curves:
  level: {kind: linear, points: [[0, 0%], [1000, 1000%]], below: zero}
  way: {kind: linear, points: [[0%, 0%], [200%, 200%]], below: zero}
plans:
  p:
    title: {en: P}
    pays: bonus
    who: TRUE
    target_pay: "1000"
    scorecard:
      nps: {weight: 50%, of: team, attainment: level, curve: level}
      calls: {weight: 50%, of: company, attainment: between, threshold: 50, benchmark: 90, curve: way}
    cap: 200%
    proration: {by: calendar_days}
"""
MOVED_DATA = {
    "workforce.csv": "payee,team,hired,left\nA,North,2020-01-01,\n",
    "assignments.csv": "payee,from,to,team\nA,2026-07-01,2026-08-15,North\nA,2026-08-16,,South\n",
    "kpis.csv": "subject_kind,subject,kpi,period,value,n\nteam,North,nps,2026-Q3,600,9\nteam,South,nps,2026-Q3,0,9\n"
    "company,company,calls,2026-Q3,90,9\n",
}


@pytest.fixture
def moved_inside(tmp_path: Path) -> Baseline:
    for name, text in MOVED_DATA.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(MOVED, encoding="utf-8")
    return baseline(load(tmp_path / "rules.yaml"), tmp_path, "2026-Q3")


def test_who_moved_may_be_paid_more_for_one_stretch_and_less_for_the_other(moved_inside: Baseline) -> None:
    """Half of the days 600 % x w + 100 % x (1 - w), at most 200 %, and half of them 100 % x (1 - w).

    Up to w = 20 % that rises, to (200 % + 80 %) / 2 of 1,000, and from there on it falls, to 1,000 again.
    """
    found = seek(moved_inside, "plans.p.scorecard.nps.weight", "1400.00")
    assert found.answer is not None
    assert (found.answer.value, found.answer.cost, found.answer.payees) == (D("0.2"), D(1400), 1)
    none = seek(moved_inside, "plans.p.scorecard.nps.weight", "1400.01")
    assert none.below is not None
    assert (none.answer, none.below.cost, none.above, none.proved) == (None, D(1400), None, True)


@pytest.mark.parametrize("number", ["threshold", "benchmark"])
def test_past_the_other_end_of_a_way_nothing_is_certain(moved_inside: Baseline, number: str) -> None:
    """Above a threshold of 90, the way to the benchmark leads down."""
    found = seek(moved_inside, f"plans.p.scorecard.calls.{number}", "9999.00", places=2)
    assert (found.answer, found.proved) == (None, False)


# --- what a result must be --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payee", "kpi", "goal", "reached", "short", "most"),
    [
        # At 3.5 the gate opens: 87.5 % of the target pays 68.75 %, 1,000 x (70 % x 68.75 % + 30 % x 150 %) = 931.25.
        # Below, at 87.4975 % and so 87.5 %, the gate withholds half of the second: 225 less.
        ("S04", "satisfaction", "800", ("3.5", "931.25"), ("3.4999", "706.25"), ("4.7998", "1500.00")),
        # 93.335 % of the sales of 40,000 pay 83.335 %, so 93.34 % and 83.35 %: 800 x ... a cent short below.
        ("A03", "satisfaction", "300", ("4.2858", "300.03"), ("4.2857", "299.99"), ("4.7998", "340.50")),
        # NPS 20 points above the target pays 150 %, which is no more than 288 for half a post.
        ("A03", "nps", "300", None, None, ("59.998", "288.00")),
        # With two answers the team's counts: 79.995 % rounds to 80 %, below which nothing is paid for satisfaction.
        ("A05", "satisfaction", "500", ("3.1998", "561.00"), ("3.1997", "435.00"), ("4.7998", "813.00")),
    ],
)
def test_needed_by_hand(
    starter: Baseline,
    payee: str,
    kpi: str,
    goal: str,
    reached: tuple[str, str] | None,
    short: tuple[str, str] | None,
    most: tuple[str, str],
) -> None:
    found = needed(starter.calculation, payee, kpi, D(goal))
    for each, expected in ((found.reached, reached), (found.short, short), (found.most, most)):
        assert (each and (each.result, each.payout)) == (expected and tuple(map(D, expected)))


@pytest.mark.parametrize(
    ("payee", "kpi", "code"),
    [("A09", "nps", "unknown-payee"), ("A07", "nps", "not-paid"), ("A01", "sales", "unknown-kpi")],
)
def test_who_cannot_be_asked_about_is_told_why(starter: Baseline, payee: str, kpi: str, code: str) -> None:
    with pytest.raises(InputProblems) as raised:
        needed(starter.calculation, payee, kpi, D(1))
    assert [problem.code for problem in raised.value.problems] == [code]


# --- sensitivity ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def moved(starter: Baseline) -> dict[str, Sensitive]:
    return {each.number.path: each for each in sensitivity(starter)}


def test_what_a_formula_picks_by_a_number_is_no_number_to_move(starter: Baseline) -> None:
    gate = "plans.seller.scorecard.sales.gates.1.when"
    rules = overlaid(starter.rules, {gate: "satisfaction < 3.5 AND sales <> 7"})
    assert [(each.path, each.value) for each in numbers_of(rules) if each.path.startswith(gate)] == [
        (f"{gate}.1", D("3.5"))
    ]


def test_no_number_is_left_out(starter: Baseline, moved: dict[str, Sensitive]) -> None:
    """Counted in the file: 1 of a KPI, 12 of two curves, 12 of one plan and 9 of the other."""
    assert len(moved) == len(list(numbers_of(starter.rules))) == 34
    assert all(each.down or each.up or each.refused for each in moved.values())
    effects = [each.effect for each in moved.values()]
    assert effects == sorted(effects, reverse=True)


def test_moves_by_hand(moved: dict[str, Sensitive]) -> None:
    """A hundredth of the sellers' target pay is 30.25; nobody is at the cap; of quarters, 4 can only become 5."""
    pay = moved["plans.seller.target_pay.1"]
    assert pay.down is not None
    assert pay.up is not None
    assert (pay.down.value, pay.down.cost - pay.now.cost) == (D("0.099"), D("-30.25"))
    assert (pay.up.value, pay.up.cost - pay.now.cost) == (D("0.101"), D("30.25"))
    assert moved["plans.adviser.cap"].effect == 0
    quarters = moved["plans.seller.target_pay.2"]
    assert (quarters.down, quarters.by_one) == (None, True)
    assert quarters.up is not None
    assert quarters.up.cost - quarters.now.cost == -605
    alone = moved["plans.adviser.scorecard.internal.items.cases_per_day.weight"]
    assert (alone.down, alone.up) == (None, None)
    assert alone.refused


def test_why_a_number_could_not_be_moved_is_told_in_the_reader_s_language(
    starter: Baseline, moved: dict[str, Sensitive]
) -> None:
    report = sensitivity_report(starter, tuple(moved.values()), Scope(), D("0.01"))
    told = {}
    for language in ("en", "fr"):
        (section,) = Writer(reader(language, "EUR")).report(report).parts[0].sections
        told[language] = [row[-1].text for table in section.tables if table.name == "never_moved" for row in table.rows]
    assert told == {
        "en": ["the weights of `internal` add up to 99%, not 100%"],
        "fr": ["les poids du groupe ne feraient plus 100\u00a0%"],
    }


# --- drawn rule sets --------------------------------------------------------------------------------------------------


def cost(case: Case) -> Fraction:
    """What the oracle pays in all."""
    return sum((each.payout for each in outcomes(case).values() if each.payout is not None), Fraction(0))


def put(rules: dict[str, Any], at: KeyPath, value: Any) -> dict[str, Any]:
    """The rules with a value at a place."""
    changed = deepcopy(rules)
    inside: Any = changed
    for part in at[:-1]:
        inside = inside[part]
    inside[at[-1]] = value
    return changed


def with_number(case: Case, number: RuleNumber, value: Decimal) -> Case:
    """The case with another value of a number; weights beside a weight share what it leaves."""
    rules = put(case.rules, number.at, Fraction(value))
    if number.is_weight:
        group: Any = case.rules
        for part in number.at[:-2]:
            group = group[part]
        others = {name: each["weight"] for name, each in group.items() if name != number.at[-2]}
        for name, weight in others.items():
            share = weight / sum(others.values()) * (1 - Fraction(value))
            rules = put(rules, (*number.at[:-2], name, "weight"), share)
    return replace(case, rules=rules)


def seeks_as_the_oracle(case: Case, draw: st.DataObject) -> bool:
    """Fails where the answer, put back, costs something else, or a nearer one was missed; whether it was proved."""
    with TemporaryDirectory() as name:
        data = write_case(case, Path(name))
        try:
            rules = load(Path(name) / "rules.yaml")
            before = baseline(rules, data, case.period)
        except InputProblems:
            reject()
        numbers = [each for each in numbers_of(rules) if each.literal is None and each.at[0] in ("plans", "curves")]
        nobody = before.run.payouts["payout"].drop_nulls().is_empty()  # `nobody-paid`
        if not numbers or case.before or nobody:
            reject()
        number = draw.draw(st.sampled_from(numbers))
        grid = grid_of(rules, number, number.places)
        around = range(grid.below(number.value) - 4, grid.below(number.value) + 5)
        values = [each for each in map(grid.value, around) if allowed(rules, number, each)]
        if len(values) < 2:
            reject()
        costs = {value: cost(with_number(case, number, value)) for value in values}
        near = draw.draw(st.sampled_from(list(costs.values()))) + Fraction(draw.draw(st.integers(-1, 1)), 100)
        goal = D(near.numerator) / D(near.denominator)
        found = sought(before, number, goal, within=(values[0], values[-1]), places=number.places)
    for end in (found.below, found.above):
        assert end is None or Fraction(end.cost) == costs[end.value]
    if found.proved:
        assert (found.below and found.below.cost) == max(
            (each for each in costs.values() if each <= near), default=None
        )
        assert (found.above and found.above.cost) == min(
            (each for each in costs.values() if each >= near), default=None
        )
    return found.proved


def allowed(rules: Any, number: RuleNumber, value: Decimal) -> bool:
    try:
        with_value(rules, number, value)
    except InputProblems:
        return False
    return True


@given(cases(), st.data())
@settings(QUIETLY, max_examples=4, derandomize=True)
def test_the_oracle_finds_nothing_nearer(case: Case, draw: st.DataObject) -> None:
    seeks_as_the_oracle(case, draw)


@pytest.mark.long
@pytest.mark.parametrize("number", range(4))
def test_the_oracle_finds_nothing_nearer_in_400_rule_sets(number: int) -> None:
    proved = []

    @seed(number)
    @given(cases(), st.data())
    @settings(QUIETLY, max_examples=100, derandomize=False)
    def drawn(case: Case, draw: st.DataObject) -> None:
        proved.append(seeks_as_the_oracle(case, draw))

    drawn()
    assert sum(proved) > len(proved) / 4


def needs_as_the_oracle(case: Case, draw: st.DataObject) -> bool:
    """Fails where the oracle pays something else with the result that is told, or less with that before it."""
    with TemporaryDirectory() as name:
        data = write_case(case, Path(name))
        try:
            before = baseline(load(Path(name) / "rules.yaml"), data, case.period)
        except InputProblems:
            reject()
    asked = before.run.contributions.select("payee", "kpi").drop_nulls().unique(maintain_order=True).rows()
    if not asked:
        reject()
    payee, kpi = draw.draw(st.sampled_from(asked))
    try:
        found = needed(before.calculation, payee, kpi, D(draw.draw(st.sampled_from([1, 50, 100, 500]))))
    except InputProblems as problems:
        codes = {each.code for each in problems.problems}
        return bool(codes - {"not-seekable"})
    traces = [trace.select("payee", "plan", "segment").rows() for trace in before.run.trace.values()]
    keys = [row for rows in traces for row in rows if row[0] == payee]  # whom it would pay is held now, perhaps
    for each in filter(None, (found.reached, found.short, found.most, found.now)):
        assert paid(case, keys, found, each) == each.payout, (found, each)
    assert found.reached is None or found.reached.payout >= found.goal
    assert found.short is None or found.short.payout < found.goal
    return found.reached is not None


def paid(case: Case, keys: Iterable[tuple[str, str, int]], found: Needed, reached: Reached) -> Fraction:
    """What the oracle pays a payee with another result."""
    total = Fraction(0)
    for payee, plan, segment in keys:
        asked = Asked(case, {"payee": payee, "plan": plan, "segment": segment, "node": None})
        name = (found.kpi, found.subject_kind, asked.card.subject(found.subject_kind), case.period)
        n = max(Another(case, {}).of(*name).n or 0, found.assumed or 0)
        outcome = asked.ask({name: Result(Fraction(reached.result), n)})[1]
        total += outcome.payout or 0
    return total


@given(cases(), st.data())
@settings(QUIETLY, max_examples=4, derandomize=True)
def test_the_oracle_pays_what_a_result_is_told_to_pay(case: Case, draw: st.DataObject) -> None:
    needs_as_the_oracle(case, draw)


@pytest.mark.long
@pytest.mark.parametrize("number", range(4))
def test_the_oracle_pays_what_a_result_is_told_to_pay_in_400_rule_sets(number: int) -> None:
    reached = []

    @seed(number)
    @given(cases(), st.data())
    @settings(QUIETLY, max_examples=100, derandomize=False)
    def drawn(case: Case, draw: st.DataObject) -> None:
        reached.append(needs_as_the_oracle(case, draw))

    drawn()
    assert sum(reached) > len(reached) / 10


# --- the commands -----------------------------------------------------------------------------------------------------


def told(*arguments: str) -> str:
    """What a command prints about the starter."""
    command, *options = arguments
    data = ["--data", str(STARTER / "data"), "--period", "2026-Q3"]
    result = CliRunner().invoke(main, [command, str(STARTER / "rules.yaml"), *data, *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_seek_prints_the_answer_and_the_cost_with_it() -> None:
    printed = told("seek", "--vary", "plans.adviser.cap", "--cost", "5521")
    assert "With plans.adviser.cap at 110% the cost is €5,521.00, to the cent." in printed


def test_seek_prints_the_result_that_is_needed_in_french() -> None:
    printed = told("seek", "--payee", "S04", "--kpi", "satisfaction", "--payout", "800", "--language", "fr")
    assert "931,25" in printed
    assert "706,25" in printed


def test_seek_says_that_decisions_are_left_out(tmp_path: Path) -> None:
    """S04 is paid 575 by the rules, and 100 by decision."""
    copytree(STARTER, tmp_path, dirs_exist_ok=True)
    with (tmp_path / "data" / "adjustments.csv").open("a", encoding="utf-8") as file:
        file.write("R1,S04,quarterly_bonus,2026-Q3,100,,,,EUR,A good idea,HR,Director,\n")
    options = ["--data", str(tmp_path / "data"), "--period", "2026-Q3", "--kpi", "satisfaction", "--payout", "800"]
    result = CliRunner().invoke(main, ["seek", str(tmp_path / "rules.yaml"), *options, "--payee", "S04"])
    assert "People decided on the pay of S04 besides: amounts are without these decisions." in result.output
    assert "€575.00" in result.output
    assert "decided" not in told("seek", "--payee", "S04", "--kpi", "satisfaction", "--payout", "800")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--vary", "plans.adviser.cap"], 2),
        (["--vary", "plans.adviser.cap", "--cost", "1", "--payee", "A01"], 2),
        (["--vary", "plans.adviser.cap", "--cost", "many"], 2),
        (["--vary", "plans.adviser.capp", "--cost", "1"], 1),
        (["--vary", "plans.adviser.target_pay", "--cost", "1"], 1),
        (["--vary", "plans.adviser.title", "--cost", "1"], 1),
        (["--vary", "plans.adviser.cap", "--cost", "1", "--plan", "advisor"], 1),
        (["--vary", "plans.adviser.cap", "--cost", "1", "--department", "Nowhere"], 1),
        (["--vary", "plans.adviser.cap", "--cost", "1", "--from", "2", "--to", "1"], 1),
        (["--vary", "plans.adviser.cap", "--cost", "1", "--period", "2031-Q3"], 1),
    ],
)
def test_seek_refuses_what_cannot_be_asked(options: list[str], code: int) -> None:
    data = ["--data", str(STARTER / "data"), "--period", "2026-Q3"]
    result = CliRunner().invoke(main, ["seek", str(STARTER / "rules.yaml"), *data, *options])
    assert result.exit_code == code, result.output
