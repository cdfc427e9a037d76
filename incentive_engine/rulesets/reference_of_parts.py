"""The parts of a reference: a table of keys for each part of a JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

Schema: TypeAlias = dict[str, Any]
_LABEL: Final = "^[a-z]{2}$"
"""The pattern of a label's keys."""


def in_order(schema: Schema) -> list[str]:
    """The names of all parts, each after the part that first needs it."""
    found: list[str] = []

    def visit(part: Any) -> None:
        fresh = [name for name in _references(part) if name not in found]
        found.extend(dict.fromkeys(fresh))
        for name in dict.fromkeys(fresh):
            visit(schema["$defs"][name])

    for each in schema["properties"].values():
        visit(each)
    return found


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"].rsplit("/", 1)[1]
        for key, inner in part.items():
            if key != "discriminator":
                yield from _references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _references(inner)


def heading(name: str, definition: Schema) -> str:
    """What a part is called."""
    words = re.sub(r"(?<!^)([A-Z])", r" \1", name).capitalize()
    constants = [f"`{key}: {each['const']}`" for key, each in definition["properties"].items() if "const" in each]
    return f"{words}: {constants[0]}" if constants else words


def section(heading: str, definition: Schema) -> str:
    """The keys of a part, each with what may stand there and what it means."""
    lines = [f"## {heading}", "", definition.get("description", "").split("\n")[0], "", "| key | is | means |"]
    lines.append("|---|---|---|")
    required = definition.get("required", ())
    for key, each in definition["properties"].items():
        shown = f"**`{key}`**" if key in required else f"`{key}`"
        meaning = each.get("description", "This kind." if "const" in each else "")
        lines.append(f"| {shown} | {_type(each)} | {cell(meaning)} |")
    return "\n".join([*lines, ""])


def _type(part: Schema) -> str:
    """What may stand there, in words."""
    if "$ref" in part:
        name = part["$ref"].rsplit("/", 1)[1]
        return re.sub(r"(?<!^)([A-Z])", r" \1", name).lower()
    if "else" in part:
        return _type(part["else"])
    if "const" in part:
        return f"`{part['const']}`"
    if "enum" in part:
        return " or ".join(f"`{each}`" for each in part["enum"])
    choices = [each for key in ("anyOf", "oneOf") for each in part.get(key, ()) if each.get("type") != "null"]
    if choices:
        return " or ".join(dict.fromkeys(map(_type, choices)))
    return _plain_type(part)


def _plain_type(part: Schema) -> str:
    match part.get("type"):
        case ["string", "number", "boolean"]:
            return "formula"
        case "array" if "prefixItems" in part:
            return f"pair of {_type(part['prefixItems'][0])}s"
        case "array":
            return f"list of {_type(part['items'])}"
        case "object" if _LABEL in part.get("patternProperties", {}):
            return "label"
        case "object":
            inner: Schema | bool = part.get("additionalProperties") or next(
                iter(part.get("patternProperties", {}).values()), {}
            )
            by = "by day" if part.get("propertyNames", {}).get("format") == "date" else "by name"
            return f"{by}: {_type(inner)}" if isinstance(inner, dict) and inner else by
        case "string" if part.get("format") == "date":
            return "date"
        case "string" if part.get("pattern", "").endswith("%$"):
            return "number"
        case None:
            return "value"
        case kind:
            return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(str(kind), str(kind))


def cell(text: str) -> str:
    """A text as it stands in a table."""
    return " ".join(text.split()).replace("|", "\\|")
