"""Who works in the demo company: departments, teams of unequal size, joiners and leavers, and a few special cases.

People are numbers, never names. Each has a skill and a team with its own quality, which the records follow, so that
results differ between people and between teams as they do in life. The special cases are what payroll meets every
quarter: somebody without a hire date, a level that nobody set targets for, a team opened last week.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

START: Final = dt.date(2026, 7, 1)
END: Final = dt.date(2026, 9, 30)
WITHOUT_HIRE_DATE: Final = "C0042"
LEVEL_WITHOUT_TARGETS: Final = "F0077"
THREE_ANSWERS: Final = "C0100"
TEAM_WITHOUT_TARGETS: Final = "Care Metz 1"
WITHOUT_RETENTION: Final = "S0033"
MANY_COMPLAINTS: Final = ("C0008", "C0311", "C0650", "F0120", "F0301")
MIS_SELLER: Final = "S0055"
CUTS_CALLS_SHORT: Final = "C0250"
COVERED_FOR_OTHERS: Final = "C0006"
NEWLY_HIRED: Final = "C0079"
SWISS: Final = "F0101"
SWISS_SALARY: Final = 58_500
"""In francs."""
MOVED: Final = {"F0207": "Field service Lille 4", "F0208": "Field service Lille 4", "C0206": "Care Pau 1"}
"""Who came from another team in the middle of the quarter, and which."""
TRANSFERRED: Final = "S0120"
TRANSFERRED_FROM: Final = ("Care Liège 1", "Care", "Adviser")
"""Who came from another plan on that day too, and from where: team, department and role."""
MOVED_ON: Final = dt.date(2026, 8, 17)


@dataclass(frozen=True, slots=True)
class Department:
    """One department: how many people, in which teams, at what pay."""

    name: str
    letter: str
    role: str
    people: int
    sizes: tuple[int, ...]
    salaries: tuple[int, int, int]
    """Base salary around which each level is paid, in EUR a year."""


DEPARTMENTS: Final = (
    Department("Care", "C", "Adviser", 1220, (14, 12, 16, 9, 18, 11, 13, 7, 15, 4), (25_500, 28_200, 32_000)),
    Department("Field service", "F", "Technician", 560, (9, 12, 7, 10, 4, 11, 8), (27_000, 30_500, 34_500)),
    Department("Sales", "S", "Sales adviser", 300, (8, 10, 6, 12, 3, 9), (26_000, 31_000, 38_000)),
    Department("Back office", "B", "Case handler", 320, (10, 8, 12, 4, 14, 9), (24_500, 27_500, 31_000)),
)
_PLACES: Final = ("Lille", "Orléans", "Nîmes", "Besançon", "Saint-Étienne", "Rennes", "Liège", "Pau")


@dataclass(frozen=True, slots=True)
class Payee:
    """One person: what the workforce file says, and what the records follow."""

    payee: str
    number: int
    department: str
    team: str
    role: str
    level: str
    manager: str | None
    contract: str
    base_salary: int
    fte: str
    hired: dt.date | None
    left: dt.date | None
    on_call_weeks: int | None
    language: str
    skill: float
    quality: float
    """How well the whole team does."""

    @property
    def leads(self) -> bool:
        """Whether this is a team lead: paid by other rules than the demo's."""
        return self.role == "Team lead"

    @property
    def days(self) -> tuple[dt.date, dt.date] | None:
        """First and last day at work in the quarter; None for who was not there."""
        first, last = max(self.hired or START, START), min(self.left or END, END)
        return (first, last) if first <= last else None

    @property
    def present(self) -> float:
        """The share of a full-time quarter that this person works."""
        days = self.days
        return ((days[1] - days[0]).days + 1) / 92 * float(self.fte) if days else 0.0


def hire(rng: Random) -> list[Payee]:
    """Everybody, department by department, in the order of their numbers."""
    people: list[Payee] = []
    for department in DEPARTMENTS:
        before = len(people)
        for team, size in _teams(department):
            quality = rng.gauss(0, 1)
            lead: str | None = None
            for seat in range(size):
                number = len(people) + 1
                code = f"{department.letter}{number - before:04d}"
                role = "Team lead" if seat == 0 and size >= 6 else department.role
                person = _person(rng, department, team, role, code, number, lead, quality)
                lead = code if person.leads else lead
                people.append(_special(person))
    return people


def _teams(department: Department) -> Iterator[tuple[str, int]]:
    left, index = department.people, 0
    if department.name == "Care":
        left -= 3
    while left > 0:
        size = min(department.sizes[index % len(department.sizes)], left)
        yield f"{department.name} {_PLACES[index % len(_PLACES)]} {index // len(_PLACES) + 1}", size
        left, index = left - size, index + 1
    if department.name == "Care":
        yield TEAM_WITHOUT_TARGETS, 3


def _person(
    rng: Random,
    department: Department,
    team: str,
    role: str,
    code: str,
    number: int,
    manager: str | None,
    quality: float,
) -> Payee:
    level = _pick(rng, ("L1", "L2", "L3"), (35, 45, 20))
    salary = department.salaries[int(level[1]) - 1] * (1 + 0.05 * rng.gauss(0, 1)) * (1.3 if role == "Team lead" else 1)
    hired, left = _employment(rng, role)
    return Payee(
        payee=code,
        number=number,
        department=department.name,
        team=team,
        role=role,
        level=level,
        manager=manager,
        contract="temporary" if role != "Team lead" and rng.random() < 0.02 else "permanent",
        base_salary=round(salary / 25) * 25,
        fte=_pick(rng, ("1", "0.8", "0.6", "0.5"), (86, 8, 3, 3)),
        hired=hired,
        left=left,
        on_call_weeks=rng.choice((0, 0, 2, 3, 4, 6)) if role == "Technician" else None,
        language=_pick(rng, ("fr", "en"), (85, 15)),
        skill=rng.gauss(0, 1),
        quality=quality,
    )


def _employment(rng: Random, role: str) -> tuple[dt.date, dt.date | None]:
    """Hire date and, for who leaves or left, the last day."""
    chance = rng.random()
    hired = dt.date(2008, 1, 7) + dt.timedelta(days=rng.randrange(6600))
    if role == "Team lead" or chance < 0.93:
        return hired, None
    if chance < 0.965:  # joined in the quarter
        return START + dt.timedelta(days=rng.randrange(92)), None
    if chance < 0.992:  # left in the quarter
        return hired, START + dt.timedelta(days=rng.randrange(92))
    if chance < 0.996:  # left before it, still in the export
        return hired, START - dt.timedelta(days=1 + rng.randrange(30))
    return END + dt.timedelta(days=1 + rng.randrange(10)), None  # hired for the next


def _special(person: Payee) -> Payee:
    """The cases that every payroll meets and that the demo has to show."""
    here = replace(person, hired=dt.date(2021, 3, 1), left=None, contract="permanent", fte="1")
    if person.payee == SWISS:
        return replace(here, base_salary=SWISS_SALARY)
    if person.payee == WITHOUT_HIRE_DATE:
        return replace(here, hired=None)
    if person.payee == LEVEL_WITHOUT_TARGETS:
        return replace(here, level="L4")
    if person.payee in (THREE_ANSWERS, WITHOUT_RETENTION, MIS_SELLER, *MANY_COMPLAINTS):
        return here
    return here if person.team == TEAM_WITHOUT_TARGETS else person


def _pick(rng: Random, values: Sequence[str], weights: Sequence[int]) -> str:
    return rng.choices(values, weights)[0]
