"""Standings and parts of the period: what a rank and a mean of months are worked out from, against counting by hand."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import incentive_engine
from incentive_engine.compiler.inputs import PREVIOUS, STANDING, ResultKey, StandingKey
from incentive_engine.compiler.needs import parameters_of, result_keys, standing_keys
from incentive_engine.engine.checking import check
from incentive_engine.engine.known import held_people
from incentive_engine.engine.measured import Measured, Result
from incentive_engine.engine.results import measure_kpis
from incentive_engine.engine.standings import _RANKED, _counts, work_out_standings
from incentive_engine.exact import Exact, Scale
from incentive_engine.facts import HELD_SCHEMA, Accepted, Table
from incentive_engine.kinds.base import FromColumn, FromTable
from incentive_engine.periods import Period
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.resolving import ResolvedPlan, resolve

PERIOD = Period.parse("2026-Q3")
RULES: dict[str, Any] = {
    "rule_set": "ranks",
    "version": "1",
    "title": {"en": "Ranks"},
    "decided": {"by": "The board", "on": dt.date(2025, 12, 1)},
    "currency": "EUR",
    "timezone": "Europe/Paris",
    "kpis": {
        "sales": {
            "title": {"en": "Sales"},
            "perspective": "internal",
            "compute": {"kind": "given"},
            "better": "higher",
        },
    },
    "curves": {"line": {"kind": "linear", "points": [[0, 0], [1, 1]], "below": "zero"}},
    "plans": {
        "plan": {
            "title": {"en": "Plan"},
            "pays": "bonus",
            "who": "TRUE",
            "scorecard": {
                "sales": {"of": "payee", "weight": 1, "target": 1, "attainment": "ratio", "curve": "line"},
            },
        }
    },
}


def rules_with(**sections: Any) -> RuleSet:
    return RuleSet.model_validate({**RULES, **sections})


def kpi(**fields: Any) -> dict[str, Any]:
    return {**RULES["kpis"]["sales"], **fields}


def planned(measure: dict[str, Any], kpis: dict[str, Any] | None = None, **sections: Any) -> ResolvedPlan:
    """The plan of a rule set with one measure of `sales`."""
    of = {"of": "payee", "weight": 1, "attainment": "ratio", "target": 1, "curve": "line"} | measure
    used = {name: value for name, value in of.items() if value is not None}
    plan = RULES["plans"]["plan"] | sections.pop("plan", {})
    plans = {"plan": plan | {"scorecard": {"sales": used}}}
    rules = rules_with(kpis=RULES["kpis"] | (kpis or {}), plans=plans, **sections)
    return resolve(rules, PERIOD)[0]


# --- standings --------------------------------------------------------------------------------------------------------

COLUMNS = {"payee": pl.String(), "team": pl.String(), "department": pl.String(), "site": pl.String(),
           "grade": pl.Int64(), "active": pl.Boolean(), "hired": pl.Date(), "left": pl.Date()}  # fmt: skip


def accepted(people: list[dict[str, Any]], held: list[str]) -> Accepted:
    frame = pl.DataFrame(people, schema=COLUMNS)
    rows = [dict.fromkeys(HELD_SCHEMA, "x") | {"table": "workforce", "payee": name} for name in held]
    table = Table("workforce", frame, {"grade": Scale(0, 0, 9)}, True, "", ())
    return Accepted({"workforce": table}, pl.DataFrame(rows, schema=HELD_SCHEMA))


@st.composite
def crowds(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[str]]:
    """People of a few teams, sites and grades, with holes; and who of them is held."""
    count = draw(st.integers(0, 12))
    texts = st.sampled_from([None, "a", "b", "c"])
    one: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
        {
            "team": texts,
            "department": texts,
            "site": texts,
            "grade": st.sampled_from([None, 1, 2]),
            "active": st.sampled_from([True, True, True, False, None]),
            "hired": st.sampled_from([None, dt.date(2026, 1, 1), dt.date(2026, 9, 30)]),
            "left": st.none(),
        }
    )
    people: list[dict[str, Any]] = [{"payee": f"p{at}", **draw(one)} for at in range(count)]
    return people, draw(st.lists(st.sampled_from([each["payee"] for each in people]), max_size=2)) if people else []


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_standings_are_what_one_counts(data: st.DataObject) -> None:
    people, held = data.draw(crowds())
    kind = data.draw(st.sampled_from(["payee", "team", "department"]))
    by = data.draw(st.sampled_from([(), ("site",), ("grade",), ("site", "grade"), ("department",), ("team", "site")]))
    better = data.draw(st.sampled_from(["higher", "lower"]))
    least = data.draw(st.sampled_from([None, 2]))
    who: tuple[str, Callable[[dict[str, Any]], bool]] = data.draw(
        st.sampled_from(
            [
                ("active", lambda each: each["active"] is True),
                ("NOT active OR grade = 2", lambda each: each["active"] is False or each["grade"] == 2),
                ("days_employed >= 30", lambda each: each["hired"] == dt.date(2026, 1, 1)),
                ("TRUE", lambda each: True),
            ]
        )
    )
    names = sorted({each[kind] for each in people if each[kind] is not None})
    numbers: dict[str, Any] = data.draw(
        st.fixed_dictionaries(
            {name: st.tuples(st.sampled_from([None, -1, 0, 1, 2]), st.sampled_from([None, 1, 2, 3])) for name in names}
        )
    )
    found = _worked_out(people, held, kind, by, better, least, who[0], numbers, data.draw(st.randoms()))

    def counts(subject: str) -> bool:
        value, n = numbers[subject]
        return value is not None and (least is None or (n is not None and n >= least))

    ranked = {
        (tuple(each[column] for column in by), each[kind])
        for each in people
        if each["payee"] not in held and who[1](each) and each[kind] is not None and counts(each[kind])
        if all(each[column] is not None for column in by)
    }
    assert found == {
        (*group, subject): _by_hand(
            numbers[subject][0], [numbers[other][0] for where, other in ranked if where == group], better
        )
        for group, subject in ranked
    }


def _by_hand(own: int, all_results: list[int], better: str) -> tuple[int, int, int, int]:
    above = [each for each in all_results if (each > own if better == "higher" else each < own)]
    return len(above), len(set(above)), all_results.count(own), len(all_results)


def _worked_out(
    people: list[dict[str, Any]],
    held: list[str],
    kind: str,
    by: tuple[str, ...],
    better: str,
    least: int | None,
    who: str,
    numbers: dict[str, tuple[int | None, int | None]],
    order: Any,
) -> dict[tuple[Any, ...], tuple[int, ...]]:
    """The engine's standings, from rows in any order."""
    reliability = None if least is None else {"at_least": least}
    rules = rules_with(
        kpis={"sales": kpi(better=better, reliability=reliability)}, populations={"some": {"who": who, "by": by}}
    )
    rows, results = list(people), list(numbers.items())
    order.shuffle(rows)
    order.shuffle(results)
    frame = pl.DataFrame(
        {
            "subject": pl.Series([name for name, _ in results], dtype=pl.String),
            "value": pl.Series([value for _, (value, _) in results], dtype=pl.Int64),
            "n": pl.Series([n for _, (_, n) in results], dtype=pl.Int64),
        }
    )
    result = Result(frame, Scale(0, -1, 2), Exact.of(0), None)
    measured = Measured(({ResultKey("sales", kind): result},), pl.DataFrame())  # type: ignore[arg-type]
    key = StandingKey("sales", kind, "some")  # type: ignore[arg-type]
    given = accepted(rows, held)
    standings = work_out_standings(rules, given.tables["workforce"], held_people(given), [key], measured, PERIOD)[key]
    counts = [key.column(count) for count in STANDING]
    assert [standings.frame.schema[count] for count in counts] == [pl.Int64()] * 4
    keys = [*by, *({kind} - set(by))]
    assert list(standings.keys) == keys
    assert standings.frame.select(keys).is_duplicated().sum() == 0
    return {(*row[: len(by)], row[len(keys) - 1 if kind not in by else by.index(kind)]): row[len(keys) :]
            for row in standings.frame.select(*keys, *counts).rows()}  # fmt: skip


