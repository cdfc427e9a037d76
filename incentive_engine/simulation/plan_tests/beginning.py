"""An example to begin with: the first of a plan that is paid, or one that is made up from what the rules name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import islice, product
from typing import Any

from incentive_engine.engine.example_rows import Refused
from incentive_engine.engine.outcomes import Outcome
from incentive_engine.exact import Scale
from incentive_engine.formulas.working import Unworkable, worked_out
from incentive_engine.periods import Period
from incentive_engine.rulesets.example import Example, Expected
from incentive_engine.simulation.plan_tests.boundaries import boundaries
from incentive_engine.simulation.plan_tests.coverage import PlanTests
from incentive_engine.simulation.plan_tests.other_values import values_of
from incentive_engine.simulation.plan_tests.places import Compiled

_TRIED = 5_000
_SALARY, _ROUND = Decimal(30_000), Decimal(100)
_YEARS = 5


def beginning(tests: PlanTests, compiled: Compiled) -> Outcome | None:
    """A payee who is paid by a plan, to be changed one thing at a time; None where nobody can be made up."""
    for outcome in tests.outcomes:
        if outcome.paid and outcome.example.plan_name == compiled.name:
            return outcome
    try:
        return _made_up(tests, compiled)
    except Refused:
        return None


def _made_up(tests: PlanTests, compiled: Compiled) -> Outcome | None:
    period = _period(tests)
    for payee in islice(_payees(tests, compiled, period), 1):
        example = Example(
            title=compiled.name, plan=compiled.name, period=period.name, payee=payee, results=_results(tests, compiled),
            answers=_answers(compiled), parameters=_parameters(tests, compiled), expect=Expected(),
        )  # fmt: skip
        outcome = tests.programs.outcome(example)
        outcome = tests.programs.outcome(_on_target(tests, compiled, outcome))
        return outcome if outcome.paid else None
    return None


def _period(tests: PlanTests) -> Period:
    """That of the examples, or the quarter after the decision."""
    rules = tests.rules.ruleset
    if rules.examples:
        return Period.parse(rules.examples[0].period, rules.year_starts)
    day = rules.decided.on + dt.timedelta(days=92)
    return Period.parse(f"{day.year}-Q{(day.month + 2) // 3}", 1)


def _payees(tests: PlanTests, compiled: Compiled, period: Period) -> Iterator[dict[str, Any]]:
    """Payees whom `who` and `eligible` take."""
    rules, plan = tests.rules, compiled.plan
    hired = period.start.replace(year=period.start.year - _YEARS)
    tests_of = [formula for formula in (plan.who, plan.eligible) if formula is not None]
    named = frozenset().union(*(formula.names for formula in tests_of)) & rules.types.workforce.keys()
    kinds = {"number": Decimal(1), "text": "example", "date": hired.isoformat(), "boolean": True}
    columns = (set(compiled.program.workforce) | named | ({"hired"} if _asks_days(compiled) else set())) - {
        "payee",
        "left",
        "team",
        "department",
        "company",
    }
    payee: dict[str, Any] = {
        name: kinds[rules.types.workforce[name]] for name in sorted(columns) if name in rules.types.workforce
    }
    known = {"hired": hired.isoformat(), "base_salary": _SALARY, "currency": rules.ruleset.currency}
    payee |= {name: value for name, value in known.items() if name in payee}
    choices = {
        name: list(dict.fromkeys([each for formula in tests_of for each in values_of(rules, formula, name)]))
        or [payee[name]]
        for name in sorted(named)
    }
    for values in islice(product(*choices.values()), _TRIED):
        changed = payee | dict(zip(choices, values, strict=True))
        days = Fraction((period.end - hired).days + 1)
        names = {name: _as_worked(value) for name, value in changed.items()} | {"days_employed": days}
        try:
            if all(worked_out(formula, names, {}) is True for formula in tests_of):
                yield changed
        except Unworkable:
            continue


def _asks_days(compiled: Compiled) -> bool:
    """Whether it matters since when somebody is there."""
    formulas = (compiled.plan.who, compiled.plan.eligible)
    return any(each is not None and "days_employed" in each.names for each in formulas)


def _as_worked(value: Any) -> Any:
    return Fraction(value) if isinstance(value, Decimal) else value


def _results(tests: PlanTests, compiled: Compiled) -> dict[str, Decimal]:
    """A result of every KPI that the plan reads."""
    keys = compiled.program.results
    return {key.kpi: _round_number(tests.rules.ranges.results[key.kpi]) for key in keys}


def _answers(compiled: Compiled) -> dict[str, int]:
    measures = compiled.plan.measures()
    return {node.kpi_name: node.kpi.reliability.at_least for node in measures if node.kpi.reliability is not None}


def _parameters(tests: PlanTests, compiled: Compiled) -> dict[str, Decimal]:
    found = {}
    for key in compiled.program.parameters:
        low, high = compiled.program.numbers[key.header].bounds
        own = Scale(0, int(low), max(int(high), 1))
        found[key.name] = _round_number(own if key.kpi is None else tests.rules.ranges.results[key.kpi])
    return found


def _round_number(scale: Scale) -> Decimal:
    """100, or half of what is the most where that is less."""
    most = Fraction(scale.high, 10**scale.places)
    if most >= _ROUND:
        return _ROUND
    count = scale.high // 2
    return Decimal(count).scaleb(-scale.places)


def _on_target(tests: PlanTests, compiled: Compiled, outcome: Outcome) -> Example:
    """The example with results at the place of each curve that is nearest to 100 %."""
    example, nearest = outcome.example, dict[str, Decimal]()
    for boundary in boundaries(tests.rules, compiled, outcome):
        aim = 1 if boundary.way.attainment.in_percent else 0
        far, node = abs(boundary.end[0] - aim), boundary.node
        if node.path not in nearest or far < nearest[node.path]:
            nearest[node.path] = far
            example = boundary.given(example, boundary.plain)
    return example
