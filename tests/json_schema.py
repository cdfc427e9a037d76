"""As much of JSON Schema as the schema of rule sets uses, and YAML as an editor reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

_TYPES: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
    "null": type(None),
}  # fmt: skip
_KNOWN = {
    "$schema", "$id", "$defs", "$ref", "title", "description", "discriminator", "type", "enum", "const", "anyOf",
    "oneOf", "properties", "required", "additionalProperties", "patternProperties", "propertyNames", "items",
    "prefixItems", "minItems", "maxItems", "minProperties", "minLength", "maxLength", "pattern", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "format", "default", "if", "then", "else",
}  # fmt: skip


def read_as_an_editor(text: str) -> Any:
    """YAML by the core schema of YAML 1.2, as editors read it: `35%` and dates are texts."""
    return _scalars(yaml.compose(text, Loader=yaml.SafeLoader))


def _scalars(node: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {key.value: _scalars(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_scalars(each) for each in node.value]
    text = str(node.value)
    if node.style is not None:
        return text
    words: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}
    if text in words:
        return words[text]
    if re.fullmatch(r"[-+]?\d+", text):
        return int(text)
    return float(text) if re.fullmatch(r"[-+]?\d+\.\d*([eE][-+]?\d+)?", text) else text


def faults(data: Any, schema: dict[str, Any]) -> list[str]:
    """Where the data do not follow the schema: paths, the deepest that say why."""
    return list(_faults(data, schema, schema, "$"))


def _faults(data: Any, part: dict[str, Any], whole: dict[str, Any], at: str) -> Iterator[str]:
    assert part.keys() <= _KNOWN, f"this checker does not know {part.keys() - _KNOWN}"
    if "$ref" in part:
        yield from _faults(data, whole["$defs"][part["$ref"].removeprefix("#/$defs/")], whole, at)
    yield from _in_branches(data, part, whole, at)
    if "if" in part:
        yield from _faults(data, part["else" if list(_faults(data, part["if"], whole, at)) else "then"], whole, at)
    words = part.get("enum", [part["const"]] if "const" in part else [data])
    if not _of_type(data, part) or data not in words:
        yield at
    elif isinstance(data, dict):
        yield from _in_object(data, part, whole, at)
    elif isinstance(data, list):
        yield from _in_array(data, part, whole, at)
    elif not _within(data, part):
        yield at


def _in_branches(data: Any, part: dict[str, Any], whole: dict[str, Any], at: str) -> Iterator[str]:
    """A union: where a key tells its kinds apart the kind that is named, else all of them."""
    branches = [*part.get("anyOf", ()), *part.get("oneOf", ())]
    name = part.get("discriminator", {}).get("propertyName")
    if name and isinstance(data, dict):
        kinds = part["discriminator"]["mapping"]
        branches = [{"$ref": kinds[data[name]]}] if data.get(name) in kinds else []
        if not branches:
            yield f"{at}.{name}"
    found = [list(_faults(data, each, whole, at)) for each in branches]
    if found and all(found):
        yield max((each[-1] for each in found), key=len)


def _of_type(data: Any, part: dict[str, Any]) -> bool:
    wanted = part.get("type", [])
    names = [wanted] if isinstance(wanted, str) else wanted
    fits = [isinstance(data, _TYPES[name]) and (isinstance(data, bool) == (name == "boolean")) for name in names]
    return any(fits) or not names


def _in_object(data: dict[str, Any], part: dict[str, Any], whole: dict[str, Any], at: str) -> Iterator[str]:
    yield from (f"{at}.{key}" for key in part.get("required", ()) if key not in data)
    patterns = part.get("patternProperties", {})
    for key, value in data.items():
        inner = part.get("properties", {}).get(key) or next(
            (each for pattern, each in patterns.items() if re.search(pattern, key)), part.get("additionalProperties")
        )
        if inner is False or not _within(key, part.get("propertyNames", {})):
            yield f"{at}.{key}"
        elif isinstance(inner, dict):
            yield from _faults(value, inner, whole, f"{at}.{key}")


def _in_array(data: list[Any], part: dict[str, Any], whole: dict[str, Any], at: str) -> Iterator[str]:
    if not part.get("minItems", 0) <= len(data) <= part.get("maxItems", len(data)):
        yield at
    for index, value in enumerate(data):
        first = part.get("prefixItems", [])
        yield from _faults(
            value, first[index] if index < len(first) else part.get("items", {}), whole, f"{at}[{index}]"
        )


def _within(data: Any, part: dict[str, Any]) -> bool:
    if isinstance(data, str):
        long_enough = part.get("minLength", 0) <= len(data) <= part.get("maxLength", len(data))
        return long_enough and re.search(part.get("pattern", ""), data) is not None
    if isinstance(data, bool) or data is None:
        return True
    return bool(
        part.get("minimum", data) <= data <= part.get("maximum", data)
        and part.get("exclusiveMinimum", data - 1) < data < part.get("exclusiveMaximum", data + 1)
    )
