"""Is a page right? From the page alone: every line is worked out again, and what is shown is what its data says.

Nothing else is read: neither the run nor the rules. Formulas are worked out in exact fractions; what a page says it
rounded is rounded so, and nothing else is allowed to differ.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Final

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.formulas import Formula, FormulaSyntaxError
from incentive_engine.formulas.tree import Call
from incentive_engine.formulas.working import Unworkable, Value, rounded, worked_out
from incentive_engine.statements.languages import Languages
from incentive_engine.statements.neutral import MISSING
from incentive_engine.statements.twin import FORMAT, LineReader, Told
from incentive_engine.statements.visible import Visible, visible

_NAMES: Final[Mapping[str, Value]] = {MISSING: None}
_LAST_DIGIT: Final = Fraction(1, 10**11)
"""How far a number may be from its digits where a page prints twelve of those that it has no end of."""
_ABOUT_PAY: Final = ("pay", "settled", "days")


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found right on a page."""

    reference: str
    lines: int
    """How many were worked out again."""
    given: int
    """How many give a number that nothing on the page leads to, or that another line works out."""


def verify_page(path: Path, languages: Languages) -> Verified:
    """Checks one page. Raises InputProblems with every line that differs."""
    checking = _Checking(path, _read(path), languages)
    problems = list(checking.problems())
    if problems:
        raise InputProblems(problems)
    return Verified(checking.twin["reference"], checking.worked, checking.given)


