"""What two rule sets say otherwise: by what they mean, in words, and in money that adds up."""

from __future__ import annotations

import random
import tempfile
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import assume, given, seed, settings

from incentive_engine import InputProblems, load
from incentive_engine.cli import main
from incentive_engine.rulesets.loading import Rules
from incentive_engine.shipped import rules_dir
from incentive_engine.simulation.difference.amounts import paying
from incentive_engine.simulation.difference.change_words import told
from incentive_engine.simulation.difference.changed import changes, meant, with_parts
from incentive_engine.simulation.difference.touched import always, touched
from incentive_engine.simulation.difference.touched_paper import touched_section
from incentive_engine.simulation.scenarios.paths import path_text
from incentive_engine.simulation.scenarios.simulating import baseline
from tests.case_files import write_case
from tests.drawn import as_yaml, cases, cases_with_variants
from tests.oracle import Case, decided
from tests.test_oracle import DRAWN

STARTER = rules_dir() / "starter"
TEXT = (STARTER / "rules.yaml").read_text(encoding="utf-8").partition("\nexamples:")[0]
DEMO = rules_dir() / "demo" / "care-quarterly.yaml"

# Two people with 1,000 EUR of target pay: half of the result is worth 50 %, all of it 100 %.
SMALL = """
rule_set: small
version: "1"
title: {en: Small}
decided: {by: Us, on: 2026-01-01}
currency: EUR
timezone: Europe/Paris
kpis:
  done: {title: {en: Work done}, perspective: internal, compute: {kind: given}, better: higher}
  calm: {title: {en: Calm}, perspective: customer, compute: {kind: given}, better: higher}
curves:
  straight: {kind: linear, points: [[0, 0%], [100, 100%]], below: zero}
plans:
  all:
    title: {en: Everybody}
    pays: bonus
    who: payee <> "nobody"
    target_pay: 1000
    scorecard:
      done: {weight: 80%, of: payee, attainment: level, curve: straight}
      calm: {weight: 20%, of: payee, attainment: level, curve: straight}
    cap: 150%
"""
RESULTS = "subject_kind,subject,kpi,period,value\n" + "".join(
    f"payee,{payee},{kpi},2026-Q3,{value}\n"
    for payee, done, calm in (("P1", 50, 50), ("P2", 100, 100), ("P3", 100, 0))
    for kpi, value in (("done", done), ("calm", calm))
)


def written(folder: Path, text: str, name: str = "rules.yaml") -> Rules:
    (folder / name).write_text(text, encoding="utf-8")
    return load(folder / name)


def changed(text: str, *replacements: tuple[str, str]) -> str:
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def small_data(folder: Path) -> Path:
    data = folder / "data"
    data.mkdir()
    (data / "workforce.csv").write_text("payee\nP1\nP2\nP3\n", encoding="utf-8")
    (data / "kpis.csv").write_text(RESULTS, encoding="utf-8")
    return data


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["diff", *map(str, arguments)])


# --- by meaning -------------------------------------------------------------------------------------------------------

SAME = {
    "a comment": ("currency: EUR", "# here\ncurrency: EUR # there"),
    "spacing": ("principles: {customer_weight: {at_least: 70%}}", "principles:\n  customer_weight: {at_least:   70%}"),
    "another order": (
        'currency: EUR\ntimezone: Europe/Paris\n', "timezone: Europe/Paris\ncurrency: EUR\n"
    ),
    "another writing of a number": ("weight: 70%\n", "weight: 0.70\n"),
    "a default written out": ("[120%, 150%]], below: zero}", "[120%, 150%]], below: zero, above: flat}"),
    "a name written out": ("nps: {weight: 40%,", "nps: {kpi: nps, weight: 40%,"),
    "the coin written out": ("    cap: 150%\n", "    cap: 150%\n    payout_rounding: {places: 2}\n"),
    "quotes": ("pays: quarterly_bonus", 'pays: "quarterly_bonus"'),
    "a formula in another spacing": ("days_employed >= 30", "days_employed>=30"),
    "a formula with another writing of a number": ("base_salary * fte * 8% / 4", "base_salary*fte*0.08/4"),
}  # fmt: skip


