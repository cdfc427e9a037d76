"""Whether everybody can read their statement: words in their language, and all that the rules call things in it.

Asked before the first page is written, and told all at once: no page falls back on another language.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

import polars as pl

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.rulesets.checks.labels import labels_of
from incentive_engine.rulesets.contracts import WORKFORCE
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import KeyPath, ResolvedPlan
from incentive_engine.statements.brand import NO_BRAND, Brand
from incentive_engine.statements.gathering import Material
from incentive_engine.statements.languages import Languages

QUOTED: Final = re.compile(r"`([^`]+)`")
_NAMED: Final = 3
_LANGUAGE: Final = "language"
_OF_PLANS: Final = ("plans", "kpis", "pools")
_EVERYTHING: Final = ("", "")
_NOT_PRINTED: Final = ("expectation",)
_WATCHED: Final = "watch"
_LISTED: Final = "title"
"""What the index says of the rules."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A payee, their language, and the plans that their statement tells of."""

    payee: str
    code: str
    plans: Collection[str]


def refuse_unreadable(material: Material, payees: Iterable[str], languages: Languages, brand: Brand = NO_BRAND) -> None:
    """Raises InputProblems with every language without words, and every label that lacks the language of a reader.

    `payees`: those whose statements are to be written. With everybody's goes an index, in the languages' default.
    """
    plans, wishes = _plans_told(material), _wishes(material.people)
    readers = [Reader(payee, languages.chosen(wishes.get(payee)), plans[payee]) for payee in payees]
    listed = {languages.default} if len(readers) == len(material.payees) else set[str]()
    codes = listed | {reader.code for reader in readers}
    problems = [
        *_without_words(readers, codes, languages),
        *_wrong_words(codes, languages, material.rules.ruleset.currency),
        *_without_label(material, readers, listed & {*languages.codes}),
    ]
    problems += brand.lacking(sorted(codes))
    if problems:
        raise InputProblems(problems)


def refuse_language(rules: Rules, languages: Languages) -> None:
    """Raises InputProblems where a page about groups of people cannot be written in the languages' default."""
    code = languages.default
    found = [*_without_words([], {code}, languages), *_wrong_words({code}, languages, rules.ruleset.currency)]
    for at, label in labels_of(rules.ruleset):
        if code not in label and (at[-1] == _LISTED or (at[0] == "kpis" and at[-1] not in _NOT_PRINTED)):
            found.append(_missing(rules, at, code, [], "the page"))
    if found:
        raise InputProblems(found)


def _wishes(people: pl.LazyFrame) -> Mapping[str, str | None]:
    """What each payee's last row says of the language."""
    there = _LANGUAGE in people.collect_schema().names()
    return dict(people.select("payee", _LANGUAGE).collect().iter_rows()) if there else {}


def _plans_told(material: Material) -> Mapping[str, set[str]]:
    """The plans that the statement of each payee tells of."""
    found, tables = defaultdict[str, set[str]](set), material.run.tables
    for payee, plan in tables["payouts"].select("payee", "plan").unique().collect().iter_rows():
        found[payee].add(plan)
    held = tables["held"].filter(pl.col("table") == WORKFORCE, pl.col("key") == pl.col("payee"))
    for payee, reason in held.select("payee", "reason").collect().iter_rows():
        found[payee] |= {name for name in QUOTED.findall(reason) if name in material.plans}
    return found


def _without_words(readers: Sequence[Reader], codes: Set[str], languages: Languages) -> Iterator[Problem]:
    asking = defaultdict[str, list[str]](list)
    for reader in readers:
        asking[reader.code].append(reader.payee)
    for code in sorted(codes - {*languages.codes}):
        by = f" by {_told(asking[code])}" if asking[code] else ""
        yield Problem(
            "unknown-language",
            f"the language `{code}` is asked for{by}, and there are no words for it",
            hint=f"there are {' and '.join(languages.codes)}; another is one file of --templates, `words/{code}.yaml`",
        )


def _wrong_words(codes: Set[str], languages: Languages, currency: str) -> Iterator[Problem]:
    """What a company's own words lack, or have too much of."""
    for code in sorted(codes & {*languages.codes}):
        try:
            languages.language(code, currency)
        except InputProblems as found:
            yield from found.problems


def _without_label(material: Material, readers: Sequence[Reader], listed: Set[str]) -> Iterator[Problem]:
    """Labels of plans concern who reads of these, all others everybody, and titles whoever reads the index."""
    named = {name: frozenset(_named(plan)) for name, plan in material.plans.items()}
    reading = defaultdict[tuple[str, str, str], list[str]](list)
    for reader in readers:
        reading[reader.code, *_EVERYTHING].append(reader.payee)
        for part in frozenset().union(*(named[plan] for plan in reader.plans)):
            reading[reader.code, *part].append(reader.payee)
    codes = sorted(listed | {reader.code for reader in readers})
    for at, label in labels_of(material.rules.ruleset):
        part = (str(at[0]), str(at[1])) if at[0] in _OF_PLANS else _EVERYTHING
        for code in codes if at[-1] not in _NOT_PRINTED and _WATCHED not in at else ():
            payees = reading[code, *part]
            if code not in label and (payees or (code in listed and at[-1] == _LISTED)):
                yield _missing(material.rules, at, code, payees)


def _missing(rules: Rules, at: KeyPath, code: str, payees: Sequence[str], page: str = "the index") -> Problem:
    read = f"which {_told(payees)} read{'s' if len(payees) == 1 else ''}" if payees else f"the language of {page}"
    hint = f"add `{code}: …`" if payees else f"add `{code}: …`, or ask for another language with --language"
    return Problem("missing-language", f"`{at[-1]}` has no text in `{code}`, {read}", rules.document.key_at(at), hint)


def _named(plan: ResolvedPlan) -> Iterator[tuple[str, str]]:
    """What of the rule set the statements of a plan tell of."""
    yield "plans", str(plan.at[1])
    if plan.pool is not None:
        yield "pools", plan.pool.name
    for measure in plan.measures():
        yield "kpis", measure.kpi_name


def _told(payees: Collection[str]) -> str:
    """Some of them by name, and how many more."""
    first = ", ".join(sorted(payees)[:_NAMED])
    more = len(payees) - _NAMED
    return f"{first} and {more:,} others" if more > 1 else first if more < 1 else f"{first} and another"
