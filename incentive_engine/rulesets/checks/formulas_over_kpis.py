"""KPIs over KPIs: a formula ends at results that do not need its own, and the other kinds say what they can.

Formulas are walked with care here: a check may see KPIs that do not exist, or that read each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from incentive_engine.errors import Problem
from incentive_engine.kinds.grids import Grid
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.kinds.kpis import Nps
from incentive_engine.kinds.over_kpis import OverKpis
from incentive_engine.rulesets.checked import Checked, tells
from incentive_engine.rulesets.models import Kpi


@tells("endless-formula", "names-no-kpi", about=(OverKpis,))
def formulas_over_kpis_end(checked: Checked) -> Iterator[Problem]:
    """A formula over KPIs names some, and none that needs its own result, be it an earlier one."""
    kpis = checked.rules.kpis
    for name, kpi in kpis.items():
        where = checked.at("kpis", name, "compute", "value")
        if isinstance(kpi.compute, OverKpis) and not kpi.compute.kpis:
            message = f"the formula of `{name}` names no KPI: it would be the same for everybody"
            yield Problem("names-no-kpi", message, where, "name those that it is worked out from")
        circle = _circle(kpis, name)
        if circle and circle[0] == min(circle, key=list(kpis).index):  # told once, at the first of them
            told = " → ".join(f"`{each}`" for each in circle)
            message = f"`{name}` is worked out from itself: {told}"
            yield Problem("endless-formula", message, where, "let one of them read facts, or be given")


@tells("over-not-allowed", about=(Kpi,))
def windows_are_of_facts(checked: Checked) -> Iterator[Problem]:
    """Only what is computed from facts looks at other days than those of the period."""
    for name, kpi in checked.rules.kpis.items():
        if kpi.over != "period" and not isinstance(kpi.compute, FromFacts):
            over = isinstance(kpi.compute, OverKpis)
            message = f"`{name}` has no facts of its own: `over` says which days of facts count"
            hint = "write `over` at the KPIs that it reads" if over else "leave `over` out"
            yield Problem("over-not-allowed", message, checked.at("kpis", name, "over"), hint)


@tells("bands-out-of-order", about=(Nps,))
def bands_are_in_order(checked: Checked) -> Iterator[Problem]:
    """Detractors answer lower than promoters, and promoters not above the scale."""
    for name, kpi in checked.rules.kpis.items():
        nps = kpi.compute
        if isinstance(nps, Nps) and not nps.detractors_to < nps.promoters_from <= nps.at_most:
            key = next(each for each in (*_BANDS, "kind") if each in nps.model_fields_set)
            message = f"the answers of `{name}` are out of order: detractors up to {nps.detractors_to}, promoters "
            message += f"from {nps.promoters_from}, at most {nps.at_most}"
            hint = "it must be `detractors_to` < `promoters_from` ≤ `at_most`; 6, 9 and 10 unless said"
            yield Problem("bands-out-of-order", message, checked.at("kpis", name, "compute", key), hint)


@tells("two-scales", about=(Nps, Grid))
def answers_have_one_scale(checked: Checked) -> Iterator[Problem]:
    """A column of answers or marks has one scale."""
    scales: dict[tuple[str, str], tuple[str, int]] = {}
    for name, kpi in checked.rules.kpis.items():
        if isinstance(kpi.compute, FromFacts):
            for key, (column, _, most) in kpi.compute.answers().items():
                source = checked.rules.source_behind(kpi.compute.source)
                other, before = scales.setdefault((source, column), (name, most))
                if most != before:
                    message = f"`{column}` goes up to {most} for `{name}`, and up to {before} for `{other}`"
                    where = checked.at("kpis", name, "compute", *key.split("."))
                    yield Problem("two-scales", message, where, "read one column for each scale")


_BANDS = ("promoters_from", "detractors_to", "at_most")


def read_by(kpi: Kpi) -> frozenset[str]:
    """The KPIs that a KPI names."""
    return frozenset(kpi.compute.kpis) if isinstance(kpi.compute, OverKpis) else frozenset()


def behind(kpis: Mapping[str, Kpi], name: str) -> list[str]:
    """The KPI itself and all that it stands on, each after what it reads; names of no KPI are among them."""
    found: dict[str, None] = {}
    open_: set[str] = set()

    def visit(each: str) -> None:
        if each in found or each in open_:
            return
        open_.add(each)
        for read in sorted(read_by(kpis[each])) if each in kpis else ():
            visit(read)
        found[each] = None

    visit(name)
    return list(found)


def after_what_they_read(kpis: Mapping[str, Kpi]) -> list[str]:
    """All KPIs, each after those that it reads."""
    return list(dict.fromkeys(each for name in kpis for each in behind(kpis, name)))


def _circle(kpis: Mapping[str, Kpi], start: str) -> list[str]:
    """The shortest way from a KPI back to itself; empty where there is none."""
    ways = [[start]]
    seen: set[str] = set()
    for way in ways:
        for read in sorted(read_by(kpis[way[-1]])):
            if read == start:
                return [*way, start]
            if read in kpis and read not in seen:
                seen.add(read)
                ways.append([*way, read])
    return []