@pytest.mark.parametrize("replaced", SAME.values(), ids=SAME)
def test_another_way_to_write_the_same_is_no_difference(tmp_path: Path, replaced: tuple[str, str]) -> None:
    one, other = written(tmp_path, TEXT), written(tmp_path, changed(TEXT, replaced), "other.yaml")
    assert changes(one.ruleset, other.ruleset) == ()


def test_an_entry_of_the_catalogue_is_what_it_says(tmp_path: Path) -> None:
    """`like: voice.nps` and the same entry written out mean the same."""
    like = load(STARTER / "rules.yaml").ruleset
    nps = like.kpis["nps"]
    taken = like.model_copy(update={"kpis": {**like.kpis, "nps": nps.model_copy(update={"like": "voice.nps"})}})
    assert changes(like, taken) == ()


def shuffled(value: Any, order: random.Random) -> Any:
    if not isinstance(value, dict):
        return value
    keys = list(value)
    order.shuffle(keys)
    return {key: shuffled(value[key], order) for key in keys}


@given(cases())
@settings(DRAWN, max_examples=8, derandomize=True)
def test_keys_in_another_order_are_no_difference(case: Case) -> None:
    with tempfile.TemporaryDirectory() as name:
        one = written(Path(name), as_yaml(alone(case)))
        other = written(Path(name), as_yaml(shuffled(alone(case), random.Random(7))))
    assert changes(one.ruleset, other.ruleset) == ()


def alone(case: Case) -> dict[str, Any]:
    """The rules of a case without an edition before."""
    return {key: value for key, value in case.rules.items() if key not in ("follows", "in_force")}


# --- in words ---------------------------------------------------------------------------------------------------------

SAID = {
    "a target": (
        ("target: 40,", "target: 45,"), "Adviser: target of Net Promoter Score", "40", "45",
        "plans.adviser.scorecard.customer.items.nps.target",
    ),
    "a cap": (("    cap: 150%", "    cap: 140%"), "Adviser: cap", "150%", "140%", "plans.adviser.cap"),
    "a cap that goes": (("    cap: 150%\n", ""), "Adviser: cap", "150%", "–", "plans.adviser.cap"),
    "who is eligible": (
        ("days_employed >= 30", "days_employed >= 60"), "Adviser: who is eligible",
        "days_employed >= 30", "days_employed >= 60", "plans.adviser.eligible",
    ),
    "a point": (
        ("[80%, 50%]", "[85%, 50%]"), "point 1 of curve on_ratio",
        "[80%, 50%]", "[85%, 50%]", "curves.on_ratio.points.1",
    ),
    "a gate's condition": (
        ("satisfaction < 3.5", "satisfaction < 3"), "Seller: condition of gate 1 of Sales signed",
        "satisfaction < 3.5", "satisfaction < 3", "plans.seller.scorecard.sales.gates.1.when",
    ),
    "a KPI": (
        ("{kind: mean, from: surveys, value: satisfaction}", "{kind: mean, from: surveys, value: recommend}"),
        "value of definition of KPI Customer satisfaction (1 to 5)",
        "satisfaction", "recommend", "kpis.satisfaction.compute.value",
    ),
    "another kind of KPI": (
        ("{kind: mean, from: surveys, value: satisfaction}", "{kind: sum, from: surveys, value: satisfaction}"),
        "definition of KPI Customer satisfaction (1 to 5)",
        "{kind: mean, from: surveys, value: satisfaction}", "{kind: sum, from: surveys, value: satisfaction}",
        "kpis.satisfaction.compute",
    ),
    "how many facts": (
        ("at_least: 3, otherwise", "at_least: 5, otherwise"),
        "facts that a result needs of KPI Customer satisfaction (1 to 5)",
        "3", "5", "kpis.satisfaction.reliability.at_least",
    ),
    "a label": (
        ("en: Adviser,", "en: Advisor,"), "Advisor: title (en)", "Adviser", "Advisor", "plans.adviser.title.en",
    ),
    "who decided": (
        ("by: Head of compensation", "by: The board"), "who decided",
        "Head of compensation", "The board", "decided.by",
    ),
    "a number that comes to differ": (
        ("target: {table: targets}", "target: 9000"), "Seller: target of Sales signed", "{table: targets}", "9000",
        "plans.seller.scorecard.sales.target",
    ),
}  # fmt: skip
WORDS = {"a label", "who decided"}


