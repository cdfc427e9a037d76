"""The rule set, as written: frozen models that the compiler walks. Every description is written once, in its field.

The JSON Schema and the reference of the language are generated from these models.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from incentive_engine.formulas import Clock, Formula
from incentive_engine.kinds.attainments import ATTAINMENTS
from incentive_engine.kinds.base import (
    DatedParameter,
    Declared,
    Label,
    Rounding,
    RoundingChoice,
    SubjectKind,
)
from incentive_engine.kinds.calendars import Calendar
from incentive_engine.kinds.combinations import COMBINATIONS
from incentive_engine.kinds.curves import PayoutCurve
from incentive_engine.kinds.gates import Gate
from incentive_engine.kinds.kpis import KpiCompute
from incentive_engine.kinds.modifiers import Modifier
from incentive_engine.kinds.pools import Pool
from incentive_engine.kinds.prorations import Proration
from incentive_engine.kinds.windows import Window, window_words
from incentive_engine.kinds.wording import AnyLanguage, said
from incentive_engine.rulesets.adjustments import Adjustments
from incentive_engine.rulesets.clocks import Cases
from incentive_engine.rulesets.decisions import Decision, Principles, TargetDecision
from incentive_engine.rulesets.example import Example
from incentive_engine.rulesets.exchange import Exchange
from incentive_engine.rulesets.in_force import InForce
from incentive_engine.rulesets.leave import Leave
from incentive_engine.rulesets.people import Assignments, Employment, History
from incentive_engine.rulesets.tables import Column, ParameterTable, Source, TableOptions
from incentive_engine.rulesets.waivers import Waiver

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
_BY_NAME = "by name: letters without accents, digits and `_`."
Fallback = Literal["hold", "reweight", "zero", "target", "team", "department", "previous"]
SCORE = Rounding(places=6)
RATE = Rounding(places=4)


class Credibility(Declared):
    """An own result counts with Z = n ÷ (n + K), that of the team or department with the rest (Bühlmann, 1967)."""

    towards: Annotated[Literal["team", "department"], Field(description="Whose result counts with the rest.")]
    k: Annotated[
        Decimal,
        Field(gt=0, description="With so many facts the own result counts for half; `incentive audit` proposes it."),
    ]
    rounding: Annotated[Rounding, Field(description="Of Z; 6 places unless said.")] = SCORE


class Reliability(Declared):
    """How many facts a result needs, what is used instead below that, and how far it counts above."""

    at_least: Annotated[int, Field(ge=1, description="The smallest n that is paid on.")] = 1
    otherwise: Annotated[Fallback, Field(description="What happens below it.")] = "hold"
    credibility: Annotated[
        Credibility | None, Field(description="How far the own result counts; all of it unless said.")
    ] = None


class Verbatims(Declared):
    """What respondents wrote: kept with the run, counted, and shown to those whom it is about where it may be."""

    column: Annotated[Column, Field(description="The column with the text.")]
    when: Annotated[Formula, Field(description="Which of them may be shown: `may_quote`.")]
    at_most: Annotated[int, Field(ge=1, le=20, description="How many a statement shows, the latest first.")] = 3


class Kpi(Declared):
    """How a number is worked out from facts, for a subject and a period. It knows nothing of pay."""

    like: Annotated[
        str | None,
        Field(
            description="The entry of the catalogue that it is: `voice.nps`. What is written beside it wins, key by "
            "key, inside `compute` too; all the rest is the entry's."
        ),
    ] = None
    title: Label
    meaning: Annotated[Label | None, Field(description="What it says about customers or work, in plain words.")] = None
    question: Annotated[Label | None, Field(description="The question, as customers are asked it.")] = None
    perspective: Annotated[Literal["customer", "internal"], Field(description="Whose experience it measures.")]
    outcome: Annotated[
        Label | None, Field(description="For a customer performance indicator: the outcome customers want.")
    ] = None
    drives: Annotated[tuple[str, ...], Field(description="The KPIs that it predicts.")] = ()
    compute: Annotated[KpiCompute, Field(description="How it is worked out, or that it is given.")]
    over: Annotated[
        Window,
        Field(
            description="Which days of facts count: those of the period unless said. `assignment`: only those on which "
            "the payee was in the place, by `assignments`, that the pay is for."
        ),
    ] = "period"
    better: Annotated[Literal["higher", "lower"], Field(description="Which way is better for customers and company.")]
    unit: Annotated[Label | None, Field(description="What the result counts: seconds, calls…")] = None
    reliability: Annotated[Reliability | None, Field(description="How many facts it needs.")] = None
    expectation: Annotated[
        Label | None, Field(description="What customers expected, that the result is held against.")
    ] = None
    importance: Annotated[
        str | None, Field(description="The KPI that says how important customers say that this is.")
    ] = None
    mirrored_by: Annotated[
        str | None, Field(description="The KPI that says what employees think that customers answer: a mirror survey.")
    ] = None
    checked_by: Annotated[
        tuple[str, ...], Field(description="KPIs from outside that look at the same: mystery visits, audits.")
    ] = ()
    reviewed: Annotated[
        dt.date | None, Field(description="The last day on which it was asked whether it is still the right KPI.")
    ] = None
    agreed_by: Annotated[
        dict[Column, dt.date], Field(description="The departments that agreed to it, each with the day.")
    ] = {}
    defined_by: Annotated[str | None, Field(min_length=1, description="Where its definition comes from.")] = None
    verbatims: Annotated[Verbatims | None, Field(description="What respondents wrote beside their answer.")] = None
    rounding: Annotated[Rounding, Field(description="Of the result; 4 places unless said.")] = RATE

    def sentence(self, language: AnyLanguage) -> str:
        """How the result is worked out, in words."""
        return self.compute.sentence(language) + window_words(self.over, language)


SubPeriods = Literal["months", "quarters", "halves"]


class Way(Declared):
    """One way from a result to a rate."""

    target: Annotated[DatedParameter | None, Field(description="What the result is held against.")] = None
    threshold: Annotated[DatedParameter | None, Field(description="The result from which something counts.")] = None
    benchmark: Annotated[DatedParameter | None, Field(description="The result of the best.")] = None
    baseline: Annotated[DatedParameter | None, Field(description="The own result that progress starts from.")] = None
    among: Annotated[
        str | None, Field(description="The population in which the result is ranked, as named under `populations`.")
    ] = None
    attainment: Annotated[Literal[tuple(ATTAINMENTS)], Field(description="How the result is compared.")]  # type: ignore[valid-type]
    attainment_rounding: Annotated[RoundingChoice, Field(description="Of the attainment; 4 places unless said.")] = RATE
    curve: Annotated[str, Field(description="The payout curve, as named under `curves`.")]


class MeasureFields(Declared):
    """What every measure has."""

    kpi: Annotated[str | None, Field(description="The KPI; the measure's own name unless said.")] = None
    title: Annotated[Label | None, Field(description="The KPI's title unless said.")] = None
    weight: Annotated[DatedParameter | None, Field(description="Its share of the group, under `weighted_sum`.")] = None
    of: Annotated[SubjectKind, Field(description="Whose result counts.")]
    average_of: Annotated[
        SubPeriods | None, Field(description="The rate is the mean of the rates of these parts of the period.")
    ] = None
    on_missing: Annotated[Fallback, Field(description="What happens without a result.")] = "hold"
    target_for: Annotated[
        Literal["period", "presence"],
        Field(
            description="The target is for the whole period; `presence`: less in proportion for who was away, for "
            "volumes. It is multiplied by the share of work: days present and not on leave, of those of the period."
        ),
    ] = "period"
    decided: Annotated[
        TargetDecision | None, Field(description="Who set the target; what its table says unless said.")
    ] = None
    modifiers: Annotated[tuple[Modifier, ...], Field(description="What changes the score, in this order.")] = ()
    gates: Annotated[tuple[Gate, ...], Field(description="Conditions that withhold, after the modifiers.")] = ()
    floor: Annotated[DatedParameter | None, Field(description="The score is never below.")] = None
    cap: Annotated[DatedParameter | None, Field(description="The score is never above.")] = None
    rounding: Annotated[RoundingChoice, Field(description="Of the score; 6 places unless said.")] = SCORE


class Measure(MeasureFields, Way):
    """A KPI put to work in a plan."""


class BestOf(MeasureFields):
    """A measure with several ways to its rate, the largest of which counts: achievement or improvement."""

    paths: Annotated[dict[Name, Way], Field(min_length=2, description="The ways, by name; the first wins a tie.")]


class Group(Declared):
    """Items whose scores are combined."""

    title: Annotated[Label | None, Field(description="Its name unless said.")] = None
    weight: Annotated[
        DatedParameter | None, Field(description="Its share of the group above, under `weighted_sum`.")
    ] = None
    combine: Annotated[
        Literal[tuple(COMBINATIONS)],  # type: ignore[valid-type]
        Field(description="How the items' scores become one."),
    ] = "weighted_sum"
    at_least: Annotated[int, Field(ge=1, description="With fewer items that have a score, the group has none.")] = 1
    items: Annotated[dict[Name, Item], Field(min_length=1, description=f"What the group is made of, {_BY_NAME}")]
    on_missing: Annotated[Literal["hold", "reweight"], Field(description="What happens when no item has a score.")] = (
        "hold"
    )
    modifiers: Annotated[tuple[Modifier, ...], Field(description="What changes the score, in this order.")] = ()
    gates: Annotated[tuple[Gate, ...], Field(description="Conditions that withhold, after the modifiers.")] = ()
    floor: Annotated[DatedParameter | None, Field(description="The score is never below.")] = None
    cap: Annotated[DatedParameter | None, Field(description="The score is never above.")] = None
    rounding: Annotated[RoundingChoice, Field(description="Of the score; 6 places unless said.")] = SCORE


def _kind_of_item(value: Any) -> str:
    if isinstance(value, dict):
        return "group" if "items" in value else "best_of" if "paths" in value else "measure"
    return "group" if isinstance(value, Group) else "best_of" if isinstance(value, BestOf) else "measure"


Item = Annotated[
    Annotated[Group, Tag("group")] | Annotated[BestOf, Tag("best_of")] | Annotated[Measure, Tag("measure")],
    Discriminator(_kind_of_item),
]
AnyMeasure = Measure | BestOf


class Plan(Declared):
    """What one group of payees is paid on."""

    title: Label
    pays: Annotated[Name, Field(description="What is paid: two plans that pay the same thing hold the payee.")]
    in_force: Annotated[
        InForce | None, Field(description="The days on which there is the plan; as long as the rules unless said.")
    ] = None
    who: Annotated[Formula, Field(description="Whom the plan is for, over workforce columns.")]
    eligible: Annotated[Formula | None, Field(description="Which of them qualify: minimum service, contract…")] = None
    target_pay: Annotated[Formula | None, Field(description="What a score of 100 % pays.")] = None
    payout: Annotated[
        Formula | None,
        Field(
            description="What is paid, before proration, over `score`, the scores of nodes (`customer.nps`), "
            "`target_pay` and workforce columns; `target_pay * score` unless said."
        ),
    ] = None
    pool: Annotated[str | None, Field(description="The sum that is shared out among the plan's payees.")] = None
    combine: Annotated[
        Literal[tuple(COMBINATIONS)],  # type: ignore[valid-type]
        Field(description="How the items' scores become one."),
    ] = "weighted_sum"
    at_least: Annotated[int, Field(ge=1, description="With fewer items that have a score, the group has none.")] = 1
    scorecard: Annotated[dict[Name, Item], Field(min_length=1, description=f"Groups and measures, {_BY_NAME}")]
    modifiers: Annotated[tuple[Modifier, ...], Field(description="What changes the score, in this order.")] = ()
    gates: Annotated[tuple[Gate, ...], Field(description="Conditions that withhold, after the modifiers.")] = ()
    floor: Annotated[DatedParameter | None, Field(description="The score is never below.")] = None
    cap: Annotated[DatedParameter | None, Field(description="The score is never above.")] = None
    rounding: Annotated[RoundingChoice, Field(description="Of the score; 6 places unless said.")] = SCORE
    proration: Annotated[
        Proration | None, Field(description="The share of the period that counts; all of it unless said.")
    ] = None
    payout_rounding: Annotated[
        Rounding | None, Field(description="Of the payout; the currency's minor unit unless said.")
    ] = None


class Population(Declared):
    """Those among whom results are ranked."""

    who: Annotated[Formula, Field(description="Whose results are ranked, over workforce columns.")]
    by: Annotated[tuple[Column, ...], Field(description="Ranked apart for each value of these columns.")] = ()


class RuleSet(Declared):
    """KPIs, curves and plans: versioned, dated, decided by someone."""

    rule_set: Annotated[
        Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")],
        Field(description="Its name: small letters, digits, hyphens."),
    ]
    version: Annotated[str, Field(min_length=1, description='Which edition of the rules: `"2026.3"`, in quotes.')]
    title: Label
    decided: Annotated[Decision, Field(description="Who decided these rules, and when.")]
    in_force: Annotated[
        InForce | None, Field(description="The days on which these rules hold: nobody is paid by them on others.")
    ] = None
    follows: Annotated[
        str | None,
        Field(
            pattern=r"^[^/\\]+\.ya?ml$",
            description="The file beside this one with the edition before: it holds until the day before `in_force`.",
        ),
    ] = None
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$"), Field(description="ISO 4217: EUR")]
    timezone: Annotated[str, Field(description="IANA name: Europe/Paris. Days begin and end there.")]
    year_starts: Annotated[int, Field(ge=1, le=12, description="First month of the fiscal year.")] = 1
    law: Annotated[
        tuple[Literal["france"], ...],
        Field(
            description="Whose employment law the plans are under: `[france]`. Its numbered rules are looked at then."
        ),
    ] = ()
    principles: Annotated[Principles, Field(description="What every plan promises.")] = Principles()
    workforce: Annotated[TableOptions, Field(description="The table of payees.")] = TableOptions(path="workforce.*")
    results: Annotated[TableOptions, Field(description="The table of given KPIs.")] = TableOptions(path="kpis.*")
    sources: Annotated[dict[Name, Source], Field(description=f"Tables of raw records, {_BY_NAME}")] = {}
    employment: Annotated[
        Employment | None, Field(description="When payees were employed; from `hired` to `left` unless said.")
    ] = None
    assignments: Annotated[
        Assignments | None,
        Field(
            description="Where payees were: a table of `payee`, `from`, `to` (the last day; empty while it lasts), "
            "`team` and `department`. Who has no row is always where the workforce says."
        ),
    ] = None
    history: Annotated[
        dict[Name, History],
        Field(
            description=f"Tables of what changes about payees: salary, working time, currency, {_BY_NAME} Who has no "
            "row always has what the workforce says."
        ),
    ] = {}
    exchange: Annotated[
        Exchange | None,
        Field(
            description="Rates at which payees are paid whose `currency` is another one: a table of `currency`, `from` "
            "(the day since which a rate counts, until the next) and `rate` (how much of it one unit of the rules' "
            "currency is). Who needs a rate that is not there is held."
        ),
    ] = None
    leave: Annotated[
        Leave | None,
        Field(
            description="When payees were away: a table of `payee`, `from`, `to` (the last day; empty while it lasts) "
            "and `type`; and what becomes of it."
        ),
    ] = None
    adjustments: Annotated[
        Adjustments | None,
        Field(
            description="Signed decisions about one payee's pay: a table of `reference`, `payee`, `pays`, `period`, "
            "one of `amount`, `percent`, `at_least` and `release`, `currency`, `reason`, `author`, `approver`, "
            "`expires`."
        ),
    ] = None
    calendar: Annotated[
        Calendar | None,
        Field(description="Opening hours and holidays: for WORKHOURS, WORKDAYS, clocks of cases and working days."),
    ] = None
    cases: Annotated[dict[Name, Cases], Field(description=f"What becomes of logs of events, {_BY_NAME}")] = {}
    tables: Annotated[dict[Name, ParameterTable], Field(description=f"Tables of numbers that differ, {_BY_NAME}")] = {}
    kpis: Annotated[dict[Name, Kpi], Field(min_length=1, description=f"How each number is worked out, {_BY_NAME}")]
    populations: Annotated[
        dict[Name, Population], Field(description=f"Those among whom one is ranked, {_BY_NAME}")
    ] = {}
    curves: Annotated[dict[Name, PayoutCurve], Field(description=f"From attainment to rate, {_BY_NAME}")] = {}
    pools: Annotated[dict[Name, Pool], Field(description=f"Sums that are shared out, {_BY_NAME}")] = {}
    plans: Annotated[dict[Name, Plan], Field(min_length=1, description=f"Who is paid on what, {_BY_NAME}")]
    waive: Annotated[
        tuple[Waiver, ...], Field(description="Numbered rules that are broken on purpose, each with the reason.")
    ] = ()
    examples: Annotated[tuple[Example, ...], Field(description="Payees worked out by hand.")] = ()

    @property
    def facts(self) -> dict[str, Source]:
        """All that KPIs are computed from, by name: sources, and cases as the sources that they are."""
        made = {name: each for name, each in self.cases.items() if each.source in self.sources}
        return {**self.sources, **{name: each.as_source(self.sources[each.source]) for name, each in made.items()}}

    @property
    def dated_columns(self) -> frozenset[str]:
        """The workforce columns that dated tables give: the workforce itself need not have them."""
        employed = ("hired", "left") if self.employment else ()
        assigned = self.assignments.gives if self.assignments else ()
        return frozenset((*employed, *assigned, *(name for each in self.history.values() for name in each.gives)))

    @property
    def clocks(self) -> Mapping[str, Clock]:
        """What formulas over facts call that count by the calendar."""
        return self.calendar.clocks if self.calendar else {}

    def told_of_cases(self, name: str, language: AnyLanguage) -> str:
        """From when to when the clock of cases runs, in words."""
        cases, quoted = self.cases[name], said(language, "quoted", text=name)
        hours = f" ({self.calendar.sentence(language)})" if self.calendar and cases.clock == "open" else ""
        return said(language, "of_cases", name=quoted, cases=cases.sentence(language), hours=hours)

    def source_behind(self, facts: str) -> str:
        """The source in whose files facts stand: for cases, that of their events."""
        return self.cases[facts].source if facts in self.cases else facts
