"""An example of everything that a rule set may hold, out of the rule sets that come with the engine.

The reference prints them, so that nobody writes examples that no check has read.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from incentive_engine.documents import Document, declare, read_document
from incentive_engine.rulesets.catalogue import with_entries
from incentive_engine.rulesets.models import Group, Plan, RuleSet, Way
from incentive_engine.rulesets.resolving import KeyPath
from incentive_engine.shipped import rules_dir

_LONGEST = 12
_FOLDERS = ("starter", "demo", "field", "published")
"""Where an example is taken from, if there is one: the nearer to what a reader writes the better."""


@dataclass(frozen=True, slots=True)
class Use:
    """A place where a shipped rule set uses a kind: the declared value, and its text as it is written."""

    file: str
    at: KeyPath
    rules: RuleSet
    value: BaseModel
    text: str


Kind = type[BaseModel] | str
"""A class, or the word that an `attainment` or a `combine` names."""


def examples_of_kinds() -> Mapping[Kind, Use]:
    """The shortest use of each kind, in the first folder that has one."""
    found: dict[Kind, Use] = {}
    for folder in _FOLDERS:
        here: dict[Kind, Use] = {}
        for path in sorted((rules_dir() / folder).rglob("*.yaml")):
            for kind, use in _uses(path):
                if kind not in here or _length(use) < _length(here[kind]):
                    here[kind] = use
        found = here | found
    return found


def _length(use: Use) -> tuple[int, int]:
    return use.text.count("\n"), len(use.text)


def _uses(path: Path) -> Iterator[tuple[Kind, Use]]:
    document = read_document(path)
    rules = declare(with_entries(document)[0], RuleSet)
    file = path.relative_to(rules_dir().parent).as_posix()
    for at, value in _values(rules, ()):
        text = _text(document, at) if at else ""
        if text:
            use = Use(file, at, rules, value, text)
            yield type(value), use
            yield from ((word, use) for word in _words(value))


def _words(value: BaseModel) -> Iterator[str]:
    """The words by which a value names kinds."""
    if isinstance(value, Way):
        yield value.attainment
    if isinstance(value, Group | Plan):
        yield value.combine


def _values(value: Any, at: KeyPath) -> Iterator[tuple[KeyPath, BaseModel]]:
    """Every declared value with its place, itself and all below."""
    if isinstance(value, BaseModel):
        yield at, value
        for name, field in type(value).model_fields.items():
            yield from _values(getattr(value, name), (*at, field.alias or name))
    elif isinstance(value, dict | tuple):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _values(each, (*at, key))


def _text(document: Document, at: KeyPath) -> str:
    """The lines of a value with its key; empty where it is written inside braces, with others or not at all."""
    written: Any = document.data
    for key in at:
        if isinstance(written, dict) and key not in written:
            return ""
        written = written[key]
    place = document.key_at(at)
    lines = document.text.splitlines()
    first, indent = lines[place.line - 1], place.column - 1
    if first[:indent].strip(" -"):
        return ""
    kept = [first]
    for line in lines[place.line :]:
        if not line.strip() or _indent(line) <= _indent(first):
            break
        kept.append(line)
    if len(kept) > _LONGEST:
        kept = [*kept[:_LONGEST], " " * (_indent(first) + 2) + "…"]
    return textwrap.dedent("\n".join(kept))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