def test_a_column_called_as_a_result_is_kept_apart() -> None:
    rules = rules_with(populations={"all": {"who": "TRUE", "by": ["value", "subject", "n"]}})
    frame = pl.DataFrame({"payee": ["p", "q"], "value": ["x", "x"], "subject": ["y", "y"], "n": ["z", "z"]})
    table = Table("workforce", frame, {}, True, "", ())
    result = Result(
        pl.DataFrame({"subject": ["p", "q"], "value": [1, 2], "n": [1, 1]}), Scale(0, 1, 2), Exact.of(0), None
    )
    key = StandingKey("sales", "payee", "all")
    measured = Measured(({ResultKey("sales", "payee"): result},), pl.DataFrame())
    standings = work_out_standings(rules, table, pl.DataFrame(schema=HELD_SCHEMA), [key], measured, PERIOD)[key]
    rows = standings.frame.select("payee", *(key.column(count) for count in STANDING)).sort("payee").rows()
    assert rows == [("p", 1, 1, 1, 2), ("q", 0, 0, 1, 2)]


# --- what plans read --------------------------------------------------------------------------------------------------


def test_a_rank_reads_the_standing_in_its_population() -> None:
    measure = {"attainment": "dense_rank", "target": None, "among": "all", "of": "team"}
    plan = planned(measure, populations={"all": {"who": "TRUE"}})
    assert standing_keys([plan]) == {StandingKey("sales", "team", "all")}
    assert standing_keys([planned({})]) == set()


