"""How much of a period counts for a payee under a plan: the days there, but for leave that takes some of them away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from fractions import Fraction

from tests.oracle.dated import is_on
from tests.oracle.numbers import Case, Row, Rule, by_rule
from tests.oracle.people import People, Stretch
from tests.oracle.prorations import counted

AWAY = ("reduces_payout", "neutral")
"""Effects of leave whose days are not paid for."""


class Leaves:
    """Who was away when; `held`: rows that cannot be right, each with the payee and the reason."""

    def __init__(self, case: Case) -> None:
        rule = case.rules.get("leave", {})
        self.types: dict[str, Rule] = rule.get("types", {})
        self.rows: dict[str, list[Row]] = {}
        self.held: list[tuple[str, str]] = []
        self.order = {name: place for place, (own, each) in enumerate(self.types.items())
                      for name in (own, *each.get("codes", ()))}  # fmt: skip
        for row in case.tables["leave"] if rule else ():
            if row["to"] is not None and row["to"] < row["from"]:
                self.held.append((row["payee"], "ends-before-it-starts"))
            elif row["type"] not in self.order:
                self.held.append((row["payee"], "unknown-leave-type"))
            else:
                self.rows.setdefault(row["payee"], []).append(row)

    def note_late(self, payee: str, left: dt.date | None) -> None:
        """Notes rows that begin after their payee has left."""
        late = [row for row in self.rows.get(payee, []) if left is not None and row["from"] > left]
        self.held += [(payee, "after-leaving") for _ in late]

    def effect(self, payee: str, day: dt.date, pays: str) -> str:
        """What a day is: `there`, or what the first of the types that fall on it makes of it."""
        places = [self.order[row["type"]] for row in self.rows.get(payee, ()) if is_on(day, row)]
        if not places:
            return "there"
        of_first = list(self.types.values())[min(places)]
        effect: str = of_first.get("in_pay", {}).get(pays, of_first["effect"])
        return effect


class Presence:
    """What counts of a stretch of days under a plan that is prorated."""

    def __init__(self, people: People, leaves: Leaves, stretch: Stretch, plan: Rule) -> None:
        self.rule, self.people, self.stretch, self.leaves = plan["proration"], people, stretch, leaves
        payee, pays = stretch.row["payee"], plan["pays"]
        self.effects = {day: leaves.effect(payee, day, pays) for day in stretch.there}
        whole = stretch.there if self.rule["by"] == "own_days" else people.days
        self.whole = self.counted(day for day in whole if self.effects.get(day) != "neutral")

    def counted(self, days: Iterable[dt.date]) -> Fraction:
        """What days count for."""
        return counted(self.rule["by"], days, self.people.rules.get("calendar"))

    def proration(self, days: Iterable[dt.date]) -> Fraction:
        """The share of the period that some days are."""
        units = self.counted(day for day in days if self.effects[day] not in AWAY)
        return by_rule(units / (self.whole or 1), self.rule.get("rounding"), 10)

    def is_there(self, days: Iterable[dt.date]) -> bool:
        """Whether leave leaves any of some days, be it a Sunday."""
        return any(self.effects[day] not in AWAY for day in days)

    @property
    def share_of_work(self) -> Fraction:
        """The share of the period in which the payee worked, in all stretches of days; rounded as the proration is."""
        units = self.counted(day for day, effect in self.effects.items() if effect in ("there", "counts"))
        return by_rule(units / (self.whole or 1), self.rule.get("rounding"), 10)
