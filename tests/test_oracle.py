"""The engine agrees with the oracle: on every cent, every step and every reason, for rule sets that hypothesis draws.

The oracle itself stands on examples that were worked out by hand, below. Nothing is compared within a tolerance.
"""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, event, given, reject, seed, settings

from incentive_engine import InputProblems, load, run
from incentive_engine.engine.run import Run
from tests.drawn import as_yaml, cases, decimal_text
from tests.oracle import (
    MINOR_DIGITS,
    Both,
    Call,
    Case,
    Constant,
    Named,
    Node,
    Outcome,
    Results,
    divide,
    outcomes,
    part,
    previous,
    rounded,
    shared_out,
    span,
)

F = Fraction
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
DRAWN = settings(deadline=None, database=None, suppress_health_check=SLOW)


# --- drawn rule sets --------------------------------------------------------------------------------------------------


@given(cases())
@settings(DRAWN, max_examples=200, derandomize=True)
def test_engine_and_oracle_agree(case: Case) -> None:
    agree(case)


@pytest.mark.long
@pytest.mark.parametrize("number", range(10))
def test_engine_and_oracle_agree_on_3000_rule_sets(number: int) -> None:
    @seed(number)
    @given(cases())
    @settings(DRAWN, max_examples=300, derandomize=False)
    def drawn(case: Case) -> None:
        agree(case)

    drawn()


@given(cases())
@settings(DRAWN, max_examples=60, derandomize=True)
def test_the_oracle_keeps_its_own_promises(case: Case) -> None:
    """Parts are whole coins, close to their exact share, and sum to the payout; what is held is not paid."""
    for outcome in outcomes(case).values():
        assert (outcome.payout is None) or outcome.paid
        if outcome.payout is None or outcome.root is None:
            continue
        total = sum((measure.pay or F(0) for measure in outcome.root.measures()), F(0))
        assert total + (outcome.other_pay or F(0)) == outcome.payout
        assert outcome.customer_pay is not None
        assert outcome.internal_pay is not None
        assert outcome.customer_pay + outcome.internal_pay == total
        shares = shared_out(outcome.payout, parts := [part(item) for item in outcome.root.items], 2)
        for share, each in zip(shares, parts, strict=True):
            assert sum(parts) == 0 or abs(share - outcome.payout * each / sum(parts)) <= F(1, 100)


def agree(case: Case) -> None:
    """Runs the engine on the case; fails, with the rule set, the data and both results, where anything differs."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = calculated(case, Path(folder))
            differences = list(compared(case, found))
        except InputProblems as refused:
            # What cannot be proved to fit is refused and not paid: unrounded numbers through several negative groups.
            if {problem.code for problem in refused.problems if problem.level == "error"} != {"cannot-prove"}:
                refused.add_note(told(case))
                raise
            event("refused: cannot be proved to fit")
            reject()
        except Exception as error:
            error.add_note(told(case))
            raise
    if differences:
        pytest.fail("\n".join([*differences, told(case)]), pytrace=False)


def calculated(case: Case, folder: Path) -> Run:
    (folder / "rules.yaml").write_text(as_yaml(case.rules), encoding="utf-8")
    data = folder / "data"
    data.mkdir()
    for name, path in paths(case).items():
        write_table(data / path, case.columns[name], case.tables[name])
    return run(load(folder / "rules.yaml"), data, case.period)


def paths(case: Case) -> dict[str, str]:
    """Where each table is."""
    rules = case.rules
    named = {"workforce": rules["workforce"], **rules.get("sources", {}), **rules.get("tables", {})}
    named |= {"kpis": rules["results"]} if "results" in rules else {}
    return {name: rule["path"] for name, rule in named.items()}


def write_table(path: Path, columns: Mapping[str, str], rows: list[dict[str, Any]]) -> None:
    """The rows as CSV or Parquet; numbers exactly, as text or as decimals."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows([cell_text(row[column]) for column in columns] for row in rows)
        return
    series = [parquet_column(column, kind, [row[column] for row in rows]) for column, kind in columns.items()]
    pl.DataFrame(series).write_parquet(path)


def cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return decimal_text(value) if isinstance(value, Fraction) else str(value)


