"""Examples: payees worked out by hand, run through the same stages as the workforce, and compared exactly."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from incentive_engine.compiler.inputs import Ranges
from incentive_engine.engine.example_rows import Refused
from incentive_engine.engine.outcomes import Outcome, Programs
from incentive_engine.errors import Problem
from incentive_engine.kinds.base import written
from incentive_engine.rulesets.exchange import PAID
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ROOT, KeyPath

_TESTS = {"who": "`who`", "eligible": "`eligible`", "present": "its days of presence"}


def run_examples(rules: Rules, ranges: Ranges) -> Iterator[Problem]:
    """Every example whose result is not the expected one."""
    programs = Programs(rules, ranges)
    for index, example in enumerate(rules.ruleset.examples):
        try:
            yield from _Expectation(rules, index, programs.outcome(example)).differences()
        except Refused as refused:
            yield refused_example(rules, index, refused)


def refused_example(rules: Rules, index: int, refused: Refused) -> Problem:
    """An example that no run could have, told at its place."""
    where = rules.document.at(("examples", index, *refused.at))
    title = rules.ruleset.examples[index].title
    return Problem(refused.code, f"example “{title}”: {refused.message}", where, refused.hint)


class _Expectation:
    """What one example expects of its outcome."""

    def __init__(self, rules: Rules, index: int, outcome: Outcome) -> None:
        self._document, self._index, self._outcome = rules.document, index, outcome
        self._example, self._plan, self._program = outcome.example, outcome.plan, outcome.program

    def differences(self) -> Iterator[Problem]:
        """Where the outcome is not what the example expects."""
        expect, outcome = self._example.expect, self._outcome
        if expect.fails is not None:
            yield from self._test(expect.fails)
        elif outcome.failed:
            message = f"this payee is not paid by `{self._example.plan}`: {_TESTS[outcome.failed[0]]} says no"
            yield self._differs((), message, "correct the columns under `payee:`, or expect `fails:`")
        elif expect.held is not None:
            if expect.held not in outcome.held:
                found = f"held: {self._reasons()}" if outcome.held else "paid"
                yield self._differs(("held",), f"the payee is {found}, not held with `{expect.held}`")
        elif outcome.held:
            yield self._differs((), f"the payee is held: {self._reasons()}", "give what is missing, or expect `held:`")
        else:
            yield from self._numbers()

    def _test(self, expected: str) -> Iterator[Problem]:
        """The first test that says no is the one that is expected to."""
        failed = self._outcome.failed
        if failed[:1] != [expected]:
            told = f"{_TESTS[failed[0]]} says no, not" if failed else "every test says yes, also"
            yield self._differs(("fails",), f"{told} {_TESTS[expected]}")

    def _numbers(self) -> Iterator[Problem]:
        expect, program, scores = self._example.expect, self._program, self._outcome.scores()
        for path, expected in expect.scores.items():
            yield from self._compared(("scores", path), f"the score of `{path}`", expected, scores[path])
        yield from self._compared(("score",), "the score", expect.score, scores[ROOT])
        if expect.payout is None and expect.paid is None:
            return
        if program.pooled is not None and self._plan.payout is None:
            message = f"`{self._example.plan}` is paid from a pool: what the others get decides the payout"
            yield self._differs(("payout",), message, "expect a `score:`")
        elif program.payout is None:
            message = f"`{self._example.plan}` is scored only: it has no `target_pay`"
            yield self._differs(("payout",), message, "expect a `score:`")
        else:
            payout = self._outcome.value(program.payout)
            yield from self._compared(("payout",), "the payout", expect.payout, payout)
            paid = self._outcome.number(PAID) if PAID in program.numbers else payout
            yield from self._compared(("paid",), "what is paid", expect.paid, paid)

    def _compared(self, at: KeyPath, what: str, expected: Decimal | None, found: Fraction | None) -> Iterator[Problem]:
        if expected is None:
            return
        percent = (self._document.written(("examples", self._index, "expect", *at)) or "").endswith("%")
        if found is None:
            yield self._differs(at, f"{what} does not count, for lack of a result", self._shown_scores())
        elif found != Fraction(expected):
            told = f"{what} is {written(found, percent=percent)}, not {written(expected, percent=percent)}"
            yield self._differs(at, told, self._shown_scores())

    def _shown_scores(self) -> str:
        values = self._outcome.scores().items()
        told = [f"{path} {written(v, percent=True)}" for path, v in values if v is not None and path != ROOT]
        return f"the scores are: {', '.join(told)}"

    def _differs(self, at: KeyPath, message: str, hint: str | None = None) -> Problem:
        path = ("examples", self._index, "expect", *at)
        where = self._document.at(path) if at else self._document.key_at(path)
        return Problem("example-differs", f"example “{self._example.title}”: {message}", where, hint)

    def _reasons(self) -> str:
        return "; ".join(f"{code} ({reason})" for code, reason in sorted(self._outcome.held.items()))