def test_a_mean_of_months_reads_each_month_and_not_the_quarter() -> None:
    plan = planned({"average_of": "months"})
    assert result_keys([plan], frozenset({"sales"})) == {
        ResultKey("sales", "payee", month) for month in ("2026-07", "2026-08", "2026-09")
    }


def test_formulas_read_results_and_so_do_fallbacks() -> None:
    measure = {
        "on_missing": "previous",
        "modifiers": [{"factor": "sales / 2", "of": "team", "because": {"en": "so"}}],
        "gates": [{"when": "sales < 1", "of": "company", "withhold": "all", "because": {"en": "so"}}],
    }
    assert result_keys([planned(measure)], frozenset({"sales"})) == {
        ResultKey("sales", "payee"),
        ResultKey("sales", "payee", PREVIOUS),
        ResultKey("sales", "team"),
        ResultKey("sales", "company"),
    }


MATRIX = {
    "kind": "matrix", "across": "profit", "below": "zero", "columns": [0, 1], "rows": [{"from": 0, "rates": [0, 1]}],
}  # fmt: skip


def test_a_called_curve_reads_its_second_number_for_the_caller() -> None:
    measure = {"modifiers": [{"factor": "matrix(sales)", "of": "team", "because": {"en": "so"}}], "curve": "matrix"}
    plan = planned(measure, {"profit": kpi()}, curves=RULES["curves"] | {"matrix": MATRIX})
    assert result_keys([plan], frozenset({"sales", "profit"})) == {
        *(ResultKey(name, kind) for name in ("sales", "profit") for kind in ("payee", "team"))
    }


def test_a_pool_reads_for_its_fund_and_for_the_curves_of_its_keys() -> None:
    pool = {
        "title": {"en": "Pool"},
        "fund": {"sum": "1% * margin", "of": "department"},
        "parts": {"all": {"title": {"en": "All"}, "share": 1, "in_proportion_to": "sales * matrix(score)"}},
    }
    plan = planned(
        {},
        {"profit": kpi(), "margin": kpi()},
        curves=RULES["curves"] | {"matrix": MATRIX},
        pools={"pool": pool},
        plan={"pool": "pool"},
    )
    assert result_keys([plan], frozenset({"sales", "profit", "margin"})) == {
        ResultKey("sales", "payee"),  # of the measure: in the key, `sales` is the node
        ResultKey("profit", "payee"),
        ResultKey("margin", "department"),
    }


def test_every_number_of_a_plan_is_told_with_its_kpi() -> None:
    ways = {
        "reached": {"attainment": "ratio", "target": {"table": "goals"}, "curve": "line"},
        "improved": {
            "attainment": "progress",
            "baseline": {"column": "last_year"},
            "benchmark": {"table": "goals", "column": "best"},
            "curve": "line",
        },
    }
    measure = {"attainment": None, "target": None, "curve": None, "paths": ways, "cap": {"table": "caps"}}
    tables = {name: {"path": f"{name}.csv", "keys": ["grade"]} for name in ("goals", "caps")}
    told = list(parameters_of(planned(measure, tables=tables)))
    assert (FromTable(table="goals"), "sales") in told
    assert (FromTable(table="goals", column="best"), "sales") in told
    assert (FromColumn(column="last_year"), "sales") in told
    assert (FromTable(table="caps"), None) in told


