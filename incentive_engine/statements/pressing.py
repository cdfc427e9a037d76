"""The statements of some payees to files: what one process writes of an order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, localcontext
from pathlib import Path
from typing import Final

from incentive_engine.statements.drafting import write_page
from incentive_engine.statements.gathering import Material, material
from incentive_engine.statements.languages import Language
from incentive_engine.statements.making import StatementMaker
from incentive_engine.statements.ordering import Order
from incentive_engine.statements.pages import Pages
from incentive_engine.statements.pdf import Papers
from incentive_engine.statements.values import Statement

DIGITS: Final = Context(prec=100)
"""More than any product of the numbers of a run has, so that what is compared with a result is not rounded itself."""
Files = Mapping[str, str]
"""Files that are whole, with their fingerprints."""
_AT_ONCE: Final = 50
_GATHERED: Final = 500
"""Payees whose rows are in memory at once: as dictionaries they need many times what frames do."""


class Press:
    """Writes statements of one order; what they share is read once."""

    def __init__(self, order: Order, shared: Material | None = None) -> None:
        self._material = material(order.run, order.previous) if shared is None else shared
        self._order, self._pages = order, Pages(order.design)
        self._papers = Papers(order.design, _day(self._material)) if order.pdf else None

    def write(self, payees: Sequence[str], folder: Path) -> Iterator[Files]:
        """Writes the statements of some payees, sorted; gives the files that are whole, some at a time."""
        with localcontext(DIGITS):
            everything, files = self._material.of(payees), dict[str, str]()
            for first in range(0, len(payees), _GATHERED):
                maker = StatementMaker(everything.part(payees[first : first + _GATHERED]), self._order.languages)
                for statement in maker.statements():
                    for name, content in self._contents(statement, maker.reader(statement.language)):
                        files[name] = write_page(content, folder / name)
                    if len(files) >= _AT_ONCE:
                        yield files
                        files = {}
            yield files

    def _contents(self, statement: Statement, reader: Language) -> Iterator[tuple[str, bytes]]:
        """The files of one statement: its page, and its PDF where one is asked for."""
        page, *papers = self._order.files(statement.file)
        yield page, self._pages.statement(statement, reader).encode()
        if self._papers is not None:
            yield from ((paper, self._papers.statement(statement, reader)) for paper in papers)


def _day(shared: Material) -> dt.date:
    """The day up to which a run knows anything: its documents are dated so, whenever they are written."""
    summary = shared.run.summary
    return dt.date.fromisoformat(summary["as_of"] or summary["period_end"])
