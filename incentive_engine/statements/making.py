"""Statements from what was gathered of a run: each in its payee's language; what is the same for many is made once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from incentive_engine.compiler.inputs import FIRST_DAY, LAST_DAY, SEGMENT
from incentive_engine.engine.deciding import decided
from incentive_engine.engine.recalled import Span
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ResolvedPlan, nodes_under
from incentive_engine.statements.bridging import BridgeWriter
from incentive_engine.statements.catalogues import Words
from incentive_engine.statements.gathering import Gathered
from incentive_engine.statements.glossary import GlossaryWriter
from incentive_engine.statements.languages import Language, Languages
from incentive_engine.statements.people import ChangeWriter, Person
from incentive_engine.statements.plans import PlanWriter
from incentive_engine.statements.reading import Reading, Row
from incentive_engine.statements.records import RecordsWriter
from incentive_engine.statements.settling import Piece, SettlingWriter, totals
from incentive_engine.statements.sums import Block, SumWriter, condensed, titles_of, together, voice
from incentive_engine.statements.values import (
    Alternatives,
    Comments,
    Held,
    Origin,
    Pay,
    Released,
    Source,
    Statement,
    Sum,
)
from incentive_engine.statements.varying import AlternativesWriter, Heading, Told

_OF_TABLES: Final = ("gap-in", "overlapping")
_QUOTED: Final = re.compile(r"`([^`]+)`")
_LANGUAGES: Final = Languages()


class StatementMaker:
    """Makes the statements of one run."""

    def __init__(self, everything: Gathered, languages: Languages = _LANGUAGES) -> None:
        self._all, self._languages = everything, languages
        self._writers: dict[tuple[str, str], PlanWriter] = {}
        self._sums: dict[str, SumWriter] = {}
        self._bridgings: dict[str, BridgeWriter] = {}
        self._settlings: dict[str, SettlingWriter] = {}
        self._closings: dict[str, tuple[GlossaryWriter, RecordsWriter]] = {}
        self._origins: dict[str, Origin] = {}

    def statements(self) -> Iterator[Statement]:
        """Every statement, by payee."""
        return (self.statement(payee) for payee in self._all.payees)

    def statement(self, payee: str) -> Statement:
        """What one payee reads."""
        person = self._all.person(payee)
        reader = self.reader(self._languages.chosen(person.get("language")))
        paid = list(self._paid(payee, person, reader))
        blocks, pieces = [block for each in paid for block in each], tuple(self._pieces(payee, paid, reader))
        corrected = payee in self._all.corrections or (payee in self._all.released and len(pieces) > 1)
        settled = tuple(self.settling(reader).lines(pieces)) if corrected else ()
        pays = tuple(pay for each in paid for pay in _pays(each, reader.words))
        held = tuple(self.held(row, reader) for row in self.kept(payee))
        glossary, records = self._closing(reader)
        return Statement(
            payee=payee,
            name=person.get("name") or "",
            language=reader.code,
            department=person.every("department"),
            team=person.every("team"),
            file=self._all.files[payee],
            origin=self.origin(reader),
            amounts=tuple(totals(pieces).items()),
            total=reader.amounts(totals(pieces)),
            settled=settled,
            settled_bars=tuple(self.settling(reader).bars(pieces)) if corrected else (),
            plans=titles_of(blocks),
            voices=tuple(_voice(each, reader, several=len(paid) > 1, alone=not corrected) for each in paid),
            sums=tuple(self._sums_of(paid, payee, person, reader)),
            pays=pays,
            held=held,
            released=tuple(self._released(payee, reader)),
            reference=f"{payee}-{self._all.run.summary['period']}",
            used=tuple(records.used(pays)),
            alternatives=tuple(self._alternatives(paid, reader)),
            bridges=tuple(self._bridging(reader).bridges(payee)),
            unused=tuple(records.unused(self._all.unused.get(payee, ()))),
            glossary=glossary.terms(pays, settled, held),
        )

    def reader(self, code: str) -> Language:
        """A language, with the run's currency."""
        return self._languages.language(code, self._all.rules.ruleset.currency)

    def _paid(self, payee: str, person: Person, reader: Language) -> Iterator[Sequence[Block]]:
        """What is paid, by what it is called, each by day."""
        plans: dict[str, dict[str, None]] = {}
        for paid in self._all.payouts.get(payee, ()):
            plans.setdefault(paid["pays"], {})[paid["plan"]] = None
        for names in plans.values():
            rows = [row for plan in names for row in self._all.traces[payee, plan]]
            rows.sort(key=lambda row: row[FIRST_DAY])
            yield [self._block(row, rows, person, reader) for row in rows]

    def _block(self, row: Row, rows: Sequence[Row], person: Person, reader: Language) -> Block:
        """One stretch of days among all `rows` of what is paid by one name."""
        plan = row["plan"]
        brought = self._all.brought[row["payee"], plan, row[SEGMENT]]
        days = reader.span(row[FIRST_DAY], row[LAST_DAY]) if len(rows) > 1 else ""
        pays = self._all.plans[plan].pays
        decisions = [each for each in self._all.decided.get(row["payee"], ()) if each["pays"] == pays]
        writer, of_days = self._writer(plan, reader), decided(row, rows, decisions)
        reached = self._all.waterfalls.get((row["payee"], plan, row[SEGMENT]))
        varied = self._all.variations.get((row["payee"], plan, row[SEGMENT]), [])
        pay = writer.pay(row, brought, self._all.results, person, days, of_days, reached, varied)
        return Block(self._all.plans[plan], row, pay, reader.currency)

    def _alternatives(self, paid: Sequence[Sequence[Block]], reader: Language) -> Iterator[Alternatives]:
        """What would have changed each thing that is paid."""
        for blocks in paid:
            told = {at: list(self._told(block, reader)) for at, block in enumerate(blocks)}
            found = AlternativesWriter(reader).alternatives(blocks, told, several=len(paid) > 1)
            if found is not None:
                yield found

    def _told(self, block: Block, reader: Language) -> Iterator[tuple[Heading, Told, Decimal]]:
        row, plan = block.row, block.plan.name
        rows = self._all.variations.get((row["payee"], plan, row[SEGMENT]), [])
        return self._writer(plan, reader).variations.told(rows, row, block.pay.cards)

    def _pieces(self, payee: str, paid: Sequence[Sequence[Block]], reader: Language) -> Iterator[Piece]:
        """Everything that is added up to what the payee is paid."""
        settling = self.settling(reader)
        for blocks in paid:
            yield from settling.payouts(", ".join(titles_of(blocks)) if len(paid) > 1 else "", together(blocks))
        yield from settling.releases(self._all.released.get(payee, ()))
        yield from settling.corrections(self._all.corrections.get(payee, ()))

    def kept(self, payee: str) -> Iterator[Row]:
        """The reasons for which a payee is held in spite of what was decided."""
        released = {each["pays"] for each in self._all.released.get(payee, ())}
        return (row for row in self._all.held.get(payee, ()) if not self._held_for(row) <= released)

    def _released(self, payee: str, reader: Language) -> Iterator[Released]:
        """What was decided about a payee who is held, each with the reasons for which the rules cannot say."""
        held = self._all.held.get(payee, ())
        for decision in self._all.released.get(payee, ()):
            reasons = [self.held(row, reader) for row in held if decision["pays"] in self._held_for(row)]
            yield self.settling(reader).released(decision, reasons)

    def _held_for(self, held: Row) -> set[str]:
        """What is not paid for a reason: what the plan pays that it names, or whatever is paid."""
        plan = self._plan_in(held)
        return {each.pays for each in self._all.plans.values()} if plan is None else {plan.pays}

    def _sums_of(self, paid: Sequence[Sequence[Block]], payee: str, person: Person, reader: Language) -> Iterator[Sum]:
        """What is paid for which days, wherever not all days of the payee are paid alike."""
        for blocks in paid:
            pays = blocks[0].plan.pays
            plans = [(segment, self._all.plans[name]) for segment, name in self._all.absent.get(payee, ())]
            absent = [person.inside(segment, plan.days) for segment, plan in plans if plan.pays == pays]
            spans = tuple(sorted(filter(None, absent)))
            if len(blocks) > 1 or spans:
                yield self._sum(reader).sum(blocks, person, self._period, spans)

    def _writer(self, plan: str, reader: Language) -> PlanWriter:
        key = (plan, reader.code)
        if key not in self._writers:
            self._writers[key] = PlanWriter(Reading(self._all.rules, self._all.plans[plan], reader, self._all.dated))
        return self._writers[key]

    def _sum(self, reader: Language) -> SumWriter:
        if reader.code not in self._sums:
            changes = ChangeWriter(reader, self._all.rules)
            self._sums[reader.code] = SumWriter(reader, changes)
        return self._sums[reader.code]

    def _closing(self, reader: Language) -> tuple[GlossaryWriter, RecordsWriter]:
        if reader.code not in self._closings:
            self._closings[reader.code] = GlossaryWriter(reader), RecordsWriter(reader, self._all.rules)
        return self._closings[reader.code]

    def _bridging(self, reader: Language) -> BridgeWriter:
        if reader.code not in self._bridgings:
            self._bridgings[reader.code] = BridgeWriter(reader, self._all)
        return self._bridgings[reader.code]

    def settling(self, reader: Language) -> SettlingWriter:
        """Who tells of releases and corrections."""
        if reader.code not in self._settlings:
            self._settlings[reader.code] = SettlingWriter(reader, self._all.rules)
        return self._settlings[reader.code]

    @cached_property
    def _period(self) -> Span:
        summary = self._all.run.summary
        return dt.date.fromisoformat(summary["period_start"]), dt.date.fromisoformat(summary["period_end"])

    def held(self, row: Row, reader: Language) -> Held:
        """Why nothing could be decided, with the titles of the plan and the measure that the reason names."""
        words, plan = reader.words["held"], self._plan_in(row)
        titles = {node.path: reader.label(node.title) for node in nodes_under(plan.root)} if plan else {}
        return Held(
            plan=reader.label(plan.title) if plan else "",
            code=row["code"],
            sentence=_held_words(words, row["code"]),
            about=next(
                (titles[name] for name in _QUOTED.findall(row["reason"])[1:] if name in titles and name != "plan"), ""
            ),
            reason=row["reason"],
        )

    def _plan_in(self, held: Row) -> ResolvedPlan | None:
        """The plan that a reason names."""
        return next(
            (self._all.plans[name] for name in _QUOTED.findall(held["reason"]) if name in self._all.plans), None
        )

    def origin(self, reader: Language) -> Origin:
        """Where the numbers come from."""
        if reader.code not in self._origins:
            self._origins[reader.code] = origin_of(self._all.run.summary, self._all.rules, reader)
        return self._origins[reader.code]


