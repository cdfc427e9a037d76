"""PDFs of statements against the same typst documents as somebody would write them by hand.

typst remembers what it has set already, even from one document to the next: each document of one side is set right
beside its twin on the other side, and who comes first alternates, so that both profit alike.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator
from decimal import localcontext
from functools import partial
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.statements import demo_run
from incentive_engine.statements.design import OUR_DESIGN
from incentive_engine.statements.gathering import material
from incentive_engine.statements.making import StatementMaker
from incentive_engine.statements.pdf import Papers
from incentive_engine.statements.pressing import DIGITS


def against_hand(number: int) -> Iterator[Figure]:
    """Seconds of the processor for PDFs of the demo: from the run folder on, and for the same written by hand."""
    with tempfile.TemporaryDirectory() as folder, localcontext(DIGITS):
        shared = material(demo_run(Path(folder)))
        papers, payees = Papers(OUR_DESIGN, shared.period.end), shared.payees[:number]
        start = time.process_time()
        maker = StatementMaker(shared.of(payees))
        statements = list(maker.statements())
        ours, by_hand, pages = time.process_time() - start, 0.0, 0
        papers.compiled(_by_hand(papers.source(statements[0], maker.reader(statements[0].language)), "first of all"))
        for position, statement in enumerate(statements):
            reader = maker.reader(statement.language)
            written = _by_hand(papers.source(statement, reader), str(position))
            sides = (partial(papers.statement, statement, reader), partial(papers.compiled, written))
            for side in sides if position % 2 else reversed(sides):
                start = time.process_time()
                pdf = side()
                seconds = time.process_time() - start
                ours, by_hand = (ours + seconds, by_hand) if side is sides[0] else (ours, by_hand + seconds)
            pages += len(re.findall(rb"/Type */Page\b", pdf))
    ratio = ours / by_hand
    detail = f"{ours / number * 1000:.0f} ms a PDF, {ours / pages * 1000:.0f} ms a sheet"
    what = f"PDFs against the same typst documents written by hand, {number} of the demo"
    yield Figure(what, "≤ 1.3", f"{ratio:.2f}", ratio <= 1.3, detail)


def _by_hand(source: str, mark: str) -> str:
    """A document without what machines write: characters by their numbers. The mark makes it one of its own."""
    plain = re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: _character(int(found[1], 16)), source)
    return f"// {mark}\n{plain}"


def _character(code: int) -> str:
    return f"\\{chr(code)}" if chr(code) in '"\\' else "\\n" if code == ord("\n") else chr(code)
