"""`forecast`, `backtest` and `luck`: what rules will pay, what they would have paid, and how much of it is chance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from incentive_engine.cli.options import DATA, LANGUAGE, PERIOD, REPORT, RULES, RUN_FOLDER
from incentive_engine.cli.progress import counted
from incentive_engine.cli.reports import refuse_unwritable, show_report

if TYPE_CHECKING:
    import datetime as dt


@click.command(short_help="Tell what a period will pay, and how sure that is.")
@RULES
@DATA
@PERIOD
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
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Another number draws other facts.")
@REPORT
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
    from incentive_engine.simulation.scenarios.scenarios import read_scenarios
    from incentive_engine.simulation.uncertainty.forecast_paper import forecast_report
    from incentive_engine.simulation.uncertainty.forecasts import forecasts, ruled

    refuse_unwritable(out)
    loaded = load(rules)
    with counted("reading the files") as (tick, describe):
        each = ruled(loaded, data, period, read_scenarios(scenarios))
        describe("paying what may come")
        found = forecasts(each, period, None if until is None else until.date(), history, draws, seed, tick)
    show_report(forecast_report(found), loaded.ruleset.currency, language, out)


@click.command(short_help="Tell what rules would have paid in past periods.")
@RULES
@click.argument("runs", metavar="RUN...", type=RUN_FOLDER, nargs=-1, required=True)
@click.option(
    "--by", metavar="COLUMN", multiple=True, help="A column of the workforce to group by; department unless said."
)
@REPORT
@LANGUAGE
def backtest(rules: Path, runs: tuple[Path, ...], by: tuple[str, ...], out: Path | None, language: str) -> None:
    """Tell what the rule set RULES would have paid in the periods of past runs, and to whom.

    RUN is a folder that `incentive run` wrote: the records that it accepted are inside. Nothing that was paid changes.
    """
    from incentive_engine.rulesets.loading import load
    from incentive_engine.simulation.uncertainty.backtest_paper import backtest_report
    from incentive_engine.simulation.uncertainty.backtesting import backtest

    refuse_unwritable(out)
    loaded = load(rules)
    with counted("paying past periods again") as (tick, _):
        found = backtest(loaded, runs, by, tick)
    show_report(backtest_report(found), loaded.ruleset.currency, language, out)


@click.command(short_help="Tell how much of the differences in pay is chance.")
@RULES
@DATA
@PERIOD
@click.option(
    "--scenario",
    "scenarios",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Other rules, to be held beside; several.",
)
@click.option("--draws", type=click.IntRange(20, 2000), default=100, show_default=True, help="How often pay is drawn.")
@REPORT
@LANGUAGE
def luck(
    rules: Path, data: Path, period: str, scenarios: tuple[Path, ...], draws: int, out: Path | None, language: str
) -> None:
    """Tell how much of what differs in pay under the rule set RULES is chance, and who is paid another tier.

    A result says what is true of somebody, and chance. Everybody is paid again on results that could be the true ones.
    """
    from incentive_engine.audit.luck import luck
    from incentive_engine.rulesets.loading import load
    from incentive_engine.simulation.scenarios.scenarios import read_scenarios
    from incentive_engine.simulation.uncertainty.forecasts import ruled
    from incentive_engine.simulation.uncertainty.luck_paper import luck_report

    refuse_unwritable(out)
    loaded = load(rules)
    with counted("reading the files") as (tick, describe):
        each = ruled(loaded, data, period, read_scenarios(scenarios))
        describe("paying on results that could be true")
        found = []
        for done, one in enumerate(each):
            tick(done, len(each))
            found.append((one, luck(one.rules, one.accepted, loaded.period(period), draws)))
    show_report(luck_report(found, loaded.period(period), draws), loaded.ruleset.currency, language, out)
