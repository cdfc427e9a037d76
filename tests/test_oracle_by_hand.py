"""The oracle stands on examples that were worked out by hand, and so does the engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from tests.comparing import agree
from tests.oracle import (
    MINOR_DIGITS,
    Both,
    Call,
    Case,
    Constant,
    Named,
    Node,
    divide,
    outcomes,
    previous,
    rounded,
    span,
)

F = Fraction

LINE = {"kind": "linear", "below": "zero", "points": [[F("0.8"), F("0.5")], [F(1), F(1)], [F("1.2"), F("1.5")]]}
POINTS = {"kind": "linear", "below": "flat", "points": [[F(-10), F("0.5")], [F(0), F(1)], [F(10), F("1.5")]]}
STEPS = {"kind": "stepped", "below": "zero", "tiers": [{"from": F(1), "rate": F(1)}, {"from": F(2), "rate": F(2)}]}
EVERYONE = Constant("TRUE", True)


def amount(written: str) -> Constant:
    return Constant(written, F(written))


def kpi(perspective: str, compute: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    compute = compute or {"kind": "given"}
    return {"title": {"en": "KPI"}, "perspective": perspective, "compute": compute, "better": "higher", **more}


def plan(scorecard: dict[str, Any], **more: Any) -> dict[str, Any]:
    pay = {"title": {"en": "Plan"}, "pays": "bonus", "who": EVERYONE, "target_pay": amount("1000")}
    return {**pay, "scorecard": scorecard, **more}


def measure(weight: str | None, **more: Any) -> dict[str, Any]:
    weighted = {} if weight is None else {"weight": F(weight)}
    return {"of": "payee", "attainment": "ratio", "target": F(1), "curve": "line", **weighted, **more}


def payee(name: str, **more: Any) -> dict[str, Any]:
    row = {"payee": name, "team": None, "department": None, "hired": dt.date(2020, 1, 1), "left": None}
    return {**row, **more}


def example(
    kpis: dict[str, Any],
    plans: dict[str, Any],
    results: Mapping[tuple[str, str], str | tuple[str, int]],
    staff: list[dict[str, Any]] | None = None,
    facts: list[dict[str, Any]] | None = None,
    **rules: Any,
) -> Case:
    """A case for 2026-Q3 (92 days); results by payee and KPI, with or without n."""
    whole: dict[str, Any] = {
        "rule_set": "by-hand",
        "version": "1",
        "title": {"en": "By hand"},
        "decided": {"by": "the test", "on": dt.date(2026, 1, 1)},
        "currency": "EUR",
        "timezone": "Europe/Paris",
        "workforce": {"path": "workforce.csv"},
        "results": {"path": "kpis.csv"},
        "kpis": kpis,
        "curves": {"line": LINE, "points": POINTS, "steps": STEPS},
        "plans": plans,
        **rules,
    }
    staff = staff or [payee("A")]
    rows = []
    for (subject, name), result in results.items():
        value, n = result if isinstance(result, tuple) else (result, None)
        key = {"subject_kind": "team" if subject == "T" else "payee", "subject": subject, "kpi": name}
        rows.append({**key, "period": "2026-Q3", "value": F(value), "n": None if n is None else F(n)})
    tables = {"workforce": staff, "kpis": rows}
    columns = {
        "workforce": dict.fromkeys(staff[0], "text") | {"hired": "date", "left": "date"},
        "kpis": {
            **dict.fromkeys(("subject_kind", "subject", "kpi", "period"), "text"),
            "value": "number",
            "n": "number",
        },
    }
    if facts is not None:
        whole["sources"] = {"facts": {"path": "facts.csv", "payee": "adviser", "date": "day"}}
        tables["facts"] = facts
        columns["facts"] = {"adviser": "text", "day": "date", "answer": "number", "solved": "boolean"}
    return Case(whole, tables, columns, "2026-Q3")


def weighted_sum() -> tuple[Case, dict[str, Any]]:
    """1.1 → 125 %, 0.9 → 75 %: 1000 × (60 % × 125 % + 40 % × 75 %) = 1050; by parts 0.75 : 0.30 of it."""
    scorecard = {"a": measure("0.6"), "b": measure("0.4")}
    case = example(
        {"a": kpi("customer"), "b": kpi("internal")}, {"p": plan(scorecard)}, {("A", "a"): "1.1", ("A", "b"): "0.9"}
    )
    return case, {
        "score": F("1.05"),
        "payout": F(1050),
        "customer": F(750),
        "internal": F(300),
        "a": F(750),
        "b": F(300),
    }


def thirds_of_a_cent() -> tuple[Case, dict[str, Any]]:
    """100.00 in three equal parts: 33.33, then 66.67 − 33.33 = 33.34, then 100.00 − 66.67 = 33.33."""
    scorecard = {"a": measure(None), "b": measure(None), "c": measure(None)}
    rule = plan(scorecard, combine="sum", target_pay=amount("100"), cap=F(1))
    kpis = {"a": kpi("customer"), "b": kpi("customer"), "c": kpi("internal")}
    case = example(kpis, {"p": rule}, {("A", "a"): "1", ("A", "b"): "1", ("A", "c"): "1"})
    return case, {
        "score": F(1),
        "payout": F(100),
        "a": F("33.33"),
        "b": F("33.34"),
        "c": F("33.33"),
        "customer": F("66.67"),
    }


def left_out() -> tuple[Case, dict[str, Any]]:
    """Without a result of b, inside g a alone counts, 1 → 100 %; c 1.2 → 150 %: 70 % × 100 % + 30 % × 150 % = 115 %."""
    group = {"weight": F("0.7"), "items": {"a": measure("0.5"), "b": measure("0.5", on_missing="reweight")}}
    kpis = {"a": kpi("customer"), "b": kpi("customer"), "c": kpi("internal")}
    case = example(kpis, {"p": plan({"g": group, "c": measure("0.3")})}, {("A", "a"): "1", ("A", "c"): "1.2"})
    return case, {"score": F("1.15"), "payout": F(1150), "g.a": F(700), "g.b": F(0), "c": F(450), "other": F(0)}


def lifted_by_a_floor() -> tuple[Case, dict[str, Any]]:
    """With a 0.8 → 50 % and b below the curve → 0: 30 %; the floor of 50 % pays 500, of which a earned 300."""
    scorecard = {"a": measure("0.6"), "b": measure("0.4")}
    kpis = {"a": kpi("customer"), "b": kpi("internal")}
    case = example(kpis, {"p": plan(scorecard, floor=F("0.5"))}, {("A", "a"): "0.8", ("A", "b"): "0.7"})
    return case, {"score": F("0.5"), "payout": F(500), "a": F(300), "b": F(0), "other": F(200)}


def in_the_order_of_the_steps() -> tuple[Case, dict[str, Any]]:
    """150 % × factor 1.1 = 165 %, half withheld 82.5 %, floor 85 %, cap 95 %; rounded up to tenths: 90 %.

    The floor lifted 82.5 to 85: of 900.00 the measure earned 900 × 82.5 / 85 = 873.529…
    """
    gate = {"when": Both(Named("a"), ">", Constant("1", F(1))), "withhold": F("0.5"), "because": {"en": "too many"}}
    factor = {"factor": Constant("1.1", F("1.1")), "because": {"en": "ten percent"}}
    steps = {"modifiers": [factor], "gates": [gate], "floor": F("0.85"), "cap": F("0.95")}
    rule = plan({"a": measure("1")}, **steps, rounding={"places": 1, "mode": "up"})
    case = example({"a": kpi("customer")}, {"p": rule}, {("A", "a"): "1.2"})
    return case, {"score": F("0.9"), "payout": F(900), "a": F("873.53"), "other": F("26.47")}


def part_of_the_period() -> tuple[Case, dict[str, Any]]:
    """Hired on 1 September: 30 of 92 days, 0.3260869565; 5001 × that = 1630.7608…, in yen 1631."""
    rule = plan({"a": measure("1")}, target_pay=amount("5001"), proration={"by": "calendar_days"})
    staff = [payee("A", hired=dt.date(2026, 9, 1))]
    case = example({"a": kpi("customer")}, {"p": rule}, {("A", "a"): "1"}, staff, currency="JPY")
    return case, {"proration": F("0.3260869565"), "payout": F(1631), "a": F(1631)}


def half_a_cent() -> tuple[Case, dict[str, Any]]:
    """1.05 exactly half-way: 112.5 %; 0.2 × 112.5 % = 0.225, a tie: to the even cent 0.22."""
    rounding = {"places": 2, "mode": "half_even"}
    rule = plan({"a": measure("1")}, target_pay=amount("0.2"), payout_rounding=rounding)
    case = example({"a": kpi("customer")}, {"p": rule}, {("A", "a"): "1.05"})
    return case, {"score": F("1.125"), "payout": F("0.22"), "a": F("0.22")}


def too_few_answers() -> tuple[Case, dict[str, Any]]:
    """A has one answer of the three that are needed, so the team counts: 9, 10, 8, 6 and 2 give (2 − 2) / 5 = 0 points.

    C's answer is out of the period, the answer without a score does not count. 0 − 5 = −5 points → 75 %.
    """
    days = [dt.date(2026, 7, 1), dt.date(2026, 9, 30), dt.date(2026, 8, 1), dt.date(2026, 8, 1), dt.date(2026, 8, 1)]
    answers = [("A", 9), ("B", 10), ("B", 8), ("B", 6), ("C", 2)]
    facts = [{"adviser": who, "day": day, "answer": F(answer), "solved": None}
             for (who, answer), day in zip(answers, days, strict=True)]  # fmt: skip
    facts.append({"adviser": "C", "day": dt.date(2026, 10, 1), "answer": F(10), "solved": None})
    facts.append({"adviser": "B", "day": dt.date(2026, 8, 2), "answer": None, "solved": None})
    compute = {"kind": "nps", "from": "facts", "answer": "answer"}
    rule = measure("1", attainment="difference", target=F(5), curve="points")
    kpis = {"a": kpi("customer", compute, reliability={"at_least": 3, "otherwise": "team"})}
    staff = [payee(name, team="T") for name in "ABC"]
    case = example(kpis, {"p": plan({"a": rule})}, {}, staff, facts)
    del case.rules["results"]
    return case, {"actual": F(0), "n": 5, "subject": "T", "score": F("0.75"), "payout": F(750)}


def none_solved() -> tuple[Case, dict[str, Any]]:
    """Two solved cases reach the second tier: 200 %. The share leaves the unknown one out: 2 / 3 = 0.6667."""
    solved = [True, True, False, None]
    facts = [{"adviser": "A", "day": dt.date(2026, 8, 1), "answer": None, "solved": each} for each in solved]
    kpis = {
        "a": kpi("customer", {"kind": "count", "from": "facts", "where": Named("solved")}),
        "b": kpi("internal", {"kind": "share", "from": "facts", "where": Named("solved")}),
    }
    level = {"of": "payee", "attainment": "level", "curve": "steps", "weight": F("0.5")}
    case = example(kpis, {"p": plan({"a": level, "b": measure("0.5", target=F("0.6667"))})}, {}, None, facts)
    del case.rules["results"]
    return case, {"score": F("1.5"), "payout": F(1500), "a": F(1000), "b": F(500)}


BY_HAND = [weighted_sum, thirds_of_a_cent, left_out, lifted_by_a_floor, in_the_order_of_the_steps, part_of_the_period,
           half_a_cent, too_few_answers, none_solved]  # fmt: skip


@pytest.mark.parametrize("worked", BY_HAND, ids=lambda worked: worked.__name__)
def test_the_oracle_is_right_by_hand(worked: Any) -> None:
    case, expected = worked()
    outcome = outcomes(case)["A", "p", 1]
    assert outcome.codes == set()
    assert outcome.root is not None
    first = next(outcome.root.measures())
    found: dict[str, Any] = {"score": outcome.root.score, "proration": outcome.proration, "payout": outcome.payout}
    found |= {"customer": outcome.customer_pay, "internal": outcome.internal_pay, "other": outcome.other_pay}
    found |= {"actual": first.used.value, "n": first.used.n, "subject": first.subject}
    found |= {measure.path: measure.pay for measure in outcome.root.measures()}
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("worked", BY_HAND, ids=lambda worked: worked.__name__)
def test_the_engine_is_right_by_hand(worked: Any) -> None:
    agree(worked()[0])


HELD = {
    "no result": ({}, {}, {"missing-result"}),
    "no row for the target": ({"target": {"table": "targets"}}, {("A", "a"): "1"}, {"missing-target"}),
    "a gate that cannot be worked out": (
        {"gates": [{"when": Both(Named("b"), ">", Constant("1", F(1))), "withhold": "all", "because": {"en": "b"}}]},
        {("A", "a"): "1"},
        {"missing-gate"},
    ),
    "too few answers, and nothing else": ({}, {("A", "a"): ("1", 29)}, {"missing-result"}),
    "nobody counted the answers": ({}, {("A", "a"): "1"}, {"missing-result"}),
    "no item left": ({"on_missing": "reweight"}, {}, {"empty-group"}),
}


@pytest.mark.parametrize("why", HELD)
def test_what_is_missing_is_held_by_hand(why: str) -> None:
    more, results, codes = HELD[why]
    reliability = {"reliability": {"at_least": 30}} if "answers" in why else {}
    kpis = {"a": kpi("customer", **reliability), "b": kpi("internal")}
    tables = {"targets": {"path": "targets.csv", "keys": ["payee", "kpi"]}}
    case = example(kpis, {"p": plan({"a": measure("1", **more)})}, results, tables=tables)  # type: ignore[arg-type]
    case.tables["targets"] = [{"payee": "B", "kpi": "a", "value": F(1)}]
    case.columns["targets"] = {"payee": "text", "kpi": "text", "value": "number"}
    outcome = outcomes(case)["A", "p", 1]
    assert (outcome.codes, outcome.payout) == (codes, None)


def test_two_plans_that_pay_the_same_hold_the_payee_by_hand() -> None:
    plans = {
        "p": plan({"a": measure("1")}),
        "q": plan({"a": measure("1")}),
        "r": plan({"a": measure("1")}, pays="spot"),
    }
    found = outcomes(example({"a": kpi("customer")}, plans, {("A", "a"): "1"}))
    assert {name: (each.codes, each.payout) for (_, name, _), each in found.items()} == {
        "p": ({"two-plans"}, None),
        "q": ({"two-plans"}, None),
        "r": (set(), F(1000)),
    }


def test_formulas_by_hand() -> None:
    scope = {"a": F(5), "b": None, "c": F(0)}
    a, b, c, one = Named("a"), Named("b"), Named("c"), Constant("1", F(1))
    yes, unknown = Both(a, ">", one), Both(b, ">", one)
    assert [Both(yes, "OR", unknown).value(scope), Both(yes, "AND", unknown).value(scope)] == [True, None]
    assert [Both(a, "/", c).value(scope), Call("IF", (unknown, a, c)).value(scope)] == [None, None]
    assert [Call("MIN", (a, b)).value(scope), Call("ISMISSING", (b,)).value(scope)] == [None, True]
    assert Both(Both(a, "-", Both(one, "-", one)), "*", one).text == "(a - (1 - 1)) * 1"
    assert Call("ROUND", (Constant("2.5", F("2.5")), c)).value(scope) == 3
    assert [rounded(F("-2.5"), 0, mode) for mode in ("half_up", "down", "half_even")] == [-3, -2, -2]
    assert span("2026-Q3") == (dt.date(2026, 7, 1), dt.date(2026, 9, 30))
    assert span("2026", year_starts=4) == (dt.date(2026, 4, 1), dt.date(2027, 3, 31))
    assert (previous("2026-Q1"), previous("2026-01"), previous("2026-H2")) == ("2025-Q4", "2025-12", "2026-H1")


def test_money_goes_down_the_tree_by_hand() -> None:
    """10 to a group of 1 : 2 and to an item, 3 : 7 — 3.00 and 7.00; in the group 1.00 and 2.00."""
    inner = [Node("g.a", {}, F(1), score=F(1)), Node("g.b", {}, F(2), score=F(1))]
    root = Node("", {}, items=[Node("g", {}, F("0.3"), inner, score=F(1)), Node("c", {}, F("0.7"), score=F(1))])
    divide(root, F(10), MINOR_DIGITS["EUR"])
    assert {each.path: each.pay for each in root.measures()} == {"g.a": F(1), "g.b": F(2), "c": F(7)}
