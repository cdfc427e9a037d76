"""What curves are written in: points, tiers and rows, how they are checked, and how they read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from incentive_engine.exact import Start
from incentive_engine.kinds.base import Declared, Language, written

Point = Annotated[tuple[Decimal, Decimal], Field(description="`[attainment, rate]`, e.g. `[80%, 50%]`.")]
Below = Annotated[Literal["flat", "zero"], Field(description="Below the first: its rate, or zero.")]
Above = Annotated[Literal["flat"], Field(description="Above the last: its rate.")]
From = Annotated[Decimal, Field(alias="from", description="The attainment from which it holds, inclusive.")]


class Tier(Declared):
    """From an attainment on, a rate."""

    start: From
    rate: Annotated[Decimal, Field(description="What is paid in this tier.")]


class GradedTier(Declared):
    """From an attainment on, a rate for the part that lies in the tier."""

    start: From
    rate: Annotated[Decimal, Field(description="What is paid for each unit of attainment inside this tier.")]
    jump: Annotated[Decimal, Field(description="What is paid at once for reaching the tier.")] = Decimal(0)


class MatrixRow(Declared):
    """From an attainment on, a rate for each column."""

    start: From
    rates: Annotated[tuple[Decimal, ...], Field(min_length=1, description="A rate for each column.")]


class Band(Declared):
    """A rate for the attainments between two ends; an end that is left out is open for ever."""

    start: Annotated[Decimal | None, Field(alias="from", description="Attainments at or above.")] = None
    over: Annotated[Decimal | None, Field(description="Attainments above.")] = None
    to: Annotated[Decimal | None, Field(description="Attainments at or below.")] = None
    below: Annotated[Decimal | None, Field(description="Attainments below.")] = None
    rate: Annotated[Decimal, Field(description="What is paid in this row.")]

    @model_validator(mode="after")
    def _check(self) -> Band:
        for one, other in (("from", "over"), ("to", "below")):
            if None not in (self.start if one == "from" else self.to, getattr(self, other)):
                raise _refused("two-ends", f"a row has `{one}` or `{other}`, not both", f"keep `{one}` or `{other}`")
        if self.begins is not None and self.ends is not None and self.begins >= self.ends:
            message = f"no attainment lies in {self.reads('en', percent=False)}"
            raise _refused("empty-row", message, "write the lower end first")
        return self

    @property
    def begins(self) -> tuple[Decimal, bool] | None:
        """Where the row begins: right after the number where true; None where it is open."""
        return _place((self.start, False), (self.over, True))

    @property
    def ends(self) -> tuple[Decimal, bool] | None:
        """Where what is beyond the row begins."""
        return _place((self.below, False), (self.to, True))

    def reads(self, language: Language, *, percent: bool) -> str:
        """The row's attainments in words."""
        ends = {"from": self.start, "over": self.over, "to": self.to, "below": self.below}
        given = {word: written(end, percent=percent) for word, end in ends.items() if end is not None}
        words = _ENDS[language]
        if len(given) == 1:
            ((word, end),) = given.items()
            return words[f"only {word}"].format(end)
        return " ".join(words[word].format(end) for word, end in given.items()) or words["all"]


_ENDS: dict[Language, dict[str, str]] = {
    "en": {
        "from": "from {}",
        "over": "over {}",
        "to": "to {}",
        "below": "to below {}",
        "only from": "from {} on",
        "only over": "over {}",
        "only to": "up to {}",
        "only below": "below {}",
        "all": "everywhere",
    },
    "fr": {
        "from": "de {}",
        "over": "de plus de {}",
        "to": "à {}",
        "below": "à moins de {}",
        "only from": "à partir de {}",
        "only over": "plus de {}",
        "only to": "jusqu'à {}",
        "only below": "moins de {}",
        "all": "partout",
    },
}


def _place(*ends: tuple[Decimal | None, bool]) -> tuple[Decimal, bool] | None:
    return next(((end, after) for end, after in ends if end is not None), None)


def ascending(starts: Sequence[Decimal], most: int = 1) -> None:
    """Attainments rise from one line to the next, each of them at most so many times."""
    for before, after in pairwise(starts):
        if after < before or (after == before and most == 1):
            hint = "order the lines by attainment" + (", each one once" if most == 1 else "")
            raise _refused(
                "not-ascending", f"attainments must rise from one line to the next, but {after} follows {before}", hint
            )
    for start in starts:
        if starts.count(start) > most:
            hint = "a jump has two lines with the same attainment: the rate before it and the rate from there on"
            raise _refused("not-ascending", f"attainment {start} has more than two lines", hint)


def apart(rows: Sequence[Band]) -> None:
    """Rows come in order, and no attainment lies in two of them."""
    for before, after in pairwise(rows):
        first, second = (each.reads("en", percent=False) for each in (before, after))
        begins, reached = after.begins, before.begins
        if begins is None or (reached is not None and begins < reached):
            raise _refused("not-ascending", f"“{second}” follows “{first}”", "order the rows by attainment")
        if before.ends is None or begins < before.ends:
            hint = "end a row where the next begins: `below` before `from`, `to` before `over`"
            raise _refused("overlapping-rows", f"“{first}” and “{second}” have attainments in common", hint)


def as_many(rows: Sequence[MatrixRow], columns: int) -> None:
    """Each row has a rate for each column."""
    for row in rows:
        if len(row.rates) != columns:
            message = f"the row from {row.start} has {len(row.rates)} rates for {columns} columns"
            raise _refused("row-length", message, "write one rate for each column")


def _refused(code: str, message: str, hint: str) -> PydanticCustomError:
    """The message goes through the context, because pydantic reads braces in a template."""
    return PydanticCustomError(code, "{message}", {"message": message, "hint": hint})


def at(starts: Sequence[Decimal]) -> tuple[Start, ...]:
    """Stretches that begin at these attainments."""
    return tuple((start, False) for start in starts)


def direction(rates: Sequence[Decimal]) -> int:
    """1 where the rates only rise, −1 where they only fall, 0 where they do both or neither."""
    steps = [after - before for before, after in pairwise(rates)]
    return all(step >= 0 for step in steps) - all(step <= 0 for step in steps)


def listed(corners: Sequence[tuple[Decimal, Decimal]], language: Language, *, percent: bool) -> str:
    """Points in a row, a jump as such."""
    read: list[str] = []
    for number, (x, y) in enumerate(corners):
        rate = written(y, percent=True)
        if number and corners[number - 1][0] == x:
            read[-1] += f" {_AT_ONCE[language]} {rate}"
        else:
            read.append(f"{written(x, percent=percent)} → {rate}")
    return ", ".join(read)


_AT_ONCE: dict[Language, str] = {"en": "and at once", "fr": "et aussitôt"}
BELOW = {
    ("en", "zero"): "nothing below the first",
    ("en", "flat"): "flat below the first",
    ("fr", "zero"): "rien en dessous du premier",
    ("fr", "flat"): "constant en dessous du premier",
}


def within(number: Decimal, show: Callable[[Any], str]) -> str:
    """A number after a sign."""
    return f"({show(number)})" if number < 0 else show(number)
