"""What a rule set must keep beyond its form: every check, in the order in which a reader would ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from incentive_engine.documents import Document
from incentive_engine.errors import Problem
from incentive_engine.rulesets.checked import Checked
from incentive_engine.rulesets.checks.labels import labels_speak_every_language
from incentive_engine.rulesets.checks.names import (
    everything_is_used,
    kpis_and_columns_differ,
    kpis_are_not_misspelt,
    kpis_read_what_exists,
    kpis_stay_out_of_who,
    plans_read_what_exists,
    results_differ,
    tables_differ,
)
from incentive_engine.rulesets.checks.promises import (
    customers_weigh_enough,
    examples_name_what_exists,
    plans_have_few_kpis,
)
from incentive_engine.rulesets.checks.scorecards import (
    better_results_pay_more,
    floors_are_below_caps,
    groups_have_no_kpi,
    ratios_are_of_positive_results,
    targets_fit_attainments,
    weights_add_up,
    weights_and_caps_are_not_negative,
)
from incentive_engine.rulesets.checks.subjects import facts_name_their_subjects, fallbacks_lead_somewhere
from incentive_engine.rulesets.checks.tables import (
    bounds_enclose_something,
    columns_keep_their_type,
    currency_is_known,
    encodings_are_known,
    facts_have_one_use_per_column,
    headers_can_be_read,
    paths_stay_inside,
    tables_pick_one_row,
    timezone_is_known,
)
from incentive_engine.rulesets.models import RuleSet

RULE_CHECKS: tuple[Callable[[Checked], Iterator[Problem]], ...] = (
    kpis_read_what_exists,
    plans_read_what_exists,
    kpis_and_columns_differ,
    tables_differ,
    results_differ,
    kpis_stay_out_of_who,
    kpis_are_not_misspelt,
    weights_add_up,
    targets_fit_attainments,
    ratios_are_of_positive_results,
    fallbacks_lead_somewhere,
    facts_name_their_subjects,
    floors_are_below_caps,
    weights_and_caps_are_not_negative,
    better_results_pay_more,
    groups_have_no_kpi,
    timezone_is_known,
    currency_is_known,
    paths_stay_inside,
    encodings_are_known,
    bounds_enclose_something,
    headers_can_be_read,
    columns_keep_their_type,
    facts_have_one_use_per_column,
    tables_pick_one_row,
    labels_speak_every_language,
    customers_weigh_enough,
    plans_have_few_kpis,
    examples_name_what_exists,
    everything_is_used,
)


def check_rules(rules: RuleSet, document: Document) -> list[Problem]:
    """Everything that is wrong with a declared rule set, warnings included."""
    checked = Checked(rules, document)
    problems = [problem for check in RULE_CHECKS for problem in check(checked)]
    if any(problem.code.startswith("unknown-") for problem in problems):  # what is misspelt elsewhere seems unused
        problems = [problem for problem in problems if problem.code != "not-used"]
    return problems
