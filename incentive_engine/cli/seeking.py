"""`seek` and `sensitivity`: which number gives an amount, and which numbers of the rules move the cost most."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from incentive_engine.cli.options import DATA, LANGUAGE, PERIOD, REPORT, RULES
from incentive_engine.cli.progress import counted
from incentive_engine.cli.reports import refuse_unwritable, show_report


class _Number(click.ParamType[Decimal]):
    """A number as rules are written: `45`, `0.5`, `80%`."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """The decimal, exactly."""
        if isinstance(value, Decimal):
            return value
        text = value.strip()
        try:
            number = Decimal(text.removesuffix("%"))
        except InvalidOperation:
            self.fail(f"{value!r} is not a number: write 1200000, 0.5 or 80%", param, ctx)
        if not number.is_finite():
            self.fail(f"{value!r} is not a number: write 1200000, 0.5 or 80%", param, ctx)
        return number.scaleb(-2) if text.endswith("%") else number


_PLAN = click.option("--plan", metavar="NAME", help="Only what this plan pays.")
_DEPARTMENT = click.option("--department", metavar="NAME", help="Only what is paid in this department.")


@click.command(short_help="Find the number that makes the cost, or a payout, an amount.")
@RULES
@DATA
@PERIOD
@click.option("--vary", metavar="PATH", help="The number of the rules that may change: `plans.adviser.cap`.")
@click.option("--cost", metavar="AMOUNT", type=_Number(), help="What all should be paid together.")
@_PLAN
@_DEPARTMENT
@click.option("--from", "low", metavar="VALUE", type=_Number(), help="The least value to look at.")
@click.option("--to", "high", metavar="VALUE", type=_Number(), help="The greatest value to look at.")
@click.option("--places", type=click.IntRange(0, 12), default=8, show_default=True, help="Decimal places at most.")
@click.option("--payee", help="Whose payout should be an amount.")
@click.option("--kpi", metavar="NAME", help="The result of this payee that may change.")
@click.option("--payout", metavar="AMOUNT", type=_Number(), help="What this payee should be paid at least.")
@REPORT
@LANGUAGE
def seek(
    rules: Path,
    data: Path,
    period: str,
    vary: str | None,
    cost: Decimal | None,
    plan: str | None,
    department: str | None,
    low: Decimal | None,
    high: Decimal | None,
    places: int,
    payee: str | None,
    kpi: str | None,
    payout: Decimal | None,
    out: Path | None,
    language: str,
) -> None:
    """Find the number that gives an amount, by the rule set RULES and the engine that pays.

    With --vary and --cost: which value of a weight, target, threshold, cap or curve point makes all payouts together
    the amount. The answer has no more decimal places than it needs, and gives the amount to the cent; where no value
    does, the two nearest are told.

    With --payee, --kpi and --payout: from which result on somebody is paid the amount.
    """
    from incentive_engine.rulesets.loading import load
    from incentive_engine.simulation.scenarios.simulating import baseline
    from incentive_engine.simulation.seeking.needed import needed
    from incentive_engine.simulation.seeking.revalued import Scope
    from incentive_engine.simulation.seeking.rule_numbers import number_at
    from incentive_engine.simulation.seeking.seeking import sought
    from incentive_engine.simulation.seeking.seeking_paper import needed_report, sought_report

    of_cost, of_payee = (vary, cost, plan, department, low, high), (payee, kpi, payout)
    asks_cost, asks_payee = (any(each is not None for each in of) for of in (of_cost, of_payee))
    if asks_cost == asks_payee or (None in of_payee if asks_payee else None in (vary, cost)):
        raise click.UsageError("Give --vary and --cost, or --payee, --kpi and --payout.")
    refuse_unwritable(out)
    loaded = load(rules)
    number = None if vary is None else number_at(loaded, vary)
    with counted("paying by the rules") as (_, describe):
        before = baseline(loaded, data, period)
        if number is not None and cost is not None:
            scope, within = Scope(plan, department), (low, high)
            found = sought(before, number, cost, scope, within, places, lambda count: describe(f"value {count}"))
            report = sought_report(before, found)
        elif payee is not None and kpi is not None and payout is not None:
            report = needed_report(before, needed(before.calculation, payee, kpi, payout))
    show_report(report, loaded.ruleset.currency, language, out)


@click.command(short_help="Show which numbers of the rules move the cost most.")
@RULES
@DATA
@PERIOD
@_PLAN
@_DEPARTMENT
@click.option("--step", type=_Number(), default="1%", show_default=True, help="By which part of itself each is moved.")
@REPORT
@LANGUAGE
def sensitivity(
    rules: Path,
    data: Path,
    period: str,
    plan: str | None,
    department: str | None,
    step: Decimal,
    out: Path | None,
    language: str,
) -> None:
    """Show which numbers of the rule set RULES move the cost most, when each is made a little smaller and greater.

    Everybody is paid again for each of them. Numbers that move nothing, and those that cannot be moved, are listed too.
    """
    from incentive_engine.rulesets.loading import load
    from incentive_engine.simulation.scenarios.simulating import baseline
    from incentive_engine.simulation.seeking.revalued import Scope
    from incentive_engine.simulation.seeking.seeking_paper import sensitivity_report
    from incentive_engine.simulation.seeking.sensitivity import sensitivity

    if not 0 < step < 1:
        raise click.UsageError("--step is a part: more than 0 and less than 100%.")
    refuse_unwritable(out)
    loaded, scope = load(rules), Scope(plan, department)
    with counted("paying by the rules") as (tick, describe):
        before = baseline(loaded, data, period)
        describe("moving each number")
        found = sensitivity(before, scope, step, tick)
    show_report(sensitivity_report(before, found, scope, step), loaded.ruleset.currency, language, out)
