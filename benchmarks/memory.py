"""Memory of a run that writes its folder, in a process of its own: its peak, less the input and Python itself."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

from benchmarks.workload import PERIOD, RULES, Workload, accepted, workload
from incentive_engine.engine.invariants import check_invariants
from incentive_engine.engine.run import _write
from incentive_engine.engine.running import Timings, calculate
from incentive_engine.rulesets.loading import load

TABLES = ("workforce", "targets", "kpis")


def bytes_per_payee(payees: int) -> float:
    """What a run needs at its peak above the accepted tables, which it was given in memory."""
    with tempfile.TemporaryDirectory() as folder:
        load_of = workload(payees)
        for name in TABLES:
            getattr(load_of, name).write_parquet(Path(folder) / f"{name}.parquet", row_group_size=100_000)
        del load_of
        command = [sys.executable, "-m", "benchmarks.memory", folder]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return int(output.split()[-1]) / payees


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main(folder: Path) -> None:
    """Prints the bytes above the input."""
    before = _resident()
    frames = [pl.read_parquet(folder / f"{name}.parquet") for name in TABLES]
    held = sum(frame.estimated_size() for frame in frames)
    workforce, targets, kpis = frames
    del frames
    tables = accepted(Workload(workforce, targets, pl.DataFrame()), kpis)
    calculation = calculate(load(RULES), tables, PERIOD, Timings(), keep=False)
    (folder / "run").mkdir()
    _write(calculation, check_invariants(calculation), folder / "run")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(peak - before - held)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
