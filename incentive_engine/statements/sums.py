"""The whole of what is paid: which days were paid how, what changed between them, and what customers contributed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from incentive_engine.compiler.inputs import FIRST_DAY, LAST_DAY
from incentive_engine.compiler.program import CUSTOMER_PAY, PAYOUT
from incentive_engine.engine.deciding import computed
from incentive_engine.engine.recalled import Span
from incentive_engine.rulesets.exchange import PAID, PAID_CURRENCY
from incentive_engine.rulesets.resolving import ResolvedPlan
from incentive_engine.statements.catalogues import Words
from incentive_engine.statements.languages import Language
from incentive_engine.statements.people import ChangeWriter, Person, uncovered
from incentive_engine.statements.reading import Row
from incentive_engine.statements.values import Card, Line, Part, Pay, Sum


@dataclass(frozen=True, slots=True)
class Block:
    """What a payee is paid by one plan for days on which nothing changed; `row` is that of the trace."""

    plan: ResolvedPlan
    row: Row
    pay: Pay
    currency: str
    """That of the rules."""

    @property
    def span(self) -> Span:
        """The first and the last day."""
        return self.row[FIRST_DAY], self.row[LAST_DAY]

    @property
    def payout(self) -> Decimal | None:
        """What is paid; None where the plan gives only a score."""
        return self.row.get(PAYOUT)

    @property
    def paid(self) -> tuple[str, Decimal] | None:
        """What is paid of the payout, and in which currency."""
        amount = self.row.get(PAID, self.payout)
        return None if amount is None else (self.row.get(PAID_CURRENCY, self.currency), amount)

    @property
    def computed(self) -> Decimal | None:
        """What the rules work out of it."""
        return computed(self.row)

    @property
    def customer(self) -> Decimal | None:
        """What of it customers brought."""
        return self.row.get(CUSTOMER_PAY)


class SumWriter:
    """Whatever is paid by one name, in one language."""

    def __init__(self, language: Language, changes: ChangeWriter) -> None:
        self._language, self._changes = language, changes
        self._words = language.words

    def sum(self, blocks: Sequence[Block], person: Person, period: Span, absent: tuple[Span, ...]) -> Sum:
        """Every block with its days and its payout, the days that nothing is paid for, and all of it together.

        `absent`: the days of absence that do not count, where none of their segment does.
        """
        return Sum(" · ".join(titles_of(blocks)), tuple(self._lines(blocks, person, period, absent)))

    def _lines(self, blocks: Sequence[Block], person: Person, period: Span, absent: tuple[Span, ...]) -> Iterator[Line]:
        several, before = len(titles_of(blocks)) > 1, None
        for block in blocks:
            first, last = block.span
            yield from self._unpaid(person, absent, period[0] if before is None else _after(before), _before(first))
            days = self._language.days(first, last)
            name = f"{days} · {block.pay.title}" if several else days
            changed = () if before is None else self._changed(before, block, person)
            yield Line(name, self._paid(block), "", str(self._words["changes"]["between"]).join(changed))
            before = block
        assert before is not None, "a sum has blocks"
        yield from self._unpaid(person, absent, _after(before), period[1])
        for currency, total in together(blocks).items():
            show = self._language.money_in(currency)
            amounts = [block.paid[1] for block in blocks if block.paid is not None and block.paid[0] == currency]
            added = " + ".join(self._language.numbers.inside(amount, show) for amount in amounts)
            yield Line(str(self._words["segments"]["together"]), show(total), added if len(amounts) > 1 else "")

    def _paid(self, block: Block) -> str:
        if block.paid is None:
            return f"{self._words['page']['scored_only']} {block.pay.score}"
        currency, amount = block.paid
        return self._language.money_in(currency)(amount)

    def _changed(self, before: Block, after: Block, person: Person) -> Iterator[str]:
        yield from self._changes.of_plan((before.plan, before.row), (after.plan, after.row))
        yield from self._changes.of_person(person.on(before.span[0]), person.on(after.span[0]))

    def _unpaid(self, person: Person, absent: tuple[Span, ...], first: dt.date, last: dt.date) -> Iterator[Line]:
        """The days between, with the reason: the payee was not there, none of them counts, or no plan pays for them."""
        if first > last:
            return
        gone = list(uncovered(person.spans, first, last))
        away = [(max(begin, first), min(end, last)) for begin, end in absent if begin <= last and end >= first]
        others = uncovered(tuple(sorted((*gone, *away))), first, last)
        spans = [("away", gone), ("absent", away), ("no_plan", others)]
        for (begin, end), why in sorted((span, why) for why, each in spans for span in each):
            yield Line(self._language.days(begin, end), "–", "", str(self._words["segments"][why]))


def together(blocks: Sequence[Block]) -> Mapping[str, Decimal]:
    """What is paid in each currency: amounts in two are never added."""
    totals: dict[str, Decimal] = {}
    for currency, amount in (block.paid for block in blocks if block.paid is not None):
        totals[currency] = totals.get(currency, Decimal(0)) + amount
    return totals


def voice(language: Language, payout: Decimal | None, customer: Decimal | None, *, worked_out: bool) -> str:
    """What customers contributed: some, all, more than is paid, nothing; or they took something away.

    `worked_out`: whether the score pays anything, before what is decided about it.
    """
    words, show = language.words["shares"], language.numbers.money
    if payout is None or customer is None:
        return str(words["scored"])
    if payout == 0 and not worked_out:
        return str(words["zero"])
    which = "some" if 0 < customer < payout else "none"
    if customer < 0:
        which = "less"
    elif customer >= payout and customer > 0:
        which = "all" if customer == payout else "more"
    return str(words[which]).format(customer=show(abs(customer)), payout=show(payout))


def condensed(pay: Pay, earlier: Sequence[Pay], words: Words) -> Pay:
    """A pay without what an earlier one of the same plan says already, word for word: how its score was made."""
    same = next((each for each in earlier if each.plan == pay.plan and not each.as_for and _same(each, pay)), None)
    if same is None:
        return pay
    parts: tuple[Part | Card, ...] = (*pay.parts, *pay.cards)
    brought = [
        replace(line, name=part.title if line.name == part.brought[0].name else f"{part.title} · {line.name}")
        for part in parts
        for line in part.brought
    ]
    below, above = words["steps"]["score_note"], words["segments"]["score_note"].format(days=same.days)
    lines = tuple(replace(line, note=above) if line.note == below else line for line in pay.lines)
    return replace(pay, lines=lines, parts=(), cards=(), as_for=same.days, brought=tuple(brought))


def titles_of(blocks: Sequence[Block]) -> tuple[str, ...]:
    """The titles of the plans, each once."""
    return tuple(dict.fromkeys(block.pay.title for block in blocks))


def _same(one: Pay, other: Pay) -> bool:
    return _scored(one) == _scored(other)


def _scored(pay: Pay) -> tuple[tuple[Part, ...], tuple[Card, ...]]:
    """Parts and cards without money, quotes and references."""
    parts = tuple(replace(part, brought=(), reference="") for part in pay.parts)
    return parts, tuple(replace(card, brought=(), bounds=(), pay="", comments=None, reference="") for card in pay.cards)


def _before(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=1)


def _after(block: Block) -> dt.date:
    return block.span[1] + dt.timedelta(days=1)
