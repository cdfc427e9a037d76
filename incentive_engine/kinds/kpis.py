"""KPI kinds: from facts to counts and sums, and one exact division at the end.

Every kind says what one fact adds to a numerator and a denominator, and whether it counts. Sums of integers merge in
any order, so that a result depends neither on the order of rows nor on how they are cut up. A condition that is missing
for a fact (the answer was left empty) leaves the fact out. To add a kind: one class here, and its name in the union on
the last line.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

import polars as pl
from pydantic import Field

from incentive_engine.exact import Exact
from incentive_engine.formulas import Formula, Scope, Type, compile_condition, compile_number
from incentive_engine.kinds.base import Declared, Language


@dataclass(frozen=True, slots=True)
class Tally:
    """What each fact adds; `denominator` None where the result is the numerator itself."""

    numerator: Exact
    denominator: Exact | None
    counts: pl.Expr
    """Boolean, never null: whether the fact is one of the n."""


class KpiKind(Declared):
    """What every KPI kind has."""

    zero_without_facts: ClassVar[bool] = False
    """Whether a subject without any matching fact has the result 0, where the source was delivered."""
    in_percent: ClassVar[bool] = False
    words: ClassVar[Mapping[Language, str]]
    """The sentence that says how the result is worked out; `{field}` stands for the field's text."""

    def formulas(self) -> dict[str, tuple[Formula, Type]]:
        """The formulas over one fact, by key, with the type that each must have."""
        return {}

    def answers(self) -> dict[str, tuple[int, int]]:
        """The columns of whole numbers that the kind reads, with the least and greatest value of each."""
        return {}

    def sentence(self, language: Language) -> str:
        """How the result is worked out, in words."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        shown = {name: value.text if isinstance(value, Formula) else value for name, value in fields.items()}
        condition = shown.get("where")
        if condition and "{where}" not in self.words[language]:
            shown["facts"] = f"{shown['source']} ({condition})"
        else:
            shown["facts"] = shown.get("source")
        return self.words[language].format_map(shown)


class Given(KpiKind):
    """A result that is delivered ready-made, in the `kpis` table."""

    kind: Literal["given"]
    at_least: Annotated[Decimal, Field(description="The smallest result that can be right.")] = Decimal(0)
    at_most: Annotated[Decimal, Field(description="The greatest result that can be right.")] = Decimal(10**9)
    words: ClassVar[Mapping[Language, str]] = {"en": "given", "fr": "donné"}


class FromFacts(KpiKind):
    """What every kind that is computed from facts has."""

    source: Annotated[str, Field(alias="from", description="The source, as named under `sources`.")]
    where: Annotated[Formula | None, Field(description="Which facts count; all unless said.")] = None

    def formulas(self) -> dict[str, tuple[Formula, Type]]:
        return {"where": (self.where, "boolean")} if self.where else {}

    @abstractmethod
    def tally(self, scope: Scope) -> Tally:
        """What each fact adds, in a scope that holds the source's columns."""

    def _counted(self, scope: Scope, *needed: Exact) -> pl.Expr:
        """The facts that meet `where` and have every number that is needed."""
        counts = compile_condition(self.where, scope).fill_null(False) if self.where else pl.lit(True)
        for value in needed:
            counts = counts & ~value.missing
        return counts


class Nps(FromFacts):
    """Net promoter score: percentage of 9 and 10 less that of 0 to 6 (Reichheld, Harvard Business Review, 2003)."""

    kind: Literal["nps"]
    answer: Annotated[str, Field(description="The column that holds the answer, 0 to 10.")]
    words: ClassVar[Mapping[Language, str]] = {
        "en": "100 × (answers of 9 or 10 − answers of 0 to 6) ÷ answers to `{answer}` in {facts}",
        "fr": "100 × (réponses 9 ou 10 − réponses de 0 à 6) ÷ réponses à « {answer} » dans {facts}",
    }

    def answers(self) -> dict[str, tuple[int, int]]:
        return {self.answer: (0, 10)}

    def tally(self, scope: Scope) -> Tally:
        answer = scope[self.answer]
        assert isinstance(answer, Exact)
        points = Exact.choose(
            (answer.at_least(9), Exact.of(100)), (answer.at_most(6), Exact.of(-100)), otherwise=Exact.of(0)
        )
        return Tally(points, Exact.of(1), self._counted(scope, answer))


class Mean(FromFacts):
    """Mean of a number over facts."""

    kind: Literal["mean"]
    value: Annotated[Formula, Field(description="The number, from the fact's columns.")]
    words: ClassVar[Mapping[Language, str]] = {
        "en": "sum of `{value}` ÷ number of {facts}",
        "fr": "somme de « {value} » ÷ nombre de {facts}",
    }

    def formulas(self) -> dict[str, tuple[Formula, Type]]:
        return {"value": (self.value, "number"), **super().formulas()}

    def tally(self, scope: Scope) -> Tally:
        value = compile_number(self.value, scope)
        return Tally(value, Exact.of(1), self._counted(scope, value))


class Share(FromFacts):
    """Share of facts that meet a condition, among those for which it is known."""

    kind: Literal["share"]
    where: Annotated[Formula, Field(description="The condition to meet.")]
    among: Annotated[Formula | None, Field(description="Which facts are looked at; all unless said.")] = None
    in_percent: ClassVar[bool] = True
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


class Count(FromFacts):
    """Number of facts."""

    kind: Literal["count"]
    zero_without_facts: ClassVar[bool] = True
    words: ClassVar[Mapping[Language, str]] = {"en": "number of {facts}", "fr": "nombre de {facts}"}

    def tally(self, scope: Scope) -> Tally:
        return Tally(Exact.of(1), None, self._counted(scope))


class Sum(FromFacts):
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


class Ratio(FromFacts):
    """Sum of one number over sum of another."""

    kind: Literal["ratio"]
    numerator: Annotated[Formula, Field(description="What is added up above.")]
    denominator: Annotated[Formula, Field(description="What is added up below; never negative.")]
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


KpiCompute = Annotated[Given | Nps | Mean | Share | Count | Sum | Ratio, Field(discriminator="kind")]
