"""Numbered rules: each is broken by its bad example and kept by its good one, and a reason waives it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from click.testing import CliRunner

from incentive_engine.cli import main
from incentive_engine.documents import read_text
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.rulesets.checks.plans.examples import EXAMPLE, completed
from incentive_engine.rulesets.checks.plans.rule import PlanRule
from incentive_engine.rulesets.linting import lint
from incentive_engine.rulesets.loading import load, load_document
from incentive_engine.rulesets.plan_rules import PLAN_RULES
from incentive_engine.shipped import rule_sets

TODAY = dt.date(2026, 7, 1)


def told(example: str) -> list[Problem]:
    """What is said of an example, by checks and by numbered rules."""
    try:
        rules = load_document(completed(example))
    except InputProblems as refused:
        return list(refused.problems)
    return [*(each for each in rules.warnings if each.code != "not-used"), *lint(rules.linted, TODAY).problems]


@pytest.mark.parametrize("rule", PLAN_RULES, ids=lambda rule: rule.code)
def test_a_rule_is_broken_by_its_bad_example_and_kept_by_its_good_one(rule: PlanRule) -> None:
    assert {(each.code, each.level) for each in told(rule.bad)} == {(rule.code, rule.level)}
    assert told(rule.good) == []
    assert rule.holds.endswith(".")
    assert rule.why.endswith(".")


def test_the_examples_stand_in_a_rule_set_that_breaks_no_rule() -> None:
    assert told(EXAMPLE) == []


def test_rules_are_numbered_in_order() -> None:
    codes = [rule.code for rule in PLAN_RULES]
    assert codes == sorted(codes, key=lambda code: ("PL".index(code[0]), code))
    assert len({code[:3] for code in codes}) == len(codes)


@pytest.mark.parametrize("path", rule_sets(), ids=lambda path: path.stem)
def test_shipped_rules_keep_them_or_say_why_not(path: str) -> None:
    assert lint(load(path).linted, TODAY).problems == ()


# --- waivers ----------------------------------------------------------------------------------------------------------

PROMISE = "principles: {customer_weight: {at_least: 75%}}\n"
"""More than the 70 % of `EXAMPLE`."""


def waived(at: str, until: str = "", rule: str = "P10-customer-weight") -> str:
    ends = f", until: {until}" if until else ""
    return (
        f"{PROMISE}waive: [{{rule: {rule}, at: {at}, because: {{en: Agreed, fr: Convenu}}, by: The committee{ends}}}]"
    )


@pytest.mark.parametrize("at", ["plans.adviser", "plans"])
def test_a_waiver_tells_the_reason_in_place_of_the_problem(at: str) -> None:
    found = lint(load_document(completed(waived(at))).linted, TODAY)
    assert found.problems == ()
    (each,) = found.waived
    assert (each.problem.code, each.at, each.waiver.by) == (
        "P10-customer-weight",
        ("plans", "adviser"),
        "The committee",
    )


def test_a_waiver_of_another_place_waives_nothing() -> None:
    with pytest.raises(InputProblems, match="customer KPIs weigh 70%"):
        load_document(completed(waived("plans.advise")))


@pytest.mark.parametrize(
    ("until", "codes"), [("2026-07-01", []), ("2026-06-30", ["P10-customer-weight", "waiver-ended"])]
)
def test_a_waiver_that_has_ended_refuses_no_old_run_and_is_told(until: str, codes: list[str]) -> None:
    rules = load_document(completed(waived("plans.adviser", until)))
    assert [each.code for each in lint(rules.linted, TODAY).problems] == codes


def test_a_waiver_of_what_is_kept_is_told() -> None:
    kept = waived("plans.adviser").replace("75%", "70%")
    (problem,) = lint(load_document(completed(kept)).linted, TODAY).problems
    assert (problem.code, problem.hint) == ("unused-waiver", "remove it")


def test_the_command_tells_the_reason(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(EXAMPLE + waived("plans.adviser", "2199-12-31") + "\n", encoding="utf-8")
    told_by = CliRunner().invoke(main, ["check", str(rules)])
    assert told_by.exit_code == 0
    assert "no problems, 1 waived" in told_by.output
    assert "waived[P10-customer-weight]: customer KPIs weigh 70% in `adviser`" in told_by.output
    assert "because: Agreed (The committee, until 2199-12-31)" in told_by.output


def test_an_example_keeps_what_it_does_not_write() -> None:
    whole, filled = read_text(EXAMPLE, "").data, completed("plans: {adviser: {cap: 120%}}").data
    assert {**whole["plans"]["adviser"], "cap": filled["plans"]["adviser"]["cap"]} == filled["plans"]["adviser"]
    assert {key: filled[key] for key in whole if key != "plans"} == {key: whole[key] for key in whole if key != "plans"}


# --- what breaks a rule, and what does not ---------------------------------------------------------------------------


def measure(**keys: str) -> str:
    """`EXAMPLE` with another measure of satisfied customers, of 70 % of the plan."""
    fields = {"weight": "70%", "of": "payee", "target": "80%", "attainment": "ratio", "curve": "on_ratio", **keys}
    written = ", ".join(f"{key}: {value}" for key, value in fields.items() if value)
    sales = "{weight: 30%, of: payee, target: 40000, attainment: ratio, curve: on_ratio}"
    return f"plans:\n  adviser:\n    scorecard:\n      satisfied: {{{written}}}\n      sales: {sales}\n"


def gate(when: str, *, of: str = "team", does: str = "withhold: all") -> str:
    """`EXAMPLE` with a gate on the plan."""
    because = "because: {en: So be it, fr: Ainsi}"
    return f"plans:\n  adviser:\n    gates:\n      - {{when: '{when}', of: {of}, {does}, {because}}}\n"


def curve(written: str) -> str:
    return f"curves:\n  on_ratio: {{{written}}}\n"


def codes(example: str) -> list[str]:
    return [each.code for each in told(example)]


STEPPED = "kind: stepped, tiers: [{from: 90%, rate: 20%}, {from: 100%, rate: 100%}], below: zero"
"""At 100 % it jumps by 80 %: 56 % of the target pay by a measure of 70 %."""


@pytest.mark.parametrize(
    ("example", "found"),
    [
        (curve(STEPPED), ["P01-cliff"]),
        (curve(STEPPED) + measure(cap="90%"), []),  # 90 % − 20 % of 70 % = 49 %
        (curve(STEPPED) + measure(cap="92%"), ["P01-cliff"]),  # 50.4 %; but then on target 100 % is capped
        (curve(STEPPED) + measure(floor="30%"), []),  # (100 % − 30 %) × 70 % = 49 %
        (curve(STEPPED.replace("20%", "30%")), []),
        (curve("kind: lookup, rows: [{below: 1, rate: 0%}, {from: 1, rate: 100%}]"), ["P01-cliff"]),
        (curve("kind: graded, tiers: [{from: 1, rate: 0%, jump: 100%}]"), ["P01-cliff"]),
        (curve("kind: logistic, midpoint: 1, width: 0.1"), []),
        (curve("kind: linear, points: [[100%, 0%], [100%, 100%]], below: zero"), ["P01-cliff"]),
    ],
)
def test_cliffs(example: str, found: list[str]) -> None:
    assert [code for code in codes(example) if code == "P01-cliff"] == found


@pytest.mark.parametrize(
    ("when", "found"),
    [
        ("satisfied < 0", ["P04-dead-gate"]),
        ("satisfied <= 0", []),
        ("satisfied >= 0", ["P04-dead-gate", "P06-without-effect"]),  # it always shuts
        ("satisfied > 50% AND satisfied < 40%", ["P04-dead-gate"]),
        ("satisfied > 40% AND satisfied < 50%", []),
        ("satisfied <= 50% AND satisfied < 40%", []),
        ("NOT satisfied > 40% OR satisfied > 30%", ["P04-dead-gate", "P06-without-effect"]),  # always, too
        ("satisfied * 100 > 100", ["P04-dead-gate"]),
        ("satisfied + sales / 1000000 > 2", ["P04-dead-gate"]),
        ("satisfied + sales / 1000000 >= 2", []),
        ("IF(satisfied > 90%, satisfied, 1) < 50%", ["P04-dead-gate"]),  # the first branch is above 90 %
        ("on_ratio(satisfied) > 100%", ["P04-dead-gate"]),  # at 100 % the curve gives 100 %
        ("MIN(satisfied, sales) > 1", ["P04-dead-gate"]),
        ("ABS(satisfied - 1) > 1", ["P04-dead-gate"]),
        ("ROUND(satisfied, 0) = 0.5", []),  # ends are known, what lies between them is not
        ("satisfied IN (2, 3)", ["P04-dead-gate"]),
        ("satisfied / sales > 1", []),  # sales may be almost nothing
        ('role = "Seller"', []),  # of texts nothing is known
        ("ISMISSING(satisfied)", []),
    ],
)
def test_dead_gates(when: str, found: list[str]) -> None:
    assert codes(gate(when)) == found


@pytest.mark.parametrize(
    ("example", "found"),
    [
        (measure(target="83.33%"), []),  # 1 ÷ 0.8333 = 120.0048 %, at 4 places 1.2
        (measure(target="83.34%"), ["P05-unreachable"]),  # 119.99 %
        (measure(target="90%", on_missing="target"), ["P05-unreachable"]),  # the target itself is 100 %
        (measure(target="90%", target_for="presence"), []),  # who was there for half has half of the target
        (measure(target="{column: own_target}"), []),
        (measure(attainment="inverse_ratio"), []),
        (measure(attainment="level", target=""), ["P05-unreachable"]),
        (
            curve("kind: linear, points: [[-1, 50%], [-0.5, 60%], [1, 100%]], below: zero"),
            2 * ["P05-unreachable"],
        ),  # both
        (curve("kind: linear, points: [[-1, 50%], [1, 100%]], below: zero"), []),
        (curve("kind: lookup, rows: [{below: -1, rate: 0%}, {from: -1, to: 0, rate: 50%}, {over: 0, rate: 60%}]"), []),
        (curve("kind: lookup, rows: [{to: 1.25, rate: 90%}, {over: 1.25, rate: 100%}]"), ["P05-unreachable"]),
        (curve("kind: lookup, rows: [{below: 1.25, rate: 90%}, {from: 1.25, rate: 100%}]"), []),
    ],
)
def test_what_no_result_reaches(example: str, found: list[str]) -> None:
    assert [code for code in codes(example) if code == "P05-unreachable"] == found


def test_what_no_result_reaches_is_told_with_the_range() -> None:
    (problem,) = told(measure(target="90%"))
    assert problem.message == (
        "no result of `satisfied` reaches 120% of `on_ratio`: its attainment lies between 0% and 111.11%"
    )


def plan(scorecard: str, more: str = "") -> str:
    """`EXAMPLE` with another scorecard."""
    return f"plans:\n  adviser:\n{more}    scorecard:\n" + "".join(f"      {line}\n" for line in scorecard.splitlines())


SATISFIED = "satisfied: {weight: 70%, of: payee, target: 80%, attainment: ratio, curve: on_ratio}"
LEVEL = SATISFIED.replace("target: 80%, ", "").replace("ratio, ", "level, ")
SALES = "sales: {weight: 30%, of: payee, target: 40000, attainment: ratio, curve: on_ratio}"


def with_(more: str) -> str:
    """The measure of satisfied customers with something more."""
    return SATISFIED.replace("}", f"{more}}}")


@pytest.mark.parametrize(
    ("example", "found"),
    [
        (plan(with_(", cap: 95%") + f"\n{SALES}"), ["P03-cap-below-target"]),
        (plan(with_(", cap: 100%") + f"\n{SALES}"), []),
        (plan(f"{SATISFIED}\n{SALES}", "    cap: 99%\n"), ["P03-cap-below-target"]),
        # on target the curve pays 90 %: a plan capped at 90 % takes nothing
        (curve("kind: linear, points: [[0%, 0%], [110%, 99%]], below: zero") + "plans: {adviser: {cap: 90%}}", []),
        # what is not held against a target says nothing, and the plan promises its target pay
        (plan(f"{LEVEL}\n{SALES}", "    cap: 99%\n"), ["P03-cap-below-target"]),
        (plan(f"{LEVEL}\n{SALES}", "    cap: 100%\n"), []),
    ],
)
def test_caps_below_what_is_on_target(example: str, found: list[str]) -> None:
    assert [code for code in codes(example) if code == "P03-cap-below-target"] == found


@pytest.mark.parametrize(
    ("example", "found"),
    [
        (plan(f"{SATISFIED}\n{SALES}".replace("70%", "100%").replace("30%", "0%")), ["sales"]),
        (plan(with_(", floor: 90%, cap: 90%") + f"\n{SALES}"), ["satisfied"]),
        (plan(f"{SATISFIED}\n{SALES}", "    payout: target_pay * sales\n"), ["satisfied"]),
        (plan(f"{SATISFIED}\n{SALES}", "    payout: target_pay * score\n"), []),
        # 150 % at most, of each: no result exceeds the floor
        (plan(f"{SATISFIED}\n{SALES}", "    floor: 150%\n"), ["the scorecard"]),
        (plan(f"{SATISFIED}\n{SALES}", "    floor: 149.9999%\n"), []),
        # 0 % to 125 % of the target, and the curve is flat there
        (curve("kind: linear, points: [[125%, 80%], [200%, 90%]], below: flat"), ["satisfied"]),
        (curve("kind: linear, points: [[124%, 80%], [200%, 90%]], below: flat"), []),
        # … but who has no result has a score of zero
        (curve("kind: linear, points: [[125%, 80%], [200%, 90%]], below: flat") + measure(on_missing="zero"), []),
    ],
)
def test_measures_without_effect(example: str, found: list[str]) -> None:
    of_rule = [each for each in told(example) if each.code == "P06-without-effect"]
    effects = [each.message.partition(" never changes")[0].strip("`") for each in of_rule]
    assert effects == found


TWICE = """\
again: {kpi: satisfied, weight: 30%, of: OF, target: 90%, attainment: ratio, curve: on_ratio}
"""


@pytest.mark.parametrize(
    ("example", "found"),
    [
        (plan(f"{SATISFIED}\n{TWICE}".replace("OF", "payee")), ["P07-kpi-twice"]),
        (plan(f"{SATISFIED}\n{TWICE}".replace("OF", "team")), []),  # the own result and the team's
        (
            plan(f"{SATISFIED}\n{TWICE}".replace("OF", "payee"), "    combine: max\n")
            .replace("weight: 70%, ", "")
            .replace("weight: 30%, ", ""),
            [],  # the better of two
        ),
        (
            "kpis:\n  unhappy:\n    title: {en: Unhappy, fr: Mécontents}\n    perspective: customer\n"
            "    compute: {kind: formula, value: 1 - satisfied}\n    better: lower\n"
            + plan(f"{SATISFIED}\n{TWICE}".replace("OF", "payee").replace("kpi: satisfied", "kpi: unhappy")),
            ["P07-kpi-twice"],
        ),
    ],
)
def test_results_that_count_twice(example: str, found: list[str]) -> None:
    assert [code for code in codes(example) if code == "P07-kpi-twice"] == found


ANSWERS = """\
kpis:
  answers:
    title: {en: Answers, fr: Réponses}
    perspective: customer
    compute: {kind: count, from: surveys}
    better: higher
