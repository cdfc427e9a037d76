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
from incentive_engine.kinds.base import Language
from incentive_engine.kinds.grids import Grid
from incentive_engine.kinds.intervals import AdjustedWald, Garwood, Linearised, OfSums, StudentT, Wilson
from incentive_engine.kinds.kpi_kind import Added, KpiKind, Tally
from incentive_engine.kinds.kpis_of_customers import Distinct, Repeat, WithoutRepeat
from incentive_engine.kinds.over_kpis import OverKpis
from incentive_engine.kinds.percentiles import Percentile


class Given(KpiKind):
    """A result that is delivered ready-made, in the `kpis` table."""

    kind: Literal["given"]
    at_least: Annotated[Decimal, Field(description="The smallest result that can be right.")] = Decimal(0)
    at_most: Annotated[Decimal, Field(description="The greatest result that can be right.")] = Decimal(10**9)
    words: ClassVar[Mapping[Language, str]] = {"en": "given", "fr": "donné"}


class Nps(Added):
    """Net promoter score: percentage of 9 and 10 less that of 0 to 6 (Reichheld, Harvard Business Review, 2003)."""

    kind: Literal["nps"]
    answer: Annotated[str, Field(description="The column that holds the answer, 0 to `at_most`.")]
    promoters_from: Annotated[int, Field(ge=1, description="The lowest answer of a promoter.")] = 9
    detractors_to: Annotated[int, Field(ge=0, description="The highest answer of a detractor.")] = 6
    at_most: Annotated[int, Field(ge=1, le=100, description="The highest answer on the scale.")] = 10
    interval: ClassVar[OfSums | None] = AdjustedWald()
    words: ClassVar[Mapping[Language, str]] = {
        "en": "100 × (answers of {promoters} − answers of {detractors}) ÷ answers to `{answer}` in {facts}",
        "fr": "100 × (réponses {promoters} − réponses {detractors}) ÷ réponses à « {answer} » dans {facts}",
    }

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

    def sentence_fields(self, language: Language) -> dict[str, str]:
        promoters = _band(self.promoters_from, self.at_most, language)
        return {"promoters": promoters, "detractors": _band(0, self.detractors_to, language)}


def _band(low: int, high: int, language: Language) -> str:
    """The answers from one to another, in words."""
    if high <= low:
        return str(low)
    if high == low + 1:
        return f"{low} {'or' if language == 'en' else 'ou'} {high}"
    return f"{low} to {high}" if language == "en" else f"de {low} à {high}"


class Mean(Added):
    """Mean of a number over facts."""

    kind: Literal["mean"]
    value: Annotated[Formula, Field(description="The number, from the fact's columns.")]
    interval: ClassVar[OfSums | None] = StudentT()
    words: ClassVar[Mapping[Language, str]] = {
        "en": "sum of `{value}` ÷ number of {facts}",
        "fr": "somme de « {value} » ÷ nombre de {facts}",
    }

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
    words: ClassVar[Mapping[Language, str]] = {
        "en": "share of {source} with {where}",
        "fr": "part de {source} avec {where}",
    }

    def formulas(self) -> dict[str, tuple[Formula, Type]]:
        return {**super().formulas(), **({"among": (self.among, "boolean")} if self.among else {})}

    def tally(self, scope: Scope) -> Tally:
        met = compile_condition(self.where, scope)
        counts = met.is_not_null()
        if self.among:
            counts = counts & compile_condition(self.among, scope).fill_null(False)
        return Tally(Exact.choose((met, Exact.of(1)), otherwise=Exact.of(0)), Exact.of(1), counts)

    def sentence(self, language: Language) -> str:
        among = {"en": ", among {}", "fr": ", parmi {}"}[language].format(self.among.text) if self.among else ""
        return super().sentence(language) + among


class Count(Added):
    """Number of facts."""

    kind: Literal["count"]
    filters: ClassVar[tuple[str, ...]] = ()
    zero_without_facts: ClassVar[bool] = True
    interval: ClassVar[OfSums | None] = Garwood()
    words: ClassVar[Mapping[Language, str]] = {"en": "number of {facts}", "fr": "nombre de {facts}"}

    def tally(self, scope: Scope) -> Tally:
        return Tally(Exact.of(1), None, self._counted(scope))


class Sum(Added):
    """Sum of a number over facts."""

    kind: Literal["sum"]
    value: Annotated[Formula, Field(description="The number, from the fact's columns.")]
    zero_without_facts: ClassVar[bool] = True
    words: ClassVar[Mapping[Language, str]] = {
        "en": "sum of `{value}` over {facts}",
        "fr": "somme de « {value} » sur {facts}",
    }

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
    words: ClassVar[Mapping[Language, str]] = {
        "en": "sum of `{numerator}` ÷ sum of `{denominator}` over {facts}",
        "fr": "somme de « {numerator} » ÷ somme de « {denominator} » sur {facts}",
    }

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
