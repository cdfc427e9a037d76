"""What stands between the library and the person at the terminal: every way in which a command can end.

Problems of the input are told all at once on stderr; a fault of the program is told as one, never as the user's mistake
and never as a traceback, which `INCENTIVE_DEBUG=1` shows.
"""

from __future__ import annotations

import codecs
import io
import os
import shlex
import shutil
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NoReturn, TextIO

import click

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.version import __version__

INPUT_PROBLEMS: Final = 1
FAULT: Final = 70
"""EX_SOFTWARE of sysexits.h: a fault of the program itself."""
INTERRUPTED: Final = 130
NOBODY_READS: Final = 141
"""What a shell says of a program that went on writing into a closed pipe."""

_EXTRAS: Final = {"sqlalchemy": "db"}
"""What commands need that is installed only for whoever asks for it, by the module that they import."""

_PLAIN: Final = {
    "×": "x", "÷": "/", "−": "-", "–": "-", "—": "-", "→": "->", "…": "...", "’": "'", "‘": "'", "“": '"', "”": '"',
    "«": '"', "»": '"', "≥": ">=", "≤": "<=", "·": "-", "€": "EUR", "œ": "oe", "Œ": "OE", "æ": "ae", "\u2009": " ",
}  # fmt: skip


class Door(click.Group):
    """The group of all commands; it tells how each of them ended."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Runs the command that the arguments name, and ends the process."""
        for stream in (sys.stdout, sys.stderr):
            _let_print(stream)
        return super().main(*args, **{"prog_name": "incentive", **options})

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a command. Whatever goes wrong inside becomes words and an exit code."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except (click.exceptions.Exit, click.ClickException, SystemExit):
            raise
        except InputProblems as problems:
            tell(problems.problems)
            ctx.exit(INPUT_PROBLEMS)
        except (KeyboardInterrupt, click.Abort):
            say("\ninterrupted", sys.stderr)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            _stop_writing()
        except OSError as refusal:
            tell([_of_system(refusal)])
            ctx.exit(INPUT_PROBLEMS)
        except BaseException as fault:  # noqa: BLE001 - a bug is told as one; a panic of Polars is no Exception
            if lacking := _extra_lacking(fault):
                tell([lacking])
                ctx.exit(INPUT_PROBLEMS)
            _tell_fault(fault)
            ctx.exit(FAULT)
        return result


def say(text: str, stream: TextIO | None = None) -> None:
    """Prints a line, on stdout unless said. Not click's way: that writes UTF-8 where a stream is declared ASCII."""
    (stream or sys.stdout).write(f"{text}\n")


def tell(problems: Iterable[Problem]) -> None:
    """Prints problems on stderr: `file:line:col: error[CODE]: message`, then the hint."""
    for problem in problems:
        say(str(problem), sys.stderr)


def typed(*words: object) -> str:
    """A command of this program as somebody types it, paths with spaces in quotes."""
    return shlex.join([_program_name(), *(word.as_posix() if isinstance(word, Path) else str(word) for word in words)])


def _program_name() -> str:
    """How the program is called from here: `incentive`, or the path to it where a shell would not find it."""
    called = Path(sys.argv[0])
    return str(called) if called.stem == "incentive" and shutil.which("incentive") is None else "incentive"


def refuse(code: str, message: str, hint: str | None = None) -> NoReturn:
    """Ends a command with one problem that is not in a file."""
    raise InputProblems([Problem(code, message, hint=hint)])


def _let_print(stream: Any) -> None:
    """Lets a stream write every text: what its encoding lacks is written plainly, never refused."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=_PLAINLY)


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """What an encoding lacks, in ASCII: `×` as x, `é` as e, anything else as a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_ascii, error.object[error.start : error.end])), error.end


def _ascii(character: str) -> str:
    plain = _PLAIN.get(character) or unicodedata.normalize("NFKD", character)
    return plain.encode("ascii", "ignore").decode("ascii") or "?"


_PLAINLY: Final = "incentive.plainly"
codecs.register_error(_PLAINLY, _plainly)


def _stop_writing() -> NoReturn:
    """Nobody reads on: nothing is left to say, not even when Python closes its streams."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    raise SystemExit(NOBODY_READS)


def _of_system(refusal: OSError) -> Problem:
    """A full disk, a folder that may not be written: nothing is wrong with the program."""
    where = f"`{refusal.filename}`: " if refusal.filename else ""
    return Problem("system", f"{where}{refusal.strerror or refusal}")


def _extra_lacking(fault: BaseException) -> Problem | None:
    """What only some commands need and was not installed with the program; None where the fault is another one."""
    if not isinstance(fault, ModuleNotFoundError) or fault.name not in _EXTRAS:
        return None
    extra = _EXTRAS[fault.name]
    hint = f"install it: pip install 'incentive-engine[{extra}]'"
    return Problem(f"{extra}-extra", f"this command needs the `{extra}` extra", hint=hint)


def _tell_fault(fault: BaseException) -> None:
    if os.environ.get("INCENTIVE_DEBUG"):
        import traceback

        traceback.print_exception(fault)
    said = " ".join(str(fault).split())[:200]
    say(f"internal error: {type(fault).__name__}: {said}", sys.stderr)
    say(
        f"  This is a fault of incentive {__version__}, not of your files. Please report it with what "
        "`INCENTIVE_DEBUG=1` prints before the same command.",
        sys.stderr,
    )
