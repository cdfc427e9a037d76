"""The difference between two rule sets, written for a terminal or for a pull request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from incentive_engine.ledger.review.findings import change, count, money
from incentive_engine.rulesets.loading import Rules
from incentive_engine.simulation.difference.amounts import paying
from incentive_engine.simulation.difference.change_words import told
from incentive_engine.simulation.difference.changed import DAYS, Change, changes
from incentive_engine.simulation.difference.touched import Step, Touched, always, touched
from incentive_engine.simulation.scenarios.paths import path_text
from incentive_engine.simulation.scenarios.simulating import baseline

_DITTO: Final = '"'
_BESIDES: Final = "Words, promises, decisions, days in force"
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

    `rules`: what pay may depend on; `besides`: titles, promises, who decided, when the rules hold. `found`: all of it
    in one sentence.
    """

    title: str
    found: str
    rules: tuple[Line, ...]
    besides: tuple[Line, ...]
    paid: bool

    @property
    def same(self) -> bool:
        """Whether both mean the same."""
        return not self.rules and not self.besides


def diff(before: Rules, after: Rules) -> Diff:
    """What one rule set says otherwise than another, by what both mean."""
    found = changes(before.ruleset, after.ruleset)
    rules = tuple(_line(each, before, after) for each in found if not _besides(each))
    besides = tuple(_line(each, before, after) for each in found if _besides(each))
    return Diff(_title(before, after), _counted(len(rules), len(besides)), rules, besides, paid=False)


def diff_paid(
    before: Rules, after: Rules, data: Path, period: str, on_step: Callable[[int, int], None] | None = None
) -> Diff:
    """The same, with whom each change touches on the data of a folder and a period, and what it costs.

    Both are taken to hold all the time, whenever they are in force: what they would pay is compared.
    `on_step`: told how many changes are paid, and of how many. Raises InputProblems.
    """
    base = baseline(always(before), data, period)
    found = touched(base.rules, always(after), paying(base), on_step)
    rules = tuple(
        _line(each, before, after, step, first=index == 0)
        for step in found.steps
        for index, each in enumerate(step.changes)
    )
    besides = diff(before, after).besides
    said = f"{_counted(len(rules), len(besides))} {_cost(found, period)}"
    return Diff(_title(before, after), said, rules, besides, paid=True)


def as_markdown(found: Diff) -> str:
    """The difference as a comment on a pull request: a heading, a sentence, a table."""
    parts = [f"### {_cell(found.title)}", found.found]
    if found.rules:
        parts.append(_table(found.rules, paid=found.paid))
    if found.besides:
        parts += [f"{_BESIDES}:", _table(found.besides, paid=False)]
    if any(line.with_above for line in found.rules):
        parts.append(_TOGETHER)
    return "\n\n".join(parts)


def as_text(found: Diff) -> Iterator[str]:
    """The difference in lines for a terminal."""
    yield f"{found.title}\n"
    for title, lines in (("Rules", found.rules), (_BESIDES, found.besides)):
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


def _line(each: Change, before: Rules, after: Rules, step: Step | None = None, *, first: bool = True) -> Line:
    said, path = told(each, before, after), path_text(each.at)
    if step is None:
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


def _besides(each: Change) -> bool:
    """Whether no amount of one period depends on a change, had both rule sets held throughout."""
    return each.of_words or each.at[0] in DAYS


def _counted(rules: int, besides: int) -> str:
    if not rules and not besides:
        return "Both rule sets mean the same."
    return f"{count(rules, 'change')} of rules, {besides:,} besides."


def _cost(found: Touched, period: str) -> str:
    was, now = found.before, found.after
    amounts = [
        f"{change(found.costs.get(each, Decimal(0)), each)} ({money(now.get(each, Decimal(0)), each)} instead of "
        f"{money(was.get(each, Decimal(0)), each)})"
        for each in {**was, **now}
    ]
    cost = " and ".join(amounts) or "nothing is paid by either"
    return f"Had each held throughout {period}, {count(found.payees, 'payee')} would be paid another amount: {cost}."


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
