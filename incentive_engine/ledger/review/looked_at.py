"""What the checklist looks at: a run by its folder alone, and the run before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl

from incentive_engine.engine.known import known_people
from incentive_engine.engine.run import Run, accepted_in, rules_in
from incentive_engine.facts import Accepted
from incentive_engine.ledger.corrections.asking import Question
from incentive_engine.ledger.review.tolerances import Tolerances
from incentive_engine.ledger.settled import BESIDES
from incentive_engine.periods import Period
from incentive_engine.rulesets.contracts import WORKFORCE
from incentive_engine.rulesets.exchange import PAID, PAID_CURRENCY
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ResolvedPlan, resolve

DEFAULT: Final = Tolerances()
"""What passes where no policy says."""


@dataclass(frozen=True)
class Written:
    """A run in its folder, with what several items read of it."""

    folder: Path

    @cached_property
    def run(self) -> Run:
        """The run."""
        return Run.open(self.folder)

    @cached_property
    def rules(self) -> Rules:
        """The rules by which its period was paid."""
        return rules_in(self.folder)

    @cached_property
    def period(self) -> Period:
        """Its period."""
        return self.rules.period(self.run.summary["period"])

    @cached_property
    def plans(self) -> Mapping[str, ResolvedPlan]:
        """Its plans, by the names that they have in the run's tables."""
        return {plan.name: plan for plan in resolve(self.rules.ruleset, self.period)}

    @cached_property
    def workforce(self) -> Accepted:
        """The accepted rows of the workforce, and every row that could not be accepted."""
        return accepted_in(self.folder, self.rules, [each for each in self.rules.contracts if each.name == WORKFORCE])

    @cached_property
    def people(self) -> pl.DataFrame:
        """Everybody who is known: one row per payee, with the columns of the workforce."""
        return known_people(self.workforce)

    @property
    def currency(self) -> str:
        """That of the rules."""
        return str(self.run.summary["currency"])

    @property
    def name(self) -> str:
        """The period, with the run's folder where that is called otherwise."""
        period, folder = self.period.name, self.folder.name
        return period if folder == period else f"{period} ({folder})"

    @cached_property
    def payouts(self) -> pl.DataFrame:
        """One row per payee × what is paid, of those who are paid something: the sum of its plans."""
        paid = self.run.tables["payouts"].filter(pl.col("payout").is_not_null())
        return paid.group_by("payee", "pays").agg(pl.col("payout").sum()).sort("payee", "pays").collect()

    @cached_property
    def parts(self) -> pl.DataFrame:
        """One row per payee × plan × segment that is paid: payee, plan, pays, target_pay, proration, payout."""
        columns = ("payee", "plan", "pays", "target_pay", "proration", "payout")
        segments = self.run.tables["segments"].select(columns)
        whole = self.run.tables["payouts"].select(columns).join(segments, on=["payee", "pays"], how="anti")
        both = pl.concat([whole, segments], how="vertical_relaxed").filter(pl.col("payout").is_not_null())
        return both.sort("payee", "pays", "plan", maintain_order=True).collect()

    @cached_property
    def adjustments(self) -> pl.DataFrame:
        """One row per adjustment that was used × payee."""
        return self.run.tables["adjustments"].collect()

    @cached_property
    def corrections(self) -> pl.DataFrame:
        """One row per line of a correction that the run carries."""
        return self.run.tables["corrections"].collect()

    @cached_property
    def released(self) -> pl.DataFrame:
        """One row per held payee × pays whom a signed decision pays: as in `adjustments`."""
        return self.adjustments.filter(kind="release")

    @cached_property
    def due(self) -> pl.DataFrame:
        """One row per payee × currency: `paid` by the run, `released`, `corrections` carried, and `due`, their sum."""
        paid = self.run.payouts.filter(pl.col(PAID).is_not_null())
        kinds = {
            "paid": paid.select("payee", pl.col(PAID_CURRENCY).alias("currency"), pl.col(PAID).alias("amount")),
            "released": self.released.select("payee", "currency", pl.col("pay").alias("amount")),
            "corrections": self.corrections.select("payee", "currency", "amount"),
        }
        frames = [frame.with_columns(pl.lit(name).alias("kind")) for name, frame in kinds.items()]
        of_kind = [pl.col("amount").filter(pl.col("kind") == name).sum().alias(name) for name in kinds]
        rows = pl.concat(frames, how="vertical_relaxed")
        return rows.group_by("payee", "currency").agg(*of_kind, pl.col("amount").sum().alias("due")).sort("payee")


@dataclass(frozen=True)
class LookedAt:
    """The run under review, the one before it, and by what it is judged."""

    now: Written
    before: Written | None
    tolerances: Tolerances = DEFAULT
    may_sign: Callable[[str], bool] | None = None
    """Whether somebody may sign adjustments; None where no policy says."""
    questions: tuple[Question, ...] | None = None
    """Those that are open; None outside a project, where there are none."""
    payroll: Path | None = None
    """The file that says how payroll wants its lines; None where there is none."""
    paid_besides: pl.DataFrame = field(default_factory=BESIDES.to_frame)
    """Who was paid for days of the period by other rules, or for another period."""
