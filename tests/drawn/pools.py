"""Payout formulas over nodes, and pools: shared out by keys and between bounds, or solved for a factor."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from tests.drawn.draws import Rule
from tests.drawn.scorecards import Scorecards
from tests.drawn.words import PARTS, SUMS, constant, fractions
from tests.oracle import Both, Call, Constant, Formula, Named

ZERO = Constant("0", Fraction(0))
SHARES = (
    fractions("1"),
    fractions("1"),
    fractions("0.5", "0.5"),
    fractions("0.333", "0.667"),
    fractions("0.2", "0.3", "0.5"),
)
FACTOR = "level_of_pay"


def times(left: Formula, written: str) -> Formula:
    return Both(left, "*", constant(Fraction(written), percent=Fraction(written) < 1))


def not_negative(formula: Formula) -> Formula:
    return Call("MAX", (formula, ZERO))


def paths_below(items: Rule, above: str = "") -> Iterator[str]:
    for name, item in items.items():
        yield above + name
        yield from paths_below(item.get("items", {}), f"{above}{name}.")


class Pools(Scorecards):
    """What is paid beyond target pay times score."""

    # -- payout formulas

    def scores(self, plan: Rule) -> list[Formula]:
        """The plan's score, or one or two nodes that do not lie inside one another."""
        if self.chance(40):
            return [Named("score")]
        paths = self.some(list(paths_below(plan["scorecard"])), 1, 2)
        apart = [path for path in paths if not any(path.startswith(f"{other}.") for other in paths)]
        return [Named(path) for path in apart]

    def amount(self, plan: Rule) -> Formula:
        """Money that is not negative."""
        salary, fte = Named("base_salary"), Named("fte")
        amounts = [times(salary, self.pick("0.01", "0.05")), times(fte, "200"), constant(Fraction(500))]
        return self.pick(*amounts, *[times(Named("target_pay"), self.pick("1", "0.5"))] * (3 * ("target_pay" in plan)))

    def payout(self, plan: Rule) -> Formula:
        scores = self.scores(plan)
        if self.chance(15):
            scores[0] = self.called(scores[0], self.words)
        formula: Formula = Both(self.amount(plan), "*", scores[0])
        for score in scores[1:]:
            formula = Both(formula, self.pick("+", "+", "-", "*"), Both(self.amount(plan), "*", score))
        if self.chance(25):
            formula = Both(formula, "+", self.amount(plan))
        kind = self.pick("plain", "plain", "if", "not negative", "round", "at most", "over")
        if kind == "over":
            return Both(formula, "/", self.pick(scores[0], Both(scores[-1], "+", constant(Fraction(1)))))
        if kind == "if":
            above = Both(scores[-1], self.pick(">=", "<"), constant(self.pick(*PARTS)))
            return Call("IF", (above, formula, self.pick(ZERO, self.amount(plan))))
        if kind == "round":
            return Call("ROUND", (formula, self.pick(ZERO, constant(Fraction(1)))))
        if kind == "at most":
            return Call("MIN", (formula, self.amount(plan)))
        return not_negative(formula) if kind == "not negative" else formula

    # -- pools

    def pooled(self, plan: Rule) -> None:
        """The plan takes from a new pool, or from one that another plan takes from and that fits."""
        pools: dict[str, Rule] = self.rules.setdefault("pools", {})
        fitting = [name for name in self.pools_for_all if self.pools_for_all[name] <= set(plan)]
        if fitting and self.chance(60):
            plan["pool"] = self.pick(*fitting)
            return
        plan["pool"] = f"pool{len(pools)}"
        pool: Rule = {"title": {"en": "Pool"}}
        if self.chance(50):
            pool["by"] = self.pick("team", "department", "company")
        pool["fund"] = self.fund(plan, pool.get("by", "company"))
        if self.chance(60):
            self.shared(plan, pool)
        else:
            self.solved(plan, pool)
        pools[plan["pool"]] = pool

    def fund(self, plan: Rule, by: str) -> Rule:
        of = self.pick("company", by)
        kpis = [Named(drawn.name) for drawn in self.drawn if of in drawn.kinds]
        if self.chance(50):
            formula: Formula = constant(self.pick(*SUMS))
            if self.chance(15):
                formula = times(Named("period_days"), "0.5")
            if kpis and self.chance(40):
                formula = Both(formula, "*", self.pick(*kpis))
                formula = formula if self.chance(10) else not_negative(formula)
            return {"sum": formula, "of": of}
        formula = self.amount(plan)
        if self.chance(15):
            formula = Both(formula, "*", Named("proration"))
        if kpis and self.chance(50):
            of = self.pick(of, "payee")
            named = [Named(drawn.name) for drawn in self.drawn if of in drawn.kinds]
            if named:
                reads = self.words_of(of)
                called = self.called(self.pick(*named), reads) if self.chance(50) else self.pick(*named)
                formula = Both(formula, "*", called if self.chance(15) else not_negative(called))
        return {"per_payee": formula, "of": of} if of != "company" or self.chance(50) else {"per_payee": formula}

    def key(self, plan: Rule) -> Formula:
        score = self.pick(*self.scores(plan))
        kind = self.pick("amount", "score", "score", "prorated", "equal", "above", "curve", "plus")
        if kind == "equal":
            return constant(Fraction(1))
        if kind == "amount":
            return self.amount(plan)
        if kind == "curve":
            return self.called(score, self.words)
        if kind == "above":
            return Both(score, "-", constant(self.pick(*PARTS)))
        by_score = Both(score, "*", self.amount(plan))
        if kind == "plus":
            return Both(by_score, "+", Named("fte"))
        return Both(by_score, "*", Named("proration")) if kind == "prorated" else by_score

    def shared(self, plan: Rule, pool: Rule) -> None:
        parts: dict[str, Rule] = {}
        for index, share in enumerate(self.pick(*SHARES)):
            parts[f"part{index}"] = {
                "title": {"en": "Part"},
                "share": share,
                "in_proportion_to": self.key(plan),
            }
            self.rounding(parts[f"part{index}"], "rounding", 20, always=True)
        pool["parts"] = parts
        if self.chance(35):
            least = self.pick(times(self.amount(plan), self.pick("0.1", "0.5")), constant(self.pick(*SUMS[2:])))
            pool["minimum"] = least
        if self.chance(35):
            pool["maximum"] = self.pick(self.amount(plan), constant(self.pick(*SUMS[1:5])))
            if "minimum" in pool and not (pool["minimum"].names | pool["maximum"].names):
                del pool["minimum"]  # numbers that cross are refused; those that differ by payee hold
        formulas = [part["in_proportion_to"] for part in parts.values()]
        formulas += [pool[bound] for bound in ("minimum", "maximum") if bound in pool]
        names = {name for formula in formulas for name in formula.names} | self.named_in(pool["fund"])
        if not names & set(paths_below(plan["scorecard"])):
            self.pools_for_all[plan["pool"]] = {"target_pay"} & names

    def named_in(self, fund: Rule) -> set[str]:
        formula: Formula = fund["sum" if "sum" in fund else "per_payee"]
        return formula.names

    def solved(self, plan: Rule, pool: Rule) -> None:
        """A factor on which the payout only rises."""
        pool["solve"] = {"factor": FACTOR, "at_most": self.pick(*fractions("1", "2", "100", "0.5"))}
        pool["solve"]["places"] = self.pick(2, 4, 0, 1, 6, 9)
        if self.chance(30) and pool["solve"]["places"] > 1:
            pool["solve"]["at_least"] = self.pick(*fractions("0.5", "0", "0.01"))
        factor, amount, score = Named(FACTOR), self.amount(plan), not_negative(self.pick(*self.scores(plan)))
        if self.chance(20):
            score = not_negative(self.called(self.pick(*self.scores(plan)), self.words))
        by_score = Both(Both(amount, "*", score), "*", factor)
        plan["payout"] = self.pick(
            by_score,
            Both(amount, "*", factor),
            Both(times(amount, "0.1"), "+", by_score),
            Call("MIN", (by_score, self.amount(plan))),
            Call("IF", (Both(score, ">", ZERO), by_score, ZERO)),
        )
