"""A run folder to a folder of pages, or a zip of them: all of them, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import localcontext
from pathlib import Path

from incentive_engine.engine.folder import refuse_existing
from incentive_engine.statements.dealing import dealt
from incentive_engine.statements.design import OUR_DESIGN, Design
from incentive_engine.statements.drafting import drafted
from incentive_engine.statements.gathering import Material, material
from incentive_engine.statements.indexing import write_index
from incentive_engine.statements.languages import DEFAULT, Languages
from incentive_engine.statements.making import StatementMaker
from incentive_engine.statements.ordering import Order, chosen_payees, slices
from incentive_engine.statements.pages import Pages
from incentive_engine.statements.pdf import refuse_without_typst
from incentive_engine.statements.pressing import DIGITS, Files, Press
from incentive_engine.statements.readers import refuse_unreadable

Progress = Callable[[int, int], None]
"""Called with how many are written, and of how many."""


def write_statements(
    run_folder: Path | str,
    out: Path | str,
    progress: Progress | None = None,
    *,
    language: str = DEFAULT,
    payees: Sequence[str] = (),
    processes: int = 1,
    design: Design = OUR_DESIGN,
    pdf: bool = False,
    previous: Path | str | None = None,
) -> int:
    """One page per payee who is paid or held, and `index.html` in `language`; gives the number of statements.

    `design`: how they look, as `read_design` gives it. `pdf`: a PDF beside each page, which needs the extra `pdf`.
    `previous`: the folder of a run of an earlier period; each page says why its payout differs from that one.

    `out` becomes a folder, or a zip where its name ends so. `payees`: only theirs, and no index. `processes`: how many
    write side by side; each is started anew, so that a script that asks for several has to be guarded by
    `if __name__ == "__main__"`. Where this was interrupted, the same call goes on with what is whole already.

    Everything comes from the run folder. Raises InputProblems where there is no run, nobody of a name, no words in the
    language of a reader, or where `out` exists.
    """
    refuse_existing(Path(out))
    if pdf:
        refuse_without_typst()
    languages = Languages(language, design.words)
    then = None if previous is None else Path(previous)
    order = Order(Path(run_folder), languages, tuple(sorted(payees)), then, design, pdf)
    shared = material(order.run, order.previous)
    everyone = chosen_payees(shared.payees, order.payees)
    refuse_unreadable(shared, everyone, languages, design.brand)
    with drafted(Path(out), order.fingerprint) as draft:
        whole = draft.whole()
        left = [payee for payee in everyone if not whole.issuperset(order.files(shared.files[payee]))]
        done = len(everyone) - len(left)
        for files in _written(order, shared, left, draft.pages, processes):
            done += len(files) // len(order.files(""))
            draft.record(files)
            if progress is not None:
                progress(done, len(everyone))
        if not order.payees:
            _write_index(order, shared, draft.pages)
    return len(everyone)


def _written(order: Order, shared: Material, payees: Sequence[str], folder: Path, processes: int) -> Iterator[Files]:
    """Writes what is left; gives the files that are whole."""
    parts = list(slices(payees, processes))
    if processes > 1 and len(parts) > 1:
        yield from dealt(order, parts, folder, processes)
        return
    press = Press(order, shared)
    for part in parts:
        yield from press.write(part, folder)


def _write_index(order: Order, shared: Material, folder: Path) -> None:
    with localcontext(DIGITS):
        everybody = shared.everybody()
        maker = StatementMaker(everybody, order.languages)
        reader = maker.reader(order.languages.default)
        write_index(everybody, maker, reader, Pages(order.design), folder)