"""


@pytest.mark.parametrize(
    ("example", "found"),
    [
        (gate("satisfied < 50%", of="payee"), ["P08-luck-decides"]),
        (gate("satisfied < 50%", of="team"), []),
        (gate("satisfied < 50%", of="payee", does="withhold: 24%"), []),
        (gate("satisfied < 50%", of="payee", does="withhold: 25%"), ["P08-luck-decides"]),
        (gate("satisfied < 50%", of="payee", does="limit: 75%"), ["P08-luck-decides"]),
        (gate("satisfied < 50%", of="payee", does="limit: 80%"), []),
        (gate("sales < 20000", of="payee"), []),  # no sample of anything
        (ANSWERS + gate("answers >= 30 AND satisfied < 50%", of="payee"), []),
        (ANSWERS + gate("answers < 1", of="payee"), []),
    ],
)
def test_gates_that_luck_shuts(example: str, found: list[str]) -> None:
    assert codes(example) == found


@pytest.mark.parametrize(
    ("reliability", "found"),
    [
        ("", ["P08-luck-decides"]),
        ("reliability: {at_least: 9, otherwise: team}", ["P08-luck-decides"]),
        ("reliability: {at_least: 10, otherwise: team}", []),
        ("reliability: {credibility: {towards: team, k: 40}}", []),
    ],
)
def test_tiers_that_luck_decides(reliability: str, found: list[str]) -> None:
    (bad,) = (rule.bad for rule in PLAN_RULES if rule.code == "P08-luck-decides")
    assert codes(bad.replace("better: higher", f"better: higher\n    {reliability}")) == found


def test_one_kpi_paid_both_ways_is_told() -> None:
    host = '  host:\n    title: {en: Host, fr: Hôte}\n    pays: bonus\n    who: role = "Host"\n    target_pay: 100\n'
    other = "      sales: {weight: 100%, of: payee, target: 40000, attainment: inverse_ratio, curve: on_ratio}\n"
    assert codes(f"plans:\n{host}    scorecard:\n{other}") == ["pays-for-worse", "P01-cliff", "P09-opposite-targets"]
