"""Variable pay of women and men, as Directive (EU) 2023/970 has it reported: gaps, who receives any, quartiles.

A gap is what women are paid less on average, as a share of what men are paid on average (article 3); it is told of
complementary or variable components apart, as mean and as median (article 9(1)(b) and (d)), with the share of women
and of men who receive any (e), their shares of each quartile (f), and by category of workers (g). Where the averages
of a category differ by 5 % or more, and neither objective criteria nor a remedy within six months answer for it,
employer and representatives assess pay together (article 10(1)).

Groups in which fewer than five women or men are, or would follow from what is shown, are not shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Final, Literal

import polars as pl

from incentive_engine.statements.small_groups import LEAST, nested, shown

ALERT: Final = Fraction(5, 100)
"""The difference from which on a category is looked at (article 10(1)(a))."""
QUARTERS: Final = 4
Sex = Literal["women", "men"]
_SEXES: Final[tuple[Sex, Sex]] = ("women", "men")


@dataclass(frozen=True, slots=True)
class Divided:
    """Who are women, who are men, and who do work of equal value: columns of a table of people, and their values."""

    column: str
    women: str
    men: str
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Women and men of one category, or of all: `category` is None there.

    `mean`, `median`: what women have less, as a share of what men have; None where men have nothing. `receiving_…`: the
    share of each who receive any.
    """

    category: str | None
    women: int
    men: int
    mean: Fraction | None
    median: Fraction | None
    receiving_women: Fraction
    receiving_men: Fraction

    @property
    def alert(self) -> bool:
        """Whether the averages differ by 5 % or more, whoever has more."""
        return self.mean is not None and abs(self.mean) >= ALERT


@dataclass(frozen=True, slots=True)
class Quartile:
    """A quarter of all people, the first with the lowest pay: the share of women in it; None where it is not shown.

    People with equal pay on the border of two quarters count for each in proportion.
    """

    number: int
    women: Fraction | None


@dataclass(frozen=True, slots=True)
class Fairness:
    """Variable pay of women and men in one period.

    `all`: of everybody; `receivers`: of those who receive any; both None where too few are women or men. `hidden`: the
    categories of which nothing is shown. `held`: people whose pay is not known; `neither`: people of whom the table
    does not say one of the two.
    """

    divided: Divided
    all: Gap | None
    receivers: Gap | None
    categories: tuple[Gap, ...]
    hidden: tuple[str, ...]
    quartiles: tuple[Quartile, ...]
    held: int
    neither: int

    @property
    def alerts(self) -> tuple[Gap, ...]:
        """The categories whose averages differ by 5 % or more."""
        return tuple(gap for gap in self.categories if gap.alert)


@dataclass(frozen=True, slots=True)
class _Person:
    payee: str
    sex: Sex
    category: str | None
    pay: Fraction


def fairness(people: pl.DataFrame, amounts: pl.DataFrame, held: Iterable[str], divided: Divided) -> Fairness:
    """How variable pay falls to women and men.

    `people`: one row per payee, with the columns of `divided`; `amounts`: one row per payee who is paid, `payee` and
    `amount`, in one currency. Who is not among them is paid nothing, and counts; who is in `held` does not.
    """
    paid = dict(amounts.group_by("payee").agg(pl.col("amount").sum()).select("payee", "amount").iter_rows())
    unknown = set(held) - set(paid)
    named = {divided.women: _SEXES[0], divided.men: _SEXES[1]}
    columns = ["payee", divided.column, *([divided.category] if divided.category else [])]
    found: list[_Person] = []
    neither = 0
    for payee, sex, *category in people.select(columns).sort("payee").iter_rows():
        neither += sex not in named
        if sex in named and payee not in unknown:
            pay = Fraction(paid.get(payee, Decimal(0)))
            found.append(_Person(payee, named[sex], category[0] if category else None, pay))
    receivers = [person for person in found if person.pay > 0]
    told, hidden = _by_category(found)
    left_out = people.filter(pl.col(divided.column).is_in(list(named)), pl.col("payee").is_in(sorted(unknown)))
    return Fairness(
        divided,
        _gap(None, found) if _enough(found) else None,
        _gap(None, receivers) if _enough(receivers) and _rest(found, receivers) else None,
        told,
        hidden,
        _quartiles(found),
        left_out.height,
        neither,
    )


