"""What a numbered rule proves is so: over drawn plans, whatever is said never to be reached is never reached.

Brute force: every result that there can be is tried, by the oracle in fractions. And over drawn rule sets with tables,
leave, ranks and exchange, the engine's own columns lie within what is proved of them.
"""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings

from incentive_engine.documents import read_text
from incentive_engine.engine.run import Run
from incentive_engine.errors import InputProblems
from incentive_engine.rulesets.checked import at_all_times
from incentive_engine.rulesets.checks.plans.curves import unreached
from incentive_engine.rulesets.checks.plans.reach import attainment_span, outcomes_of, rate_span
from incentive_engine.rulesets.checks.plans.scores import score_span
from incentive_engine.rulesets.loading import Rules, load, load_document
from incentive_engine.rulesets.walking import Placed
from tests.case_files import calculated
from tests.drawn import as_yaml, cases
from tests.oracle import Case
from tests.oracle.curves import curve_rate, inside
from tests.small_plans import Drawing, Small, stretches


def told_falsely(small: Small) -> tuple[list[str], Counter[str]]:
    """What is said and is not so; and how often something was said, and how often it could have been."""
    linted = load_document(read_text(as_yaml(small.rules), "rules.yaml")).linted
    wrong: list[str] = []
    said = Counter[str]()
    can_be, is_ = outcomes_of(linted, linted.rules.plans["plan"].gates[0].when), small.outcomes()
    wrong += [] if is_ <= can_be else [f"the gate {small.gate.text} is {is_}, said {set(can_be)}"]
    said["gate"] += len(can_be) < 2
    said["gate could be"] += len(is_) < 2
    for placed, way, kpi in linted.ways:
        reached = attainment_span(linted, placed, way, kpi)
        assert reached is not None
        curve, attainments = small.rules["curves"][kpi], small.attainments(kpi)
        never = unreached(linted.rules.curves[kpi], reached)
        for start, row in stretches(curve):
            there = any(inside(row, each) for each in attainments)
            wrong += [f"{kpi}: {start} of {curve} is reached"] if start in never and there else []
            said["reach"] += start in never
            said["reach could be"] += not there
        span = rate_span(linted.rules.curves[kpi], reached)
        rates = {rate for each in attainments if (rate := curve_rate(curve, each, {})) is not None}
        wrong += [] if span and all(span[0] <= rate <= span[1] for rate in rates) else [f"{kpi}: {rates} beyond {span}"]
    return wrong, said


def tried(first: int, number: int) -> Counter[str]:
    """So many drawn plans; those that are refused, as for a division by zero, are not among them."""
    said = Counter[str]()
    while said["plans"] < number:
        try:
            wrong, here = told_falsely(Drawing(random.Random(first)).small())
        except InputProblems:
            said["refused"] += 1
        else:
            assert wrong == [], f"drawn with {first}"
            said += here
            said["plans"] += 1
        first += 1
    return said


def test_no_false_alarm_over_30_drawn_plans() -> None:
    said = tried(0, 30)
    assert said["refused"] < 20
    assert said["gate"] > 3
    assert said["reach"] > 50


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_no_false_alarm_over_2000_drawn_plans(part: int) -> None:
    said = tried(10_000 * (part + 1), 500)
    assert said["gate"] > 50
    assert said["reach"] > 500


# --- against the engine, on everything that rules can say ------------------------------------------------------------


def beyond_what_is_proved(run: Run, rules: Rules) -> tuple[list[str], Counter[str]]:
    """Attainments and gates of a run that lie outside what is proved of them; and of how many something was proved."""
    wrong: list[str] = []
    said = Counter[str]()
    always = at_all_times(rules.linted)
    of_measures = run.contributions.filter(pl.col("attainment").is_not_null())
    for each_day in zip(*(each.ways for each in always), strict=True):
        spans = [attainment_span(linted, *found) for linted, found in zip(always, each_day, strict=True)]
        placed, way, _ = each_day[0]
        known = [span for span in spans if span is not None]
        said["attainments"] += len(known) == len(spans)
        of_way = of_measures.filter(of_plan(placed), pl.col("path").eq_missing(way.name or None), measure=placed.path)
        if len(known) == len(spans):
            low, high = min(low for low, _ in known), max(high for _, high in known)
            values = map(Fraction, of_way["attainment"])
            wrong += [f"{placed.path} has {value}, said {known}" for value in values if not low <= value <= high]
    for each_day in zip(*(each.nodes for each in always), strict=True):
        spans = [score_span(linted, found) for linted, found in zip(always, each_day, strict=True)]
        known, placed = [span for span in spans if span is not None], each_day[0]
        if len(known) < len(spans):
            continue
        said["scores"] += 1
        column, low, high = f"{placed.path}.score", min(low for low, _ in known), max(high for _, high in known)
        for frame in (frame.filter(of_plan(placed)) for frame in run.trace.values() if column in frame.columns):
            found = [Fraction(value) for value in frame[column].drop_nulls()]
            wrong += [f"{column} is {value}, said {low} to {high}" for value in found if not low <= value <= high]
    for placed in always[0].nodes:
        for number, gate in enumerate(placed.node.gates, start=1):
            can_be, column = outcomes_of(always[0], gate.when), f"{placed.path}.gate_{number}"
            said["gates"] += len(can_be) < 2
            frames = [frame.filter(of_plan(placed)) for frame in run.trace.values() if column in frame.columns]
            met = {value for frame in frames for value in frame[column].drop_nulls()}
            wrong += [] if met <= can_be else [f"{column}: {gate.when} is {met}, said {set(can_be)}"]
    return wrong, said


def of_plan(placed: Placed) -> pl.Expr:
    """The rows of a plan, in all its versions."""
    return pl.col("plan").str.split("@").list.first() == placed.plan


def checked_on(case: Case, said: Counter[str]) -> None:
    """What is proved of a case's rules holds in its run; older editions have plans of their own, and are left out.

    So are rules whose numbers cannot be proved to fit: nobody is paid by them.
    """
    if case.before:
        return
    with TemporaryDirectory() as folder:
        try:
            run = calculated(case, Path(folder))
        except InputProblems:
            return
        wrong, here = beyond_what_is_proved(run, load(Path(folder) / "rules.yaml"))
    assert wrong == []
    said.update(here)


SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def checked_on_drawn_cases(number: int) -> Counter[str]:
    said = Counter[str]()

    @given(cases())
    @settings(deadline=None, database=None, suppress_health_check=SLOW, max_examples=number, derandomize=True)
    def drawn(case: Case) -> None:
        checked_on(case, said)

    drawn()
    return said


def test_runs_lie_within_what_is_proved() -> None:
    assert checked_on_drawn_cases(4)["attainments"] > 10


@pytest.mark.long
def test_runs_of_300_drawn_rule_sets_lie_within_what_is_proved() -> None:
    said = checked_on_drawn_cases(300)
    assert said["attainments"] > 1000
    assert said["gates"] > 10
