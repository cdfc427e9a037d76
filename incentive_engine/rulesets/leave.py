"""Leave: which absences there are, what each does to pay, and where the law says so.

What an absence was for stands in one table and goes no further: rows are told of by their place in the file, payees by
how many days do not count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Final, Literal, get_args

from pydantic import Field, StringConstraints

from incentive_engine.kinds.base import Declared, Label
from incentive_engine.kinds.wording import Language
from incentive_engine.rulesets.tables import TableOptions

Effect = Literal["counts", "reduces_payout", "reduces_target", "neutral"]
EFFECTS: Final[tuple[Effect, ...]] = get_args(Effect)
_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
EFFECT_WORDS: Final[Mapping[Effect, Mapping[Language, str]]] = {
    "counts": {"en": "counts as presence", "fr": "compte comme de la présence"},
    "reduces_payout": {"en": "days do not count", "fr": "jours non comptés"},
    "reduces_target": {"en": "only targets of volumes are less", "fr": "seuls les objectifs de volume baissent"},
    "neutral": {"en": "days left out of the period", "fr": "jours retirés de la période"},
}


class LegalSource(Declared):
    """Where the law says something of an absence, and what it says."""

    source: Annotated[str, Field(min_length=1, description="The article or the judgment.")]
    says: Annotated[Label, Field(description="What it says, in plain words.")]
    as_of: Annotated[dt.date, Field(description="A day on which the text that was read was in force.")]


class LeaveType(Declared):
    """One reason to be away, and what it does to pay."""

    title: Label
    codes: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...],
        Field(description="What the column `type` calls it, besides its name: `[CP, RTT]`."),
    ] = ()
    effect: Annotated[
        Effect,
        Field(
            description="`counts`: as presence; `reduces_payout`: its days do not count; `reduces_target`: pay is not "
            "reduced, targets `target_for: presence` are; `neutral`: the period is counted without its days."
        ),
    ]
    in_pay: Annotated[
        dict[_Name, Effect], Field(description="Another effect on what some plans pay: `{yearly_bonus: counts}`.")
    ] = {}
    standing: Annotated[
        _Name | None, Field(description="What it is before the law: types of one standing have the same effects.")
    ] = None
    law: Annotated[tuple[LegalSource, ...], Field(description="Where the law says so.")] = ()

    def effect_on(self, pays: str) -> Effect:
        """What it does to what a plan pays."""
        return self.in_pay.get(pays, self.effect)


class Leave(TableOptions):
    """When payees were away, and what becomes of it. Leave on a day without employment does not count.

    Columns: payee, from, to (the last day; empty while it lasts), type.
    """

    like: Annotated[
        str | None,
        Field(
            description="The types that it takes over: `leave.france`. What is written beside it wins, key by key, "
            "inside each of `types` too."
        ),
    ] = None
    types: Annotated[
        dict[_Name, LeaveType],
        Field(
            min_length=1,
            description="What the column `type` may say. Where two types fall on one day, the first of them counts; "
            "those taken over come first, in their order.",
        ),
    ]

    @property
    def places(self) -> Mapping[str, int]:
        """The place of the type that a text in the column `type` means."""
        return {name: place for place, (own, each) in enumerate(self.types.items()) for name in (own, *each.codes)}
