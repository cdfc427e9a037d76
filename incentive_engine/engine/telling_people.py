"""Who a payee was from day to day, in words: the tests of the plans, what is paid for which days, and what changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import polars as pl

from incentive_engine.compiler.context import days_employed
from incentive_engine.compiler.inputs import DAYS_EMPLOYED, FIRST_DAY, LAST_DAY, SEGMENT
from incentive_engine.compiler.program import PAYOUT
from incentive_engine.compiler.telling import COLON, filled
from incentive_engine.currencies import minor_digits
from incentive_engine.engine.recalled import weighed
from incentive_engine.engine.telling_steps import Told
from incentive_engine.engine.wording import Row, Wording
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Rounding
from incentive_engine.periods import Period
from incentive_engine.rulesets.exchange import PAID, PAID_CURRENCY
from incentive_engine.rulesets.in_force import EDITION
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ResolvedPlan

_VALUE: Final = "\0"
_TESTS: Final = ("who", "eligible", "present")
_WORDS: Final = {
    "en": {
        "no plan": "no plan is for this payee",
        "who": "who",
        "eligible": "eligible",
        "present": "present",
        "here": "present on at least one day of the period that counts",
        "here too": "present on at least one of these days that counts for the plan",
        "days": "{first} to {last}, {count} days",
        "one day": "{first}, {count} day",
        "as on": "as on {day}, for all days",
        "mean": "the mean of the payee's days",
        "in all": "in all",
        "changed": "{column}: {after}, before {before}",
        "rules": "the rules changed",
    },
    "fr": {
        "no plan": "aucun plan n'est pour cette personne",
        "who": "qui",
        "eligible": "éligible",
        "present": "présence",
        "here": "présence au moins un jour de la période qui compte",
        "here too": "présence au moins un de ces jours qui compte pour le plan",
        "days": "du {first} au {last}, {count} jours",
        "one day": "le {first}, {count} jour",
        "as on": "au {day}, pour tous les jours",
        "mean": "la moyenne des jours de la personne",
        "in all": "en tout",
        "changed": "{column} : {after}, avant {before}",
        "rules": "les règles ont changé",
    },
}


class PersonTeller:
    """Tells of one payee; `rows`: the columns of the workforce as they were, by day."""

    def __init__(self, rules: Rules, period: Period, rows: Sequence[Row], wording: Wording) -> None:
        self._rules, self._period, self._rows, self._wording = rules.ruleset, period, rows, wording
        self._document = rules.document
        self._words, self._colon = _WORDS[wording.language], COLON[wording.language]

    def days(self, row: Row) -> str:
        """The days of a row of the trace."""
        first, last = row[FIRST_DAY], row[LAST_DAY]
        count = (last - first).days + 1
        form = self._words["one day" if count == 1 else "days"]
        return form.format(first=self._day(first), last=self._day(last), count=count)

    def tests(self, plans: Sequence[ResolvedPlan], tests: pl.DataFrame) -> Iterator[Told]:
        """The tests of the plans that are for the payee, segment by segment; of all plans where none is."""
        selected = tests.filter(~pl.col("result").eq_missing(False) | (pl.col("test") != "who"))
        if selected.is_empty():
            yield "–", self._words["no plan"], ""
        inside = selected["plan"].unique()
        results = {tuple(key): result for *key, result in tests.select(SEGMENT, "plan", "test", "result").iter_rows()}
        for row in self._rows:
            days = f"{self.days(row)} · " if len(self._rows) > 1 else ""
            for plan in plans:
                for test in _TESTS:
                    result = results.get((row[SEGMENT], plan.name, test), "not tested")
                    if result != "not tested" and (inside.is_empty() or plan.name in inside):
                        told = f"{self._test(plan, test, row)}{self._colon}{self._wording.value(result)}"
                        where = self._document.key_at((*plan.at, "proration" if test == "present" else test))
                        yield f"{days}{plan.name} · {self._words[test]}", told, f"{Path(where.file).name}:{where.line}"

    def _test(self, plan: ResolvedPlan, test: str, row: Row) -> str:
        formula: Formula | None = {"who": plan.who, "eligible": plan.eligible}.get(test)
        if formula is None:
            whole = len(self._rows) == 1 and plan.days == (self._period.start, self._period.end)
            return self._words["here" if whole else "here too"]
        shown = self._wording.fill(filled(formula, lambda name: f"{{{name}!r}}"), self._values(row))
        return formula.text if shown == formula.text else f"{formula.text}{self._colon}{shown}"

    def _values(self, row: Row) -> Row:
        """What `who` and `eligible` can name."""
        period: dict[str, Any] = {
            "period_days": self._period.days,
            "period_start": self._period.start,
            "period_end": self._period.end,
        }
        if "hired" in row:
            days = {name: [row.get(name)] for name in ("hired", "left")}
            frame = pl.DataFrame(days, schema=dict.fromkeys(days, pl.Date))
            period[DAYS_EMPLOYED] = frame.select(days_employed(self._period)).item()
        return {**row, **period}

    def histories(self, folder: Path, row: Row) -> Iterator[Told]:
        """Columns that changed while all days are paid on one value: how it follows from several."""
        spans = [(each[FIRST_DAY], each[LAST_DAY]) for each in self._rows]
        for name, table in self._rules.history.items():
            for column in table.gives if table.basis != "earned" else ():
                rows = pl.scan_parquet(folder / "inputs" / f"{name}.parquet").filter(payee=row["payee"]).sort("from")
                said = weighed(rows.collect().to_dicts(), spans, column) if column in row else []
                if said and isinstance(row[column], Decimal):
                    at = self._document.key_at(("history", name))
                    text = self._mean(said, table.rounding) if table.basis == "average" else self._as_on(spans[-1][1])
                    shown = self._wording.number(row[column])
                    yield column, text.replace(_VALUE, shown), f"{Path(at.file).name}:{at.line}"

    def _as_on(self, day: dt.date) -> str:
        return f"{self._words['as on'].format(day=self._day(day))}{self._colon}{_VALUE}"

    def _mean(self, said: Sequence[tuple[int, Decimal]], rounding: Rounding) -> str:
        above = " + ".join(f"{days} × {self._wording.number(value)}" for days, value in said)
        total, whole = sum(days for days, _ in said), sum(Fraction(days * value) for days, value in said)
        text = f"{self._words['mean']}{self._colon}({above}) ÷ {total} = {_VALUE}"
        ends = (whole / total * 10**rounding.places).denominator == 1
        return text if ends else f"{text}, {self._wording.rounded(rounding.sentence(self._wording.language))}"

    def _day(self, day: dt.date) -> str:
        return str(day) if self._wording.language == "en" else f"{day:%d/%m/%Y}"

    def together(self, traced: Sequence[Row]) -> Iterator[Told]:
        """What is paid for which days, and what changed from one stretch of days to the next."""
        totals: dict[str, Decimal] = {}
        before: Row | None = None
        for row in traced:
            told = [] if before is None else list(self._changed(before, row))
            paid = self.paid(row)
            if paid is not None:
                currency, amount = paid
                totals[currency] = totals.get(currency, Decimal(0)) + amount
                told = [self._money(amount, currency), *told]
            yield f"{row['plan']} · {self.days(row)}", ", ".join(told), ""
            before = row
        for currency, total in totals.items():
            yield self._words["in all"], self._money(total, currency), ""

    def paid(self, row: Row) -> tuple[str, Decimal] | None:
        """What is paid for the days of a row of the trace, and in which currency; None where it gives a score only."""
        amount = row.get(PAID, row.get(PAYOUT))
        return None if amount is None else (row.get(PAID_CURRENCY) or self._rules.currency, amount)

    def _changed(self, before: Row, after: Row) -> Iterator[str]:
        """What is different about the payee, and whether the rules are."""
        base, later = (row["plan"].partition(EDITION)[0] for row in (before, after))
        if before["plan"] != after["plan"] and base == later:
            yield self._words["rules"]
        one, other = (self.on(row[FIRST_DAY]) for row in (before, after))
        for column in sorted(self._rules.dated_columns & other.keys()):
            if one.get(column) != other[column]:
                values = {"before": self._wording.value(one.get(column)), "after": self._wording.value(other[column])}
                yield self._words["changed"].format(column=column, **values)

    def on(self, day: dt.date) -> Row:
        """The columns of the workforce on a day; none where the payee was not there."""
        return next((row for row in self._rows if row[FIRST_DAY] <= day <= row[LAST_DAY]), {})

    def _money(self, amount: Decimal, currency: str) -> str:
        return f"{self._wording.number(amount, minor_digits(currency))} {currency}"
