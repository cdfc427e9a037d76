"""The smallest coin of each currency.

ISO 4217 decides, and not Unicode CLDR: that one says how people print amounts (no decimals for Serbian dinars), and pay
has to be exact to the unit in which it is owed.
"""

from __future__ import annotations

from typing import Final

_WITHOUT: Final = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
    "VND", "VUV", "XAF", "XOF", "XPF",
)  # fmt: skip
_THREE: Final = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_FOUR: Final = ("CLF", "UYW")


def minor_digits(currency: str) -> int:
    """Decimal places of a currency's minor unit (ISO 4217, list one): 2 for EUR, 0 for JPY, 3 for TND."""
    if currency in _WITHOUT:
        return 0
    return 3 if currency in _THREE else 4 if currency in _FOUR else 2
