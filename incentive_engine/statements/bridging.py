"""Why a payout differs from that of an earlier period, in one language: bars that add up from then to now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from incentive_engine.compiler.inputs import FIRST_DAY
from incentive_engine.engine.bridge import BRIDGE, STEPS
from incentive_engine.engine.input_groups import Group
from incentive_engine.statements.comparing import ComparisonWriter
from incentive_engine.statements.drawing import Piece, Scale, bars, whole
from incentive_engine.statements.gathering import Gathered
from incentive_engine.statements.languages import Language
from incentive_engine.statements.people import Followed
from incentive_engine.statements.reading import Row
from incentive_engine.statements.values import Bridge, Drawing, Perspective

_TOLD: Final[tuple[Group, ...]] = ("customer", "internal", "targets", "rules", "salary", "presence", "exchange")
"""The order in which payees read what is different: what they brought about first."""


@dataclass(frozen=True, slots=True)
class Paid:
    """What one payee is paid by one name in one of the two periods, in the rules' currency."""

    computed: Decimal | None
    """What the rules work out; None where they pay nothing, or cannot say."""
    decided: Decimal
    """What guarantees, adjustments and releases add."""
    corrected: Decimal
    """What corrections of other periods add."""
    released: bool
    followed: Followed | None
    """The plan of the last days that are paid, and the row of the trace."""
    converted: bool
    """Whether it is paid in another currency."""

    @property
    def known(self) -> bool:
        """Whether anything was paid, be it nothing."""
        return self.computed is not None or self.released

    @property
    def total(self) -> Decimal:
        """All of it together."""
        return (self.computed or Decimal(0)) + self.decided + self.corrected


NOTHING: Final = Paid(None, Decimal(0), Decimal(0), released=False, followed=None, converted=False)


class BridgeWriter:
    """What is different between one period and an earlier one, in one language."""

    def __init__(self, language: Language, everything: Gathered) -> None:
        self._language, self._words, self._numbers = language, language.words["bridge"], language.numbers
        self._all, self._then = everything, everything.previous
        if self._then is not None:
            periods = [each.material.period for each in (self._then, everything)]
            self._periods = [language.period(each.name, each.start) for each in periods]
            self._heading = str(self._words["title"]).format(then=self._periods[0])
            self._comparing = ComparisonWriter(language, self._then.rules, everything.rules)

    def bridges(self, payee: str) -> Iterator[Bridge]:
        """Why each thing that one payee is paid differs; nothing where no earlier run is compared with."""
        if self._then is None:
            return
        then, now = paid_by_name(self._then, payee), paid_by_name(self._all, payee)
        names = [pays for pays in now | then if any(pays in each and each[pays].known for each in (then, now))]
        held = payee in self._then.held, payee in self._all.held
        for pays in names:
            known = then.get(pays, NOTHING), now.get(pays, NOTHING)
            title = self._title_of(*known) if len(names) > 1 else ""
            said = tuple(self._said(*known, *held))
            drawing = None
            if all(each.known for each in known):
                drawn = self._drawing(*known, self._all.bridges.get((payee, pays)))
                drawing = drawn if len(drawn.bars) > 1 else None  # nothing differs, which words say
            yield Bridge(self._heading, title, said, drawing)

    def _title_of(self, then: Paid, now: Paid) -> str:
        followed = now.followed or then.followed
        return "" if followed is None else self._language.nearest(followed[0].title)

    def _said(self, then: Paid, now: Paid, held_then: bool, held_now: bool) -> Iterator[str]:
        before, after = self._periods
        if not then.known:
            yield str(self._words["held_then" if held_then else "nothing_then"]).format(then=before)
        elif not now.known:
            yield str(self._words["held_now" if held_now else "nothing_now"]).format(now=after, then=before)
            yield str(self._words["paid_then"]).format(then=before, amount=self._numbers.money(then.total))
        elif then.total == now.total:
            yield str(self._words["same"]).format(then=before)
        elif then.released or now.released:
            yield str(self._words["released"])
        if then.converted or now.converted:
            yield str(self._words["converted"]).format(currency=self._language.currency)

    def _drawing(self, then: Paid, now: Paid, row: Row | None) -> Drawing:
        words = self._words
        first = Piece(str(words["paid"]).format(period=self._periods[0]), "other", then.total)
        pieces, reached = list[Piece](), then.total
        for title, perspective, change, groups in self._changes(then, now, row):
            if change:
                reached += change
                pieces.append(Piece(title, perspective, reached, "", self._note(groups, then, now, row)))
        assert reached == now.total, "what is different adds up"
        last = Piece(str(words["paid"]).format(period=self._periods[1]), "other", now.total)
        scale = Scale([piece.reached for piece in (first, *pieces, last)], shorten=True)
        drawn = (whole(first, scale, self._numbers), *bars([first, *pieces], scale, self._numbers)[1:])
        lead = str(words["lead"])
        if scale.shortened:
            lead = f"{lead} {self._language.words['waterfall']['shortened']}"
        return Drawing(self._heading, lead, drawn, whole(last, scale, self._numbers), scale.shortened)

    def _changes(
        self, then: Paid, now: Paid, row: Row | None
    ) -> Iterator[tuple[str, Perspective, Decimal, Sequence[Group]]]:
        """The groups of what is different: title, perspective, what it changes, and which they are."""
        words = self._words["groups"]
        if row is None:
            yield str(words["computed"]), "other", (now.computed or Decimal(0)) - (then.computed or Decimal(0)), ()
        else:
            for groups, change in sorted(_changes(row), key=lambda each: min(map(_TOLD.index, each[0]))):
                yield self._title(groups, now), _perspective(groups), change, groups
        yield str(words["decided"]), "other", now.decided - then.decided, ()
        yield str(words["corrected"]), "other", now.corrected - then.corrected, ()

    def _title(self, groups: Sequence[Group], now: Paid) -> str:
        """What is different, several things where they cannot be told apart."""
        if now.followed is not None and now.followed[0].pool is not None:
            return str(self._words["groups"]["pool"])
        return " · ".join(str(self._words["groups"][group]) for group in sorted(groups, key=_TOLD.index))

    def _note(self, groups: Sequence[Group], then: Paid, now: Paid, row: Row | None) -> str:
        """What it was, and what it is."""
        if row is None or then.followed is None or now.followed is None or now.followed[0].pool is not None:
            return ""
        notes = [note for group in groups for note in self._comparing.notes(group, then.followed, now.followed)]
        if "presence" in groups and row["several"]:
            notes = [str(self._words["several"])]
        return str(self._language.words["changes"]["between"]).join(notes)


