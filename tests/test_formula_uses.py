"""What each formula of a rule set may name, and what follows for columns: their types, and what tables must hold."""

from __future__ import annotations

from fractions import Fraction

import pytest

from incentive_engine.documents import declare, read_text
from incentive_engine.rulesets.column_types import infer_types
from incentive_engine.rulesets.contracts import contracts
from incentive_engine.rulesets.formula_uses import FACTOR, KPI, NODE
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.ranges import input_ranges, result_scale
from incentive_engine.rulesets.walked import Walked

RULES = """
rule_set: everything
version: "1"
title: {en: Everything, fr: Tout}
decided: {by: HR, on: 2025-01-01}
currency: EUR
timezone: Europe/Paris
sources:
  calls: {path: calls.csv, date: day, payee: agent}
tables:
  goals: {path: goals.csv, keys: [grade, kpi]}
  limits: {path: limits.csv, keys: [site]}
kpis:
  nps:
    title: {en: NPS}
    perspective: customer
    compute: {kind: given, at_least: -100, at_most: 100}
    better: higher
  profit:
    title: {en: Profit}
    perspective: internal
    compute: {kind: mean, from: calls, value: gain, where: kind = "sale"}
    better: higher
    rounding: {places: -1, mode: up, then: {places: 0}}
populations:
  shops: {who: country = "FR" AND WHO, by: [region]}
curves:
  rate: {kind: linear, points: [[0, 50%], [100, 100%]], below: zero}
  multiplier: {kind: linear, points: [[0, 50%], [100, 100%]], below: flat}
  table: {kind: matrix, across: profit + ACROSS, columns: [0], rows: [{from: 0, rates: [50%]}], below: zero}
pools:
  bonus:
    title: {en: Bonus}
    by: team
    fund: {sum: 2% * multiplier(profit) + SUM, of: team}
    parts:
      equal: {title: {en: Equal}, share: 40%, in_proportion_to: 1}
      merit: {title: {en: Merit}, share: 60%, in_proportion_to: score + customer.nps + KEY}
    minimum: target_pay * 50% + MINIMUM
    maximum: target_pay * 2
  rest:
    title: {en: Rest}
    fund: {per_payee: target_pay * multiplier(profit) + PER_PAYEE, of: department}
    solve: {factor: quota, at_most: 2, places: 4}
plans:
  sharing:
    title: {en: Sharing}
    pays: share
    who: contract = "fixed" AND CARE
    eligible: days_employed >= 30
    target_pay: base_salary * 8% + PAY
    pool: bonus
    scorecard:
      customer:
        weight: 50%
        items:
          nps:
            weight: {table: goals}
            of: team
            target: {table: goals, column: goal}
            attainment: difference
            curve: rate
            modifiers: [{add: MODIFIER + multiplier(nps) * bonus_rate, because: {en: Because}}]
      profit:
        weight: 50%
        of: company
        paths:
          reached: {target: {column: own_goal}, attainment: difference, curve: rate}
          improved: {threshold: 0, benchmark: {table: goals, column: best}, attainment: between, curve: rate}
        floor: {column: own_floor}
        gates: [{when: nps < 0 AND GATE, withhold: all, because: {en: Because}}]
    cap: {table: limits, column: most}
  solving:
    title: {en: Solving}
    pays: solution
    who: senior
    target_pay: base_salary * multiplier(years)
    payout: target_pay * score * quota + PAYOUT
    pool: rest
    scorecard:
      opinion: {kpi: nps, weight: 100%, of: payee, target: 4, attainment: difference, curve: rate}
"""
TRUE, ZERO = ("WHO", "CARE", "GATE"), ("ACROSS", "SUM", "KEY", "MINIMUM", "PER_PAYEE", "PAY", "MODIFIER", "PAYOUT")


def rules(**written: str) -> tuple[RuleSet, str]:
    """The rule set, with these texts in place of words in capitals."""
    text = RULES
    for word in sorted((*TRUE, *ZERO), key=len, reverse=True):
        text = text.replace(word, written.get(word, "TRUE" if word in TRUE else "0"))
    return declare(read_text(text, "rules.yaml"), RuleSet), text


