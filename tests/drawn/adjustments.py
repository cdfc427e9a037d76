"""Decisions about payees' pay: most of them can be used, some contradict themselves, are late or lack a signature."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Any

from tests.drawn.pools import Pools
from tests.drawn.words import GHOST, fractions
from tests.oracle import MINOR_DIGITS, previous

TEXTS = ("reference", "payee", "pays", "period", "currency", "reason", "author", "approver")
NUMBERS = ("amount", "percent", "at_least", "release")


class Adjustments(Pools):
    """What is decided beyond the rules."""

    def adjustments(self) -> None:
        """A table of decisions, most of them about what plans pay to whom they are for."""
        unit = Fraction(1, 10 ** MINOR_DIGITS[self.rules["currency"]])
        pays = [plan["pays"] for plan in (*self.before.values(), *self.rules["plans"].values())]
        payees = [row["payee"] for row in self.tables["workforce"]]
        rows = []
        for number in range(self.size(1, 9)):
            row: dict[str, Any] = {
                "reference": f"A-{number}",
                "payee": self.pick(*payees * 20, GHOST),
                "pays": self.pick(*pays * 20, "nothing"),
                **dict.fromkeys(NUMBERS),
                **self.until(),
                **self.signed(),
            }
            for kind in self.kinds():
                row[kind] = {
                    "amount": self.pick(*fractions("100", "-50", "0", "1234", "-2000"), 7 * unit, -unit),
                    "percent": self.pick(*fractions("0.1", "-0.05", "0.333", "1", "-1", "0", "0.005", "-0.125")),
                    "at_least": self.pick(*fractions("100", "1000", "0", "50000", "1"), 33 * unit),
                    "release": self.pick(*fractions("100", "250", "1"), 99 * unit),
                }[kind]
            foreign = self.pick("EUR", "CHF", "JPY", "TND")
            row["currency"] = self.pick(*[None] * 30, *[self.rules["currency"]] * 5, foreign)
            if row["release"] is not None and row["currency"] is not None:
                row["release"] = Fraction(int(row["release"]))  # whole coins of any currency
            rows.append(row)
        self.tables["adjustments"] = rows
        self.columns["adjustments"] = {
            **dict.fromkeys(TEXTS, "text"),
            **dict.fromkeys(NUMBERS, "number"),
            "expires": "date",
        }
        self.rules["adjustments"] = self.file("adjustments")

    def kinds(self) -> tuple[str, ...]:
        """What a row says: mostly one thing."""
        one = self.pick(*(("amount",), ("percent",), ("at_least",), ("release",)) * 4)
        return self.pick(*[one] * 80, (*one, "amount"), ("percent", "at_least"), ())

    def until(self) -> dict[str, Any]:
        """For which period, and until when."""
        year = dt.timedelta(365)
        about = self.pick(*[self.period] * 10, *[None] * 6, previous(self.period))
        ends = (self.end, self.end + year, self.end - dt.timedelta(1))
        return {
            "period": about,
            "expires": self.pick(*([None] * 20 if about else (*ends[:2] * 10, None)), *ends, ends[0]),
        }

    def signed(self) -> dict[str, Any]:
        """By whom, and why."""
        author, approver = self.pick(*[("Hana", "Dora")] * 80, ("Hana", None), (None, "Dora"), ("Hana", "Hana"))
        return {"reason": self.pick(*["As it was"] * 50, None), "author": author, "approver": approver}
