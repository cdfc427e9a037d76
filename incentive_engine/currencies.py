"""Currencies: which ones there are, and the smallest coin of each.

ISO 4217 decides, and not Unicode CLDR: that one says how people print amounts (no decimals for Serbian dinars), and pay
has to be exact to the unit in which it is owed.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Final

from babel.core import get_global

_WITHOUT: Final = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
    "VND", "VUV", "XAF", "XOF", "XPF",
)  # fmt: skip
_THREE: Final = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_FOUR: Final = ("CLF", "UYW")
_UNITS: Final = ("BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW")
"""What ISO 4217 calls funds: of no coin, but amounts are owed in them."""


@cache
def currencies_in_use() -> frozenset[str]:
    """The codes of all currencies in which some country pays today, and of units that it counts amounts in."""
    used = (each for territory in get_global("territory_currencies").values() for each in territory)
    return frozenset((*_UNITS, *(currency for currency, _, until, tender in used if tender and until is None)))


def minor_digits(currency: str) -> int:
    """Decimal places of a currency's minor unit (ISO 4217, list one): 2 for EUR, 0 for JPY, 3 for TND."""
    if currency in _WITHOUT:
        return 0
    return 3 if currency in _THREE else 4 if currency in _FOUR else 2


def in_coins(amount: Decimal, currency: str) -> Decimal:
    """The amount with the decimals of its currency, or all that it has where it has more."""
    coins = round(amount, minor_digits(currency))
    return coins if coins == amount else amount.normalize()
