"""The reference of the rule language, generated from the models: `python -m incentive_engine.rulesets.reference`.

Every sentence in it stands in a field, a class or a check of the vocabulary, and every example in a rule set that comes
with the engine; nothing is written twice. It is `rules/README.md`, and a test holds the two together.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Final

from pydantic import BaseModel

from incentive_engine.documents import Document
from incentive_engine.formulas import CURVE, FUNCTIONS
from incentive_engine.kinds.attainments import ATTAINMENTS
from incentive_engine.kinds.base import Declared
from incentive_engine.kinds.combinations import COMBINATIONS
from incentive_engine.kinds.curves import CurveKind
from incentive_engine.kinds.kpi_kind import FromFacts, KpiKind
from incentive_engine.kinds.wording import Language
from incentive_engine.rulesets.catalogue import catalogues, types_of_leave
from incentive_engine.rulesets.checking import RULE_CHECKS
from incentive_engine.rulesets.examples_of_kinds import Kind, Use, examples_of_kinds
from incentive_engine.rulesets.leave import LegalSource
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.reference_of_parts import Schema, cell, heading, in_order, section
from incentive_engine.rulesets.reference_of_rules import numbered_rules
from incentive_engine.rulesets.reference_of_scenarios import scenario_keys
from incentive_engine.rulesets.schema import json_schema
from incentive_engine.rulesets.walking import placed_nodes, ways_of

HEAD: Final = """# The rule language

A rule set is one YAML file. This page lists every key that may stand in it; `incentive init` makes a small one to start
from, and `incentive schema` prints the same as JSON Schema for an editor.

- `demo/` pays the company that `incentive demo` makes up; `starter/` is what `incentive init` copies; `field/` has good
  models of plans of the field; `published/` has schemes that companies and hospitals published, each recomputing its
  published figures. `kpis/` is the catalogue of KPIs that rule sets take over, `leave/` the types of leave of
  countries: they are listed at the end.
- Numbers are exact as written; percentages are written `35%`. Text that looks like a number is quoted: `version: "1"`.
- Labels are what people read, by language: `{en: Quarterly bonus, fr: Prime trimestrielle}`.
- Rates, weights and scores are shares: `100%` is 1.
- Numbered rules tell what can be paid and is unwise, unfair or unlawful; people may waive them. They are listed after
  the parts, each with an example that breaks it and one that keeps it.
- Each part below has its keys (those in bold must be there), an example from these rule sets with the sentence that
  statements print for it, and what `incentive check` says of it, by code.
"""
TAIL: Final = """## Formulas

A formula is written as in Excel: `IF(nps >= 50, base_salary * 10%, 0)`. A text stands in double quotes. What is missing
stays missing: no comparison with it is true, and nobody is paid zero for it.

Every formula about payees names workforce columns, and besides them: `modifiers`, `gates`, `fund` and `across` the
results of KPIs; `payout` the plan's `score`, the scores of nodes (`customer.nps`), `target_pay` and the factor of a
solved pool; `in_proportion_to` scores, `target_pay` and `proration`; `minimum` and `maximum` `target_pay`. Formulas of
KPIs name the columns of their source, and `period_start`, `period_end` and `period_days`; those over cases `started`,
`ended` and `hours` besides; those over KPIs name other KPIs and their earlier results, `calls.previous`,
`calls.year_before`. A curve is called by its name, wherever results of payees may be known.

| written | gives |
|---|---|
| `+` `-` `*` `/` | arithmetic; dividing by zero is missing |
| `=` `<>` `<` `<=` `>` `>=` | a comparison; texts are compared letter by letter |
| `AND` `OR` `NOT` | conditions put together |
| `x IN ("a", "b")` | whether x is one of them |
"""
ATTAINMENT: Final = """## Attainment

How a way compares its result: its `attainment`. The numbers that it reads stand beside it, each a constant,
`{table: …}` or `{column: …}`; where one is missing the payee is held with `missing-target` and the like, and where it
cannot divide with `target-not-positive` or `benchmark-is-threshold`. Ranks and percentiles are `among` a population:
whoever is not in it is held with `not-in-population`.
"""
COMBINE: Final = """## Combine

How the scores of a plan's or a group's items become one: its `combine`, a `weighted_sum` unless said, which alone has
weights.
"""

TIME: Final = """## Rules over time

What changes is written with its days. A period in which something changes is paid by stretches of days: each by the
rules of its days, for the share of the period that they are, and then added. So whatever pays and changes inside a
period needs a `proration`.

