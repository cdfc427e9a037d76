"""Rule sets so small that every result there can be is tried: what no result reaches is known, not sampled.

Three KPIs, of a handful of whole numbers or tenths; a measure of each, on a curve of any kind that has tiers; and a
gate over all three.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

from tests.oracle.curves import attained, upper_end, with_curves
from tests.oracle.formulas import Both, Call, Constant, Curved, Formula, In, Named, Not
from tests.oracle.numbers import by_rule

Rule = dict[str, Any]
F = Fraction
HEAD: Rule = {
    "rule_set": "small",
    "version": "1",
    "title": {"en": "Small"},
    "decided": {"by": "Chance", "on": "2026-01-01"},
    "currency": "EUR",
    "timezone": "Europe/Paris",
}
STEPS = {"few": 0, "signed": 0, "share": 1}
"""The KPIs, with the decimals that their results have."""


@dataclass(frozen=True)
class Small:
    """A rule set, and what its gate asks."""

    rules: Rule
    gate: Formula

    def results(self, kpi: str) -> list[Fraction]:
        """Every result that a KPI can have."""
        bounds, step = self.rules["kpis"][kpi]["compute"], F(1, 10 ** STEPS[kpi])
        return [
            bounds["at_least"] + number * step
            for number in range(int((bounds["at_most"] - bounds["at_least"]) / step) + 1)
        ]

    def attainments(self, kpi: str) -> set[Fraction]:
        """Every attainment that the KPI's measure can have."""
        measure = self.rules["plans"]["plan"]["scorecard"][kpi]
        numbers = {name: measure[name] for name in ("target", "threshold", "benchmark", "baseline") if name in measure}
        end, better = upper_end(self.rules["curves"][kpi]), self.rules["kpis"][kpi]["better"]
        exact = (attained(measure["attainment"], actual, numbers, better, end) for actual in self.results(kpi))
        return {by_rule(each, None, 4) for each in exact}

    def outcomes(self) -> set[bool]:
        """Everything that the gate can be, where it is known."""
        found = set()
        for values in product(*map(self.results, STEPS)):
            scope = with_curves(self.rules, dict(zip(STEPS, values, strict=True)))
            found.add(self.gate.value(scope))
        return found - {None}


