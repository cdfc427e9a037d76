"""One plan in one language: what is the same for all its payees, looked up once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeAlias

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.compiler.pay import SCORE
from incentive_engine.compiler.pools import FACTOR
from incentive_engine.compiler.program import PRORATION
from incentive_engine.compiler.telling import Names
from incentive_engine.engine.comparing import Number, parameter_of, points
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Parameter, Rounding
from incentive_engine.kinds.kpis import Given
from incentive_engine.kinds.pools import Solved
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.models import Kpi
from incentive_engine.rulesets.people import History
from incentive_engine.rulesets.resolving import ROOT, KeyPath, ResolvedPlan, nodes_under
from incentive_engine.statements.catalogues import Words
from incentive_engine.statements.digits import ends, quotient
from incentive_engine.statements.formulas import WrittenOut, written_out
from incentive_engine.statements.languages import Language

Row: TypeAlias = Mapping[str, Any]
Show: TypeAlias = Callable[[Number], str]

_NUMBERS: Final = (Decimal, Fraction)


@dataclass(frozen=True, slots=True)
class Dated:
    """A table of what changed about people: its rows by payee, each with `from` and `to`."""

    rules: History
    rows: Mapping[str, Sequence[Row]]


@dataclass(frozen=True)
class Reading:
    """A plan, the rules around it and the language of its reader."""

    rules: Rules
    plan: ResolvedPlan
    language: Language
    dated: tuple[Dated, ...] = ()
    """The tables of which all days are paid on one value: the mean, or that of the last day."""

    @property
    def words(self) -> Words:
        """The page words."""
        return self.language.words

    @cached_property
    def percent_kpis(self) -> frozenset[str]:
        """The KPIs whose results read as percentages."""
        return frozenset(name for name, kpi in self.rules.ruleset.kpis.items() if in_percent(kpi))

    @cached_property
    def by_kpi(self) -> frozenset[str]:
        """The tables that have one row per KPI."""
        return frozenset(name for name, table in self.rules.ruleset.tables.items() if "kpi" in table.keys)

    @cached_property
    def score(self) -> Show:
        """How rates and scores are written: as points where a curve gives many, else as percentages."""
        numbers = self.language.numbers
        return numbers.number if points(self.plan) else numbers.percent

    @cached_property
    def _scores(self) -> Mapping[str, str]:
        """The column of each name that formulas have for a score."""
        scores = {node.path: f"{node.path}.score" for node in nodes_under(self.plan.root)}
        return {**scores, SCORE: f"{ROOT}.score"}

    @property
    def edition(self) -> str:
        """Which edition of the rules the plan is from, since when, and who decided it."""
        rules, words, day = self.rules.edition(self.plan), self.words["edition"], self.language.date
        since = rules.in_force.start if rules.in_force else None
        said = str(words["version"]).format(version=rules.version)
        if since is not None:
            said += str(words["since"]).format(day=day(since))
        return said + str(words["decided"]).format(decided=self.language.decided(rules.decided))

    def rule(self, at: KeyPath) -> str:
        """The line of the rules."""
        where = self.rules.document.key_at(at)
        return f"{Path(where.file).name}:{where.line}"

    def formula(self, formula: Formula, names: Names) -> WrittenOut:
        """A formula, ready for any payee's values, with what its names mean."""
        kpis = self.rules.ruleset.kpis
        if names.nodes:
            columns, percents = (
                {**self._scores},
                frozenset({PRORATION} if points(self.plan) else {*self._scores.values(), PRORATION}),
            )
            pool = self.plan.pool
            if pool is not None and isinstance(pool.rules, Solved):
                columns[pool.rules.solve.factor] = FACTOR
        else:
            columns = {name: ResultKey(name, names.of, names.when).column for name in formula.names & kpis.keys()}
            percents = frozenset(columns[name] for name in columns.keys() & self.percent_kpis)
        exchange = self.plan.exchange
        columns |= {name: exchange.converted(name) for name in exchange.own} if exchange else {}
        fixed = dict.fromkeys(names.nothing, "0")
        if self.plan.proration is None:
            fixed[PRORATION] = "1"
        return written_out(formula, self.language, lambda name: columns.get(name, name), percents, fixed)

    def parameter(self, parameter: Parameter | None, row: Row, kpi: str | None = None) -> Number | None:
        """A number of the rules: as written, or the payee's own."""
        return parameter_of(parameter, row, self.by_kpi, kpi)

    def listed(self, texts: Iterable[str]) -> str:
        """Texts, parted as the language's spreadsheets part arguments."""
        return f"{self.words['argument_sign']} ".join(texts)

    def in_words(self, said: str) -> str:
        """A sentence of the vocabulary, its numbers as the language writes them."""
        return self.language.numbers.rewritten(said)

    def rounded(self, rounding: Rounding | None, exact: Number, shown: Number, show: Show) -> str:
        """What to say where a number was rounded; nothing where it was not, and can be printed."""
        if rounding is None or exact == shown:
            return "" if ends(shown) else self.unrounded(shown)
        return self.rounding(rounding, show)

    def unrounded(self, number: Number) -> str:
        """What to say of a number that has no end."""
        words, divided = self.words["steps"], quotient(number)
        if divided is None:
            return str(words["unrounded"])
        exact = " ÷ ".join(map(self.language.numbers.number, divided))
        return str(words["unrounded_as"]).format(exact=exact)

    def maybe_rounded(self, written: str, number: Number, rounding: Rounding | None, show: Show) -> str:
        """What to say of the rounding of a formula's number, of which only the rounded one is known."""
        return "" if rounding is None or written == show(number) else self.rounding(rounding, show)

    @cached_property
    def _roundings(self) -> dict[tuple[Rounding, Show], str]:
        """What is said of each rounding: there are few, and each is said again and again."""
        return {}

    def rounding(self, rounding: Rounding, show: Show) -> str:
        """A rounding in words."""
        key = (rounding, show)
        if key not in self._roundings:
            self._roundings[key] = self._rounding_words(rounding, show)
        return self._roundings[key]

    def _rounding_words(self, rounding: Rounding, show: Show) -> str:
        words = self.words["steps"]
        word = words["rounded"] if rounding.mode == "half_up" else words["rounded_mode"]
        step = show(Decimal(1).scaleb(-rounding.places))
        said = str(word).format(step=step, mode=words["modes"][rounding.mode])
        if rounding.then is None:
            return said
        return str(words["then"]).format(first=said, then=self.rounding(rounding.then, show))


def in_percent(kpi: Kpi) -> bool:
    """Whether a KPI's result reads as a percentage: a share, or what cannot pass 1 and has no unit."""
    compute = kpi.compute
    return compute.in_percent or (isinstance(compute, Given) and compute.at_most == 1 and kpi.unit is None)


def number_in(row: Row, column: str) -> Number | None:
    """The number in a column of the trace, if there is one."""
    value = row.get(column)
    return value if type(value) in _NUMBERS else None


def bracketed(text: str) -> str:
    """A sum in brackets, where it becomes part of a product."""
    return f"({text})" if any(sign in text for sign in (" + ", " − ")) else text


def combined(before: str, sign: str, number: Number, write: Callable[[Number], str]) -> str:
    """A number put to another by a sign; a negative one is taken away instead of added."""
    if sign == "+" and number < 0:
        return f"{before} − {write(-number)}"
    return f"{before} {sign} {write(number)}"
