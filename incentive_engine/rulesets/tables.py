"""Tables as a rule set declares them: how their files are read, what is known of their columns, whom they are about."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from incentive_engine.exact import Exact
from incentive_engine.formulas import Formula, Scope
from incentive_engine.kinds.base import Declared, Label
from incentive_engine.kinds.kpi_kind import Shared
from incentive_engine.rulesets.decisions import TargetDecision
from incentive_engine.rulesets.set_aside import SetAside

Column = Annotated[str, StringConstraints(min_length=1)]
ColumnTypeName = Literal["text", "number", "money", "date", "datetime", "boolean"]


class ColumnOptions(Declared):
    """What is known of a column beyond how rules use it."""

    type: Annotated[ColumnTypeName | None, Field(description="Worked out from use unless said.")] = None
    at_least: Annotated[Decimal | None, Field(description="Rows below are held; 0 unless said.")] = None
    at_most: Annotated[Decimal | None, Field(description="Rows above are held; a thousand million unless said.")] = None
    places: Annotated[
        int | None, Field(ge=0, le=12, description="Decimal places kept; 6 unless said, 2 for money.")
    ] = None


class TableOptions(Declared):
    """How a table's files are read; what is left out is worked out from the file."""

    path: Annotated[str, Field(description="Files inside the data folder, `*` allowed: `calls/*.csv`.")]
    columns: Annotated[dict[Column, ColumnOptions], Field(description="Types and bounds of columns.")] = {}
    delimiter: Annotated[str | None, Field(min_length=1, max_length=1, description="Between cells of a CSV file.")] = (
        None
    )
    decimal: Annotated[Literal[".", ","] | None, Field(description="The decimal mark.")] = None
    encoding: Annotated[str | None, Field(description="`utf-8`, `cp1252`…")] = None
    date_order: Annotated[Literal["dmy", "mdy", "ymd"] | None, Field(description="Order of day, month, year.")] = None
    sheet: Annotated[str | None, Field(description="The sheet of an Excel file; the first unless said.")] = None


class Watch(Declared):
    """Records that would be rare if nobody helped a result along: `incentive audit` lists who has many of them."""

    title: Annotated[Label, Field(description="What they are called: calls cut short.")]
    where: Annotated[Formula, Field(description="Which records: `handle_seconds < 10`.")]
    among: Annotated[Formula | None, Field(description="Of which records; of all unless said.")] = None


class Source(TableOptions):
    """Facts: one raw record a row, with whom it is about and when."""

    date: Annotated[Column, Field(description="The column with the day (or moment) that puts a fact into a period.")]
    payee: Annotated[Column | None, Field(description="The column with the payee.")] = None
    team: Annotated[Column | None, Field(description="The column with the team; the payee's team unless said.")] = None
    department: Annotated[
        Column | None, Field(description="The column with the department; the payee's unless said.")
    ] = None
    id: Annotated[Column | None, Field(description="The column that identifies a fact: each counts once.")] = None
    recorded: Annotated[
        Column | None,
        Field(
            description="The column with the day on which the row was recorded: `--as-of` leaves out what came later. "
            "Of several rows of one `id`, the last that was recorded counts."
        ),
    ] = None
    system_accounts: Annotated[
        tuple[str, ...],
        Field(description="Payees that are machines: their facts count for team, department and company only."),
    ] = ()

    share: Annotated[
        Column | None,
        Field(
            description="The column with the share of the row's payee, where several share a fact: one row per fact "
            "and payee. The shares of one `id` add up to 100 %."
        ),
    ] = None
    set_aside: Annotated[
        tuple[SetAside, ...], Field(description="Facts that do not count, one rule after the other.")
    ] = ()
    recorded_by: Annotated[
        Literal["customer", "system", "payee", "manager", "outsider"] | None,
        Field(description="Who makes the record: what payees report of themselves is not objective."),
    ] = None
    invited_by: Annotated[
        Literal["system", "payee", "manager", "customer"] | None,
        Field(description="Who decides which customers are heard; `customer`: they come of their own accord."),
    ] = None

    invitations: Annotated[
        str | None,
        Field(description="The source of those who were asked, a record each: how many answered is told with results."),
    ] = None
    customer: Annotated[
        Column | None, Field(description="The column with the customer: who answers again and again is looked at.")
    ] = None
    watch: Annotated[
        dict[Column, Watch],
        Field(description="Records that `incentive audit` looks at, by name; no pay depends on it."),
    ] = {}

    def shared(self, columns: Scope) -> Shared | None:
        """How its facts are shared, by its columns; not at all where nothing says so."""
        share = None if self.share is None else columns[self.share]
        return Shared(self.id, share) if self.id is not None and isinstance(share, Exact) else None

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell rows apart; none where equal rows are separate facts."""
        if self.id is None:
            return ()
        return (self.id,) if self.share is None or self.payee is None else (self.id, self.payee)

    @property
    def row_keys(self) -> tuple[str, ...]:
        """The columns that tell the rows of its files apart: a fact may have been recorded several times."""
        return (*self.key, self.recorded) if self.key and self.recorded else self.key

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that name the fact itself and whom it is about: always text."""
        named = (self.id, self.payee, self.team, self.department, self.customer)
        return tuple(dict.fromkeys(each for each in named if each))


class ParameterTable(TableOptions):
    """Numbers that differ by payee: targets, weights, caps."""

    keys: Annotated[
        tuple[Column, ...], Field(min_length=1, description="Workforce columns, and `kpi`, that pick a row.")
    ]
    since: Annotated[
        Column | None,
        Field(description="The column with the day from which a row counts, until the next with the same keys."),
    ] = None
    decided: Annotated[TargetDecision | None, Field(description="Who set these numbers, where they are targets.")] = (
        None
    )

    @property
    def row_keys(self) -> tuple[Column, ...]:
        """The columns that tell its rows apart."""
        return self.keys if self.since is None else (*self.keys, self.since)
