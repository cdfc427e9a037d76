"""A run folder to a folder of pages: all of them, or none."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, localcontext
from pathlib import Path
from typing import Final

from incentive_engine.engine.folder import new_folder, refuse_existing
from incentive_engine.statements.gathering import gathered
from incentive_engine.statements.indexing import index
from incentive_engine.statements.languages import DEFAULT
from incentive_engine.statements.making import StatementMaker
from incentive_engine.statements.pages import Pages

Progress = Callable[[int, int], None]
"""Called with how many are written, and of how many."""
_DIGITS: Final = Context(prec=100)
"""More than any product of the numbers of a run has, so that what is compared with a result is not rounded itself."""
_EVERY: Final = 20


def write_statements(
    run_folder: Path | str, out: Path | str, progress: Progress | None = None, *, language: str = DEFAULT
) -> int:
    """One page per payee who is paid or held, and `index.html` in `language`; gives the number of statements.

    Everything comes from the run folder. Raises InputProblems where there is no run, or `out` exists.
    """
    refuse_existing(Path(out))
    with localcontext(_DIGITS):
        everything = gathered(Path(run_folder))
        maker, pages = StatementMaker(everything), Pages()
        count = len(everything.payees)
        with new_folder(Path(out)) as folder:
            for done, statement in enumerate(maker.statements(), 1):
                page = pages.statement(statement, maker.reader(statement.language))
                (folder / statement.file).write_text(page, encoding="utf-8", newline="\n")
                if progress is not None and (done % _EVERY == 0 or done == count):
                    progress(done, count)
            reader = maker.reader(language)
            page = pages.index(index(everything, maker, reader), reader)
            (folder / "index.html").write_text(page, encoding="utf-8", newline="\n")
    return count
