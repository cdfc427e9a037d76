"""A progress bar on a terminal, and silence in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

Tick = Callable[[int, int], None]
"""Called with how much is done, and of how much."""

RUN_STEPS: Final[Mapping[str, str]] = {
    "accept": "reading the files",
    "people": "finding who was where when",
    "kpis": "working out the KPIs",
    "eligibility": "finding who is in which plan",
    "compile": "compiling the plans",
    "gather": "gathering what the plans read",
    "pools": "sharing out the pools",
    "segments": "looking at those who moved",
    "adjustments": "adding what was decided",
    "evaluate": "working out the pay",
    "check": "checking the sums",
    "write": "writing the run",
}
VERIFY_STEPS: Final[Mapping[str, str]] = {
    "hash": "fingerprinting the files",
    **RUN_STEPS,
    "compare": "comparing every figure",
}
CORRECT_STEPS: Final[Mapping[str, str]] = {
    "reread": "reading what was paid",
    "accept": "reading what is known now",
    "compare": "comparing the two",
    **{name: words for name, words in RUN_STEPS.items() if name != "accept"},
}
AUDIT_STEPS: Final[Mapping[str, str]] = {
    "accept": "reading the files",
    "evaluate": "working out the pay",
    "kpis": "looking at each KPI",
    "gaming": "looking at the records",
    "luck": "paying again on results that could be true",
}


@contextmanager
def steps_shown(steps: Mapping[str, str] = RUN_STEPS) -> Iterator[Callable[[str], None]]:
    """Shows which step is going on, of a run unless said; gives what to call with its name."""
    with counted("reading the rules") as (tick, describe):

        def step(name: str) -> None:
            describe(steps[name])
            tick(list(steps).index(name), len(steps))

        yield step


@contextmanager
def counted(words: str) -> Iterator[tuple[Tick, Callable[[str], None]]]:
    """Shows how much is done; gives what to call with the count, and with other words."""
    if not sys.stderr.isatty():
        yield (lambda done, of: None), (lambda words: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=1)
        yield (
            lambda done, of: bar.update(task, completed=done, total=of),
            lambda words: bar.update(task, description=words),
        )
