"""Slices of payees dealt to processes that write them.

Each process is started anew (as it must be on Windows, and wherever a library has threads), reads what it needs from
the run folder, and gets the next slice when it has written one. It ends with its line: when this process goes, however
it does, nobody is left behind.
"""

from __future__ import annotations

import signal
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Final

from incentive_engine.errors import InputProblems
from incentive_engine.statements.ordering import Order
from incentive_engine.statements.pressing import Files, Press

Line = Connection
"""Between the process that deals and one that writes: payees one way; files and `READY`, or a problem, the other."""
_READY: Final = "ready"


def dealt(order: Order, slices: Sequence[Sequence[str]], folder: Path, processes: int) -> Iterator[Files]:
    """Writes slices in some processes; gives the files that are whole, some at a time."""
    waiting = list(reversed(slices))
    with _started(order, folder, min(processes, len(slices))) as lines:
        while lines:
            for line in connection.wait(lines):
                assert isinstance(line, Connection), "what is waited for are lines"
                said = heard(line)
                if said != _READY:
                    yield said
                elif waiting:
                    line.send(waiting.pop())
                else:
                    lines.remove(line)
                    line.close()


def heard(line: Line) -> Any:
    """What a process says. Raises what it could not deal with."""
    try:
        said = line.recv()
    except EOFError:
        said = RuntimeError("a process that writes statements was ended from outside")
    if isinstance(said, BaseException):
        raise said
    return said


@contextmanager
def _started(order: Order, folder: Path, count: int) -> Iterator[list[Line]]:
    """The lines to processes; these end with the block."""
    context, processes, lines = get_context("spawn"), list[SpawnProcess](), list[Line]()
    try:
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_written, args=(order, folder, theirs), daemon=True)
            process.start()
            theirs.close()
            processes.append(process)
            lines.append(ours)
        yield lines
    except BaseException:
        for process in processes:
            process.terminate()
        raise
    finally:
        for line in lines:
            line.close()
        for process in processes:
            process.join()


def _written(order: Order, folder: Path, line: Line) -> None:
    """What a process does: it writes the slices that it is sent until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that deals hears it too, and ends this one
    try:
        press = Press(order)
        while True:
            line.send(_READY)
            for files in press.write(line.recv(), folder):
                line.send(files)
    except (EOFError, BrokenPipeError):
        return
    except (InputProblems, OSError) as problem:
        line.send(problem)
    except BaseException as fault:  # noqa: BLE001 - told where it is heard, with what led to it
        told = RuntimeError(f"{type(fault).__name__}: {fault}")
        told.add_note(traceback.format_exc())
        line.send(told)