def parquet_column(name: str, kind: str, values: list[Any]) -> pl.Series:
    if kind != "number":
        types: dict[str, Any] = {"text": pl.String, "boolean": pl.Boolean, "date": pl.Date}
        return pl.Series(name, values, dtype=types[kind])
    decimals = [None if value is None else Decimal(decimal_text(value)) for value in values]
    places = max((-int(value.as_tuple().exponent) for value in decimals if value is not None), default=0)
    if places == 0:
        return pl.Series(name, [None if value is None else int(value) for value in decimals], dtype=pl.Int64)
    return pl.Series(name, decimals, dtype=pl.Decimal(38, places))


# --- comparing --------------------------------------------------------------------------------------------------------


def same(found: Any, expected: Any) -> bool:
    """Equal, exactly. A number that does not end (`rounding: none`) is shown rounded, at six places or more."""
    if not isinstance(found, Decimal) or not isinstance(expected, Fraction):
        return bool(found == expected)
    if Fraction(found) == expected:
        return True
    places = -int(found.as_tuple().exponent)
    ends = (expected * 10**12).denominator == 1
    return not ends and places >= 6 and Fraction(found) == rounded(expected, places)


def compared(case: Case, found: Run) -> Iterator[str]:
    """What differs, in words."""
    expected = outcomes(case)
    yield from payouts_differ(case, found, expected)
    yield from contributions_differ(case, found, expected)
    yield from reasons_differ(case, found, expected)
    yield from results_differ(case, found, expected)
    yield from eligibility_differs(found, expected)


def rows_differ(table: str, key: Any, row: Mapping[str, Any], expected: Mapping[str, Any]) -> Iterator[str]:
    for column, value in expected.items():
        if not same(row[column], value):
            yield f"{table} of {key}: {column} is {row[column]}, the oracle says {value}"


def payouts_differ(case: Case, found: Run, expected: Mapping[tuple[str, str], Outcome]) -> Iterator[str]:
    rows = {(row["payee"], row["plan"]): row for row in found.payouts.to_dicts()}
    paid = {key: outcome for key, outcome in expected.items() if outcome.paid}
    if rows.keys() != paid.keys() or len(rows) != found.payouts.height:
        yield f"paid are {sorted(rows)}, the oracle says {sorted(paid)}"
    departments = {row["payee"]: row["department"] for row in case.tables["workforce"]}
    for key in rows.keys() & paid.keys():
        outcome, plan = paid[key], case.rules["plans"][key[1]]
        assert outcome.root is not None
        yield from rows_differ("payout", key, rows[key], {
            "pays": plan["pays"],
            "period": case.period,
            "department": departments[key[0]],
            "currency": case.rules["currency"],
            "target_pay": outcome.target_pay,
            "score": outcome.root.score,
            "payout": outcome.payout,
            "customer_pay": outcome.customer_pay,
            "internal_pay": outcome.internal_pay,
            "other_pay": outcome.other_pay,
        })  # fmt: skip
        if "proration" in plan or rows[key]["proration"] is not None:
            yield from rows_differ("payout", key, rows[key], {"proration": outcome.proration})


def contributions_differ(case: Case, found: Run, expected: Mapping[tuple[str, str], Outcome]) -> Iterator[str]:
    rows = {(row["payee"], row["plan"], row["measure"]): row for row in found.contributions.to_dicts()}
    wanted: dict[tuple[str, str, str | None], dict[str, Any]] = {}
    for (payee, plan), outcome in expected.items():
        if outcome.paid and outcome.root is not None:
            for measure in outcome.root.measures():
                wanted[payee, plan, measure.path] = contribution(case, measure)
            if outcome.other_pay:
                wanted[payee, plan, None] = {"kpi": None, "perspective": None, "pay": outcome.other_pay}
    if rows.keys() != wanted.keys() or len(rows) != found.contributions.height:
        yield f"contributions are {sorted(rows, key=str)}, the oracle says {sorted(wanted, key=str)}"
    for key in rows.keys() & wanted.keys():
        yield from rows_differ("contribution", key, rows[key], wanted[key])
    for row in found.payouts.to_dicts():
        pay = [each["pay"] for (payee, plan, _), each in rows.items() if (payee, plan) == (row["payee"], row["plan"])]
        if row["payout"] is not None and sum(pay) != row["payout"]:
            yield f"contributions of {row['payee']} sum to {sum(pay)}, the payout is {row['payout']}"


