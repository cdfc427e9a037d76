"""Labels: what people read, in every language of the rule set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from incentive_engine.errors import Problem
from incentive_engine.rulesets.checked import Checked, tells
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.resolving import KeyPath

LABELS = ("title", "meaning", "question", "outcome", "unit", "because", "expectation", "how")


@tells("missing-language", about=(RuleSet,))
def labels_speak_every_language(checked: Checked) -> Iterator[Problem]:
    """Every label has every language that the rule set's title has: no silent fallback on a statement."""
    languages = set(checked.rules.title)
    for at, label in labels_of(checked.rules):
        for language in sorted(languages - set(label)):
            yield Problem(
                "missing-language",
                f"`{at[-1]}` has no text in `{language}`",
                checked.at(*at),
                f"add `{language}: …`: the rule set's title has that language",
            )


def labels_of(rules: RuleSet) -> Iterator[tuple[KeyPath, dict[str, str]]]:
    """Every text that people read, by language, and where it is written; those of leave are printed nowhere."""
    return ((at, label) for at, label in _labels(rules, ()) if at[0] != "leave")


def _labels(value: Any, at: KeyPath) -> Iterator[tuple[KeyPath, dict[str, str]]]:
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            held = getattr(value, name)
            if name in LABELS and isinstance(held, dict):
                yield (*at, name), held
            else:
                yield from _labels(held, (*at, field.alias or name))
    elif isinstance(value, dict):
        for key, held in value.items():
            yield from _labels(held, (*at, key))
    elif isinstance(value, tuple):
        for index, held in enumerate(value):
            yield from _labels(held, (*at, index))
