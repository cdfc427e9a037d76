"""What a closed period pays by what is known now, step by step, and what somebody has to decide first.

The cause of a difference is found by recomputing with one kind of change at a time, in the declared order: a line is
what the amount became by one of them. What was deleted after payment, and the pay of those who cannot be paid any more,
takes nothing back before it is decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl

from incentive_engine.engine import outputs
from incentive_engine.engine.running import Calculation, Timings, calculate
from incentive_engine.ledger.corrections.amounts import (
    AMOUNTS,
    OF,
    amounts_of,
    differences,
    held_among,
    not_paid_any_more,
)
from incentive_engine.ledger.corrections.comparing import QUESTION, question_names
from incentive_engine.ledger.corrections.states import ADJUSTMENT, CAUSES, Changes
from incentive_engine.periods import Period
from incentive_engine.rulesets.contracts import WORKFORCE

ONE_BY_ONE: Final = 50
"""So many questions are worked out one by one; more of them only all together."""
LINES: Final = pl.Schema({**AMOUNTS, "cause": pl.String()})
QUESTIONS: Final = pl.Schema(dict.fromkeys(("question", "table", "key", "payee", "cause", "why"), pl.String()))
EFFECTS: Final = pl.Schema({"question": pl.String(), **AMOUNTS})
HELD: Final = "held"
"""The table of questions about somebody who was paid and cannot be any more."""


@dataclass(frozen=True, slots=True)
class Restated:
    """A closed period by what is known now.

    `compared`: by table, how many rows are late, changed and gone. `lines`: payee, pays, currency, amount, cause.
    `questions`: what nobody decided yet, by name. `effects`: by question (missing: all of them together), what would
    change if it were decided that it goes.
    """

    calculation: Calculation
    compared: Mapping[str, Mapping[str, int]]
    lines: pl.DataFrame
    questions: pl.DataFrame
    effects: pl.DataFrame


@dataclass(frozen=True)
class Restating:
    """A closed period to work out again.

    `settled`: payee, pays, currency, amount: what was paid and corrected so far. `due`: the same by the last run or
    correction. `of`: the rule set and the period, in the names of questions. `decisions`: `keep` or `remove` by
    question. `waiting`: cause by question of those asked before.
    """

    changes: Changes
    settled: pl.DataFrame
    due: pl.DataFrame
    period: Period
    of: str
    decisions: Mapping[str, str]
    waiting: Mapping[str, str]
    timings: Timings

    @cached_property
    def removed(self) -> frozenset[str]:
        """The questions that are decided so that what was deleted goes."""
        return frozenset(name for name, decision in self.decisions.items() if decision == "remove")

    def restated(self) -> Restated:
        """The lines, in the declared order of causes, and the questions."""
        amounts, waiting, withdrawn = self._before()
        lines, calculation = [withdrawn], None
        causes = self.changes.causes(self.removed)
        for step in causes:
            calculation = self._calculated(ADJUSTMENT if step == causes[-1] else step, self.removed)
            paid = amounts_of(calculation)
            waiting = self._waiting(amounts, paid, waiting, calculation, CAUSES[step])
            now = pl.concat([paid, waiting.select(AMOUNTS.names())])
            lines.append(differences(amounts, now).with_columns(pl.lit(CAUSES[step]).alias("cause")))
            amounts = now
        calculation = calculation or self._calculated(ADJUSTMENT, self.removed)
        questions, effects = self._asked(amounts, waiting, calculation)
        return Restated(calculation, self.changes.counted, _together(lines), questions, effects)

    def _calculated(self, step: int, removed: frozenset[str]) -> Calculation:
        inputs = self.changes.state(step, removed)
        return calculate(inputs.rules, inputs.accepted, self.period, self.timings, keep=False)

    def _before(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """What is settled, what of it waits for a decision, and the lines of what was decided to go meanwhile."""
        named = self._named(not_paid_any_more(self.settled.filter(pl.col("amount") != 0), self.due))
        cause = pl.col(QUESTION).replace_strict(self.waiting, default="person", return_dtype=pl.String)
        waiting = named.with_columns(cause.alias("cause"))
        goes = pl.col(QUESTION).is_in(list(self.removed))
        withdrawn = waiting.filter(goes)
        lines = withdrawn.with_columns(-pl.col("amount")).select(LINES.names())
        return self.settled.join(withdrawn, on=OF, how="anti"), waiting.filter(~goes), lines

    def _waiting(
        self, was: pl.DataFrame, paid: pl.DataFrame, waiting: pl.DataFrame, calculation: Calculation, cause: str
    ) -> pl.DataFrame:
        """The amounts of those who are held now, each with its question and the cause; not those decided to go."""
        lost = not_paid_any_more(was, paid)
        still = waiting.join(lost, on=OF, how="semi")
        new = self._named(held_among(lost.join(still, on=OF, how="anti"), calculation))
        return pl.concat(
            [still, new.filter(~pl.col(QUESTION).is_in(list(self.removed))).with_columns(cause=pl.lit(cause))]
        )

    def _named(self, amounts: pl.DataFrame) -> pl.DataFrame:
        """Amounts of people who cannot be paid any more, each with the question that it is."""
        return amounts.with_columns(question_names(f"{self.of}\0{HELD}", amounts))

    def _asked(
        self, amounts: pl.DataFrame, waiting: pl.DataFrame, calculation: Calculation
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """What nobody decided yet: questions and effects."""
        gone = self.changes.gone.with_columns(cause=pl.lit(None, pl.String)).match_to_schema(QUESTIONS)
        gone = gone.filter(~pl.col("question").is_in(list(self.decisions))).unique("question", maintain_order=True)
        effects = pl.concat(
            [pl.DataFrame(schema=EFFECTS), *self._effects(gone["question"].to_list(), amounts, waiting)]
        )
        if effects.is_empty():
            gone = gone.clear()  # that it is not there changes nobody's pay: it stays, and nobody needs to decide
        held = waiting.filter(~pl.col(QUESTION).is_in(list(self.decisions)))
        held = held.with_columns(pl.col(QUESTION).alias("question"))
        of_held = held.select("question", -pl.col("amount"), *OF).select(EFFECTS.names())
        return pl.concat([gone, _of_held(held, calculation)]), pl.concat([effects, of_held])

    def _effects(self, questions: list[str], amounts: pl.DataFrame, waiting: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """What would change if what is gone did go: of each question, or of all where they are many."""
        if not questions:
            return
        together = self._effect(questions, amounts, waiting)
        if together.is_empty() and len(questions) > ONE_BY_ONE:
            return
        if len(questions) > ONE_BY_ONE:
            yield together.select(pl.lit(None, pl.String).alias("question"), *AMOUNTS)
            return
        for each in questions:
            alone = together if len(questions) == 1 else self._effect([each], amounts, waiting)
            yield alone.select(pl.lit(each).alias("question"), *AMOUNTS)

    def _effect(self, questions: list[str], amounts: pl.DataFrame, waiting: pl.DataFrame) -> pl.DataFrame:
        calculation = self._calculated(ADJUSTMENT, self.removed.union(questions))
        paid = amounts_of(calculation)
        stand = self._waiting(amounts, paid, waiting, calculation, "")
        return differences(amounts, pl.concat([paid, stand.select(AMOUNTS.names())]))


def _of_held(rows: pl.DataFrame, calculation: Calculation) -> pl.DataFrame:
    """Questions about people who are held, each with the reason."""
    if rows.is_empty():
        return pl.DataFrame(schema=QUESTIONS)
    reasons = pl.concat([outputs.held(calculation), calculation.accepted.held]).filter(pl.col("table") == WORKFORCE)
    first = reasons.unique("payee", keep="first", maintain_order=True).select("payee", why="reason")
    told = rows.with_columns(table=pl.lit(HELD), key="pays").join(first, on="payee", how="left", maintain_order="left")
    return told.select(QUESTIONS.names()).match_to_schema(QUESTIONS)


def _together(lines: list[pl.DataFrame]) -> pl.DataFrame:
    """One line per payee × pays × currency × cause, by payee and in the order of causes."""
    order = pl.col("cause").cast(pl.Enum(CAUSES))
    summed = pl.concat(lines).group_by(*OF, "cause").agg(pl.col("amount").sum()).filter(pl.col("amount") != 0)
    return summed.match_to_schema(LINES).sort("payee", "pays", "currency", order)