# --- parts of the period ----------------------------------------------------------------------------------------------


def _facts(rows: list[tuple[str, dt.date]]) -> Accepted:
    people = pl.DataFrame([{"payee": name} for name in ("p", "q")], schema=COLUMNS)
    facts = pl.DataFrame(rows, schema={"payee": pl.String, "day": pl.Date}, orient="row")
    tables = {name: Table(name, frame, {}, True, "", ()) for name, frame in (("workforce", people), ("calls", facts))}
    return Accepted(tables, pl.DataFrame(schema=HELD_SCHEMA))


def test_a_fact_counts_in_the_part_in_which_it_is_dated() -> None:
    rules = rules_with(
        kpis={"sales": kpi(compute={"kind": "count", "from": "calls"})},
        sources={"calls": {"path": "calls.csv", "date": "day", "payee": "payee"}},
    )
    days = [("p", (7, 1)), ("p", (7, 31)), ("q", (8, 1)), ("p", (6, 30)), ("q", (10, 1)), ("q", (4, 1))]
    facts = _facts([(name, dt.date(2026, *day)) for name, day in days])
    keys = [ResultKey("sales", "payee", when) for when in ("", PREVIOUS, "2026-07", "2026-08", "2026-09")]
    measured = measure_kpis(rules, {}, facts, keys, PERIOD)
    assert {key.when: result.frame["value"].to_list() for key, result in measured.results.items()} == {
        "": [20000, 10000],
        PREVIOUS: [10000, 10000],
        "2026-07": [20000, 0],
        "2026-08": [0, 10000],
        "2026-09": [None, None],  # nothing was delivered about September
    }


def test_a_result_is_rounded_twice_where_its_kpi_says_so() -> None:
    rounding = {"places": 2, "then": {"places": 1}}
    rules = rules_with(
        kpis={
            "sales": kpi(compute={"kind": "mean", "from": "calls", "value": "minutes"}, rounding=rounding),
        },
        sources={"calls": {"path": "calls.csv", "date": "day", "payee": "payee"}},
    )
    facts = _facts([("p", dt.date(2026, 7, 1))] * 2)
    minutes = Table("calls", facts.tables["calls"].frame.with_columns(minutes=pl.Series([144, 145])),
                    {"minutes": Scale(2, 144, 145)}, True, "", ())  # fmt: skip
    delivered = Accepted({**facts.tables, "calls": minutes}, facts.held)
    key = ResultKey("sales", "payee")
    result = measure_kpis(rules, {}, delivered, [key], PERIOD).results[key]
    assert (result.frame["value"].to_list(), result.scale.places) == ([15, None], 1)  # 1.445, 1.45, 1.5; once: 1.4


@pytest.mark.parametrize("kind", ["payee", "team"])
def test_a_given_result_of_a_part_is_the_row_of_that_period(kind: str) -> None:
    people = accepted([dict.fromkeys(COLUMNS) | {"payee": name, "team": name} for name in ("p", "q")], [])
    rows = [("p", "2026-07", 1), ("q", "2026-Q3", 2), ("q", "2026-09", 3), ("p", "2026-10", 4), ("s", "2026-08", 5),
            ("p", "Q3", 6)]  # fmt: skip
    frame = pl.DataFrame(
        [(kind, name, "sales", period, value, None) for name, period, value in rows],
        schema={"subject_kind": pl.String, "subject": pl.String, "kpi": pl.String, "period": pl.String,
                "value": pl.Int64, "n": pl.Int64},
        orient="row",
    )  # fmt: skip
    results = Table("kpis", frame, {"value": Scale(0, 0, 9)}, True, "", ())
    keys = [ResultKey("sales", kind, when) for when in ("2026-07", "2026-08", "2026-09")]  # type: ignore[arg-type]
    delivered = Accepted({**people.tables, "kpis": results}, people.held)
    measured = measure_kpis(rules_with(), {}, delivered, keys, PERIOD)
    assert {key.when: result.frame["value"].to_list() for key, result in measured.results.items()} == {
        "2026-07": [10000, None],
        "2026-08": [None, None],
        "2026-09": [None, 30000],
    }
    assert sorted(measured.held["code"]) == sorted(["unknown-period", f"unknown-{kind}"])


# --- all the way ------------------------------------------------------------------------------------------------------

