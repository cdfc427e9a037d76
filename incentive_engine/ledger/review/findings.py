"""What an item of the checklist found, and how it writes numbers: every digit that was used, in plain English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

from incentive_engine.currencies import minor_digits
from incentive_engine.kinds.base import written

MOST_ROWS: Final = 100
"""How many rows an item shows; the run's tables have all."""
_TENTH: Final = Decimal("0.1")
_MINUS: Final = "−"


@dataclass(frozen=True, slots=True)
class Rows:
    """What a finding rests on, row by row; `sides` says where each column stands, `count` how many there are in all."""

    columns: tuple[str, ...] = ()
    sides: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    count: int = 0

    @classmethod
    def of(cls, columns: str, sides: str, rows: Iterable[tuple[str, ...]], count: int | None = None) -> Rows:
        """The first rows; `columns` are parted by `|`, `sides` has `<` or `>` for each."""
        kept = tuple(rows)
        return cls(tuple(columns.split("|")), sides, kept[:MOST_ROWS], len(kept) if count is None else count)

    @property
    def more(self) -> int:
        """How many rows are not shown."""
        return self.count - len(self.rows)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one item of the checklist found: whether that passes, one sentence with its numbers, what to do if not."""

    passed: bool
    found: str
    hint: str
    rows: Rows = field(default=Rows())


def money(amount: Decimal, currency: str) -> str:
    """`1,234.50 EUR`: with the currency's decimals, or all that the amount has where it has more."""
    in_coins = round(amount, minor_digits(currency))
    return f"{_signed(in_coins if in_coins == amount else amount)} {currency}"


def change(amount: Decimal, currency: str) -> str:
    """An amount that always has its sign."""
    return f"{'+' if amount > 0 else ''}{money(amount, currency)}"


def in_each(amounts: Mapping[str, Decimal]) -> str:
    """Amounts in several currencies, in a row: they are never added."""
    return " and ".join(money(amount, currency) for currency, amount in sorted(amounts.items())) or "nothing"


def tolerance(share: Decimal) -> str:
    """A tolerance, with all its digits: `50 %`."""
    return f"{written(share * 100)} %"


def tolerated(share: Decimal) -> str:
    """What passes."""
    return f"at most {tolerance(share)} passes"


def percent(part: Decimal | int, whole: Decimal | int) -> str:
    """One number as a share of another, to 0.1 %; a dash where there is no whole."""
    if not whole:
        return "–"
    hundredfold = Fraction(part) / Fraction(whole) * 100
    tenths = (Decimal(hundredfold.numerator) / Decimal(hundredfold.denominator)).quantize(_TENTH, ROUND_HALF_UP)
    return f"{_signed(tenths)} %"


def count(number: int, one: str, several: str | None = None) -> str:
    """`1 person`, `2 people`."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def within(part: int, whole: int, share: Decimal) -> bool:
    """Whether a part is at most that share of the whole, exactly."""
    return Fraction(part) <= Fraction(share) * whole


def _signed(number: Decimal) -> str:
    return f"{_MINUS if number < 0 else ''}{abs(number):,f}"
