"""The JSON Schema of a rule set or a scenario, generated from the models: editors complete keys and underline typos.

An editor reads YAML by the rules of JSON, to which `35%` is text: a number may therefore be a number or such a text.
A KPI or a table of leave that is `like` an entry of the catalogue may leave out what the entry says.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.scenario import Scenario
from incentive_engine.version import __version__

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
PERCENTAGE: Final = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?%$"}
_BOUNDS: Final = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


def json_schema(of: type[RuleSet] | type[Scenario] = RuleSet) -> dict[str, Any]:
    """The schema of a rule set or a scenario, as JSON data."""
    generated = of.model_json_schema(schema_generator=_AsAnEditorReads)
    if of is RuleSet:
        _let_kpis_take_over(generated)
        _let_leave_take_over(generated)
    name = "rule set" if of is RuleSet else "scenario"
    head = {
        "$schema": DIALECT,
        "$id": f"urn:incentive-engine:{name.replace(' ', '-')}:{__version__}",
        "title": f"A {name} of incentive_engine",
    }
    return head | {key: value for key, value in generated.items() if key not in head}


def _let_kpis_take_over(schema: dict[str, Any]) -> None:
    whole, kpis = schema["$defs"]["Kpi"], schema["properties"]["kpis"]["patternProperties"]
    compute = {"type": "object", "description": "What it reads instead: its own source, its own columns."}
    partly = {**whole, "required": ["like"], "properties": {**whole["properties"], "compute": compute}}
    for pattern, kpi in kpis.items():
        kpis[pattern] = {"if": {"required": ["like"]}, "else": kpi, "then": partly}


def _let_leave_take_over(schema: dict[str, Any]) -> None:
    whole, leave = schema["$defs"]["Leave"], schema["properties"]["leave"]
    types = {"type": "object", "description": "Types of its own, and what it says otherwise of those taken over."}
    partly = {**whole, "required": ["like", "path"], "properties": {**whole["properties"], "types": types}}
    choices = {"if": {"required": ["like"]}, "else": leave["anyOf"][0], "then": partly}
    schema["properties"]["leave"] = {**leave, "anyOf": [choices, *leave["anyOf"][1:]]}


class _AsAnEditorReads(GenerateJsonSchema):
    """Decimals as numbers or percentages, keys that follow their pattern."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        bounds = {word: float(schema[key]) for key, word in _BOUNDS.items() if key in schema}  # type: ignore[literal-required]
        return {"anyOf": [{"type": "number", **bounds}, dict(PERCENTAGE)]}

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Mappings whose keys follow a pattern have no others."""
        made = super().dict_schema(schema)
        return made | {"additionalProperties": False} if "patternProperties" in made else made

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Without defaults: each description says what holds unless something is written."""
        return self.generate_inner(schema["schema"])