WHOLE = """
rule_set: ranked
version: "1"
title: {en: Ranked}
decided: {by: The board, on: 2025-12-01}
currency: EUR
timezone: Europe/Paris
kpis:
  sales: {title: {en: Sales}, perspective: internal, compute: {kind: given}, better: higher, rounding: {places: 0}}
  waiting: {title: {en: Waiting}, perspective: customer, compute: {kind: given}, better: lower, rounding: {places: 0}}
  quality: {title: {en: Quality}, perspective: customer, compute: {kind: given}, better: higher, rounding: {places: 0}}
populations:
  sellers: {who: 'role = "seller"', by: [region]}
curves:
  prizes: {kind: stepped, below: flat, tiers: [{from: 1, rate: 100%}, {from: 2, rate: 60%}, {from: 3, rate: 0%}]}
  line: {kind: linear, points: [[0, 0], [1, 1]], below: zero}
  volume:
    kind: matrix
    across: sales
    below: zero
    rows: [{from: 0, rates: [0%, 10%]}, {from: 1, rates: [50%, 100%]}]
    columns: [0, 100]
plans:
  bonus:
    title: {en: Bonus}
    pays: bonus
    who: 'role = "seller" OR role = "trainee"'
    target_pay: 1000
    scorecard:
      waiting: {of: team, weight: 50%, attainment: competition_rank, among: sellers, curve: prizes}
      quality: {of: payee, weight: 50%, target: 10, attainment: ratio, curve: line, average_of: months,
                on_missing: zero}
"""
WORKFORCE = """payee,role,team,region
p1,seller,a,north
p2,seller,a,north
p3,seller,b,north
p4,trainee,b,north
p5,seller,c,south
p6,trainee,d,north
p7,seller,,north
"""
RESULTS = """subject_kind,subject,kpi,period,value,n
team,a,waiting,2026-Q3,30,
team,b,waiting,2026-Q3,20,
team,c,waiting,2026-Q3,90,
team,d,waiting,2026-Q3,10,
payee,p1,quality,2026-07,5,
payee,p1,quality,2026-09,10,
payee,p2,quality,2026-Q3,10,
payee,p3,quality,2026-08,4,
"""


def _loaded(tmp_path: Path, text: str = WHOLE) -> Rules:
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return incentive_engine.load(path)


def test_a_run_pays_on_ranks_and_on_means_of_months(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name, text in (("workforce", WORKFORCE), ("kpis", RESULTS)):
        (data / f"{name}.csv").write_text(text, encoding="utf-8")
    run = incentive_engine.run(_loaded(tmp_path), data, "2026-Q3", tmp_path / "out")
    paid = {payee: (score, payout) for payee, score, payout in run.payouts.select("payee", "score", "payout").rows()}
    assert {payee: (float(score), float(payout)) for payee, (score, payout) in paid.items()} == {
        "p1": (0.675, 675.0),  # second of two; (50 % + 100 %) / 2
        "p2": (0.3, 300.0),  # second; no month has a result
        "p3": (0.7, 700.0),  # first; one month only
        "p4": (0.5, 500.0),  # not a seller, but of a team that is ranked
        "p5": (0.5, 500.0),  # alone in the south
    }
    held = {(payee, code) for payee, code in run.held.select("payee", "code").rows()}
    assert held == {("p6", "not-in-population"), ("p7", "missing-result")}
    rows = run.tables["kpis"].filter(pl.col("subject") == "p1").collect().select("period", "value").rows()
    assert [(period, int(value)) for period, value in rows] == [("2026-07", 5), ("2026-09", 10)]


EXAMPLE = """
examples:
  - title: second of three, and two months
    plan: bonus
    period: 2026-Q3
    payee: {role: seller, region: north}
    results: {waiting: 30, quality.2026-07: 5, quality.2026-09: 10}
    parameters: {waiting@team#sellers.better: 1}
    expect: {scores: {waiting: 60%, quality: 75%}, payout: 675}
"""


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        ("better: 1", "better: 1", None),
        ("better: 1", "size: 9", "the score of `waiting` is 100%, not 60%"),
        ("sellers.better: 1", "sellers.better: 1, waiting@team#sellers.size: 1", "less than those who are better"),
        ("better: 1", "better: 1.5", "keeps 0 decimals"),
        ("    parameters: {waiting@team#sellers.better: 1}\n", "", "held: not-in-population"),
        ("quality.2026-09: 10", "quality.2026-08: 2", "the score of `quality` is 35%, not 75%"),
    ],
)
def test_examples_say_where_a_result_stands_and_what_each_month_gave(
    tmp_path: Path, written: str, instead: str, told: str | None
) -> None:
    assert written in EXAMPLE
    problems = check(_loaded(tmp_path, WHOLE + EXAMPLE.replace(written, instead)))
    if told is None:
        assert problems == []
    else:
        assert told in problems[0].message