- A number of a plan: `target: {since: {2026-01-01: 40, 2026-08-15: 42}}`.
- A number of a table: a row for each day from which it counts, in the column that `since` of the table names. Only
  payees whose own number changes are paid by stretches.
- A plan: `in_force: {from: 2026-08-15}`, and `in_force: {to: 2026-08-14}` for the one that it replaces.
- All rules: a new edition, in a file beside the older one, says which edition it follows and from which day on. What
  both declare under one name, as a KPI or a curve, is the same in both; plans may differ, and each is paid on its days.

```yaml
rule_set: care-quarterly
version: "2026.2"
follows: care-2026.1.yaml
in_force: {from: 2026-08-15}
```

In a run, what `adviser` is from a later day of the period on is called `adviser@2026-08-15`; what says the same as
before is no version of its own. A period that has days without rules, or a number that has no value yet, is refused.
"""

CATALOGUE: Final = """## Catalogue of KPIs

A rule set takes a KPI over with `like: voice.nps` and writes beside it what is its own, which wins key by key, inside
`compute` too:

```yaml
nps: {like: voice.nps, compute: {from: answers, answer: question_3}, reliability: {at_least: 30}}
```

An entry expects the tables and columns that the `sources` of its file show; a formula over KPIs expects KPIs of those
names. A company keeps entries of its own in a folder `kpis` beside its rule set. Every entry is worked out on facts
that are ordinary, none, a single one, all alike, and with gaps: by hand, by the engine and in plain fractions
(`tests/test_kpi_catalogue.py`).
"""

LEAVE: Final = """## Types of leave

A rule set takes the types of leave of a country over and writes beside them what is its own, above all what its file
calls them. What is written wins, key by key, inside each type too; types of its own come after:

```yaml
leave: {like: leave.france, path: leave.csv, types: {paid_leave: {codes: [CP]}, sick_leave: {codes: [MAL]}}}
```

