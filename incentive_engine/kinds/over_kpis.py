"""KPIs over KPIs: complaints per thousand calls, the change since last year.

Worked out from the results of other KPIs as they are printed, of the same subject, so that anybody can work it out
again from the page; what is missing stays missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from incentive_engine.exact import Exact
from incentive_engine.formulas import Formula, Scope, compile_number
from incentive_engine.kinds.kpi_kind import KpiKind
from incentive_engine.kinds.wording import AnyLanguage, Words

EARLIER: Final[Mapping[str, str]] = {
    "previous": "of the period before",
    "year_before": "of the same period a year before",
}
"""What may follow the name of a KPI, after a dot."""


@dataclass(frozen=True, slots=True)
class Read:
    """A result that a formula names: of a KPI, in its own period (`when` is empty) or in an earlier one."""

    kpi: str
    when: str


class OverKpis(KpiKind):
    """A formula over the results of other KPIs, of the same subject; its n is the least of theirs."""

    kind: Literal["formula"]
    value: Annotated[
        Formula,
        Field(
            description="The number, from KPIs: `complaints`, `complaints.previous` of the period before, "
            "`complaints.year_before` of the same period a year before."
        ),
    ]
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("over_kpis")

    def reads(self) -> dict[str, Read]:
        """The results that the formula names, by the name that it gives them."""
        parts = {name: name.partition(".") for name in sorted(self.value.names)}
        return {name: Read(kpi, when) for name, (kpi, _, when) in parts.items()}

    @property
    def kpis(self) -> frozenset[str]:
        """The KPIs that it names."""
        return frozenset(read.kpi for read in self.reads().values())

    def result(self, scope: Scope) -> Exact:
        """The value, in a scope that holds the results."""
        return compile_number(self.value, scope)
