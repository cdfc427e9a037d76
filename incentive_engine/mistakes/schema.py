"""What a model says about its keys: which there are, what they mean, which kinds tell mappings apart.

Asked from the model's JSON Schema, which is where the editor and the reference get it from, too, rather than from
pydantic's internals, which change.
"""

from __future__ import annotations

import re
from typing import Any

from incentive_engine.errors import did_you_mean
from incentive_engine.mistakes.mistake import KeyPath


class Schema:
    """The JSON Schema of a model, asked along a path of a document."""

    def __init__(self, schema: dict[str, Any], data: Any) -> None:
        self._schema, self._data = schema, data

    def keys(self, path: KeyPath) -> list[str]:
        """The keys of the mapping at `path`; if it may have several forms, of the one that it comes nearest to."""
        here = self._value(path)
        forms = [each for each in self._at(path) if each.get("properties")]
        nearest = min(forms, key=lambda form: _distance(here, form), default={})
        return sorted(nearest.get("properties", {}))

    def meaning(self, path: KeyPath) -> str | None:
        """What the key at the end of `path` means, if the model says so; of several forms, in the nearest."""
        here = self._value(path[:-1])
        owners = sorted(self._owners(path), key=lambda form: _distance(here, form))
        meanings = [each["properties"][path[-1]].get("description") for each in owners]
        return next((str(meaning) for meaning in meanings if meaning), None)

    def kinds_with(self, path: KeyPath) -> list[str]:
        """The kinds, other than the one written, whose mappings have the key at the end of `path`."""
        constants = [each["properties"].get("kind", {}).get("const") for each in self._owners(path, every_kind=True)]
        return sorted({word for word in constants if isinstance(word, str)})

    def kinds(self, path: KeyPath, key: str) -> list[str]:
        """The words that `key` may have in the mapping at `path`, where they tell its kinds apart."""
        constants = [each.get("properties", {}).get(key, {}).get("const") for each in self._at(path, every_kind=True)]
        return sorted({word for word in constants if isinstance(word, str)})

    def _value(self, path: KeyPath) -> Any:
        here = self._data
        for part in path:
            here = _inside(here, part)
        return here

    def _owners(self, path: KeyPath, every_kind: bool = False) -> list[dict[str, Any]]:
        found = self._at(path[:-1], every_kind) if path else []
        return [each for each in found if path[-1] in each.get("properties", {})]

    def _at(self, path: KeyPath, every_kind: bool = False) -> list[dict[str, Any]]:
        """All schemas that the value at `path` may follow; of kinds only the one written, unless `every_kind`."""
        here = self._data
        found = self._concrete(self._schema, here, every_kind and not path)
        for position, part in enumerate(path):
            here = _inside(here, part)
            last = position == len(path) - 1
            steps = [step for each in found if (step := _step(each, part)) is not None]
            found = [each for step in steps for each in self._concrete(step, here, every_kind and last)]
        return found

    def _concrete(self, schema: dict[str, Any], data: Any, every_kind: bool) -> list[dict[str, Any]]:
        if "$ref" in schema:
            target: Any = self._schema
            for part in schema["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            return self._concrete(target, data, every_kind)
        told_apart = schema.get("discriminator")
        if told_apart and not every_kind and isinstance(data, dict):
            chosen = told_apart.get("mapping", {}).get(data.get(told_apart["propertyName"]))
            if chosen:
                return self._concrete({"$ref": chosen}, data, every_kind)
        branches = [*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())]
        return [schema, *(each for branch in branches for each in self._concrete(branch, data, every_kind))]


def _distance(data: Any, form: dict[str, Any]) -> int:
    """How far a mapping is from a form: keys too many and too few, a misspelt one counted once and lightly."""
    if not isinstance(data, dict):
        return 0
    keys, required = form["properties"].keys(), set(form.get("required", ()))
    strange, absent = [key for key in data if key not in keys], [key for key in keys if key not in data]
    meant = {near.split("`")[1] for key in strange if (near := did_you_mean(key, absent))}
    return 2 * (len(strange) + len(required - data.keys() - meant)) - len(meant)


def _inside(data: Any, part: str | int) -> Any:
    if isinstance(data, dict):
        return data.get(part)
    return data[part] if isinstance(data, list) and isinstance(part, int) and part < len(data) else None


def _step(schema: dict[str, Any], part: str | int) -> dict[str, Any] | None:
    if isinstance(part, int):
        fixed = schema.get("prefixItems", [])
        step = fixed[part] if part < len(fixed) else schema.get("items")
    else:
        patterns = [each for pattern, each in schema.get("patternProperties", {}).items() if re.search(pattern, part)]
        step = schema.get("properties", {}).get(part) or next(iter(patterns), schema.get("additionalProperties"))
    return step if isinstance(step, dict) else None
