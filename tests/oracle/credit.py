"""Which facts count: what is shared, and what rules set aside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from tests.oracle.numbers import Row, Rule, day


def known(source: Rule, facts: Sequence[Row], as_of: dt.date | None) -> Sequence[Row]:
    """The facts that were recorded by a day, or until today; of one that was recorded several times the last record."""
    if "recorded" not in source:
        return facts
    on = source["recorded"]
    facts = [fact for fact in facts if as_of is None or fact[on] <= as_of]
    if "id" not in source:
        return facts
    named = source["id"]
    return [fact for fact in facts if fact[on] == max(other[on] for other in facts if other[named] == fact[named])]


def without_broken_shares(source: Rule, facts: Sequence[Row]) -> tuple[list[Row], list[tuple[Row, str]]]:
    """The facts, and the rows of those that several share and that do not add up to one fact, each with the reason."""
    if "share" not in source:
        return list(facts), []
    own = {source[key] for key in ("payee", "team", "department", "share") if key in source}
    left, held = [], []
    for fact in facts:
        rows = [row for row in facts if row[source["id"]] == fact[source["id"]]]
        if any(row[column] != fact[column] for row in rows for column in fact if column not in own):
            held.append((fact, "contradicting-rows"))
        elif sum(row[source["share"]] for row in rows) != 1:
            held.append((fact, "shares-not-100"))
        else:
            left.append(fact)
    return left, held


def set_aside(source: Rule, facts: Sequence[Row]) -> list[Row]:
    """The facts that the rules of their source set aside; what one rule takes is not there for the next."""
    aside: list[Row] = []
    for rule in source.get("set_aside", ()):
        left = [fact for fact in facts if fact not in aside]
        if "when" in rule:
            aside += [fact for fact in left if rule["when"].value(fact) is True]
        else:
            aside += [fact for fact in left if any(earlier(source, rule, fact, left))]
    return aside


def earlier(source: Rule, rule: Rule, fact: Row, facts: list[Row]) -> Iterator[bool]:
    """Whether each of the facts is the same as this one, shortly before; the id says which of one moment was first."""
    values = [fact[column] for column in rule["same"]]
    date, key = source["date"], source["id"]
    for other in facts:
        same = None not in values and values == [other[column] for column in rule["same"]]
        before = (other[date], other[key]) < (fact[date], fact[key])
        yield same and before and (day(fact[date]) - day(other[date])).days <= int(rule["within"])
