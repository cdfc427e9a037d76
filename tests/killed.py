"""Commands killed in the middle: SIGKILL at a counted point, or after some time. What must be true then is the test's.

`kills(arguments, folder, number, seed)` runs the command to its end in a copy of `folder`, counts the points at which
it could be killed, and draws some of them; `killed(kill, arguments, folder)` runs it in `folder` and kills it there. A
point is a moment just before a file is opened for writing, made, renamed, removed, flushed or given to its owner, and
just before and after a transaction is kept: exactly where half of something could be left. What Polars writes has no
points of ours: kills after a time fall there.

Each command is a process of its own, forked from one that has imported everything and done nothing (this file as a
program): a hundred kills would otherwise be a hundred times the imports.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import pkgutil
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, Final, NoReturn

ROOT: Final = Path(__file__).parent.parent
_POINTS: Final = "\npoints: "
_AUDITED: Final = frozenset({"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "shutil.rmtree"})
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_IMPORTED: Final = ("cli", "engine", "kinds", "ledger", "rulesets", "statements")


@dataclass(frozen=True)
class Kill:
    """When a command is killed: at its `point`-th point, or else after some seconds."""

    point: int | None
    seconds: float = 0


def kills(arguments: Sequence[object], folder: Path, number: int, seed: int) -> list[Kill]:
    """Drawn moments at which to kill a command that is run in `folder`, which stays as it is.

    Two of three are points, all of them different as long as there are enough; the others are times.
    """
    with tempfile.TemporaryDirectory() as elsewhere:
        copy = Path(elsewhere) / folder.name
        shutil.copytree(folder, copy)
        began = time.perf_counter()
        running = _Running(arguments, copy)
        done = running.ended()
        seconds = time.perf_counter() - began
    assert done.returncode == 0, done.stderr
    draw = random.Random(seed)
    wanted = number - number // 3
    chosen = [draw.randint(1, running.points) for _ in range(max(0, wanted - running.points))]
    chosen += draw.sample(range(1, running.points + 1), min(running.points, wanted))
    times = [Kill(None, draw.uniform(0, seconds)) for _ in range(number // 3)]
    return [*map(Kill, sorted(chosen)), *times]


def killed(kill: Kill, arguments: Sequence[object], folder: Path) -> bool:
    """Runs a command in `folder` and kills it; whether it was killed before it had come to its end."""
    running = _Running(arguments, folder, kill.point or 0)
    if kill.point is None:
        time.sleep(kill.seconds)
        os.kill(running.process, signal.SIGKILL)
    return running.ended().returncode == -signal.SIGKILL


def completed(arguments: Sequence[object], folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command in `folder` to its end, in a process of its own."""
    return _Running(arguments, folder).ended()


class _Running:
    """A command on its way; the process that it was forked from waits for it, so that its number stays its own."""

    def __init__(self, arguments: Sequence[object], folder: Path, point: int = 0) -> None:
        self.arguments, self.points = [str(each) for each in arguments], 0
        asked = {"arguments": self.arguments, "folder": str(folder), "point": point}
        _server().send(asked)
        self.process: int = _server().receive()

    def ended(self) -> subprocess.CompletedProcess[str]:
        _server().send("ended")
        code, out, error = _server().receive()
        if code != -signal.SIGKILL:
            error, _, points = error.rpartition(_POINTS)
            self.points = int(points)
        return subprocess.CompletedProcess(self.arguments, code, out, error)


class _Server:
    """The process from which commands are forked, as this one talks to it: a line of JSON each way."""

    def __init__(self) -> None:
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = os.environ | {"PYTHONPATH": path}
        line = [sys.executable, str(Path(__file__))]
        self._process = subprocess.Popen(
            line, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        atexit.register(self.close)

    def send(self, value: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(value) + "\n")
        self._process.stdin.flush()

    def receive(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """Ends it: it reads until nobody writes any more."""
        with self._process as process:
            assert process.stdin is not None
            process.stdin.close()


@cache
def _server() -> _Server:
    return _Server()


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


def _serve() -> None:
    """Forks a command for each line that is read, and tells how it ended when it is asked."""
    _import_everything()
    for line in sys.stdin:
        asked = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
            process = os.fork()
            if process == 0:
                _become(asked, out, error)
            _answer(process)
            sys.stdin.readline()
            _, status = os.waitpid(process, 0)
            _answer([os.waitstatus_to_exitcode(status), _text(out), _text(error)])


def _import_everything() -> None:
    """Everything that a command may import; nothing of it is run, for a process that has threads cannot be forked."""
    for part in _IMPORTED:
        package = importlib.import_module(f"incentive_engine.{part}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def _answer(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8")


def _become(asked: Any, out: IO[bytes], error: IO[bytes]) -> NoReturn:
    """Makes this process the command; it never comes back."""
    from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

    from incentive_engine.cli import main

    os.chdir(asked["folder"])
    for number, stream in enumerate((os.open(os.devnull, os.O_RDONLY), out.fileno(), error.fileno())):
        os.dup2(stream, number)
    counted = _Counted(asked["point"])
    dialect: Any = SQLiteDialect_pysqlite
    dialect.do_commit = counted.around(dialect.do_commit)
    os.fsync = counted.around(os.fsync)
    sys.argv = ["incentive", *asked["arguments"]]
    sys.addaudithook(counted.audited)
    code: object = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.stderr.write(f"{_POINTS}{counted.count}")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    _serve()
