"""`incentive test`: which places of a plan examples reach, which holes are told where, and what is suggested."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import assume, given, settings

import incentive_engine
from incentive_engine.cli import main
from incentive_engine.documents import read_text
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.rulesets.loading import Rules, load, load_document
from incentive_engine.rulesets.tested import TESTED
from incentive_engine.shipped import rule_sets, rules_dir
from incentive_engine.simulation.plan_tests.coverage import PlanTests, holes
from incentive_engine.simulation.plan_tests.pasting import pasted
from incentive_engine.simulation.plan_tests.stretches import stretches
from incentive_engine.simulation.plan_tests.suggesting import Suggestions
from tests.drawn import as_yaml, cases
from tests.oracle import Case

TODAY = dt.date(2026, 7, 1)
STARTER = rules_dir() / "starter" / "rules.yaml"
HEAD = """\
rule_set: small
version: "1"
title: {en: Bonus, fr: Prime}
decided: {by: The committee, on: 2025-12-01}
currency: EUR
timezone: Europe/Paris
kpis:
  quality:
    title: {en: Quality, fr: Qualité}
    perspective: customer
    compute: {kind: given, at_least: 0, at_most: 10}
    better: higher
  speed:
    title: {en: Speed, fr: Vitesse}
    perspective: internal
    compute: {kind: given, at_least: 0, at_most: 200}
    better: higher
curves:
  steps: {kind: stepped, tiers: [{from: 80%, rate: 50%}, {from: 100%, rate: 100%}], below: zero}
"""
PLAN = """\
plans:
  clerk:
    title: {en: Clerk, fr: Employé}
    pays: bonus
    who: role = "Clerk"
    target_pay: 1000
    scorecard:
      quality: {weight: 100%, of: payee, target: 8, attainment: ratio, curve: steps}
"""
CLERK = """
  - title: A clerk
    plan: clerk
    period: 2026-Q3
    payee: {role: Clerk}
"""


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def rules_of(*texts: str) -> Rules:
    return load_document(read_text("".join(texts), "small.yaml"))


def told(rules: Rules) -> list[Problem]:
    """The holes, where they are written."""
    return list(holes(rules, PlanTests(rules).coverage(), TODAY).problems)


def messages(*texts: str) -> list[str]:
    rules = rules_of(*texts)
    assert [each for each in incentive_engine.check(rules) if each.level == "error"] == []
    return [problem.message.removeprefix("no example shows ") for problem in told(rules)]


# --- what there is to reach -------------------------------------------------------------------------------------------


def test_a_plan_without_examples_has_every_hole_at_its_place() -> None:
    rules = rules_of(HEAD, PLAN)
    found = {(each.code, each.message.removeprefix("no example shows "), str(each.location)) for each in told(rules)}
    assert found == {
        ("T08-example", "somebody who is paid by `clerk`", "small.yaml:21:3"),
        ("T07-people", "somebody whom `who` of `clerk` leaves out", "small.yaml:24:10"),
        ("T01-tier", "`quality` with an attainment below 80%", "small.yaml:27:79"),
        ("T01-tier", "`quality` with an attainment from 80% to below 100%", "small.yaml:27:79"),
        ("T01-tier", "`quality` with an attainment from 100%", "small.yaml:27:79"),
        ("T06-missing", "`quality` without a result (hold)", "small.yaml:27:16"),
    }
    assert all(each.hint and each.level == "error" for each in told(rules))


def test_an_example_fills_the_holes_that_it_reaches_and_no_others() -> None:
    examples = f"examples:{CLERK}    results: {{quality: 7}}\n    expect: {{payout: 500}}\n"  # 7 of 8: 87.5 %
    assert messages(HEAD, PLAN, examples) == [
        "somebody whom `who` of `clerk` leaves out",
        "`quality` with an attainment below 80%",
        "`quality` with an attainment from 100%",
        "`quality` without a result (hold)",
    ]


def test_the_edge_of_a_tier_belongs_to_the_tier() -> None:
    examples = f"examples:{CLERK}    results: {{quality: 6.4}}\n    expect: {{payout: 500}}\n"  # 80 %
    left = messages(HEAD, PLAN, examples)
    assert "`quality` with an attainment from 80% to below 100%" not in left
    assert "`quality` with an attainment below 80%" in left


def test_who_is_held_or_left_out_reaches_no_tier() -> None:
    held = f"examples:{CLERK}    results: {{speed: 7}}\n    expect: {{held: missing-result}}\n"
    out = CLERK.replace("Clerk", "Other").replace("A clerk", "Another") + "    results: {quality: 8}\n"
    out += "    expect: {fails: who}\n"
    assert messages(HEAD, PLAN, held, out) == [
        "somebody who is paid by `clerk`",
        "`quality` with an attainment below 80%",
        "`quality` with an attainment from 80% to below 100%",
        "`quality` with an attainment from 100%",
    ]


STEPS = """\
plans:
  clerk:
    title: {en: Clerk, fr: Employé}
    pays: bonus
    who: role = "Clerk"
    target_pay: IF(level = "senior", 2000, 1000)
    combine: min
    scorecard:
      quality:
        of: payee
        target: 8
        attainment: ratio
        curve: steps
        on_missing: zero
        modifiers: [{factor: "IF(speed > 150, 120%, 100%)", because: {en: Fast, fr: Rapide}}]
        gates: [{when: speed < 50, withhold: 50%, because: {en: Slow, fr: Lent}}]
        floor: 10%
        cap: 110%
      speed: {of: payee, target: 100, attainment: ratio, curve: steps}
