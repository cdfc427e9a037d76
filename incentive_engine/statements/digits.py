"""Which digits of a number are printed: all of them, or twelve decimals where it has no end."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from incentive_engine.engine.comparing import Number
from incentive_engine.engine.wording import decimal_of

_PRINTED: Final = Decimal(10) ** -12
_MOST_PLACES: Final = 24
_LONGEST: Final = 10**15
"""The greatest divisor that a reader can type in."""


def printed(number: Number | int) -> Decimal:
    """The digits of a number that are printed."""
    if type(number) is Decimal:
        return number if number.as_tuple().exponent >= -_MOST_PLACES else number.quantize(_PRINTED)  # type: ignore[operator]
    if not isinstance(number, Fraction):
        return Decimal(number)
    ending = decimal_of(number)
    if ending is not None and -_exponent(ending) <= _MOST_PLACES:
        return ending
    return (Decimal(number.numerator) / Decimal(number.denominator)).quantize(_PRINTED)


def ends(number: Number) -> bool:
    """Whether all digits of a number are printed."""
    if type(number) is Decimal:
        return _exponent(number) >= -_MOST_PLACES
    return Fraction(printed(number)) == number


def alike(numbers: Iterable[Number]) -> list[Any]:
    """Numbers that can be calculated with: decimals if all are, else fractions."""
    each = list(numbers)
    return each if all(type(number) is Decimal for number in each) else [Fraction(number) for number in each]


def quotient(number: Number) -> tuple[int, int] | None:
    """Numerator and divisor of a number of which not all digits are printed; None where a reader needs them not."""
    if type(number) is Decimal or ends(number) or not isinstance(number, Fraction) or number.denominator > _LONGEST:
        return None
    return number.numerator, number.denominator


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
