"""What a rule set must keep beyond its form: every check, in the order in which a reader would ask."""

from __future__ import annotations

from incentive_engine.errors import Problem
from incentive_engine.rulesets.checked import Check, Checked, at_all_times
from incentive_engine.rulesets.checks.calendars import (
    calendars_are_there,
    holidays_are_known,
    opening_hours_can_be_kept,
)
from incentive_engine.rulesets.checks.curves import curves_have_no_holes
from incentive_engine.rulesets.checks.days import (
    days_in_force_exist,
    editions_follow_each_other,
    names_mean_one_thing,
    numbers_begin_with_their_plan,
)
from incentive_engine.rulesets.checks.entries import meanings_are_of_what_is_measured
from incentive_engine.rulesets.checks.exchange import (
    currencies_change_with_their_amounts,
    own_amounts_are_converted_first,
)
from incentive_engine.rulesets.checks.formulas_over_kpis import (
    answers_have_one_scale,
    bands_are_in_order,
    formulas_over_kpis_end,
    windows_are_of_facts,
)
from incentive_engine.rulesets.checks.labels import labels_speak_every_language
from incentive_engine.rulesets.checks.leave import (
    absences_of_one_standing_are_alike,
    plans_that_leave_reduces_are_prorated,
    targets_for_presence_are_of_volumes,
    types_of_leave_can_be_told_apart,
)
from incentive_engine.rulesets.checks.measures import (
    benchmarks_lead_somewhere,
    better_results_pay_more,
    divisors_are_positive,
    inverse_ratios_end,
    ranks_are_in_populations,
    ranks_compare_several,
    ratios_are_of_positive_results,
    ways_have_what_they_need,
)
from incentive_engine.rulesets.checks.names import (
    curves_and_factors_can_be_named,
    everything_is_used,
    kpis_and_columns_differ,
    kpis_read_what_exists,
    kpis_stay_out_of_who,
    names_are_not_misspelt,
    plans_read_what_exists,
    results_differ,
    tables_differ,
)
from incentive_engine.rulesets.checks.payments import (
    factors_are_those_of_the_pool,
    factors_have_a_range,
    minima_are_below_maxima,
    one_pool_rounds_alike,
    parts_are_the_whole_pool,
    payouts_name_separate_nodes,
    plans_share_what_they_can,
    sums_are_of_the_whole_pool,
)
from incentive_engine.rulesets.checks.people import (
    averages_are_of_numbers,
    each_column_has_one_history,
    pay_is_for_days,
    pools_are_shared_by_days,
    what_changes_is_read,
)
from incentive_engine.rulesets.checks.promises import (
    examples_name_what_exists,
    kpis_are_renewed,
    plans_have_few_kpis,
)
from incentive_engine.rulesets.checks.scorecards import (
    enough_items_can_be_there,
    floors_are_below_caps,
    groups_have_no_kpi,
    limits_are_above_floors,
    weights_add_up,
    weights_and_caps_are_not_negative,
)
from incentive_engine.rulesets.checks.sources import (
    exclusions_are_symmetric,
    invitations_are_of_others,
    repeats_are_of_facts,
    shares_are_of_facts,
)
from incentive_engine.rulesets.checks.subjects import (
    facts_name_their_subjects,
    fallbacks_lead_somewhere,
    results_weighed_are_alike,
)
from incentive_engine.rulesets.checks.tables import (
    bounds_enclose_something,
    columns_keep_their_type,
    columns_of_facts_differ,
    currency_is_known,
    encodings_are_known,
    facts_have_one_use_per_column,
    headers_can_be_read,
    paths_stay_inside,
    tables_pick_one_row,
    timezone_is_known,
)
from incentive_engine.rulesets.checks.verbatims import verbatims_stand_in_facts
from incentive_engine.rulesets.checks.waivers import waivers_are_of_rules
from incentive_engine.rulesets.checks.windows import assignments_are_of_one_payee

RULE_CHECKS: tuple[Check, ...] = (
    kpis_read_what_exists,
    formulas_over_kpis_end,
    windows_are_of_facts,
    assignments_are_of_one_payee,
    bands_are_in_order,
    answers_have_one_scale,
    plans_read_what_exists,
    kpis_and_columns_differ,
    tables_differ,
    curves_and_factors_can_be_named,
    results_differ,
    kpis_stay_out_of_who,
    names_are_not_misspelt,
    weights_add_up,
    enough_items_can_be_there,
    ways_have_what_they_need,
    divisors_are_positive,
    benchmarks_lead_somewhere,
    ranks_are_in_populations,
    ranks_compare_several,
    ratios_are_of_positive_results,
    inverse_ratios_end,
    curves_have_no_holes,
    fallbacks_lead_somewhere,
    results_weighed_are_alike,
    facts_name_their_subjects,
    exclusions_are_symmetric,
    shares_are_of_facts,
    repeats_are_of_facts,
    invitations_are_of_others,
    floors_are_below_caps,
    limits_are_above_floors,
    weights_and_caps_are_not_negative,
    better_results_pay_more,
    groups_have_no_kpi,
    plans_share_what_they_can,
    factors_are_those_of_the_pool,
    payouts_name_separate_nodes,
    parts_are_the_whole_pool,
    minima_are_below_maxima,
    factors_have_a_range,
    sums_are_of_the_whole_pool,
    one_pool_rounds_alike,
    pay_is_for_days,
    pools_are_shared_by_days,
    each_column_has_one_history,
    averages_are_of_numbers,
    what_changes_is_read,
    timezone_is_known,
    currency_is_known,
    days_in_force_exist,
    editions_follow_each_other,
    names_mean_one_thing,
    numbers_begin_with_their_plan,
    own_amounts_are_converted_first,
    currencies_change_with_their_amounts,
    paths_stay_inside,
    encodings_are_known,
    bounds_enclose_something,
    headers_can_be_read,
    columns_of_facts_differ,
    absences_of_one_standing_are_alike,
    types_of_leave_can_be_told_apart,
    plans_that_leave_reduces_are_prorated,
    targets_for_presence_are_of_volumes,
    opening_hours_can_be_kept,
    holidays_are_known,
    calendars_are_there,
    columns_keep_their_type,
    facts_have_one_use_per_column,
    verbatims_stand_in_facts,
    tables_pick_one_row,
    labels_speak_every_language,
    plans_have_few_kpis,
    kpis_are_renewed,
    waivers_are_of_rules,
    examples_name_what_exists,
    meanings_are_of_what_is_measured,
    everything_is_used,
)


def check_rules(checked: Checked) -> list[Problem]:
    """Everything that is wrong with a declared rule set, at whatever time; warnings included."""
    found = (problem for each in at_all_times(checked) for check in RULE_CHECKS for problem in check(each))
    problems = list(dict.fromkeys(found))
    if any(problem.code.startswith("unknown-") for problem in problems):  # what is misspelt elsewhere seems unused
        problems = [problem for problem in problems if problem.code != "not-used"]
    return problems
