"""What was deleted after payment: what is asked about it, in words and money, and what was decided."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

import polars as pl
from sqlalchemy import insert, select

from incentive_engine.errors import InputProblems, Problem, did_you_mean
from incentive_engine.ledger.actors import Actor, same_person
from incentive_engine.ledger.clock import now
from incentive_engine.ledger.corrections.restating import HELD, Restated
from incentive_engine.ledger.database import decisions, questions
from incentive_engine.ledger.ledger import Ledger
from incentive_engine.ledger.project import Project
from incentive_engine.rulesets.contracts import WORKFORCE

Decision = Literal["keep", "remove"]
ALL: Final = "all"
"""Instead of the name of a question: every open one."""
_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Question:
    """Something that somebody has to decide. `found`: what it is about, and what removing it would change."""

    name: str
    rule_set: str
    period: str
    payee: str | None
    found: str


def open_questions(ledger: Ledger) -> list[Question]:
    """What nobody has decided yet, by rule set and period."""
    undecided = (
        select(questions)
        .where(questions.c.id.not_in(select(decisions.c.question)))
        .order_by(questions.c.rule_set, questions.c.period, questions.c.id)
    )
    with ledger.reading() as connection:
        rows = connection.execute(undecided).all()
    return [Question(row.id, row.rule_set, row.period, row.payee, row.found) for row in rows]


def decisions_in(ledger: Ledger) -> Mapping[str, str]:
    """`keep` or `remove`, by question."""
    with ledger.reading() as connection:
        rows = connection.execute(select(decisions.c.question, decisions.c.decision)).all()
    return dict(map(tuple, rows))


def decide(
    project: Project, named: Sequence[str], decision: Decision, because: str, actor: Actor, approver: Actor
) -> list[Question]:
    """Decides questions, and gives them back; the next correction goes by it. `all`: all that are open.

    Raises InputProblems where a question is not open, no reason is given, or the two are one person or may not.
    """
    project.policy.refuse_unless_may(actor, "correct")
    if not project.policy.allows(approver.name, "approve"):
        project.policy.refuse_unless_may(approver, "correct")
    if same_person(actor.name, approver.name):
        hint = "give the name of somebody else: `--approved-by NAME`"
        raise InputProblems([Problem("one-person", f"`{actor.name}` cannot agree with their own decision", hint=hint)])
    if not because.strip():
        raise InputProblems([Problem("no-reason", "a reason is needed", hint="say why: `--because TEXT`")])
    with project.ledger() as ledger:
        found = {each.name: each for each in open_questions(ledger)}
        chosen = list(found) if ALL in named else list(dict.fromkeys(named))
        _refuse_unknown(ledger, chosen, found)
        said = {"decision": decision, "reason": because.strip(), "author": actor.name, "approver": approver.name}
        rows = [{"question": name, **said, "os_user": actor.os_user, "at": now()} for name in chosen]
        with ledger.writing() as connection:
            if rows:
                connection.execute(insert(decisions), rows)
    return [found[name] for name in chosen]


def _refuse_unknown(ledger: Ledger, chosen: Collection[str], found: Mapping[str, Question]) -> None:
    decided = decisions_in(ledger)
    problems = []
    for name in chosen:
        if name not in found:
            told = f"is decided already: {decided[name]}" if name in decided else "is not the name of an open question"
            hint = did_you_mean(name, found) or "`incentive status` lists what is open"
            problems.append(Problem("no-question", f"`{name}` {told}", hint=hint))
    if problems:
        raise InputProblems(problems)


def told(restated: Restated) -> Iterator[tuple[str, str | None, str]]:
    """Each question with its payee, and what it is about in words and money."""
    effects = restated.effects.sort("question", "payee", "pays", "currency", nulls_last=True)
    changes = {str(key[0]): rows for key, rows in effects.group_by("question", maintain_order=True)}
    for row in restated.questions.iter_rows(named=True):
        effect = changes.get(row["question"])
        if effect is None:
            money = "what removing it alone would change was not worked out: there are too many"
            if not effects["question"].null_count():
                money = "removing it alone changes no amount"
        else:
            verb = "taking it back" if row["table"] == HELD else "removing it"
            money = f"{verb} changes the pay of {in_words(effect)}"
        yield row["question"], row["payee"], f"{_about(row)}; {money}"


def _about(row: Mapping[str, str | None]) -> str:
    if row["table"] == HELD:
        why = "" if row["why"] is None else f" ({row['why']})"
        return f"{row['payee']} was paid for {row['key']} and cannot be paid by what is known now{why}"
    where = f"{row['table']}: {row['key']}"
    of = "" if row["payee"] is None or row["table"] == WORKFORCE else f" of {row['payee']}"
    if row["why"] is not None:
        return f"{where}{of} cannot be used any more: {row['why']}"
    return f"{where}{of} was there when it was paid, and is not there any more"


def in_words(amounts: pl.DataFrame) -> str:
    """Amounts of payees, the first few by name: `A04 by -5.60 EUR`; of more, the sums."""
    if amounts.height <= _SHOWN:
        rows = amounts.iter_rows(named=True)
        return ", ".join(f"{row['payee']} by {plain(row['amount'])} {row['currency']}" for row in rows)
    payees = amounts["payee"].n_unique()
    sums = amounts.group_by("currency").agg(pl.col("amount").sum()).sort("currency")
    return (
        f"{payees} payees by {', '.join(f'{plain(amount)} {currency}' for currency, amount in sums.iter_rows())} in all"
    )


def plain(amount: Decimal) -> str:
    """An amount with two decimals, or all that it has where it has more."""
    cents = round(amount, 2)
    return f"{cents if cents == amount else amount.normalize():,f}"
