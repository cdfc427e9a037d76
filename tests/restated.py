"""A paid run of a drawn case, and its correction by what is known later: by the engine and by the oracle."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from incentive_engine import load, run
from incentive_engine.engine.running import Timings
from incentive_engine.ledger.corrections.amounts import paid_in
from incentive_engine.ledger.corrections.correcting import restate
from incentive_engine.ledger.corrections.restating import Restated
from tests.case_files import write_case
from tests.oracle import Case, People
from tests.oracle.corrections import Gone, corrected


def restated_differs(before: Case, after: Case, removed: Collection[Gone], folder: Path) -> Iterator[str]:
    """What differs between the lines of the engine and of the oracle, in words.

    `removed`: what is gone and was decided to go; what nobody is asked about stays.
    """
    for name in ("before", "after"):
        (folder / name).mkdir()
    data = write_case(before, folder / "before"), write_case(after, folder / "after")
    rules = [load(folder / name / "rules.yaml") for name in ("before", "after")]
    paid = run(rules[0], data[0], before.period, folder / "run")
    settled = paid_in(paid)

    def by(decisions: dict[str, str]) -> Restated:
        return restate(folder / "run", data[1], rules[1], settled, decisions, {}, Timings())

    found, tables = by({}), {table for table, _ in removed}
    asked = dict(found.questions.select("question", "table").rows())
    decisions = {question: "remove" for question, table in asked.items() if table in tables}
    removed = [key for key in removed if key[0] in {asked[question] for question in decisions}]
    found = by(decisions) if decisions else found
    expected = corrected(before, after, removed)
    rows = found.lines.select("payee", "pays", "currency", "cause", "amount").rows()
    lines = {(payee, pays, currency, cause): amount for payee, pays, currency, cause, amount in rows}
    assert len(lines) == len(rows), "a line is there twice"
    unsure = unknown(before) | unknown(after)
    mine, yours = (
        {key: each for key, each in some.items() if key[0] not in unsure} for some in (lines, expected.lines)
    )
    if mine != yours:
        shown, wanted = (told(each) for each in (mine, yours))
        yield f"the lines are {shown}, the oracle says {wanted}"
    held = found.questions.filter(table="held").select("payee").to_series()
    if {*held} - unsure != {payee for payee, _ in expected.held} - unsure:
        yield f"asked is about {sorted(held)}, who are held now; the oracle says {sorted(expected.held)}"


def unknown(case: Case) -> set[str]:
    """Who left before being hired: of them nobody knows what they would be paid for, nor what they are held for."""
    return {payee for payee, codes in People(case).codes.items() if "leaves-before-hire" in codes}


def told(lines: Mapping[tuple[str, str, str, str], Decimal | Fraction]) -> str:
    return ", ".join(f"{' '.join(key)} {float(amount):+f}" for key, amount in sorted(lines.items())) or "none"
