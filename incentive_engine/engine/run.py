"""A run: one calculation with the fingerprint of everything that went in, in memory or in its folder."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from incentive_engine.engine import outputs
from incentive_engine.engine.exporting import writers
from incentive_engine.engine.folder import (
    RUN_FILE,
    new_folder,
    refuse_existing,
    write_json,
    write_table,
)
from incentive_engine.engine.measuring import kpi_table
from incentive_engine.engine.running import Calculation, Timings, accept_for, calculate
from incentive_engine.engine.summary import Checked, check, public_holidays, rule_files, summary_of
from incentive_engine.engine.totals import departments
from incentive_engine.engine.verbatims import verbatims
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.exact import Exact
from incentive_engine.facts import Accepted, Table, TableContract, accept
from incentive_engine.rulesets.loading import Rules, load, rules_for
from incentive_engine.rulesets.models import RuleSet

TABLES = (
    "payouts", "segments", "contributions", "adjustments", "corrections", "departments", "kpis", "pools", "verbatims",
    "held", "eligibility", "steps",
)  # fmt: skip
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
    preview: bool = False,
) -> Run:
    """Pays a workforce: accepts the data, calculates, checks the invariants, writes the folder `out` if one is given.

    `formats`: `csv` and `xlsx` write the tables for spreadsheets as well. `as_of`: facts that were recorded later are
    not read. `corrections`: the lines of closed periods that this run carries, as `columns.CORRECTIONS` says. `beside`:
    JSON files that the folder gets besides. `preview`: the period is not over; nothing is decided by it. Raises
    InputProblems for rules, periods and files that cannot be used; rows that cannot be used are held instead.
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
    checked = check(calculation, as_of, corrections, preview)
    if out is None:
        return in_memory(checked)
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
    return in_memory(_again(Path(folder), Timings(), keep=True))


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
    day, preview = as_of and dt.date.fromisoformat(as_of), "preview" in opened.summary
    return check(calculation, day, opened.corrections, preview)


def refuse_other_holidays(opened: Run, rules: RuleSet) -> None:
    """Raises InputProblems where other days are public holidays now than when a run was written."""
    if opened.summary["public_holidays"] != public_holidays(rules):
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


def in_memory(checked: Checked) -> Run:
    """The run that a calculation makes, written nowhere."""
    tables = _tables(checked)
    payouts = tables["payouts"].collect(engine="streaming")
    tables["payouts"] = payouts.lazy()
    return Run(summary_of(checked, payouts.lazy()), tables, _traces(checked.calculation))


def write_run(checked: Checked, folder: Path) -> None:
    """Writes a run into a folder that is there: its tables, traces, inputs, rules and summary."""
    calculation = checked.calculation
    for name, table in calculation.accepted.tables.items():
        write_table(_as_decimals(table), folder / "inputs" / f"{name}.parquet")
    write_table(calculation.accepted.held, folder / "inputs" / SET_ASIDE)
    for name, text in rule_files(calculation.rules).items():
        (folder / "rules" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "rules" / name).write_bytes(text)
    _write_results(checked, folder)


def _write_results(checked: Checked, folder: Path) -> None:
    for name, frame in _tables(checked).items():
        write_table(frame, folder / f"{name}.parquet")
    for name, frame in _traces(checked.calculation).items():
        write_table(frame, folder / "trace" / f"{name}.parquet")
    payouts = pl.scan_parquet(folder / "payouts.parquet")
    write_json(summary_of(checked, payouts), folder / RUN_FILE)


def _as_decimals(table: Table) -> pl.LazyFrame:
    return table.frame.lazy().with_columns(
        Exact.column(name, scale).decimal(scale.places).alias(name) for name, scale in table.scales.items()
    )
