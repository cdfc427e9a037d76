"""The oracle on the vocabulary of real schemes, worked out by hand: ways, ranks, parts of periods, curves, pools.

The engine calculates the same cases.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tests.comparing import agree
from tests.oracle import Both, Call, Case, Constant, Curved, Formula, Named, Outcome, settled
from tests.oracle.curves import curve_rate, exponential, standing
from tests.oracle.numbers import by_rule, parts_of
from tests.oracle.pools import between_bounds
from tests.test_oracle_by_hand import amount, example, kpi, measure, payee, plan

F = Fraction
WAY = {"kind": "linear", "below": "zero", "points": [[F(0), F(0)], [F(1), F(1)]]}
BY_RANK = {
    "kind": "stepped",
    "below": "flat",
    "tiers": [{"from": F(1), "rate": F(1)}, {"from": F(2), "rate": F("0.5")}],
}
LINE = {"kind": "linear", "below": "zero", "points": [[F("0.8"), F("0.5")], [F(1), F(1)], [F("1.2"), F("1.5")]]}
CURVES = {"line": LINE, "way": WAY, "by_rank": BY_RANK}
TITLED = {"title": {"en": "drawn up by hand"}}


def worked_out(case: Case) -> dict[str, Outcome]:
    """Plan `p` for everyone, by payee; the engine says the same."""
    agree(case)
    return {payee: outcome for (payee, plan, _), outcome in settled(case)[0].items() if plan == "p"}


def brought(outcome: Outcome) -> dict[str, Fraction | None]:
    assert outcome.root is not None
    return {each.path: each.pay for each in outcome.root.measures()} | {"other": outcome.other_pay}


def staff(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [payee(name, **more) for name in names]


def times(left: Formula, right: Formula) -> Formula:
    return Both(left, "*", right)


# --- measures ---------------------------------------------------------------------------------------------------------


def test_the_better_of_two_ways_counts() -> None:
    """70 of 60 to 80 is half of the way; 70 from 62 to 72 is 80 % of it."""
    paths = {
        "achievement": {"attainment": "between", "threshold": F(60), "benchmark": F(80), "curve": "way"},
        "improvement": {"attainment": "progress", "baseline": {"column": "before"}, "benchmark": F(72), "curve": "way"},
    }
    people = [*staff("A", before=F(62)), *staff("B", before=None), *staff("C", before=F(65))]
    results = {("A", "a"): "70", ("B", "a"): "70", ("C", "a"): "50"}
    case = example({"a": kpi("customer")}, {"p": plan({"a": {"of": "payee", "paths": paths, "weight": F(1)}})}, results,
                   people, curves=CURVES)  # fmt: skip
    case.columns["workforce"]["before"] = "number"
    found = worked_out(case)
    assert [found[name].payout for name in "ABC"] == [800, 500, 0]
    assert [next(found[name].root.measures()).way for name in "ABC"] == [  # type: ignore[union-attr]
        "improvement",
        "achievement",
        "achievement",
    ]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("competition_rank", ["1", "2", "2", "4"]),
        ("dense_rank", ["1", "2", "2", "3"]),
        ("percentile_below", ["3/4", "1/4", "1/4", "0"]),
        ("percentile_midpoint", ["7/8", "1/2", "1/2", "1/8"]),
        ("percentile_inclusive", ["1", "1/3", "1/3", "0"]),
    ],
)
def test_ranks_and_percentiles(kind: str, expected: list[str]) -> None:
    results = [F(10), F(8), F(8), F(5)]
    assert [standing(kind, each, results, "higher") for each in results] == [F(each) for each in expected]
    turned = [-each for each in results]
    assert [standing(kind, each, turned, "lower") for each in turned] == [F(each) for each in expected]


def test_only_reliable_results_of_the_population_are_ranked() -> None:
    """B has the best result from one answer, D is of another level: C, first of A and C, gets 100 %, A 50 %."""
    rule = {"of": "payee", "attainment": "competition_rank", "among": "peers", "curve": "by_rank", "weight": F(1)}
    people = [*staff("A", "B", "C", level="junior"), *staff("D", level="senior"), *staff("E", level=None)]
    given = {"A": ("1", 5), "B": ("9", 1), "C": ("2", 5), "D": ("1", 5), "E": ("1", 5)}
    results = {(name, "a"): result for name, result in given.items()}
    kpis = {"a": kpi("customer", reliability={"at_least": 2})}
    peers = {"who": Both(Named("level"), "<>", Constant('"other"', "other")), "by": ["level"]}
    case = example(kpis, {"p": plan({"a": rule})}, results, people, curves=CURVES, populations={"peers": peers})
    found = worked_out(case)
    assert [found[name].payout for name in "ABCDE"] == [500, None, 1000, 1000, None]
    assert [found[name].codes for name in "BE"] == [{"missing-result"}, {"not-in-population"}]


def test_the_mean_of_the_months_that_exist() -> None:
    """July 0.9 → 75 %, nothing in August, September 1.1 → 125 %: 100 %; the quarter's own result is not read."""
    case = example({"a": kpi("customer")}, {"p": plan({"a": measure("1", average_of="months")})}, {("A", "a"): "9"})
    key = {"subject_kind": "payee", "subject": "A", "kpi": "a", "n": None}
    case.tables["kpis"] += [
        {**key, "period": "2026-07", "value": F("0.9")},
        {**key, "period": "2026-09", "value": F("1.1")},
    ]
    assert worked_out(case)["A"].payout == 1000
    assert parts_of("2026-Q3", "months") == ["2026-07", "2026-08", "2026-09"]
    assert parts_of("2026", "halves", year_starts=4) == ["2026-H1", "2026-H2"]
    assert parts_of("2026", "quarters", year_starts=10) == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    assert parts_of("2026-07", "months") == parts_of("2026-Q3", "halves") == []


