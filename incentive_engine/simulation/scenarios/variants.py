"""The variants of a scenario whose numbers go through many values: one for each value, or for each pair of a grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.rulesets.scenario import Scenario, SteppedValues, Values
from incentive_engine.simulation.scenarios.overlay import Written

MOST: Final = 10_000
"""How many variants a scenario may have."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A scenario with one value for each path of its sweep."""

    scenario: Scenario
    values: Mapping[str, Any]


def variants(scenario: Scenario, written: Written | None = None) -> tuple[Variant, ...]:
    """The variants in order, the last path fastest; the scenario alone where it sweeps nothing.

    Raises InputProblems where they are too many, or a path is changed too.
    """
    places = {path: None if written is None else written.document.key_at(("sweep", path)) for path in scenario.sweep}
    problems = [
        Problem("swept-too", f"`{path}` is changed, and goes through values too", places[path], "keep one of the two")
        for path in scenario.sweep
        if path in scenario.rules.change
    ]
    axes = {path: list(_values(values)) for path, values in scenario.sweep.items()}
    count = 1
    for values in axes.values():
        count *= len(values)
    problems += [
        Problem(
            "no-values", f"no value lies `from` … `to` for `{path}`", places[path], "write the smaller one under `from`"
        )
        for path, values in axes.items()
        if not values
    ]
    if count > MOST:
        where = next(iter(places.values()))
        problems.append(Problem("too-many", f"these are more than {MOST:,} scenarios", where, "take a larger step"))
    if problems:
        raise InputProblems(problems)
    return tuple(_variant(scenario, dict(zip(axes, values, strict=True))) for values in product(*axes.values()))


def _variant(scenario: Scenario, values: Mapping[str, Any]) -> Variant:
    rules = scenario.rules.model_copy(update={"change": {**scenario.rules.change, **values}})
    return Variant(scenario.model_copy(update={"rules": rules, "sweep": {}}), values)


def _values(values: Values) -> Iterator[Any]:
    if not isinstance(values, SteppedValues):
        yield from values
        return
    count = min(int((values.to - values.start) / values.step), MOST) + 1
    yield from (values.start + values.step * number for number in range(count))
