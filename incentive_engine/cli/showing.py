"""What a run prints: totals by department, who is held and why, and where to look next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    import polars as pl

    from incentive_engine.engine.overview import Total
    from incentive_engine.engine.run import Run

MOST: Final = 20
"""How many held rows are printed; the file has all."""

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "columns": "department|paid|held|payout|of which customers",
        "all": "all",
        "people": "{paid} paid, {held} held, {not_eligible} not eligible, of {all}",
        "held": "Held, neither paid nor zero:",
        "unused": "Rows that could not be used:",
        "more": "… and {count} more in {where}",
    },
    "fr": {
        "columns": "service|payés|retenus|prime|dont clients",
        "all": "ensemble",
        "people": "{paid} payés, {held} retenus, {not_eligible} non éligibles, sur {all}",
        "held": "Retenus, ni payés ni à zéro :",
        "unused": "Lignes inutilisables :",
        "more": "… et {count} de plus dans {where}",
    },
}


def counts(number: int, noun: str) -> str:
    """`1 plan`, `2 plans`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def show_run(run: Run, folder: Path, language: str = "en") -> None:
    """Prints the totals, who is held and why, and where to look."""
    from incentive_engine.engine.overview import by_department, held_people, overall, rows_not_used

    summary, words = run.summary, _WORDS[language]
    title = summary["title"].get(language) or next(iter(summary["title"].values()))
    click.echo(f"{title} · {summary['period']} · {summary['rule_set']} {summary['version']}\n")
    rows = [(each.department or "–", each) for each in by_department(run)]
    rows.append((words["all"], overall(run)))
    totals = [_cells(name, total, summary["currency"], language) for name, total in rows]
    show_table([words["columns"].split("|"), *totals], "<>>>>")
    click.echo(f"\n{words['people'].format_map(summary['payees'])}")
    held = folder / "held.parquet"
    _show_list(words["held"], held_people(run), held, words["more"])
    _show_list(words["unused"], rows_not_used(run).drop("payee"), held, words["more"])


def show_rows_held(held: pl.DataFrame) -> None:
    """Prints the rows that would be held."""
    if held.height:
        show_table(held.select("table", "key", "code", "reason").head(MOST).rows(), "<<<<", indent=2)
    if held.height > MOST:
        click.echo(f"  … and {counts(held.height - MOST, 'more row')}")


def _show_list(title: str, frame: pl.DataFrame, where: Path, more: str) -> None:
    if frame.is_empty():
        return
    click.echo(f"\n{title}")
    show_table(frame.head(MOST).rows(), "<" * frame.width, indent=2)
    if frame.height > MOST:
        click.echo(f"  {more.format(count=frame.height - MOST, where=where)}")


def _cells(name: str, total: Total, currency: str, language: str) -> list[str]:
    money = "–" if total.payout is None else f"{_number(total.payout, language)} {currency}"
    share = "–" if total.customer_share is None else f"{_number(total.customer_share.scaleb(2), language)} %"
    return [name, _number(total.paid, language), _number(total.held, language), money, share]


def _number(number: Decimal | int, language: str) -> str:
    text = f"{number:,}"
    return text.translate({ord(","): " ", ord("."): ","}) if language == "fr" else text


def show_table(rows: Sequence[Sequence[str | None]], sides: str, indent: int = 0) -> None:
    """Prints rows in columns, each to its side (`<` or `>`); the last column may be long."""
    texts = [["–" if cell is None else cell for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in texts) for at in range(len(sides))]
    for row in texts:
        cells = (f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True))
        click.echo((" " * indent + "  ".join(cells)).rstrip())
