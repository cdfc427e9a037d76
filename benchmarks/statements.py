"""Statements: what they cost beside Jinja's rendering, two processes against one, and memory as runs grow.

As a program: writes the first statements of a run in a process of its own, and prints its peak in bytes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Template

from benchmarks.figures import Figure
from benchmarks.folders import data_folder
from benchmarks.memory import status
from benchmarks.timing import interleaved
from benchmarks.workload import PERIOD, RULES, workload
from incentive_engine import demo
from incentive_engine.engine.run import run
from incentive_engine.rulesets.loading import load
from incentive_engine.shipped import rules_dir
from incentive_engine.statements import write_statements
from incentive_engine.statements.gathering import material
from incentive_engine.statements.languages import Languages
from incentive_engine.statements.ordering import Order, slices
from incentive_engine.statements.pressing import Press


def shares(rounds: int) -> Iterator[Figure]:
    """Seconds of the processor for the demo's pages: those of Jinja's rendering, and all others."""
    with tempfile.TemporaryDirectory() as folder:
        done = demo_run(Path(folder))
        payees, press = material(done).payees, Press(Order(done, Languages()))
        ratios = []
        for _ in range(rounds):
            with _Rendering() as rendering:
                start = time.process_time()
                _press(press, payees)
                whole = time.process_time() - start
            ratios.append((whole / rendering.seconds - 1, whole, rendering.seconds))
    ratio, whole, rendered = sorted(ratios)[len(ratios) // 2]
    each = f"{whole / len(payees) * 1000:.1f} ms a page, of which Jinja renders {rendered / len(payees) * 1000:.1f} ms"
    what = f"statements: everything but Jinja's own rendering, as a share of it, {len(payees):,} of the demo"
    yield Figure(what, "≤ 15 %", f"{ratio:.0%}", ratio <= 0.15, each)


def side_by_side(payees: int, rounds: int) -> Iterator[Figure]:
    """Statements of the benchmarks' company by one process and by two, start of the processes included."""
    with tempfile.TemporaryDirectory() as folder:
        done, out = _run_of(payees, Path(folder)), Path(folder) / "pages"

        def written(processes: int) -> None:
            shutil.rmtree(out, ignore_errors=True)
            write_statements(done, out, processes=processes)

        times = interleaved({"one": lambda: written(1), "two": lambda: written(2)}, rounds)
        count = len(material(done).payees)
    faster = times["one"].median / times["two"].median
    detail = f"{times['one']} against {times['two']}; {count / times['two'].least * 60:,.0f} pages a minute"
    yield Figure(f"statements by two processes against one, {count:,}", "≥ 1.7", f"{faster:.2f}", faster >= 1.7, detail)


def memory(payees: int, written: int) -> Iterator[Figure]:
    """The peak of a process that writes statements of a large run, against one that writes those of 1,000 payees."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = _peak(_run_of(1_000, Path(folder) / "few"), 1_000), _peak(_run_of(payees, Path(folder)), written)
    ratio = many / few
    what = f"memory of statements, {written:,} written of {payees:,} payees, against 1,000 of 1,000"
    yield Figure(what, "≤ 1.5", f"{ratio:.2f}", ratio <= 1.5, f"{many / 1e6:.0f} MB against {few / 1e6:.0f} MB")


class _Rendering:
    """The seconds that Jinja takes inside a block."""

    def __enter__(self) -> _Rendering:
        self.seconds, self._render = 0.0, Template.render

        def timed(template: Template, *arguments: Any, **values: Any) -> str:
            start = time.process_time()
            page = self._render(template, *arguments, **values)
            self.seconds += time.process_time() - start
            return page

        Template.render = timed  # type: ignore[assignment,method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        Template.render = self._render  # type: ignore[method-assign]


def demo_run(folder: Path) -> Path:
    """The folder of a run of the demo company."""
    demo.write_company(folder / "data")
    run(load(rules_dir() / "demo" / "care-quarterly.yaml"), folder / "data", demo.PERIOD, folder / "run")
    return folder / "run"


def _run_of(payees: int, folder: Path) -> Path:
    """The folder of a run of the benchmarks' plan."""
    run(load(RULES), data_folder(workload(payees), folder / "data"), PERIOD.name, folder / "run")
    return folder / "run"


def _peak(folder: Path, number: int) -> int:
    """Bytes that a process holds at most which writes the first statements of a run, one slice after the other."""
    command = [sys.executable, "-m", "benchmarks.statements", str(folder), str(number)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _press(press: Press, payees: tuple[str, ...]) -> None:
    """Writes statements; pages are removed as soon as they are written."""
    with tempfile.TemporaryDirectory() as out:
        for part in slices(payees, 1):
            for files in press.write(part, Path(out)):
                for name in files:
                    (Path(out) / name).unlink()


if __name__ == "__main__":
    here = Path(sys.argv[1])
    _press(Press(Order(here, Languages())), material(here).payees[: int(sys.argv[2])])
    print(status("VmHWM"))
