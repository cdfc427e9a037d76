"""The checks of rule sets, beyond the mistakes of `tests/broken`: what passes, what is warned of, what is proved."""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil
import re
import sys
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings

import incentive_engine
from incentive_engine.documents import read_text
from incentive_engine.engine.checking import check
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.exact import Scale
from incentive_engine.facts import ColumnContract
from incentive_engine.rulesets import checks
from incentive_engine.rulesets.checked import Check
from incentive_engine.rulesets.checking import RULE_CHECKS
from incentive_engine.rulesets.linting import lint
from incentive_engine.rulesets.loading import Rules, load_document
from incentive_engine.rulesets.shares import declared_customer_share
from incentive_engine.shipped import rule_sets, rules_dir
from tests.case_files import write_case
from tests.drawn import cases
from tests.oracle import Case

RULES = """\
rule_set: checked
version: "1"
title: {en: Bonus}
decided: {by: The committee, on: 2025-12-11}
currency: EUR
timezone: Europe/Paris
sources:
  surveys: {path: surveys.csv, payee: adviser, team: queue, date: answered_on}
  unused: {path: unused.csv, payee: adviser, date: day}
tables:
  targets: {path: targets.csv, keys: [level, grade, kpi]}
  spare: {path: spare.csv, keys: [country]}
kpis:
  nps:
    title: {en: NPS}
    perspective: customer
    compute: {kind: nps, from: surveys, answer: recommend}
    better: higher
    reliability: {at_least: 10, otherwise: team}
  cases:
    title: {en: Cases per day}
    perspective: internal
    compute: {kind: given, at_most: 100}
    better: higher
curves:
  on_ratio: {kind: linear, points: [[80%, 50%], [100%, 100%], [120%, 150%]], below: zero}
  on_points: {kind: linear, points: [[-20, 50%], [0, 100%], [20, 150%]], below: zero}
plans:
  adviser:
    title: {en: Adviser}
    pays: bonus
    who: role = "Adviser"
    target_pay: base_salary * fte * 8% / 4
    scorecard:
      nps: {weight: 70%, of: payee, target: 40, attainment: difference, curve: on_points}
      cases: {weight: 30%, of: payee, target: {table: targets}, attainment: ratio, curve: on_ratio}
    proration: {by: calendar_days}
"""
PACKAGE = Path(incentive_engine.__file__).parent


def edited(*edits: tuple[str, str]) -> str:
    text = RULES
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text


def loaded(*edits: tuple[str, str]) -> Rules:
    return load_document(read_text(edited(*edits), "rules.yaml"))


def refused(*edits: tuple[str, str]) -> list[str]:
    with pytest.raises(InputProblems) as raised:
        loaded(*edits)
    return [problem.code for problem in raised.value.problems if problem.level == "error"]


def warned(*edits: tuple[str, str]) -> list[str]:
    return [problem.code for problem in loaded(*edits).warnings if problem.code != "not-used"]


def linted(*edits: tuple[str, str]) -> list[str]:
    return [problem.code for problem in lint(loaded(*edits).linted, dt.date(2026, 7, 1)).problems]


def measured(compute: str, *edits: tuple[str, str]) -> Scale:
    """The declared range of a KPI that is computed so."""
    rules = loaded(("compute: {kind: given, at_most: 100}", f"compute: {compute}"), *edits)
    return rules.ranges.results["cases"]


def columns(rules: Rules, table: str) -> dict[str, ColumnContract]:
    (contract,) = (each for each in rules.contracts if each.name == table)
    return {column.name: column for column in contract.columns}


# --- the checks themselves --------------------------------------------------------------------------------------------


def test_every_check_runs() -> None:
    """Whatever `checks` declares as a check is in the list."""
    modules = [
        importlib.import_module(f"{checks.__name__}.{each.name}") for each in pkgutil.iter_modules(checks.__path__)
    ]
    found = {each for module in modules for each in vars(module).values() if isinstance(each, Check)}
    assert found == set(RULE_CHECKS)


def shown_codes() -> set[str]:
    """The codes that the broken rule sets show."""
    broken = (Path(__file__).parent / "broken" / "rules").glob("*.yaml")
    return {
        code
        for path in broken
        for code in re.findall(r"# expect(?: warning)?: \S+ (\S+)", path.read_text(encoding="utf-8", errors="replace"))
    }


