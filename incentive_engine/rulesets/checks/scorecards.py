"""Scorecards: weights, numbers of items and limits that can be paid on."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from incentive_engine.errors import Location, Problem
from incentive_engine.kinds.base import FromColumn, FromTable, Since, written
from incentive_engine.kinds.combinations import COMBINATIONS
from incentive_engine.kinds.gates import Limit
from incentive_engine.rulesets.checked import Checked, tells
from incentive_engine.rulesets.models import AnyMeasure, Group, Item, MeasureFields, Plan
from incentive_engine.rulesets.resolving import KeyPath
from incentive_engine.rulesets.walking import OF_WAYS, Placed


@tells("missing-weight", "weight-not-allowed", "negative-weight", "weights-not-100", about=(Plan, Group))
def weights_add_up(checked: Checked) -> Iterator[Problem]:
    """Under `weighted_sum` every item has a weight, and constants add up to exactly 100 %; elsewhere none has one."""
    for placed in checked.nodes:
        if isinstance(placed.node, AnyMeasure):
            continue
        if COMBINATIONS[placed.node.combine].weighted:
            yield from _weighted(checked, placed)
            continue
        for name, item in placed.items.items():
            if item.weight is not None:
                message = f"`{name}` has a weight under `combine: {placed.node.combine}`"
                where = checked.key(*placed.items_at, name, "weight")
                yield Problem("weight-not-allowed", message, where, "only a `weighted_sum` has weights: leave it out")


def _weighted(checked: Checked, placed: Placed) -> Iterator[Problem]:
    at, items = placed.items_at, placed.items
    missing = [name for name, item in items.items() if item.weight is None]
    for name in missing:
        hint = "every item of a weighted sum has one: `weight: 40%`"
        yield Problem("missing-weight", f"`{name}` has no weight", checked.key(*at, name), hint)
    for name, item in items.items():
        if isinstance(item.weight, Decimal) and item.weight < 0:
            message = f"the weight of `{name}` is {written(item.weight, percent=True)}"
            yield Problem("negative-weight", message, checked.at(*at, name, "weight"), "weights are 0% or more")
    constants = [item.weight for item in items.values() if isinstance(item.weight, Decimal)]
    total = sum(map(Fraction, constants), Fraction(0))
    whole = len(constants) == len(items)
    if (whole and total != 1) or (not missing and not whole and total > 1):
        yield _not_whole(placed, constants, total, checked.key(*at))


def _not_whole(placed: Placed, constants: list[Decimal], total: Fraction, where: Location) -> Problem:
    told = " + ".join(written(weight, percent=True) for weight in constants)
    than = "not 100%" if len(constants) == len(placed.items) else "more than 100% even without those from tables"
    message = f"the weights of `{placed.name}` add up to {written(total, percent=True)}, {than}"
    signless = next((written(weight) for weight in constants if weight >= 5), None)  # 80 is 8000%
    hint = f"write {signless}% in the place of {signless}" if signless else "change one of them"
    return Problem("weights-not-100", message, where, f"they are {told}: {hint}")


@tells("too-many-needed", "at-least-not-used", about=(Plan, Group))
def enough_items_can_be_there(checked: Checked) -> Iterator[Problem]:
    """`at_least` is not above the number of items, and (a warning) does nothing where none can be left out."""
    for placed in checked.nodes:
        if isinstance(placed.node, AnyMeasure) or placed.node.at_least == 1:
            continue
        least, items, where = placed.node.at_least, placed.items, checked.at(*placed.at, "at_least")
        if least > len(items):
            message = f"`{placed.name}` needs {least} items that have a score, and has {len(items)}"
            yield Problem("too-many-needed", message, where, f"`at_least` is {len(items)} or less")
        elif not any(_may_be_left_out(checked, name, item) for name, item in items.items()):
            message = f"`at_least: {least}` does nothing: no item of `{placed.name}` can be left out"
            hint = "write `on_missing: reweight` where a result may be missing, or remove it"
            yield Problem("at-least-not-used", message, where, hint, level="warning")


def _may_be_left_out(checked: Checked, name: str, item: Item) -> bool:
    if isinstance(item, Group):
        return item.on_missing == "reweight"
    kpi = checked.rules.kpis.get(item.kpi or name)
    otherwise = kpi.reliability.otherwise if kpi and kpi.reliability else None
    return "reweight" in (item.on_missing, otherwise)


@tells("floor-above-cap", about=(Plan, Group, MeasureFields))
def floors_are_below_caps(checked: Checked) -> Iterator[Problem]:
    """A score can lie between its floor and its cap."""
    for placed in checked.nodes:
        floor, cap = placed.node.floor, placed.node.cap
        if isinstance(floor, Decimal) and isinstance(cap, Decimal) and floor > cap:
            message = f"the floor {written(floor, percent=True)} is above the cap {written(cap, percent=True)}"
            yield Problem("floor-above-cap", message, checked.at(*placed.at, "floor"), "lower it, or raise the cap")


@tells("limit-below-floor", about=(Limit,))
def limits_are_above_floors(checked: Checked) -> Iterator[Problem]:
    """A gate does not limit a score below its floor, which comes after it (a warning)."""
    for placed in checked.nodes:
        floor = placed.node.floor
        for index, gate in enumerate(placed.node.gates):
            if isinstance(gate, Limit) and isinstance(floor, Decimal) and gate.limit < floor:
                limit, least = written(gate.limit, percent=True), written(floor, percent=True)
                message = f"the limit {limit} is below the floor {least}, which lifts the score again"
                where = checked.at(*placed.at, "gates", index, "limit")
                yield Problem("limit-below-floor", message, where, "raise it, or lower the floor", level="warning")


@tells("negative-weight", "cap-below-zero", about=(Plan, Group, MeasureFields))
def weights_and_caps_are_not_negative(checked: Checked) -> Iterator[Problem]:
    """No cap turns every score into a loss, and no table can hold a weight or a cap below zero."""
    for placed in checked.nodes:
        cap = placed.node.cap
        if isinstance(cap, Decimal) and cap < 0:
            message = f"the cap of `{placed.name}` is {written(cap, percent=True)}: every score would be a loss"
            yield Problem("cap-below-zero", message, checked.at(*placed.at, "cap"), "caps are 0% or more")
    told = set()
    for placed in checked.nodes:
        for at, parameter in placed.numbers.items():
            if isinstance(parameter, Decimal | Since):
                continue
            declared_at: KeyPath = ("tables", parameter.table) if isinstance(parameter, FromTable) else ("workforce",)
            field, declared = at[-1], (*declared_at, "columns", parameter.column)
            if field in ("weight", "cap") and (field, declared) not in told and _below_zero(checked, parameter):
                told.add((field, declared))
                message = f"`{parameter.column}` is declared to hold numbers below zero, and is read as a {field}"
                code = {"weight": "negative-weight", "cap": "cap-below-zero"}[field]
                hint = f"{field}s are 0% or more: leave `at_least` out"
                yield Problem(code, message, checked.at(*declared, "at_least"), hint)


def _below_zero(checked: Checked, parameter: FromTable | FromColumn) -> bool:
    """Whether the column that a number comes from is declared to go below zero."""
    rules = checked.rules
    table = rules.tables.get(parameter.table) if isinstance(parameter, FromTable) else rules.workforce
    options = table.columns.get(parameter.column) if table else None
    return options is not None and options.at_least is not None and options.at_least < 0


@tells("no-kpi-here", about=(Plan, Group, MeasureFields))
def groups_have_no_kpi(checked: Checked) -> Iterator[Problem]:
    """A table with a row per KPI gives weights and the numbers of attainments, of measures only."""
    for placed in checked.nodes:
        for at, parameter in placed.parameters.items():
            table = checked.rules.tables.get(parameter.table)
            if table is None or "kpi" not in table.keys or _of_one_kpi(placed, at[-1]):
                continue
            message = f"table `{parameter.table}` has a row per KPI, and the {at[-1]} of `{placed.name}` is of none"
            yield Problem("no-kpi-here", message, checked.at(*at, "table"), "use a table without the key `kpi`")


def _of_one_kpi(placed: Placed, field: str | int) -> bool:
    return isinstance(placed.node, AnyMeasure) and field in ("weight", *OF_WAYS)