def contribution(case: Case, measure: Node) -> dict[str, Any]:
    return {
        "kpi": measure.kpi,
        "perspective": case.rules["kpis"][measure.kpi]["perspective"],
        "weight": measure.weight,
        "subject_kind": measure.subject_kind,
        "subject": measure.subject,
        "actual": measure.used.value,
        "n": measure.used.n,
        "target": measure.target,
        "attainment": measure.attainment,
        "rate": measure.rate,
        "score": measure.score,
        "pay": measure.pay,
    }


def reasons_differ(case: Case, found: Run, expected: Mapping[tuple[str, str], Outcome]) -> Iterator[str]:
    held = found.held.to_dicts()
    codes = {(row["payee"], row["code"]) for row in held if row["table"] == "workforce"}
    wanted = {(payee, code) for (payee, _), outcome in expected.items() for code in outcome.codes}
    if codes != wanted:
        yield f"held are {sorted(codes)}, the oracle says {sorted(wanted)}"
    results = Results(case)
    for source in (name for name, kinds in results.read.items() if kinds):
        payee = case.rules["sources"][source].get("payee", "")
        strange = Counter(
            (fact.get(payee), f"unknown-{kind}")
            for fact in case.tables[source]
            for kind in results.unknown(source, fact)
        )
        told = Counter((row["payee"], row["code"]) for row in held if row["table"] == source)
        if told != strange:
            yield f"held of {source} are {told}, the oracle says {strange}"
    for row in held:
        if row["table"] == "kpis":
            kind, subject = (part.partition("=")[2] for part in row["key"].split(", ")[:2])
            if row["code"] != f"unknown-{kind}" or results.is_known(kind, subject):
                yield f"a good row is held: {row}"


def measures(expected: Mapping[tuple[str, str], Outcome]) -> Iterator[Node]:
    for outcome in expected.values():
        if outcome.root is not None:
            yield from outcome.root.measures()


def results_differ(case: Case, found: Run, expected: Mapping[tuple[str, str], Outcome]) -> Iterator[str]:
    rows = {(row["kpi"], row["subject_kind"], row["subject"], row["period"]): row for row in found.kpis.to_dicts()}
    results = Results(case)
    if len(rows) != found.kpis.height:
        yield "a KPI result is there twice"
    for key, row in rows.items():
        result = results.of(*key)
        yield from rows_differ("kpi", key, row, {
            "value": result.value,
            "n": result.n,
            "numerator": result.numerator,
            "denominator": None if result.denominator is None else result.denominator,
        })  # fmt: skip
    for node in measures(expected):
        kind = node.rule["of"]
        subject = "company" if kind == "company" else node.subject if node.subject_kind == kind else None
        if node.own.value is not None and subject is not None:
            key = (node.kpi, kind, subject, case.period)
            if key not in rows:
                yield f"the result of {key} is missing, the oracle says {node.own.value}"
        if node.how == "previous" and node.used.value is not None:
            key = (node.kpi, kind, str(node.subject), previous(case.period))
            if key not in rows:
                yield f"the result of {key} is missing, the oracle says {node.used.value}"


def eligibility_differs(found: Run, expected: Mapping[tuple[str, str], Outcome]) -> Iterator[str]:
    """Tests that were told are right; those that decide are told. A plan that others win is not."""
    told = {(row["payee"], row["plan"], row["test"]): row["result"] for row in found.eligibility.to_dicts()}
    for (payee, plan, test), result in told.items():
        if expected[payee, plan].tests.get(test, "not tested") != result:
            yield f"{test} of {payee} for {plan} is {result}, the oracle says {expected[payee, plan].tests.get(test)}"
    for (payee, plan), outcome in expected.items():
        selects_none = all(other.tests["who"] is False for (each, _), other in expected.items() if each == payee)
        for test, result in outcome.tests.items():
            if (result is not False or test != "who" or selects_none) and (payee, plan, test) not in told:
                yield f"{test} of {payee} for {plan} is not told, the oracle says {result}"
            if result is False:
                break


def told(case: Case) -> str:
    """The case and the oracle's results, to read beside the engine's."""
    lines = [as_yaml(case.rules), f"period: {case.period}"]
    for name, rows in case.tables.items():
        lines.append(f"\n{name}: " + " | ".join(case.columns[name]))
        lines += ["  " + " | ".join(cell_text(row[column]) for column in case.columns[name]) for row in rows]
    lines.append("\nthe oracle:")
    for (payee, plan), outcome in outcomes(case).items():
        lines.append(f"  {payee} {plan}: " + ("paid" if outcome.paid else ", ".join(sorted(outcome.codes)) or "out"))
        lines.append(f"    {outcome.tests} target pay {outcome.target_pay}, proration {outcome.proration}")
        lines.append(f"    {outcome.customer_pay} + {outcome.internal_pay} + {outcome.other_pay} = {outcome.payout}")
        if outcome.root is not None:
            lines += [f"    {line}" for line in tree(outcome.root)]
    return "\n".join(lines)


