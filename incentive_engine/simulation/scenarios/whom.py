"""Whom a scenario means: a formula over columns of the workforce, as each payee was on the last of their days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from incentive_engine.compiler.inputs import SEGMENT
from incentive_engine.documents import Document
from incentive_engine.engine.eligibility import everyone, scope_of
from incentive_engine.errors import InputProblems, Location, Problem
from incentive_engine.facts import Table
from incentive_engine.formulas import Formula, Name, Type, check, compile_condition
from incentive_engine.mistakes import KeyPath
from incentive_engine.periods import Period

_TYPES: Final[Mapping[type[pl.DataType], Type]] = {pl.String: "text", pl.Date: "date", pl.Boolean: "boolean"}
_DAYS: Final = Name("number", "days from hire to leave or to the end of the period, both included")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something of a scenario is written; nowhere for one that was made by a program."""

    document: Document | None
    path: KeyPath

    def at(self, *inside: str) -> Location | None:
        """The line of what stands here."""
        return None if self.document is None else self.document.at((*self.path, *inside))

    def character(self, key: str, offset: int) -> Location | None:
        """The line and column of a character of a text."""
        return None if self.document is None else self.document.inside((*self.path, key), offset)


def payees_where(where: Formula | None, people: Table, period: Period, place: Place) -> pl.Series:
    """The payees for whom the formula is true; all without one. `people`: one row per payee × segment.

    Raises InputProblems for a formula that cannot be understood, and where nobody is meant.
    """
    last = people.frame.sort("payee", SEGMENT).unique("payee", keep="last", maintain_order=True)
    if where is None:
        return last["payee"]
    known = {name: Name(_TYPES.get(kind.base_type(), "number"), "a column") for name, kind in last.schema.items()}
    _, found = check(where, {**known, **({"days_employed": _DAYS} if "hired" in known else {})}, "boolean")
    if found:
        raise InputProblems(
            [Problem(each.code, each.message, place.character("where", each.offset), each.hint) for each in found]
        )
    table = Table(people.name, last, people.scales, people.delivered, people.fingerprint, people.files)
    condition = compile_condition(where, scope_of(table, period))
    meant = everyone(table, period).filter(condition.fill_null(False))["payee"]
    if meant.is_empty():
        raise InputProblems([Problem("nobody-meant", f"nobody is meant by `{where}`", place.at("where"))])
    return meant
