"""KPI kinds: what is given, and what is added up from facts; the union on the last line holds all the others, too.

Every kind that adds up says what one fact adds to a numerator and a denominator, and whether it counts. To add a kind:
one class, and its name in the union on the last line.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from incentive_engine.exact import Exact
from incentive_engine.formulas import Formula, Scope, Type, compile_condition, compile_number
from incentive_engine.kinds.attainments import Better
from incentive_engine.kinds.grids import Grid
from incentive_engine.kinds.intervals import AdjustedWald, Garwood, Linearised, OfSums, StudentT, Wilson
from incentive_engine.kinds.kpi_kind import Added, KpiKind, OneMore, Tally
from incentive_engine.kinds.kpis_of_customers import Distinct, Repeat, WithoutRepeat
from incentive_engine.kinds.over_kpis import OverKpis
from incentive_engine.kinds.percentiles import Percentile
from incentive_engine.kinds.wording import AnyLanguage, Words, said


class Given(KpiKind):
    """A result that is delivered ready-made, in the `kpis` table."""

    kind: Literal["given"]
    at_least: Annotated[Decimal, Field(description="The smallest result that can be right.")] = Decimal(0)
    at_most: Annotated[Decimal, Field(description="The greatest result that can be right.")] = Decimal(10**9)
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("given")

    @property
    def possible(self) -> tuple[Decimal, Decimal]:
        return self.at_least, self.at_most


class Nps(Added):
    """Net promoter score: percentage of 9 and 10 less that of 0 to 6 (Reichheld, Harvard Business Review, 2003)."""

    kind: Literal["nps"]
    answer: Annotated[str, Field(description="The column that holds the answer, 0 to `at_most`.")]
    promoters_from: Annotated[int, Field(ge=1, description="The lowest answer of a promoter.")] = 9
    detractors_to: Annotated[int, Field(ge=0, description="The highest answer of a detractor.")] = 6
    at_most: Annotated[int, Field(ge=1, le=100, description="The highest answer on the scale.")] = 10
    interval: ClassVar[OfSums | None] = AdjustedWald()
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("nps")

    def answers(self) -> dict[str, tuple[str, int, int]]:
        return {"answer": (self.answer, 0, self.at_most)}

    def tally(self, scope: Scope) -> Tally:
        answer = scope[self.answer]
        assert isinstance(answer, Exact)
        points = Exact.choose(
            (answer.at_least(self.promoters_from), Exact.of(100)),
            (answer.at_most(self.detractors_to), Exact.of(-100)),
            otherwise=Exact.of(0),
        )
        return Tally(points, Exact.of(1), self._counted(scope, answer))

    def sentence_fields(self, language: AnyLanguage) -> dict[str, str]:
        promoters = _band(self.promoters_from, self.at_most, language)
        return {"promoters": promoters, "detractors": _band(0, self.detractors_to, language)}

    def one_more(self, better: Better) -> OneMore | None:
        return OneMore("promoter", 100, 1) if better == "higher" else None

    @property
    def possible(self) -> tuple[Decimal, Decimal]:
        return Decimal(-100), Decimal(100)


def _band(low: int, high: int, language: AnyLanguage) -> str:
    """The answers from one to another, in words."""
    if high <= low:
        return str(low)
    if high == low + 1:
        return said(language, "band_of_two", low=low, high=high)
    return said(language, "band", low=low, high=high)


class Mean(Added):
    """Mean of a number over facts."""

    kind: Literal["mean"]
    value: Annotated[Formula, Field(description="The number, from the fact's columns.")]
    interval: ClassVar[OfSums | None] = StudentT()
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("mean")

    def formulas(self) -> dict[str, tuple[Formula, Type]]:
        return {"value": (self.value, "number"), **super().formulas()}

    def tally(self, scope: Scope) -> Tally:
        value = compile_number(self.value, scope)
        return Tally(value, Exact.of(1), self._counted(scope, value))


class Share(Added):
    """Share of facts that meet a condition, among those for which it is known."""

    kind: Literal["share"]
    where: Annotated[Formula, Field(description="The condition to meet.")]
    among: Annotated[Formula | None, Field(description="Which facts are looked at; all unless said.")] = None
    in_percent: ClassVar[bool] = True
    filters: ClassVar[tuple[str, ...]] = ("among",)
    interval: ClassVar[OfSums | None] = Wilson()
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("share")

    def formulas(self) -> dict[str, tuple[Formula, Type]]:
        return {**super().formulas(), **({"among": (self.among, "boolean")} if self.among else {})}

    def tally(self, scope: Scope) -> Tally:
        met = compile_condition(self.where, scope)
        counts = met.is_not_null()
        if self.among:
            counts = counts & compile_condition(self.among, scope).fill_null(False)
        return Tally(Exact.choose((met, Exact.of(1)), otherwise=Exact.of(0)), Exact.of(1), counts)

    def sentence(self, language: AnyLanguage) -> str:
        among = said(language, "share_among", among=self.among.text) if self.among else ""
        return super().sentence(language) + among

    def one_more(self, better: Better) -> OneMore:
        return OneMore("met", 1, 1) if better == "higher" else OneMore("unmet", 0, 1)


class Count(Added):
    """Number of facts."""

    kind: Literal["count"]
    filters: ClassVar[tuple[str, ...]] = ()
    whole: ClassVar[bool] = True
    zero_without_facts: ClassVar[bool] = True
    interval: ClassVar[OfSums | None] = Garwood()
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("count")

    def tally(self, scope: Scope) -> Tally:
        return Tally(Exact.of(1), None, self._counted(scope))

    def one_more(self, better: Better) -> OneMore:
        return OneMore("more", 1, 0) if better == "higher" else OneMore("fewer", -1, 0, facts=-1)

    @property
    def possible(self) -> tuple[Decimal, None]:
        return Decimal(0), None


class Sum(Added):
    """Sum of a number over facts."""

    kind: Literal["sum"]
    value: Annotated[Formula, Field(description="The number, from the fact's columns.")]
    zero_without_facts: ClassVar[bool] = True
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("sum")

    def formulas(self) -> dict[str, tuple[Formula, Type]]:
        return {"value": (self.value, "number"), **super().formulas()}

    def tally(self, scope: Scope) -> Tally:
        value = compile_number(self.value, scope)
        return Tally(value, None, self._counted(scope, value))


class Ratio(Added):
    """Sum of one number over sum of another."""

    kind: Literal["ratio"]
    numerator: Annotated[Formula, Field(description="What is added up above.")]
    denominator: Annotated[Formula, Field(description="What is added up below; never negative.")]
    interval: ClassVar[OfSums | None] = Linearised()
    words: ClassVar[Mapping[AnyLanguage, str]] = Words("ratio")

    def formulas(self) -> dict[str, tuple[Formula, Type]]:
        return {
            "numerator": (self.numerator, "number"),
            "denominator": (self.denominator, "number"),
            **super().formulas(),
        }

    def tally(self, scope: Scope) -> Tally:
        numerator, denominator = compile_number(self.numerator, scope), compile_number(self.denominator, scope)
        return Tally(numerator, denominator, self._counted(scope, numerator, denominator))


KpiCompute = Annotated[
    Given | Nps | Mean | Share | Count | Sum | Ratio | Grid | Percentile | Distinct | Repeat | WithoutRepeat | OverKpis,
    Field(discriminator="kind"),
]
