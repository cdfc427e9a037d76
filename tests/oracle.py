"""An independent calculator: one payee at a time, in plain fractions, sharing no code with the engine.

It reads a rule set as plain data (the YAML's own shape, numbers as `Fraction`, formulas as the small objects below)
and tables as lists of dicts. It is slow, and says each rule once, in the order in which a person would work it out;
where the engine and the oracle differ, one of the two misreads the rules.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

Row = Mapping[str, Any]
Rule = Mapping[str, Any]
ZERO, ONE = Fraction(0), Fraction(1)
MINOR_DIGITS = {"EUR": 2, "JPY": 0, "TND": 3}


@dataclass(frozen=True)
class Case:
    """A rule set, the tables it reads, and the period; `columns` says the type of each table's columns."""

    rules: dict[str, Any]
    tables: dict[str, list[dict[str, Any]]]
    columns: dict[str, dict[str, str]]
    period: str

    def __repr__(self) -> str:
        return f"a rule set with {len(self.rules['plans'])} plans, for {self.period}"


# --- rounding and periods ---------------------------------------------------------------------------------------------


def rounded(value: Fraction, places: int, mode: str = "half_up") -> Fraction:
    """`value` as a multiple of 10**-places."""
    counts = value * Fraction(10) ** places
    below = math.floor(counts)
    rest = counts - below
    half = Fraction(1, 2)
    upwards = {
        "floor": False,
        "ceil": rest > 0,
        "down": rest > 0 and value < 0,
        "up": rest > 0 and value > 0,
        "half_up": rest > half or (rest == half and value > 0),
        "half_even": rest > half or (rest == half and below % 2 == 1),
    }[mode]
    return Fraction(below + upwards) / Fraction(10) ** places


def by_rule(value: Fraction, rounding: Any, places: int) -> Fraction:
    """`value` rounded as a rule says: `none`, its own places and mode, or the default `places`."""
    if rounding == "none":
        return value
    if rounding is None:
        return rounded(value, places)
    return rounded(value, int(rounding["places"]), rounding.get("mode", "half_up"))


