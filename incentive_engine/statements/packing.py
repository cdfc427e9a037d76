"""Everything about one payee's pay in one file: what was read, by which rules, what came out, and what would change it.

For whoever asks for their own data, or wants to check the calculation with other tools. Nobody else is in it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from decimal import localcontext
from pathlib import Path
from typing import Final

import polars as pl

from incentive_engine.engine.exporting import write_csv
from incentive_engine.statements.drafting import drafted, write_page
from incentive_engine.statements.gathering import Gathered, material
from incentive_engine.statements.languages import Language
from incentive_engine.statements.making import StatementMaker
from incentive_engine.statements.ordering import Order, chosen_payees
from incentive_engine.statements.own_records import OwnTable, own_tables
from incentive_engine.statements.pdf import refuse_without_typst
from incentive_engine.statements.pressing import DIGITS, Press
from incentive_engine.statements.readers import refuse_unreadable
from incentive_engine.statements.values import Statement

README: Final = "README.txt"
_STATEMENT: Final = "statement"


def write_pack(order: Order, out: Path) -> int:
    """The pack of the one payee of an order, as a zip where `out` ends so, else a folder; gives the number of files.

    Raises InputProblems where there is no run, nobody of that name, or where `out` exists.
    """
    if order.pdf:
        refuse_without_typst()
    shared = material(order.run, order.previous)
    (payee,) = chosen_payees(shared.payees, order.payees)
    refuse_unreadable(shared, (payee,), order.languages, order.design.brand)
    with drafted(out, f"pack {order.fingerprint}") as draft, localcontext(DIGITS):
        of = shared.of((payee,))
        maker = StatementMaker(of, order.languages)
        statement = maker.statement(payee)
        for files in Press(order, shared).write((payee,), draft.pages):
            _rename(files, draft.pages)
        others = list(_written(of, statement, maker.reader(statement.language), draft.pages))
        return len(order.files(statement.file)) + len(others)


def _rename(files: Mapping[str, str], folder: Path) -> None:
    """The statement under a name that says what it is, whatever the payee is called."""
    for name in files:
        (folder / name).rename(folder / f"{_STATEMENT}{Path(name).suffix}")


def _written(of: Gathered, statement: Statement, reader: Language, folder: Path) -> Iterator[str]:
    """Writes all but the statement itself; gives the names."""
    tables = [*own_tables(of, statement.payee, reader.code), *_otherwise(statement)]
    for table in tables:
        (folder / table.about).mkdir(exist_ok=True)
        write_csv(table.rows.lazy(), folder / table.about / f"{table.name}.csv")
        yield f"{table.about}/{table.name}.csv"
    assert of.run.folder is not None, "a pack is made of a run folder"
    shutil.copytree(of.run.folder / "rules", folder / "rules")
    yield from (f"rules/{path.name}" for path in (folder / "rules").rglob("*") if path.is_file())
    write_page(_readme(tables, statement, reader).encode(), folder / README)
    yield README


def _otherwise(statement: Statement) -> Iterator[OwnTable]:
    """What would have changed the pay, as the statement tells it."""
    rows = [
        (varied.title, each.name, each.result, each.arithmetic, each.note, each.payout, each.change)
        for alternatives in statement.alternatives
        for varied in alternatives.varied
        for each in varied.variations
    ]
    if rows:
        columns = ("about", "what", "result", "arithmetic", "note", "payout", "change")
        yield OwnTable(
            "result", "alternatives", pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
        )


def _readme(tables: list[OwnTable], statement: Statement, reader: Language) -> str:
    words, origin = reader.words["pack"], statement.origin
    lines = [
        str(words["title"]).format(title=origin.title, period=origin.period, name=statement.name or statement.payee),
        "",
        *(str(each) for each in words["lead"]),
        "",
        f"{_STATEMENT}.html: {words['statement']}",
    ]
    for about in ("data", "result"):
        lines += ["", f"{about}/: {words[about]}"]
        for table in (each for each in tables if each.about == about):
            said = words["tables"].get(table.name, "")
            count = reader.plural(words["rows"], table.rows.height)
            lines.append(f"  {table.name}.csv: {', '.join(filter(None, (said, count)))}")
    lines += ["", f"rules/: {words['rules']}"]
    lines += [f"  {name}: {fingerprint}" for name, fingerprint in origin.rule_files]
    lines += ["", *(str(each) for each in words["end"]), "", origin.engine]
    return "\n".join(lines) + "\n"
