"""Examples to be checked and pasted: around every boundary, and for every hole that one change of a payee fills."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from operator import itemgetter

from incentive_engine.engine.example_rows import Refused
from incentive_engine.engine.outcomes import Outcome
from incentive_engine.rulesets.example import Example
from incentive_engine.rulesets.resolving import MeasureNode
from incentive_engine.simulation.plan_tests.beginning import beginning
from incentive_engine.simulation.plan_tests.boundaries import boundaries
from incentive_engine.simulation.plan_tests.coverage import PlanTests
from incentive_engine.simulation.plan_tests.other_values import in_decimals, others
from incentive_engine.simulation.plan_tests.pasting import expected
from incentive_engine.simulation.plan_tests.places import Compiled, Place, slots

_WIDER = ("team", "department")


class Suggestions:
    """New examples of a rule set's plans, each with what the engine makes of it."""

    def __init__(self, tests: PlanTests) -> None:
        self._tests = tests
        self._known = [_given(outcome.example) for outcome in tests.outcomes]
        self._holes = list(tests.coverage().holes)
        self.outcomes = tuple(self._found())
        self.holes: tuple[Place, ...] = tuple(self._holes)
        """What they do not show either."""

    def _found(self) -> Iterator[Outcome]:
        first = {each.name: each for each in reversed(self._tests.plans)}
        for compiled in (first[name] for name in dict.fromkeys(each.name for each in self._tests.plans)):
            base = beginning(self._tests, compiled)
            if base is None:
                continue
            for example in self._around(compiled, base):
                yield from self._kept(example)
            for example in self._elsewhere(compiled, base):
                yield from (each for each in self._tried(example) if self._filled(each))

    def _around(self, compiled: Compiled, base: Outcome) -> Iterator[Example]:
        """The example to begin with where it is a new one, and one for each side of every boundary."""
        if base not in self._tests.outcomes:
            yield _called(base.example, f"{compiled.name}: on target")
        for title, example in self._boundaries(compiled, base):
            yield _called(example, title)

    def _elsewhere(self, compiled: Compiled, base: Outcome) -> Iterator[Example]:
        """Both ends of everything, and one change at a time, as long as there are holes."""
        low, high = self._ends(compiled, base)
        yield _called(low, f"{compiled.name}: every result where it pays least")
        yield _called(high, f"{compiled.name}: every result where it pays most")
        for start in (base.example, high, low):
            if any(hole.plan == compiled.name for hole in self._holes):
                yield from (_called(example, title) for title, example in self._others(compiled, start))

    def _kept(self, example: Example) -> Iterator[Outcome]:
        """What the engine makes of an example, whether it fills a hole or not."""
        for outcome in self._tried(example):
            self._filled(outcome)
            yield outcome

    def _tried(self, example: Example) -> Iterator[Outcome]:
        """What the engine makes of an example that is not there yet; nothing where it is, or none can be."""
        if _given(example) not in self._known:
            with suppress(Refused):
                outcome = self._tests.programs.outcome(example)
                if expected(outcome):
                    yield outcome

    def _filled(self, outcome: Outcome) -> list[Place]:
        """The holes that an outcome fills, which are none from now on."""
        same = [hole for hole in self._holes if hole.plan == outcome.example.plan_name]
        filled = [hole for hole in same if hole.reached(outcome)]
        self._holes = [hole for hole in self._holes if hole not in filled]
        self._known.append(_given(outcome.example))
        return filled

    def _boundaries(self, compiled: Compiled, base: Outcome) -> Iterator[tuple[str, Example]]:
        for each in boundaries(self._tests.rules, compiled, base):
            for where, result in each.results:
                yield each.title(where), each.given(base.example, result)

    def _ends(self, compiled: Compiled, base: Outcome) -> tuple[Example, Example]:
        """All results where their curves pay least, and all where they pay most."""
        low = high = base.example
        beside = list(boundaries(self._tests.rules, compiled, base))
        for path in dict.fromkeys(each.node.path for each in beside):
            paid = [
                (rate, result, each.given) for each in beside if each.node.path == path for rate, result in each.rates
            ]
            if paid:
                _, result, given = min(paid, key=itemgetter(0))
                low = given(low, result)
                _, result, given = max(paid, key=itemgetter(0))
                high = given(high, result)
        return low, high

    def _others(self, compiled: Compiled, example: Example) -> Iterator[tuple[str, Example]]:
        for slot in slots(compiled.plan):
            for other in others(self._tests.rules, slot, example):
                yield f"{slot.what.replace('`', '')}: {other.name} {other.told}", other.example
        if compiled.plan.proration is not None:
            period = self._tests.programs.period(example)
            middle = period.start + dt.timedelta(days=period.days // 2)
            payee = {**example.payee, "hired": middle.isoformat()}
            yield f"{compiled.name}: hired in the period", example.model_copy(update={"payee": payee})
        yield from self._missing(compiled, example)

    def _missing(self, compiled: Compiled, example: Example) -> Iterator[tuple[str, Example]]:
        """Without each result, and with too few facts, while another counts for the team or the department."""
        nodes = list(compiled.plan.measures())
        for node in nodes:
            reliability, alone = node.kpi.reliability, _without(example, [node.kpi_name])
            fallbacks = {node.on_missing, reliability.otherwise if reliability else node.on_missing}
            wider = {f"{node.kpi_name}@{each}": self._another(compiled, node, example) for each in _WIDER
                     if each in fallbacks}  # fmt: skip
            yield f"{node.path}: no result", alone
            yield f"{node.path}: no result of one's own", _with(alone, wider)
            if reliability is not None and reliability.at_least > 1:
                few = {**example.answers, node.kpi_name: reliability.at_least - 1}
                yield f"{node.path}: too few facts", _with(example.model_copy(update={"answers": few}), wider)
        yield f"{compiled.name}: no result at all", _without(example, [node.kpi_name for node in nodes])

    def _another(self, compiled: Compiled, node: MeasureNode, example: Example) -> Decimal:
        """Another result of a measure than the payee's own."""
        outcome = self._tests.programs.outcome(example)
        own = {value for name, value in example.results.items() if name.startswith(node.kpi_name)}
        found = (
            each.plain
            for each in boundaries(self._tests.rules, compiled, outcome)
            if each.node.path == node.path and not each.way.attainment.ranked
        )
        return next((each for each in map(in_decimals, found) if each not in own), Decimal(0))


def _with(example: Example, results: Mapping[str, Decimal]) -> Example:
    return example.model_copy(update={"results": {**example.results, **results}})


def _without(example: Example, kpis: list[str]) -> Example:
    kept = {name: value for name, value in example.results.items() if name.replace("@", ".").split(".")[0] not in kpis}
    answers = {
        name: value for name, value in example.answers.items() if name.replace("@", ".").split(".")[0] not in kpis
    }
    return example.model_copy(update={"results": kept, "answers": answers})


def _called(example: Example, title: str) -> Example:
    return example.model_copy(update={"title": title})


def _given(example: Example) -> dict[str, object]:
    """What an example says of its payee, whatever it is called."""
    return example.model_dump(exclude={"title", "expect"})
