"""The numbered rules, in the order of their numbers."""

from __future__ import annotations

from incentive_engine.rulesets.checks.plans.conditions import gates_can_shut
from incentive_engine.rulesets.checks.plans.curves import (
    all_of_a_curve_is_reached,
    curves_do_not_turn,
    no_step_moves_much_pay,
)
from incentive_engine.rulesets.checks.plans.customers import customers_weigh_enough
from incentive_engine.rulesets.checks.plans.french_law import (
    labels_are_in_french,
    pay_for_work_is_not_lost_by_leaving,
    people_are_told_before,
    ranks_have_no_quotas,
)
from incentive_engine.rulesets.checks.plans.french_words import discretion_has_a_reason_and_a_limit, pay_is_no_sanction
from incentive_engine.rulesets.checks.plans.noise import luck_does_not_decide
from incentive_engine.rulesets.checks.plans.opposites import nobody_is_paid_against_another
from incentive_engine.rulesets.checks.plans.rule import PlanRule
from incentive_engine.rulesets.checks.plans.weights import (
    caps_are_above_targets,
    every_measure_makes_a_difference,
    no_kpi_counts_twice,
)

PLAN_RULES: tuple[PlanRule, ...] = (
    no_step_moves_much_pay,
    curves_do_not_turn,
    caps_are_above_targets,
    gates_can_shut,
    all_of_a_curve_is_reached,
    every_measure_makes_a_difference,
    no_kpi_counts_twice,
    luck_does_not_decide,
    nobody_is_paid_against_another,
    customers_weigh_enough,
    labels_are_in_french,
    people_are_told_before,
    pay_is_no_sanction,
    pay_for_work_is_not_lost_by_leaving,
    ranks_have_no_quotas,
    discretion_has_a_reason_and_a_limit,
)
