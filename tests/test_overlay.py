"""Changes of a rule set by path: what they make, what they refuse, and where that is told."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from incentive_engine import InputProblems, load
from incentive_engine.documents import read_text
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.models import Group
from incentive_engine.shipped import rules_dir
from incentive_engine.simulation.scenarios.overlay import Written, overlaid, overlay

STARTER = rules_dir() / "starter" / "rules.yaml"


@pytest.fixture(scope="module")
def starter() -> Rules:
    return load(STARTER)


def refused(rules: Rules, **changes: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(InputProblems) as told:
        overlaid(rules, **changes)
    return [(each.code, each.hint) for each in told.value.problems]


def items(rules: Rules, plan: str, group: str) -> Mapping[str, Any]:
    found = rules.ruleset.plans[plan].scorecard[group]
    assert isinstance(found, Group)
    return found.items


def test_a_number_is_another_and_all_else_stays(starter: Rules) -> None:
    changed = overlaid(starter, {"plans.adviser.cap": Decimal("1.2")})
    assert changed.ruleset.plans["adviser"].cap == Decimal("1.2")
    cap = {"cap": Decimal("1.5")}
    again = changed.ruleset.plans["adviser"].model_copy(update=cap)
    assert {**changed.ruleset.plans, "adviser": again} == starter.ruleset.plans


def test_weights_beside_a_changed_one_share_the_rest(starter: Rules) -> None:
    made = overlay(starter, {"plans.adviser.scorecard.customer.weight": Decimal("0.8")})
    assert [str(each) for each in made.shared] == ["plans.adviser.scorecard.internal.weight: 30% → 20%"]
    assert made.rules().ruleset.plans["adviser"].scorecard["internal"].weight == Decimal("0.2")


def test_an_item_that_is_added_takes_from_all_beside_it(starter: Rules) -> None:
    again = {"kpi": "satisfaction", "weight": Decimal("0.2"), "of": "payee", "target": Decimal(4)}
    own = {**again, "attainment": "ratio", "curve": "on_ratio"}
    changed = overlaid(starter, add={"plans.adviser.scorecard.customer.items.again_too": own})
    weights = {name: each.weight for name, each in items(changed, "adviser", "customer").items()}
    assert weights == {"satisfaction": Decimal("0.48"), "nps": Decimal("0.32"), "again_too": Decimal("0.2")}


def test_an_item_that_is_removed_leaves_to_all_beside_it(starter: Rules) -> None:
    changed = overlaid(starter, remove=["plans.adviser.scorecard.customer.items.nps"])
    assert items(changed, "adviser", "customer")["satisfaction"].weight == 1


def test_shares_without_an_end_are_refused_with_numbers_that_have_one(starter: Rules) -> None:
    third = {"kpi": "satisfaction", "of": "payee", "target": Decimal(4), "attainment": "ratio", "curve": "on_ratio"}
    customer = "plans.adviser.scorecard.customer.items"
    weights = {f"{customer}.satisfaction.weight": Decimal("0.3"), f"{customer}.nps.weight": Decimal("0.3")}
    base = overlaid(starter, weights, {f"{customer}.again_too": {**third, "weight": Decimal("0.4")}})
    # 60 % between 30 and 40: 25.714285… % and 34.285714… %, of which the second loses less when rounded
    proposed = f"{customer}.nps.weight: 25.71%, {customer}.again_too.weight: 34.29%"
    expected = [("weights-do-not-end", f"write them too, for example {proposed}")]
    assert refused(base, change={f"{customer}.satisfaction.weight": Decimal("0.4")}) == expected


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("plans.adviser.scorecard.customer.nps.weight", "plans.adviser.scorecard.customer.items.nps.weight"),
        ("plans.advisor.cap", "plans.adviser.cap"),
        ("curves.on_ratios.below", "curves.on_ratio.below"),
        ("plan.adviser.cap", "plans.adviser.cap"),
    ],
)
def test_a_path_that_does_not_exist_is_refused_with_what_may_be_meant(starter: Rules, path: str, hint: str) -> None:
    assert refused(starter, change={path: Decimal(1)}) == [("unknown-path", f"did you mean `{hint}`?")]


@pytest.mark.parametrize("path", ["", ".", "plans..cap", "plans.adviser.", 'plans."adviser', 'plans.a"b'])
def test_what_is_no_path_is_refused(starter: Rules, path: str) -> None:
    assert refused(starter, change={path: 1}) == [("unknown-path", "write keys with dots between: plans.adviser.cap")]


def test_a_key_with_a_dot_stands_in_quotes(starter: Rules) -> None:
    dotted = overlaid(starter, add={"sources.surveys.columns": {"a.b": {"at_most": Decimal(5)}}})
    again = overlaid(dotted, {'sources.surveys.columns."a.b".at_most': Decimal(6)})
    assert again.document.data["sources"]["surveys"]["columns"] == {"a.b": {"at_most": Decimal(6)}}


def test_everything_wrong_is_told_at_once(starter: Rules) -> None:
    found = refused(
        starter,
        change={"plans.adviser.cap.x": 1, "curves.on_ratio.points.9.1": 1},
        add={"plans.adviser.cap": 1, "curves.on_ratio.points.9": [1, 1]},
        remove=["plans.nobody"],
    )
    assert [hint for _, hint in found] == [
        "change `plans.adviser.cap` itself",
        "items are counted from 1",
        "write it under `change`",
        "the next is `curves.on_ratio.points.4`",
        "it has `adviser`, `seller`",
    ]


def test_items_of_lists_are_counted_from_one(starter: Rules) -> None:
    changed = overlaid(
        starter,
        {"curves.on_ratio.points.1.2": Decimal("0.4")},
        {"curves.on_ratio.points.4": [Decimal("1.4"), Decimal(2)]},
        ["curves.on_ratio.points.2"],
    )
    points = changed.document.data["curves"]["on_ratio"]["points"]
    assert [[f"{each:f}" for each in point] for point in points] == [["0.80", "0.4"], ["1.20", "1.50"], ["1.4", "2"]]


def test_what_a_changed_rule_set_gets_wrong_is_told_where_the_change_is_written(starter: Rules) -> None:
    text = "rules:\n  change:\n    plans.adviser.cap: -120%\n    plans.seller.scorecard.sales.curve: on_ratios\n"
    document = read_text(text, "less.yaml")
    with pytest.raises(InputProblems) as told:
        overlaid(starter, document.data["rules"]["change"], written=Written(document, ("rules",)))
    assert [(str(each.location), each.code) for each in told.value.problems] == [
        ("less.yaml:3:24", "cap-below-zero"),
        ("less.yaml:4:41", "unknown-curve"),
    ]


def test_what_goes_wrong_around_a_change_is_told_where_the_change_is_written(starter: Rules) -> None:
    """The rule set's own lines are right: the weights of a group, and what is promised of a plan."""
    for value, code, hint in (
        ("80", "weights-not-100", "they are 8000% + 30%: write 80% in the place of 80"),
        ("50%", "P10-customer-weight", "raise their weights, or change the principle"),
    ):
        text = f"rules:\n  change:\n    plans.adviser.scorecard.customer.weight: {value}\n"
        document = read_text(text, "less.yaml")
        with pytest.raises(InputProblems) as told:
            overlaid(starter, document.data["rules"]["change"], written=Written(document, ("rules",)))
        (problem,) = told.value.problems
        assert (str(problem.location), problem.code, problem.hint) == ("less.yaml:3:5", code, hint)


def test_what_is_changed_and_removed_is_refused(starter: Rules) -> None:
    found = refused(
        starter, change={"plans.adviser.cap": 1}, remove=["plans.adviser.cap", "plans.seller", "plans.seller.cap"]
    )
    assert found == [("removed-too", "keep one of the two")] * 2
