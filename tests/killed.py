"""Commands killed in the middle: SIGKILL at a counted point, or after some time. What must be true then is the test's.

`kills(arguments, folder, number, seed)` runs the command to its end in a copy of `folder`, counts the points at which
it could be killed, and draws some of them; `killed(kill, arguments, folder)` runs it in `folder` and kills it there. A
point is a moment just before a file is opened for writing, made, renamed, removed, flushed or given to its owner, and
just before and after a transaction is kept: exactly where half of something could be left. What Polars writes has no
points of ours: kills after a time fall there.

As a program (`python tests/killed.py POINT incentive-arguments…`) this file is the command that is killed.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
_NEVER: Final = 0
_POINTS: Final = "points: "
_AUDITED: Final = frozenset({"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "shutil.rmtree"})
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True)
class Kill:
    """When a command is killed: at its `point`-th point, or else after some seconds."""

    point: int | None
    seconds: float = 0


def command(arguments: Sequence[object], point: int = _NEVER) -> list[str]:
    """The command line of a command that is killed at a point."""
    return [sys.executable, str(Path(__file__)), str(point), *map(str, arguments)]


def kills(arguments: Sequence[object], folder: Path, number: int, seed: int) -> list[Kill]:
    """Drawn moments at which to kill a command that is run in `folder`, which stays as it is.

    Two of three are points, all of them different as long as there are enough; the others are times.
    """
    with tempfile.TemporaryDirectory() as elsewhere:
        copy = Path(elsewhere) / folder.name
        shutil.copytree(folder, copy)
        began = time.perf_counter()
        done = _run(command(arguments), copy)
        seconds = time.perf_counter() - began
    assert done.returncode == 0, done.stderr
    points = int(done.stderr.rpartition(_POINTS)[2])
    draw = random.Random(seed)
    wanted = number - number // 3
    chosen = [draw.randint(1, points) for _ in range(max(0, wanted - points))]
    chosen += draw.sample(range(1, points + 1), min(points, wanted))
    times = [Kill(None, draw.uniform(seconds * 0.3, seconds)) for _ in range(number // 3)]
    return [*map(Kill, sorted(chosen)), *times]


def killed(kill: Kill, arguments: Sequence[object], folder: Path) -> bool:
    """Runs a command in `folder` and kills it; whether it was killed before it had come to its end."""
    if kill.point is not None:
        return _run(command(arguments, kill.point), folder).returncode == -signal.SIGKILL
    with subprocess.Popen(
        command(arguments), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            process.wait(kill.seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.returncode == -signal.SIGKILL


def completed(arguments: Sequence[object], folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command in `folder` to its end, in a process of its own."""
    return _run([sys.executable, "-m", "incentive_engine", *map(str, arguments)], folder)


def _run(line: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"PYTHONPATH": path}
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)


class _Counted:
    """Counts the points of this process, and ends it without a word at one of them."""

    def __init__(self, last: int) -> None:
        self.last, self.count = last, 0

    def point(self) -> None:
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def audited(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Called by Python before each of its own calls to the system."""
        if event in _AUDITED or (event == "open" and arguments[2] & _WRITES and "__pycache__" not in str(arguments[0])):
            self.point()

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            self.point()
            result = call(*arguments, **options)
            self.point()
            return result

        return counted


def _main() -> None:
    from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

    from incentive_engine.cli import main

    counted = _Counted(int(sys.argv[1]))
    dialect: Any = SQLiteDialect_pysqlite
    dialect.do_commit = counted.around(dialect.do_commit)
    os.fsync = counted.around(os.fsync)
    sys.argv = ["incentive", *sys.argv[2:]]
    sys.addaudithook(counted.audited)
    try:
        main()
    finally:
        sys.stderr.write(f"{_POINTS}{counted.count}")


if __name__ == "__main__":
    _main()
