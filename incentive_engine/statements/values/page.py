"""What one payee reads."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from incentive_engine.statements.values.bridges import Bridge
from incentive_engine.statements.values.drawings import Bar, Drawing, Perspective, Sketch
from incentive_engine.statements.values.records import Term, Unused
from incentive_engine.statements.values.variations import Alternatives


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the arithmetic: `name`: `arithmetic` = `result`, and a `note`; what does not apply is empty."""

    name: str
    result: str
    arithmetic: str = ""
    note: str = ""
    applied: bool = False
    """Whether a condition or a limit changed the number."""
    heading: bool = False
    """Whether it only names the lines below it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A group of the scorecard: how its items became one score."""

    title: str
    path: str
    reference: str
    """What to quote when asking about it."""
    depth: int
    lines: tuple[Line, ...]
    brought: tuple[Line, ...]
    """What it brought, in money."""
    rule: str


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool, and how it came to the payee's part of it."""

    title: str
    lead: str
    lines: tuple[Line, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class Comments:
    """What was written about the payee: how much, and the latest of what may be shown, each with its day."""

    lead: str
    shown: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A measure: whose result counts, and how it became money."""

    path: str
    reference: str
    """What to quote when asking about it."""
    title: str
    meanings: tuple[str, ...]
    perspective: Perspective
    whose: str
    result: str
    facts: str
    """How many records stand behind the result."""
    between: str
    """Between which limits the result lies with 95 % confidence."""
    measured: str
    """How the result is worked out from records."""
    source: str
    """Which table the records are in."""
    against: tuple[tuple[str, str], ...]
    """What the result is held against: a target, a threshold, the others of a population; each with its name."""
    decided: str
    """Who set the target, when people were told, and whether customers had a say; empty where nobody is named."""
    instead: str
    """Why another result than the payee's own counts, and which."""
    curves: tuple[tuple[str, str], ...]
    """The payout curves in words, each with its name."""
    sketches: tuple[Sketch, ...]
    """The payout curves drawn, where they can be."""
    weight: str
    lines: tuple[Line, ...]
    brought: tuple[Line, ...]
    """What it brought, in money."""
    bounds: tuple[str, ...]
    """Where the curve, or a condition or limit of the measure, bound it, and what that cost or gave."""
    comments: Comments | None
    score: str
    pay: str
    rule: str


@dataclass(frozen=True, slots=True)
class Pay:
    """One plan of one payee: for the whole period, or for days of it in which nothing changed."""

    plan: str
    reference: str
    """What to quote when asking about it."""
    title: str
    days: str
    """Which days; empty where no others are paid by themselves."""
    edition: str
    """By which edition of the rules, and who decided it; empty where there is only one."""
    payout: Decimal | None
    score: str
    lines: tuple[Line, ...]
    pool: Pool | None
    without: tuple[Line, ...]
    """What a formula would pay without the scores that it reads."""
    parts: tuple[Part, ...]
    cards: tuple[Card, ...]
    as_for: str
    """The earlier days for which parts and cards say the same; there are none here then, but what they `brought`."""
    brought: tuple[Line, ...]
    drawing: Drawing | None


@dataclass(frozen=True, slots=True)
class Sum:
    """What is paid for which days, of all that is paid by the name of one thing; and what changed between them."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """Why nothing could be decided."""

    plan: str
    code: str
    sentence: str
    about: str
    """The measure that is concerned, if one is."""
    reason: str
    """The engine's own words, as in the table `held`."""


@dataclass(frozen=True, slots=True)
class Released:
    """What was decided about somebody whom the rules cannot pay."""

    paid: str
    facts: tuple[tuple[str, str], ...]
    """Why, who decided it, and who approved."""
    held: tuple[Held, ...]
    """Why the rules cannot say what to pay."""


@dataclass(frozen=True, slots=True)
class Source:
    """One table that the run read."""

    name: str
    files: str
    rows: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the numbers come from: the same for every statement of a run, but for its language."""

    title: str
    rule_set: str
    version: str
    decided: str
    rule_files: tuple[tuple[str, str], ...]
    """The rule set's and those of the catalogue that it takes over from, each with its fingerprint."""
    engine: str
    period: str
    dates: str
    sources: tuple[Source, ...]
    preview: str
    """That nothing is decided, and of which day the data are; empty where the period is over."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What one payee reads about one run."""

    payee: str
    name: str
    language: str
    department: str
    team: str
    file: str
    origin: Origin
    amounts: tuple[tuple[str, Decimal], ...]
    """What is paid in all, by currency; none where nothing is paid in money, or nothing could be decided."""
    total: str
    settled: tuple[Line, ...]
    """How what is paid adds up, where it is more than one payout: releases, and corrections of earlier periods."""
    settled_bars: tuple[Bar, ...]
    """One for each of these lines."""
    plans: tuple[str, ...]
    """The titles of the plans."""
    voices: tuple[str, ...]
    """What customers contributed, to each thing that is paid."""
    sums: tuple[Sum, ...]
    """What is paid for which days, where not all days are paid alike."""
    pays: tuple[Pay, ...]
    held: tuple[Held, ...]
    released: tuple[Released, ...]
    reference: str
    """What to quote when asking about it; each block of lines has one of its own, which begins with it."""
    used: tuple[tuple[str, str], ...]
    """The records behind each result, by the title of its measure."""
    alternatives: tuple[Alternatives, ...]
    """What would have changed each thing that is paid."""
    bridges: tuple[Bridge, ...]
    """Why each thing that is paid differs from an earlier period, where one is compared with."""
    unused: tuple[Unused, ...]
    glossary: tuple[Term, ...]