"""
PAID = """
  - title: {title}
    plan: clerk
    period: 2026-Q3
    payee: {{role: Clerk, level: {level}}}
    results: {{{results}}}
    expect: {{payout: {payout}}}
"""


def paid(level: str, results: str, payout: int) -> str:
    return PAID.format(title=f"{level}, {results}".replace(":", ""), level=level, results=results, payout=payout)


def test_steps_and_branches_are_asked_on_both_sides() -> None:
    examples = paid("junior", "quality: 8, speed: 100", 1000)  # 100 % of each, the lowest is quality: it stands first
    assert messages(HEAD, STEPS, "examples:", examples) == [
        "somebody whom `who` of `clerk` leaves out",
        "`quality` with an attainment below 80%",
        "`quality` with an attainment from 80% to below 100%",
        "`speed` with an attainment below 80%",
        "`speed` with an attainment from 80% to below 100%",
        "modifier 1 of `quality` changing the score",
        "gate 1 of `quality` where `speed < 50` holds",
        "`quality` below its floor of 10%",
        "`quality` above its cap of 110%",
        "`level = \"senior\"` in `target_pay` where it holds",
        "`speed > 150` in modifier 1 of `quality` where it holds",
        "`speed` as the lowest of `plan`",
        "`quality` without a result (zero)",
        "`speed` without a result (hold)",
    ]  # fmt: skip


def test_every_step_can_be_reached() -> None:
    examples = [
        paid("senior", "quality: 8, speed: 160", 2000),  # 100 % x 120 %, 110 % at most; speed 100 %: the lowest
        paid("junior", "quality: 7, speed: 40", 0),  # speed 0 %: the lowest
        paid("junior", "quality: 6, speed: 90", 100),  # quality 0 %, 10 % at least
        paid("junior", "speed: 100", 100),  # no quality: zero, 10 % at least
        "  - {title: Held, plan: clerk, period: 2026-Q3, payee: {role: Clerk, level: a}, results: {quality: 8}, "
        "expect: {held: missing-result}}\n",
        "  - {title: Out, plan: clerk, period: 2026-Q3, payee: {role: Other}, expect: {fails: who}}\n",
    ]
    assert messages(HEAD, STEPS, "examples:", *examples) == []


def test_cells_of_a_matrix_are_asked_one_by_one() -> None:
    matrix = "  steps: {kind: matrix, across: tenure, columns: [5], rows: [{from: 80%, rates: [50%]}], below: zero}\n"
    rules = HEAD[: HEAD.index("  steps:")] + matrix
    row = "results: {quality: 8}\n    expect: {payout: 500}\n"
    left = messages(rules, PLAN, f"examples:{CLERK.replace('Clerk}', 'Clerk, tenure: 5}')}    {row}")
    assert [each for each in left if "attainment" in each] == [
        "`quality` with an attainment below 80% and tenure below 5",
        "`quality` with an attainment below 80% and tenure from 5",
        "`quality` with an attainment from 80% and tenure below 5",
    ]


AVERAGED = PLAN.replace("of: payee, target", "of: payee, average_of: months, target")


def test_a_tier_is_reached_by_any_part_that_is_averaged() -> None:
    results = "quality.2026-07: 4, quality.2026-08: 7, quality.2026-09: 8"  # 50 %, 87.5 % and 100 %: 0, 50 and 100 %
    examples = f"examples:{CLERK}    results: {{{results}}}\n    expect: {{payout: 500}}\n"
    assert [each for each in messages(HEAD, AVERAGED, examples) if "attainment" in each] == []


WAYS = """\
plans:
  clerk:
    title: {en: Clerk, fr: Employé}
    pays: bonus
    who: role = "Clerk"
    target_pay: 1000
    payout: IF(quality >= 100%, target_pay * quality, IF(quality > 90%, target_pay / 2, 0))
    scorecard:
      quality:
        weight: 100%
        of: payee
        paths:
          reached: {target: 8, attainment: ratio, curve: steps}
          alone: {attainment: level, curve: by_level}
        modifiers: [{factor: faster(speed), because: {en: Fast, fr: Rapide}}]