@pytest.mark.parametrize("name", SAID)
def test_one_changed_fact_is_one_line(tmp_path: Path, name: str) -> None:
    replaced, what, was, now, path = SAID[name]
    text = changed(TEXT, replaced)
    if name == "a number that comes to differ":
        text = changed(text, ("tables:\n  targets: {path: targets.csv, keys: [level, kpi]}\n", ""))
    before, after = written(tmp_path, TEXT, "before.yaml"), written(tmp_path, text)
    found = [each for each in changes(before.ruleset, after.ruleset) if each.at[0] != "tables"]
    assert [path_text(each.at) for each in found] == [path]
    said = told(found[0], before, after)
    assert (said.what["en"], said.before, said.after) == (what, was, now)
    assert found[0].of_words is (name in WORDS)


def test_what_comes_and_what_goes_is_told_as_a_whole(tmp_path: Path) -> None:
    gate = "    gates:\n      - {when: calm < 20, withhold: 50%, because: {en: No calm}}\n"
    before = written(tmp_path, SMALL, "before.yaml")
    after = written(tmp_path, changed(SMALL, ("    cap: 150%\n", f"    cap: 150%\n{gate}")))
    (found,) = changes(before.ruleset, after.ruleset)
    assert (found.kind, path_text(found.at)) == ("added", "plans.all.gates.1")
    assert told(found, before, after).after == "50% is withheld where calm < 20"
    (back,) = changes(after.ruleset, before.ruleset)
    assert (back.kind, told(back, after, before).before) == ("removed", "50% is withheld where calm < 20")
    plan = changed(SMALL[SMALL.index("  all:") :], ("  all:", "  more:"), ("pays: bonus", "pays: more"))
    (new,) = changes(before.ruleset, written(tmp_path, SMALL + plan).ruleset)
    assert (new.kind, path_text(new.at)) == ("added", "plans.more")


# --- in money ---------------------------------------------------------------------------------------------------------


def steps(before: Rules, after: Rules, data: Path) -> list[tuple[list[str], int, Decimal]]:
    """Paths, payees and cost of each step; the costs add up to the whole."""
    found = touched(always(before), always(after), paying(baseline(always(before), data, "2026-Q3")))
    cost = sum((step.costs.get("EUR", Decimal(0)) for step in found.steps), Decimal(0))
    assert cost == found.costs.get("EUR", Decimal(0)) == found.after["EUR"] - found.before["EUR"]
    return [
        ([path_text(each.at) for each in step.changes], step.payees, step.costs.get("EUR", Decimal(0)))
        for step in found.steps
    ]


def test_costs_are_worked_out_one_change_after_the_other(tmp_path: Path) -> None:
    """Before: P1 500, P2 1,000, P3 800. At 1,100: 550, 1,100, 880: +230. Capped at 80 %: P2 880: −220."""
    before = written(tmp_path, SMALL, "before.yaml")
    after = written(tmp_path, changed(SMALL, ("target_pay: 1000", "target_pay: 1100"), ("cap: 150%", "cap: 80%")))
    assert steps(before, after, small_data(tmp_path)) == [
        (["plans.all.target_pay"], 3, Decimal(230)),
        (["plans.all.cap"], 1, Decimal(-220)),
    ]


