"""KPIs that measure the same thing and want it to go opposite ways."""

from __future__ import annotations

from typing import Any, Final

from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.rulesets.models import Kpi

_NUMBERS: Final = ("value", "numerator", "denominator", "answer", "column")


def measured_alike(one: Kpi, other: Kpi) -> bool:
    """Whether two KPIs measure the same; where they measure a number, whichever facts they look at."""
    return one is other or (_measured(one) is not None and _measured(one) == _measured(other))


def _measured(kpi: Kpi) -> Any:
    if not isinstance(kpi.compute, FromFacts):
        return None
    fields = dict(kpi.compute)
    values = {name: fields[name] for name in _NUMBERS if name in fields}
    return type(kpi.compute), kpi.compute.source, values or fields.get("where")
