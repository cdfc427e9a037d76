"""People with what tells women and men apart: columns that no rule may need, from a table beside the workforce."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from incentive_engine.errors import InputProblems, Problem, did_you_mean
from incentive_engine.facts import TableContract, accept
from incentive_engine.facts.contracts import ColumnContract
from incentive_engine.simulation.comparison.side import Side
from incentive_engine.simulation.fairness.fairness import Divided, Fairness, fairness

_PEOPLE: Final = "people"
GENDER, WOMEN, MEN, CATEGORY = "gender", "F", "M", "category"
"""How a table of people says it unless something else is named."""


def divided_people(workforce: pl.DataFrame, divided: Divided, file: Path | None) -> pl.DataFrame:
    """Everybody of a workforce, with the columns of `divided`: from the table of people where that has them.

    Raises InputProblems where a column is in neither, or nobody has the values named.
    """
    asked = [divided.column, *([divided.category] if divided.category else [])]
    given = _read(file, asked) if file else None
    from_given = [] if given is None else [name for name in asked if name in given.columns]
    missing = [name for name in asked if name not in from_given and name not in workforce.columns]
    if missing and file:
        _read(file, missing, required=True)
    if missing:
        where = f"`{file}` says nothing, and the run does not keep a" if file else "the run does not keep a"
        told = did_you_mean(missing[0], workforce.columns) or (
            "give a table that has it beside `payee`: `--people FILE`"
        )
        raise InputProblems([Problem("unknown-column", f"{where} column `{name}`", hint=told) for name in missing])
    kept = workforce.select("payee", *(pl.col(name).cast(pl.String) for name in asked if name not in from_given))
    people = kept if given is None else kept.join(given.select("payee", *from_given), on="payee", how="left")
    _refuse_unknown_values(people, divided)
    return people


def dividing(file: Path) -> Divided:
    """What a table of people says by the usual names: `gender` (F, M), and `category` where it has that.

    Raises InputProblems where it has no `gender`.
    """
    _read(file, [GENDER], required=True)
    there = _read(file, [CATEGORY]).columns
    return Divided(GENDER, WOMEN, MEN, CATEGORY if CATEGORY in there else None)


def fairness_of(side: Side, people: Path) -> Fairness:
    """How what one calculation pays falls to women and men, by a table of people."""
    divided = dividing(people)
    amounts = side.amounts.filter(pl.col("currency") == side.currency).select("payee", "amount")
    known = divided_people(side.people, divided, people)
    return fairness(known, amounts, side.held_people["payee"].to_list(), divided)


def _read(file: Path, asked: list[str], *, required: bool = False) -> pl.DataFrame:
    """Payee and those columns asked for that a table has, as text. Raises InputProblems without those required."""
    columns = [ColumnContract(name, name, "text", required=required, nullable=True) for name in asked]
    contract = TableContract(_PEOPLE, file.name, (ColumnContract("payee", "payee", "text"), *columns), ("payee",))
    frame = accept([contract], file.parent, "UTC").tables[_PEOPLE].frame
    return frame.select("payee", *(name for name in asked if frame[name].count()))


def _refuse_unknown_values(people: pl.DataFrame, divided: Divided) -> None:
    values = sorted(people[divided.column].drop_nulls().unique())
    missing = [each for each in (divided.women, divided.men) if each not in values]
    if missing:
        said = ", ".join(f"`{each}`" for each in values[:12]) or "nothing of anybody"
        hint = f"`{divided.column}` says {said}: name two with --women and --men"
        raise InputProblems(
            [Problem("unknown-value", f"nobody has `{each}` in `{divided.column}`", hint=hint) for each in missing]
        )
