"""A scenario is the rule set that it describes: drawn rules changed by path, and written anew, pay to the byte alike.

What is compared are the bytes of every table and of the trace; only `steps` says in which file and line a rule stands.
"""

from __future__ import annotations

import copy
import io
import tempfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, assume, event, given, reject, settings
from hypothesis import strategies as st

from incentive_engine import InputProblems, load, run
from incentive_engine.engine.run import Run
from incentive_engine.rulesets.scenario import ColumnChange, RuleChanges, Scenario
from incentive_engine.simulation.scenarios.paths import path_text
from incentive_engine.simulation.scenarios.simulating import baseline, simulated
from tests.case_files import write_case
from tests.drawn import as_yaml, cases, cases_adjusted, cases_over_time, decimal_text
from tests.oracle import Case

TITLE = {"en": "Otherwise"}
SALARY = "base_salary"
FACTORS = tuple(map(Fraction, ("0.5", "0.9", "1.1", "1.5", "2", "0")))
OPTIONAL = ("cap", "floor", "gates", "modifiers", "eligible", "proration", "on_missing", "reliability", "rounding")
EVERY_CASE = st.one_of(cases(), cases_over_time(), cases_adjusted())
DRAWN = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
FEW, MANY = settings(DRAWN, max_examples=3, derandomize=True), settings(DRAWN, max_examples=200)
Where = tuple[str | int, ...]


def scenario(change: Mapping[str, Any] = {}, remove: tuple[str, ...] = ()) -> Scenario:
    return Scenario(scenario="otherwise", title=TITLE, rules=RuleChanges(change=dict(change), remove=remove))


def in_bytes(done: Run) -> dict[str, bytes]:
    """Every table and trace as a file would hold it; `steps` without the place of the rule."""
    frames = {name: frame.collect() for name, frame in done.tables.items()}
    frames["steps"] = frames["steps"].drop("rule")
    frames |= {f"trace/{name}": frame.collect() for name, frame in done.traces.items()}
    return {name: parquet(frame) for name, frame in frames.items()}


