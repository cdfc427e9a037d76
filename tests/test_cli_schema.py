"""`incentive schema`: an editor that knows it accepts what the engine accepts, and underlines typos."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from incentive_engine.cli import main
from incentive_engine.shipped import rule_sets, rules_dir
from tests.json_schema import faults, read_as_an_editor

RULES = rule_sets()
STARTER = (rules_dir() / "starter" / "rules.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    told = CliRunner().invoke(main, ["schema"])
    assert told.exit_code == 0
    loaded: dict[str, Any] = json.loads(told.stdout)
    return loaded


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_every_shipped_rule_set_follows_it(schema: dict[str, Any], path: Path) -> None:
    assert faults(read_as_an_editor(path.read_text(encoding="utf-8")), schema) == []


@pytest.mark.parametrize(
    ("right", "wrong", "at"),
    [
        ("timezone: ", "timezon: ", "$.timezon"),
        ("perspective: customer", "perspective: client", "$.kpis.satisfaction.perspective"),
        ("better: higher", "better: yes", "$.kpis.satisfaction.better"),
        ("attainment: ratio", "attainment: ratios", "$.plans.adviser.scorecard.customer.items.satisfaction.attainment"),
        ("below: zero", "below: nothing", "$.curves.on_ratio.below"),
        ("points: [[80%, 50%]", "points: [[80%, half]", "$.curves.on_ratio.points[0][1]"),
        ("at_least: 70%", "at_least: 70 %", "$.principles.customer_weight.at_least"),
        ("kind: mean", "kind: average", "$.kpis.satisfaction.compute.kind"),
        ("currency: EUR", "currency: euro", "$.currency"),
        ("withhold: 50%", "withold: 50%", "$.plans.seller.scorecard.sales.gates[0].withold"),
        ("title: {en: Seller", "title: {english: Seller", "$.plans.seller.title.english"),
    ],
)
def test_a_typo_is_underlined(schema: dict[str, Any], right: str, wrong: str, at: str) -> None:
    assert right in STARTER
    assert at in faults(read_as_an_editor(STARTER.replace(right, wrong, 1)), schema)


def test_every_key_is_described(schema: dict[str, Any]) -> None:
    """An editor shows the description beside the key."""
    bare = [
        f"{name}.{key}"
        for name, part in {"RuleSet": schema, **schema["$defs"]}.items()
        for key, each in part["properties"].items()
        if "description" not in each and "const" not in each
    ]
    assert bare == []


def test_numbers_may_be_percentages(schema: dict[str, Any]) -> None:
    number = schema["$defs"]["AtLeast"]["properties"]["at_least"]
    assert [faults(value, number) for value in (0.7, "70%", "12.5%", "seventy", "70", 1.1)] == [
        [], [], [], ["$"], ["$"], ["$"],
    ]  # fmt: skip


def test_it_names_itself_and_its_dialect(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].startswith("urn:incentive-engine:rule-set:")