"""
CURVES = """\
  by_level: {kind: stepped, tiers: [{from: 1, rate: 60%}], below: zero}
  faster: {kind: linear, points: [[50, 100%], [100, 110%]], below: flat}
"""


def test_ways_and_curves_in_formulas_and_formulas_of_payouts() -> None:
    rules = (HEAD, CURVES, WAYS)
    examples = paid("x", "quality: 8, speed: 75", 1050)  # 100 % by the target, 60 % by the level; 105 % for speed
    assert messages(*rules, "examples:", examples.replace(", level: x", "")) == [
        "somebody whom `who` of `clerk` leaves out",
        "`quality` by `reached` with an attainment below 80%",
        "`quality` by `reached` with an attainment from 80% to below 100%",
        "`quality` by `alone` with an attainment below 1",
        "`faster` in modifier 1 of `quality` with a number below 50",
        "`faster` in modifier 1 of `quality` with a number from 100",
        "`quality >= 100%` in `payout` where it does not hold",
        "`quality > 90%` in `payout` where it holds",
        "`quality > 90%` in `payout` where it does not hold",
        "`quality` paid by `alone`",
        "`quality` without a result (hold)",
    ]


def test_what_nobody_can_reach_is_not_asked() -> None:
    wide = HEAD.replace("rate: 100%}]", "rate: 100%}, {from: 130%, rate: 150%}]")  # 10 of 8 is 125 % at most
    assert [each for each in messages(wide, PLAN) if "from 130%" in each] == []
    capped = PLAN.replace("curve: steps}", "curve: steps, cap: 100%}")  # nothing lies above
    assert [each for each in messages(HEAD, capped) if "cap" in each] == []


def test_a_stretch_begins_at_its_first_number_or_right_after_it() -> None:
    below, middle, above = stretches([(Decimal(2), True), (Decimal(1), False)])
    half, one, two = Fraction(1, 2), Fraction(1), Fraction(2)
    assert [each.reads(percent=False) for each in (below, middle, above)] == ["below 1", "from 1 up to 2", "above 2"]
    assert [below.holds(x) for x in (half, one)] == [True, False]
    assert [middle.holds(x) for x in (half, one, two, two + half)] == [False, True, True, False]
    assert [above.holds(x) for x in (two, two + half)] == [False, True]


# --- waivers ----------------------------------------------------------------------------------------------------------


def test_a_hole_is_waived_with_a_reason() -> None:
    waive = "waive: [{rule: T01-tier, at: plans.clerk, because: {en: Known, fr: Connu}, by: The committee}]\n"
    rules = rules_of(HEAD, waive, PLAN)
    found = holes(rules, PlanTests(rules).coverage(), TODAY)
    assert {each.problem.code for each in found.waived} == {"T01-tier"}
    assert {each.code for each in found.problems} == {"T06-missing", "T07-people", "T08-example"}
    assert [each for each in incentive_engine.check(rules) if each.code == "unused-waiver"] == []


def test_a_waiver_of_no_hole_is_told() -> None:
    waive = "waive: [{rule: T02-gate, at: plans.clerk, because: {en: Known, fr: Connu}, by: The committee}]\n"
    assert [each.code for each in told(rules_of(HEAD, waive, PLAN))][-1] == "unused-waiver"


# --- suggestions ------------------------------------------------------------------------------------------------------


def with_suggestions(path: Path) -> tuple[Rules, Suggestions]:
    """The rule set with all that is suggested for it pasted under its examples."""
    suggestions = Suggestions(PlanTests(load(path)))
    text, new = path.read_text(encoding="utf-8"), "\n".join(map(pasted, suggestions.outcomes))
    head, found, rest = text.partition("\nexamples:\n")
    pasted_in = f"{head}\nexamples:\n{new}\n{rest}" if found else f"{text}\nexamples:\n{new}\n"
    return load_document(read_text(pasted_in, str(path))), suggestions


def test_boundaries_are_found_in_steps_of_the_result() -> None:
    examples = f"examples:{CLERK}    results: {{quality: 9}}\n    expect: {{payout: 1000}}\n"
    suggestions = Suggestions(PlanTests(rules_of(HEAD, PLAN, examples)))
    found = {each.example.title: each for each in suggestions.outcomes}
    results = {title: str(each.example.results["quality"]) for title, each in found.items() if "attainment" in title}
    # 80 % of 8 is 6.4; an attainment keeps 4 decimals: 6.3996 is 79.995 %, so 80 %, and 6.3995 is 79.9938 %, so 79.99 %
    assert results == {
        "quality: attainment just below 80%": "6.3995",
        "quality: attainment at 80%": "6.3996",
        "quality: attainment just above 80%": "6.4004",
        "quality: attainment just below 100%": "7.9995",
        "quality: attainment at 100%": "7.9996",
        "quality: attainment just above 100%": "8.0004",
    }
    payouts = [each.value(each.program.payout) for each in found.values() if each.program.payout and each.paid]
    assert payouts == [0, 500, 500, 500, 1000, 1000]
    assert suggestions.holes == ()


def test_what_is_suggested_can_be_pasted_and_fills_every_hole() -> None:
    rules = rules_of(HEAD, STEPS)
    suggestions = Suggestions(PlanTests(rules))
    again = rules_of(HEAD, STEPS, "examples:\n", "\n".join(map(pasted, suggestions.outcomes)))
    assert incentive_engine.check(again) == []
    assert suggestions.holes == ()
    assert told(again) == []


@pytest.mark.long
@pytest.mark.parametrize("path", rule_sets(), ids=lambda path: path.stem)
def test_what_is_suggested_for_shipped_rules_is_what_the_engine_gives(path: Path) -> None:
    rules, suggestions = with_suggestions(path)
    assert [each for each in incentive_engine.check(rules) if each.level == "error"] == []
    assert len(PlanTests(rules).coverage().holes) == len(suggestions.holes)


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_starter_has_no_hole() -> None:
    done = invoke("test", STARTER)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        "plan     tiers  gates  modifiers  limits  branches  missing  people\n"
        "adviser  12/12      –          –       –         –      4/4     3/3\n"
        "seller     8/8    2/2          –       –         –      3/3     3/3\n"
        f"{STARTER}: 18 examples, 37 of 37 places shown, no hole\n"
    )


def test_a_hole_fails_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(f"{HEAD}{PLAN}examples:{CLERK}    results: {{quality: 9}}\n    expect: {{payout: 1}}\n", "utf-8")
    done = invoke("test", path)
    assert done.exit_code == 1
    assert f"{path}:34:22: error[example-differs]: example “A clerk”: the payout is 1000, not 1" in done.stderr
    assert f"{path}:27:79: error[T01-tier]: no example shows `quality` with an attainment below 80%" in done.stderr
    assert done.stdout.endswith("1 example, 2 of 6 places shown, 4 holes\n")


def test_numbers_that_may_not_fit_are_told_as_a_check_tells_them() -> None:
    large = PLAN.replace("target_pay: 1000", "target_pay: 1" + 37 * "0")
    problems = incentive_engine.check(rules_of(HEAD, large))
    with pytest.raises(InputProblems) as refused:
        PlanTests(rules_of(HEAD, large))
    assert list(refused.value.problems) == problems != []


def test_suggestions_are_printed_alone(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(f"{HEAD}{PLAN}", "utf-8")
    done = invoke("test", path, "--suggest")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:7] == [
        '  - title: "clerk: on target"',
        "    plan: clerk",
        "    period: 2026-Q1",
        "    payee: {role: Clerk}",
        "    results: {quality: 8}",
        "    expect: {scores: {quality: 100%}, score: 100%, payout: 1000}",
    ]


def test_every_kind_of_hole_is_explained() -> None:
    assert list(TESTED) == sorted(TESTED)
    reference = (rules_dir() / "README.md").read_text(encoding="utf-8")
    assert [code for code in TESTED if f"`{code}`" not in reference] == []


# --- drawn rule sets --------------------------------------------------------------------------------------------------


def suggestions_hold(case: Case) -> None:
    """All that is suggested for a drawn rule set is accepted, is what the engine gives, and fills what it says."""
    written = {key: value for key, value in case.rules.items() if key not in ("examples", "follows")}
    rules = load_document(read_text(as_yaml(written), "drawn.yaml"))
    assume(incentive_engine.check(rules) == [])
    suggestions = Suggestions(PlanTests(rules))
    examples = "".join(f"{pasted(each)}\n" for each in suggestions.outcomes)
    again = load_document(read_text(as_yaml(written) + (f"examples:\n{examples}" if examples else ""), "drawn.yaml"))
    assert [each for each in incentive_engine.check(again) if each.level == "error"] == []
    assert [each.key for each in PlanTests(again).coverage().holes] == [each.key for each in suggestions.holes]


@pytest.mark.long
@settings(max_examples=15, deadline=None)
@given(case=cases())
def test_suggestions_for_drawn_rules_hold(case: Case) -> None:
    suggestions_hold(case)