def _held_words(words: Words, code: str) -> str:
    """What a code means; of `gap-in-salaries`, whatever the table is called."""
    codes: Mapping[str, str] = words["codes"]
    table = next((name for name in _OF_TABLES if code.startswith(f"{name}-")), code)
    return str(codes.get(table, words["other"]))


def _voice(blocks: Sequence[Block], reader: Language, *, several: bool, alone: bool) -> str:
    """What customers contributed to all that is paid by one name; `alone`: nothing else is paid beside it."""
    amounts = [(block.payout, block.customer) for block in blocks]
    known = [(payout, customer) for payout, customer in amounts if payout is not None and customer is not None]
    total = (sum((each for each, _ in known), Decimal(0)), sum((each for _, each in known), Decimal(0)))
    worked_out = any(block.computed for block in blocks)
    said = voice(reader, *(total if known else (None, None)), worked_out=worked_out)
    if any(block.paid is not None and block.paid[0] != block.currency for block in blocks):
        said = str(reader.words["shares"]["converted"]).format(said=said)
    if not alone:
        said = str(reader.words["settled"]["alone"]).format(said=said)
    return f"{', '.join(titles_of(blocks))} · {said}" if several else said


def _pays(blocks: Sequence[Block], words: Words) -> Iterator[Pay]:
    """The blocks in the order of their days, each without what an earlier one says or quotes already."""
    told: list[Pay] = []
    quoted: set[Comments] = set()
    for block in blocks:
        pay = condensed(block.pay, told, words)
        cards = [replace(card, comments=None) if card.comments in quoted else card for card in pay.cards]
        quoted |= {card.comments for card in cards if card.comments is not None}
        told.append(replace(pay, cards=tuple(cards)))
        yield told[-1]