# --- curves -----------------------------------------------------------------------------------------------------------

UNROUNDED = {"rounding": "none"}
GRADED = {
    "kind": "graded",
    "tiers": [{"from": F(0), "rate": F("0.1")}, {"from": F(1), "rate": F("0.5"), "jump": F("0.05")}],
}
ROWS = {
    "kind": "lookup",
    "rows": [{"below": F(1), "rate": F(0)}, {"from": F(1), "to": F(2), "rate": F(1)}, {"over": F(3), "rate": F(2)}],
}
JUMP = {"kind": "linear", "below": "zero", "points": [[F(0), F(0)], [F(1), F(1)], [F(1), F(2)], [F(2), F(3)]]}
TWO = {
    "kind": "matrix",
    "across": Named("years"),
    "columns": [F(0), F(5)],
    "rows": [{"from": F(1), "rates": [F(1), F(2)]}, {"from": F(2), "rates": [F(3), F(4)]}],
    "below": "zero",
}
SHAPED = {"kind": "logistic", "midpoint": F(50), "width": F(10), "rounding": {"places": 9}}


@pytest.mark.parametrize(
    ("curve", "attainment", "expected"),
    [
        (GRADED, "-1", "0"),
        (GRADED, "0.5", "0.05"),
        (GRADED, "1", "0.15"),
        (GRADED, "1.2", "0.25"),
        (ROWS, "0.9999", "0"),
        (ROWS, "1", "1"),
        (ROWS, "2", "1"),
        (ROWS, "2.5", None),
        (ROWS, "3", None),
        (ROWS, "3.0001", "2"),
        (JUMP, "0.5", "0.5"),
        (JUMP, "1", "2"),
        (JUMP, "1.5", "2.5"),
        (TWO, "0.5", "0"),
        (TWO, "1", "2"),
        (TWO, "9", "4"),
        (SHAPED, "50", "0.5"),
        (SHAPED, "60", "0.731058579"),
        (SHAPED, "-9999", "0"),
    ],
)
def test_curves(curve: dict[str, Any], attainment: str, expected: str | None) -> None:
    found = curve_rate(curve, F(attainment), {"years": F(5)})
    assert found == (None if expected is None else F(expected))


def test_the_exponential_is_correctly_rounded() -> None:
    assert [exponential(F(x)) for x in (0, 1, -1)] == [1, F("2.718281828459045"), F("0.367879441171442")]
    assert exponential(F(40)) == exponential(F(99)) == F("235385266837019985.407899910749035")
    assert exponential(F(-40)) == 0


def test_two_roundings_one_after_the_other() -> None:
    once = {"places": 2}
    assert [by_rule(F("0.345"), rule, 9) for rule in (once, {**once, "then": {"places": 1}})] == [F("0.35"), F("0.4")]
    assert by_rule(F("0.345"), {"places": 1}, 9) == F("0.3")


