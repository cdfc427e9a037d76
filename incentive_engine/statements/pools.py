"""A pool as its payee reads it: what there was, by which keys it was shared out, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from incentive_engine.compiler.pools import (
    AMOUNT,
    FACTOR,
    FUND,
    MAXIMUM,
    MINIMUM,
    PAYEES,
    SUM,
    part_column,
)
from incentive_engine.compiler.telling import Names
from incentive_engine.engine.comparing import Number
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Rounding
from incentive_engine.kinds.pools import Part, SharedOut, Solved
from incentive_engine.rulesets.resolving import ResolvedPool
from incentive_engine.statements.digits import alike
from incentive_engine.statements.paying import FormulaWriter
from incentive_engine.statements.reading import Reading, Row, number_in
from incentive_engine.statements.values import Line, Pool

_ONE: Final = Decimal(1)


class PoolWriter:
    """One pool in one language."""

    def __init__(self, reading: Reading, pool: ResolvedPool) -> None:
        self._reading, self._pool, self._words = reading, pool, reading.words["pool"]
        self._numbers, rules = reading.language.numbers, pool.rules
        self._title = reading.language.label(rules.title)
        self._rule = reading.rule(pool.at)
        self._fund = FormulaWriter(reading, rules.fund.formula, FUND, Names(rules.fund.of))
        self._parts = [PartWriter(reading, name, part) for name, part in _parts(rules).items()]
        self._bounds = [
            (name, column, FormulaWriter(reading, formula, column, Names()))
            for name, column, formula in _bounds(rules)
            if formula is not None
        ]

    def pool(self, row: Row) -> Pool | None:
        """The pool of one payee; None for who takes no part."""
        total, payees = number_in(row, SUM), number_in(row, PAYEES)
        if total is None or payees is None:
            return None
        group = self._reading.words["pool"]["by"][self._pool.rules.by].format(group=row.get(self._pool.rules.by))
        lead = self._reading.language.plural(self._words["lead"], int(payees), group=group)
        return Pool(self._title, lead, tuple(self._lines(row, total)), self._rule)

    def _lines(self, row: Row, total: Number) -> Iterator[Line]:
        words, money, rules = self._words, self._numbers.money, self._pool.rules
        fund = number_in(row, FUND)
        if fund is not None:
            yield from self._fund.calls(row)
            shown, written = money(fund), self._fund.shown(row)
            said = self._reading.in_words(rules.fund.sentence(self._reading.language.of_rules))
            minor = Rounding(places=self._reading.plan.payout_rounding.kept)
            note = self._reading.maybe_rounded(written, fund, rules.fund.rounding(minor), money)
            yield Line(words["fund"], shown, written, ", ".join(filter(None, (said, note))))
        yield Line(words["sum"], money(total))
        for part in self._parts:
            yield from part.lines(row, total)
        if isinstance(rules, Solved):
            factor = number_in(row, FACTOR)
            if factor is not None:
                said = self._reading.in_words(rules.solve.sentence(self._reading.language.of_rules))
                yield Line(words["factor"], self._numbers.number(factor), "", said)
            return
        yield from self._paid(row)

    def _paid(self, row: Row) -> Iterator[Line]:
        words, money = self._words, self._numbers.money
        before, paid = number_in(row, "pool.before_bounds"), number_in(row, AMOUNT)
        if before is None or paid is None:
            return
        if len(self._parts) > 1 or self._bounds:
            amounts = [number_in(row, part.column("amount")) for part in self._parts]
            arithmetic = " + ".join(money(amount) for amount in amounts if amount is not None)
            yield Line(words["together"], money(before), arithmetic if len(self._parts) > 1 else "")
        decided = ""
        for name, column, formula in self._bounds:
            bound = number_in(row, column)
            if bound is not None:
                yield from formula.calls(row)
                written, shown = formula.shown(row), money(bound)
                minor = Rounding(places=self._reading.plan.payout_rounding.kept)
                yield Line(words[name], shown, written, self._reading.maybe_rounded(written, bound, minor, money))
                decided = decided or (name if bound == paid and paid != before else "")
        if self._bounds:
            which = decided or ("others" if paid != before else "none")
            yield Line(words["paid"], money(paid), "", words["bound"][which], applied=paid != before)


class PartWriter:
    """One part of a pool."""

    def __init__(self, reading: Reading, name: str, part: Part) -> None:
        self._reading, self._name, self._part, self._words = reading, name, part, reading.words["pool"]
        self._title = reading.language.label(part.title)
        self._key = FormulaWriter(reading, part.in_proportion_to, f"pool.{name}.exact.key", Names(nodes=True))

    def column(self, what: str) -> str:
        """A column of the part."""
        return part_column(self._name, what)

    def lines(self, row: Row, total: Number) -> Iterator[Line]:
        """The part's sum, the payee's key, all keys, and what comes of them."""
        words, numbers, part = self._words, self._reading.language.numbers, self._part
        found = [number_in(row, self.column(what)) for what in ("sum", "key", "keys", "amount")]
        if any(each is None for each in found):
            return
        whole, key, keys, amount = (each for each in found if each is not None)
        yield Line(self._title, "", heading=True)
        money, number, share = numbers.money, numbers.number, numbers.percent(part.share)
        if part.share != 1:
            exact = _product(total, part.share)
            yield Line(words["part"], money(whole), f"{money(total)} × {share}", self._cut(exact, whole))
        yield from self._key.calls(row)
        exact_key = number_in(row, f"pool.{self._name}.exact.key")
        written, shown = self._key.shown(row), number(key)
        note = self._reading.maybe_rounded(written, key, part.rounding, number)
        note = words["not_below"] if exact_key is not None and exact_key < 0 else note
        yield Line(words["key"], shown, "" if written == shown else written, note)
        yield Line(words["keys"], number(keys))
        if not keys:
            yield Line(words["amount"], money(amount), "", words["nobody"])
            return
        arithmetic = f"{money(whole)} × {number(key)} ÷ {number(keys)}"
        exact = _product(whole, key, over=keys)
        yield Line(words["amount"], money(amount), arithmetic, self._cut(exact, amount))
        yield from self._unearned(row, key, amount)

    def _unearned(self, row: Row, key: Number, amount: Number) -> Iterator[Line]:
        """What of it the results earned, where the key rests on more than results."""
        without, earned = number_in(row, self.column("unearned_key")), number_in(row, self.column("earned"))
        if not without or earned is None or not key:
            return
        words, numbers = self._words, self._reading.language.numbers
        shown = [numbers.number(each) for each in (key, without)]
        yield Line(words["without"], shown[1])
        arithmetic = f"{numbers.money(amount)} × ({shown[0]} − {shown[1]}) ÷ {shown[0]}"
        left = alike((key, without))
        exact = _product(amount, left[0] - left[1], over=key)
        yield Line(words["earned"], numbers.money(earned), arithmetic, self._cut(exact, earned))

    def _cut(self, exact: Number, amount: Number) -> str:
        if exact == amount:
            return ""
        coin = Decimal(1).scaleb(-self._reading.plan.payout_rounding.kept)
        return str(self._words["cut"]).format(coin=self._reading.language.numbers.money(coin))


def _parts(rules: SharedOut | Solved) -> dict[str, Part]:
    return rules.parts if isinstance(rules, SharedOut) else {}


def _bounds(rules: SharedOut | Solved) -> Iterator[tuple[str, str, Formula | None]]:
    if isinstance(rules, SharedOut):
        yield "minimum", MINIMUM, rules.minimum
        yield "maximum", MAXIMUM, rules.maximum


def _product(one: Number, other: Number, over: Number = _ONE) -> Number:
    left, right, below = alike((one, other, over))
    product: Number = left * right / below
    return product