def test_weights_change_together(tmp_path: Path) -> None:
    """At 50 % each P3, who has 100 of one and 0 of the other, has 500 in the place of 800."""
    before = written(tmp_path, SMALL, "before.yaml")
    after = written(tmp_path, changed(SMALL, ("weight: 80%", "weight: 50%"), ("weight: 20%", "weight: 50%")))
    paths = ["plans.all.scorecard.done.weight", "plans.all.scorecard.calm.weight"]
    assert steps(before, after, small_data(tmp_path)) == [(paths, 1, Decimal(-300))]


def test_what_is_named_comes_before_what_names_it(tmp_path: Path) -> None:
    """A new curve costs nothing until the measure is on it: half of the result is then worth nothing."""
    before = written(tmp_path, SMALL, "before.yaml")
    steep = "  steep: {kind: stepped, tiers: [{from: 100, rate: 100%}], below: zero}\n"
    straight = "done: {weight: 80%, of: payee, attainment: level, curve: straight"
    on_steep = straight.replace("curve: straight", "curve: steep")
    text = changed(SMALL, ("plans:\n", f"{steep}plans:\n"), (straight, on_steep))
    after = written(tmp_path, text)
    data = small_data(tmp_path)
    curve, measure = ["curves.steep"], ["plans.all.scorecard.done.curve"]
    assert steps(before, after, data) == [(curve, 0, Decimal(0)), (measure, 1, Decimal(-400))]
    assert steps(after, before, data) == [(measure, 1, Decimal(400)), (curve, 0, Decimal(0))]


def test_what_cannot_come_first_waits(tmp_path: Path) -> None:
    """A floor of 60 % is refused below a cap of 40 %: the cap rises first. 400 each became 500, 700, 700, then 600."""
    text = changed(SMALL, ("    cap: 150%", "    floor: 10%\n    cap: 40%"))
    before = written(tmp_path, text, "before.yaml")
    after = written(tmp_path, changed(text, ("floor: 10%", "floor: 60%"), ("cap: 40%", "cap: 70%")))
    assert steps(before, after, small_data(tmp_path)) == [
        (["plans.all.cap"], 3, Decimal(700)),
        (["plans.all.floor"], 1, Decimal(100)),
    ]


def test_a_group_that_needs_no_weights_loses_them_at_once(tmp_path: Path) -> None:
    """The mean of 100 % and 0 % pays P3 500 in the place of 800."""
    before = written(tmp_path, SMALL, "before.yaml")
    without = [("weight: 80%, ", ""), ("weight: 20%, ", ""), ("    scorecard:", "    combine: mean\n    scorecard:")]
    ((paths, payees, cost),) = steps(before, written(tmp_path, changed(SMALL, *without)), small_data(tmp_path))
    assert paths[0] == "plans.all.combine"
    assert (len(paths), payees, cost) == (3, 1, Decimal(-300))


def test_what_holds_only_together_is_one_step(tmp_path: Path) -> None:
    """A formula names a measure that has another name now. Without calm, 1,000, 2,000, 1,000 are 500, 1,000, 1,000."""
    text = changed(SMALL, ("    scorecard:", "    payout: target_pay * done + target_pay * calm\n    scorecard:"))
    before = written(tmp_path, text, "before.yaml")
    renamed = [
        ("target_pay * done + target_pay * calm", "target_pay * work"),
        ("done: {weight", "work: {kpi: done, weight"),
    ]
    after = written(tmp_path, changed(text, *renamed))
    found = steps(before, after, small_data(tmp_path))
    assert [each[1:] for each in found] == [(2, Decimal(-1500))]
    assert found[0][0] == ["plans.all.payout", "plans.all.scorecard.done", "plans.all.scorecard.work"]


