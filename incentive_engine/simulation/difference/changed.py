"""What two rule sets say otherwise, fact by fact: by what they mean, not by how their files are written.

Declared values are compared, so that comments, spacing and the order of keys are no difference, nor is a default that
one of the two writes out. Formulas are equal that say the same.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from incentive_engine.formulas import Formula
from incentive_engine.formulas.tree import skeleton
from incentive_engine.kinds.base import Declared
from incentive_engine.mistakes import KeyPath
from incentive_engine.rulesets.example import Example
from incentive_engine.rulesets.in_force import BELOW
from incentive_engine.rulesets.models import Group, Item, RuleSet
from incentive_engine.rulesets.resolving import minor_unit

_MISSING: Final = object()
_OF_THE_EDITION: Final = frozenset(
    {"rule_set", "version", "title", "decided", "law", "principles", "examples", "waive"}
)
"""What says which edition it is, and what it promises: nobody's pay depends on it."""
DAYS: Final = frozenset({"in_force", "follows"})
"""What says when the rules hold."""
_WORDS: Final = frozenset({"title", "because", "decided", "meaning", "question", "outcome", "unit", "expectation"})
_ABOUT_RESULTS: Final = frozenset(
    {"drives", "importance", "mirrored_by", "checked_by", "reviewed", "agreed_by", "defined_by", "verbatims", "watch"}
)
_ATTAINED: Final = frozenset({"kpi", "attainment", "curve", "target", "threshold", "benchmark", "baseline", "among"})
"""An attainment, its curve and its numbers mean something together only."""


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that two rule sets say otherwise.

    `before_at`, `after_at`: where it is in each, by keys and numbers; they differ in lists only. `before`, `after`:
    what is declared there; None where there is nothing.
    """

    kind: Literal["added", "removed", "changed"]
    before_at: KeyPath
    after_at: KeyPath
    before: Any
    after: Any

    @property
    def at(self) -> KeyPath:
        """Where it is after the change; where it was if it is gone."""
        return self.before_at if self.kind == "removed" else self.after_at

    @property
    def of_words(self) -> bool:
        """Whether it is about words, promises and who decided: no pay depends on it."""
        return self.at[0] in _OF_THE_EDITION or not (_WORDS | _ABOUT_RESULTS).isdisjoint(_fields(self.at))

    @property
    def part(self) -> KeyPath:
        """The part of a rule set that is changed as one, for this fact means nothing alone."""
        node = _node_in(self.at)
        if node is None:
            return self.at[: 3 if self.at[0] == "kpis" else 2 if len(self.at) > 1 else 1]
        return self.at[: len(node) + 1]

    @property
    def together(self) -> KeyPath:
        """What is the same for changes that only hold together: the weights of a group, what an attainment needs."""
        node, part = _node_in(self.at), self.part
        if node is None or (len(node) == len(("plans", "name")) and part != (*node, "combine")):
            return part
        if part == node or part[-1] == "weight":
            return (*node[:-2], "weights")
        if part[-1] == "combine":
            return (*node, "weights")
        return (*node, "attained") if part[-1] in _ATTAINED else part


def changes(before: RuleSet, after: RuleSet) -> tuple[Change, ...]:
    """Every fact that two rule sets say otherwise, in the order of a rule set."""
    return tuple(_changes(meant(before), meant(after), (), ()))


def meant(rules: RuleSet) -> RuleSet:
    """The rule set with what it means where it says nothing, and without saying what it is like."""
    coin = minor_unit(rules.currency)
    plans = {
        name: plan.model_copy(
            update={"scorecard": _meant(plan.scorecard), "payout_rounding": plan.payout_rounding or coin}
        )
        for name, plan in rules.plans.items()
    }
    kpis = {name: kpi.model_copy(update={"like": None}) for name, kpi in rules.kpis.items()}
    leave = rules.leave and rules.leave.model_copy(update={"like": None})
    return rules.model_copy(update={"plans": plans, "kpis": kpis, "leave": leave})


def with_parts(before: Any, after: Any, parts: tuple[KeyPath, ...]) -> Any:
    """A rule set, or what is inside one, with some parts as they are in another."""
    for part in parts:
        before = _with(before, after, part)
    return before


def _meant(items: Mapping[str, Item]) -> dict[str, Item]:
    return {name: _item_meant(name, item) for name, item in items.items()}


def _item_meant(name: str, item: Item) -> Item:
    if isinstance(item, Group):
        return item.model_copy(update={"items": _meant(item.items)})
    return item.model_copy(update={"kpi": item.kpi or name})


def _node_in(at: KeyPath) -> KeyPath | None:
    """The plan, the group, the measure or the way in which a place is; None outside plans."""
    if at[0] != "plans" or len(at) == 1:
        return None
    end = 2
    while len(at) > end + 1 and at[end] in BELOW:
        end += 2
    return at[:end]


def _fields(at: KeyPath) -> set[str | int]:
    """The names of fields in a path, without the names that a rule set gives itself."""
    node = _node_in(at)
    return set(at[2:] if node is None else at[len(node) :])


def _changes(before: Any, after: Any, was_at: KeyPath, is_at: KeyPath) -> Iterator[Change]:
    if _meaning(before) == _meaning(after):
        return
    if isinstance(before, Declared) and type(before) is type(after) and not isinstance(before, Example):
        for name, field in type(before).model_fields.items():
            key = field.alias or name
            yield from _changes(getattr(before, name), getattr(after, name), (*was_at, key), (*is_at, key))
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in (*before, *(each for each in after if each not in before)):
            both = before.get(key, _MISSING), after.get(key, _MISSING)
            yield from _changes(*both, (*was_at, _key(key)), (*is_at, _key(key)))
    elif _listed(before) and _listed(after):
        yield from _changes_in_list(before, after, was_at, is_at)
    else:
        kind: Literal["added", "removed", "changed"] = "changed"
        if before in (None, _MISSING, ()):
            kind = "added"
        elif after in (None, _MISSING, ()):
            kind = "removed"
        yield Change(kind, was_at, is_at, _there(before), _there(after))


def _changes_in_list(
    before: tuple[Any, ...], after: tuple[Any, ...], was_at: KeyPath, is_at: KeyPath
) -> Iterator[Change]:
    """What differs between equal beginnings and equal ends; pairs are one thing changed, the rest came or went."""
    old, new = [_meaning(each) for each in before], [_meaning(each) for each in after]
    shorter = min(len(old), len(new))
    first = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    behind = next((at for at in range(shorter - first) if old[-1 - at] != new[-1 - at]), shorter - first)
    olds, news = len(old) - behind, len(new) - behind
    for at in range(first, max(olds, news)):
        one, other = before[at] if at < olds else _MISSING, after[at] if at < news else _MISSING
        yield from _changes(one, other, (*was_at, at), (*is_at, at))


def _listed(value: Any) -> bool:
    """Whether a value is a list of things that have parts: gates, points, tiers."""
    return isinstance(value, tuple) and all(isinstance(each, Declared | tuple) for each in value)


def _key(key: Any) -> str | int:
    return key if isinstance(key, str) else str(key)


def _there(value: Any) -> Any:
    return None if value is _MISSING else value


def _meaning(value: Any) -> Hashable:
    """What is equal for values that mean the same."""
    match value:
        case Formula():
            return ("formula", skeleton(value.tree, with_numbers=True))
        case Declared():
            return (type(value), *(_meaning(each) for _, each in value))
        case Mapping():
            return frozenset((key, _meaning(each)) for key, each in value.items())
        case tuple() if value and all(isinstance(each, str) for each in value):
            return frozenset(value)
        case tuple():
            return tuple(_meaning(each) for each in value)
        case _:
            return (type(value), value)


def _with(before: Any, after: Any, path: KeyPath) -> Any:
    if not path:
        return after
    first, rest = path[0], path[1:]
    if isinstance(before, Declared):
        name = next(name for name, field in type(before).model_fields.items() if (field.alias or name) == first)
        value = _with(getattr(before, name), getattr(after, name), rest)
        return before.model_copy(update={name: value})
    if first not in after:
        return {key: value for key, value in before.items() if key != first}
    value = _with(before[first], after[first], rest) if first in before else after[first]
    return {**before, first: value}