def tree(node: Node) -> Iterator[str]:
    steps = f"before floor {node.before_floor}, floor {node.floor}, score {node.score}"
    if not node.items:
        steps = (
            f"{node.how}: {node.used.value} (n {node.used.n}; own {node.own.value}, n {node.own.n}) "
            f"target {node.target} attainment {node.attainment} rate {node.rate}; {steps}, pay {node.pay}"
        )
    yield f"{node.path or 'plan'}: weight {node.weight}, {'left out, ' if node.left_out else ''}{steps}"
    for item in node.items:
        yield from (f"  {line}" for line in tree(item))


# --- worked out by hand -----------------------------------------------------------------------------------------------

LINE = {"kind": "linear", "below": "zero", "points": [[F("0.8"), F("0.5")], [F(1), F(1)], [F("1.2"), F("1.5")]]}
POINTS = {"kind": "linear", "below": "flat", "points": [[F(-10), F("0.5")], [F(0), F(1)], [F(10), F("1.5")]]}
STEPS = {"kind": "stepped", "below": "zero", "tiers": [{"from": F(1), "rate": F(1)}, {"from": F(2), "rate": F(2)}]}
EVERYONE = Constant("TRUE", True)


def amount(written: str) -> Constant:
    return Constant(written, F(written))


def kpi(perspective: str, compute: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    compute = compute or {"kind": "given"}
    return {"title": {"en": "KPI"}, "perspective": perspective, "compute": compute, "better": "higher", **more}


def plan(scorecard: dict[str, Any], **more: Any) -> dict[str, Any]:
    pay = {"title": {"en": "Plan"}, "pays": "bonus", "who": EVERYONE, "target_pay": amount("1000")}
    return {**pay, "scorecard": scorecard, **more}


def measure(weight: str | None, **more: Any) -> dict[str, Any]:
    weighted = {} if weight is None else {"weight": F(weight)}
    return {"of": "payee", "attainment": "ratio", "target": F(1), "curve": "line", **weighted, **more}


def payee(name: str, **more: Any) -> dict[str, Any]:
    row = {"payee": name, "team": None, "department": None, "hired": dt.date(2020, 1, 1), "left": None}
    return {**row, **more}


def example(
    kpis: dict[str, Any],
    plans: dict[str, Any],
    results: dict[tuple[str, str], str | tuple[str, int]],
    staff: list[dict[str, Any]] | None = None,
    facts: list[dict[str, Any]] | None = None,
    **rules: Any,
) -> Case:
    """A case for 2026-Q3 (92 days); results by payee and KPI, with or without n."""
    whole: dict[str, Any] = {
        "rule_set": "by-hand",
        "version": "1",
        "title": {"en": "By hand"},
        "decided": {"by": "the test", "on": dt.date(2026, 1, 1)},
        "currency": "EUR",
        "timezone": "Europe/Paris",
        "workforce": {"path": "workforce.csv"},
        "results": {"path": "kpis.csv"},
        "kpis": kpis,
        "curves": {"line": LINE, "points": POINTS, "steps": STEPS},
        "plans": plans,
        **rules,
    }
    staff = staff or [payee("A")]
    rows = []
    for (subject, name), result in results.items():
        value, n = result if isinstance(result, tuple) else (result, None)
        key = {"subject_kind": "team" if subject == "T" else "payee", "subject": subject, "kpi": name}
        rows.append({**key, "period": "2026-Q3", "value": F(value), "n": None if n is None else F(n)})
    tables = {"workforce": staff, "kpis": rows}
    columns = {
        "workforce": dict.fromkeys(staff[0], "text") | {"hired": "date", "left": "date"},
        "kpis": {
            **dict.fromkeys(("subject_kind", "subject", "kpi", "period"), "text"),
            "value": "number",
            "n": "number",
        },
    }
    if facts is not None:
        whole["sources"] = {"facts": {"path": "facts.csv", "payee": "adviser", "date": "day"}}
        tables["facts"] = facts
        columns["facts"] = {"adviser": "text", "day": "date", "answer": "number", "solved": "boolean"}
    return Case(whole, tables, columns, "2026-Q3")


def weighted_sum() -> tuple[Case, dict[str, Any]]:
    """1.1 → 125 %, 0.9 → 75 %: 1000 × (60 % × 125 % + 40 % × 75 %) = 1050; by parts 0.75 : 0.30 of it."""
    scorecard = {"a": measure("0.6"), "b": measure("0.4")}
    case = example(
        {"a": kpi("customer"), "b": kpi("internal")}, {"p": plan(scorecard)}, {("A", "a"): "1.1", ("A", "b"): "0.9"}
    )
    return case, {
        "score": F("1.05"),
        "payout": F(1050),
        "customer": F(750),
        "internal": F(300),
        "a": F(750),
        "b": F(300),
    }


def thirds_of_a_cent() -> tuple[Case, dict[str, Any]]:
    """100.00 in three equal parts: 33.33, then 66.67 − 33.33 = 33.34, then 100.00 − 66.67 = 33.33."""
    scorecard = {"a": measure(None), "b": measure(None), "c": measure(None)}
    rule = plan(scorecard, combine="sum", target_pay=amount("100"), cap=F(1))
    kpis = {"a": kpi("customer"), "b": kpi("customer"), "c": kpi("internal")}
    case = example(kpis, {"p": rule}, {("A", "a"): "1", ("A", "b"): "1", ("A", "c"): "1"})
    return case, {
        "score": F(1),
        "payout": F(100),
        "a": F("33.33"),
        "b": F("33.34"),
        "c": F("33.33"),
        "customer": F("66.67"),
    }


def left_out() -> tuple[Case, dict[str, Any]]:
    """Without a result of b, inside g a alone counts, 1 → 100 %; c 1.2 → 150 %: 70 % × 100 % + 30 % × 150 % = 115 %."""
    group = {"weight": F("0.7"), "items": {"a": measure("0.5"), "b": measure("0.5", on_missing="reweight")}}
    kpis = {"a": kpi("customer"), "b": kpi("customer"), "c": kpi("internal")}
    case = example(kpis, {"p": plan({"g": group, "c": measure("0.3")})}, {("A", "a"): "1", ("A", "c"): "1.2"})
    return case, {"score": F("1.15"), "payout": F(1150), "g.a": F(700), "g.b": F(0), "c": F(450), "other": F(0)}


def lifted_by_a_floor() -> tuple[Case, dict[str, Any]]:
    """With a 0.8 → 50 % and b below the curve → 0: 30 %; the floor of 50 % pays 500, of which a earned 300."""
    scorecard = {"a": measure("0.6"), "b": measure("0.4")}
    kpis = {"a": kpi("customer"), "b": kpi("internal")}
    case = example(kpis, {"p": plan(scorecard, floor=F("0.5"))}, {("A", "a"): "0.8", ("A", "b"): "0.7"})
    return case, {"score": F("0.5"), "payout": F(500), "a": F(300), "b": F(0), "other": F(200)}


def in_the_order_of_the_steps() -> tuple[Case, dict[str, Any]]:
    """150 % × factor 1.1 = 165 %, half withheld 82.5 %, floor 85 %, cap 95 %; rounded up to tenths: 90 %.

    The floor lifted 82.5 to 85: of 900.00 the measure earned 900 × 82.5 / 85 = 873.529…
    """
    gate = {"when": Both(Named("a"), ">", Constant("1", F(1))), "withhold": F("0.5"), "because": {"en": "too many"}}
    factor = {"factor": Constant("1.1", F("1.1")), "because": {"en": "ten percent"}}
    steps = {"modifiers": [factor], "gates": [gate], "floor": F("0.85"), "cap": F("0.95")}
    rule = plan({"a": measure("1")}, **steps, rounding={"places": 1, "mode": "up"})
    case = example({"a": kpi("customer")}, {"p": rule}, {("A", "a"): "1.2"})
    return case, {"score": F("0.9"), "payout": F(900), "a": F("873.53"), "other": F("26.47")}


def part_of_the_period() -> tuple[Case, dict[str, Any]]:
    """Hired on 1 September: 30 of 92 days, 0.3260869565; 5001 × that = 1630.7608…, in yen 1631."""
    rule = plan({"a": measure("1")}, target_pay=amount("5001"), proration={"by": "calendar_days"})
    staff = [payee("A", hired=dt.date(2026, 9, 1))]
    case = example({"a": kpi("customer")}, {"p": rule}, {("A", "a"): "1"}, staff, currency="JPY")
    return case, {"proration": F("0.3260869565"), "payout": F(1631), "a": F(1631)}


def half_a_cent() -> tuple[Case, dict[str, Any]]:
    """1.05 exactly half-way: 112.5 %; 0.2 × 112.5 % = 0.225, a tie: to the even cent 0.22."""
    rounding = {"places": 2, "mode": "half_even"}
    rule = plan({"a": measure("1")}, target_pay=amount("0.2"), payout_rounding=rounding)
    case = example({"a": kpi("customer")}, {"p": rule}, {("A", "a"): "1.05"})
    return case, {"score": F("1.125"), "payout": F("0.22"), "a": F("0.22")}


def too_few_answers() -> tuple[Case, dict[str, Any]]:
    """A has one answer of the three that are needed, so the team counts: 9, 10, 8, 6 and 2 give (2 − 2) / 5 = 0 points.

    C's answer is out of the period, the answer without a score does not count. 0 − 5 = −5 points → 75 %.
    """
    days = [dt.date(2026, 7, 1), dt.date(2026, 9, 30), dt.date(2026, 8, 1), dt.date(2026, 8, 1), dt.date(2026, 8, 1)]
    answers = [("A", 9), ("B", 10), ("B", 8), ("B", 6), ("C", 2)]
    facts = [{"adviser": who, "day": day, "answer": F(answer), "solved": None}
             for (who, answer), day in zip(answers, days, strict=True)]  # fmt: skip
    facts.append({"adviser": "C", "day": dt.date(2026, 10, 1), "answer": F(10), "solved": None})
    facts.append({"adviser": "B", "day": dt.date(2026, 8, 2), "answer": None, "solved": None})
    compute = {"kind": "nps", "from": "facts", "answer": "answer"}
    rule = measure("1", attainment="difference", target=F(5), curve="points")
    kpis = {"a": kpi("customer", compute, reliability={"at_least": 3, "otherwise": "team"})}
    staff = [payee(name, team="T") for name in "ABC"]
    case = example(kpis, {"p": plan({"a": rule})}, {}, staff, facts)
    del case.rules["results"]
    return case, {"actual": F(0), "n": 5, "subject": "T", "score": F("0.75"), "payout": F(750)}


def none_solved() -> tuple[Case, dict[str, Any]]:
    """Two solved cases reach the second tier: 200 %. The share leaves the unknown one out: 2 / 3 = 0.6667."""
    solved = [True, True, False, None]
    facts = [{"adviser": "A", "day": dt.date(2026, 8, 1), "answer": None, "solved": each} for each in solved]
    kpis = {
        "a": kpi("customer", {"kind": "count", "from": "facts", "where": Named("solved")}),
        "b": kpi("internal", {"kind": "share", "from": "facts", "where": Named("solved")}),
    }
    level = {"of": "payee", "attainment": "level", "curve": "steps", "weight": F("0.5")}
    case = example(kpis, {"p": plan({"a": level, "b": measure("0.5", target=F("0.6667"))})}, {}, None, facts)
    del case.rules["results"]
    return case, {"score": F("1.5"), "payout": F(1500), "a": F(1000), "b": F(500)}


BY_HAND = [weighted_sum, thirds_of_a_cent, left_out, lifted_by_a_floor, in_the_order_of_the_steps, part_of_the_period,
           half_a_cent, too_few_answers, none_solved]  # fmt: skip


@pytest.mark.parametrize("worked", BY_HAND, ids=lambda worked: worked.__name__)
def test_the_oracle_is_right_by_hand(worked: Any) -> None:
    case, expected = worked()
    outcome = outcomes(case)["A", "p"]
    assert outcome.codes == set()
    assert outcome.root is not None
    first = next(outcome.root.measures())
    found: dict[str, Any] = {"score": outcome.root.score, "proration": outcome.proration, "payout": outcome.payout}
    found |= {"customer": outcome.customer_pay, "internal": outcome.internal_pay, "other": outcome.other_pay}
    found |= {"actual": first.used.value, "n": first.used.n, "subject": first.subject}
    found |= {measure.path: measure.pay for measure in outcome.root.measures()}
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("worked", BY_HAND, ids=lambda worked: worked.__name__)
def test_the_engine_is_right_by_hand(worked: Any) -> None:
    agree(worked()[0])


HELD = {
    "no result": ({}, {}, {"missing-result"}),
    "no row for the target": ({"target": {"table": "targets"}}, {("A", "a"): "1"}, {"missing-target"}),
    "a gate that cannot be worked out": (
        {"gates": [{"when": Both(Named("b"), ">", Constant("1", F(1))), "withhold": "all", "because": {"en": "b"}}]},
        {("A", "a"): "1"},
        {"missing-gate"},
    ),
    "too few answers, and nothing else": ({}, {("A", "a"): ("1", 29)}, {"missing-result"}),
    "nobody counted the answers": ({}, {("A", "a"): "1"}, {"missing-result"}),
    "no item left": ({"on_missing": "reweight"}, {}, {"empty-group"}),
}


@pytest.mark.parametrize("why", HELD)
def test_what_is_missing_is_held_by_hand(why: str) -> None:
    more, results, codes = HELD[why]
    reliability = {"reliability": {"at_least": 30}} if "answers" in why else {}
    kpis = {"a": kpi("customer", **reliability), "b": kpi("internal")}
    tables = {"targets": {"path": "targets.csv", "keys": ["payee", "kpi"]}}
    case = example(kpis, {"p": plan({"a": measure("1", **more)})}, results, tables=tables)  # type: ignore[arg-type]
    case.tables["targets"] = [{"payee": "B", "kpi": "a", "value": F(1)}]
    case.columns["targets"] = {"payee": "text", "kpi": "text", "value": "number"}
    outcome = outcomes(case)["A", "p"]
    assert (outcome.codes, outcome.payout) == (codes, None)


def test_two_plans_that_pay_the_same_hold_the_payee_by_hand() -> None:
    plans = {
        "p": plan({"a": measure("1")}),
        "q": plan({"a": measure("1")}),
        "r": plan({"a": measure("1")}, pays="spot"),
    }
    found = outcomes(example({"a": kpi("customer")}, plans, {("A", "a"): "1"}))
    assert {name: (each.codes, each.payout) for (_, name), each in found.items()} == {
        "p": ({"two-plans"}, None),
        "q": ({"two-plans"}, None),
        "r": (set(), F(1000)),
    }


def test_formulas_by_hand() -> None:
    scope = {"a": F(5), "b": None, "c": F(0)}
    a, b, c, one = Named("a"), Named("b"), Named("c"), Constant("1", F(1))
    yes, unknown = Both(a, ">", one), Both(b, ">", one)
    assert [Both(yes, "OR", unknown).value(scope), Both(yes, "AND", unknown).value(scope)] == [True, None]
    assert [Both(a, "/", c).value(scope), Call("IF", (unknown, a, c)).value(scope)] == [None, None]
    assert [Call("MIN", (a, b)).value(scope), Call("ISMISSING", (b,)).value(scope)] == [None, True]
    assert Both(Both(a, "-", Both(one, "-", one)), "*", one).text == "(a - (1 - 1)) * 1"
    assert Call("ROUND", (Constant("2.5", F("2.5")), c)).value(scope) == 3
    assert [rounded(F("-2.5"), 0, mode) for mode in ("half_up", "down", "half_even")] == [-3, -2, -2]
    assert span("2026-Q3") == (dt.date(2026, 7, 1), dt.date(2026, 9, 30))
    assert span("2026", year_starts=4) == (dt.date(2026, 4, 1), dt.date(2027, 3, 31))
    assert (previous("2026-Q1"), previous("2026-01"), previous("2026-H2")) == ("2025-Q4", "2025-12", "2026-H1")


def test_money_goes_down_the_tree_by_hand() -> None:
    """10 to a group of 1 : 2 and to an item, 3 : 7 — 3.00 and 7.00; in the group 1.00 and 2.00."""
    inner = [Node("g.a", {}, F(1), score=F(1)), Node("g.b", {}, F(2), score=F(1))]
    root = Node("", {}, items=[Node("g", {}, F("0.3"), inner, score=F(1)), Node("c", {}, F("0.7"), score=F(1))])
    divide(root, F(10), MINOR_DIGITS["EUR"])
    assert {each.path: each.pay for each in root.measures()} == {"g.a": F(1), "g.b": F(2), "c": F(7)}
