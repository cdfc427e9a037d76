"""Promises: principles are kept, and examples speak of what exists."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from incentive_engine.errors import Problem
from incentive_engine.kinds.pools import Solved
from incentive_engine.periods import Period
from incentive_engine.rulesets.checked import Checked, tells, unknown
from incentive_engine.rulesets.contracts import SHOWN
from incentive_engine.rulesets.decisions import Principles
from incentive_engine.rulesets.example import Example
from incentive_engine.rulesets.exchange import PLAN_RATE, RATE
from incentive_engine.rulesets.models import AnyMeasure
from incentive_engine.rulesets.resolving import KeyPath
from incentive_engine.rulesets.shares import kpis_of

_LISTED = 6


@tells("too-many-kpis", about=(Principles,))
def plans_have_few_kpis(checked: Checked) -> Iterator[Problem]:
    """No plan has more KPIs than `principles` promise."""
    promised = checked.rules.principles.kpis_per_plan
    for name, plan in checked.rules.plans.items():
        if promised is not None and len(kpis_of(plan)) > promised.at_most:
            message = f"`{name}` has {len(kpis_of(plan))} KPIs, more than the {promised.at_most} of `principles`"
            yield Problem("too-many-kpis", message, checked.key("plans", name), "keep those that matter most")


@tells("not-renewed", "never-reviewed", about=(Principles,))
def kpis_are_renewed(checked: Checked) -> Iterator[Problem]:
    """When the rules were decided, every KPI had been reviewed as lately as `principles` promise."""
    rules = checked.rules
    since = rules.principles.reviewed_since(rules.decided.on)
    if since is None:
        return
    promise = f"the {rules.principles.review_every} of `principles`"
    for name, kpi in rules.kpis.items():
        if kpi.reviewed is not None and kpi.reviewed < since:
            message = f"`{name}` was reviewed on {kpi.reviewed}, longer before the decision than {promise}"
            hint = "ask again whether it is the right KPI, and write the day"
            yield Problem("not-renewed", message, checked.at("kpis", name, "reviewed"), hint)
    never = [f"`{name}`" for name, kpi in rules.kpis.items() if kpi.reviewed is None]
    if never:
        message = f"nothing says when {', '.join(never[:_LISTED])}{', …' if len(never) > _LISTED else ''} were reviewed"
        hint = "write `reviewed:` with the day to each, so that it can be held to the promise"
        yield Problem("never-reviewed", message, checked.at("principles", "review_every"), hint, level="warning")


@tells(
    "unknown-plan",
    "unknown-node",
    "expects-nothing",
    "unknown-period",
    "unknown-column",
    "unknown-kpi",
    "unknown-parameter",
    "unknown-leave-type",
    about=(Example,),
)
def examples_name_what_exists(checked: Checked) -> Iterator[Problem]:
    """Examples speak of plans, periods, columns, KPIs, tables and nodes of the rule set."""
    for index, example in enumerate(checked.rules.examples):
        at: KeyPath = ("examples", index)
        if example.plan_name not in checked.rules.plans:
            yield unknown("plan", example.plan_name, checked.at(*at, "plan"), checked.rules.plans, "`plans`")
            continue
        yield from _period(checked, example, at)
        yield from _inputs(checked, example, at)
        paths = {placed.path for placed in checked.nodes if placed.plan == example.plan_name}
        for path in example.expect.scores:
            if path not in paths:
                yield unknown("node", path, checked.key(*at, "expect", "scores", path), paths, f"`{example.plan_name}`")
        if not example.expect.model_dump(exclude_defaults=True):
            hint = "write `payout:`, `score:`, `scores:`, `held:` or `fails:`"
            yield Problem("expects-nothing", "this example expects nothing", checked.key(*at, "expect"), hint)


def _period(checked: Checked, example: Example, at: KeyPath) -> Iterator[Problem]:
    try:
        Period.parse(example.period, checked.rules.year_starts)
    except ValueError as error:
        yield Problem("unknown-period", str(error), checked.at(*at, "period"))


def _inputs(checked: Checked, example: Example, at: KeyPath) -> Iterator[Problem]:
    rules = checked.rules
    columns = checked.columns | {"payee", "left", *SHOWN}
    for name in example.payee:
        if name not in columns:
            yield unknown("column", name, checked.key(*at, "payee", name), columns, "what the rules name")
    results = rules.kpis.keys() | _parts(checked, example)
    for section in ("results", "answers"):
        for name in getattr(example, section):
            if _whosever(name, checked.subject_kinds) not in results:
                yield unknown("KPI", name, checked.key(*at, section, name), results, "`kpis`")
    types = rules.leave.places.keys() if rules.leave else set()
    for index, absence in enumerate(example.leave):
        if absence.type not in types:
            yield unknown("leave type", absence.type, checked.at(*at, "leave", index, "type"), types, "`leave`")
    known = _parameter_names(checked, example.plan_name)
    for name in example.parameters:
        if name not in known:
            yield unknown("parameter", name, checked.key(*at, "parameters", name), known, f"`{example.plan_name}`")


def _whosever(name: str, kinds: Collection[str]) -> str:
    """The name of a result without whose it is: `nps.2026-07` of `nps@team.2026-07`."""
    kpi, _, rest = name.partition("@")
    kind, dot, part = rest.partition(".")
    return f"{kpi}{dot}{part}" if kind in kinds else name


def _parts(checked: Checked, example: Example) -> set[str]:
    """The results of parts of the period whose rates the plan averages: `nps.2026-07`."""
    try:
        period = Period.parse(example.period, checked.rules.year_starts)
    except ValueError:
        return set()
    averaged = {each.average_of for placed, each, _ in checked.measures if placed.plan == example.plan_name}
    parts = [part for each in averaged if each for part in period.parts(each)]
    return {f"{kpi}.{part.name}" for kpi in checked.rules.kpis for part in parts}  # curves read others too


def _parameter_names(checked: Checked, plan: str) -> set[str]:
    """The numbers that a plan takes from elsewhere, by the names that examples give them.

    From tables `table.column`, or `table.column.kpi` where there is one per KPI; where a result stands in its
    population; the factor of a pool; and the rates of the payee's currency.
    """
    names = set()
    for placed in checked.nodes:
        for parameter in placed.parameters.values() if placed.plan == plan else ():
            table = checked.rules.tables.get(parameter.table)
            kpi = getattr(placed.node, "kpi", None) or placed.name
            per_kpi = table is not None and "kpi" in table.keys
            names.add(f"{parameter.table}.{parameter.column}" + (f".{kpi}" if per_kpi else ""))
    for placed, way, kpi in checked.ways:
        if placed.plan == plan and way.way.among is not None and isinstance(placed.node, AnyMeasure):
            standing = f"{kpi}@{placed.node.of}#{way.way.among}"
            names |= {f"{standing}.{count}" for count in ("better", "distinct", "equal", "size")}
    solved = isinstance(checked.rules.pools.get(checked.rules.plans[plan].pool or ""), Solved)
    names |= {"pool.factor"} if solved else set()
    return names | ({PLAN_RATE, RATE} if checked.rules.exchange else set())