def origin_of(summary: Mapping[str, Any], rules: Rules, reader: Language) -> Origin:
    """Where the numbers of a run come from."""
    ruleset, words = rules.ruleset, reader.words
    start, end = (dt.date.fromisoformat(summary[name]) for name in ("period_start", "period_end"))
    return Origin(
        title=reader.label(ruleset.title),
        rule_set=ruleset.rule_set,
        version=ruleset.version,
        decided=reader.decided(ruleset.decided),
        rule_files=((summary["rules"]["file"], summary["rules"]["sha256"]), *summary["rules"]["entries"].items()),
        engine=f"incentive_engine {summary['engine']}",
        period=reader.period(summary["period"], start),
        dates=words["page"]["dates"].format(start=reader.date(start), end=reader.date(end)),
        sources=tuple(
            Source(name, ", ".join(table["files"]), reader.numbers.number(table["rows"]), table["sha256"])
            for name, table in summary["inputs"].items()
            if table["files"]
        ),
        preview=_preview(summary, reader),
    )


def _preview(summary: Mapping[str, Any], reader: Language) -> str:
    if "preview" not in summary:
        return ""
    words, until = reader.words["preview"], summary["preview"]["until"]
    day = "" if until is None else reader.date(dt.date.fromisoformat(until))
    return str(words["until" if day else "unknown"]).format(day=day)
