"""What every kind stands on: a frozen declaration, numbers that may differ by plan, and words in two languages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from incentive_engine.exact import Exact, Mode, Which
from incentive_engine.kinds.wording import Language

K = TypeVar("K")
L = TypeVar("L")

SubjectKind = Literal["payee", "team", "department", "company"]


class Declared(BaseModel):
    """A piece of a rule set: frozen, and it refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


Label = Annotated[
    dict[Annotated[str, Field(pattern="^[a-z]{2}$")], Annotated[str, Field(min_length=1)]],
    Field(min_length=1, description="What people read, by language: `{en: …, fr: …}`."),
]


class Rounding(Declared):
    """Where and how a number is rounded."""

    places: Annotated[int, Field(ge=-6, le=12, description="Decimal places kept; -1 rounds to tens.")]
    mode: Annotated[Mode, Field(description="`half_up` sends ties away from zero.")] = "half_up"
    then: Annotated[Rounding | None, Field(description="A second rounding, of what the first one gives.")] = None

    def of(self, value: Exact) -> Exact:
        """The value, rounded."""
        rounded = value.rounded(self.places, self.mode)
        return rounded if self.then is None else self.then.of(rounded)

    @property
    def kept(self) -> int:
        """The decimal places of what comes out."""
        return self.places if self.then is None else self.then.kept

    def sentence(self, language: Language) -> str:
        """The rounding in words."""
        once = self._once(language)
        if self.then is None:
            return once
        return f"{once}, {'then' if language == 'en' else 'puis'} {self.then.sentence(language)}"

    def _once(self, language: Language) -> str:
        words = _MODE_WORDS[language][self.mode]
        if self.places < 0:
            unit = 10**-self.places
            return f"rounded to {unit}, {words}" if language == "en" else f"arrondi à {unit}, {words}"
        plural = "s" if self.places > 1 else ""
        if language == "en":
            return f"rounded to {self.places} decimal place{plural}, {words}"
        return f"arrondi à {self.places} décimale{plural}, {words}"


_MODE_WORDS: Mapping[Language, Mapping[Mode, str]] = {
    "en": {
        "half_up": "halves away from zero",
        "half_even": "halves to the even digit",
        "down": "towards zero",
        "up": "away from zero",
        "floor": "downwards",
        "ceil": "upwards",
    },
    "fr": {
        "half_up": "les demis en s'éloignant de zéro",
        "half_even": "les demis au chiffre pair",
        "down": "vers zéro",
        "up": "en s'éloignant de zéro",
        "floor": "vers le bas",
        "ceil": "vers le haut",
    },
}

RoundingChoice = Annotated[
    Annotated[Rounding, Tag("rounding")] | Annotated[Literal["none"], Tag("none")],
    Discriminator(lambda value: "none" if isinstance(value, str) else "rounding"),
]
"""`{places: 4, mode: half_up}`, or `none`: exact until the next rounded node or comparison."""


class FromTable(Declared):
    """A number that is looked up for each payee in one of the rule set's `tables`."""

    table: Annotated[str, Field(description="Name of a table declared under `tables`.")]
    column: Annotated[str, Field(description="The table's column that holds the number.")] = "value"


class FromColumn(Declared):
    """A number that stands in a column of the workforce."""

    column: Annotated[str, Field(description="The workforce column that holds the number.")]


class Since(Declared):
    """A number that changes: each counts from its day on, until the next."""

    since: Annotated[
        dict[dt.date, Decimal],
        Field(min_length=1, description="The numbers, by their first day: `{2026-01-01: 45, 2026-08-15: 48}`."),
    ]

    @property
    def first(self) -> dt.date:
        """The day before which there is no number: nobody is paid by it then."""
        return min(self.since)

    def on(self, day: dt.date) -> Decimal:
        """The number that counts on a day; before the first of them that one."""
        return self.since[max((each for each in self.since if each <= day), default=self.first)]


Parameter: TypeAlias = Decimal | FromTable | FromColumn
"""A number on one day: written in the rule set, or one that differs by payee."""

_FORMS: Mapping[str, type[Declared]] = {"table": FromTable, "column": FromColumn, "since": Since}


def _form_of_number(value: Any) -> str:
    if isinstance(value, dict):
        return next((key for key in _FORMS if key in value), "column")
    return next((key for key, form in _FORMS.items() if isinstance(value, form)), "number")


DatedParameter = Annotated[
    Annotated[Decimal, Tag("number")]
    | Annotated[FromTable, Tag("table")]
    | Annotated[FromColumn, Tag("column")]
    | Annotated[Since, Tag("since")],
    Discriminator(_form_of_number),
]
"""A number written in the rule set, one that differs by payee: `{table: targets}`, `{column: own_target}`, or one that
changes: `{since: {2026-01-01: 45, 2026-08-15: 48}}`."""


@dataclass(frozen=True, slots=True)
class Variants(Generic[K]):
    """The same place in every plan of one shape; `plan` says which of them a row follows.

    Plans that differ only in numbers run in one pass: what is equal in all of them becomes a constant, the rest is
    picked by plan number.
    """

    each: tuple[K, ...]
    plan: Which

    @property
    def first(self) -> K:
        """Any of them: they are alike but for numbers."""
        return self.each[0]

    def map(self, of: Callable[[K], L]) -> Variants[L]:
        """The part `of` each."""
        return Variants(tuple(of(one) for one in self.each), self.plan)

    def number(self, of: Callable[[K], Decimal | Fraction | int]) -> Exact:
        """A number of each, as a constant where all agree."""
        return Exact.varying([of(one) for one in self.each], self.plan)


Curve = Sequence[tuple[Decimal | Fraction, Decimal | Fraction]]


def curve_choice(curves: Variants[Curve]) -> tuple[list[Curve], Which | None]:
    """The distinct curves, and the column that picks one; None where there is one only."""
    distinct = {tuple(curve): index for index, curve in enumerate(dict.fromkeys(map(tuple, curves.each)))}
    if len(distinct) == 1:
        return [list(next(iter(distinct)))], None
    return [list(curve) for curve in curves.each], curves.plan


def written(number: Decimal | Fraction | int, *, percent: bool = False) -> str:
    """A number as a reader of rules writes it: `45`, `0.5`, `80%`."""
    value = Decimal(number.numerator) / Decimal(number.denominator) if isinstance(number, Fraction) else Decimal(number)
    text = f"{value * 100 if percent else value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text}%" if percent else text


def by_key(*keys: str) -> Callable[[Any], str]:
    """A discriminator for kinds that are told apart by the key that they hold."""

    def which(value: Any) -> str:
        held = value if isinstance(value, dict) else getattr(value, "__dict__", {})
        return next((key for key in keys if key in held), keys[0])

    return which
