"""`forecast`: what a period in progress will pay, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from incentive_engine.cli.options import LANGUAGE
from incentive_engine.cli.progress import counted
from incentive_engine.cli.reports import refuse_other_files, show_report

if TYPE_CHECKING:
    import datetime as dt


@click.command(short_help="Tell what a period in progress will pay, and how sure that is.")
@click.argument("rules", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The folder with workforce and facts.")
@click.option("--period", required=True, help="2026, 2026-H1, 2026-Q3 or 2026-07.")
@click.option(
    "--until",
    metavar="DAY",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The last day that was seen whole; that of the last fact unless said.",
)
@click.option(
    "--scenario",
    "scenarios",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Forecast what another rule would pay as well; several.",
)
@click.option(
    "--history",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="RUN",
    multiple=True,
    help="The folder of an earlier run: what people reached in it tells what they may reach; several.",
)
@click.option(
    "--draws", type=click.IntRange(19, 9999), default=199, show_default=True, help="How often the rest is drawn."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another number draws other facts.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="An .html page or an .xlsx workbook to write."
)
@LANGUAGE
def forecast(
    rules: Path,
    data: Path,
    period: str,
    until: dt.datetime | None,
    scenarios: tuple[Path, ...],
    history: tuple[Path, ...],
    draws: int,
    seed: int,
    out: Path | None,
    language: str,
) -> None:
    """Tell what the period will pay by the rule set RULES, for everybody, each department and in all.

    The facts still to come are drawn at random from those that were seen, and the engine that pays runs on each draw.
    In one case of ten less is paid than the low amount, in one of ten more than the high one.
    """
    from incentive_engine.rulesets.loading import load
    from incentive_engine.simulation.forecast_paper import forecast_report
    from incentive_engine.simulation.forecasts import forecasts, ruled
    from incentive_engine.simulation.scenarios import read_scenarios

    refuse_other_files(out)
    loaded = load(rules)
    with counted("reading the files") as (tick, describe):
        each = ruled(loaded, data, period, read_scenarios(scenarios))
        describe("paying what may come")
        found = forecasts(each, period, None if until is None else until.date(), history, draws, seed, tick)
    show_report(forecast_report(found), loaded.ruleset.currency, language, out)
