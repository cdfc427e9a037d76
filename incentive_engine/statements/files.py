"""File names that hold whatever a payee is called: readable, safe on every system, never two the same.

A name that is plain already stays as it is; any other becomes what is plain of it, with the start of its SHA-256.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")
_LONGEST: Final = 60
_RESERVED: Final = frozenset(
    {"index", "con", "prn", "aux", "nul"} | {f"{port}{digit}" for port in ("com", "lpt") for digit in range(10)}
)
"""The index itself, and what Windows keeps for its devices."""


def file_names(payees: Iterable[str]) -> Mapping[str, str]:
    """The page of each payee: `A01.html`; where that would not do, `a-strange-one-4f0c51e2b7.html`."""
    everyone = sorted(set(payees))
    folded = Counter(payee.casefold() for payee in everyone)
    names = {payee: payee for payee in everyone if _plain(payee) and folded[payee.casefold()] == 1}
    taken = {name.casefold() for name in names.values()}
    for payee in everyone:
        if payee not in names:
            names[payee] = _free(payee, taken)
            taken.add(names[payee].casefold())
    return {payee: f"{name}.html" for payee, name in names.items()}


def _plain(payee: str) -> bool:
    reserved = payee.split(".")[0].casefold() in _RESERVED
    return len(payee) <= _LONGEST and not reserved and _PLAIN.fullmatch(payee) is not None


def _free(payee: str, taken: set[str]) -> str:
    letters = unicodedata.normalize("NFKD", payee).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9]+", "-", letters)[:_LONGEST].strip("-").lower() or "payee"
    digest = hashlib.sha256(payee.encode("utf-8", "surrogatepass")).hexdigest()
    lengths = range(10, len(digest) + 1)
    return next(name for length in lengths if (name := f"{slug}-{digest[:length]}") not in taken)
