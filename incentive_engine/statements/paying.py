"""From the score to money: target pay, the share of the period, and what the plan pays for the score."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from incentive_engine.compiler.explaining_pay import EXACT, UNEARNED
from incentive_engine.compiler.pay import SCORE, compared_at
from incentive_engine.compiler.pools import FACTOR
from incentive_engine.compiler.program import PAYOUT, PRORATION, TARGET_PAY
from incentive_engine.compiler.telling import Names
from incentive_engine.engine.deciding import Decided, computed
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Rounding
from incentive_engine.kinds.pools import SharedOut
from incentive_engine.rulesets.resolving import ROOT, nodes_under
from incentive_engine.statements.curves import CallWriter
from incentive_engine.statements.deciding import DecisionWriter
from incentive_engine.statements.digits import alike
from incentive_engine.statements.exchanging import ExchangeWriter
from incentive_engine.statements.histories import HistoryWriter
from incentive_engine.statements.people import Person
from incentive_engine.statements.prorating import ProrationWriter
from incentive_engine.statements.reading import Reading, Row, number_in
from incentive_engine.statements.values import Line

_DIVIDED_BY_NOTHING: Final = re.compile(r"÷ \(?0(?![.,\d])")


class FormulaWriter:
    """A formula with the curves that it calls, ready for any payee."""

    def __init__(self, reading: Reading, formula: Formula, column: str, names: Names) -> None:
        self._calls = CallWriter(reading, formula, column, names)
        self._written = reading.formula(formula, names)

    def calls(self, row: Row) -> Iterator[Line]:
        """A line for each curve that it calls."""
        return self._calls.lines(row)

    def shown(self, row: Row) -> str:
        """The formula with the payee's values."""
        return self._written.with_values(row)


class PayWriter:
    """How one plan pays, in one language."""

    def __init__(self, reading: Reading) -> None:
        self._reading, self._words = reading, reading.words["steps"]
        self._numbers = reading.language.numbers
        plan = reading.plan
        self._histories, self._decisions = HistoryWriter(reading), DecisionWriter(reading)
        self._proration = None if plan.proration is None else ProrationWriter(reading, plan.proration)
        self._exchange = None if plan.exchange is None else ExchangeWriter(reading, plan.exchange)
        self._target_pay = None
        if plan.target_pay is not None:
            self._target_pay = FormulaWriter(reading, plan.target_pay, TARGET_PAY, Names())
        self._payout: FormulaWriter | None = None
        self._without: dict[str, tuple[str, FormulaWriter]] = {}
        if plan.payout is not None:
            self._payout = FormulaWriter(reading, plan.payout, EXACT, Names(nodes=True))
            self._look_up(plan.payout)

    def _look_up(self, formula: Formula) -> None:
        """What the formula gives without the score of each node that it names, and without all of them."""
        nodes = {SCORE if node.path == ROOT else node.path: node for node in nodes_under(self._reading.plan.root)}
        named = {
            path: self._reading.language.label(node.title) for path, node in nodes.items() if path in formula.names
        }
        for path, title in named.items():
            column, names = f"{PAYOUT}.without_{path}", Names(nodes=True, nothing=frozenset({path}))
            words = str(self._words["without"]).format(node=title)
            self._without[column] = words, FormulaWriter(self._reading, formula, column, names)
        if len(named) > 1:
            names = Names(nodes=True, nothing=frozenset(named))
            words = str(self._words["without_all"])
            self._without[UNEARNED] = words, FormulaWriter(self._reading, formula, UNEARNED, names)

    def lines(self, row: Row, person: Person, decided: Decided | None) -> Iterator[Line]:
        """Target pay × score × proration = payout, or what stands in its place; and what is paid of it elsewhere.

        What was decided about it stands between what is worked out and what is paid.
        """
        yield from self._histories.lines(row, person)
        if self._exchange is not None:
            yield from self._exchange.own(row)
        *lines, payout = self._payout_lines(row)
        yield from lines
        yield from [payout] if decided is None else self._decisions.lines(decided, payout)
        if self._exchange is not None:
            yield from self._exchange.paid(row)

    def _payout_lines(self, row: Row) -> Iterator[Line]:
        words, numbers, plan = self._words, self._numbers, self._reading.plan
        money, score = computed(row), number_in(row, f"{ROOT}.score")
        target, share = number_in(row, TARGET_PAY), number_in(row, PRORATION)
        assert score is not None, "who is told what they are paid has a score"
        if self._target_pay is not None and target is not None:
            yield from self._target_pay.calls(row)
            arithmetic, shown = self._target_pay.shown(row), numbers.money(target)
            same = arithmetic == numbers.number(target)
            note = words["target_pay_note"] if plan.payout is None and plan.pool is None else ""
            yield Line(words["target_pay"], shown, "" if same else arithmetic, note)
        if self._proration is not None:
            yield from self._proration.lines(row)
        yield Line(words["score"], self._reading.score(score), "", words["score_note"])
        if money is None:
            return
        if plan.pool is not None and isinstance(plan.pool.rules, SharedOut):
            yield Line(words["payout"], numbers.money(money), "", words["from_pool"])
        elif self._payout is not None:
            yield from self._by_formula(row, self._payout, money)
        elif target is not None:
            factors = [target, score] + ([] if share is None else [share])
            shown = " × ".join(
                [
                    numbers.money(target),
                    numbers.inside(score, self._reading.score),
                    *([] if share is None else [numbers.inside(share, numbers.percent)]),
                ]
            )
            exact, *others = alike(factors)
            for factor in others:
                exact *= factor
            note = self._reading.rounded(plan.payout_rounding, exact, money, numbers.money)
            yield Line(words["payout"], numbers.money(money), shown, note)

    def _by_formula(self, row: Row, payout: FormulaWriter, money: Decimal) -> Iterator[Line]:
        words, numbers, plan = self._words, self._numbers, self._reading.plan
        factor, exact = number_in(row, FACTOR), number_in(row, EXACT)
        if factor is not None:
            yield Line(words["pool_factor"], numbers.number(factor), "", words["pool_factor_note"])
        yield from payout.calls(row)
        assert exact is not None, "what is paid was worked out"
        note = self._reading.rounded(plan.payout_rounding, exact, money, numbers.money)
        yield Line(words["payout"], numbers.money(money), self._prorated(payout, row), note)

    def _prorated(self, formula: FormulaWriter, row: Row) -> str:
        share = number_in(row, PRORATION)
        return formula.shown(row) if share is None else f"({formula.shown(row)}) × {self._numbers.percent(share)}"

    def without(self, row: Row) -> Iterator[Line]:
        """What a payout's formula would give without the scores that it names."""
        finer = Rounding(places=compared_at(self._reading.plan))
        for column, (words, formula) in self._without.items():
            value = number_in(row, column)
            if value is None:
                continue
            yield from formula.calls(row)
            written = self._prorated(formula, row)
            note = self._reading.maybe_rounded(written, value, finer, self._numbers.money)
            if not value and _DIVIDED_BY_NOTHING.search(written):
                note = str(self._words["nothing"])
            yield Line(words, self._numbers.money(value), written, note)
