"""An audit: is each KPI fit to pay on, how much does each plan follow customers and how much chance, who pulls where.

Everything is worked out from the rules and the facts of the periods, as a run works it out; nobody is paid, and nothing
here is ever an input of pay.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl

from incentive_engine.audit.agreement import agreement
from incentive_engine.audit.answering import fallen_silent, response
from incentive_engine.audit.declared import declared_findings
from incentive_engine.audit.findings import (
    Audit,
    Evidence,
    Finding,
    KpiAudit,
    Link,
    PlanAudit,
    Use,
    Verdict,
    evidence,
    together,
    worst,
)
from incentive_engine.audit.gaming import exclusions, looked_for, to_review
from incentive_engine.audit.judging import (
    ceiling_finding,
    checked,
    link,
    perception,
    prediction_finding,
    reliability_finding,
    sensitivity_finding,
)
from incentive_engine.audit.luck import Luck, luck
from incentive_engine.audit.mattering import importance_findings
from incentive_engine.audit.objectivity import agreement as agreement_of
from incentive_engine.audit.objectivity import perception_gap
from incentive_engine.audit.prediction import prediction
from incentive_engine.audit.readings import GROUP, PERIOD, readings
from incentive_engine.audit.reliability import Reliability, reliability, reliability_of_counts
from incentive_engine.audit.sensitivity import sensitivity
from incentive_engine.audit.shares import CustomerShare, customer_shares
from incentive_engine.audit.weights import path_weights
from incentive_engine.audit.whole_periods import measure
from incentive_engine.engine.measured import SUBJECT, VALUE, Measured
from incentive_engine.engine.outputs import contributions, payouts
from incentive_engine.engine.running import Timings, accept_for, calculate
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.facts import Accepted, accept
from incentive_engine.kinds.base import SubjectKind
from incentive_engine.kinds.kpis import Count
from incentive_engine.periods import Period
from incentive_engine.rulesets.contracts import WORKFORCE
from incentive_engine.rulesets.loading import Rules, rules_for
from incentive_engine.rulesets.models import AnyMeasure, Kpi
from incentive_engine.rulesets.resolving import MeasureNode, resolve
from incentive_engine.rulesets.walked import Walked

TIMES: Final = 3
"""With fewer periods, their months are what is followed over time."""
FINEST: Final[tuple[SubjectKind, ...]] = ("payee", "team", "department")
"""Those by whom two KPIs are compared: the first of whom there are enough."""
SMALL: Final = 0.05
"""A weight below this matters to nobody's pay."""


def audit(
    rules: Rules, data: Path, periods: Sequence[str], *, draws: int = 100, on_step: Callable[[str], None] | None = None
) -> Audit:
    """What is found in a data folder, for the last of the periods and over all of them.

    `draws`: how often pay is worked out again to tell the luck in it; `on_step` is told the name of each step. Raises
    InputProblems for periods that there are not, and for files that cannot be used.
    """
    step = on_step or (lambda name: None)
    parsed = _in_order(rules, periods)
    last = parsed[-1]
    rules = rules_for(rules, last)
    step("accept")
    accepted = accept_for(rules, data)
    step("evaluate")
    calculation = calculate(rules, accepted, last, Timings(), keep=True)
    paid, brought = (frame(calculation).collect(engine="streaming") for frame in (payouts, contributions))
    step("kpis")
    auditing = _Auditing(rules, accepted, tuple(parsed), paid, brought)
    kpis = tuple(auditing.kpis())
    step("gaming")
    everything = accept(rules.contracts, data, rules.ruleset.timezone) if auditing.sets_aside else accepted
    suspicions = (
        *to_review(rules.ruleset, accepted.tables, last),
        *fallen_silent(rules.ruleset, auditing.measured, auditing.periods),
    )
    one_sided = tuple(exclusions(rules.ruleset, everything.tables, accepted.tables, last))
    step("luck")
    chances = {each.plan: each for each in luck(rules, accepted, last, draws)}
    return Audit(
        periods=tuple(each.name for each in parsed),
        kpis=kpis,
        plans=tuple(auditing.plans(chances)),
        links=auditing.links,
        matrix=agreement(rules.ruleset, auditing.weights),
        to_review=suspicions,
        looked_for=(*looked_for(rules.ruleset), *one_sided),
        inputs=tuple((name, table.frame.height, table.fingerprint) for name, table in accepted.tables.items()),
    )


def _in_order(rules: Rules, names: Sequence[str]) -> list[Period]:
    """The periods in order of time. Raises InputProblems where one is longer than another: they cannot be compared."""
    parsed = sorted({rules.period(name) for name in names}, key=lambda period: period.start)
    if len({len(period.parts("months")) for period in parsed}) > 1:
        message = f"{', '.join(f'`{period.name}`' for period in parsed)} are not of one length: nothing can be compared"
        raise InputProblems([Problem("periods-differ", message, hint="give months only, or quarters only")])
    return parsed