def span(period: str, year_starts: int = 1) -> tuple[dt.date, dt.date]:
    """The first and last day of `2026`, `2026-H1`, `2026-Q3` or `2026-07`."""
    year, rest = int(period[:4]), period[5:]
    if rest == "":
        first, length = year_starts, 12
    elif rest[0] == "H":
        first, length = year_starts + 6 * (int(rest[1:]) - 1), 6
    elif rest[0] == "Q":
        first, length = year_starts + 3 * (int(rest[1:]) - 1), 3
    else:
        first, length = int(rest), 1
    after = first + length
    start = dt.date(year + (first - 1) // 12, (first - 1) % 12 + 1, 1)
    return start, dt.date(year + (after - 1) // 12, (after - 1) % 12 + 1, 1) - dt.timedelta(days=1)


def previous(period: str) -> str:
    """The name of the period of the same length just before."""
    year, rest = int(period[:4]), period[5:]
    if rest == "":
        return str(year - 1)
    letter, number = (rest[0], int(rest[1:])) if rest[0] in "HQ" else ("", int(rest))
    if number == 1:
        year, number = year - 1, {"H": 3, "Q": 5, "": 13}[letter]
    return f"{year}-{letter}{number - 1}" if letter else f"{year}-{number - 1:02d}"


def shared_out(money: Fraction, parts: Sequence[Fraction], places: int) -> list[Fraction]:
    """`money` in proportion to `parts`, each a multiple of 10**-places: differences of the rounded running totals."""
    total = sum(parts, ZERO)
    if total == 0:
        return [ZERO for _ in parts]
    shares, running, given = [], ZERO, ZERO
    for part in parts:
        running += part
        until_here = rounded(money * running / total, places)
        shares.append(until_here - given)
        given = until_here
    return shares


# --- formulas: each knows its text, for the rule set, and its value, for the oracle -----------------------------------


class Formula(ABC):
    """A piece of the formula language; a value of None is missing, and what needs it is missing too."""

    @property
    def binds(self) -> int:
        """How tightly it holds together: OR 1, AND 2, NOT 3, comparisons 4, sums 5, products 6, signs 7, the rest 8."""
        return 8

    @property
    @abstractmethod
    def text(self) -> str: ...

    @abstractmethod
    def value(self, scope: Row) -> Any: ...

    def inside(self, binds: int) -> str:
        return self.text if self.binds >= binds else f"({self.text})"


@dataclass(frozen=True)
class Constant(Formula):
    """A number, a text or TRUE and FALSE, with the way it is written."""

    written: str
    meant: Any

    @property
    def text(self) -> str:
        return self.written

    def value(self, scope: Row) -> Any:
        return self.meant


@dataclass(frozen=True)
class Named(Formula):
    name: str

    @property
    def text(self) -> str:
        return self.name

    def value(self, scope: Row) -> Any:
        return scope[self.name]


@dataclass(frozen=True)
class Sign(Formula):
    """-x"""

    of: Formula

    @property
    def binds(self) -> int:
        return 7

    @property
    def text(self) -> str:
        return "-" + self.of.inside(7)

    def value(self, scope: Row) -> Any:
        value = self.of.value(scope)
        return None if value is None else -value


@dataclass(frozen=True)
class Not(Formula):
    of: Formula

    @property
    def binds(self) -> int:
        return 3

    @property
    def text(self) -> str:
        return "NOT " + self.of.inside(3)

    def value(self, scope: Row) -> Any:
        value = self.of.value(scope)
        return None if value is None else not value


@dataclass(frozen=True)
class Both(Formula):
    """Two formulas and the sign between them."""

    left: Formula
    sign: str
    right: Formula

    @property
    def binds(self) -> int:
        return {"OR": 1, "AND": 2, "+": 5, "-": 5, "*": 6, "/": 6}.get(self.sign, 4)

    @property
    def text(self) -> str:
        looser = self.binds + 1 if self.binds == 4 else self.binds  # a comparison of comparisons needs brackets
        return f"{self.left.inside(looser)} {self.sign} {self.right.inside(self.binds + 1)}"

    def value(self, scope: Row) -> Any:
        left, right = self.left.value(scope), self.right.value(scope)
        if self.sign == "AND":
            return False if left is False or right is False else None if left is None or right is None else True
        if self.sign == "OR":
            return True if left is True or right is True else None if left is None or right is None else False
        if left is None or right is None:
            return None
        if self.sign == "/":
            return None if right == 0 else left / right
        return {
            "+": lambda: left + right,
            "-": lambda: left - right,
            "*": lambda: left * right,
            "=": lambda: left == right,
            "<>": lambda: left != right,
            "<": lambda: left < right,
            "<=": lambda: left <= right,
            ">": lambda: left > right,
            ">=": lambda: left >= right,
        }[self.sign]()


@dataclass(frozen=True)
class In(Formula):
    one: Formula
    among: tuple[Formula, ...]

    @property
    def binds(self) -> int:
        return 4

    @property
    def text(self) -> str:
        return f"{self.one.inside(5)} IN ({', '.join(each.text for each in self.among)})"

    def value(self, scope: Row) -> Any:
        one = self.one.value(scope)
        return None if one is None else one in [each.value(scope) for each in self.among]


@dataclass(frozen=True)
class Call(Formula):
    function: str
    arguments: tuple[Formula, ...]

    @property
    def text(self) -> str:
        return f"{self.function}({', '.join(each.text for each in self.arguments)})"

    def value(self, scope: Row) -> Any:
        values = [each.value(scope) for each in self.arguments]
        if self.function == "ISMISSING":
            return values[0] is None
        if self.function == "IF":
            condition, met, otherwise = values
            return None if condition is None else met if condition else otherwise
        if None in values:
            return None
        functions: dict[str, Any] = {
            "MIN": lambda *numbers: min(numbers),
            "MAX": lambda *numbers: max(numbers),
            "ABS": abs,
            "ROUND": lambda number, places: rounded(number, int(places), "half_up"),
            "ROUNDDOWN": lambda number, places: rounded(number, int(places), "down"),
            "ROUNDUP": lambda number, places: rounded(number, int(places), "up"),
            "DATE": lambda year, month, day: dt.date(int(year), int(month), int(day)),
            "DAYS": lambda later, earlier: Fraction((later - earlier).days),
        }
        return functions[self.function](*values)


# --- KPI results ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """A KPI's result for one subject, and what it was worked out from."""

    value: Fraction | None = None
    n: int | None = None
    numerator: Fraction | None = None
    denominator: Fraction | None = None


class Results:
    """Every KPI of a case, for any subject and period."""

    def __init__(self, case: Case) -> None:
        self.rules, self.tables = case.rules, case.tables
        self.staff = {row["payee"]: row for row in case.tables["workforce"]}
        self.read: dict[str, set[str]] = {source: set() for source in self.rules.get("sources", {})}
        for name, kind in kinds_read(self.rules):
            compute = self.rules["kpis"][name]["compute"]
            if compute["kind"] != "given":
                self.read[compute["from"]].add(kind)

    def of(self, name: str, kind: str, subject: str | None, period: str) -> Result:
        """The result, rounded as the KPI says; missing where there is none."""
        kpi = self.rules["kpis"][name]
        if subject is None:
            return Result()
        found = (self.given if kpi["compute"]["kind"] == "given" else self.computed)(name, kind, subject, period)
        if found.value is None:
            return found
        value = by_rule(found.value, kpi.get("rounding"), 4)
        return Result(value, found.n, found.numerator, found.denominator)

    def given(self, name: str, kind: str, subject: str, period: str) -> Result:
        key = {"kpi": name, "subject_kind": kind, "subject": subject, "period": period}
        for row in self.tables["kpis"]:
            if all(row[column] == wanted for column, wanted in key.items()):
                n = row.get("n")
                return Result(row["value"], None if n is None else int(n), row["value"])
        return Result()

    def computed(self, name: str, kind: str, subject: str, period: str) -> Result:
        compute = self.rules["kpis"][name]["compute"]
        source = compute["from"]
        facts = [fact for fact in self.facts(source, period) if self.subject(source, fact, kind) == subject]
        tallies = [tally for fact in facts if (tally := added_by(compute, fact)) is not None]
        n = len(tallies)
        numerator = sum((above for above, _ in tallies), ZERO)
        denominator = sum((below for _, below in tallies), ZERO)
        if compute["kind"] in ("count", "sum"):
            return Result(numerator, n, numerator) if self.facts(source, period) else Result()
        return Result(numerator / denominator if denominator != 0 else None, n, numerator, denominator)

    def facts(self, source: str, period: str) -> list[Row]:
        """The accepted facts of the period: not those that name somebody whom nobody knows."""
        rule = self.rules["sources"][source]
        start, end = span(period, int(self.rules.get("year_starts", 1)))
        return [
            fact
            for fact in self.tables[source]
            if start <= day(fact[rule["date"]]) <= end and not self.unknown(source, fact)
        ]

    def unknown(self, source: str, fact: Row) -> list[str]:
        """The kinds of subject whom a fact names and nobody knows; teams and departments only where rules read them."""
        rule = self.rules["sources"][source]
        wrong = []
        for kind in ("payee", "team", "department"):
            named = fact[rule[kind]] if kind in rule else None
            machine = kind == "payee" and named in rule.get("system_accounts", ())
            matters = kind == "payee" or kind in self.read[source]
            if named is not None and matters and not machine and not self.is_known(kind, named):
                wrong.append(kind)
        return wrong

    def is_known(self, kind: str, name: str) -> bool:
        return kind == "company" or any(row.get(kind) == name for row in self.staff.values())

    def subject(self, source: str, fact: Row, kind: str) -> str | None:
        """Whom a fact is about: the payee, the team, the department, or the company."""
        rule = self.rules["sources"][source]
        if kind == "company":
            return "company"
        payee = fact[rule["payee"]] if "payee" in rule else None
        if payee in rule.get("system_accounts", ()):
            payee = None
        if kind == "payee":
            return payee
        named = fact[rule[kind]] if kind in rule else None
        if named is not None:
            return str(named)
        return self.staff[payee][kind] if payee is not None else None


def kinds_read(rules: Rule) -> Iterator[tuple[str, str]]:
    """Each KPI that a plan names, and of which kind of subject it reads it."""
    for plan in rules["plans"].values():
        nodes = [("", plan)]
        while nodes:
            name, node = nodes.pop()
            nodes += [*node.get("scorecard", {}).items(), *node.get("items", {}).items()]
            for step, key in (("modifiers", "factor"), ("gates", "when")):
                for each in node.get(step, ()):
                    named = set(re.findall(r"\w+", each[key].text)) & set(rules["kpis"])
                    yield from ((kpi, each.get("of", "payee")) for kpi in named)
            if "of" in node:
                kpi = node.get("kpi", name)
                fallbacks = {node.get("on_missing"), rules["kpis"][kpi].get("reliability", {}).get("otherwise")}
                yield from ((kpi, kind) for kind in {node["of"]} | fallbacks & {"team", "department"})


def day(moment: dt.date) -> dt.date:
    return moment.date() if isinstance(moment, dt.datetime) else moment


def added_by(compute: Rule, fact: Row) -> tuple[Fraction, Fraction] | None:
    """What one fact adds above and below the line; None where it does not count."""
    kind = compute["kind"]
    where = compute["where"].value(fact) if "where" in compute else True
    if kind == "share":
        among = compute["among"].value(fact) if "among" in compute else True
        return (Fraction(int(where)), ONE) if among is True and where is not None else None
    if where is not True:
        return None
    if kind == "count":
        return ONE, ONE
    if kind == "nps":
        answer = fact[compute["answer"]]
        return None if answer is None else (Fraction(100 if answer >= 9 else -100 if answer <= 6 else 0), ONE)
    if kind == "ratio":
        above, below = compute["numerator"].value(fact), compute["denominator"].value(fact)
        return None if above is None or below is None else (above, below)
    value = compute["value"].value(fact)
    return None if value is None else (value, ONE)


# --- one payee under one plan -----------------------------------------------------------------------------------------


@dataclass
class Node:
    """One node of a payee's scorecard. `score` is None where it is left out, or where the payee is held."""

    path: str
    rule: Rule
    weight: Fraction | None = None
    items: list[Node] = field(default_factory=list)
    left_out: bool = False
    before_floor: Fraction | None = None
    floor: Fraction | None = None
    score: Fraction | None = None
    kpi: str = ""
    how: str = "own"  # how a measure got its result: own, zero, reweight, target, team, department, previous
    own: Result = Result()
    used: Result = Result()
    subject_kind: str = ""
    subject: str | None = None
    target: Fraction | None = None
    attainment: Fraction | None = None
    rate: Fraction | None = None
    pay: Fraction | None = None

    def measures(self) -> Iterator[Node]:
        if not self.items:
            yield self
        for item in self.items:
            yield from item.measures()


@dataclass
class Outcome:
    """What a plan gives a payee: tests that were made; codes with which he is held; else a score, and perhaps money."""

    tests: dict[str, bool | None]
    codes: set[str] = field(default_factory=set)
    root: Node | None = None
    target_pay: Fraction | None = None
    proration: Fraction | None = None
    payout: Fraction | None = None
    customer_pay: Fraction | None = None
    internal_pay: Fraction | None = None
    other_pay: Fraction | None = None

    @property
    def candidate(self) -> bool:
        """Nothing says that the plan is not for the payee; a test that cannot be made does not say so."""
        return False not in self.tests.values()

    @property
    def paid(self) -> bool:
        return self.candidate and not self.codes


class Card:
    """Works out one payee's scorecard; notes in `codes` every reason to hold the payee."""

    def __init__(self, results: Results, payee: Row, plan: Rule, period: str) -> None:
        self.results, self.rules, self.payee, self.plan, self.period = results, results.rules, payee, plan, period
        self.codes: set[str] = set()
        self.start, self.end = span(period, int(self.rules.get("year_starts", 1)))
        self.scope = dict(payee)
        hired, last = payee["hired"], min(payee["left"] or self.end, self.end)
        self.days_present = None if hired is None else (last - max(hired, self.start)).days + 1
        self.scope["days_employed"] = None if hired is None else Fraction((last - hired).days + 1)
        self.scope["period_days"] = Fraction((self.end - self.start).days + 1)
        self.scope["period_start"], self.scope["period_end"] = self.start, self.end

    def tests(self) -> dict[str, bool | None]:
        made: dict[str, bool | None] = {"who": self.plan["who"].value(self.scope)}
        if "eligible" in self.plan:
            made["eligible"] = self.plan["eligible"].value(self.scope)
        if "proration" in self.plan:
            made["present"] = None if self.days_present is None else self.days_present > 0
        return made

    def subject(self, kind: str) -> str | None:
        return "company" if kind == "company" else self.payee[kind]

    def with_results(self, kind: str) -> Row:
        """What gates and modifiers read: the payee's columns, and every KPI's result for the subject."""
        subject, kpis = self.subject(kind), self.rules["kpis"]
        return {**self.scope, **{name: self.results.of(name, kind, subject, self.period).value for name in kpis}}

    def parameter(self, written: Any, kpi: str = "") -> Fraction | None:
        """A number of the rule set, or the one that a table has for the payee."""
        if not isinstance(written, Mapping):
            return None if written is None else Fraction(written)
        keys = {key: kpi if key == "kpi" else self.payee[key] for key in self.rules["tables"][written["table"]]["keys"]}
        for row in self.results.tables[written["table"]]:
            if None not in keys.values() and all(row[key] == wanted for key, wanted in keys.items()):
                number: Fraction | None = row[written.get("column", "value")]
                return number
        return None

    def need(self, value: Any, code: str) -> Any:
        if value is None:
            self.codes.add(code)
        return value

    def node(self, name: str, path: str, rule: Rule) -> Node:
        return self.group(path, rule) if "items" in rule else self.measure(name, path, rule)

    # -- a measure: result, attainment, rate

    def measure(self, name: str, path: str, rule: Rule) -> Node:
        node = Node(path, rule, kpi=rule.get("kpi", name), subject_kind=rule["of"], subject=self.subject(rule["of"]))
        node.weight = self.parameter(rule.get("weight"), node.kpi)
        node.target = self.parameter(rule.get("target"), node.kpi)
        self.choose_result(node)
        if node.how == "reweight":
            node.left_out = True
            return node
        if node.how == "zero":
            return self.steps(node, ZERO)
        actual = self.need(node.used.value, "missing-result")
        usable = rule["attainment"] == "level" or self.need(node.target, "missing-target") is not None
        if rule["attainment"] in ("ratio", "inverse_ratio") and node.target is not None and node.target <= 0:
            self.codes.add("target-not-positive")
            usable = False
        if actual is None or not usable:
            return self.steps(node, None)
        curve = self.rules["curves"][rule["curve"]]
        exact = attainment(rule["attainment"], actual, node.target, corners(curve)[-1][0])
        node.attainment = by_rule(exact, rule.get("attainment_rounding"), 4)
        node.rate = by_rule(rate(curve, node.attainment), curve.get("rounding"), 4)
        return self.steps(node, node.rate)

    def choose_result(self, node: Node) -> None:
        """The payee's own result, or what the rules put in its place: reliability first, then on_missing."""
        node.own = node.used = self.results.of(node.kpi, node.subject_kind, node.subject, self.period)
        reliability = self.rules["kpis"][node.kpi].get("reliability")
        if reliability and node.own.value is not None:
            if node.own.n is None:
                node.used = Result()
            elif node.own.n < reliability["at_least"]:
                self.put_in_place(node, reliability.get("otherwise", "hold"))
        if node.used.value is None and node.how not in ("zero", "reweight"):
            self.put_in_place(node, node.rule.get("on_missing", "hold"))

    def put_in_place(self, node: Node, how: str) -> None:
        node.how, node.used = how, Result()
        node.subject_kind = node.rule["of"]
        if how == "target":
            node.used = Result(node.target)
        elif how == "previous":
            node.used = self.results.of(node.kpi, node.rule["of"], self.subject(node.rule["of"]), previous(self.period))
        elif how in ("team", "department"):
            node.subject_kind = how
            node.used = self.results.of(node.kpi, how, self.subject(how), self.period)
        node.subject = self.subject(node.subject_kind)

    # -- a group: its items, combined

    def group(self, path: str, rule: Rule) -> Node:
        node = Node(path, rule)
        node.weight = self.parameter(rule.get("weight"))
        node.items = [self.node(name, f"{path}.{name}" if path else name, item) for name, item in rule["items"].items()]
        present = [item for item in node.items if not item.left_out]
        weighted = rule.get("combine", "weighted_sum") == "weighted_sum"
        if weighted and not self.weights_add_up(node.items):
            return self.steps(node, None)
        total = sum((item.weight for item in present if item.weight is not None), ZERO)
        if not present or (weighted and total == 0):
            if rule.get("on_missing", "hold") == "reweight":
                node.left_out = True
                return node
            self.codes.add("empty-group")
            return self.steps(node, None)
        if any(item.score is None for item in present):
            return self.steps(node, None)
        if not weighted:
            return self.steps(node, sum((item.score for item in present if item.score is not None), ZERO))
        return self.steps(node, sum((part(item) for item in present), ZERO) / total)

    def weights_add_up(self, items: list[Node]) -> bool:
        weights = [self.need(item.weight, "missing-weight") for item in items]
        if None in weights:
            return False
        if sum(weights, ZERO) != 1:
            self.codes.add("weights-not-100")
            return False
        return True

    # -- any node: modifiers, gates, floor, cap, rounding

    def steps(self, node: Node, value: Fraction | None) -> Node:
        rule = node.rule
        for modifier in rule.get("modifiers", ()):
            scope = self.with_results(modifier.get("of", "payee"))
            factor = self.need(modifier["factor"].value(scope), "missing-factor")
            if value is not None and factor is not None:
                value = value * by_rule(factor, modifier.get("rounding"), 4)
        for gate in rule.get("gates", ()):
            scope = self.with_results(gate.get("of", "payee"))
            holds = self.need(gate["when"].value(scope), "missing-gate")
            if value is not None and holds:
                value = ZERO if gate["withhold"] == "all" else value * (1 - gate["withhold"])
        node.before_floor = value
        if "floor" in rule:
            node.floor = self.need(self.parameter(rule["floor"], node.kpi), "missing-floor")
            value = None if value is None or node.floor is None else max(value, node.floor)
        if "cap" in rule:
            cap = self.need(self.parameter(rule["cap"], node.kpi), "missing-cap")
            value = None if value is None or cap is None else min(value, cap)
        node.score = None if value is None else by_rule(value, rule.get("rounding"), 6)
        return node

    # -- money

    def pay(self, outcome: Outcome) -> None:
        """Fills the outcome: score, payout and what each measure brought."""
        root = self.group("", {**self.plan, "items": self.plan["scorecard"]})
        whole = (self.end - self.start).days + 1
        outcome.root, outcome.proration = root, ONE
        if "proration" in self.plan and self.need(self.days_present, "missing-hired") is not None:
            outcome.proration = by_rule(
                Fraction(self.days_present or 0, whole), self.plan["proration"].get("rounding"), 10
            )
        if "target_pay" in self.plan:
            outcome.target_pay = self.need(self.plan["target_pay"].value(self.scope), "missing-target-pay")
        outcome.codes |= self.codes
        if outcome.codes or outcome.target_pay is None or root.score is None:
            return
        minor = MINOR_DIGITS[self.rules["currency"]]
        rounding = self.plan.get("payout_rounding")
        outcome.payout = by_rule(outcome.target_pay * root.score * outcome.proration, rounding, minor)
        divide(root, outcome.payout, int(rounding["places"]) if rounding else minor)
        brought = {"customer": ZERO, "internal": ZERO}
        for measure in root.measures():
            assert measure.pay is not None
            brought[self.rules["kpis"][measure.kpi]["perspective"]] += measure.pay
        outcome.customer_pay, outcome.internal_pay = brought["customer"], brought["internal"]
        outcome.other_pay = outcome.payout - sum(brought.values())


def part(item: Node) -> Fraction:
    """What an item brings to its group: its score, times its weight where it has one."""
    if item.left_out or item.score is None:
        return ZERO
    return item.score if item.weight is None else item.weight * item.score


def divide(node: Node, money: Fraction, places: int) -> None:
    """Money down the tree; what a floor added is nobody's, and stays behind."""
    if node.floor is not None and node.before_floor is not None and node.before_floor < node.floor:
        earned = max(node.before_floor, ZERO)
        money = shared_out(money, [earned, node.floor - earned], places)[0]
    if not node.items:
        node.pay = money
    for item, share in zip(node.items, shared_out(money, [part(item) for item in node.items], places), strict=True):
        divide(item, share, places)


def attainment(kind: str, actual: Fraction, target: Fraction | None, upper_end: Fraction) -> Fraction:
    if kind == "level":
        return actual
    assert target is not None
    if kind == "difference":
        return actual - target
    if kind == "ratio":
        return actual / target
    return target / actual if actual != 0 else upper_end


def corners(curve: Rule) -> list[tuple[Fraction, Fraction]]:
    if curve["kind"] == "stepped":
        return [(tier["from"], tier["rate"]) for tier in curve["tiers"]]
    return [(x, y) for x, y in curve["points"]]


def rate(curve: Rule, attained: Fraction) -> Fraction:
    points = corners(curve)
    if attained < points[0][0]:
        return ZERO if curve["below"] == "zero" else points[0][1]
    if curve["kind"] == "stepped":
        return [y for x, y in points if x <= attained][-1]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if attained <= x1:
            return y0 + (y1 - y0) * (attained - x0) / (x1 - x0)
    return points[-1][1]


def outcomes(case: Case) -> dict[tuple[str, str], Outcome]:
    """What every plan gives every payee, by payee and plan."""
    results = Results(case)
    plans = case.rules["plans"]
    cards = {(row["payee"], name): Card(results, row, plans[name], case.period)
             for row in case.tables["workforce"] for name in plans}  # fmt: skip
    found = {key: Outcome(card.tests()) for key, card in cards.items()}
    for (payee, name), outcome in found.items():
        if not outcome.candidate:
            continue
        outcome.codes |= {f"missing-{test}" for test in ("who", "eligible") if outcome.tests.get(test, True) is None}
        same = [other for other in plans if plans[other]["pays"] == plans[name]["pays"]]
        if sum(found[payee, other].candidate for other in same) > 1:
            outcome.codes.add("two-plans")
        if not outcome.codes:
            cards[payee, name].pay(outcome)
    return found