OF_ONE_PERIOD = {"not-in-force", "no-working-days", "unknown-days"}
"""What `unpayable` tells when a period is to be paid: test_rules_over_time and test_traps show them."""


def test_every_check_says_what_it_tells_and_of_what() -> None:
    for each in RULE_CHECKS:
        assert each.guarantees.endswith("."), each
        assert each.codes, each
        assert each.about, each
    declared = {code for each in RULE_CHECKS for code in each.codes}
    sources = [path.read_text(encoding="utf-8") for path in (PACKAGE / "rulesets" / "checks").glob("*.py")]
    told = {code for source in sources for code in re.findall(r'Problem\(\s*"([a-z0-9-]+)"', source)}
    not_listed = {"cannot-prove", "may-not-end"}  # of `numbers`, which read formulas as columns
    assert told - not_listed - OF_ONE_PERIOD <= declared


def test_every_code_is_shown_by_a_broken_rule_set() -> None:
    files = [
        *(PACKAGE / "rulesets").rglob("*.py"),
        *(PACKAGE / "engine" / name for name in ("example_rows.py", "examples.py", "outcomes.py", "proving.py")),
    ]
    sources = [file.read_text(encoding="utf-8") for file in files]
    codes = {code for source in sources for code in re.findall(r'(?:Problem|Refused)\(\s*(?:at, )?"([a-z-]+)"', source)}
    codes |= {f"unknown-{what.lower()}" for source in sources for what in re.findall(r'\bunknown\(\s*"(\w+)"', source)}
    codes |= {code for each in RULE_CHECKS for code in each.codes}
    elsewhere = {"too-many-decimals", "calendars-extra", "one-change"} | OF_ONE_PERIOD  # the last one is of scenarios
    assert codes - shown_codes() == elsewhere, "these codes have no rule set in tests/broken/rules"


def test_who_lacks_the_package_of_public_holidays_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(InputProblems) as raised:
        incentive_engine.load(rules_dir() / "field" / "retail-store.yaml")
    (problem,) = raised.value.problems
    assert (problem.code, problem.hint) == (
        "calendars-extra",
        "pip install 'incentive-engine[calendars]', or list the days under `closed`",
    )


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(cases())
def test_drawn_rule_sets_are_accepted(case: Case) -> None:
    with TemporaryDirectory() as folder:
        write_case(case, Path(folder))
        rules = incentive_engine.load(Path(folder) / "rules.yaml")
    assert {problem.code for problem in check(rules)} <= {"cannot-prove"}


@pytest.mark.parametrize("path", rule_sets(), ids=lambda path: path.stem)
def test_shipped_rule_sets_are_clean(path: Path) -> None:
    rules = incentive_engine.load(path)
    assert rules.warnings == ()
    assert incentive_engine.check(rules) == []


# --- types and columns ------------------------------------------------------------------------------------------------


def test_one_formula_tells_the_type_for_all() -> None:
    rules = loaded(
        ('who: role = "Adviser"', "who: sector = branch AND ISMISSING(note)"),
        (
            "    target_pay",
            '    eligible: branch = "North" AND grade >= 3 AND since < DATE(2026, 1, 1)\n    target_pay',
        ),
    )
    types = rules.types.workforce
    assert [types[name] for name in ("sector", "branch", "note", "grade", "since")] == [
        "text", "text", "text", "number", "date",
    ]  # fmt: skip


def test_what_a_source_maps_has_its_type() -> None:
    rules = loaded(("answer: recommend}", "answer: recommend, where: answered_on > opened_on AND queue = skill}"))
    assert rules.types.sources["surveys"] == {
        "answered_on": "date", "opened_on": "date", "queue": "text", "skill": "text", "adviser": "text",
        "recommend": "number",
    }  # fmt: skip


def test_the_date_of_a_fact_is_no_text() -> None:
    assert refused(("answer: recommend}", 'answer: recommend, where: answered_on = "monday"}')) == ["type-mismatch"]


def test_only_what_is_used_is_read() -> None:
    rules = loaded()
    assert [contract.name for contract in rules.contracts] == ["workforce", "kpis", "surveys", "targets"]
    required = {name for name, column in columns(rules, "workforce").items() if column.required}
    assert required == {"payee", "role", "base_salary", "fte", "hired", "team", "level", "grade"}