def _changes(row: Row) -> Iterator[tuple[list[Group], Decimal]]:
    """What each group changes; together those between which the payout cannot be worked out."""
    together, before = list[Group](), row[BRIDGE[0]]
    for group, reached in zip(STEPS, BRIDGE[1:], strict=True):
        together.append(group)
        if row[reached] is not None:
            yield together, row[reached] - before
            together, before = [], row[reached]


def _perspective(groups: Sequence[Group]) -> Perspective:
    (only,) = groups if len(groups) == 1 else ("rules",)
    return only if only == "customer" or only == "internal" else "other"


def paid_by_name(everything: Gathered, payee: str) -> dict[str, Paid]:
    """What a payee is paid by each name, in the order of the rules; released or computed."""
    rows, currency = everything.payouts.get(payee, ()), everything.rules.ruleset.currency
    released, corrections = (each.get(payee, ()) for each in (everything.released, everything.corrections))
    names = dict.fromkeys(each["pays"] for each in (*rows, *released, *corrections))
    return {
        pays: _paid(
            everything,
            payee,
            currency,
            [each for each in rows if each["pays"] == pays],
            [each for each in released if each["pays"] == pays],
            [each for each in corrections if each["pays"] == pays],
        )
        for pays in names
    }


def _paid(
    everything: Gathered, payee: str, currency: str, rows: Sequence[Row], released: Sequence[Row], lines: Sequence[Row]
) -> Paid:
    traced = [row for each in rows for row in everything.traces.get((payee, each["plan"]), ())]
    last = max(traced, key=lambda row: row[FIRST_DAY], default=None)
    computed = [each["computed"] for each in rows]
    decided = [each[name] or Decimal(0) for each in rows for name in ("guarantee", "adjustment")]
    decided += [each["pay"] for each in released if each["currency"] == currency]
    others = {each["paid_currency"] for each in rows} | {each["currency"] for each in (*released, *lines)}
    return Paid(
        computed=None if not computed or None in computed else sum(computed, Decimal(0)),
        decided=sum(decided, Decimal(0)),
        corrected=sum((each["amount"] for each in lines if each["currency"] == currency), Decimal(0)),
        released=bool(released),
        followed=None if last is None else (everything.plans[last["plan"]], last),
        converted=bool(others - {currency, None}),
    )
