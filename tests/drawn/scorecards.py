"""Scorecards: groups and measures, with all that happens at a node."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from tests.drawn.curves import STEADY, Curves
from tests.drawn.draws import Rule
from tests.drawn.words import (
    CAPS,
    FLOORS,
    LIMITS,
    PARTS,
    PARTS_OF_A_PAIR,
    POINTS,
    WEIGHTS,
    WEIGHTS_IN_TABLES,
    WIDER,
    Drawn,
    Vocabulary,
    constant,
    fractions,
)
from tests.oracle import Both, Call, Constant, Named, parts_of

RANKS = ("competition_rank", "dense_rank", "percentile_below", "percentile_midpoint", "percentile_inclusive")
WITHOUT_RESULT = {"hold", "zero", "reweight"}


class Scorecards(Curves):
    """Trees of groups and measures."""

    @property
    def words_before_pay(self) -> Vocabulary:
        """What tells payees apart before anything is paid: no amount that is in their own currency."""
        own = self.rules.get("exchange", {}).get("own", ())
        numbers, positive = (
            tuple(name for name in names if name not in own) for names in (self.words.numbers, self.words.not_negative)
        )
        return replace(self.words, numbers=numbers, not_negative=positive)

    # -- groups

    def items(self, depth: int, *, weighted: bool) -> dict[str, Rule]:
        items: dict[str, Rule] = {}
        for index in range(self.size(1, 3)):
            if depth < 3 and self.chance(25 if depth == 1 else 15):
                items[f"g{index}"] = self.group(depth + 1)
            else:
                drawn = self.pick(*self.drawn)
                rule = self.measure(drawn)
                if drawn.name in items or self.chance(30):
                    items[f"m{index}"] = {"kpi": drawn.name, **rule}
                else:
                    items[drawn.name] = rule
        if weighted:
            self.weigh(items)
        return items

    def weigh(self, items: dict[str, Rule]) -> None:
        """Weights that add up; where they come from a table, only for most payees."""
        count = len(items)
        if not self.chance(18):
            for item, weight in zip(items.values(), self.pick(*WEIGHTS[count]), strict=True):
                item["weight"] = weight
            return
        if count == 2 and self.chance(40):
            for item, column in zip(items.values(), PARTS_OF_A_PAIR, strict=True):
                item["weight"] = {"column": column}
            return
        name = f"weights{sum(table.startswith('weights') for table in self.tables)}"
        kpis = [item.get("kpi", key) for key, item in items.items() if "items" not in item]
        keys = [self.pick("team", "role", "payee")]
        drawn = [(row, self.pick(*WEIGHTS[count], *WEIGHTS_IN_TABLES[count])) for row in self.keyed(keys)]
        if len(set(kpis)) == count and self.chance(50):
            rows = [{**row, "kpi": kpi, "value": weight} for row, weights in drawn
                    for kpi, weight in zip(kpis, weights, strict=True) if not self.chance(2)]  # fmt: skip
            keys, columns = [*keys, "kpi"], ["value"]
        else:
            columns = [f"w{index}" for index in range(count)]
            rows = [{**row, **dict(zip(columns, weights, strict=True))} for row, weights in drawn]
        self.add_table(name, keys, rows, {column: {"at_most": Fraction(1), "places": 3} for column in columns})
        for item, column in zip(items.values(), columns if len(columns) == count else columns * count, strict=True):
            item["weight"] = {"table": name} if column == "value" else {"table": name, "column": column}

    def combination(self, rule: Rule) -> None:
        """How items become one, drawn before the items are."""
        if self.chance(35):
            rule["combine"] = self.pick("sum", "mean", "min", "max")

    def group(self, depth: int) -> Rule:
        rule: Rule = {}
        self.combination(rule)
        if self.chance(40):
            rule["on_missing"] = self.pick("reweight", "hold")
        rule["items"] = self.items(depth, weighted="combine" not in rule)
        if self.chance(30):
            rule["at_least"] = self.size(1, len(rule["items"]))
        return self.with_steps(rule)

    # -- measures

    def measure(self, drawn: Drawn) -> Rule:
        rule: Rule = {"of": self.pick(*drawn.kinds)}
        reads = self.words_of(rule["of"])
        ranked = rule["of"] != "company"
        if self.chance(20):
            rule["average_of"] = self.pick("months", "quarters", "halves")
            parts = parts_of(self.period, rule["average_of"], self.rules.get("year_starts", 1))
            self.parts.setdefault(drawn.name, set()).update(parts)
            ranked = False
        if self.chance(15):
            names = ("achievement", "improvement", "third")[: self.size(2, 3)]
            rule["paths"] = {name: self.way(drawn, reads, ranked=ranked) for name in names}
        else:
            rule |= self.way(drawn, reads, ranked=ranked)
        if self.is_volume(drawn, rule) and self.chance(60):
            rule["target_for"] = "presence"
        if self.chance(85):
            rule["on_missing"] = self.pick(*sorted(self.fallbacks(drawn, rule) - {"hold"}), *["hold"] * self.chance(25))
        return self.with_steps(rule)

    def is_volume(self, drawn: Drawn, measure: Rule) -> bool:
        """Whether half of the time may ask for half of the target."""
        kind = self.rules["kpis"][drawn.name]["compute"]["kind"]
        possible = kind in ("count", "sum", "distinct", "given", "formula") and "average_of" not in measure
        targets = [way for way in measure.get("paths", {"": measure}).values() if "target" in way]
        return possible and self.prorated and measure["of"] == "payee" and bool(targets)

    def way(self, drawn: Drawn, reads: Vocabulary, *, ranked: bool) -> Rule:
        """One way from a result to a rate; `reads`: what its curve may."""
        kinds = ["difference", "level", "between", "progress"] + ["ratio", "inverse_ratio"] * (not drawn.negative)
        attainment = self.pick(*RANKS) if ranked and self.chance(20) else self.pick(*kinds)
        rule: Rule = {"attainment": attainment}
        if attainment in ("ratio", "inverse_ratio", "difference"):
            rule["target"] = self.target(attainment)
        elif attainment in ("between", "progress"):
            rule |= self.ends_of_a_way("threshold" if attainment == "between" else "baseline")
        elif attainment in RANKS:
            rule["among"] = self.population()
        rule["curve"] = self.curve(attainment, reads)
        self.rounding(rule, "attainment_rounding", 15)
        return rule

    def population(self) -> str:
        populations: dict[str, Rule] = self.rules.setdefault("populations", {})
        if populations and self.chance(50):
            return self.pick(*populations)
        name = f"peers{len(populations)}"
        populations[name] = {"who": self.pick(Constant("TRUE", True), self.condition(self.words_before_pay, 1))}
        if self.chance(40):
            populations[name]["by"] = self.some(("role", "team", "department", "level"), 1, 2)
        return name

    def fallbacks(self, drawn: Drawn, measure: Rule) -> set[str]:
        """What may stand in for a result that is missing."""
        ways = list(measure.get("paths", {"": measure}).values())
        if "average_of" in measure or any("among" in way for way in ways):
            return WITHOUT_RESULT
        wider = WIDER.get(measure["of"], set())
        possible = WITHOUT_RESULT | {"previous"} | (wider & set(drawn.kinds))
        return possible | {"target"} if "target" in measure else possible

    # -- what happens at every node

    def with_steps(self, rule: Rule) -> Rule:
        """The rule with some modifiers, gates, floor, cap and rounding."""
        if self.chance(18):
            rule["modifiers"] = [self.modifier() for _ in range(self.pick(1, 2))]
        if self.chance(15):
            rule["gates"] = [self.gate() for _ in range(self.pick(1, 2))]
        if self.chance(15):
            rule["floor"] = self.parameter(FLOORS, (*FLOORS, Fraction("1.1")))
        if self.chance(15):
            rule["cap"] = self.parameter(CAPS, (*CAPS, Fraction("0.2")))
        self.rounding(rule, "rounding", 10)
        return rule

    def words_with_results(self, rule: Rule) -> Vocabulary:
        """Columns and KPIs, for the kind of subject that the rule is drawn to read."""
        kind = self.pick("payee", "payee", "team", "department", "company")
        if kind != "payee":
            rule["of"] = kind
        return self.words_of(kind)

    def words_of(self, kind: str) -> Vocabulary:
        names = tuple(drawn.name for drawn in self.drawn if kind in drawn.kinds)
        near = (*self.words.near, *fractions("0.8", "3", "45"))
        return replace(self.words, numbers=(*names * 3, *self.words.numbers), near=near)

    def modifier(self) -> Rule:
        """A factor within bounds, or points: a number, a choice, a formula clipped, a column, or a curve."""
        rule: Rule = {}
        words = self.words_with_results(rule)
        key = "add" if self.chance(40) else "factor"
        kind = self.pick("number", "if", "clipped", "column", "curve")
        if kind == "number":
            some = POINTS if key == "add" else fractions("0.9", "1.1", "0", "1.05", "-1")
            rule[key] = constant(self.pick(*some), percent=self.chance(50))
        elif kind == "column":
            rule[key] = Named("fte")
        elif kind == "if":
            chosen = (constant(self.pick(*fractions("0.9", "1.2", "0.5")), percent=True), constant(Fraction(1)))
            rule[key] = Call("IF", (self.condition(words, 1), *chosen))
        elif kind == "curve":
            rule[key] = self.called(self.number(words, self.size(0, 1)), words)
        else:
            clipped = Call("MIN", (self.number(words, 1), constant(self.pick(*fractions("1.5", "2")))))
            rule[key] = Call("MAX", (constant(self.pick(*fractions("0", "0.5"))), clipped))
        self.rounding(rule, "rounding", 15)
        return {**rule, "because": {"en": "drawn"}}

    def gate(self) -> Rule:
        rule: Rule = {}
        words = self.words_with_results(rule)
        rule["when"] = self.condition(words, 1)
        if self.chance(15):
            limit = self.called(Named(self.pick(*STEADY)), words)
            rule["when"] = Both(Named(self.pick(*words.numbers)), self.pick(">", "<", "<="), limit)
        if self.chance(35):
            rule["limit"] = self.pick(*LIMITS)
        else:
            rule["withhold"] = "all" if self.chance(40) else self.pick(*PARTS)
        return {**rule, "because": {"en": "drawn"}}
