"""`kpis`: results by themselves, before anybody is paid on them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from incentive_engine.cli.door import say
from incentive_engine.cli.showing import MOST, counts, show_rows_held, show_table

if TYPE_CHECKING:
    import polars as pl

    from incentive_engine.rulesets.models import Kpi

KINDS: Final = ("company", "department", "team", "payee")


@click.command(short_help="Work out KPIs from the facts; nobody is paid.")
@click.argument("rules", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The folder with workforce and facts.")
@click.option("--period", "periods", required=True, multiple=True, help="2026, 2026-H1, 2026-Q3 or 2026-07; several.")
@click.option("--of", "kinds", type=click.Choice(KINDS), multiple=True, help="Whose; the company's unless said.")
@click.option("--kpi", "names", multiple=True, help="Which KPIs; all of them unless said.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A .parquet, .csv or .xlsx file to write.")
def kpis(
    rules: Path, data: Path, periods: tuple[str, ...], kinds: tuple[str, ...], names: tuple[str, ...], out: Path | None
) -> None:
    """Work out the KPIs of the rule set RULES for one or several periods, from the facts; nobody is paid.

    Each result comes with its n and, where its kind has one, the interval in which it lies with 95 % confidence.
    """
    from incentive_engine.engine.exporting import write_as
    from incentive_engine.engine.measuring import measured_from
    from incentive_engine.rulesets.loading import load

    loaded = load(rules)
    write = write_as(out) if out else None
    done = measured_from(loaded, data, periods, kinds or KINDS[:1], names)  # type: ignore[arg-type]
    rows = [["KPI", "of", "period", "n", "result", "95 % between"], *_rows(done.table, loaded.ruleset.kpis)]
    show_table(rows[: MOST + 1], "<<<>>>")
    if len(rows) > MOST + 1:
        say(f"  … and {counts(len(rows) - MOST - 1, 'more result')}" + ("" if out else ": --out FILE has all of them"))
    if done.held.height:
        say(f"\n{counts(done.held.height, 'row')} held:")
        show_rows_held(done.held)
    if write and out:
        write(done.table.lazy(), out)
        say(f"\n{out} holds {counts(done.table.height, 'result')}")


def _rows(table: pl.DataFrame, kpis: dict[str, Kpi]) -> Iterator[list[str]]:
    for row in table.iter_rows(named=True):
        percent = kpis[row["kpi"]].compute.in_percent
        limits = [_number(row[name], percent) for name in ("low", "high")]
        between = " and ".join(limits) if row["low"] is not None else "–"
        n = "–" if row["n"] is None else f"{row['n']:,}"
        days = row["period"] if row["from"] is None else f"{row['from']} to {row['to']}"
        yield [row["kpi"], row["subject"], days, n, _number(row["value"], percent), between]


def _number(value: Decimal | Any, percent: bool) -> str:
    from incentive_engine.kinds.base import written

    return "–" if value is None else written(value, percent=percent)