def test_examples_and_promises_stop_no_step(tmp_path: Path) -> None:
    """An example names a measure that goes: the change of pay is worked out all the same."""
    example = """examples:
  - {title: Half, plan: all, period: 2026-Q3, payee: {}, results: {done: 50, calm: 50}, expect: {payout: 500}}
"""
    before = written(tmp_path, SMALL + example, "before.yaml")
    without = [("      calm: {weight: 20%, of: payee, attainment: level, curve: straight}\n", ""), ("80%", "100%")]
    after = written(tmp_path, changed(SMALL, *without))
    (found,) = steps(before, after, small_data(tmp_path))
    assert found[1:] == (1, Decimal(200))


def test_words_cost_nothing_and_days_in_force_do_not_count(tmp_path: Path) -> None:
    before = written(tmp_path, SMALL, "before.yaml")
    text = changed(SMALL, ("{en: Small}", "{en: Smaller}"), ("currency:", "in_force: {from: 2027-01-01}\ncurrency:"))
    after = written(tmp_path, text)
    assert steps(before, after, small_data(tmp_path)) == []
    assert [path_text(each.at) for each in changes(before.ruleset, after.ruleset)] == ["title.en", "in_force"]


def test_the_report_has_a_row_for_each_change_of_pay(tmp_path: Path) -> None:
    before = written(tmp_path, SMALL, "before.yaml")
    after = written(tmp_path, changed(SMALL, ("{en: Small}", "{en: Smaller}"), ("cap: 150%", "cap: 80%")))
    found = touched(before, after, paying(baseline(always(before), small_data(tmp_path), "2026-Q3")))
    (table,) = touched_section(found, before, after).tables
    named = {"en": "Everybody: cap", "fr": "Everybody : plafond"}
    assert [row[:4] for row in table.rows] == [(named, "150%", "80%", 1)]
    assert table.total is not None
    assert table.total[3:] == table.rows[0][3:]


def oracle_pays(case: Case) -> dict[str, Fraction]:
    """What everybody is paid, by the oracle."""
    found, _, _ = decided(case)
    paid: dict[str, Fraction] = {}
    for (payee, _, _), outcome in found.items():
        if outcome.paid and outcome.payout is not None:
            paid[payee] = paid.get(payee, Fraction(0)) + outcome.payout
    return paid


def costs_are_those_of_the_oracle(case: Case, rules: dict[str, Any]) -> None:
    assume(not {"adjustments"} & {*case.rules, *rules})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = write_case(case, folder)
        before = load(folder / "rules.yaml")
        try:
            after = written(folder, as_yaml(rules), "after.yaml")
        except InputProblems:
            assume(False)
        found = touched(before, after, paying(baseline(before, data, case.period)))
    was, now = oracle_pays(case), oracle_pays(replace(case, rules=rules))
    total = sum(now.values(), Fraction(0)) - sum(was.values(), Fraction(0))
    costs = [sum(map(Fraction, step.costs.values()), Fraction(0)) for step in found.steps]
    assert sum(costs, Fraction(0)) == sum(map(Fraction, found.costs.values()), Fraction(0)) == total
    assert found.payees == sum(was.get(payee) != now.get(payee) for payee in {*was, *now})
    made = [each for step in found.steps for each in step.changes]
    pay = [each for each in changes(before.ruleset, after.ruleset) if not each.of_words]
    assert sorted(map(repr, made)) == sorted(map(repr, pay))


@given(cases_with_variants())
@settings(DRAWN, max_examples=4, derandomize=True)
def test_costs_add_up_to_what_the_oracle_pays_more(drawn: tuple[Case, list[dict[str, Any]]]) -> None:
    case, variants = drawn
    costs_are_those_of_the_oracle(case, variants[0])


