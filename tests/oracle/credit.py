"""Which facts count, and for whom: what rules set aside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from tests.oracle.numbers import Row, Rule


def day(moment: dt.date) -> dt.date:
    return moment.date() if isinstance(moment, dt.datetime) else moment


def set_aside(source: Rule, facts: list[Row]) -> list[Row]:
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