def parquet(frame: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.rechunk().write_parquet(file)
    return file.getvalue()


def numbers(rule: Any, path: Where = ()) -> Iterator[Where]:
    """Where plain numbers stand."""
    inside = rule.items() if isinstance(rule, Mapping) else enumerate(rule) if isinstance(rule, list | tuple) else ()
    for key, value in inside:
        if isinstance(value, Fraction | int) and not isinstance(value, bool):
            yield (*path, key)
        yield from numbers(value, (*path, key))


def keys(rule: Any, path: Where = ()) -> Iterator[Where]:
    """Where something stands that need not."""
    if isinstance(rule, Mapping):
        for key, value in rule.items():
            if key in OPTIONAL:
                yield (*path, key)
            yield from keys(value, (*path, key))


def written(path: Where) -> str:
    """A path as people write it; days are keys too."""
    return path_text(tuple(part if isinstance(part, int) else str(part) for part in path))


def at(rule: Any, path: Where) -> Any:
    for part in path:
        rule = rule[part]
    return rule


def with_value(rules: Mapping[str, Any], path: Where, value: Fraction) -> dict[str, Any]:
    """The rules written anew: beside a weight that changes, the others share the rest as they share it."""
    changed: dict[str, Any] = as_lists(rules)
    at(changed, path[:-1])[path[-1]] = value
    if path[-1] != "weight":
        return changed
    items = at(changed, path[:-2])
    others = [each for name, each in items.items() if name != path[-2]]
    weights = [each.get("weight") for each in items.values()]
    if all(isinstance(each, Fraction | int) for each in weights) and sum(weights) != 1:
        weighed = sum(each["weight"] for each in others)
        if weighed and value <= 1:
            for each in others:
                each["weight"] = (1 - value) * each["weight"] / weighed
                assume(ends(each["weight"]))
    return changed


def as_lists(rule: Any) -> Any:
    if isinstance(rule, Mapping):
        return {key: as_lists(each) for key, each in rule.items()}
    return [as_lists(each) for each in rule] if isinstance(rule, list | tuple) else copy.copy(rule)


def ends(value: Fraction) -> bool:
    return (value * 10**30).denominator == 1


def without(rules: Mapping[str, Any], path: Where) -> dict[str, Any]:
    changed: dict[str, Any] = as_lists(rules)
    del at(changed, path[:-1])[path[-1]]
    return changed


def paid_anew(case: Case, rules: Mapping[str, Any], folder: Path) -> dict[str, bytes] | set[str]:
    """What the rules pay when they are written as a file, or what is wrong with them."""
    (folder / "anew.yaml").write_text(as_yaml(rules), encoding="utf-8")
    return paid_by_file(case, folder / "anew.yaml")


def paid_by_file(case: Case, file: Path) -> dict[str, bytes] | set[str]:
    try:
        return in_bytes(run(load(file), file.parent / "data", case.period, as_of=case.as_of))
    except InputProblems as problems:
        return {each.code for each in problems.problems}


def paid_by_scenario(case: Case, one: Scenario, folder: Path) -> dict[str, bytes] | set[str]:
    try:
        base = baseline(load(folder / "rules.yaml"), folder / "data", case.period, as_of=case.as_of)
    except InputProblems:  # numbers that do not fit: a run refuses them too
        reject()
    try:
        return in_bytes(simulated(base, one).run)
    except InputProblems as problems:
        return {each.code for each in problems.problems}


def same_as_written_anew(case: Case, one: Scenario, rules: Mapping[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_case(case, folder)
        found = paid_by_scenario(case, one, folder)
        event("refused" if isinstance(found, set) else "paid")
        assert found == paid_anew(case, rules, folder)


def nothing_changes(case: Case) -> None:
    with tempfile.TemporaryDirectory() as name:
        data = write_case(case, Path(name))
        rules = load(Path(name) / "rules.yaml")
        try:
            base = baseline(rules, data, case.period, as_of=case.as_of)
        except InputProblems:  # numbers that do not fit: a run refuses them too
            reject()
        without_any = in_bytes(run(rules, data, case.period, as_of=case.as_of))
        assert in_bytes(base.run) == without_any
        assert in_bytes(simulated(base, scenario()).run) == without_any
        plan, title = next(iter(rules.ruleset.plans)), {"en": "Called otherwise"}
        assert in_bytes(simulated(base, scenario({f"plans.{plan}.title": title})).run) == without_any


def one_number(data: st.DataObject, case: Case) -> None:
    chosen = data.draw(st.sampled_from(list(numbers_of(case.rules))))
    value = at(case.rules, chosen) * data.draw(st.sampled_from(FACTORS))
    assume(ends(Fraction(value)))
    event(str(chosen[-1]))
    change = {written(chosen): Decimal(decimal_text(Fraction(value)))}
    same_as_written_anew(case, scenario(change), with_value(case.rules, chosen, Fraction(value)))


def numbers_of(rules: Mapping[str, Any]) -> Iterator[Where]:
    for section in ("plans", "curves", "kpis", "pools"):
        yield from numbers(rules.get(section, {}), (section,))


def one_key_less(data: st.DataObject, case: Case) -> None:
    there = list(keys(case.rules["plans"], ("plans",)))
    assume(there)
    chosen = data.draw(st.sampled_from(there))
    same_as_written_anew(case, scenario(remove=(written(chosen),)), without(case.rules, chosen))


def salaries_doubled(case: Case) -> None:
    """By a scenario, and in the files: in the workforce, and in histories that say salaries."""
    twice = Scenario(scenario="twice", title=TITLE, people=(ColumnChange(column="base_salary", times=Decimal(2)),))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_case(case, folder)
        found = paid_by_scenario(case, twice, folder)
    if found == {"unknown-column"}:  # no rule reads it
        reject()
    event("dated" if any(SALARY in each for each in case.columns.values()) else "once")
    doubled = copy.deepcopy(case)
    for name, columns in case.columns.items():
        for row in doubled.tables[name] if SALARY in columns else ():
            row[SALARY] = None if row[SALARY] is None else 2 * row[SALARY]
    with tempfile.TemporaryDirectory() as name:
        write_case(doubled, Path(name))
        assert found == paid_by_file(case, Path(name) / "rules.yaml")


@FEW
@given(EVERY_CASE)
def test_a_scenario_equal_to_the_baseline_changes_nothing(case: Case) -> None:
    nothing_changes(case)


@FEW
@given(st.data(), EVERY_CASE)
def test_a_number_changed_by_path_is_the_same_rule_set_written_anew(data: st.DataObject, case: Case) -> None:
    one_number(data, case)


@FEW
@given(st.data(), EVERY_CASE)
def test_what_is_removed_by_path_is_the_same_rule_set_written_anew(data: st.DataObject, case: Case) -> None:
    one_key_less(data, case)


@FEW
@given(EVERY_CASE)
def test_salaries_that_double_are_those_of_files_in_which_they_have(case: Case) -> None:
    salaries_doubled(case)


@pytest.mark.long
@MANY
@given(EVERY_CASE)
def test_many_salaries_that_double(case: Case) -> None:
    salaries_doubled(case)


@pytest.mark.long
@MANY
@given(EVERY_CASE)
def test_many_scenarios_equal_to_the_baseline_change_nothing(case: Case) -> None:
    nothing_changes(case)


@pytest.mark.long
@MANY
@given(st.data(), EVERY_CASE)
def test_many_numbers_changed_by_path(data: st.DataObject, case: Case) -> None:
    one_number(data, case)


@pytest.mark.long
@MANY
@given(st.data(), EVERY_CASE)
def test_many_things_removed_by_path(data: st.DataObject, case: Case) -> None:
    one_key_less(data, case)