@pytest.mark.long
@pytest.mark.parametrize("number", range(4))
def test_costs_add_up_for_200_rule_sets(number: int) -> None:
    @seed(number)
    @given(cases_with_variants())
    @settings(DRAWN, max_examples=50, derandomize=False)
    def drawn(found: tuple[Case, list[dict[str, Any]]]) -> None:
        costs_are_those_of_the_oracle(found[0], found[1][-1])

    drawn()


@given(cases_with_variants())
@settings(DRAWN, max_examples=8, derandomize=True)
def test_all_changes_made_are_the_other_rule_set(drawn: tuple[Case, list[dict[str, Any]]]) -> None:
    case, variants = drawn
    with tempfile.TemporaryDirectory() as name:
        before = written(Path(name), as_yaml(alone(case)))
        try:
            after = written(Path(name), as_yaml(alone(replace(case, rules=variants[-1]))))
        except InputProblems:
            assume(False)
    parts = tuple(each.part for each in changes(before.ruleset, after.ruleset))
    assert changes(with_parts(meant(before.ruleset), meant(after.ruleset), parts), after.ruleset) == ()


# --- the command ------------------------------------------------------------------------------------------------------


def test_exit_codes_are_those_of_diff(tmp_path: Path) -> None:
    before, after = tmp_path / "before.yaml", tmp_path / "after.yaml"
    written(tmp_path, SMALL, "before.yaml")
    written(tmp_path, changed(SMALL, ("cap: 150%", "cap: 80%")), "after.yaml")
    assert invoke(before, before).exit_code == 0
    assert invoke(before, after).exit_code == 1
    trouble = invoke(before, tmp_path / "none.yaml")
    assert trouble.exit_code == 2
    assert trouble.stderr.startswith("error[unreadable]: ")
    assert trouble.stdout == ""
    assert invoke(before, after, "--data", small_data(tmp_path)).exit_code == 2


def test_the_command_prints_what_changed_and_what_it_costs(tmp_path: Path) -> None:
    written(tmp_path, SMALL, "before.yaml")
    written(tmp_path, changed(SMALL, ('version: "1"', 'version: "2"'), ("cap: 150%", "cap: 80%")), "after.yaml")
    paid = ["--data", small_data(tmp_path), "--period", "2026-Q3"]
    assert invoke(tmp_path / "before.yaml", tmp_path / "after.yaml", *paid).stdout.splitlines() == [
        "small, version 1 → 2",
        "",
        "Rules",
        "  1 payee  −200.00 EUR  Everybody: cap: 150% → 80%",
        "",
        "Words, promises, decisions, days in force",
        "  version: 1 → 2",
        "",
        "1 change of rules, 1 besides. Had each held throughout 2026-Q3, 1 payee would be paid another amount: "
        "−200.00 EUR (2,100.00 EUR instead of 2,300.00 EUR).",
    ]


def test_markdown_stays_in_its_table(tmp_path: Path) -> None:
    written(tmp_path, changed(SMALL, ("{en: Everybody}", "{en: 'All | <b>_us_'}")), "before.yaml")
    written(tmp_path, changed(SMALL, ("{en: Everybody}", "{en: 'All | <b>_us_'}"), ("cap: 150%", "cap: 80%")))
    done = invoke(tmp_path / "before.yaml", tmp_path / "rules.yaml", "--format", "markdown")
    assert done.stdout.splitlines()[4:] == [
        "| Change | Before | After |",
        "|---|---|---|",
        "| All \\| \\<b\\>\\_us\\_: cap<br>`plans.all.cap` | 150% | 80% |",
    ]


def test_every_pair_of_shipped_rule_sets_can_be_told() -> None:
    shipped = sorted(rules_dir().glob("*/*.yaml"))
    rules = [load(path) for path in shipped if "\nplans:" in path.read_text(encoding="utf-8")]
    assert len(rules) > 2
    for before, after in pairwise(rules):
        for each in changes(before.ruleset, after.ruleset):
            said = told(each, before, after)
            assert said.what
            assert (said.before == "–") is (each.before in (None, ()))