def test_keys_of_tables_are_compared_as_the_workforce_has_them() -> None:
    rules = loaded(('who: role = "Adviser"', "who: grade >= 3"))
    assert (columns(rules, "workforce")["grade"].dtype, columns(rules, "workforce")["grade"].type) == (
        columns(rules, "targets")["grade"].dtype,
        "number",
    )


def test_standard_columns_have_bounds_that_the_rules_can_change() -> None:
    assert columns(loaded(), "workforce")["fte"].high == 100
    declared = ("tables:\n", "workforce: {path: people.csv, columns: {fte: {at_most: 1}}}\ntables:\n")
    fte = columns(loaded(declared), "workforce")["fte"]
    assert (fte.type, fte.high, fte.places) == ("number", Fraction(1), 6)


# --- warnings ---------------------------------------------------------------------------------------------------------


def test_what_nobody_uses_is_told() -> None:
    told = {problem.message for problem in loaded().warnings if problem.code == "not-used"}
    assert told == {"nothing uses `unused`", "nothing uses `spare`"}


@pytest.mark.parametrize(
    ("better", "attainment", "curve", "codes"),
    [
        ("higher", "ratio", "[[80%, 50%], [100%, 100%]], below: zero", []),
        ("lower", "ratio", "[[80%, 50%], [100%, 100%]], below: zero", ["pays-for-worse"]),
        ("lower", "inverse_ratio", "[[80%, 50%], [100%, 100%]], below: zero", []),
        ("higher", "inverse_ratio", "[[80%, 50%], [100%, 100%]], below: zero", ["pays-for-worse"]),
        ("lower", "ratio", "[[80%, 150%], [100%, 100%]], below: flat", []),
        ("higher", "ratio", "[[80%, 150%], [100%, 100%]], below: flat", ["pays-for-worse"]),
        ("lower", "ratio", "[[80%, 100%], [100%, 100%]], below: flat", []),
        ("lower", "ratio", "[[80%, 50%], [100%, 100%], [120%, 50%]], below: zero", []),
    ],
)
def test_paying_for_worse_results_is_told(better: str, attainment: str, curve: str, codes: list[str]) -> None:
    found = warned(
        ("compute: {kind: given, at_most: 100}\n    better: higher", f"compute: {{kind: given}}\n    better: {better}"),
        ("attainment: ratio", f"attainment: {attainment}"),
        ("[[80%, 50%], [100%, 100%], [120%, 150%]], below: zero", curve),
    )
    assert found == codes


WEIGHTS = (("70%", "customer"), ("30%", "internal"))


def test_a_promise_that_a_table_could_break_is_told() -> None:
    promise = ("sources:\n", "principles: {customer_weight: {at_least: 60%}}\nsources:\n")
    assert linted(promise) == []
    by_table = [(f"weight: {weight}", f"weight: {{table: targets, column: {name}}}") for weight, name in WEIGHTS]
    assert linted(promise, by_table[1]) == []  # what customers do not have is 30 % at most
    assert linted(promise, *by_table) == ["P10-customer-weight"]


SUM = ("    scorecard:", "    combine: sum\n    scorecard:")
NO_WEIGHTS = (("weight: 70%, of: payee", "of: payee"), ("weight: 30%, of", "of"))


def nested(combine: str) -> tuple[str, str]:
    """The plan's customer KPI in a group with the other, and weighing 30 % of it where it has weights."""
    line = "      cases: {weight: 30%, of: payee, target: {table: targets}, attainment: ratio, curve: on_ratio}\n"
    items = "nps: {of: payee, target: 40, attainment: difference, curve: on_points}, "
    items += "cases: {of: payee, target: {table: targets}, attainment: ratio, curve: on_ratio}"
    return line, f"      both: {{weight: 30%, combine: {combine}, items: {{{items}}}}}\n"


def paying(formula: str) -> tuple[str, str]:
    return "    scorecard:", f"    payout: {formula}\n    scorecard:"


