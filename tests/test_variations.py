"""What would have changed a payout agrees with the oracle, which is asked again with the other result, or rule."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, reject, seed, settings
from pydantic import TypeAdapter

from incentive_engine import InputProblems, load, run
from incentive_engine.documents import read_document, read_text
from incentive_engine.engine.run import Run, rules_in
from incentive_engine.engine.variations import variations
from incentive_engine.kinds.attainments import Better
from incentive_engine.kinds.curves import CurveKind, PayoutCurve
from incentive_engine.kinds.kpi_kind import KpiKind
from incentive_engine.kinds.kpis import KpiCompute
from incentive_engine.rulesets.loading import rules_for
from incentive_engine.rulesets.resolving import resolve
from incentive_engine.shipped import rules_dir
from incentive_engine.statements.gathering import gathered
from incentive_engine.statements.making import StatementMaker
from incentive_engine.statements.values import Variation, Varied
from tests.case_files import calculated
from tests.drawn import cases
from tests.oracle import Card, Case, Node, Outcome, Results, Version, versions
from tests.oracle.curves import attained, curve_rate, upper_end
from tests.oracle.money import pay, score
from tests.oracle.numbers import by_rule, previous
from tests.oracle.results import Day, Result
from tests.test_catalogue import HEAD
from tests.test_statements_dated import run_texts
from tests.test_traps import TRAPS

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
DRAWN = settings(deadline=None, database=None, suppress_health_check=SLOW, phases=[Phase.generate])
Rows = list[dict[str, Any]]
GRID = (6, 6, 1)
STARTER = rules_dir() / "starter"
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


# --- drawn rule sets --------------------------------------------------------------------------------------------------


@given(cases())
@settings(DRAWN, max_examples=10, derandomize=True)
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


# --- worked out by hand -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("variations") / "run"
    run(load(STARTER / "rules.yaml"), STARTER / "data", "2026-Q3", folder)
    return folder


@pytest.fixture(scope="module")
def varied(starter: Path) -> Rows:
    done, rules = Run.open(starter), rules_in(starter)
    return variations(rules, resolve(rules.ruleset, rules.period("2026-Q3")), done.traces, done.kpis).to_dicts()


@pytest.mark.parametrize(
    ("payee", "change", "node", "value", "after"),
    [
        # Promoters less detractors are 6 of 15: 700 ÷ 16 = 43.75 is 3.75 above the target. That pays 109.375 %, so
        # 109.38 %: 600 × (70 % × (60 % × 100 % + 40 % × 109.38 %) + 30 % × 100 %) = 615.7584.
        ("A01", "one_more", "customer.nps", "43.75", "615.76"),
        # 4.8 ÷ 4 = 120 % pays 150 %: 600 × (70 % × (60 % × 150 % + 40 % × 100 %) + 30 % × 100 %) = 726.
        ("A01", "next_point", "customer.satisfaction", "4.8", "726"),
        # Two answers are too few, so that the team's result counts, and it is the team's that would be another.
        ("A05", "next_point", "customer.satisfaction", "4.8", "813"),
        ("A04", "at_target", "customer.nps", "40", "315.75"),
        ("A03", "all_at_target", None, None, "300"),
        # At 4 the gate is open as well: 1,000 × (70 % × 100 % + 30 % × 150 %).
        ("S04", "at_target", "satisfaction", "4", "1150"),
        # 1,000 × (70 % × 50 % + 30 % × 150 %) without the gate that halves the second.
        ("S04", "gate", "sales", None, "800"),
        # 48,000 of 60,000 is 80 %: the next point is 100 %.
        ("S02", "next_point", "sales", "60000", "1000"),
    ],
)
def test_changes_by_hand(varied: Rows, payee: str, change: str, node: str | None, value: str, after: str) -> None:
    found = [row for row in varied if (row["payee"], row["change"], row["node"]) == (payee, change, node)]
    assert [(row["value"], row["after"]) for row in found] == [(value and Decimal(value), Decimal(after))]


def test_who_is_at_the_end_of_a_curve_has_no_next_point(varied: Rows) -> None:
    changes = {row["change"] for row in varied if (row["payee"], row["node"]) == ("S04", "sales")}
    assert changes == {"at_target", "gate"}


@pytest.mark.parametrize(
    ("curve", "goals"),
    [
        ("kind: linear, points: [[80%, 50%], [100%, 100%], [120%, 150%]], below: zero", "0.8 1 1.2"),
        ("kind: linear, points: [[80%, 50%], [100%, 50%], [120%, 150%]], below: flat", "1.2"),
        ("kind: linear, points: [[0, 150%], [5, 100%], [9, 0]], below: flat", "0 5"),
        ("kind: linear, points: [[0, 0], [5, 100%], [9, 0]], below: flat", ""),
        ("kind: stepped, tiers: [{from: 1, rate: 50%}, {from: 2, rate: 100%}], below: flat", "2"),
        ("kind: stepped, tiers: [{from: 0, rate: 100%}, {from: 3, rate: 50%}], below: flat", "2.99"),
        ("kind: graded, tiers: [{from: 1, rate: 2}, {from: 2, rate: 0, jump: 10%}]", "2"),
        ("kind: lookup, rows: [{to: 1, rate: 0}, {over: 1, below: 2, rate: 50%}, {from: 2, rate: 1}]", "1.01 2"),
        ("kind: lookup, rows: [{to: 1, rate: 1}, {over: 1, below: 2, rate: 50%}, {from: 2, rate: 0}]", "1 1.99"),
        ("kind: logistic, midpoint: 1, width: 1", ""),
    ],
)
def test_the_points_of_a_curve_that_pay_more(curve: str, goals: str) -> None:
    read = read_text("{" + curve + "}", "curve.yaml").data
    found = TypeAdapter[CurveKind](PayoutCurve).validate_python(read).goals(Decimal("0.01"))
    assert found == tuple(map(Decimal, goals.split()))


@pytest.mark.parametrize(
    ("compute", "better", "more"),
    [
        ({"kind": "nps", "from": "s", "answer": "a"}, "higher", (100, 1, 1)),
        ({"kind": "nps", "from": "s", "answer": "a"}, "lower", None),
        ({"kind": "mean", "from": "s", "value": "a"}, "higher", None),
        ({"kind": "given"}, "higher", None),
        ({"kind": "share", "from": "s", "where": "a"}, "higher", (1, 1, 1)),
        ({"kind": "share", "from": "s", "where": "a"}, "lower", (0, 1, 1)),
        ({"kind": "count", "from": "s"}, "higher", (1, 0, 1)),
        ({"kind": "count", "from": "s"}, "lower", (-1, 0, -1)),
        ({"kind": "distinct", "from": "s", "column": "c"}, "higher", (1, 0, 1)),
        ({"kind": "repeat", "from": "s", "column": "c"}, "higher", (1, 1, 1)),
        ({"kind": "without_repeat", "from": "s", "customer": "c", "within": 7}, "lower", (0, 1, 1)),
        (
            {"kind": "grid", "from": "s", "items": {"x": {"met": "a"}, "y": {"score": "b", "out_of": 5}}},
            "higher",
            (6, 6, 1),
        ),
    ],
)
def test_what_one_more_record_adds(compute: dict[str, Any], better: Better, more: tuple[int, int, int] | None) -> None:
    kind: KpiKind = TypeAdapter(KpiCompute).validate_python(compute)
    one = kind.one_more(better)
    assert (None if one is None else (one.above, one.below, one.facts)) == more


# --- what is printed --------------------------------------------------------------------------------------------------


def test_pages_print_what_was_worked_out(starter: Path) -> None:
    (found,) = StatementMaker(gathered(starter)).statement("A01").alternatives
    assert found.said[1] == "As it is, the rules work out €600.00."
    satisfaction, nps, cases, *rest = found.varied
    assert (nps.title, nps.perspective, nps.now) == (
        "Net Promoter Score", "customer", "The result of your team, North: 40"
    )  # fmt: skip
    assert nps.variations == (
        Variation(
            name="One more promoter",
            result="43.75",
            arithmetic="(600 + 100) ÷ (15 + 1)",
            note="rate 109.38%",
            payout="€615.76",
            change="+€15.76",
            way="up",
        ),
        Variation(
            name="At the next point of the curve, attainment 20",
            result="60",
            arithmetic="40 + 20",
            note="rate 150%",
            payout="€684.00",
            change="+€84.00",
            way="up",
        ),
    )
    assert [each.arithmetic for each in (*satisfaction.variations, *cases.variations)] == ["120% × 4", "120% × 20"]
    assert rest == []


def test_pages_say_what_changes_nothing(tmp_path: Path) -> None:
    """46 of 50 is 92 %: one more is still below the next tier at 95 %, and then the cap stands in the way."""
    (tmp_path / "rules.yaml").write_text(TIERS, encoding="utf-8")
    (tmp_path / "people.csv").write_text("payee\nann\n", encoding="utf-8")
    calls = "".join(f"{number},ann,2026-07-01,{'yes' if number < 46 else 'no'}\n" for number in range(50))
    (tmp_path / "calls.csv").write_text("id,payee,day,solved\n" + calls, encoding="utf-8")
    run(load(tmp_path / "rules.yaml"), tmp_path, "2026-Q3", tmp_path / "run")
    (found,) = StatementMaker(gathered(tmp_path / "run")).statement("ann").alternatives
    solved, rules = found.varied
    assert [(each.name, each.arithmetic, each.result, each.change, each.note) for each in solved.variations] == [
        (
            "One more record that meets the condition", "(46 + 1) ÷ (50 + 1)", "92.16%", "€0.00",
            "rounded to 0.01%, rate 100%, changes nothing: 92.16% does not reach the next point of the curve, 95%",
        ),
        (
            "At the next point of the curve, attainment 95%", "", "95%", "€0.00",
            "rate 200%, changes nothing: a condition, a limit or the rounding leaves the amount as it is",
        ),
    ]  # fmt: skip
    assert rules == Varied(
        "Conditions and limits of the rules", "other", "",
        (Variation("Without the upper limit: 80%", "", "", "", "€100.00", "+€20.00", "up"),),
    )  # fmt: skip


BEYOND = """\
kpis:
  units: {title: {en: Units}, perspective: internal, compute: {kind: given}, better: higher}
