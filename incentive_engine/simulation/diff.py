"""The difference between two rule sets, written for a terminal or for a pull request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from incentive_engine.ledger.review.findings import change, count, money
from incentive_engine.rulesets.loading import Rules
from incentive_engine.simulation.amounts import paying
from incentive_engine.simulation.change_words import told
from incentive_engine.simulation.changed import Change, changes
from incentive_engine.simulation.paths import path_text
from incentive_engine.simulation.simulating import baseline
from incentive_engine.simulation.touched import Step, Touched, always, touched

_DITTO: Final = '"'
_TOGETHER: Final = f"{_DITTO} made together with the line above, whose payees and cost are those of both."


@dataclass(frozen=True, slots=True)
class Line:
    """One changed fact: what it is of, both values, where it is written; payees and cost where they were worked out.

    `with_above`: it was made together with the line before, whose payees and cost are those of both.
    """

    what: str
    before: str
    after: str
    path: str
    payees: str = ""
    cost: str = ""
    with_above: bool = False


@dataclass(frozen=True, slots=True)
class Diff:
    """What differs between two rule sets, in the order in which the changes are made.

    `rules`: what pay may depend on; `words`: titles, promises, who decided. `found`: all of it in one sentence.
    """

    title: str
    found: str
    rules: tuple[Line, ...]
    words: tuple[Line, ...]
    paid: bool

    @property
    def same(self) -> bool:
        """Whether both mean the same."""
        return not self.rules and not self.words


def diff(before: Rules, after: Rules) -> Diff:
    """What one rule set says otherwise than another, by what both mean."""
    found = changes(before.ruleset, after.ruleset)
    rules = tuple(_line(each, before, after) for each in found if not each.of_words)
    words = tuple(_line(each, before, after) for each in found if each.of_words)
    return Diff(_title(before, after), _counted(len(rules), len(words)), rules, words, paid=False)


def diff_paid(
    before: Rules, after: Rules, data: Path, period: str, on_step: Callable[[int, int], None] | None = None
) -> Diff:
    """The same, with whom each change touches on the data of a folder and a period, and what it costs.

    `on_step`: told how many changes are paid, and of how many. Raises InputProblems.
    """
    base = baseline(always(before), data, period)
    found = touched(before, after, paying(base), on_step)
    rules, words = _lines(found.steps, before, after, of_words=False), _lines(found.steps, before, after, of_words=True)
    said = f"{_counted(len(rules), len(words))} {_cost(found, period)}"
    return Diff(_title(before, after), said, rules, words, paid=True)


def as_markdown(found: Diff) -> str:
    """The difference as a comment on a pull request: a heading, a sentence, a table."""
    parts = [f"### {_cell(found.title)}", found.found]
    if found.rules:
        parts.append(_table(found.rules, paid=found.paid))
    if found.words:
        parts += ["Words, promises and decisions, on which no pay depends:", _table(found.words, paid=False)]
    if any(line.with_above for line in found.rules):
        parts.append(_TOGETHER)
    return "\n\n".join(parts)


def as_text(found: Diff) -> Iterator[str]:
    """The difference in lines for a terminal."""
    yield f"{found.title}\n"
    for title, lines in (
        ("Rules", found.rules),
        ("Words, promises and decisions: no pay depends on them", found.words),
    ):
        if lines:
            yield title
            widths = [max(len(line.payees) for line in lines), max(len(line.cost) for line in lines)]
            for line in lines:
                numbers = f"{line.payees:>{widths[0]}}  {line.cost:>{widths[1]}}  " if any(widths) else ""
                yield f"  {numbers}{line.what}: {line.before} → {line.after}"
            yield ""
    if any(line.with_above for line in found.rules):
        yield f"{_TOGETHER}\n"
    yield found.found


def _lines(steps: Sequence[Step], before: Rules, after: Rules, *, of_words: bool) -> tuple[Line, ...]:
    return tuple(
        _line(each, before, after, step, first=index == 0)
        for step in steps
        for index, each in enumerate(step.changes)
        if each.of_words is of_words
    )


def _line(each: Change, before: Rules, after: Rules, step: Step | None = None, *, first: bool = True) -> Line:
    said, path = told(each, before, after), path_text(each.at)
    if step is None or each.of_words:
        return Line(said.what["en"], said.before, said.after, path)
    if not first:
        return Line(said.what["en"], said.before, said.after, path, _DITTO, _DITTO, with_above=True)
    return Line(said.what["en"], said.before, said.after, path, count(step.payees, "payee"), _signed(step.costs))


def _signed(costs: Mapping[str, Decimal]) -> str:
    return " and ".join(change(amount, currency) for currency, amount in costs.items()) or "0"


def _title(before: Rules, after: Rules) -> str:
    old, new = before.ruleset, after.ruleset
    name = old.rule_set if old.rule_set == new.rule_set else f"{old.rule_set} → {new.rule_set}"
    return f"{name}, version {old.version} → {new.version}" if old.version != new.version else name


def _counted(rules: int, words: int) -> str:
    if not rules and not words:
        return "Both rule sets mean the same."
    return f"{count(rules, 'change')} of rules, {count(words, 'change')} of words."


def _cost(found: Touched, period: str) -> str:
    was, now = found.before, found.after
    amounts = [
        f"{change(found.costs.get(each, Decimal(0)), each)} ({money(was.get(each, Decimal(0)), each)} became "
        f"{money(now.get(each, Decimal(0)), each)})"
        for each in {**was, **now}
    ]
    verb = "is" if found.payees == 1 else "are"
    cost = " and ".join(amounts) or "nothing is paid by either"
    return f"Had each held throughout {period}, {count(found.payees, 'payee')} {verb} paid another amount: {cost}."


def _table(lines: Sequence[Line], *, paid: bool) -> str:
    heads, sides = "| Change | Before | After |", "|---|---|---|"
    rows = [f"| {_cell(line.what)}<br>`{line.path}` | {_cell(line.before)} | {_cell(line.after)} |" for line in lines]
    if paid:
        heads, sides = f"{heads} Payees | Cost |", f"{sides}---:|---:|"
        rows = [f"{row} {line.payees.partition(' ')[0]} | {line.cost} |" for row, line in zip(rows, lines, strict=True)]
    return "\n".join([heads, sides, *rows])


def _cell(text: str) -> str:
    """A text that stays in its cell and is no markup."""
    for sign in "\\`*_|<>[]":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
