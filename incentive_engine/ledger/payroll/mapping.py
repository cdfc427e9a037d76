"""How payroll wants its lines: `payroll.yaml`.

To add a kind of file: one class in a file of its own, told apart by its `kind`, and its name below.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from incentive_engine.documents import declare, read_document
from incentive_engine.kinds.base import Declared
from incentive_engine.ledger.payroll.delimited import Csv
from incentive_engine.ledger.payroll.fixed import Fixed
from incentive_engine.ledger.payroll.spreadsheet import Excel

PayrollFile = Annotated[Csv | Excel | Fixed, Field(discriminator="kind")]
Kind = Literal["payout", "released", "correction"]
Codes = dict[str, Annotated[str, Field(min_length=1)]]


class PayCodes(Declared):
    """The pay code of everything that is paid, by the name that plans give it in `pays`."""

    payouts: Annotated[Codes, Field(min_length=1, description='Of payouts: `{quarterly_bonus: "4210"}`.')]
    corrections: Annotated[
        Codes, Field(description="Of what corrections of earlier periods bring; the same as of payouts unless said.")
    ] = {}
    released: Annotated[
        Codes, Field(description="Of what held people are paid by decision; the same as of payouts unless said.")
    ] = {}

    def of(self, kind: Kind, pays: str) -> str | None:
        """The pay code of one thing that is paid; None where the file says none."""
        own: Mapping[Kind, Codes] = {"correction": self.corrections, "released": self.released}
        return own.get(kind, {}).get(pays) or self.payouts.get(pays)


class Payroll(Declared):
    """What a project's `payroll.yaml` says."""

    pay_codes: Annotated[PayCodes, Field(description="The pay code of everything that is paid.")]
    by: Annotated[
        Literal["legal_entity"] | None,
        Field(description="`legal_entity` writes one file for each; one for all unless said."),
    ] = None
    file: Annotated[PayrollFile, Field(description="The file: its kind and its columns.")]


def read_payroll(path: Path) -> Payroll:
    """The mapping in a file. Raises InputProblems with everything that is wrong with it, each where it is written."""
    return declare(read_document(path), Payroll)