def problems(**written: str) -> list[tuple[str, str]]:
    ruleset, text = rules(**written)
    return [(each.code, each.message) for each in infer_types(Walked(ruleset), read_text(text, "rules.yaml"))[1]]


def test_every_formula_is_listed_where_it_is_written() -> None:
    places = [".".join(map(str, use.at)) for use in Walked(rules()[0]).formulas]
    assert places == [
        "kpis.profit.compute.value", "kpis.profit.compute.where", "populations.shops.who",
        "curves.table.across",
        "pools.bonus.fund.sum", "pools.bonus.parts.equal.in_proportion_to", "pools.bonus.parts.merit.in_proportion_to",
        "pools.bonus.minimum", "pools.bonus.maximum", "pools.rest.fund.per_payee",
        "plans.sharing.who", "plans.sharing.eligible", "plans.sharing.target_pay",
        "plans.sharing.scorecard.customer.items.nps.modifiers.0.add", "plans.sharing.scorecard.profit.gates.0.when",
        "plans.solving.who", "plans.solving.target_pay", "plans.solving.payout",
    ]  # fmt: skip


def test_a_rule_set_with_every_kind_of_formula_is_in_order() -> None:
    assert problems() == []


NAMES = {
    "kpi": "nps", "node": "customer.nps", "opinion": "opinion",
    "score": "score", "target_pay": "target_pay", "proration": "proration",
    "factor": "quota", "column": "fte", "employed": "days_employed", "period": "period_days", "curve": "multiplier(1)",
    "matrix": "table(1)",
}  # fmt: skip
KNOWN = {
    "WHO": "column employed period",
    "CARE": "column employed period",
    "PAY": "column employed period curve",
    "ACROSS": "kpi column employed period",
    "MODIFIER": "kpi column employed period curve matrix",
    "GATE": "kpi column employed period curve matrix",
    "SUM": "kpi period curve matrix",
    "PER_PAYEE": "kpi target_pay proration column employed period curve matrix",
    "KEY": "node score target_pay proration column employed period curve",
    "MINIMUM": "target_pay proration column employed period curve",
    "PAYOUT": "opinion score target_pay factor column employed period curve",
}


@pytest.mark.parametrize("place", KNOWN)
def test_each_place_knows_its_names(place: str) -> None:
    """What a place does not know is read as a column, or refused."""
    for kind, name in NAMES.items():
        text = f"{name} > 777" if place in TRUE else f"{name} + 777"
        used = next(use for use in Walked(rules(**{place: text})[0]).formulas if "777" in use.formula.text)
        known = not problems(**{place: text}) and (kind == "column" or name not in used.named_columns)
        assert known == (kind in KNOWN[place].split()), (place, kind)


def test_it_is_said_what_a_given_name_is() -> None:
    uses = {use.at[-1]: use for use in Walked(rules()[0]).formulas}
    assert uses["payout"].given["quota"] is FACTOR
    assert uses["payout"].given["opinion"] is NODE
    assert uses["when"].given["nps"] is KPI
    assert uses["when"].kpis == {"nps"}
    assert uses["payout"].kpis == set()
    assert uses["add"].formula.calls == {"multiplier"}
    assert uses["add"].named_columns == {"bonus_rate"}


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        ("CARE", "multiplier(4) > 1", ("curve-not-allowed", "`multiplier` is a curve: curves cannot be called here")),
        ("SUM", "fte", ("column-not-allowed", "`fte` is of one payee: `sum` is worked out for all of them together")),
        (
            "PAYOUT",
            "table(4)",
            ("curve-not-allowed", "`table` is a curve: `profit`, which its `across` names, is not known here"),
        ),
        ("SUM", "bonsu", ("unknown-name", "there is no `bonsu` here")),
        ("PAYOUT", "opinion.nps", ("unknown-name", "there is no `opinion.nps` here")),
        ("PAYOUT", "Multiplier(4)", ("unknown-function", "there is no function `Multiplier`")),
        ("CARE", "opinion > 2", None),
        ("CARE", "own_goal > 2", None),
        ("CARE", "own_goal", ("type-mismatch", "here must stand true or false, but `own_goal` is a number")),
    ],
)
def test_what_a_formula_may_not_name_is_told_once(place: str, text: str, expected: tuple[str, str] | None) -> None:
    assert problems(**{place: text}) == ([] if expected is None else [expected])