def _of(people: Iterable[_Person], sex: Sex) -> list[_Person]:
    return [person for person in people if person.sex == sex]


def _enough(people: Sequence[_Person]) -> bool:
    return all(len(_of(people, sex)) >= LEAST for sex in _SEXES)


def _rest(all_: Sequence[_Person], some: Sequence[_Person]) -> bool:
    """Whether nothing of a few follows from what is shown of some beside all of them."""
    left = (len(_of(all_, sex)) - len(_of(some, sex)) for sex in _SEXES)
    return all(each == 0 or each >= LEAST for each in left)


def _by_category(people: Sequence[_Person]) -> tuple[tuple[Gap, ...], tuple[str, ...]]:
    """The gaps of categories that may be shown, and the names of the others."""
    members: dict[str, list[_Person]] = {}
    for person in people:
        if person.category is not None:
            members.setdefault(person.category, []).append(person)
    both = [
        shown(nested(((each.payee,), () if each.category is None else (each.category,)) for each in _of(people, sex)))
        for sex in _SEXES
    ]
    kept = [name for name in sorted(members) if all((name,) in places for places in both)]
    told = tuple(_gap(name, members[name]) for name in kept)
    return told, tuple(name for name in sorted(members) if name not in kept)


def _gap(category: str | None, people: Sequence[_Person]) -> Gap:
    pay = {sex: [person.pay for person in _of(people, sex)] for sex in _SEXES}
    means = {sex: sum(pay[sex], Fraction(0)) / len(pay[sex]) for sex in _SEXES}
    middles = {sex: median(pay[sex]) for sex in _SEXES}
    receiving = {sex: Fraction(sum(each > 0 for each in pay[sex]), len(pay[sex])) for sex in _SEXES}
    return Gap(
        category,
        len(pay["women"]),
        len(pay["men"]),
        _less(means),
        _less(middles),
        receiving["women"],
        receiving["men"],
    )


def _less(pay: Mapping[Sex, Fraction]) -> Fraction | None:
    """What women have less than men, as a share of what men have."""
    return (pay["men"] - pay["women"]) / pay["men"] if pay["men"] else None


def _quartiles(people: Sequence[_Person]) -> tuple[Quartile, ...]:
    """The share of women in each quarter, by pay; without quarters of which too few are women or men."""
    if not _enough(people):
        return ()
    counts = [{sex: _within(people, sex, quarter) for sex in _SEXES} for quarter in range(QUARTERS)]
    hidden = {at for at, count in enumerate(counts) if any(_few(each) for each in count.values())}
    while any(_few(sum((counts[at][sex] for at in hidden), Fraction(0))) for sex in _SEXES):
        left = [at for at in range(QUARTERS) if at not in hidden]
        hidden.add(min(left, key=lambda at: (min(counts[at].values()), at)))
    shares = [count["women"] / (count["women"] + count["men"]) for count in counts]
    return tuple(Quartile(at + 1, None if at in hidden else share) for at, share in enumerate(shares))


def _few(count: Fraction) -> bool:
    return 0 < count < LEAST


def _within(people: Sequence[_Person], sex: Sex, quarter: int) -> Fraction:
    """How many women, or men, are in a quarter; those of equal pay in proportion."""
    low, high = (Fraction(len(people) * at, QUARTERS) for at in (quarter, quarter + 1))
    equal: dict[Fraction, list[_Person]] = {}
    for person in people:
        equal.setdefault(person.pay, []).append(person)
    total, start = Fraction(0), 0
    for pay in sorted(equal):
        alike, end = equal[pay], start + len(equal[pay])
        inside = max(Fraction(0), min(high, Fraction(end)) - max(low, Fraction(start)))
        total += inside / len(alike) * len(_of(alike, sex))
        start = end
    return total
