"""Plans that pull against each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from incentive_engine.rulesets.checks.measures import pays_for
from incentive_engine.rulesets.checks.plans.rule import Found, Linted, plan_rule
from incentive_engine.rulesets.opposites import measured_alike


@plan_rule(
    "P09-opposite-targets",
    bad="""
        sources:
          calls: {path: calls.csv, payee: adviser, team: team, date: started_on}
        kpis:
          short_calls:
            title: {en: Seconds per call, fr: Secondes par appel}
            perspective: internal
            compute: {kind: mean, from: calls, value: seconds}
            better: lower
          long_visits:
            title: {en: Seconds spent with customers, fr: Secondes passées avec les clients}
            perspective: customer
            compute: {kind: mean, from: calls, value: seconds}
            better: higher
        plans:
          adviser:
            scorecard:
              satisfied: {weight: 70%, of: payee, target: 80%, attainment: ratio, curve: on_ratio}
              short_calls: {weight: 30%, of: team, target: 300, attainment: inverse_ratio, curve: on_ratio}
          host:
            title: {en: Host, fr: Hôte}
            pays: bonus
            who: role = "Host"
            target_pay: base_salary * 8% / 4
            scorecard:
              satisfied: {weight: 70%, of: payee, target: 80%, attainment: ratio, curve: on_ratio}
              long_visits: {weight: 30%, of: team, target: 300, attainment: ratio, curve: on_ratio}
        """,
    good="""
        sources:
          calls: {path: calls.csv, payee: adviser, team: team, date: started_on}
        kpis:
          time_taken:
            title: {en: Seconds spent with customers, fr: Secondes passées avec les clients}
            perspective: customer
            compute: {kind: mean, from: calls, value: seconds}
            better: higher
        plans:
          adviser:
            scorecard:
              satisfied: {weight: 70%, of: payee, target: 80%, attainment: ratio, curve: on_ratio}
              time_taken: {weight: 30%, of: team, target: 300, attainment: ratio, curve: on_ratio}
          host:
            title: {en: Host, fr: Hôte}
            pays: bonus
            who: role = "Host"
            target_pay: base_salary * 8% / 4
            scorecard:
              satisfied: {weight: 70%, of: payee, target: 80%, attainment: ratio, curve: on_ratio}
              time_taken: {weight: 30%, of: team, target: 300, attainment: ratio, curve: on_ratio}
        """,
)
def nobody_is_paid_against_another(linted: Linted) -> Iterator[Found]:
    """No two measures pay for opposite results of the same thing.

    One department is paid for short calls and the next for long ones: what one earns, the other loses, and the customer
    is between them. Looked at: measures of one KPI, or of KPIs that measure the same number of the same records, of
    which one pays more for higher results and the other for lower ones.
    """
    kpis, curves = linted.rules.kpis, linted.rules.curves
    paid = []
    for placed, way, name in linted.ways:
        trend = curves[way.way.curve].trend()
        if trend and getattr(placed.node, "weight", None) != 0:
            paid.append((placed, name, pays_for(kpis[name], way.way.attainment, trend)))
    for (one, mine, this_way), (other, theirs, that_way) in combinations(paid, 2):
        if this_way != that_way and measured_alike(kpis[mine], kpis[theirs]):
            message = f"`{other.path}` of `{other.plan}` pays for {that_way} results, and `{one.path}` of `{one.plan}` "
            message += f"for {this_way} ones of the same"
            yield Found(other.at, message, "agree on which way is better for customers, and pay both for it")
