"""A change of rules in words: what it is of, and both values as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from incentive_engine.documents import Document
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Declared, Label, written
from incentive_engine.kinds.gates import GateKind
from incentive_engine.kinds.modifiers import ModifierKind
from incentive_engine.mistakes import KeyPath
from incentive_engine.rulesets.example import Example
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.models import Kpi, Plan
from incentive_engine.simulation.difference.changed import Change
from incentive_engine.simulation.difference.rule_words import named

_PERCENT: Final = frozenset({"weight", "floor", "cap"})
"""Fields that read as percentages where nobody wrote their number."""
_LONGEST: Final = 96


@dataclass(frozen=True, slots=True)
class Told:
    """A change: what it is of (`Adviser: target of Net Promoter Score`), what it was and what it is; – is nothing."""

    what: Label
    before: str
    after: str


def told(change: Change, before: Rules, after: Rules) -> Told:
    """The change in words, and both values as they are written."""
    rules = before if change.kind == "removed" else after
    return Told(
        named(change.at, rules.ruleset),
        _written(before.editions[0].document, change.before_at, change.before),
        _written(after.editions[0].document, change.after_at, change.after),
    )


def _written(document: Document, at: KeyPath, value: Any) -> str:
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
    text = document.written(at)
    if text is not None and not text.startswith(("'", '"', "|", ">")):
        return " ".join(text.split())
    return written(value, percent=at[-1] in _PERCENT) if isinstance(value, Decimal) else str(value)
