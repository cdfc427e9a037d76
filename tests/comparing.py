"""A case calculated by the engine and by the oracle, and what differs, in words."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import event, reject

from incentive_engine import InputProblems, load, run
from incentive_engine.engine.run import Run
from tests.drawn import as_yaml, decimal_text
from tests.oracle import Case, Node, Outcome, Results, Settled, rounded, settled


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
    named |= {"assignments": rules["assignments"]} if "assignments" in rules else {}
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
    expected, pools = settled(case)
    yield from payouts_differ(case, found, expected)
    yield from contributions_differ(case, found, expected)
    yield from reasons_differ(case, found, expected)
    yield from results_differ(case, found, expected)
    yield from eligibility_differs(found, expected)
    yield from trace_differs(case, found, expected)
    yield from pools_differ(case, found, pools)


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
        "path": measure.way,
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
        payee = results.sources[source].get("payee", "")
        strange = Counter(
            (fact.get(payee), code) for fact in results.tables[source] for code in results.refused(source, fact)
        )
        strange += Counter((fact.get(payee), code) for fact, code in results.aside.get(source, ()))
        strange += Counter((fact.get(payee), "no-case") for fact in results.without_case(source))
        told = Counter((row["payee"], row["code"]) for row in held if row["table"] == source)
        if told != strange:
            yield f"held of {source} are {told}, the oracle says {strange}"
    of_assignments = Counter((row["payee"], row["code"]) for row in held if row["table"] == "assignments")
    if of_assignments != Counter(results.assignments.held):
        yield f"held assignments are {of_assignments}, the oracle says {results.assignments.held}"
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
            "invited": results.invited(*key),
        })  # fmt: skip
    for node in measures(expected):
        for key in node.read:
            if key not in rows:
                yield f"the result of {key} is missing, the oracle says {results.of(*key).value}"


def trace_differs(case: Case, found: Run, expected: Mapping[tuple[str, str], Outcome]) -> Iterator[str]:
    """Scores of all nodes that count, rates and attainments of all ways, keys of pools; those who are held as well."""
    rows = {(row["payee"], row["plan"]): row for frame in found.trace.values() for row in frame.to_dicts()}
    for key, outcome in expected.items():
        if outcome.root is None:
            continue
        if key not in rows:
            yield f"{key} has no trace"
            continue
        for column, value in traced(case.rules["plans"][key[1]], outcome).items():
            shown = rows[key].get(column, "nothing")
            untold = value is None and outcome.codes  # who is held may have a number that nobody will use
            if shown == "nothing" or not (untold or same(with_divisor(rows[key], column), value)):
                yield f"trace of {key}: {column} is {shown}, the oracle says {value}"


def traced(plan: Mapping[str, Any], outcome: Outcome) -> dict[str, Fraction | None]:
    """Columns of the trace, as the oracle works them out."""
    assert outcome.root is not None
    columns: dict[str, Fraction | None] = {}
    for node in outcome.root.nodes():
        if not node.left_out:
            columns[f"{node.path or 'plan'}.score"] = node.score
        columns |= {f"{node.path}.{column}": share for column, share in node.shares.items()}
        for way, taken in node.ways.items():
            columns |= {f"{node.path}.{way}.rate": taken.rate, f"{node.path}.{way}.attainment": taken.attainment}
    if "pool" in plan:
        columns |= {f"pool.{part}.key": key for part, key in outcome.keys.items()}
    return columns


def with_divisor(row: Mapping[str, Any], column: str) -> Any:
    """A number of the trace; one that may not end is a numerator, with its divisor beside."""
    above, divisor = row[column], f"{column}.per"
    if divisor not in row or above is None:
        return above
    return None if row[divisor] is None else Fraction(above) / Fraction(row[divisor])


def pools_differ(case: Case, found: Run, expected: list[Settled]) -> Iterator[str]:
    if "pools" not in case.rules:
        return
    rows = {(row["pool"], row["group"]): row for row in found.tables["pools"].collect().to_dicts()}
    wanted = {(pool.pool, pool.group): pool for pool in expected}
    if rows.keys() != wanted.keys():
        yield f"pools are {sorted(rows, key=str)}, the oracle says {sorted(wanted, key=str)}"
    for key in rows.keys() & wanted.keys():
        yield from rows_differ("pool", key, rows[key], vars(wanted[key]))


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
    expected, pools = settled(case)
    lines += [f"  {pool}" for pool in pools]
    for (payee, plan), outcome in expected.items():
        lines.append(f"  {payee} {plan}: " + ("paid" if outcome.paid else ", ".join(sorted(outcome.codes)) or "out"))
        lines.append(f"    {outcome.tests} target pay {outcome.target_pay}, proration {outcome.proration}")
        lines.append(f"    {outcome.customer_pay} + {outcome.internal_pay} + {outcome.other_pay} = {outcome.payout}")
        if outcome.root is not None:
            lines += [f"    {line}" for line in tree(outcome.root)]
    return "\n".join(lines)


def tree(node: Node) -> Iterator[str]:
    steps = f"exact {node.exact}, earned {node.earned}, score {node.score}"
    if not node.items:
        steps = (
            f"{node.how}: {node.used.value} (n {node.used.n}; own {node.own.value}, n {node.own.n}) "
            f"target {node.target} attainment {node.attainment} rate {node.rate}; {steps}, pay {node.pay}"
            + "".join(f"; {name}: {way.attainment} → {way.rate} {sorted(way.codes)}" for name, way in node.ways.items())
        )
    yield f"{node.path or 'plan'}: weight {node.weight}, {'left out, ' if node.left_out else ''}{steps}"
    for item in node.items:
        yield from (f"  {line}" for line in tree(item))
