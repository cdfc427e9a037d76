"""Variable pay that follows what customers experience: exact, explained, in one call.

    rules = incentive_engine.load("rules.yaml")
    run = incentive_engine.run(rules, data="data", period="2026-Q3")
    run.payouts

Everything heavy is imported when it is first called: `incentive --help` costs about what click costs.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.version import __version__

if TYPE_CHECKING:
    from incentive_engine.engine.run import Run
    from incentive_engine.rulesets.loading import Rules

__all__ = ["InputProblems", "Problem", "Run", "__version__", "check", "load", "open_run", "recompute", "run"]


def load(path: Path | str) -> Rules:
    """The rule set in a YAML file. Raises InputProblems with everything that is wrong with it, located."""
    from incentive_engine.rulesets.loading import load

    return load(path)


def check(rules: Rules) -> list[Problem]:
    """What only the engine can find: numbers that cannot be proved to fit, examples that give another result."""
    from incentive_engine.engine.checking import check

    return check(rules)


def run(
    rules: Rules, data: Path | str, period: str, out: Path | str | None = None, as_of: dt.date | None = None
) -> Run:
    """Pays a workforce from a data folder, for one period; writes the run folder `out` if one is given.

    `as_of`: facts that were recorded after that day are not read. Raises InputProblems for rules, periods and files
    that cannot be used; rows and payees that cannot be used are held, with their reasons in `Run.held`.
    """
    from incentive_engine.engine.run import run

    return run(rules, data, period, out, as_of=as_of)


def open_run(folder: Path | str) -> Run:
    """The run that was written into a folder. Raises InputProblems when there is none."""
    from incentive_engine.engine.run import Run

    return Run.open(folder)


def recompute(folder: Path | str) -> Run:
    """A run worked out again from its folder alone."""
    from incentive_engine.engine.run import recompute

    return recompute(folder)


def __getattr__(name: str) -> object:
    """`Run`, for annotations and notebooks, without its import at start-up."""
    if name == "Run":
        from incentive_engine.engine.run import Run

        return Run
    raise AttributeError(f"module `incentive_engine` has no `{name}`")