A company keeps types of its own in a folder `leave` beside its rule set. Each line says where the law says so, and a
day on which the text that was read was in force. It is a default to start from and no legal advice: collective
agreements may say more, and texts change. What somebody's leave was for is printed nowhere; only what it does to pay.
"""


def reference() -> str:
    """The page, in Markdown."""
    schema, examples = json_schema(), examples_of_kinds()
    words = [*_attainments(examples), *_combinations(examples)]
    language = [HEAD, *_sections(schema, examples), *words, TAIL + _functions(), TIME]
    return "\n".join([*language, *numbered_rules(), *scenario_keys(), *_catalogue(), *_leave()])


_OF_RULES: Final = ("incentive_engine.kinds.", "incentive_engine.rulesets.")
"""Where what a rule set holds is declared: other files declare things, too."""


def _sections(schema: Schema, examples: Mapping[Kind, Use]) -> Iterator[str]:
    yield section("Rule set", schema) + _checks(RuleSet)
    definitions = schema["$defs"]
    classes = {each.__name__: each for each in _declared(Declared) if each.__module__.startswith(_OF_RULES)}
    for name in in_order(schema):
        kind = classes[name]
        yield section(heading(name, definitions[name]), definitions[name]) + _example(kind, examples) + _checks(kind)


def _declared(above: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in above.__subclasses__():
        yield each
        yield from _declared(each)


def _example(kind: Kind, examples: Mapping[Kind, Use]) -> str:
    """The example of a kind, and what statements say of it."""
    if kind not in examples:
        return ""
    use = examples[kind]
    lines = ["", f"For example, in `{use.file}`:", "", "```yaml", use.text, "```"]
    sentences = [] if isinstance(kind, str) else [_sentence(use, language) for language in ("en", "fr")]
    if any(sentences):
        lines += ["", f"In words: “{sentences[0]}”; « {sentences[1]} »."]
    if isinstance(kind, type) and issubclass(kind, FromFacts) and kind.interval:
        lines += ["", f"Its 95 % interval: {kind.interval.source()}"]
    return "\n".join([*lines, ""])


def _sentence(use: Use, language: Language) -> str:
    if isinstance(use.value, CurveKind):
        return use.value.sentence(language, percent=_in_percent(use.rules, str(use.at[-1])))
    sentence = getattr(use.value, "sentence", None)
    return str(sentence(language)) if sentence else ""


def _in_percent(rules: RuleSet, curve: str) -> bool:
    """Whether attainments of the curve read as percentages."""
    found = [each.way for placed in placed_nodes(rules) for each in ways_of(placed) if each.way.curve == curve]
    return any(ATTAINMENTS[way.attainment].in_percent for way in found)


def _checks(kind: type[BaseModel]) -> str:
    """What is checked of a part, with the codes of what is wrong."""
    codes: dict[str, list[str]] = defaultdict(list)
    for check in RULE_CHECKS:
        if any(issubclass(kind, each) for each in check.about):
            codes[check.guarantees] += [f"`{code}`" for code in check.codes]
    lines = [f"- {guarantee} {', '.join(told)}" for guarantee, told in codes.items()]
    return "\n".join(["", "Checked:", "", *lines, ""]) if lines else ""


def _attainments(examples: Mapping[Kind, Use]) -> Iterator[str]:
    yield ATTAINMENT
    for kind in ATTAINMENTS.values():
        reads = ", ".join(f"`{each}`" for each in [*kind.needs, *(["among"] if kind.ranked else [])])
        words = [
            "; ".join(each[language] for each in (kind.words, kind.otherwise) if each) for language in ("en", "fr")
        ]
        lines = [
            f"### `attainment: {kind.name}`",
            "",
            _whole(kind),
            "",
            "| reads | in words | en français |",
            "|---|---|---|",
        ]
        lines.append(f"| {reads or 'the result only'} | {words[0]} | {words[1]} |")
        yield "\n".join([*lines, ""]) + _example(kind.name, examples)


def _combinations(examples: Mapping[Kind, Use]) -> Iterator[str]:
    yield COMBINE
    for kind in COMBINATIONS.values():
        yield "\n".join([f"### `combine: {kind.name}`", "", _whole(kind), ""]) + _example(kind.name, examples)


def _whole(kind: object) -> str:
    return " ".join((type(kind).__doc__ or "").split())


def _functions() -> str:
    rows = [f"| `{function.written}` | {cell(function.meaning)} |" for function in [*FUNCTIONS.values(), CURVE]]
    return "\n".join([*rows, ""])


def _catalogue() -> Iterator[str]:
    """A table of the entries of each file of the catalogue."""
    yield CATALOGUE
    heads = ("`like`", "is", "worked out", "better", "95 % interval", "for example, and what to heed", "defined by")
    for name, (catalogue, document) in catalogues().items():
        lines = [f"### {catalogue.title['en']}", "", f"Cases: `tests/cases/kpis/{name}.yaml`.", ""]
        lines += [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
        for entry, kpi in catalogue.kpis.items():
            titles, unit = f"{kpi.title['en']}; *{kpi.title['fr']}*", f" ({kpi.unit['en']})" if kpi.unit else ""
            said = (titles, kpi.sentence("en") + unit, kpi.better, _interval(kpi.compute), _note(document, entry))
            cells = " | ".join(map(cell, (*said, kpi.defined_by or "")))
            lines.append(f"| `{name}.{entry}` | {cells} |")
        yield "\n".join([*lines, ""])


def _interval(kind: KpiKind) -> str:
    """The formula of its 95 % interval, by its name."""
    formula = kind.interval if isinstance(kind, FromFacts) else None
    return re.sub(r"(?<!^)([A-Z])", r" \1", type(formula).__name__) if formula else "none"


def _note(document: Document, entry: str) -> str:
    """The comment above an entry."""
    above = document.text.splitlines()[: document.key_at(("kpis", entry)).line - 1]
    note = takewhile(lambda line: line.lstrip().startswith("#"), reversed(above))
    return " ".join(line.strip(" #") for line in reversed(list(note)))


def _leave() -> Iterator[str]:
    """A table of the types of leave of each country."""
    yield LEAVE
    for name, country in types_of_leave().items():
        lines = [f"### {country.title['en']}: `leave.{name}`", ""]
        lines += [f"- {_law(each)}" for each in country.principle]
        lines += ["", "| type | is | does | standing | the law |", "|---" * 5 + "|"]
        for key, each in country.types.items():
            titles, effect = f"{each.title['en']}; *{each.title['fr']}*", f"`{each.effect}`"
            cells = (titles, effect, each.standing or "", "<br>".join(map(_law, each.law)))
            lines.append(f"| `{key}` | {' | '.join(map(cell, cells))} |")
        yield "\n".join([*lines, ""])


def _law(law: LegalSource) -> str:
    return f"{law.source} ({law.as_of}): {law.says['en']}"


if __name__ == "__main__":
    sys.stdout.write(reference())
