"""The people of the index: everybody who is paid, by department and team, each line made when the page comes to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

import polars as pl

from incentive_engine.engine.run import Run
from incentive_engine.rulesets.resolving import ResolvedPlan
from incentive_engine.statements.index_table import OUTSIDE, PAID
from incentive_engine.statements.languages import Language
from incentive_engine.statements.reading import Row
from incentive_engine.statements.values import Entries, Entry, Outside

MANY: Final = 60
"""People, above which a list of them is folded."""
_TENTH_OF_PERCENT: Final = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of some rows, one at a time: a large company does not fit into memory as often as a page names it."""

    rows: pl.DataFrame
    line: Callable[[Row], Entry]

    def __iter__(self) -> Iterator[Entry]:
        return map(self.line, self.rows.iter_rows(named=True))


class IndexPeople:
    """Everybody of the index's table, in one language."""

    def __init__(self, run: Run, table: pl.DataFrame, plans: Mapping[str, ResolvedPlan], reader: Language) -> None:
        self._run, self._table, self._plans, self._reader = run, table, plans, reader
        self._paid = table.filter(pl.col("status") == PAID).with_columns(pl.col("department", "team").fill_null(""))

    @property
    def folded(self) -> bool:
        """Whether they are so many that departments are folded at first."""
        return self._paid.height > MANY

    def everybody(self) -> Iterator[Entries]:
        """Everybody who is paid, by department; by team, where a department is large."""
        for department in self._paid["department"].unique().sort():
            rows = self._paid.filter(pl.col("department") == department)
            teams = rows["team"].unique().sort()
            if rows.height <= MANY or len(teams) == 1:
                yield self._entries(department, rows, (), Lines(rows, self._line))
                continue
            inside = ((team, rows.filter(pl.col("team") == team)) for team in teams)
            lists = tuple(self._entries(team, of_team, (), Lines(of_team, self._line)) for team, of_team in inside)
            yield self._entries(department, rows, lists, ())

    def _entries(self, name: str, rows: pl.DataFrame, teams: tuple[Entries, ...], lines: Lines | tuple[()]) -> Entries:
        paid = rows.filter(pl.col("paid").is_not_null()).group_by("paid_currency", maintain_order=True)
        return Entries(
            name=name or "–",
            count=self._reader.plural(self._reader.words["index"]["people"], rows["payee"].n_unique()),
            payout=self._reader.amounts(dict(paid.agg(pl.col("paid").sum()).iter_rows())),
            teams=teams,
            entries=lines,
        )

    def _line(self, row: Row) -> Entry:
        payout, numbers = row["payout"], self._reader.numbers
        share = (row["customer_pay"] / payout).quantize(_TENTH_OF_PERCENT) if payout and payout > 0 else None
        return Entry(
            payee=row["payee"],
            name=row["name"] or "",
            department=row["department"],
            plan=self.title(self._plans[row["plan"]]),
            computed="" if row["computed"] is None else numbers.money(row["computed"]),
            payout="" if payout is None else self._reader.money_in(row["paid_currency"])(row["paid"]),
            share="" if share is None else numbers.percent(share),
            file=row["statement"],
        )

    def who(self, payee: str) -> Entry:
        """Who somebody is, and which page is theirs."""
        name, department, file = self._named.get(payee, (None, None, None))
        return Entry(payee, name or "", department or "", "", "", "", "", file or "")

    @cached_property
    def _named(self) -> Mapping[str, tuple[str | None, str | None, str | None]]:
        """Those who are told of one by one: whoever is held, is paid by decision, or is corrected."""
        others = self._table.filter(pl.col("status") != PAID).select("payee")
        told = pl.concat([others, self._run.adjustments.select("payee")]).unique()
        rows = self._table.join(told, on="payee", how="semi").unique("payee", keep="last")
        names = rows.select("payee", "name", "department", "statement").iter_rows()
        return {payee: (name, department, file) for payee, name, department, file in names}

    def outside(self) -> Iterator[Outside]:
        """Who has no statement, with the test that was not met."""
        words = self._reader.words["index"]
        failed: dict[str, str] = {}
        tests = self._run.eligibility.filter(~pl.col("result"), pl.col("test") != "who")
        for payee, plan, test in tests.select("payee", "plan", "test").sort("payee", "plan", "test").iter_rows():
            failed.setdefault(payee, str(words["tests"][test]).format(plan=self.title(self._plans[plan])))
        none = self._table.filter(pl.col("status") == OUTSIDE, pl.col("statement").is_null())
        for payee, name, department in none.select("payee", "name", "department").iter_rows():
            yield Outside(payee, name or "", department or "", failed.get(payee, str(words["no_plan"])))

    def title(self, plan: ResolvedPlan) -> str:
        """The title of a plan, with its days where it is not in force for the whole period."""
        title = self._reader.label(plan.title)
        return title if plan.always else f"{title} · {self._reader.span(*plan.days)}"