class Drawing:
    """Draws one."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def small(self) -> Small:
        ranges = {
            "few": (F(self.random.choice([0, 1])), F(self.random.randint(1, 5))),
            "signed": (F(self.random.randint(-2, 0)), F(self.random.randint(0, 2))),
            "share": (F(0), F(1)),
        }
        kpis = {name: self.kpi(name, *ends) for name, ends in ranges.items()}
        measures = {name: self.measure(name, weight) for name, weight in zip(STEPS, ("0.5", "0.3", "0.2"), strict=True)}
        curves = {name: self.curve(each["attainment"]) for name, each in measures.items()}
        gate = self.condition(2)
        gates = [{"when": gate, "withhold": "all", "because": {"en": "Chance"}}]
        plan = {
            "title": {"en": "Plan"},
            "pays": "bonus",
            "who": Constant("TRUE", True),
            "target_pay": Constant("1000", F(1000)),
            "scorecard": measures,
            "gates": gates,
        }
        return Small({**HEAD, "kpis": kpis, "curves": curves, "plans": {"plan": plan}}, gate)

    def kpi(self, name: str, low: Fraction, high: Fraction) -> Rule:
        return {
            "title": {"en": name},
            "perspective": "customer",
            "compute": {"kind": "given", "at_least": low, "at_most": high},
            "better": self.random.choice(["higher", "lower"]),
            "rounding": {"places": STEPS[name]},
        }

    def measure(self, kpi: str, weight: str) -> Rule:
        kinds = ["difference", "level", "between", "progress"] + ["ratio", "inverse_ratio"] * (kpi != "signed")
        attainment = self.random.choice(kinds)
        rule: Rule = {"weight": F(weight), "of": "payee", "attainment": attainment, "curve": kpi}
        if attainment in ("ratio", "inverse_ratio", "difference"):
            rule["target"] = self.random.choice([F(1, 2), F(1), F(3), F(9, 10)])
        if attainment in ("between", "progress"):
            start, end = self.random.sample([F(-1), F(0), F(1, 2), F(1), F(4)], 2)
            rule |= {"threshold" if attainment == "between" else "baseline": start, "benchmark": end}
        return rule

    def curve(self, attainment: str) -> Rule:
        starts = sorted(self.random.sample([F(number, 4) for number in range(-8, 21)], self.random.randint(2, 4)))
        rates = [F(self.random.randint(0, 3), 2) for _ in starts]
        kind = self.random.choice(["linear", "stepped", "lookup", *["graded"] * (attainment != "inverse_ratio")])
        below = {"below": self.random.choice(["zero", "flat"])}
        if kind == "linear":
            return {"kind": kind, "points": [list(each) for each in zip(starts, rates, strict=True)], **below}
        if kind == "lookup":
            ends = [{}, *({self.random.choice(["from", "over"]): start} for start in starts)]
            closed = [{("below" if "from" in each else "to"): next(iter(each.values()))} for each in ends[1:]]
            rows = [
                {**low, **high, "rate": rate}
                for low, high, rate in zip(ends, [*closed, {}], [F(0), *rates], strict=True)
            ]
            return {"kind": kind, "rows": rows}
        tiers: list[Rule] = [{"from": start, "rate": rate} for start, rate in zip(starts, rates, strict=True)]
        if kind == "graded":
            return {"kind": kind, "tiers": [{**tier, "jump": F(self.random.randint(0, 2), 2)} for tier in tiers]}
        return {"kind": kind, "tiers": tiers, **below}

    # -- conditions

    def condition(self, depth: int) -> Formula:
        if depth == 0 or self.random.random() < 0.25:
            sign = self.random.choice(["=", "<>", "<", "<=", ">", ">="])
            return Both(self.number(1), sign, self.number(depth))
        match self.random.randrange(6):
            case 0:
                return Not(self.condition(depth - 1))
            case 1:
                return In(self.number(1), tuple(self.literal() for _ in range(2)))
            case 2:
                return Call("IF", tuple(self.condition(depth - 1) for _ in range(3)))
            case _:
                return Both(self.condition(depth - 1), self.random.choice(["AND", "OR"]), self.condition(depth - 1))

    def number(self, depth: int) -> Formula:
        if depth == 0 or self.random.random() < 0.5:
            return self.literal() if self.random.random() < 0.4 else Named(self.random.choice(list(STEPS)))
        match self.random.randrange(6):
            case 0:
                name = self.random.choice(["MIN", "MAX"])
                return Call(name, (self.number(depth - 1), self.number(depth - 1)))
            case 1:
                return Call("ABS", (self.number(depth - 1),))
            case 2:
                return Call(
                    self.random.choice(["ROUND", "ROUNDUP", "ROUNDDOWN"]), (self.number(depth - 1), Constant("0", F(0)))
                )
            case 3:
                return Call("IF", (self.condition(0), self.number(depth - 1), self.number(depth - 1)))
            case 4:
                return Curved(self.random.choice(list(STEPS)), self.number(depth - 1))
            case _:
                return Both(self.number(depth - 1), self.random.choice("+-*/"), self.number(depth - 1))

    def literal(self) -> Formula:
        written = self.random.choice(["0", "1", "2", "0.5", "3", "6", "0.3", "10"])
        return Constant(written, F(written))


def stretches(curve: Rule) -> Iterator[tuple[Fraction, Rule]]:
    """Where each point, tier or row begins, with a row of the attainments that are in it."""
    lines = curve["points"] if curve["kind"] == "linear" else None
    if curve["kind"] == "lookup":
        yield from ((row.get("from", row.get("over")), row) for row in curve["rows"][1:])
        return
    starts = [point[0] for point in lines] if lines else [tier["from"] for tier in curve["tiers"]]
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        yield start, {"from": start, **({} if end is None else {"below": end})}