# --- nodes ------------------------------------------------------------------------------------------------------------


def because(**rule: Any) -> dict[str, Any]:
    return {**rule, "because": {"en": "by hand"}}


def test_points_are_nobodys_and_a_limit_is_not_withheld() -> None:
    """80 % of the way is 50 %; 10 points more are 60 %, of which the measure earned 500."""
    rule = plan({"a": measure("1")}, modifiers=[because(add=Constant("10%", F("0.1")))])
    results = {("A", "a"): "0.8", ("B", "a"): "1"}
    found = worked_out(example({"a": kpi("customer")}, {"p": rule}, results, staff("A", "B")))
    assert brought(found["A"]) == {"a": 500, "other": 100}
    limited = {**rule, "gates": [because(when=Both(Named("a"), ">=", amount("1")), limit=F("0.9"))]}
    found = worked_out(example({"a": kpi("customer")}, {"p": limited}, results, staff("A", "B")))
    assert brought(found["B"]) == {"a": 900, "other": 0}


@pytest.mark.parametrize(
    ("combine", "payout", "money"),
    [("min", 500, {"b": 500}), ("max", 1500, {"c": 1500}), ("mean", 1000, {"a": 333, "b": 167, "c": 500})],
)
def test_the_deciding_item_gets_the_money(combine: str, payout: int, money: dict[str, int]) -> None:
    """100 %, 50 %, 150 % and once more 50 %, which is left out or does not come first."""
    items = {name: measure(None) for name in "abc"} | {"d": measure(None, kpi="b", on_missing="reweight")}
    if combine == "mean":
        items.pop("d")
    results = {("A", "a"): "1", ("A", "b"): "0.8", ("A", "c"): "1.2"}
    kpis = {name: kpi("customer") for name in "abc"}
    rule = plan(items, combine=combine, rounding={"places": 4}, payout_rounding={"places": 0})
    found = worked_out(example(kpis, {"p": rule}, results))["A"]
    assert found.payout == payout
    assert {name: pay for name, pay in brought(found).items() if pay} == money


def test_too_few_items_hold() -> None:
    items = {name: measure(None, on_missing="reweight") for name in "ab"}
    kpis = {name: kpi("customer") for name in "ab"}
    case = example(kpis, {"p": plan(items, combine="sum", at_least=2)}, {("A", "a"): "1"})
    assert worked_out(case)["A"].codes == {"too-few-items"}


# --- payouts and pools ------------------------------------------------------------------------------------------------


def test_a_payout_formula_says_who_brought_what() -> None:
    """1000 × 100 % + 50 × 50 % + 100 = 1125: 1000 and 25 by the measures, 100 by nobody."""
    formula = Both(
        Both(times(Named("target_pay"), Named("a")), "+", times(amount("50"), Named("g.b"))), "+", amount("100")
    )
    items = {"a": measure("0.5"), "g": {"weight": F("0.5"), "items": {"b": measure("1")}}}
    kpis = {"a": kpi("customer"), "b": kpi("internal")}
    case = example(kpis, {"p": plan(items, payout=formula)}, {("A", "a"): "1", ("A", "b"): "0.8"})
    found = worked_out(case)["A"]
    assert found.payout == 1125
    assert brought(found) == {"a": 1000, "g.b": 25, "other": 100}


def pooled(pool: dict[str, Any], results: list[str], **more: Any) -> Case:
    """Payees A, B, C… with one measure, 0.8 → 50 %, 1 → 100 %, in one pool."""
    names = "ABCDEF"[: len(results)]
    rule = plan({"a": measure("1")}, pool="pot", **more)
    given = {(name, "a"): result for name, result in zip(names, results, strict=True)}
    return example({"a": kpi("customer")}, {"p": rule}, given, staff(*names), pools={"pot": {**TITLED, **pool}})


def parts(**shares: tuple[str, Formula]) -> dict[str, Any]:
    return {name: {**TITLED, "share": F(share), "in_proportion_to": key} for name, (share, key) in shares.items()}


def test_a_sum_is_shared_out_by_two_keys() -> None:
    """600 by score, 2 : 1 : 1, and 400 in equal parts, which no measure earned."""
    pool = {"fund": {"sum": amount("1000"), "of": "company"},
            "parts": parts(by_score=("0.6", Named("score")), equal=("0.4", amount("1")))}  # fmt: skip
    found = worked_out(pooled(pool, ["1", "0.8", "0.8"]))
    assert [found[name].payout for name in "ABC"] == [F("433.33"), F("283.34"), F("283.33")]
    assert brought(found["A"]) == {"a": 300, "other": F("133.33")}


