"""The reference of the rule language, generated from the models: `python -m incentive_engine.rulesets.reference`.

Every sentence in it stands in a field or a class of the vocabulary; nothing is written twice. It is `rules/README.md`,
and a test holds the two together.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any, Final

from incentive_engine.formulas import FUNCTIONS
from incentive_engine.kinds.attainments import ATTAINMENTS
from incentive_engine.rulesets.schema import json_schema

_Schema = dict[str, Any]
_LABEL: Final = "^[a-z]{2}$"
"""The pattern of a label's keys."""

HEAD: Final = """# The rule language

A rule set is one YAML file. This page lists every key that may stand in it; `incentive init` makes a small one to start
from, and `incentive schema` prints the same as JSON Schema for an editor.

- `demo/` pays the company that `incentive demo` makes up; `starter/` is what `incentive init` copies; `published/` has
  schemes that companies and hospitals published, each recomputing its published figures.
- Numbers are exact as written; percentages are written `35%`. Text that looks like a number is quoted: `version: "1"`.
- Labels are what people read, by language: `{en: Quarterly bonus, fr: Prime trimestrielle}`.
- Rates, weights and scores are shares: `100%` is 1.
"""
TAIL: Final = """## Formulas

A formula is written as in Excel: `IF(nps >= 50, base_salary * 10%, 0)`. It names columns, and KPIs where results are
known (`gates`, `modifiers`); a text stands in double quotes. What is missing stays missing: no comparison with it is
true, and nobody is paid zero for it.

| written | gives |
|---|---|
| `+` `-` `*` `/` | arithmetic; dividing by zero is missing |
| `=` `<>` `<` `<=` `>` `>=` | a comparison; texts are compared letter by letter |
| `AND` `OR` `NOT` | conditions put together |
| `x IN ("a", "b")` | whether x is one of them |
"""
ATTAINMENT: Final = """## Attainment

How a measure compares its result with its target: its `attainment`.

| attainment | works out | result and target |
|---|---|---|
"""


def reference() -> str:
    """The page, in Markdown."""
    schema = json_schema()
    sections = [HEAD, *_sections(schema), _attainments(), TAIL + _functions()]
    return "\n".join(sections)


def _sections(schema: _Schema) -> Iterator[str]:
    yield _section("Rule set", schema)
    definitions = schema["$defs"]
    for name in _in_order(schema):
        yield _section(_heading(name, definitions[name]), definitions[name])


def _in_order(schema: _Schema) -> list[str]:
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


def _heading(name: str, definition: _Schema) -> str:
    words = re.sub(r"(?<!^)([A-Z])", r" \1", name).capitalize()
    constants = [f"`{key}: {each['const']}`" for key, each in definition["properties"].items() if "const" in each]
    return f"{words}: {constants[0]}" if constants else words


def _section(heading: str, definition: _Schema) -> str:
    lines = [f"## {heading}", "", definition.get("description", "").split("\n")[0], "", "| key | is | means |"]
    lines.append("|---|---|---|")
    required = definition.get("required", ())
    for key, each in definition["properties"].items():
        shown = f"**`{key}`**" if key in required else f"`{key}`"
        meaning = each.get("description", "This kind." if "const" in each else "")
        lines.append(f"| {shown} | {_type(each)} | {_cell(meaning)} |")
    return "\n".join([*lines, ""])


def _type(part: _Schema) -> str:
    """What may stand there, in words."""
    if "$ref" in part:
        name = part["$ref"].rsplit("/", 1)[1]
        return re.sub(r"(?<!^)([A-Z])", r" \1", name).lower()
    if "const" in part:
        return f"`{part['const']}`"
    if "enum" in part:
        return " or ".join(f"`{each}`" for each in part["enum"])
    choices = [each for key in ("anyOf", "oneOf") for each in part.get(key, ()) if each.get("type") != "null"]
    if choices:
        return " or ".join(dict.fromkeys(map(_type, choices)))
    return _plain_type(part)


def _plain_type(part: _Schema) -> str:
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
            inner: _Schema = part.get("additionalProperties") or next(
                iter(part.get("patternProperties", {}).values()), {}
            )
            return f"by name: {_type(inner)}" if inner else "by name"
        case "string" if part.get("format") == "date":
            return "date"
        case "string" if part.get("pattern", "").endswith("%$"):
            return "number"
        case kind:
            return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(str(kind), str(kind))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _attainments() -> str:
    rows = []
    for kind in ATTAINMENTS.values():
        arithmetic = kind.arithmetic.format(actual="result", target="target")
        rows.append(f"| `{kind.name}` | {_cell(type(kind).__doc__ or '')} | {arithmetic} |")
    return ATTAINMENT + "\n".join([*rows, ""])


def _functions() -> str:
    rows = [f"| `{function.written}` | {_cell(function.meaning)} |" for function in FUNCTIONS.values()]
    return "\n".join([*rows, ""])


if __name__ == "__main__":
    sys.stdout.write(reference())
