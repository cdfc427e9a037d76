"""What `run.json` says of a run: what went in, what became of everyone, and control totals."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl

from incentive_engine.columns import CORRECTIONS
from incentive_engine.currencies import minor_digits
from incentive_engine.engine.adjusting import RELEASE
from incentive_engine.engine.adjustments import KIND
from incentive_engine.engine.folder import empty_table, fingerprint
from incentive_engine.engine.invariants import Population, check_invariants
from incentive_engine.engine.running import Calculation
from incentive_engine.rulesets.adjustments import DECIDED_COLUMNS
from incentive_engine.rulesets.exchange import PAID, PAID_CURRENCY, RATE_EFFECT
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.version import __version__

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Checked:
    """A calculation in which every invariant holds, with what a run has besides."""

    calculation: Calculation
    population: Population
    as_of: dt.date | None
    corrections: pl.DataFrame
    preview: bool
    """Whether the period is not over yet, so that nothing is decided by it."""


def check(
    calculation: Calculation,
    as_of: dt.date | None = None,
    corrections: pl.DataFrame | None = None,
    preview: bool = False,
) -> Checked:
    """The calculation, of facts as they were known on a day, with the lines that it carries. Raises BrokenInvariant."""
    with calculation.timings.step("check"):
        population = check_invariants(calculation)
    carried = empty_table(CORRECTIONS) if corrections is None else corrections.select(*CORRECTIONS)
    return Checked(calculation, population, as_of, carried.sort("payee", "line"), preview)


def summary_of(checked: Checked, payouts: pl.LazyFrame) -> dict[str, Any]:
    """What `run.json` holds."""
    calculation, population = checked.calculation, checked.population
    ruleset = calculation.rules.ruleset
    (file, sha256), *entries = ((name, fingerprint(text)) for name, text in rule_files(calculation.rules).items())
    money = ("target_pay", *DECIDED_COLUMNS, "payout", "customer_pay", "internal_pay", "other_pay")
    totals = payouts.select(pl.col(money).sum()).collect().row(0, named=True)
    return {
        "format": FORMAT,
        "engine": __version__,
        "rule_set": ruleset.rule_set,
        "version": ruleset.version,
        "title": ruleset.title,
        "period": calculation.period.name,
        "period_start": calculation.period.start.isoformat(),
        "period_end": calculation.period.end.isoformat(),
        "as_of": checked.as_of and checked.as_of.isoformat(),
        **({"preview": {"until": _until(checked)}} if checked.preview else {}),
        "currency": ruleset.currency,
        "rules": {"file": file, "sha256": sha256, "entries": dict(entries)},
        "public_holidays": public_holidays(ruleset),
        "inputs": {
            name: {"files": list(table.files), "sha256": table.fingerprint, "rows": table.frame.height}
            for name, table in calculation.accepted.tables.items()
        },
        "payees": {
            "all": population.payees,
            "paid": population.paid,
            "held": population.held,
            "released": population.released,
            "not_eligible": population.not_eligible,
        },
        "totals": {name: None if value is None else f"{value:f}" for name, value in totals.items()},
        "paid": _paid(payouts),
        "released": _in_currencies(calculation.decided.used.filter(pl.col(KIND) == RELEASE), "pay"),
        "corrections": _in_currencies(checked.corrections, "amount"),
    }


def _until(checked: Checked) -> str | None:
    """The last day of which there is anything: that as of which it was known, or that of the last fact."""
    calculation, days = checked.calculation, list[dt.date]()
    for name, source in calculation.rules.ruleset.sources.items():
        table = calculation.accepted.tables.get(name)
        if table is not None:
            day = table.frame.select(pl.col(source.date).cast(pl.Date))
            last = day.filter(pl.col(source.date) <= calculation.period.end).max().item()
            days += [] if last is None else [last]
    known = max(days, default=None)
    if checked.as_of is not None:
        known = checked.as_of if known is None else min(known, checked.as_of)
    return None if known is None else known.isoformat()


def _paid(payouts: pl.LazyFrame) -> dict[str, dict[str, str]]:
    """What is paid in each currency, and what of it the rates changed: amounts in two are never added."""
    known = payouts.filter(pl.col(PAID).is_not_null())
    sums = known.group_by(PAID_CURRENCY).agg(pl.col(PAID, RATE_EFFECT).sum()).sort(PAID_CURRENCY).collect()
    return {
        currency: {PAID: _in_coins(paid, currency), RATE_EFFECT: _in_coins(effect, currency)}
        for currency, paid, effect in sums.iter_rows()
    }


def _in_currencies(rows: pl.DataFrame, amount: str) -> dict[str, str]:
    """The sum of an amount in each currency."""
    sums = rows.group_by("currency").agg(pl.col(amount).sum()).sort("currency")
    return {currency: _in_coins(total, currency) for currency, total in sums.iter_rows()}


def _in_coins(amount: Decimal, currency: str) -> str:
    """The amount with the decimals of its currency, or all that it has where it has more."""
    in_coins = round(amount, minor_digits(currency))
    return f"{in_coins if in_coins == amount else amount:f}"


def public_holidays(ruleset: RuleSet) -> str | None:
    """The fingerprint of the public holidays on which nobody worked; None where the rules know none."""
    if ruleset.calendar is None or ruleset.calendar.holidays is None:
        return None
    return fingerprint("\n".join(map(str, ruleset.calendar.public_holidays)).encode("ascii"))


def rule_files(rules: Rules) -> dict[str, bytes]:
    """The rule set's file, and beside it those of the editions before and of the catalogue that it takes over from."""
    taken = {"/".join(Path(entry.file).parts[-2:]): entry for entry in rules.entries}
    files = {Path(edition.document.file).name: edition.document for edition in rules.editions} | taken
    return {name: document.text.encode("utf-8") for name, document in files.items()}
