"""What must be true of every calculation, checked every time. A broken invariant is a bug of the engine: it raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from incentive_engine.compiler.nodes import Scored
from incentive_engine.compiler.program import CUSTOMER_PAY, INTERNAL_PAY, OTHER_PAY, Program
from incentive_engine.engine.known import held_people, known_people
from incentive_engine.engine.running import Calculation, Evaluation
from incentive_engine.rulesets.exchange import PAID, PAID_CURRENCY


class BrokenInvariant(RuntimeError):
    """The engine computed something that cannot be right; nothing was written."""


@dataclass(frozen=True, slots=True)
class Tested:
    """One shape with what its invariants count: rows that break each."""

    evaluation: Evaluation

    @property
    def program(self) -> Program:
        """The shape's program."""
        return self.evaluation.program


def parts_sum_to_the_payout(tested: Tested) -> pl.Expr:
    """Customer, internal and other pay add up to the payout."""
    numbers, payout = tested.program.numbers, tested.program.payout
    if payout is None:
        return pl.lit(False)
    rest = payout.minus(numbers[CUSTOMER_PAY]).minus(numbers[INTERNAL_PAY])  # has room, as a sum might not
    return rest.differs(numbers[OTHER_PAY])


def no_money_without_a_measure(tested: Tested) -> pl.Expr:
    """Without floors, added points, a formula or a pool, measures earn the whole payout."""
    program = tested.program
    by_rule = program.plans[0].payout or program.pooled or any(scored.lift for scored in _all(program.root))
    if program.payout is None or by_rule:
        return pl.lit(False)
    assert program.computed is not None, "what is paid is computed"
    return program.numbers[OTHER_PAY].differs(program.payout.minus(program.computed))


def payouts_are_paid_in_some_currency(tested: Tested) -> pl.Expr:
    """What is paid is known of every payout, and in the currency of the rules it is the payout."""
    numbers, payout = tested.program.numbers, tested.program.payout
    exchange = tested.program.plans[0].exchange
    if payout is None or exchange is None:
        return pl.lit(False)
    own = pl.col(PAID_CURRENCY) == exchange.currency
    return numbers[PAID].missing.ne(payout.missing) | (own & numbers[PAID].differs(payout))


def payouts_stay_in_their_proof(tested: Tested) -> pl.Expr:
    """A payout lies in the interval that was proved for it."""
    payout = tested.program.payout
    if payout is None:
        return pl.lit(False)
    counts = pl.col("payout")
    return (counts < _wide(payout.low)) | (counts > _wide(payout.high))


def held_payees_have_a_reason(tested: Tested) -> pl.Expr:
    """Whoever is not paid is held for a reason that can be told, and nobody is paid in spite of one."""
    reasons = [hold.when.fill_null(False) for hold in tested.program.holds] or [pl.lit(False)]
    return tested.program.paid == pl.any_horizontal(reasons)


ROW_INVARIANTS: tuple[Callable[[Tested], pl.Expr], ...] = (
    parts_sum_to_the_payout,
    no_money_without_a_measure,
    payouts_are_paid_in_some_currency,
    payouts_stay_in_their_proof,
    held_payees_have_a_reason,
)


def _wide(count: int) -> pl.Expr:
    return pl.lit(count, pl.Int128)


def _all(scored: Scored) -> Iterator[Scored]:
    yield scored
    for item in scored.items:
        yield from _all(item)


@dataclass(frozen=True, slots=True)
class Population:
    """How many payees were there, and what became of them; and what they were paid in all."""

    payees: int
    paid: int
    held: int
    released: int
    """Held, and paid by a signed decision; not among the held."""
    not_eligible: int


def check_invariants(calculation: Calculation) -> Population:
    """Raises BrokenInvariant, or says what became of everyone."""
    paid, held = [], [calculation.assigned.held.lazy(), held_people(calculation.accepted).lazy()]
    for evaluation in calculation.evaluations:
        tested = Tested(evaluation)
        broken = evaluation.frame.select(
            (invariant(tested).fill_null(False)).sum().alias(invariant.__name__) for invariant in ROW_INVARIANTS
        ).collect(engine="streaming")
        for name, rows in broken.row(0, named=True).items():
            if rows:
                raise BrokenInvariant(f"{name}: {rows} rows")
        told = evaluation.frame.select("payee", tested.program.paid.alias("paid")).collect(engine="streaming").lazy()
        paid.append(told.filter("paid"))
        held.append(told.filter(~pl.col("paid")))
    return _everyone_is_accounted_for(calculation, paid, held)


def _everyone_is_accounted_for(
    calculation: Calculation, paid: Sequence[pl.LazyFrame], held: Sequence[pl.LazyFrame]
) -> Population:
    """Everyone in the workforce is paid, held, or in no plan."""
    groups = {
        "known": [known_people(calculation.accepted).lazy()],
        "paid": paid,
        "held": held,
        "released": [calculation.decided.released.lazy()],
        "refused": [calculation.assigned.tests.filter(~pl.col("result"))],
    }
    group = pl.Enum(list(groups))
    named = [frame.select("payee", pl.lit(name, group).alias("group")) for name in groups for frame in groups[name]]
    fates = pl.concat(named).group_by("payee").agg((pl.col("group") == name).any().alias(name) for name in groups)
    unpaid = pl.col("held") & ~pl.col("paid")
    rest = pl.col("known") & ~pl.col("paid") & ~pl.col("held")
    counted = fates.select(
        pl.col("known", "paid").sum(),
        (unpaid & ~pl.col("released")).sum().alias("held"),
        (unpaid & pl.col("released")).sum().alias("released"),
        rest.sum().alias("not eligible"),
        (rest & ~pl.col("refused")).sum().alias("unexplained"),
    ).collect(engine="streaming")
    *population, unexplained = counted.row(0)
    if unexplained:
        raise BrokenInvariant(
            f"everyone_is_accounted_for: {unexplained} payees are neither paid, held nor not eligible"
        )
    return Population(*population)
