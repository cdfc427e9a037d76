"""What a rule set must keep beyond its form. Each check is named for what it guarantees, returns problems, never raises."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath, PureWindowsPath

from babel import Locale

from incentive_engine.documents import Document
from incentive_engine.errors import Problem, did_you_mean
from incentive_engine.kinds.attainments import ATTAINMENTS
from incentive_engine.kinds.base import FromTable, written
from incentive_engine.kinds.kpis import FromFacts, Given, Nps
from incentive_engine.rulesets.checked import Checked
from incentive_engine.rulesets.contracts import parameters, workforce_columns
from incentive_engine.rulesets.formula_uses import formula_uses
from incentive_engine.rulesets.labels import labels_speak_every_language
from incentive_engine.rulesets.models import Measure, Plan, RuleSet
from incentive_engine.rulesets.resolving import ROOT, KeyPath
from incentive_engine.rulesets.shares import declared_customer_share, kpis_of
from incentive_engine.rulesets.walking import Placed, placed_measures, placed_nodes


def names_are_declared(checked: Checked) -> Iterator[Problem]:
    """KPIs, curves, sources and tables that are named exist."""
    rules = checked.rules
    for name, kpi in rules.kpis.items():
        if isinstance(kpi.compute, FromFacts) and kpi.compute.source not in rules.sources:
            at: KeyPath = ("kpis", name, "compute", "from")
            yield checked.unknown(at, "source", kpi.compute.source, rules.sources, "sources")
        for index, driven in enumerate(kpi.drives):
            if driven not in rules.kpis:
                yield checked.unknown(("kpis", name, "drives", index), "kpi", driven, rules.kpis, "kpis")
    for placed, measure, kpi_name in placed_measures(rules):
        if kpi_name not in rules.kpis:
            at = (*placed.at, "kpi") if measure.kpi else placed.at
            yield checked.unknown(at, "kpi", kpi_name, rules.kpis, "kpis")
        if measure.curve not in rules.curves:
            yield checked.unknown((*placed.at, "curve"), "curve", measure.curve, rules.curves, "curves")
    for placed in placed_nodes(rules):
        for field in ("weight", "target", "floor", "cap"):
            value = getattr(placed.node, field, None)
            if isinstance(value, FromTable) and value.table not in rules.tables:
                yield checked.unknown((*placed.at, field, "table"), "table", value.table, rules.tables, "tables")


def weights_add_up(checked: Checked) -> Iterator[Problem]:
    """Weights stand under `weighted_sum` only, on every item, and constants add up to exactly 100 %."""
    for placed in placed_nodes(checked.rules):
        if isinstance(placed.node, Measure):
            continue
        weights = {name: item.weight for name, item in placed.items.items()}
        at = (*placed.items_at,)
        if placed.node.combine == "sum":
            for name, weight in weights.items():
                if weight is not None:
                    where = checked.at(*at, name, "weight")
                    yield Problem(
                        "weight-not-allowed",
                        f"`{name}` has a weight under `combine: sum`",
                        where,
                        "a sum adds the scores as they are: leave the weight out",
                    )
            continue
        missing = [name for name, weight in weights.items() if weight is None]
        for name in missing:
            yield Problem(
                "missing-weight",
                f"`{name}` has no weight",
                checked.at(*at, name),
                "every item of a weighted sum has one: `weight: 40%`",
            )
        constants = [weight for weight in weights.values() if isinstance(weight, Decimal)]
        for name, weight in weights.items():
            if isinstance(weight, Decimal) and weight < 0:
                yield Problem(
                    "negative-weight",
                    f"the weight of `{name}` is {written(weight, percent=True)}",
                    checked.at(*at, name, "weight"),
                    "weights are 0% or more",
                )
        if not missing and len(constants) == len(weights) and sum(constants) != 1:
            told = " + ".join(written(weight, percent=True) for weight in constants)
            total = written(sum(constants, Decimal(0)), percent=True)
            yield Problem(
                "weights-not-100",
                f"the weights of `{placed.name}` add up to {total}, not 100%",
                checked.document.key_at(at),
                f"they are {told}: change one of them",
            )


def targets_fit_attainments(checked: Checked) -> Iterator[Problem]:
    """A measure has the target that its attainment reads, and a result that the attainment can read."""
    for placed, measure, kpi_name in placed_measures(checked.rules):
        kind = ATTAINMENTS[measure.attainment]
        if "target" in kind.needs and measure.target is None:
            yield Problem(
                "missing-target",
                f"`{placed.name}` has no target, which `{kind.name}` needs",
                checked.at(*placed.at, "attainment"),
                "add `target:`, a number or `{table: …}`",
            )
        if "target" not in kind.needs and measure.target is not None:
            yield Problem(
                "target-not-used",
                f"`{kind.name}` reads no target",
                checked.at(*placed.at, "target"),
                "leave `target` out, or use `attainment: difference` or `ratio`",
            )
        if isinstance(measure.target, Decimal) and "target" in kind.positive and measure.target <= 0:
            yield Problem(
                "target-not-positive",
                f"a target of {written(measure.target)} cannot divide",
                checked.at(*placed.at, "target"),
                "a ratio needs a target above zero",
            )
        kpi = checked.rules.kpis.get(kpi_name)
        negative = kpi is not None and (
            isinstance(kpi.compute, Nps) or (isinstance(kpi.compute, Given) and kpi.compute.at_least < 0)
        )
        if negative and not kind.negative_actual:
            yield Problem(
                "ratio-of-negative",
                f"`{kpi_name}` can be negative, so `{kind.name}` says nothing about it",
                checked.at(*placed.at, "attainment"),
                "use `attainment: difference`, with a curve in points",
            )


def fallbacks_lead_somewhere(checked: Checked) -> Iterator[Problem]:
    """What is used instead of a missing result is not the missing result itself."""
    for placed, measure, kpi_name in placed_measures(checked.rules):
        kpi = checked.rules.kpis.get(kpi_name)
        answers = [("on_missing", measure.on_missing, checked.at(*placed.at, "on_missing"))]
        if kpi is not None and kpi.reliability is not None:
            where = checked.at("kpis", kpi_name, "reliability", "otherwise")
            answers.append(("reliability.otherwise", kpi.reliability.otherwise, where))
        wider = {"payee": (), "team": ("team",), "department": ("team", "department"),
                 "company": ("team", "department")}[measure.of]  # fmt: skip
        for key, answer, where in answers:
            if answer in wider:
                yield Problem(
                    "fallback-not-wider",
                    f"`{key}: {answer}` of `{placed.name}` is no wider than its own `of: {measure.of}`",
                    where,
                    "name a wider subject, or `hold`",
                )
            if answer == "target" and measure.target is None:
                yield Problem(
                    "missing-target",
                    f"`{key}: target` of `{placed.name}` has no target to take",
                    where,
                    "`level` has none: use `hold`, `zero` or `reweight`",
                )


def limits_are_in_order(checked: Checked) -> Iterator[Problem]:
    """A floor is not above its cap; bounds of columns and KPIs enclose something."""
    for placed in placed_nodes(checked.rules):
        floor, cap = placed.node.floor, placed.node.cap
        if isinstance(floor, Decimal) and isinstance(cap, Decimal) and floor > cap:
            yield Problem(
                "floor-above-cap",
                f"the floor {written(floor, percent=True)} is above the cap {written(cap, percent=True)}",
                checked.at(*placed.at, "floor"),
                "lower it",
            )
    for name, kpi in checked.rules.kpis.items():
        compute = kpi.compute
        if isinstance(compute, Given) and compute.at_least >= compute.at_most:
            yield Problem(
                "empty-range",
                f"no result of `{name}` can lie between {written(compute.at_least)} and {written(compute.at_most)}",
                checked.at("kpis", name, "compute"),
                "swap the bounds",
            )


def names_do_not_clash(checked: Checked) -> Iterator[Problem]:
    """One name is one thing in every formula."""
    rules = checked.rules
    columns = workforce_columns(rules) | set(rules.workforce.columns)
    for name in rules.kpis:
        if name in columns:
            yield Problem(
                "name-clash",
                f"`{name}` is a KPI and a workforce column",
                checked.document.key_at(("kpis", name)),
                "rename the KPI: a formula could mean either",
            )
    for placed in placed_nodes(rules):
        if not isinstance(placed.node, Plan) and placed.at[2:3] == ("scorecard",) and len(placed.at) == 4:
            if placed.name == ROOT:
                yield Problem(
                    "reserved-name",
                    f"`{ROOT}` is the name of the plan's own score",
                    checked.document.key_at(placed.at),
                    "choose another name",
                )
    for use in formula_uses(rules):
        if use.source is None and not use.with_kpis:
            for name in sorted(use.formula.names & set(rules.kpis)):
                yield Problem(
                    "kpi-not-allowed",
                    f"`{name}` is a KPI: who is paid and on what base cannot depend on it",
                    checked.document.inside(use.at, use.formula.text.find(name)),
                    "KPIs belong in the scorecard, in gates and in modifiers",
                )


def places_exist(checked: Checked) -> Iterator[Problem]:
    """The time zone and the currency are known, and paths stay inside the data folder."""
    rules = checked.rules
    known = zoneinfo.available_timezones()
    if rules.timezone not in known:
        yield Problem(
            "unknown-timezone",
            f"there is no time zone `{rules.timezone}`",
            checked.at("timezone"),
            did_you_mean(rules.timezone, known) or "write it as Europe/Paris",
        )
    currencies = set(Locale("en").currencies)
    if rules.currency not in currencies:
        yield Problem(
            "unknown-currency",
            f"there is no currency `{rules.currency}`",
            checked.at("currency"),
            did_you_mean(rules.currency, currencies) or "write its ISO 4217 code, as EUR",
        )
    tables = {("workforce",): rules.workforce, ("results",): rules.results}
    tables |= {("sources", name): source for name, source in rules.sources.items()}  # type: ignore[dict-item]
    tables |= {("tables", name): table for name, table in rules.tables.items()}  # type: ignore[dict-item]
    for at, table in tables.items():
        outside = PurePosixPath(table.path).is_absolute() or PureWindowsPath(table.path).drive or "://" in table.path
        if outside or ".." in PurePosixPath(table.path.replace("\\", "/")).parts:
            yield Problem(
                "path-refused",
                f"`{table.path}` is not inside the data folder",
                checked.at(*at, "path"),
                "write it relative to the folder given by `--data`, without `..`",
            )


def tables_pick_rows(checked: Checked) -> Iterator[Problem]:
    """A table with a row per KPI is read by measures only."""
    rules = checked.rules
    for placed in placed_nodes(rules):
        for field in ("weight", "floor", "cap"):
            value = getattr(placed.node, field, None)
            if isinstance(value, FromTable) and value.table in rules.tables and not isinstance(placed.node, Measure):
                if "kpi" in rules.tables[value.table].keys:
                    yield Problem(
                        "no-kpi-here",
                        f"table `{value.table}` has a row per KPI, and a group has no KPI",
                        checked.at(*placed.at, field),
                        "use a table without the key `kpi`",
                    )
    for name, table in rules.tables.items():
        if len(set(table.keys)) < len(table.keys):
            yield Problem(
                "repeated-name",
                f"table `{name}` names a key twice",
                checked.at("tables", name, "keys"),
                "each key once",
            )


def principles_hold(checked: Checked) -> Iterator[Problem]:
    """Every plan keeps what the rule set promises."""
    rules, promised = checked.rules, checked.rules.principles
    for name, plan in rules.plans.items():
        if any(kpi not in rules.kpis for kpi in kpis_of(plan)):
            continue
        where = checked.document.key_at(("plans", name))
        share = declared_customer_share(rules, plan)
        least = promised.customer_weight and Fraction(promised.customer_weight.at_least)
        if least is not None and share is not None and share < least:
            yield Problem(
                "customer-weight",
                f"customer KPIs weigh {written(share, percent=True)} in `{name}`, less than the "
                f"{written(least, percent=True)} of `principles`",
                where,
                "raise their weights, or change the principle",
            )
        most = promised.kpis_per_plan and promised.kpis_per_plan.at_most
        if most is not None and len(kpis_of(plan)) > most:
            yield Problem(
                "too-many-kpis",
                f"`{name}` has {len(kpis_of(plan))} KPIs, more than the {most} of `principles`",
                where,
                "keep those that matter most",
            )


def everything_is_used(checked: Checked) -> Iterator[Problem]:
    """Nothing is declared for nothing (a warning)."""
    rules = checked.rules
    named = {name for use in formula_uses(rules) for name in use.formula.names}
    used = {
        "kpis": {kpi for _, _, kpi in placed_measures(rules)}
        | named
        | {d for k in rules.kpis.values() for d in k.drives},
        "curves": {measure.curve for _, measure, _ in placed_measures(rules)},
        "sources": {kpi.compute.source for kpi in rules.kpis.values() if isinstance(kpi.compute, FromFacts)},
        "tables": {parameter.table for parameter in parameters(rules)},
    }
    for section, names in used.items():
        for name in getattr(rules, section):
            if name not in names:
                yield Problem(
                    "not-used",
                    f"nothing uses `{name}`",
                    checked.document.key_at((section, name)),
                    "remove it, or put it to work",
                    level="warning",
                )


def examples_name_what_exists(checked: Checked) -> Iterator[Problem]:
    """Examples speak of plans, nodes and KPIs of the rule set."""
    rules = checked.rules
    for index, example in enumerate(rules.examples):
        at = ("examples", index)
        if example.plan not in rules.plans:
            yield checked.unknown((*at, "plan"), "plan", example.plan, rules.plans, "plans")
            continue
        for name in example.results:
            if name not in rules.kpis:
                yield checked.unknown((*at, "results", name), "kpi", name, rules.kpis, "kpis")
        paths = {_path(placed) for placed in placed_nodes(rules) if placed.plan == example.plan}
        for path in example.expect.scores:
            if path not in paths:
                yield checked.unknown((*at, "expect", "scores", path), "node", path, paths - {""}, "scorecard")


def _path(placed: Placed) -> str:
    return ".".join(str(key) for key in placed.at[3:] if key != "items") if len(placed.at) > 2 else ROOT


RULE_CHECKS: tuple[Callable[[Checked], Iterator[Problem]], ...] = (
    names_are_declared,
    weights_add_up,
    targets_fit_attainments,
    fallbacks_lead_somewhere,
    limits_are_in_order,
    names_do_not_clash,
    places_exist,
    tables_pick_rows,
    labels_speak_every_language,
    principles_hold,
    examples_name_what_exists,
    everything_is_used,
)


def check_rules(rules: RuleSet, document: Document) -> list[Problem]:
    """Everything that is wrong with a declared rule set, warnings included."""
    checked = Checked(rules, document)
    return [problem for check in RULE_CHECKS for problem in check(checked)]
