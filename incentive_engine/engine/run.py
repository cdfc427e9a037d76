"""A run: one calculation with the fingerprint of everything that went in, in memory or in its folder."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from incentive_engine.columns import CORRECTIONS
from incentive_engine.currencies import minor_digits
from incentive_engine.engine import outputs
from incentive_engine.engine.adjusting import RELEASE
from incentive_engine.engine.adjustments import KIND
from incentive_engine.engine.exporting import writers
from incentive_engine.engine.folder import (
    RUN_FILE,
    empty_table,
    fingerprint,
    new_folder,
    refuse_existing,
    write_json,
    write_table,
)
from incentive_engine.engine.invariants import Population, check_invariants
from incentive_engine.engine.measuring import kpi_table
from incentive_engine.engine.running import Calculation, Timings, accept_for, calculate
from incentive_engine.engine.totals import departments
from incentive_engine.engine.verbatims import verbatims
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.exact import Exact
from incentive_engine.facts import Accepted, Table, TableContract, accept
from incentive_engine.rulesets.adjustments import DECIDED_COLUMNS
from incentive_engine.rulesets.exchange import PAID, PAID_CURRENCY, RATE_EFFECT
from incentive_engine.rulesets.loading import Rules, load, rules_for
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.version import __version__

TABLES = (
    "payouts", "segments", "contributions", "adjustments", "corrections", "departments", "kpis", "pools", "verbatims",
    "held", "eligibility", "steps",
)  # fmt: skip
FORMAT = 1
SET_ASIDE = "_held.parquet"
"""Among the inputs: the rows that could not be accepted, so that a run from the folder alone holds them too."""


@dataclass(frozen=True)
class Run:
    """The tables of one calculation, as Polars frames; DESIGN of each in `incentive_engine.columns`.

    `summary`: what `run.json` holds. `folder`: where it was written, if it was.
    """

    summary: Mapping[str, Any]
    tables: Mapping[str, pl.LazyFrame]
    traces: Mapping[str, pl.LazyFrame]
    folder: Path | None = None

    @cached_property
    def payouts(self) -> pl.DataFrame:
        """One row per payee × plan that is paid (or scored)."""
        return self.tables["payouts"].collect()

    @cached_property
    def segments(self) -> pl.DataFrame:
        """One row per payee × plan × segment, of those who are paid in several."""
        return self.tables["segments"].collect()

    @cached_property
    def contributions(self) -> pl.DataFrame:
        """One row per payee × plan × segment × measure: the part of the payout that it brought."""
        return self.tables["contributions"].collect()

    @cached_property
    def adjustments(self) -> pl.DataFrame:
        """One row per adjustment that was used × segment that it is for: what was decided, by whom, what it gave."""
        return self.tables["adjustments"].collect()

    @cached_property
    def corrections(self) -> pl.DataFrame:
        """One row per line that corrections of closed periods booked into this one."""
        return self.tables["corrections"].collect()

    @cached_property
    def departments(self) -> pl.DataFrame:
        """One row per department × plan × measure."""
        return self.tables["departments"].collect()

    @cached_property
    def kpis(self) -> pl.DataFrame:
        """One row per subject × KPI."""
        return self.tables["kpis"].collect()

    @cached_property
    def pools(self) -> pl.DataFrame:
        """One row per pool × group: the sum, what is paid of it, and what is left."""
        return self.tables["pools"].collect()

    @cached_property
    def verbatims(self) -> pl.DataFrame:
        """One row per text that a respondent wrote, and whether those whom it is about may read it."""
        return self.tables["verbatims"].collect()

    @cached_property
    def held(self) -> pl.DataFrame:
        """One row per row or payee that was not used, with its reason."""
        return self.tables["held"].collect()

    @cached_property
    def eligibility(self) -> pl.DataFrame:
        """One row per payee × segment × plan × test."""
        return self.tables["eligibility"].collect()

    @cached_property
    def steps(self) -> pl.DataFrame:
        """One row per plan × stage column: its sentence and the line of the rules."""
        return self.tables["steps"].collect()

    @property
    def trace(self) -> dict[str, pl.DataFrame]:
        """Every stage column of every payee, one frame per shape of plans."""
        return {name: frame.collect() for name, frame in self.traces.items()}

    def __repr__(self) -> str:
        return f"Run({self.summary['rule_set']} {self.summary['period']})\n{self.departments}"

    def _repr_html_(self) -> str:
        return self.departments._repr_html_()

    @classmethod
    def open(cls, folder: Path | str) -> Run:
        """The run in a folder. Raises InputProblems when there is none."""
        folder = Path(folder)
        if not (folder / RUN_FILE).is_file():
            hint = "give the folder that `incentive run … --out` wrote"
            raise InputProblems([Problem("not-a-run", f"`{folder}` holds no {RUN_FILE}", hint=hint)])
        summary = _summary_in(folder)
        tables = {name: pl.scan_parquet(folder / f"{name}.parquet") for name in TABLES}
        traces = {path.stem: pl.scan_parquet(path) for path in sorted((folder / "trace").glob("*.parquet"))}
        return cls(summary, tables, traces, folder)


def _summary_in(folder: Path) -> Mapping[str, Any]:
    """What `run.json` says. Raises InputProblems where it, or a table of the run, was lost or spoilt."""
    lost = [f"{name}.parquet" for name in TABLES if not (folder / f"{name}.parquet").is_file()]
    try:
        summary: Mapping[str, Any] = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    except ValueError:
        lost.append(RUN_FILE)
    if lost:
        hint = "the folder was changed after the run: run again into another"
        raise InputProblems([Problem("spoilt-run", f"`{folder}` lacks a whole {', '.join(lost)}", hint=hint)])
    return summary


def run(
    rules: Rules,
    data: Path | str,
    period: str,
    out: Path | str | None = None,
    timings: Timings | None = None,
    formats: Sequence[str] = (),
    as_of: dt.date | None = None,
    corrections: pl.DataFrame | None = None,
    beside: Mapping[str, Mapping[str, Any]] = {},
) -> Run:
    """Pays a workforce: accepts the data, calculates, checks the invariants, writes the folder `out` if one is given.

    `formats`: `csv` and `xlsx` write the tables for spreadsheets as well. `as_of`: facts that were recorded later are
    not read. `corrections`: the lines of closed periods that this run carries, as `columns.CORRECTIONS` says. `beside`:
    JSON files that the folder gets besides. Raises InputProblems for rules, periods and files that cannot be used; rows
    that cannot be used are held instead.
    """
    timings = timings or Timings()
    also = writers(formats)
    if out is not None:
        refuse_existing(Path(out))
    parsed = rules.period(period)
    rules = rules_for(rules, parsed)
    with timings.step("accept"):
        accepted = accept_for(rules, Path(data), as_of)
    calculation = calculate(rules, accepted, parsed, timings, keep=out is None)
    checked = check(calculation, as_of, corrections)
    if out is None:
        return _in_memory(checked)
    with timings.step("write"), new_folder(Path(out)) as folder:
        write_run(checked, folder)
        for suffix, write in also:
            for name in TABLES:
                write(pl.scan_parquet(folder / f"{name}.parquet"), folder / f"{name}.{suffix}")
        for name, told in {**beside, "timings.json": timings.seconds}.items():
            write_json(told, folder / name)
    return Run.open(out)


def recompute(folder: Path | str) -> Run:
    """The run worked out again from its folder alone: the rules and the accepted rows are inside."""
    return _in_memory(_again(Path(folder), Timings(), keep=True))


def recompute_into(folder: Path, out: Path, timings: Timings) -> None:
    """Writes into the folder `out` what a run's folder alone leads to again: tables, trace and run.json.

    Streamed as `run` does it, so that memory does not grow with the trace.
    """
    checked = _again(folder, timings, keep=False)
    with timings.step("write"):
        _write_results(checked, out)


def _again(folder: Path, timings: Timings, *, keep: bool) -> Checked:
    opened = Run.open(folder)
    with timings.step("accept"):
        rules, accepted = reread(folder)
    refuse_other_holidays(opened, rules.ruleset)
    calculation = calculate(rules, accepted, rules.period(opened.summary["period"]), timings, keep=keep)
    as_of = opened.summary["as_of"]
    return check(calculation, as_of and dt.date.fromisoformat(as_of), opened.corrections)


def refuse_other_holidays(opened: Run, rules: RuleSet) -> None:
    """Raises InputProblems where other days are public holidays now than when a run was written."""
    if opened.summary["public_holidays"] != _public_holidays(rules):
        message = f"the package `holidays` knows other public holidays now than when `{opened.folder}` was written"
        raise InputProblems([Problem("other-holidays", message, hint="install the version that was there then")])


def rules_in(folder: Path) -> Rules:
    """The rules inside a run folder, by which its period was paid."""
    summary = _summary_in(folder)
    rules = load(folder / "rules" / summary["rules"]["file"])
    return rules_for(rules, rules.period(summary["period"]))


def reread(folder: Path) -> tuple[Rules, Accepted]:
    """The rules and the accepted tables inside a run folder."""
    rules = rules_in(folder)
    return rules, accepted_in(folder, rules, rules.contracts)


def accepted_in(folder: Path, rules: Rules, contracts: Iterable[TableContract]) -> Accepted:
    """Some of the accepted tables inside a run folder, and all rows that could not be accepted."""
    written = tuple(
        replace(contract, path=f"{contract.name}.parquet", encoding=None, delimiter=None, decimal=None, sheet=None)
        for contract in contracts
    )
    accepted = accept(written, folder / "inputs", rules.ruleset.timezone)
    return replace(accepted, held=pl.read_parquet(folder / "inputs" / SET_ASIDE))


@dataclass(frozen=True, slots=True)
class Checked:
    """A calculation in which every invariant holds, with what a run has besides."""

    calculation: Calculation
    population: Population
    as_of: dt.date | None
    corrections: pl.DataFrame


def check(calculation: Calculation, as_of: dt.date | None = None, corrections: pl.DataFrame | None = None) -> Checked:
    """The calculation, of facts as they were known on a day, with the lines that it carries. Raises BrokenInvariant."""
    with calculation.timings.step("check"):
        population = check_invariants(calculation)
    carried = empty_table(CORRECTIONS) if corrections is None else corrections.select(*CORRECTIONS)
    return Checked(calculation, population, as_of, carried.sort("payee", "line"))


def _tables(checked: Checked) -> dict[str, pl.LazyFrame]:
    calculation = checked.calculation
    return {
        "payouts": outputs.payouts(calculation),
        "segments": outputs.segments(calculation),
        "contributions": outputs.contributions(calculation),
        "adjustments": calculation.decided.used.lazy(),
        "corrections": checked.corrections.lazy(),
        "departments": departments(calculation).lazy(),
        "kpis": kpi_table(calculation.measured.results, calculation.period),
        "pools": calculation.pools.lazy(),
        "verbatims": verbatims(calculation.rules.ruleset, calculation.accepted, calculation.period).lazy(),
        "held": outputs.held(calculation).lazy(),
        "eligibility": calculation.assigned.tests,
        "steps": outputs.steps(calculation).lazy(),
    }


def _traces(calculation: Calculation) -> dict[str, pl.LazyFrame]:
    return {each.program.plans[0].name: outputs.trace(each) for each in calculation.evaluations}


def _in_memory(checked: Checked) -> Run:
    tables = _tables(checked)
    payouts = tables["payouts"].collect(engine="streaming")
    tables["payouts"] = payouts.lazy()
    return Run(_summary(checked, payouts.lazy()), tables, _traces(checked.calculation))


def write_run(checked: Checked, folder: Path) -> None:
    """Writes a run into a folder that is there: its tables, traces, inputs, rules and summary."""
    calculation = checked.calculation
    for name, table in calculation.accepted.tables.items():
        write_table(_as_decimals(table), folder / "inputs" / f"{name}.parquet")
    write_table(calculation.accepted.held, folder / "inputs" / SET_ASIDE)
    for name, text in _rule_files(calculation.rules).items():
        (folder / "rules" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "rules" / name).write_bytes(text)
    _write_results(checked, folder)


def _write_results(checked: Checked, folder: Path) -> None:
    for name, frame in _tables(checked).items():
        write_table(frame, folder / f"{name}.parquet")
    for name, frame in _traces(checked.calculation).items():
        write_table(frame, folder / "trace" / f"{name}.parquet")
    payouts = pl.scan_parquet(folder / "payouts.parquet")
    write_json(_summary(checked, payouts), folder / RUN_FILE)


def _rule_files(rules: Rules) -> dict[str, bytes]:
    """The rule set's file, and beside it those of the editions before and of the catalogue that it takes over from."""
    taken = {"/".join(Path(entry.file).parts[-2:]): entry for entry in rules.entries}
    files = {Path(edition.document.file).name: edition.document for edition in rules.editions} | taken
    return {name: document.text.encode("utf-8") for name, document in files.items()}


def _as_decimals(table: Table) -> pl.LazyFrame:
    return table.frame.lazy().with_columns(
        Exact.column(name, scale).decimal(scale.places).alias(name) for name, scale in table.scales.items()
    )


def _summary(checked: Checked, payouts: pl.LazyFrame) -> dict[str, Any]:
    calculation, population = checked.calculation, checked.population
    ruleset = calculation.rules.ruleset
    (file, sha256), *entries = ((name, fingerprint(text)) for name, text in _rule_files(calculation.rules).items())
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
        "currency": ruleset.currency,
        "rules": {"file": file, "sha256": sha256, "entries": dict(entries)},
        "public_holidays": _public_holidays(ruleset),
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


def _public_holidays(ruleset: RuleSet) -> str | None:
    """The fingerprint of the public holidays on which nobody worked; None where the rules know none."""
    if ruleset.calendar is None or ruleset.calendar.holidays is None:
        return None
    return fingerprint("\n".join(map(str, ruleset.calendar.public_holidays)).encode("ascii"))
