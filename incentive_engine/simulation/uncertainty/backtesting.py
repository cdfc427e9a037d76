"""Backtest: what rules would have paid in periods that are over, on what the folders of their runs hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from incentive_engine.engine.run import Run, accepted_in, reread
from incentive_engine.engine.running import Timings, calculate
from incentive_engine.errors import InputProblems, Problem, did_you_mean
from incentive_engine.facts import Accepted
from incentive_engine.periods import Period
from incentive_engine.rulesets.loading import Rules, rules_for
from incentive_engine.simulation.comparison.comparison import Comparison, compared
from incentive_engine.simulation.comparison.moving import side_by_side
from incentive_engine.simulation.comparison.side import Side, side_of

Tick = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class TestedPeriod:
    """One period: what was paid by the rules of its run, and what other rules pay on the same accepted rows."""

    period: Period
    folder: Path
    sha256: str
    """Of the rules by which it was paid."""
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Backtest:
    """Rules held against several periods, in order of time.

    `people`: one row per payee × currency: payee, currency, before, after, difference, of all periods together.
    """

    rules: Rules
    periods: tuple[TestedPeriod, ...]
    people: pl.DataFrame


def backtest(
    rules: Rules, runs: Sequence[Path], by: Sequence[str] = (), tick: Tick = lambda done, of: None
) -> Backtest:
    """What rules would have paid in the periods of runs.

    `by`: columns of the workforce by which people are grouped; the department where none is given. Raises InputProblems
    where a folder is no run, two are of one period, or a run does not hold what the rules read or `by` names.
    """
    opened = [Run.open(folder) for folder in runs]
    _refuse_same_periods(opened)
    tested, sides = [], list[tuple[Side, Side]]()
    for done, run in enumerate(sorted(opened, key=lambda run: str(run.summary["period_start"]))):
        tick(done, len(opened))
        assert run.folder is not None
        period = rules.period(run.summary["period"])
        before, after = _paid(run.folder, period), _would_pay(rules, run.folder, period)
        sides.append((before, after))
        comparison = compared(before, after, _columns(run.folder, before, by))
        tested.append(TestedPeriod(period, run.folder, run.summary["rules"]["sha256"], comparison))
    befores, afters = (pl.concat([side.amounts for side in each]) for each in zip(*sides, strict=True))
    people = side_by_side(befores, afters, ["payee", "currency"], "amount")
    return Backtest(rules, tuple(tested), people.sort("difference", "payee", descending=[True, False]))


def _refuse_same_periods(runs: Sequence[Run]) -> None:
    periods = [run.summary["period"] for run in runs]
    problems = [
        Problem("same-period", f"`{run.folder}` is of {period}, as another is", hint="give one run of each period")
        for at, (run, period) in enumerate(zip(runs, periods, strict=True))
        if period in periods[:at]
    ]
    if problems:
        raise InputProblems(problems)


def _columns(folder: Path, side: Side, by: Sequence[str]) -> tuple[str, ...]:
    """The columns to group by. Raises InputProblems for those that the run does not keep."""
    kept = side.people.columns
    if unknown := [name for name in by if name not in kept]:
        keeps = f"it keeps {', '.join(f'`{name}`' for name in kept)}"
        hints = {name: did_you_mean(name, kept) or keeps for name in unknown}
        raise InputProblems(
            [
                Problem("unknown-column", f"`{folder}` does not keep a column `{name}`", hint=hint)
                for name, hint in hints.items()
            ]
        )
    return tuple(dict.fromkeys(by)) or tuple({"department"} & set(kept))


def _paid(folder: Path, period: Period) -> Side:
    rules, accepted = reread(folder)
    return _side(rules, accepted, period)


def _would_pay(rules: Rules, folder: Path, period: Period) -> Side:
    rules = rules_for(rules, period)
    lacking = [each for each in rules.contracts if not (each.optional or _holds(folder, each.name))]
    if lacking:
        hint = "the folder of a run holds what its own rules read: test rules that read no more"
        names = ", ".join(f"`{each.name}`" for each in lacking)
        raise InputProblems([Problem("not-in-the-run", f"`{folder}` holds nothing of {names}", hint=hint)])
    return _side(rules, accepted_in(folder, rules, rules.contracts), period)


def _holds(folder: Path, name: str) -> bool:
    return (folder / "inputs" / f"{name}.parquet").is_file()


def _side(rules: Rules, accepted: Accepted, period: Period) -> Side:
    return side_of(calculate(rules, accepted, period, Timings(), keep=True))
