"""The numbered rules, in the order of their numbers."""

from __future__ import annotations

from incentive_engine.rulesets.checks.plans.customers import customers_weigh_enough
from incentive_engine.rulesets.checks.plans.rule import PlanRule

PLAN_RULES: tuple[PlanRule, ...] = (customers_weigh_enough,)