@dataclass(frozen=True)
class _Auditing:
    """What an audit looks at, each worked out once."""

    rules: Rules
    accepted: Accepted
    periods: tuple[Period, ...]
    paid: pl.DataFrame
    brought: pl.DataFrame

    @property
    def last(self) -> Period:
        """The period whose pay is looked at."""
        return self.periods[-1]

    @property
    def sets_aside(self) -> bool:
        """Whether the rules set facts aside."""
        return any(source.set_aside for source in self.rules.ruleset.sources.values())

    @cached_property
    def nodes(self) -> tuple[tuple[str, MeasureNode], ...]:
        """Every measure, with its plan."""
        return tuple((plan.name, node) for plan in resolve(self.rules.ruleset, self.last) for node in plan.measures())

    @cached_property
    def path_weights(self) -> Mapping[str, Mapping[str, float | None]]:
        """The weight of each measure in the whole of its plan."""
        return {plan.name: path_weights(plan) for plan in resolve(self.rules.ruleset, self.last)}

    @cached_property
    def shares(self) -> Mapping[str, CustomerShare]:
        """How much of each plan customers decide."""
        return {each.plan: each for each in customer_shares(self.rules.ruleset, self.paid, self.brought)}

    @cached_property
    def departments(self) -> Mapping[str, frozenset[str]]:
        """The departments that each plan pays."""
        pairs = self.paid.select("plan", "department").drop_nulls().unique()
        return {plan: frozenset(pairs.filter(plan=plan)["department"]) for plan in self.rules.ruleset.plans}

    @cached_property
    def weights(self) -> Mapping[tuple[str, str], float | None]:
        """The greatest weight of each KPI in the pay of each department."""
        found: dict[tuple[str, str], float | None] = {}
        for plan, node in self.nodes:
            for department in self.departments[plan]:
                key, weight = (department, node.kpi_name), self.path_weights[plan][node.path]
                found[key] = max((each for each in (found.get(key), weight) if each is not None), default=None)
        return found

    @cached_property
    def measured(self) -> Measured:
        """Every KPI for every kind of subject that pay depends on."""
        kinds: set[SubjectKind] = {"payee", *(node.of for _, node in self.nodes)}
        return measure(self.rules, self.accepted, self.periods, kinds)

    @cached_property
    def times(self) -> tuple[Period, ...]:
        """What is followed over time: the periods or, where they are few, their months."""
        months = tuple(part for each in self.periods for part in each.parts("months"))
        return months if len(self.periods) < TIMES and months else self.periods

    @cached_property
    def _over_time(self) -> Measured:
        """What teams reached over time, in the KPIs that drive others or are driven."""
        kpis = self.rules.ruleset.kpis
        named = {each for driver, kpi in kpis.items() for driven in kpi.drives for each in (driver, driven)}
        return measure(self.rules, self.accepted, self.times, {"team"}, named)

    def of_teams(self, kpi: str) -> pl.DataFrame:
        """The readings of a KPI that drives or is driven, by team and over time."""
        return readings(self._over_time, kpi, "team", self.times[-1])

    @cached_property
    def mattering(self) -> Mapping[str, Finding]:
        """Whether pay weighs each KPI as customers do."""
        kpis = self.rules.ruleset.kpis
        weights: dict[str, dict[str, float]] = {}
        for plan, node in self.nodes:
            weight = self.path_weights[plan][node.path]
            if weight is not None and kpis[node.kpi_name].perspective == "customer":
                of_plan = weights.setdefault(plan, {})
                of_plan[node.kpi_name] = of_plan.get(node.kpi_name, 0.0) + weight
        return importance_findings(self.rules.ruleset, weights, self.of_teams, self._of_company)

    def _of_company(self, kpi: str) -> pl.DataFrame:
        measured = measure(self.rules, self.accepted, (self.last,), {"company"}, {kpi})
        return readings(measured, kpi, "company", self.last)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """What the facts say of everything that is declared to drive something, across teams and over time."""
        rules = self.rules.ruleset
        arrows = [(driver, driven) for driver, kpi in rules.kpis.items() for driven in kpi.drives]
        return tuple(
            link(
                driver,
                rules.kpis[driven],
                driven,
                prediction(
                    self.of_teams(driver),
                    self.of_teams(driven),
                    same_direction=rules.kpis[driver].better == rules.kpis[driven].better,
                ),
            )
            for driver, driven in arrows
        )

    def kpis(self) -> Iterator[KpiAudit]:
        """Every KPI, those that decide pay first."""
        walked: dict[str, list[AnyMeasure]] = {}
        for _, measure_of, kpi in Walked(self.rules.ruleset).measures:
            walked.setdefault(kpi, []).append(measure_of)
        for name in sorted(self.rules.ruleset.kpis, key=lambda name: name not in walked):
            yield self._kpi(name, walked.get(name, []))

    def _kpi(self, name: str, measures: Sequence[AnyMeasure]) -> KpiAudit:
        rules = self.rules.ruleset
        kpi = rules.kpis[name]
        uses = [
            Use(plan, node.path, node.of, self.path_weights[plan][node.path])
            for plan, node in self.nodes
            if node.kpi_name == name
        ]
        departments = {department for use in uses for department in self.departments[use.plan]}
        of_kind = {of: self._readings(name, of, departments) for of in dict.fromkeys(use.of for use in uses)}
        span = self.rules.ranges.results.get(name)
        ends = sorted(map(float, span.span()), reverse=kpi.better == "higher") if span else [None, None]
        at_least = kpi.reliability.at_least if kpi.reliability else 1
        moves = {of: sensitivity(each, *ends) for of, each in of_kind.items()}
        findings = [
            reliability_finding(kpi, {of: _reliability(kpi, each, at_least) for of, each in of_kind.items()}),
            sensitivity_finding(kpi, moves),
            prediction_finding(kpi, tuple(each for each in self.links if each.driver == name)),
            self.mattering.get(name),
            self._answering(name, uses),
            *declared_findings(rules, name, measures, departments, self.last.end),
            self._from_outside(name),
            ceiling_finding(moves),
        ]
        main = next(iter(of_kind.values()), None)
        found = together(each for each in findings if each is not None)
        return KpiAudit(name, tuple(uses), found, _drawn(main, self.last))

    def _answering(self, name: str, uses: Sequence[Use]) -> Finding | None:
        """How many of those asked answered, beside the reliability of the KPI."""
        told = [response(self.measured, name, of, self.periods) for of in dict.fromkeys(use.of for use in uses)]
        found = tuple(each for each in told if each is not None)[:1]
        return Finding("reliability", "sound", found) if found else None

    def _from_outside(self, name: str) -> Finding | None:
        """What others say of the same: mystery visits, and the mirror survey by department."""
        kpi = self.rules.ruleset.kpis[name]
        found = [self._checked(name, other) for other in kpi.checked_by]
        told = [each for _, each in found]
        if kpi.mirrored_by is not None:
            both = measure(self.rules, self.accepted, (self.last,), {"department"}, {name, kpi.mirrored_by})
            guessed, stated = (readings(both, each, "department", self.last) for each in (kpi.mirrored_by, name))
            gap = perception(kpi, perception_gap(guessed, stated))
            told += [] if gap is None else [gap]
        return Finding("objectivity", worst(["sound", *(each for each, _ in found)]), tuple(told)) if told else None

    def _checked(self, name: str, other: str) -> tuple[Verdict, Evidence]:
        """What one KPI from outside says, of the finest subjects of whom there are enough."""
        kpis = self.rules.ruleset.kpis
        both = measure(self.rules, self.accepted, self.periods, FINEST, {name, other})
        compared = [
            agreement_of(
                readings(both, name, kind, self.last),
                readings(both, other, kind, self.last),
                same_direction=kpis[name].better == kpis[other].better,
            )
            for kind in FINEST
        ]
        enough = (each for each in compared if each.correlation is not None)
        return checked(kpis[other], next(enough, max(compared, key=lambda each: each.pairs)))

    def _readings(self, kpi: str, of: SubjectKind, departments: Collection[str]) -> pl.DataFrame:
        """The results of those who are paid on a KPI, each with their department."""
        found = readings(self.measured, kpi, of, self.last)
        if of not in ("payee", "team"):
            return found
        people = self.accepted.tables[WORKFORCE].frame
        if "department" not in people.columns or not departments:
            return found
        homes = people.group_by(pl.col(of).alias(SUBJECT)).agg(pl.col("department").mode().sort().first().alias(GROUP))
        return found.join(homes, on=SUBJECT).filter(pl.col(GROUP).is_in(departments)).sort(PERIOD, SUBJECT)

    def plans(self, chances: Mapping[str, Luck]) -> Iterator[PlanAudit]:
        """Every plan."""
        for name in self.rules.ruleset.plans:
            nodes = [node for plan, node in self.nodes if plan == name]
            told = tuple(self._few(name, nodes))
            kpis = len({node.kpi_name for node in nodes})
            yield PlanAudit(name, kpis, self.path_weights[name], told, self.shares.get(name), chances.get(name))

    def _few(self, plan: str, nodes: Sequence[MeasureNode]) -> Iterator[Evidence]:
        """Whether a plan has few KPIs, each with a weight that matters."""
        rules = self.rules.ruleset
        count, promised = len({node.kpi_name for node in nodes}), rules.principles.kpis_per_plan
        if promised is not None:
            yield evidence("few" if count <= promised.at_most else "many", count=count, most=promised.at_most)
        else:
            yield evidence("counted", count=count)
        for node in nodes:
            weight = self.path_weights[plan][node.path]
            if weight is not None and weight < SMALL:
                yield evidence("small_weight", title=node.title, weight=weight)


def _reliability(kpi: Kpi, results: pl.DataFrame, at_least: int) -> Reliability:
    return reliability_of_counts(results) if isinstance(kpi.compute, Count) else reliability(results, at_least)


def _drawn(frame: pl.DataFrame | None, last: Period) -> pl.DataFrame:
    """The results of the last period, for a drawing: subject, value, low, high."""
    if frame is None:
        return pl.DataFrame(schema={SUBJECT: pl.String, VALUE: pl.Float64, "low": pl.Float64, "high": pl.Float64})
    return frame.filter(pl.col(PERIOD) == last.name).select(SUBJECT, VALUE, "low", "high").sort(VALUE, SUBJECT)
