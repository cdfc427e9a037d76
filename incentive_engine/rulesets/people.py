"""Dated tables about people: where they were, what they earned, when they were employed, from day to day."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from incentive_engine.kinds.base import Rounding
from incentive_engine.rulesets.tables import Column, TableOptions

Basis = Literal["earned", "average", "end"]


class Employment(TableOptions):
    """When payees were employed: a row for each time. Who has no row was employed from `hired` to `left`.

    Columns: payee, from, to (the last day; empty while it lasts).
    """


class Assignments(TableOptions):
    """Where payees were on which days: facts count there, and each stretch of days is paid by itself.

    Columns: payee, from, to (the last day; empty while it lasts), team, department, and those of `also`.
    """

    also: Annotated[
        tuple[Column, ...], Field(description="Workforce columns that change with the assignment: `[role, level]`.")
    ] = ()

    @property
    def gives(self) -> tuple[Column, ...]:
        """The workforce columns that it says."""
        return ("team", "department", *self.also)


class History(TableOptions):
    """Columns of the workforce that change.

    Columns: payee, from, to (the last day; empty while it lasts), and those that it gives.
    """

    gives: Annotated[tuple[Column, ...], Field(min_length=1, description="The columns: `[base_salary]`.")]
    basis: Annotated[
        Basis,
        Field(
            description="`earned`: each stretch of days is paid on its own value; `average`: all days on the mean of "
            "the payee's days in the period; `end`: all days on the value of the last of them."
        ),
    ] = "earned"
    rounding: Annotated[Rounding, Field(description="Of an average; 6 places unless said.")] = Rounding(places=6)
