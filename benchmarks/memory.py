"""Memory of a run that writes its folder, in a process of its own: its peak, less the input and Python itself."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

from benchmarks.workload import PERIOD, RULES, Workload, accepted, workload
from incentive_engine.engine.run import write_run
from incentive_engine.engine.running import Timings, calculate
from incentive_engine.engine.summary import check
from incentive_engine.rulesets.loading import load

TABLES = ("workforce", "targets", "kpis")


def bytes_per_payee(payees: int) -> float:
    """What a run adds at its peak to a process that holds the accepted tables, its folder written and checked."""
    with tempfile.TemporaryDirectory() as folder:
        load_of = workload(payees)
        for name in TABLES:
            getattr(load_of, name).write_parquet(Path(folder) / f"{name}.parquet", row_group_size=payees * 12)
        del load_of
        command = [sys.executable, "-m", "benchmarks.memory", folder]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return int(output.split()[-1]) / payees


def status(field: str) -> int:
    """Bytes of this process as Linux counts them: VmRSS now, VmHWM at the highest."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


def main(folder: Path) -> None:
    """Prints the bytes that a run added to a process that held the input."""
    workforce, targets, kpis = (pl.read_parquet(folder / f"{name}.parquet") for name in TABLES)
    assert kpis.n_chunks() == 1, "accepted tables are in one piece"
    tables = accepted(Workload(workforce, targets, pl.DataFrame()), kpis)
    rules = load(RULES)
    held = status("VmRSS")
    calculation = calculate(rules, tables, PERIOD, Timings(), keep=False)
    (folder / "run").mkdir()
    write_run(check(calculation), folder / "run")
    print(status("VmHWM") - held)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
