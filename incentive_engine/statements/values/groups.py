"""What managers and customers read: values about groups of people, never about one."""

from __future__ import annotations

from dataclasses import dataclass

from incentive_engine.statements.values.drawings import Perspective
from incentive_engine.statements.values.page import Origin


@dataclass(frozen=True, slots=True)
class Money:
    """What a group is paid, against its target pay; amounts are rounded, and empty where they are not shown."""

    name: str
    people: str
    target: str
    payout: str
    share: str
    """The payout in percent of the target pay."""
    bar: str
    """How wide its bar is, in percent of the width; empty where there is none."""
    salaries: str
    salary: str
    """The mean of the base salaries."""
    hidden: str
    """Why nothing is shown; empty where it is."""


@dataclass(frozen=True, slots=True)
class Band:
    """How many people are paid so much of their target pay."""

    name: str
    people: str
    width: str


@dataclass(frozen=True, slots=True)
class PlanMoney:
    """One plan in a department: the whole, its teams, and how payouts are spread."""

    money: Money
    teams: tuple[Money, ...]
    count: str
    """How many teams there are, in words."""
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class GroupLine:
    """The result of one group."""

    name: str
    result: str
    facts: str


@dataclass(frozen=True, slots=True)
class HeardResult:
    """One KPI: what customers said or lived, in a department and its teams."""

    title: str
    meaning: str
    perspective: Perspective
    result: str
    facts: str
    between: str
    measured: str
    teams: tuple[GroupLine, ...]
    count: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why people are held, and how many."""

    sentence: str
    people: str


@dataclass(frozen=True, slots=True)
class DepartmentPage:
    """What the managers of a department read about one run."""

    language: str
    origin: Origin
    department: str
    file: str
    payout: str
    """Rounded; empty where it is not shown."""
    voice: str
    hidden: str
    counts: tuple[tuple[str, str], ...]
    total: Money
    plans: tuple[PlanMoney, ...]
    salaries: bool
    results: tuple[HeardResult, ...]
    reasons: tuple[Reason, ...]
    unsaid: str
    """Why no reasons are told, though somebody is held; empty where they are."""
    held: str
    protection: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Voice:
    """A plan, and what customers' voice counts for in it."""

    title: str
    declared: str
    width: str
    paid: str
    parts: tuple[tuple[str, str], ...]
    """What customers say or live that is paid on, each with its weight."""


@dataclass(frozen=True, slots=True)
class PastResult:
    """A result of a period."""

    period: str
    result: str
    facts: str


@dataclass(frozen=True, slots=True)
class PublicResult:
    """One KPI for customers to read: what it means, how it was, and how it changed."""

    title: str
    meaning: str
    result: str
    facts: str
    between: str
    better: str
    change: str
    past: tuple[PastResult, ...]
    """Period by period, the last one included; none where there is no other that was measured alike."""


@dataclass(frozen=True, slots=True)
class PublicPage:
    """What customers read about one run: nothing about anybody."""

    language: str
    title: str
    period: str
    lead: str
    share: str
    plans: tuple[Voice, ...]
    results: tuple[PublicResult, ...]
    notes: tuple[str, ...]
    rules: str