def from_pool(**keys: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """The plan paid from a pool of parts of 10 % and 90 %, by these keys."""
    parts = "".join(
        f"      {name}: {{title: {{en: Part}}, share: {share}, in_proportion_to: {key}}}\n"
        for (name, key), share in zip(keys.items(), ("10%", "90%"), strict=True)
    )
    pool = f"pools:\n  sum:\n    title: {{en: Sum}}\n    fund: {{sum: 1000, of: company}}\n    parts:\n{parts}plans:\n"
    return ("plans:\n", pool), ("    scorecard:", "    pool: sum\n    scorecard:")


@pytest.mark.parametrize(
    ("edits", "low", "high"),
    [
        ([], "0.7", "0.7"),
        ([("weight: 70%", "weight: {table: targets, column: w}")], "0.7", "0.7"),
        ([("weight: 30%", "weight: {table: targets, column: w}"), ("weight: 70%", "weight: 60%")], "0.6", "0.6"),
        ([SUM, *NO_WEIGHTS], "0", "1"),
        *(([nested(combine)], "0.7", "1") for combine in ("min", "max", "mean", "sum")),
        ([paying("target_pay * score")], "0.7", "0.7"),
        ([paying("target_pay * nps")], "1", "1"),
        ([paying("target_pay * MAX(nps, cases)")], "0", "1"),
        ([paying("target_pay")], "0", "0"),
        ([*from_pool(merit="score", presence="days_employed")], "0.07", "0.07"),
        ([*from_pool(presence="1", merit="nps * base_salary")], "0.9", "0.9"),
    ],
)  # fmt: skip
def test_the_customers_share_is_what_weights_say(edits: list[tuple[str, str]], low: str, high: str) -> None:
    rules = loaded(*edits).ruleset
    share = declared_customer_share(rules, rules.plans["adviser"])
    assert (share.low, share.high) == (Fraction(low), Fraction(high))


POPULATION = ("curves:\n", "populations:\n  all: {who: TRUE}\ncurves:\n")


@pytest.mark.parametrize(
    ("better", "attainment", "rates", "codes"),
    [
        ("lower", "threshold: 60, benchmark: 20, attainment: between", "[[0%, 0%], [100%, 100%]]", []),
        ("higher", "baseline: 20, benchmark: 60, attainment: progress", "[[0%, 0%], [100%, 100%]]", []),
        ("higher", "threshold: 60, benchmark: 20, attainment: between", "[[0, 0], [1, 1]]", ["benchmark-is-worse"]),
        ("lower", "threshold: 60, benchmark: 20, attainment: between", "[[0%, 100%], [100%, 0%]]", ["pays-for-worse"]),
        ("lower", "among: all, attainment: dense_rank", "[[1, 100%], [10, 0%]]", []),
        ("higher", "among: all, attainment: competition_rank", "[[1, 0%], [10, 100%]]", ["pays-for-worse"]),
        ("lower", "among: all, attainment: percentile_below", "[[0%, 0%], [100%, 100%]]", []),
        ("lower", "among: all, attainment: percentile_midpoint", "[[0%, 100%], [100%, 0%]]", ["pays-for-worse"]),
    ],
)  # fmt: skip
def test_merit_counts_by_what_is_better(better: str, attainment: str, rates: str, codes: list[str]) -> None:
    found = warned(
        ("compute: {kind: given, at_most: 100}\n    better: higher", f"compute: {{kind: given}}\n    better: {better}"),
        ("target: {table: targets}, attainment: ratio", attainment),
        ("[[80%, 50%], [100%, 100%], [120%, 150%]], below: zero", f"{rates}, below: flat"),
        POPULATION,
    )
    assert found == codes


def test_a_curve_that_is_called_is_used() -> None:
    called = ("    proration", "    modifiers: [{factor: allowed(cases), because: {en: Many}}]\n    proration")
    curve = ("  on_points:", "  allowed: {kind: linear, points: [[0, 90%], [20, 110%]], below: flat}\n  on_points:")
    assert "nothing uses `allowed`" in {problem.message for problem in loaded(curve).warnings}
    assert "nothing uses `allowed`" not in {problem.message for problem in loaded(curve, called).warnings}


# --- ranges -----------------------------------------------------------------------------------------------------------

AMOUNT = (
    "team: queue, date: answered_on}",
    "team: queue, date: answered_on, columns: {amount: {at_least: -10, at_most: 50, places: 2}}}",
)
BY_DIFFERENCE = ("attainment: ratio", "attainment: difference")


@pytest.mark.parametrize(
    ("compute", "low", "high"),
    [
        ("{kind: given, at_most: 100}", "0", "100"),
        ("{kind: nps, from: surveys, answer: recommend}", "-100", "100"),
        ("{kind: share, from: surveys, where: amount > 3}", "0", "1"),
        ("{kind: mean, from: surveys, value: amount}", "-10", "50"),
        ("{kind: mean, from: surveys, value: ABS(amount)}", "0", "50"),
        ("{kind: count, from: surveys}", "0", "1e9"),
        ("{kind: sum, from: surveys, value: 'MAX(amount, 1)'}", "0", "50e9"),
        ("{kind: sum, from: surveys, value: amount}", "-10e9", "50e9"),
    ],
)
def test_results_lie_within_what_their_columns_allow(compute: str, low: str, high: str) -> None:
    edits = [BY_DIFFERENCE, AMOUNT] if "amount" in compute else [BY_DIFFERENCE]
    assert measured(compute, *edits).span() == (Fraction(low), Fraction(high))


def test_a_rounded_mean_may_pass_the_greatest_value() -> None:
    rounded = ("    better: higher\ncurves", "    better: higher\n    rounding: {places: -2}\ncurves")
    assert measured("{kind: mean, from: surveys, value: amount}", AMOUNT, BY_DIFFERENCE, rounded).span() == (
        Fraction(0),
        Fraction(100),
    )


def test_what_could_be_negative_is_no_ratio() -> None:
    compute = ("compute: {kind: given, at_most: 100}", "compute: {kind: mean, from: surveys, value: amount}")
    assert refused(compute, AMOUNT) == ["ratio-of-negative"]
    never = ("compute: {kind: given, at_most: 100}", 'compute: {kind: mean, from: surveys, value: "MAX(0, amount)"}')
    assert check(loaded(never, AMOUNT)) == []


# --- proofs -----------------------------------------------------------------------------------------------------------

LARGE = "base_salary * shares * fte"
SECOND = """\
  coach:
    title: {en: Coach}
    pays: bonus
    who: role = "Coach"
    target_pay: TARGET
    scorecard:
      cases: {weight: 100%, of: payee, target: 5, attainment: ratio, curve: on_ratio}
"""


def told(problems: list[Problem]) -> list[tuple[int, str]]:
    return [(problem.location.line, problem.code) for problem in problems if problem.location]


def test_the_plan_that_does_not_fit_is_named() -> None:
    text = RULES + SECOND.replace("TARGET", "ROUND(base_salary * 8% / 4, 2)")
    assert check(load_document(read_text(text, "rules.yaml"))) == []
    text = RULES + SECOND.replace("TARGET", LARGE).replace("100%,", "100%, rounding: {places: 12},")
    problems = check(load_document(read_text(text, "rules.yaml")))
    assert told(problems) == [(text[: text.index("  coach:")].count("\n") + 1, "cannot-prove")]


def test_plans_of_one_shape_are_told_apart() -> None:
    first = SECOND.replace("TARGET", "ROUND(base_salary * 1, 2)")
    huge = first.replace("coach", "head").replace("* 1", "* 1" + "0" * 25)
    text = RULES + first + huge
    problems = check(load_document(read_text(text, "rules.yaml")))
    assert told(problems) == [(text[: text.index("  head:")].count("\n") + 1, "cannot-prove")]


# --- examples ---------------------------------------------------------------------------------------------------------

EXAMPLE = """\
examples:
  - title: By hand
    plan: adviser
    period: 2026-Q3
    payee: {role: Adviser, level: senior, grade: "3", base_salary: 30000, fte: 1, hired: 2020-01-06}
    results: {nps: 40, cases: 22}
    answers: {nps: 12}
    parameters: {targets.value.cases: 20}
    expect: {scores: {nps: 100%, cases: 125%}, score: 107.5%, payout: 645}
"""


def of_example(*edits: tuple[str, str], rules: tuple[tuple[str, str], ...] = ()) -> list[str]:
    text = edited(*rules) + EXAMPLE
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return [problem.message for problem in check(load_document(read_text(text, "rules.yaml")))]


def test_example_comes_out() -> None:
    assert of_example() == []


def test_example_is_compared_exactly() -> None:
    assert of_example(("payout: 645", "payout: 645.001")) == ["example “By hand”: the payout is 645, not 645.001"]


def test_example_is_prorated() -> None:
    half = ("hired: 2020-01-06", "hired: 2026-08-16")  # 46 of 92 days
    assert of_example(half, ("payout: 645", "payout: 322.5")) == []


def test_example_left_in_the_period() -> None:
    half = ("hired: 2020-01-06", "hired: 2020-01-06, left: 2026-08-15")
    assert of_example(half, ("payout: 645", "payout: 322.5")) == []


def test_example_with_few_answers_falls_back() -> None:
    """The result is whoever's: the team's, too."""
    assert of_example(("nps: 12", "nps: 9")) == []
    assert of_example(
        ("nps: 12", "nps: 9"),
        ("expect: {scores: {nps: 100%, cases: 125%}, score: 107.5%, payout: 645}", "expect: {held: missing-result}"),
        rules=(("otherwise: team", "otherwise: hold"),),
    ) == []  # fmt: skip


def test_example_left_out_of_its_group_has_no_part() -> None:
    assert of_example(
        ("nps: 40, cases: 22", "cases: 22"),
        ("scores: {nps: 100%, cases: 125%}, score: 107.5%, payout: 645", "score: 125%, payout: 750"),
        rules=(("attainment: difference", "attainment: difference, on_missing: reweight"),),
    ) == []  # fmt: skip


def test_example_without_hire_date_is_held_for_it() -> None:
    (message,) = of_example((", hired: 2020-01-06", ""))
    assert "missing-hired" in message


NO_TABLE = ('level: senior, grade: "3", ', "")


def test_example_gives_parts_of_the_period() -> None:
    """A mean of 100 % and 50 % for `cases`: 70 % + 30 % × 75 % = 92.5 % of 600."""
    rules = (("target: {table: targets}, attainment: ratio", "average_of: months, target: 20, attainment: ratio"),)
    given = ("cases: 22}", "cases.2026-07: 20, cases.2026-09: 16}")
    expected = ("cases: 125%}, score: 107.5%, payout: 645", "cases: 75%}, score: 92.5%, payout: 555")
    assert of_example(given, expected, NO_TABLE, ("    parameters: {targets.value.cases: 20}\n", ""), rules=rules) == []


def test_example_gives_a_standing() -> None:
    """Third of five: 40 % of them are worse."""
    rules = (
        ("target: {table: targets}, attainment: ratio", "among: all, attainment: percentile_below"),
        ("[[80%, 50%], [100%, 100%], [120%, 150%]], below: zero", "[[0%, 50%], [80%, 100%]], below: flat"),
        POPULATION,
    )
    parameters = ("{targets.value.cases: 20}", "{cases@payee#all.better: 2, cases@payee#all.size: 5}")
    expected = ("cases: 125%}, score: 107.5%, payout: 645", "cases: 75%}, score: 92.5%, payout: 555")
    assert of_example(parameters, expected, NO_TABLE, rules=rules) == []


def test_example_who_is_not_eligible_is_told() -> None:
    rules = (("    target_pay", "    eligible: days_employed > 4000\n    target_pay"),)
    assert of_example(rules=rules) == ["example “By hand”: this payee is not paid by `adviser`: `eligible` says no"]


def test_example_of_a_scored_plan_expects_no_payout() -> None:
    rules = (("    target_pay: base_salary * fte * 8% / 4\n", ""),)
    text_of = (("base_salary: 30000, fte: 1, ", ""),)
    assert of_example(*text_of, rules=rules) == ["example “By hand”: `adviser` is scored only: it has no `target_pay`"]


def test_example_in_another_currency_is_held() -> None:
    (message,) = of_example(("role: Adviser", "role: Adviser, currency: CHF"))
    assert "other-currency" in message


def test_example_with_too_many_decimals_is_told() -> None:
    assert of_example(("base_salary: 30000", "base_salary: 30000.001")) == [
        "example “By hand”: `base_salary` keeps 2 decimals, not 30000.001"
    ]


def test_example_in_a_fiscal_year() -> None:
    fiscal = (("timezone: Europe/Paris\n", "timezone: Europe/Paris\nyear_starts: 4\n"),)
    half = ("hired: 2020-01-06", "hired: 2026-11-16")  # of October to December
    assert of_example(half, ("payout: 645", "payout: 322.5"), rules=fiscal) == []
