"""Who belongs to which department and team, and what is paid there: what pages about groups of people are made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from incentive_engine.engine.overview import neither_paid
from incentive_engine.engine.recalled import people_of
from incentive_engine.engine.run import Run
from incentive_engine.rulesets.loading import Rules
from incentive_engine.statements.reading import Row

SALARY = "base_salary"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the workforce, as they are on the last day of the period."""

    payee: str
    department: str
    team: str


@dataclass(frozen=True, slots=True)
class Payout:
    """What is paid to somebody by one plan, in the currency of the rules."""

    payee: str
    plan: str
    department: str
    team: str
    payout: Decimal | None
    customer: Decimal | None
    """Of the payout, what customers brought."""
    target: Decimal | None
    """What a score of 100 % pays for the days that count."""
    salary: Decimal | None
    """A full year's; None where it is not known, or in another currency."""

    @property
    def row(self) -> tuple[str, str]:
        """What tells it apart."""
        return self.payee, self.plan


class Belonging:
    """Everybody of a run, with department and team."""

    def __init__(self, run: Run, rules: Rules) -> None:
        assert run.folder is not None, "pages are made of a run's folder"
        self._run, self._currency = run, rules.ruleset.currency
        people = people_of(run.folder, rules, rules.period(run.summary["period"]))
        self.has_salaries = SALARY in people.columns
        known = [name for name in ("department", "team", "currency", SALARY) if name in people.columns]
        self._people = defaultdict[str, list[Row]](list)
        for row in people.select("payee", *known).iter_rows(named=True):
            self._people[row["payee"]].append(row)

    def members(self) -> Iterator[Member]:
        """Everybody of the workforce, by payee."""
        for payee, rows in sorted(self._people.items()):
            yield Member(payee, rows[-1].get("department") or "", rows[-1].get("team") or "")

    def payouts(self) -> Iterator[Payout]:
        """Everything that is paid, by payee."""
        targets = self._targets()
        for row in self._run.payouts.iter_rows(named=True):
            payee, plan, department = row["payee"], row["plan"], row["department"] or ""
            person = self._person(payee, department)
            salary = person.get(SALARY) if person.get("currency") in (None, self._currency) else None
            yield Payout(
                payee=payee,
                plan=plan,
                department=department,
                team=person.get("team") or "",
                payout=row["payout"],
                customer=row["customer_pay"],
                target=targets.get((payee, plan)),
                salary=salary,
            )

    def held(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Payee and code of everybody who is neither paid nor paid by decision, by department."""
        found = defaultdict[str, list[tuple[str, str]]](list)
        for payee, code in neither_paid(self._run).select("payee", "code").unique().sort("payee", "code").iter_rows():
            rows = self._people.get(payee)
            found[(rows[-1].get("department") or "") if rows else ""].append((payee, code))
        return found

    def _person(self, payee: str, department: str) -> Row:
        """The payee as they were at last in a department."""
        rows = self._people.get(payee, [])
        return next((row for row in reversed(rows) if (row.get("department") or "") == department), {})

    def _targets(self) -> Mapping[tuple[str, str], Decimal]:
        """By payee and plan: the target pay of all days that count, added up; none where any of it is not known."""
        columns = ("payee", "plan", "target_pay", "proration")
        cut = self._run.segments.select(columns)
        whole = self._run.payouts.join(cut, on=["payee", "plan"], how="anti").select(columns)
        found: dict[tuple[str, str], Decimal | None] = {}
        for payee, plan, target, proration in pl.concat([whole, cut], how="vertical_relaxed").iter_rows():
            before = found.get((payee, plan), Decimal(0))
            added = None if target is None else target * (1 if proration is None else proration)
            found[payee, plan] = None if before is None or added is None else before + added
        return {key: amount for key, amount in found.items() if amount is not None}
