"""What would have changed a payout agrees with the oracle, which is asked again with the other result, or rule."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, reject, seed, settings

from incentive_engine import InputProblems, load
from incentive_engine.engine.variations import variations
from incentive_engine.rulesets.loading import rules_for
from incentive_engine.rulesets.resolving import resolve
from tests.case_files import calculated
from tests.drawn import cases
from tests.oracle import Card, Case, Node, Outcome, Results, Version, versions
from tests.oracle.curves import attained, curve_rate, upper_end
from tests.oracle.money import pay, score
from tests.oracle.numbers import by_rule, previous
from tests.oracle.results import Day, Result

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
DRAWN = settings(deadline=None, database=None, suppress_health_check=SLOW, phases=[Phase.generate])
Name = tuple[str, str, str | None, str]
"""KPI, kind of subject, subject, period."""
MORE = {
    ("nps", "higher"): (100, 1), ("share", "higher"): (1, 1), ("share", "lower"): (0, 1), ("count", "higher"): (1, 0),
    ("count", "lower"): (-1, 0), ("distinct", "higher"): (1, 0), ("repeat", "higher"): (1, 1),
    ("repeat", "lower"): (0, 1), ("without_repeat", "higher"): (1, 1), ("without_repeat", "lower"): (0, 1),
}  # fmt: skip


class Another(Results):
    """The results of a case, some of them replaced."""

    def __init__(self, case: Case, instead: Mapping[Name, Result]) -> None:
        super().__init__(case)
        self._instead = instead

    def of(self, name: str, kind: str, subject: str | None, period: str, first: Day = None, last: Day = None) -> Result:
        found = super().of(name, kind, subject, period, first, last)
        other = self._instead.get((name, kind, subject, period))
        return found if other is None else replace(found, value=other.value, n=other.n if other.n else found.n)


class Asked:
    """The oracle, asked about one row."""

    def __init__(self, case: Case, row: Mapping[str, Any]) -> None:
        self.case, self.row = case, row
        self.card, self.outcome = self.ask({})
        assert self.outcome.root is not None
        self.node = next((node for node in self.outcome.root.nodes() if node.path == (row["node"] or "")), None)

    def ask(self, instead: Mapping[Name, Result], version: Version | None = None) -> tuple[Card, Outcome]:
        """What the plan gives with other results, or by another version of it."""
        results = Another(self.case, instead)
        stretch = next(
            each for each in results.people.stretches[self.row["payee"]] if each.number == self.row["segment"]
        )
        card = Card(results, stretch, version or self.version)
        outcome = Outcome(card, card.tests())
        score(card, outcome)
        pay(card, outcome)
        return card, outcome

    @property
    def version(self) -> Version:
        return next(each for each in versions(self.case) if each.name == self.row["plan"])

    def way(self, node: Node) -> Mapping[str, Any]:
        """The way that decided."""
        return node.rule["paths"][node.way] if node.way else node.rule

    def aim(self, node: Node) -> Fraction | None:
        """What a result should reach."""
        way = self.way(node)
        name = {"between": "benchmark", "progress": "benchmark"}.get(way["attainment"], "target")
        return self.card.number(node, way, name)

    def name(self) -> Name:
        kind, when = self.row["subject_kind"], self.row["when"]
        period = {"": self.case.period, "previous": previous(self.case.period)}.get(when, when)
        return self.row["kpi"], kind, self.card.subject(kind), period


def rows_agree(case: Case) -> dict[str, int]:
    """Fails where the oracle pays something else; gives how many rows of each kind of change there were."""
    seen: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            found = calculated(case, folder)
        except InputProblems:
            reject()
        rules = load(folder / "rules.yaml")
        rules = rules_for(rules, rules.period(case.period))
        plans = resolve(rules.ruleset, rules.period(case.period))
        for row in variations(rules, plans, found.traces, found.kpis).to_dicts():
            asked = Asked(case, row)
            assert Fraction(row["before"]) == asked.outcome.payout, row
            outcome = CHANGES.get(row["change"], without)(asked)
            seen[row["change"]] = seen.get(row["change"], 0) + 1
            expected = None if outcome.codes else outcome.payout
            assert (None if row["after"] is None else Fraction(row["after"])) == expected, (row, outcome.codes)
    return seen


def one_more(asked: Asked) -> Outcome:
    name, row = asked.name(), asked.row
    kpi, counted = case_kpi(asked), asked.card.results.of(*name, *asked.card.over(name[0]))
    assert counted.n is not None
    assert counted.numerator is not None
    kind = kpi["compute"]["kind"]
    if kind == "grid":
        items = kpi["compute"]["items"].values()
        points = sum(Fraction(item.get("out_of", 1)) * item.get("weight", 1) for item in items)
        above, below = points if kpi["better"] == "higher" else Fraction(0), points
    else:
        above, below = MORE[kind, kpi["better"]]
    value = counted.numerator + above
    if below:
        assert counted.denominator is not None
        value = value / (counted.denominator + below)
    value = by_rule(value, kpi.get("rounding"), 4)
    assert Fraction(row["value"]) == value, row
    fewer = (kind, kpi["better"]) == ("count", "lower")
    return asked.ask({name: Result(value, counted.n + (-1 if fewer else 1))})[1]


def next_point(asked: Asked) -> Outcome:
    row, node = asked.row, asked.node
    assert node is not None
    way, rule, value = asked.way(node), asked.case.rules["curves"], Fraction(row["value"])
    curve, better = rule[way["curve"]], case_kpi(asked)["better"]
    numbers = {name: asked.card.number(node, way, name) for name in ("target", "threshold", "benchmark", "baseline")}
    known = {name: number for name, number in numbers.items() if number is not None}
    exact = attained(way["attainment"], value, known, better, upper_end(curve))
    before = node.ways[node.way] if node.way else node
    assert before.attainment is not None
    rises = Fraction(row["goal"]) > before.attainment
    attainment = by_rule(exact, way.get("attainment_rounding"), 4)
    assert attainment >= Fraction(row["goal"]) if rises else attainment <= Fraction(row["goal"]), row
    scope = asked.card.with_results(node.rule["of"])
    assert (curve_rate(curve, attainment, scope) or 0) >= (before.rate or 0), row
    return asked.ask({asked.name(): Result(value)})[1]


def at_target(asked: Asked) -> Outcome:
    node = asked.node
    assert node is not None
    aim = asked.aim(node)
    assert aim is not None
    if asked.row["kpi"] is None:
        return asked.ask(dict(every_part(asked, node, aim)))[1]
    assert Fraction(asked.row["value"]) == aim
    return asked.ask({asked.name(): Result(aim)})[1]


def all_at_target(asked: Asked) -> Outcome:
    assert asked.outcome.root is not None
    instead: dict[Name, Result] = {}
    for node in asked.outcome.root.measures():
        if "paths" not in node.rule or (node.way and "average_of" not in node.rule):
            way = asked.way(node)
            if way["attainment"] != "level" and (aim := asked.aim(node)) is not None:
                instead |= dict(every_part(asked, node, aim))
    return asked.ask(instead)[1]


def every_part(asked: Asked, node: Node, aim: Fraction) -> Iterator[tuple[Name, Result]]:
    """The results that counted for a measure, at what they should reach."""
    if node.how in ("own", "weighted") and node.rule.get("average_of"):
        for kpi, kind, subject, period, *_ in node.read:
            if kind == node.rule["of"] and asked.card.results.of(kpi, kind, subject, period).value is not None:
                yield (kpi, kind, subject, period), Result(aim)
    elif node.how in ("own", "weighted"):
        yield (node.kpi, node.subject_kind, asked.card.subject(node.rule["of"]), asked.case.period), Result(aim)
    elif node.how in ("team", "department"):
        yield (node.kpi, node.how, asked.card.subject(node.how), asked.case.period), Result(aim)
    elif node.how == "previous":
        yield (node.kpi, node.rule["of"], asked.card.subject(node.rule["of"]), previous(asked.case.period)), Result(aim)


def without(asked: Asked) -> Outcome:
    """The plan without one of its steps."""
    rule = deepcopy(dict(asked.version.rule))
    node: dict[str, Any] = rule
    for at, name in enumerate([] if asked.row["node"] == "plan" else asked.row["node"].split(".")):
        node = node["scorecard" if at == 0 else "items"][name]
    kind = asked.row["change"]
    if kind in ("floor", "cap"):
        del node[kind]
    else:
        node[f"{kind}s"] = [each for at, each in enumerate(node[f"{kind}s"], 1) if at != asked.row["number"]]
    return asked.ask({}, replace(asked.version, rule=rule))[1]


def case_kpi(asked: Asked) -> Mapping[str, Any]:
    return asked.case.rules["kpis"][asked.row["kpi"]]  # type: ignore[no-any-return]


CHANGES = {"one_more": one_more, "next_point": next_point, "at_target": at_target, "all_at_target": all_at_target}


@given(cases())
@settings(DRAWN, max_examples=25, derandomize=True)
def test_the_oracle_pays_the_same(case: Case) -> None:
    rows_agree(case)


@pytest.mark.long
@pytest.mark.parametrize("number", range(4))
def test_the_oracle_pays_the_same_on_600_rule_sets(number: int) -> None:
    seen: dict[str, int] = {}

    @seed(number)
    @given(cases())
    @settings(DRAWN, max_examples=150, derandomize=False)
    def drawn(case: Case) -> None:
        for change, rows in rows_agree(case).items():
            seen[change] = seen.get(change, 0) + rows

    drawn()
    assert {"one_more", "next_point", "at_target", "all_at_target", "gate", "cap", "floor", "modifier"} <= seen.keys()
