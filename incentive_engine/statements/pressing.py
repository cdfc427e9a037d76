"""The statements of some payees to files: what one process writes of an order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, localcontext
from pathlib import Path
from typing import Final

from incentive_engine.statements.drafting import write_page
from incentive_engine.statements.gathering import Material, material
from incentive_engine.statements.making import StatementMaker
from incentive_engine.statements.ordering import Order
from incentive_engine.statements.pages import Pages

DIGITS: Final = Context(prec=100)
"""More than any product of the numbers of a run has, so that what is compared with a result is not rounded itself."""
Files = Mapping[str, str]
"""Files that are whole, with their fingerprints."""
_AT_ONCE: Final = 50


class Press:
    """Writes statements of one order; what they share is read once."""

    def __init__(self, order: Order, shared: Material | None = None) -> None:
        self._material = material(order.run, order.previous) if shared is None else shared
        self._languages, self._pages = order.languages, Pages(order.design)

    def write(self, payees: Sequence[str], folder: Path) -> Iterator[Files]:
        """Writes the statements of some payees, sorted; gives the files that are whole, some at a time."""
        with localcontext(DIGITS):
            maker = StatementMaker(self._material.of(payees), self._languages)
            files: dict[str, str] = {}
            for statement in maker.statements():
                page = self._pages.statement(statement, maker.reader(statement.language))
                files[statement.file] = write_page(page.encode(), folder / statement.file)
                if len(files) >= _AT_ONCE:
                    yield files
                    files = {}
            yield files