curves:
  drawn: CURVE
plans:
  all:
    title: {en: All}
    pays: bonus
    who: TRUE
    target_pay: 100
    scorecard: {units: {weight: 100%, of: payee, attainment: level, curve: drawn}}
"""
NOTHING, BEST = "Below 50, the payout curve pays nothing.", "The best rate of the payout curve is reached"


@pytest.mark.parametrize(
    ("curve", "value", "said"),
    [
        ("{kind: linear, points: [[50, 0%], [100, 100%]], below: zero}", 30, ""),  # 60 pays, and is no point of it
        ("{kind: linear, points: [[50, 10%], [100, 100%]], below: zero}", 30, NOTHING),
        ("{kind: linear, points: [[-100, -50%], [100, 50%]], below: flat}", 0, ""),  # between losing and winning
        ("{kind: linear, points: [[-100, -50%], [100, 50%]], below: flat}", 100, BEST),
        ("{kind: graded, tiers: [{from: 50, rate: 1%}, {from: 100, rate: 2%}]}", 1000, ""),  # each unit pays more
        ("{kind: graded, tiers: [{from: 50, rate: 1%}, {from: 100, rate: 0%, jump: 5%}]}", 1000, BEST),
    ],
)
def test_what_is_said_of_the_ends_of_a_curve_is_true(curve: str, value: int, said: str, tmp_path: Path) -> None:
    data = {
        "workforce.csv": "payee\nann\n",
        "kpis.csv": f"subject_kind,subject,kpi,period,value\npayee,ann,units,2026-Q3,{value}\n",
    }
    folder = run_texts(HEAD + BEYOND.replace("CURVE", curve), data, "2026-Q3", tmp_path, ("en", "en"))
    (pay,) = StatementMaker(gathered(folder)).statement("ann").pays
    (card,) = pay.cards
    assert [each[: len(said)] for each in card.bounds] == ([said] if said else [])


def test_what_changes_the_same_on_all_days_is_told_once(tmp_path: Path) -> None:
    """Half of the target pays 155 for the days of full time and 244 for the others; the target 310 and 488."""
    (path,) = (path for path in TRAPS if path.stem.startswith("11-"))
    told = read_document(path).data
    data = {**told["data"], "kpis.csv": told["data"]["kpis.csv"].replace("2026-Q3,100", "2026-Q3,50")}
    folder = run_texts(HEAD + told["rules"], data, "2026-Q3", tmp_path, ("fr", "fr"))
    (found,) = StatementMaker(gathered(folder)).statement("ann").alternatives
    assert found.said[1] == "En l'état, les règles donnent 399,00\u00a0€."
    assert found.varied == (
        Varied(
            title="Sales",
            perspective="internal",
            now="Le résultat de toute l'entreprise\u00a0: 50",
            variations=(
                Variation("À l'objectif", "100", "", "taux 100\u00a0%", "798,00\u00a0€", "+399,00\u00a0€", "up"),
            ),
        ),
    )


def test_what_would_be_otherwise_on_some_days_only_names_them(tmp_path: Path) -> None:
    """S03 is a senior from August on: a target of 60,000 and no longer of 40,000, for sales of 36,000 of the quarter.

    Of 800, 31 and 61 days of 92: 75 % and 52.5 % pay 202.17 and 278.48. With a satisfaction of 4, 92.5 % and 70 % pay
    249.35 and 371.30. With the target of July, 82.5 % pay 222.39; with that of the other days 82.5 % pay 437.61, and
    with 80 % of it 67.5 % pay 358.04.
    """
    shutil.copytree(rules_dir() / "starter", tmp_path, dirs_exist_ok=True)
    rules = (tmp_path / "rules.yaml").read_text(encoding="utf-8")
    dated = "assignments: {path: assignments.csv, also: [level]}\nadjustments:"
    (tmp_path / "rules.yaml").write_text(rules.replace("\nadjustments:", f"\n{dated}"), encoding="utf-8")
    (tmp_path / "data" / "assignments.csv").write_text(
        "payee,from,to,team,department,level\n"
        "S03,2020-01-01,2026-07-31,Shop,Sales,junior\nS03,2026-08-01,,Shop,Sales,senior\n",
        encoding="utf-8",
    )
    run(load(tmp_path / "rules.yaml"), tmp_path / "data", "2026-Q3", tmp_path / "run")
    (found,) = StatementMaker(gathered(tmp_path / "run")).statement("S03").alternatives
    assert "Where days are named, the other result counts for these days only." in found.said
    july, rest = "1 to 31 July 2026, 31\u00a0days", "1 August to 30 September 2026, 61\u00a0days"
    assert [(each.name, each.result, each.payout) for varied in found.varied for each in varied.variations] == [
        ("At the target", "4", "€620.65"),
        (f"At the target · {july}", "40,000", "€500.87"),
        (f"At the next point of the curve, attainment 80% · {rest}", "48,000", "€560.21"),
        (f"At the target · {rest}", "60,000", "€639.78"),
        ("Every measure at its target", "", "€800.00"),
    ]


def test_cards_say_what_bound_the_measure(starter: Path) -> None:
    """Without the gate 800 instead of 575 is paid; 72,000 of 60,000 is the last point of the curve."""
    (pay,) = StatementMaker(gathered(starter)).statement("S04").pays
    assert {card.path: card.bounds for card in pay.cards} == {
        "satisfaction": (),
        "sales": (
            "Le meilleur taux de la courbe de paiement est atteint\u00a0: un meilleur résultat ne paierait pas plus.",
            "La condition «\u00a0Les clients n'étaient pas satisfaits\u00a0» a coûté 225,00\u00a0€.",
        ),
    }


TIERS = """
rule_set: tiers
version: "1"
title: {en: Tiers}
decided: {by: Head, on: 2026-06-15}
currency: EUR
timezone: Europe/Paris
workforce: {path: people.csv}
sources: {calls: {path: calls.csv, id: id, payee: payee, date: day}}
kpis:
  solved:
    title: {en: Solved}
    perspective: customer
    compute: {kind: share, from: calls, where: solved}
    better: higher
curves: {tiers: {kind: stepped, tiers: [{from: 90%, rate: 100%}, {from: 95%, rate: 200%}], below: zero}}
plans:
  all:
    title: {en: All}
    pays: bonus
    who: true
    target_pay: 100
    scorecard:
      solved: {weight: 100%, of: payee, attainment: level, curve: tiers}
    cap: 80%
"""
