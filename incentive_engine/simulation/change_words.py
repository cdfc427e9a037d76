"""A change of rules in words: what it is of, and both values as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from incentive_engine.documents import Document
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Declared, Label
from incentive_engine.kinds.gates import GateKind
from incentive_engine.kinds.modifiers import ModifierKind
from incentive_engine.mistakes import KeyPath
from incentive_engine.rulesets.example import Example
from incentive_engine.rulesets.in_force import BELOW
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.models import AnyMeasure, Kpi, Plan, RuleSet
from incentive_engine.simulation.changed import Change

_FIELDS: Final[Mapping[str, str]] = {
    "who": "whom it is for", "eligible": "who is eligible", "pays": "what it pays", "of": "whose result counts",
    "kpi": "KPI", "at_least": "least", "at_most": "most", "compute": "definition", "when": "condition",
    "because": "reason", "on_missing": "without a result", "otherwise": "below that", "by": "by", "from": "from",
    "target_for": "what the target is for", "average_of": "averaged over", "over": "days that count",
    "better": "which way is better", "decided": "decision", "in_force": "days in force", "follows": "edition before",
    "path": "files", "where": "which records", "rule_set": "name of the rule set",
}  # fmt: skip
"""Fields that another word tells better than their own name."""
_ITEMS: Final[Mapping[str, str]] = {
    "points": "point", "tiers": "tier", "gates": "gate", "modifiers": "modifier", "examples": "example",
    "set_aside": "set of facts set aside", "bands": "band", "rows": "row",
}  # fmt: skip
"""What one thing of a list is called."""
_SECTIONS: Final[Mapping[str, str]] = {
    "plans": "plan", "kpis": "KPI", "curves": "curve", "sources": "source", "history": "history", "cases": "cases",
    "tables": "table", "populations": "population", "pools": "pool",
}  # fmt: skip
_LABELS: Final = frozenset({"title", "because", "meaning", "question", "outcome", "unit", "expectation"})
_DECISION: Final[Mapping[str, str]] = {
    "by": "who decided", "on": "day of decision", "notified": "day on which people were told",
}  # fmt: skip
_LONGEST: Final = 96


@dataclass(frozen=True, slots=True)
class Told:
    """A change: what it is of (`Adviser: target of Net Promoter Score`), what it was and what it is; – is nothing."""

    what: str
    before: str
    after: str


def told(change: Change, before: Rules, after: Rules, language: str = "en") -> Told:
    """The change in words; titles in a language, or in any where there is none."""
    rules = before if change.kind == "removed" else after
    return Told(
        _what(change.at, rules.ruleset, language),
        _written(before.editions[0].document, change.before_at, change.before, language),
        _written(after.editions[0].document, change.after_at, change.after, language),
    )


def _what(at: KeyPath, rules: RuleSet, language: str) -> str:
    section, *rest = at
    if section == "plans" and rest:
        return _of_plan(rules, tuple(rest), language)
    if section in _SECTIONS and rest:
        name, fields = str(rest[0]), tuple(rest[1:])
        owner = _title(rules.kpis[name].title, language) if section == "kpis" else name
        return " of ".join([*_field_words(fields), f"{_SECTIONS[str(section)]} {owner}"])
    return " of ".join(_field_words(at))


def _of_plan(rules: RuleSet, at: KeyPath, language: str) -> str:
    """`Adviser: target of Net Promoter Score`: the plan's title, then the field and what it is of."""
    plan = rules.plans[str(at[0])]
    node: Any = plan
    inmost, place = "", 1
    while len(at) > place + 1 and at[place] in BELOW:
        name = str(at[place + 1])
        node = getattr(node, str(at[place]))[name]
        inmost, place = _name_of(rules, name, node, language), place + 2
    inside = [*_field_words(at[place:]), *([inmost] if inmost else [])]
    title = _title(plan.title, language)
    return f"{title}: {' of '.join(inside)}" if inside else f"plan {title}"


def _name_of(rules: RuleSet, name: str, node: Any, language: str) -> str:
    """What people read for a group, a measure or a way."""
    kpi = rules.kpis.get(node.kpi or name) if isinstance(node, AnyMeasure) else None
    title: Label | None = getattr(node, "title", None) or (kpi.title if kpi else None)
    return _title(title, language) if title else name.replace("_", " ")


def _field_words(fields: KeyPath) -> list[str]:
    """What fields are called, the inmost first: `rate of tier 2`."""
    words: list[str] = []
    for above, field in zip(("", *fields), fields, strict=False):
        if isinstance(field, int):
            words[-1] = f"{_ITEMS.get(str(above), words[-1])} {field + 1}"
        elif above in _LABELS:
            words[-1] = f"{words[-1]} ({field})"
        elif above == "decided" and field in _DECISION:
            words[-1] = _DECISION[field]
        else:
            words.append(_FIELDS.get(field, field.replace("_", " ")))
    return words[::-1]


def _title(label: Label, language: str) -> str:
    return label.get(language) or next(iter(label.values()))


def _written(document: Document, at: KeyPath, value: Any, language: str) -> str:
    """A value as the file has it; what is long in a few words."""
    if value is None or value == ():
        return "–"
    if isinstance(value, Example):
        return _short(value.title)
    if isinstance(value, Kpi):
        return _short(value.sentence("en"))
    if isinstance(value, GateKind | ModifierKind):
        return _short(value.sentence("en"))
    if isinstance(value, Plan):
        return _short(f"for {value.who.text}, {len(value.scorecard)} in its scorecard")
    return _short(_as_yaml(document, at, value))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"


def _as_yaml(document: Document, at: KeyPath, value: Any) -> str:
    match value:
        case Declared():
            fields = {field.alias or name: name for name, field in type(value).model_fields.items()}
            first = sorted(fields, key=lambda key: key != "kind")
            said = {key: getattr(value, fields[key]) for key in first if fields[key] in value.model_fields_set}
            return _as_yaml(document, at, said)
        case Mapping():
            inside = (f"{key}: {_as_yaml(document, (*at, str(key)), each)}" for key, each in value.items())
            return "{" + ", ".join(inside) + "}"
        case tuple():
            return f"[{', '.join(_as_yaml(document, (*at, index), each) for index, each in enumerate(value))}]"
        case Formula():
            return " ".join(value.text.split())
    written = document.written(at)
    if written is not None and not written.startswith(("'", '"', "|", ">")):
        return " ".join(written.split())
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