def test_a_second_input_of_a_curve_is_of_the_same_month(tmp_path: Path) -> None:
    text = WHOLE.replace("curve: line, average_of", "curve: volume, average_of")
    results = "quality.2026-07: 12, sales.2026-07: 200, quality.2026-08: 12, sales.2026-08: 10"
    example = EXAMPLE.replace("quality.2026-07: 5, quality.2026-09: 10", results).replace("payout: 675", "score: 67.5%")
    assert check(_loaded(tmp_path, text + example)) == []


POOLED = """
pools:
  pot:
    title: {en: Pot}
    fund: {sum: 10 * sales, of: company}
    SHARING
"""
SOLVED = "solve: {factor: c, at_least: 0, at_most: 9, places: 2}"
SHARED = "parts: {all: {title: {en: All}, share: 100%, in_proportion_to: score}}"


@pytest.mark.parametrize(
    ("sharing", "pays", "expect", "told"),
    [
        (SOLVED, "payout: 1000 * score * c, pool: pot", "payout: 1500", None),
        (SOLVED, "payout: 1000 * score * c, pool: pot", "score: 60%", None),
        (SOLVED, "payout: 1000 * score * c, pool: pot", "payout: 900", "the payout is 1500, not 900"),
        (SHARED, "pool: pot", "score: 60%", None),
        (SHARED, "pool: pot", "payout: 900", "is paid from a pool: what the others get decides the payout"),
        (SHARED, "pool: pot", "held: missing-fund", None),
    ],
)
def test_examples_of_a_pool_are_told_its_factor(
    tmp_path: Path, sharing: str, pays: str, expect: str, told: str | None
) -> None:
    factor = ", pool.factor: 2.5" if sharing == SOLVED else ""
    example = EXAMPLE.replace("better: 1", f"better: 1{factor}").replace("payout: 675", expect)
    example = example.replace("scores: {waiting: 60%, quality: 75%}, ", "").replace(
        "quality.2026-09: 10", "quality.2026-09: 7"
    )
    text = WHOLE.replace("target_pay: 1000", pays.replace(", ", "\n    ")) + POOLED.replace("SHARING", sharing)
    problems = check(_loaded(tmp_path, text + example))
    assert [problem.message for problem in problems] == [] if told is None else told in problems[0].message


def test_standings_of_numbers_that_leave_no_room_in_one_integer() -> None:
    """By several columns of any type, and results at both ends of what carries them."""
    source = random.Random(4)
    columns: dict[str, tuple[pl.DataType, list[Any]]] = {
        "text": (pl.String(), ["a", "b", "c"]),
        "truth": (pl.Boolean(), [True, False]),
        "day": (pl.Date(), [dt.date(2026, 1, day) for day in (1, 2, 3)]),
        "far": (pl.Int64(), [-(2**62), 5, 2**62]),
    }
    for trial in range(100):
        by = tuple(source.sample(list(columns), source.randint(0, 4)))
        values, rows = source.choice([[1, 2, 3], [-(2**63), 0, 2**63 - 1], [0, 2**31 - 2]]), source.randint(0, 12)
        cells = {
            name: pl.Series([source.choice(columns[name][1]) for _ in range(rows)], dtype=columns[name][0])
            for name in by
        }
        ranked = [source.choice(values) for _ in range(rows)]
        frame = pl.DataFrame({**cells, _RANKED: pl.Series(ranked, dtype=source.choice([pl.Int64, pl.Int128]))})
        found = _counts(frame, by, highest_first=trial % 2 == 0).to_dicts()
        for row, counts in zip(frame.rows(), found, strict=True):
            same = [each[-1] for each in frame.rows() if each[:-1] == row[:-1]]
            better = [each for each in same if (each > row[-1] if trial % 2 == 0 else each < row[-1])]
            standing = {"better": len(better), "distinct": len(set(better)), "size": len(same)}
            assert counts == {"equal": same.count(row[-1]), **standing}