def test_a_name_that_means_two_things_is_refused() -> None:
    assert problems(CARE="opinion > 2", PAYOUT="opinion") == [
        ("ambiguous-name", "`opinion` is the score of a node and a workforce column")
    ]
    assert (
        problems(CARE="score > 2")
        == [("ambiguous-name", "`score` is the score of the plan and a workforce column")] * 2
    )
    _, text = rules(PAYOUT="score")
    twice = text.replace("opinion:", "score:")
    found = infer_types(Walked(declare(read_text(twice, "f"), RuleSet)), read_text(twice, "f"))[1]
    assert {each.message for each in found} == {"`score` is the score of the plan and the score of a node"}


def test_a_matrix_is_called_where_what_it_reads_is_known() -> None:
    assert problems(ACROSS="fte", PER_PAYEE="table(1)") == []
    assert problems(ACROSS="fte", SUM="table(1)") == [
        ("curve-not-allowed", "`table` is a curve: `fte`, which its `across` names, is not known here")
    ]


def test_a_number_of_the_rules_is_in_a_column_of_numbers() -> None:
    _, text = rules()
    text = text.replace("own_goal", "department")
    found = infer_types(Walked(declare(read_text(text, "f"), RuleSet)), read_text(text, "f"))[1]
    assert [(each.code, each.message) for each in found] == [
        ("type-mismatch", "`department` is of type text, and the target of `reached` is a number")
    ]
    assert str(found[0].location).startswith(f"f:{text[: text.index('column: department')].count(chr(10)) + 1}:")


def test_tables_hold_what_the_rules_name() -> None:
    ruleset, text = rules()
    types, found = infer_types(Walked(ruleset), read_text(text, "f"))
    assert found == []
    assert Walked(ruleset).columns == {
        "base_salary", "bonus_rate", "contract", "country", "department", "grade", "hired", "own_floor", "own_goal",
        "region", "senior", "site", "team", "years",
    }  # fmt: skip
    assert Walked(ruleset).subject_kinds == {"payee", "team", "department", "company"}
    tables = {each.name: each for each in contracts(Walked(ruleset), types, read_text(text, "f"))}
    columns = {name: {each.name: each.type for each in table.columns} for name, table in tables.items()}
    assert columns["goals"] == {"grade": "text", "kpi": "text", "best": "number", "goal": "number", "value": "number"}
    assert columns["limits"] == {"site": "text", "most": "number"}
    assert columns["calls"] == {"day": "date", "agent": "text", "gain": "number", "kind": "text"}
    assert {columns["workforce"][each] for each in ("own_goal", "own_floor", "years", "bonus_rate")} == {"number"}
    assert (columns["workforce"]["senior"], columns["workforce"]["region"]) == ("boolean", "text")
    assert {"own_goal", "own_floor"} <= input_ranges(ruleset, tuple(tables.values())).workforce.keys()


def test_a_mean_stays_within_its_rounded_bounds() -> None:
    ruleset, text = rules()
    document = read_text(text.replace("payee: agent", "payee: agent, columns: {gain: {at_most: 1234}}"), "f")
    ruleset = declare(document, RuleSet)
    tables = {
        each.name: each for each in contracts(Walked(ruleset), infer_types(Walked(ruleset), document)[0], document)
    }
    scale = result_scale(ruleset, ruleset.kpis["profit"], tables["calls"], {})
    unit = Fraction(10) ** -scale.places
    assert scale.low == 0
    assert scale.high * unit == 1240  # 1234 up to tens, then to whole numbers