def test_bounds_are_made_up_for_by_the_others() -> None:
    """1000 by 2 : 1 : 1; at most 400: the others share 600. At least 300: the first has 400."""
    pool = {"fund": {"sum": amount("1000"), "of": "company"}, "parts": parts(all=("1", Named("score")))}
    found = worked_out(pooled({**pool, "maximum": amount("400")}, ["1", "0.8", "0.8"]))
    assert [found[name].payout for name in "ABC"] == [400, 300, 300]
    case = pooled({**pool, "minimum": amount("300")}, ["1", "0.8", "0.8"])
    found = worked_out(case)
    assert [found[name].payout for name in "ABC"] == [400, 300, 300]
    assert [brought(found[name]) for name in "AB"] == [{"a": 400, "other": 0}, {"a": 250, "other": 50}]
    short = worked_out(pooled({**pool, "minimum": amount("333.34")}, ["1", "0.8", "0.8"]))
    assert [outcome.codes for outcome in short.values()] == [{"pool-too-small"}] * 3
    case = pooled({**pool, "maximum": amount("200")}, ["1", "0.8", "0"])
    assert [outcome.payout for outcome in worked_out(case).values()] == [200, 200, 0]
    assert (settled(case)[1][0].paid, settled(case)[1][0].left) == (F(400), F(600))


def test_the_level_at_which_a_pool_is_filled() -> None:
    """Keys 8 : 1 : 1 of 1000 between 150 and 600: at λ = 0.75 × …, 600, then 400 between the two others."""
    bounds: list[tuple[Fraction, Fraction | None]] = [(F(150), F(600))] * 3
    assert between_bounds(F(1000), [F(800), F(100), F(100)], bounds, 0) == [600, 200, 200]
    assert between_bounds(F(1000), [F(900), F(99), F(1)], bounds, 0) == [600, 250, 150]
    assert between_bounds(F(10), [F(1), F(1), F(1)], [(F(0), None)] * 3, 0) == [3, 4, 3]


def test_the_factor_that_a_sum_allows() -> None:
    """1500 × c ≤ 1000: 0.66 pays 990; what scores below 80 % get is nothing."""
    pool = {"fund": {"per_payee": times(Constant("50%", F("0.5")), Named("target_pay"))},
            "solve": {"factor": "c", "at_most": F(2), "places": 2}}  # fmt: skip
    payout = times(times(Named("target_pay"), Named("score")), Named("c"))
    case = pooled(pool, ["1", "0.8"], payout=payout)
    found, pots = settled(case)
    agree(case)
    assert [outcome.payout for outcome in found.values()] == [660, 330]
    assert (pots[0].factor, pots[0].sum, pots[0].left) == (F("0.66"), F(1000), F(10))
    richer = pooled({**pool, "fund": {"sum": amount("9999"), "of": "company"}}, ["1", "0.8"], payout=payout)
    assert [outcome.payout for outcome in worked_out(richer).values()] == [2000, 1000]


def test_curves_are_functions() -> None:
    """line(0.9) = 75 %: of 1000 × 100 % are left 750; a curve with a hole holds where the formula needs it."""
    factor = because(factor=Curved("line", times(Named("a"), Constant("0.9", F("0.9")))))
    case = example({"a": kpi("customer")}, {"p": plan({"a": measure("1")}, modifiers=[factor])}, {("A", "a"): "1"})
    assert worked_out(case)["A"].payout == 750
    rows = {"kind": "lookup", "rows": [{"from": F(2), "rate": F(1)}]}
    needed = Call("IF", (Both(Named("a"), ">", amount("1")), Curved("rows", Named("a")), amount("1")))
    rule = plan({"a": measure("1")}, modifiers=[because(factor=needed)])
    results = {("A", "a"): "1", ("B", "a"): "1.1"}
    case = example({"a": kpi("customer")}, {"p": rule}, results, staff("A", "B"), curves={"line": LINE, "rows": rows})
    found = worked_out(case)
    assert found["A"].payout == 1000
    assert found["B"].codes == {"missing-factor"}
