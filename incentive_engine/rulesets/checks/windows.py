"""Windows: results over assignments differ from payee to payee, and are read where one payee is paid."""

from __future__ import annotations

from collections.abc import Iterator

from incentive_engine.errors import Location, Problem
from incentive_engine.kinds.attainments import ATTAINMENTS
from incentive_engine.kinds.pools import PoolKind
from incentive_engine.kinds.windows import ASSIGNMENT
from incentive_engine.rulesets.checked import Checked, tells
from incentive_engine.rulesets.checks.formulas_over_kpis import read_by
from incentive_engine.rulesets.models import Kpi, MeasureFields


@tells("assignment-not-allowed", about=(Kpi, MeasureFields, PoolKind))
def assignments_are_of_one_payee(checked: Checked) -> Iterator[Problem]:
    """Results over assignments need a table of assignments, and are read where one payee is paid for one of them."""
    kpis = checked.rules.kpis
    over = {name for name, kpi in kpis.items() if kpi.over == ASSIGNMENT}
    if checked.rules.assignments is None:
        for name in sorted(over, key=list(kpis).index):
            message = f"`{name}` is worked out over assignments, and nothing says where they are"
            hint = "write `assignments: {path: assignments.csv}` above, or leave `over` out"
            yield Problem("assignment-not-allowed", message, checked.at("kpis", name, "over"), hint)
        return
    for name, why, where in _elsewhere(checked):
        if name in over:
            message = f"`{name}` is worked out over assignments, each with a result of its own: {why}"
            hint = f"leave `over: assignment` of `{name}` out, or measure the whole period by another KPI"
            yield Problem("assignment-not-allowed", message, where, hint)


def _elsewhere(checked: Checked) -> Iterator[tuple[str, str, Location]]:
    """Each KPI that is read as a result of the whole period, why it has to be one, and where that is written."""
    for name, kpi in checked.rules.kpis.items():
        for read in sorted(read_by(kpi)):
            yield read, f"`{name}` cannot tell which to read", checked.at("kpis", name, "compute", "value")
        if kpi.reliability is not None and kpi.reliability.otherwise == "previous":
            where = checked.at("kpis", name, "reliability", "otherwise")
            yield name, "the period before knows none of them", where
    for placed, measure, name in checked.measures:
        if measure.average_of is not None:
            where = checked.at(*placed.at, "average_of")
            yield name, f"they are not made of {measure.average_of}", where
        if measure.target_for == "presence":
            where = checked.at(*placed.at, "target_for")
            yield name, "how far somebody was there is known of the whole period", where
        if measure.on_missing == "previous":
            yield name, "the period before knows none of them", checked.at(*placed.at, "on_missing")
    for _, way, name in checked.ways:
        if ATTAINMENTS[way.way.attainment].ranked:
            where = checked.at(*way.at, "attainment")
            yield name, "those of different days cannot be ranked", where
    for name, pool in checked.rules.pools.items():
        for read in checked.kpis_in(pool.fund.formula):
            yield read, "a pool is one sum for all of them", checked.at("pools", name, "fund")
