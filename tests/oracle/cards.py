"""One payee's scorecard under one plan: results, attainments, rates and scores, and every reason to hold the payee."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any

from tests.oracle.curves import NEEDS, RANKED, attained, curve_rate, impossible, standing, upper_end, with_curves
from tests.oracle.nodes import Node, Taken, part
from tests.oracle.numbers import ONE, ZERO, Row, Rule, by_rule, parts_of, previous
from tests.oracle.people import Stretch, number_in, payee_scope
from tests.oracle.presence import Presence
from tests.oracle.results import NOTHING, Result, Results
from tests.oracle.versions import Version


class Card:
    """Works out one payee's scorecard; notes in `codes` every reason to hold the payee."""

    def __init__(self, results: Results, stretch: Stretch, version: Version) -> None:
        self.results, self.rules, self.stretch, self.version = results, results.rules, stretch, version
        self.payee, self.plan, self.period = results.exchange.converted(stretch.row), version.rule, results.case.period
        self.codes: set[str] = set()
        self.scopes: dict[tuple[str, str], Row] = {}
        self.year_starts = int(self.rules.get("year_starts", 1))
        self.scope = payee_scope(self.rules, self.payee, self.period)
        self.days = [day for day in stretch.days if version.first <= day <= version.last]

    @property
    def pays(self) -> str:
        """What is paid."""
        return str(self.plan["pays"])

    @property
    def is_certain(self) -> bool:
        """Whether it is known what was so of the payee: not of who is held for that, or is not there."""
        return bool(self.stretch.days) and not self.results.people.codes[self.payee["payee"]]

    def same_days(self, other: Card) -> bool:
        """Whether the plans of both are in force on some day of the same stretch."""
        one, two = self.version, other.version
        return self.stretch == other.stretch and one.first <= two.last and two.first <= one.last

    def tests(self) -> dict[str, bool | None]:
        scope = payee_scope(self.rules, self.stretch.row, self.period)
        made: dict[str, bool | None] = {"who": self.plan["who"].value(scope)}
        if "eligible" in self.plan:
            made["eligible"] = self.plan["eligible"].value(scope)
        if "proration" in self.plan:
            made["present"] = None if self.payee["hired"] is None else self.presence.is_there(self.days)
        elif not self.version.is_whole:
            made["present"] = bool(self.days)
        return made

    def subject(self, kind: str) -> str | None:
        return "company" if kind == "company" else self.payee[kind]

    def over(self, kpi: str) -> tuple[dt.date | None, dt.date | None]:
        """The first and the last day of the assignment in which the payee was, where results of it count."""
        if self.rules["kpis"][kpi].get("over") != "assignment":
            return None, None
        people = self.results.people
        return people.stint(self.payee["payee"], (self.stretch.days or people.days)[0])

    def with_results(self, kind: str, period: str = "") -> Row:
        """What gates, modifiers and curves read: the payee's columns, and every KPI's result for the subject."""
        period = period or self.period
        if (kind, period) not in self.scopes:
            kpis = self.rules["kpis"]
            subject = self.subject(kind)
            results = {name: self.results.of(name, kind, subject, period, *self.over(name)).value for name in kpis}
            self.scopes[kind, period] = with_curves(self.rules, {**self.scope, **results})
        return self.scopes[kind, period]

    def parameter(self, written: Any, kpi: str = "") -> Fraction | None:
        """A number of the rule set, or the one that a table or a column has for the payee."""
        if not isinstance(written, Mapping):
            return None if written is None else Fraction(written)
        if "table" not in written:
            own: Fraction | None = self.payee[written["column"]]
            return own
        keys = {key: kpi if key == "kpi" else self.payee[key] for key in self.rules["tables"][written["table"]]["keys"]}
        first = self.days[0] if self.days else self.results.people.days[0]
        return number_in(self.rules, self.results.tables, written, keys, first)

    def need(self, value: Any, code: str) -> Any:
        if value is None:
            self.codes.add(code)
        return value

    def scored(self) -> Node:
        """The whole scorecard."""
        return self.group("", {**self.plan, "items": self.plan["scorecard"]})

    def node(self, name: str, path: str, rule: Rule) -> Node:
        if "items" in rule:
            return self.group(path, rule)
        node = Node(path, rule, kpi=rule.get("kpi", name), subject_kind=rule["of"], subject=self.subject(rule["of"]))
        node.weight = self.parameter(rule.get("weight"), node.kpi)
        kind = rule.get("average_of")
        parts = [] if kind is None else parts_of(self.period, kind, self.year_starts)
        return self.in_parts(node, parts) if parts else self.measure(node)

    # -- a measure: result, attainment, rate

    def measure(self, node: Node) -> Node:
        if "paths" not in node.rule:
            node.target = self.number(node, node.rule, "target")
        self.choose_result(node)
        if node.how == "reweight":
            node.left_out = True
            return node
        if node.how == "zero":
            return self.steps(node, ZERO)
        actual = self.need(node.used.value, "missing-result")
        taken = self.best_way(node, actual, self.period)
        if actual is not None and taken.rate is None and "paths" in node.rule:
            self.codes.add("no-path")
        node.attainment, node.rate = taken.attainment, taken.rate
        if "paths" in node.rule:
            node.target = taken.target
        return self.steps(node, node.rate)

    def best_way(self, node: Node, actual: Fraction | None, period: str) -> Taken:
        """The only way, whose reasons hold the payee; of several the one with the largest rate, the first on ties."""
        if "paths" not in node.rule:
            only = self.take(node, node.rule, actual, period)
            self.codes |= only.codes
            return only
        node.ways = {name: self.take(node, way, actual, period) for name, way in node.rule["paths"].items()}
        best, node.way = Taken(), None
        for name, taken in node.ways.items():
            if taken.rate is not None and (best.rate is None or taken.rate > best.rate):
                best, node.way = taken, name
        return best

    def take(self, node: Node, way: Rule, actual: Fraction | None, period: str) -> Taken:
        """One way from a result to a rate: the numbers it needs, the attainment, the curve."""
        kind, curve, kpi = way["attainment"], self.rules["curves"][way["curve"]], self.rules["kpis"][node.kpi]
        numbers = {name: self.number(node, way, name) for name in NEEDS.get(kind, ())}
        codes = {f"missing-{name}" for name, number in numbers.items() if number is None}
        if (reason := impossible(kind, numbers)) is not None:
            codes.add(reason)
        everyone: list[Fraction] | None = None
        if kind in RANKED:
            population = self.rules["populations"][way["among"]]
            everyone = self.results.ranked_with(node.kpi, node.rule["of"], population, self.payee, period)
            if actual is not None and everyone is None:
                codes.add("not-in-population")
        target = numbers.get("target")
        if actual is None or codes:
            return Taken(None, None, target, frozenset(codes))
        if everyone is not None:
            exact = standing(kind, actual, everyone, kpi["better"])
        else:
            known = {name: number for name, number in numbers.items() if number is not None}
            exact = attained(kind, actual, known, kpi["better"], upper_end(curve))
        attainment = by_rule(exact, way.get("attainment_rounding"), 4)
        scope = self.with_results(node.rule["of"], period)
        rate = curve_rate(curve, attainment, scope)
        if rate is None:
            lacks = "across" in curve and curve["across"].value(scope) is None
            codes.add("missing-across" if lacks else "outside-curve")
        return Taken(attainment, rate, target, frozenset(codes))

    def number(self, node: Node, way: Rule, name: str) -> Fraction | None:
        """What a result is held against; the target of who was not there all the time may be lower."""
        found = self.parameter(way.get(name), node.kpi)
        if found is None or name != "target" or node.rule.get("target_for") != "presence":
            return found
        return by_rule(found * self.presence.share_of_work, self.rules["kpis"][node.kpi].get("rounding"), 4)

    def choose_result(self, node: Node) -> None:
        """The payee's own result, or what the rules put in its place: reliability first, then on_missing."""
        over = self.over(node.kpi)
        node.own = node.used = self.results.of(node.kpi, node.subject_kind, node.subject, self.period, *over)
        self.note(node, node.own, node.subject_kind, node.subject, self.period)
        reliability = self.rules["kpis"][node.kpi].get("reliability")
        if reliability and node.own.value is not None:
            if node.own.n is None:
                node.used = NOTHING
            elif node.own.n < reliability.get("at_least", 1):
                self.put_in_place(node, reliability.get("otherwise", "hold"))
            elif "credibility" in reliability:
                node.how, node.used = "weighted", self.weighted(node, node.own, self.period, "credibility")
        if node.used.value is None and node.how not in ("zero", "reweight"):
            self.put_in_place(node, node.rule.get("on_missing", "hold"))

    def weighted(self, node: Node, own: Result, period: str, column: str) -> Result:
        """Z of the own result and the rest of the wider one's, Z = n / (n + K) rounded; nothing without both."""
        rule = self.rules["kpis"][node.kpi]["reliability"]["credibility"]
        kind, subject = rule["towards"], self.subject(rule["towards"])
        wider = self.results.of(node.kpi, kind, subject, period, *self.over(node.kpi))
        self.note(node, wider, kind, subject, period)
        if own.value is None or own.n is None or wider.value is None:
            return NOTHING
        z = by_rule(own.n / (own.n + rule["k"]), rule.get("rounding"), 6)
        value = by_rule(z * own.value + (1 - z) * wider.value, self.rules["kpis"][node.kpi].get("rounding"), 4)
        node.shares[column] = z
        return Result(value, own.n)

    def note(self, node: Node, found: Result, kind: str, subject: str | None, period: str) -> None:
        if found.value is not None:
            node.read.append((node.kpi, kind, subject, period, *self.over(node.kpi)))

    def put_in_place(self, node: Node, how: str) -> None:
        node.how, node.used = how, NOTHING
        node.subject_kind = node.rule["of"]
        period = previous(self.period) if how == "previous" else self.period
        if how in ("team", "department"):
            node.subject_kind = how
        node.subject = self.subject(node.subject_kind)
        if how == "target":
            node.used = Result(node.target)
        elif how in ("previous", "team", "department"):
            over = self.over(node.kpi)
            node.used = self.results.of(node.kpi, node.subject_kind, node.subject, period, *over)
            self.note(node, node.used, node.subject_kind, node.subject, period)

    # -- a measure in parts of the period: the mean of the rates that exist

    def in_parts(self, node: Node, parts: list[str]) -> Node:
        results = {each: self.results.of(node.kpi, node.subject_kind, node.subject, each) for each in parts}
        for each, found in results.items():
            self.note(node, found, node.subject_kind, node.subject, each)
        usable = {each: found for each, found in results.items() if self.results.reliable(node.kpi, found)}
        if "credibility" in self.rules["kpis"][node.kpi].get("reliability", {}):
            columns = {each: f"{each}.credibility" for each in usable}
            weighted = {each: self.weighted(node, found, each, columns[each]) for each, found in usable.items()}
            usable = {each: found for each, found in weighted.items() if found.value is not None}
        if not usable:
            return self.without_parts(node, results)
        taken = [self.best_way(node, found.value, each) for each, found in usable.items()]
        rates = [each.rate for each in taken if each.rate is not None]
        node.ways, node.way = {}, None
        if not rates and "paths" in node.rule:
            self.codes.add("no-path")
        if not rates or any(each.codes for each in taken):
            return self.steps(node, None)
        first = next(iter(node.rule.get("paths", {"": node.rule}).values()))
        node.rate = by_rule(sum(rates, ZERO) / len(rates), self.rules["curves"][first["curve"]].get("rounding"), 4)
        return self.steps(node, node.rate)

    def without_parts(self, node: Node, results: Mapping[str, Result]) -> Node:
        """No part has a result that counts: reliability first, where a part rests on too few facts; then on_missing."""
        reliability = self.rules["kpis"][node.kpi].get("reliability")
        node.how = "hold"
        if reliability and any(self.few(reliability, found) for found in results.values()):
            node.how = reliability.get("otherwise", "hold")
        if node.how == "hold":
            node.how = node.rule.get("on_missing", "hold")
        if node.how == "reweight":
            node.left_out = True
            return node
        if node.how == "zero":
            return self.steps(node, ZERO)
        self.codes.add("missing-result")
        self.best_way(node, None, self.period)
        node.ways = {}
        return self.steps(node, None)

    @staticmethod
    def few(reliability: Rule, found: Result) -> bool:
        return found.value is not None and found.n is not None and found.n < reliability.get("at_least", 1)

    # -- a group: its items, combined

    def group(self, path: str, rule: Rule) -> Node:
        node = Node(path, rule)
        node.weight = self.parameter(rule.get("weight"))
        before = set(self.codes)
        node.items = [self.node(name, f"{path}.{name}" if path else name, item) for name, item in rule["items"].items()]
        present = [item for item in node.items if not item.left_out]
        combine, least = rule.get("combine", "weighted_sum"), int(rule.get("at_least", 1))
        weighted = combine == "weighted_sum"
        if weighted and not self.weights_add_up(node.items):
            return self.steps(node, None)
        total = sum((item.weight for item in present if item.weight is not None), ZERO)
        if len(present) < least or (weighted and total == 0):
            if rule.get("on_missing", "hold") == "reweight":
                self.codes = before  # nothing below a node that is left out matters
                node.left_out = True
                return node
            self.codes.add("empty-group" if least == 1 else "too-few-items")
            return self.steps(node, None)
        scores = [item.score for item in present if item.score is not None]
        if len(scores) < len(present):
            return self.steps(node, None)
        if weighted:
            return self.steps(node, sum((part(item) for item in present), ZERO) / total)
        combined = {"sum": sum(scores, ZERO), "mean": sum(scores, ZERO) / len(scores), "min": min(scores),
                    "max": max(scores)}[combine]  # fmt: skip
        return self.steps(node, combined)

    def weights_add_up(self, items: list[Node]) -> bool:
        weights = [self.need(item.weight, "missing-weight") for item in items]
        if None in weights:
            return False
        if sum(weights, ZERO) != 1:
            self.codes.add("weights-not-100")
            return False
        return True

    # -- any node: modifiers, gates, floor, cap, rounding

    def steps(self, node: Node, score: Fraction | None) -> Node:
        """The score step by step, beside what of it the items earned: points and floors add what nobody earned."""
        rule = node.rule
        running = [] if score is None else [score, score]  # the score, and what of it is earned
        for modifier in rule.get("modifiers", ()):
            running = self.modified(modifier, running)
        for gate in rule.get("gates", ()):
            running = self.shut(gate, running)
        if "floor" in rule:
            floor = self.need(self.parameter(rule["floor"], node.kpi), "missing-floor")
            if floor is None:
                running = []
            elif running and running[0] < floor:
                running = [floor, max(running[1], ZERO)]
        if "cap" in rule:
            cap = self.need(self.parameter(rule["cap"], node.kpi), "missing-cap")
            running = [] if cap is None else [min(each, cap) for each in running]
        if running:
            adds = "floor" in rule or any("add" in modifier for modifier in rule.get("modifiers", ()))
            node.exact, node.earned = running[0], running[1] if adds else None
            node.score = by_rule(running[0], rule.get("rounding"), 6)
        return node

    def modified(self, modifier: Rule, running: list[Fraction]) -> list[Fraction]:
        key = "factor" if "factor" in modifier else "add"
        value = self.need(modifier[key].value(self.with_results(modifier.get("of", "payee"))), f"missing-{key}")
        if value is None or not running:
            return []
        number = by_rule(value, modifier.get("rounding"), 4)
        return [each * number for each in running] if key == "factor" else [running[0] + number, running[1]]

    def shut(self, gate: Rule, running: list[Fraction]) -> list[Fraction]:
        holds = self.need(gate["when"].value(self.with_results(gate.get("of", "payee"))), "missing-gate")
        if holds is None:
            return []
        if holds and "limit" in gate:
            return [min(each, gate["limit"]) for each in running]
        kept = ONE if not holds else ZERO if gate["withhold"] == "all" else 1 - gate["withhold"]
        return [each * kept for each in running]

    # -- the rest of what pay needs

    def proration(self) -> Fraction | None:
        if "proration" not in self.plan:
            return ONE
        if self.need(self.payee["hired"], "missing-hired") is None:
            return None
        return self.presence.proration(self.days)

    @cached_property
    def presence(self) -> Presence:
        """What counts of the payee's days under this plan."""
        return Presence(self.results.people, self.results.leaves, self.stretch, self.plan)

    def target_pay(self) -> Fraction | None:
        if "target_pay" not in self.plan:
            return None
        pay: Fraction | None = self.plan["target_pay"].value({**self.with_results("payee"), **self.scope})
        return self.need(pay, "missing-target-pay")  # type: ignore[no-any-return]
