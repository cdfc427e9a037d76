"""Plans: who is paid, on what, how much; and the whole case."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from fractions import Fraction

from tests.drawn.adjustments import Adjustments
from tests.drawn.curves import STEADY
from tests.drawn.draws import Rule
from tests.drawn.histories import ONE
from tests.drawn.words import (
    CAPS,
    FLOORS,
    LIMITS,
    PARTS,
    POSITIVE_TARGETS,
    RATES,
    WIDER,
    Drawn,
    constant,
    fractions,
    text,
)
from tests.oracle import Both, Call, Case, Constant, Curved, Formula, Named
from tests.oracle.reads import behind, kpis_in


class Drawing(Adjustments):
    """The whole rule set."""

    def plan(self) -> Rule:
        rule: Rule = {"title": {"en": "Plan"}, "pays": self.pick("bonus", "extra", "spot"), "who": self.who()}
        if self.chance(30):
            length = self.pick(*fractions("30", "1", "90"))
            long = Both(Named("days_employed"), ">=", constant(length))
            tests = (long, self.condition(self.words_before_pay, 1))
            rule["eligible"] = self.pick(*tests)
        if not self.chance(8):
            rule["target_pay"] = self.target_pay()
        self.prorated = self.is_dated or self.chance(50)
        if self.prorated:
            rule["proration"] = self.proration()
            if self.chance(10):
                rule["in_force"], self.changes = self.in_force(), True
        self.combination(rule)
        rule["scorecard"] = self.items(1, weighted="combine" not in rule)
        if self.chance(15):
            rule["at_least"] = self.size(1, len(rule["scorecard"]))
        self.with_steps(rule)
        if self.chance(25):
            self.pooled(rule)
        else:
            if self.chance(25):
                rule["payout"] = self.payout(rule)
            if self.chance(15):
                self.rounding(rule, "payout_rounding", 100, -1, 4, always=True)
        return rule

    def proration(self) -> Rule:
        days = ("working_days",) if "calendar" in self.rules else ()
        rule: Rule = {"by": self.pick("calendar_days", "calendar_days", "months", "thirty_360", "own_days", *days)}
        self.rounding(rule, "rounding", 20, 2, 10, always=True)
        return rule

    def in_force(self) -> Rule:
        days = sorted(self.some((self.start, self.start + 9 * ONE, self.middle, self.end), 2, 2))
        return self.pick({"from": days[0]}, {"to": days[1]}, {"from": days[0], "to": days[1]})

    def who(self) -> Formula:
        return self.pick(
            Constant("TRUE", True),
            Constant("TRUE", True),
            Both(Named("role"), "=", text("A")),
            Both(Named("level"), "<>", text("junior")),
            self.condition(self.words_before_pay, 1),
        )

    def target_pay(self) -> Formula:
        salary, fte = Named("base_salary"), Named("fte")
        tenth, twelfth = constant(Fraction("0.1"), percent=True), constant(Fraction(12))
        return self.pick(
            constant(self.pick(*fractions("1000", "1234.56", "0", "999.99"))),
            Both(Both(salary, "*", constant(Fraction("0.08"), percent=True)), "/", constant(Fraction(4))),
            Both(Both(salary, "*", fte), "*", tenth),
            Call("ROUND", (Both(salary, "/", twelfth), constant(Fraction(2)))),
            Call("IF", (Both(Named("role"), "=", text("A")), constant(Fraction(1000)), Both(salary, "*", tenth))),
            Both(Both(Named("grade"), "+", constant(Fraction(5))), "*", constant(Fraction("333.335"))),
            Both(constant(Fraction(500)), "*", self.curve_of_columns()),
        )

    def curve_of_columns(self) -> Formula:
        """A curve that ends, and is not negative, of a column."""
        tiers = [
            {"from": start, "rate": abs(self.pick(*RATES))}
            for start in self.starts(fractions("0.5", "1", "30000"), 1, 3)
        ]
        name = self.add_curve({"kind": "stepped", "below": self.pick("zero", "flat"), "tiers": tiers})
        return Curved(name, Named(self.pick(*STEADY)))

    def plans(self) -> None:
        plans = {"p0": self.plan()}
        if self.chance(30):
            plans["p1"] = self.renumbered(copy.deepcopy(plans["p0"])) | {"who": self.who()}
            if self.chance(85):
                for name, role in (("p0", "A"), ("p1", "B")):
                    plans[name]["who"] = Both(Named("role"), "=", text(role))
        if self.chance(15):
            plans["p2"] = self.plan()
        self.rules["plans"] = plans
        if self.chance(15) and all("proration" in plan and "in_force" not in plan for plan in plans.values()):
            self.earlier_edition()

    def earlier_edition(self) -> None:
        """Other plans until a day of the period: some had other numbers, some were the same, some were not there."""
        self.rules["in_force"] = {"from": self.pick(self.middle, self.start + ONE, self.end, self.start)}
        self.rules["follows"], self.changes = "before.yaml", True
        for name, plan in self.rules["plans"].items():
            if not self.before or self.chance(60):
                self.before[name] = self.renumbered(copy.deepcopy(plan)) if self.chance(75) else plan

    def renumbered(self, rule: Rule) -> Rule:
        """The same shape with other numbers."""
        pools = {"cap": CAPS, "floor": FLOORS, "withhold": PARTS, "limit": LIMITS, "target": POSITIVE_TARGETS}
        for key, value in rule.items():
            if key in pools and isinstance(value, Fraction):
                rule[key] = self.pick(*pools[key])
            elif key == "curve":
                rule[key] = self.like(value)
            elif key in ("scorecard", "items"):
                constants = [name for name, item in value.items() if isinstance(item.get("weight"), Fraction)]
                turned = [value[name]["weight"] for name in (*constants[1:], *constants[:1])]
                for name, weight in zip(constants, turned, strict=True):
                    value[name]["weight"] = weight
            if key in ("scorecard", "items", "paths"):
                for item in value.values():
                    self.renumbered(item)
            elif key in ("gates", "modifiers"):
                for step in value:
                    self.renumbered(step)
        return rule

    def reliabilities(self) -> None:
        """A KPI may ask for a number of facts, and name what all its measures can use instead."""
        for drawn in self.drawn:
            if not self.chance(35):
                continue
            measures = [
                rule for plan in self.rules["plans"].values() for rule in measures_of(drawn.name, plan["scorecard"])
            ]
            possible = [self.fallbacks(drawn, measure) for measure in measures]
            rule: Rule = {"at_least": self.pick(2, 1, 5, 10)}
            if possible and self.chance(85):
                rule["otherwise"] = self.pick(*sorted(set.intersection(*possible)))
            self.with_credibility(drawn, measures, rule)
            self.rules["kpis"][drawn.name]["reliability"] = rule

    def with_credibility(self, drawn: Drawn, measures: list[Rule], rule: Rule) -> None:
        """How far an own result counts, where all measures can weigh it with a wider one."""
        ways = [way for measure in measures for way in measure.get("paths", {"": measure}).values()]
        kind = self.rules["kpis"][drawn.name]["compute"]["kind"]
        possible = set(drawn.kinds).intersection(*(WIDER.get(measure["of"], set()) for measure in measures))
        possible -= {"payee", "company"}
        weighable = kind not in ("count", "sum", "distinct") and not any("among" in way for way in ways)
        if possible and weighable and self.chance(75):
            k = self.pick(*fractions("2", "0.5", "40"))
            rule["credibility"] = {"towards": self.pick(*sorted(possible)), "k": k}
            self.rounding(rule["credibility"], "rounding", 30, 1, 8, always=True)
            if self.chance(60):
                del rule["at_least"]

    def windows(self) -> None:
        """What nobody reads as a result of the whole period may be that of an assignment."""
        pools = [self.rules["pools"][plan["pool"]] for plan in self.rules["plans"].values() if "pool" in plan]
        formulas = [pool["fund"]["sum" if "sum" in pool["fund"] else "per_payee"] for pool in pools]
        whole = {kpi for formula in formulas for kpi in kpis_in(self.rules, formula)}
        for name, rule in self.rules["kpis"].items():
            whole |= behind(self.rules, name) if rule["compute"]["kind"] == "formula" else set()
            measures = [each for plan in self.rules["plans"].values() for each in measures_of(name, plan["scorecard"])]
            instead = {rule.get("reliability", {}).get("otherwise"), *(each.get("on_missing") for each in measures)}
            if "previous" in instead or any(map(is_whole, measures)) or "from" not in rule["compute"]:
                whole.add(name)
        for name in sorted(self.rules["kpis"].keys() - whole) if "assignments" in self.rules else ():
            if self.chance(50):
                self.rules["kpis"][name]["over"] = "assignment"

    def adapt(self) -> None:
        """What was drawn before plans were, to these: leave changes only what is paid, pools count by days."""
        paid = {plan["pays"] for plan in self.rules["plans"].values()}
        paid &= {plan["pays"] for plan in self.before.values()} or paid
        for each in self.rules.get("leave", {}).get("types", {}).values():
            each["in_pay"] = {pays: effect for pays, effect in each.get("in_pay", {}).items() if pays in paid}
        if not ({"employment", "assignments", "history"} & self.rules.keys() or self.changes):
            return
        for pool in self.rules.get("pools", {}).values():
            places = [(pool, "minimum"), (pool, "maximum"), (pool["fund"], "per_payee")]
            places += [(part, "in_proportion_to") for part in pool.get("parts", {}).values()]
            for rule, key in places:
                if key in rule and "proration" not in rule[key].names:
                    rule[key] = Both(rule[key], "*", Named("proration"))

    def case(self, *, always_dated: bool = False, adjusted: bool = False, recorded: bool = False) -> Case:
        self.people()
        if self.chance(45) or always_dated:
            self.histories()
        if self.chance(30):
            self.leave()
        if len({row["currency"] for row in self.tables["workforce"]}) > 1 and self.chance(85):
            self.exchange()
        self.kpis()
        self.plans()
        self.reliabilities()
        self.windows()
        self.given_results()
        self.fill_tables()
        self.adapt()
        if adjusted:
            self.adjustments()
        as_of = self.recorded() if recorded else None
        return Case(self.rules, self.tables, self.columns, self.period, self.before, as_of)


def is_whole(measure: Rule) -> bool:
    """Whether a measure needs a result of the whole period."""
    ranked = any("among" in way for way in measure.get("paths", {"": measure}).values())
    return ranked or "average_of" in measure or measure.get("target_for") == "presence"


def measures_of(kpi: str, items: Mapping[str, Rule]) -> list[Rule]:
    found: list[Rule] = []
    for name, item in items.items():
        if "items" in item:
            found += measures_of(kpi, item["items"])
        elif item.get("kpi", name) == kpi:
            found.append(item)
    return found