def _read(path: Path) -> Visible:
    try:
        return visible(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise InputProblems([Problem("no-statement", f"`{path}` is no page of a statement: it is no text")]) from None
    except OSError as refusal:
        raise InputProblems([Problem("system", f"`{path}`: {refusal.strerror}")]) from None


class _Checking:
    """One page on the way."""

    def __init__(self, path: Path, seen: Visible, languages: Languages) -> None:
        self._path, self._seen = path, seen
        self.twin = self._opened(seen.twin)
        if self.twin["language"] not in languages.codes:
            hint = "say where its words are: --templates DIR"
            raise self._refused("unknown-language", f"there are no words for `{self.twin['language']}`", hint)
        language = languages.language(self.twin["language"], self.twin["currencies"][0])
        self._reader, self._words = LineReader(language, self.twin["currencies"]), language.words
        self._curves: dict[tuple[str, Fraction], Fraction] = {}
        self.worked = self.given = 0

    def _opened(self, text: str) -> Told:
        if not text:
            raise self._refused("no-statement", "this page holds no data of a statement", "give the .html file itself")
        try:
            twin = json.loads(text)
            form = twin["format"]
        except (ValueError, TypeError, KeyError):
            raise self._refused("broken-data", "the data inside this page cannot be read", None) from None
        if form != FORMAT:
            raise self._refused("other-format", f"this page is of the format `{form}`, not `{FORMAT}`", None)
        return dict(twin)

    def _refused(self, code: str, message: str, hint: str | None) -> InputProblems:
        return InputProblems([Problem(code, f"`{self._path}`: {message}", hint=hint)])

    def _problem(self, code: str, about: str, message: str) -> Problem:
        reference = self.twin["reference"]
        where = about if about.startswith(reference) else f"{reference} · {about}"
        return Problem(code, f"`{self._path}`: {where}: {message}")

    def problems(self) -> Iterator[Problem]:
        """Everything that is wrong."""
        yield from self._shown()
        for table in self.twin["tables"]:
            for line in table["lines"]:
                yield from self._line(table["about"], line)
        for bars in self.twin["drawings"]:
            yield from self._drawing(bars)
        for lines in self.twin["alternatives"]:
            yield from self._alternatives(lines)
        yield from self._total()

    # --- what is shown is what the data says ---

    def _shown(self) -> Iterator[Problem]:
        for what in self._seen.runs:
            yield self._problem("not-still", "the page", f"`{what}` can change what is seen when the page is opened")
        if not self._shows_total():
            message = f"`{self._seen.total.strip()}` is shown, the data says `{self.twin['total']}`"
            yield self._problem("shown-differs", "the amount", message)
        told_of, seen = (Counter(map(_plain, each)) for each in (self.twin["said"], self._seen.said))
        for what in (told_of - seen) + (seen - told_of):
            where = "the data, and not shown" if what in told_of - seen else "what is shown, not in the data"
            yield self._problem("shown-differs", "beside the tables", f"`{what}` is in {where}")
        shown = [json.loads(lines) for lines in self._reader.tables([lines for lines in self._seen.tables if lines])]
        told = [table["lines"] for table in self.twin["tables"]]
        abouts = [table["about"] for table in self.twin["tables"]]
        yield from self._alike(shown, told, abouts)
        drawn = [json.loads(self._reader.bars(bars)) for bars in self._seen.drawings]
        yield from self._alike(drawn, self.twin["drawings"], ["the drawing"] * len(self.twin["drawings"]))

        varied = [json.loads(self._reader.alternatives(each)) for each in self._seen.alternatives]
        yield from self._alike(varied, self.twin["alternatives"], ["alternatives"] * len(self.twin["alternatives"]))

    def _shows_total(self) -> bool:
        """Whether the amount is that of the data; without one, words stand there, or scores that lines come to."""
        shown, told = self._seen.total.strip(), self.twin["total"].strip()
        scored, nothing = (str(self._words["page"][name]) for name in ("scored_only", "nothing_decided"))
        if told or not shown.startswith(scored):
            return shown in (told or nothing, told)
        known = {line.get("result") for table in self.twin["tables"] for line in table["lines"]}
        scores = [each.removeprefix(scored).strip() for each in shown.split(", ")]
        return known.issuperset(self._reader.amounts(" + ".join(scores)))

    def _alike(self, shown: list[list[Told]], told: list[list[Told]], abouts: list[str]) -> Iterator[Problem]:
        """Every table that is shown is one of the data, line by line, wherever on the page it stands."""
        left, unmatched = list(shown), []
        for about, lines in zip(abouts, told, strict=True):
            if lines in left:
                left.remove(lines)
            else:
                unmatched.append((about, lines))
        for about, lines in unmatched:
            nearest = max(left, key=lambda each: _in_common(each, lines), default=[])
            if nearest:
                left.remove(nearest)
            yield self._problem("shown-differs", about, _difference(nearest, lines))
        for lines in left:
            names = ", ".join(f"`{line['name']}`" for line in lines[:3])
            yield self._problem("shown-differs", "the page", f"the data has no table with the lines {names}")

    # --- every line comes out ---

    def _line(self, about: str, line: Told) -> Iterator[Problem]:
        name, result = line["name"], self._number(line.get("exact") or line.get("result", ""))
        if result is not None and "call" in line:
            self._remember(line["call"], result)
        if line.get("holds") is not None and self._value(line["condition"]) not in (line["holds"], None):
            said = "holds" if line["holds"] else "does not hold"
            yield self._problem("line-differs", about, f"`{name}`: {line['condition']}: the page says that it {said}")
        if result is None or "formula" not in line:
            self.given += "result" in line
            return
        self.worked += 1
        value = self._value(line["formula"])
        if value is None and "missing" in line:
            value = self._number(line["missing"])
        if not isinstance(value, Fraction) or not self._fits(value, result, line):
            comes = f"gives {_digits(value)}" if isinstance(value, Fraction) else "cannot be worked out"
            yield self._problem(
                "line-differs", about, f"`{name}`: {line['formula']} {comes}, but the page says {line['result']}"
            )

    def _fits(self, value: Fraction, result: Fraction, line: Told) -> bool:
        for step, mode in line.get("rounding", ()):
            value = rounded(value, _places(self._number(step)), mode)
        if "at_least" in line:
            value = max(value, Fraction(0))
        if "cut" in line:
            return abs(value - result) <= max(self._coin, Fraction(1, 10 ** len(line["result"].partition(".")[2])))
        if "digits" in line:
            return abs(value - result) < _LAST_DIGIT
        return value == result

    @cached_property
    def _coin(self) -> Fraction:
        """The coarsest step to which an amount of a payout was rounded."""
        lines = [line for table in self.twin["tables"] if table["about"] == "pay" for line in table["lines"]]
        amounts = [line for line in lines if not line.get("result", "%").endswith("%")]
        steps = [self._number(step) or Fraction(0) for line in amounts for step, _ in line.get("rounding", ())]
        return max(steps, default=Fraction(0))

    def _value(self, formula: str) -> Value:
        try:
            return worked_out(Formula(formula), _NAMES, self._curves)
        except (FormulaSyntaxError, Unworkable):
            return None

    def _number(self, text: str) -> Fraction | None:
        value = self._value(text) if text else None
        return value if isinstance(value, Fraction) else None

    def _remember(self, call: str, result: Fraction) -> None:
        """What a curve gave, for the formulas that call it."""
        try:
            tree = Formula(call).tree
        except FormulaSyntaxError:
            return
        if isinstance(tree, Call) and not tree.built_in:
            at = self._number(call[call.index("(") + 1 : call.rindex(")")])
            if at is not None:
                self._curves[tree.function, at] = result

    # --- and all of it adds up ---

    def _drawing(self, bars: Sequence[Told]) -> Iterator[Problem]:
        """Each bar begins where the one before it ends, and the last is what they lead to."""
        *steps, total = bars
        reached = Fraction(0)
        for bar in steps:
            reached += self._number(bar["adds"]) or 0
            if "reached" in bar and self._number(bar["reached"]) != reached:
                message = f"`{bar['name']}` reaches {bar['reached']}, the bars add up to {_digits(reached)}"
                yield self._problem("line-differs", "the drawing", message)
                return
        if self._number(total["adds"]) != reached:
            message = f"`{total['name']}` is {total['adds']}, the bars add up to {_digits(reached)}"
            yield self._problem("line-differs", "the drawing", message)

    def _alternatives(self, lines: Sequence[Told]) -> Iterator[Problem]:
        """Every result comes out, and every payout is as far as it says from the one that it is."""
        now: Fraction | None = None
        for line in lines:
            yield from self._line("alternatives", line)
            payout, change = self._number(line["payout"]), self._number(line["change"])
            if payout is None or change is None:
                continue
            now = payout - change if now is None else now
            if payout - change != now:
                message = f"`{line['name']}`: {line['payout']} is not {line['change']} from {_digits(now)}"
                yield self._problem("line-differs", "alternatives", message)

    def _total(self) -> Iterator[Problem]:
        """What is paid in all is what the last lines come to."""
        shown = self._reader.amounts(self.twin["total"])
        if self.twin["paid"] and [self._number(each) for each in shown] != [*map(Fraction, self.twin["paid"].values())]:
            yield self._problem(
                "line-differs", "the amount", f"`{self.twin['total']}` is not what the data says is paid"
            )
        paid = [Fraction(amount) for amount in self.twin["paid"].values()]
        ends = {about: [] for about in _ABOUT_PAY}  # type: dict[str, list[Fraction]]
        for table in self.twin["tables"]:
            if table["about"] in ends:
                ends[table["about"]] += [self._number(line.get("result", "")) or Fraction(0) for line in table["lines"]]
        score = str(self._words["steps"]["score"])  # the last line where a score is all that is decided
        lasts = [
            self._number(table["lines"][-1].get("result", "")) or Fraction(0)
            for table in self.twin["tables"]
            if table["about"] == "pay" and table["lines"][-1]["name"] != score
        ]
        held = ends["settled"] or ([sum(lasts, Fraction(0))] if len(paid) == 1 else ends["days"] + lasts)
        for amount, currency in zip(paid, self.twin["paid"], strict=True):
            if (ends["settled"] or lasts) and amount not in held:
                message = f"{self.twin['paid'][currency]} {currency} is not what the lines come to"
                yield self._problem("line-differs", "the amount", message)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _in_common(one: Sequence[Told], other: Sequence[Told]) -> int:
    return sum(line in other for line in one) + sum(
        bool(a["name"] == b["name"]) for a, b in zip(one, other, strict=False)
    )


def _difference(shown: Sequence[Told], told: Sequence[Told]) -> str:
    """The first line that differs, in words."""
    for one, other in zip(shown, told, strict=False):
        if one != other:
            keys = [key for key in {**one, **other} if one.get(key) != other.get(key)]
            return f"`{other['name']}`: " + "; ".join(
                f"the page shows {key} {one.get(key, 'nothing')}, the data says {other.get(key, 'nothing')}"
                for key in keys
            )
    return f"the page shows {len(shown)} lines, the data has {len(told)}"


def _places(step: Fraction | None) -> int:
    """How many decimals a step of rounding leaves."""
    return next((places for places in range(-40, 60) if step == (Fraction(10) ** -places)), 0)


def _digits(value: Fraction) -> str:
    """A number as somebody reads it."""
    shown = f"{float(value):.12g}"
    return shown if Fraction(shown) == value else f"{value.numerator} / {value.denominator} (about {shown})"
