"""The numbered rules in the reference: why each is one, an example that breaks it, and one that keeps it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Final

from incentive_engine.rulesets.checks.plans.examples import EXAMPLE
from incentive_engine.rulesets.checks.plans.rule import Level
from incentive_engine.rulesets.plan_rules import PLAN_RULES
from incentive_engine.rulesets.tested import TESTED

_WIDTH: Final = 120
_LEVELS: Final[Mapping[Level, str]] = {
    "error": "An error: the rule set is refused.",
    "warning": "A warning.",
}
_HEAD: Final = """## Numbered rules

`incentive check` tells where a plan breaks one of these rules. Who means it so says why, and who answers for it; then
the reason is told in place of the problem, and a reader of the rules finds it:

```yaml
waive:
  - rule: P01-cliff
    at: plans.adviser.scorecard.sales
    because: {en: The works council asked for one clear threshold, fr: Le CSE a demandé un seuil unique et clair}
    by: The pay committee
    until: 2027-12-31
```

`at` is where it is broken, with dots, and all below that. After `until` it is told again; so is a waiver of what is no
longer broken. An error refuses the rule set, a warning does not. The examples stand in this rule set; what they write
of a plan, or under a name, takes the place of what is here:

```yaml
{example}```
"""


_TESTED: Final = """### What examples are asked to show

`incentive test` tells what of the plans no example shows, each hole at its place and under one of these numbers; a
waiver of that number and place gives the reason why there is none.

| number | an example is asked for |
|---|---|
{rows}
"""


def numbered_rules() -> Iterator[str]:
    """The section, in Markdown."""
    yield _HEAD.replace("{example}", EXAMPLE)
    for rule in PLAN_RULES:
        said = [
            f"{rule.holds} {rule.why}",
            " ".join([_LEVELS[rule.level], *(f"Source: {each}" for each in rule.sources)]),
        ]
        lines = [f"### {rule.code}", ""]
        for paragraph in said:
            lines += [textwrap.fill(paragraph, _WIDTH, break_on_hyphens=False, break_long_words=False), ""]
        for title, example in (("Broken:", rule.bad), ("Kept:", rule.good)):
            lines += [title, "", "```yaml", example + "```", ""]
        yield "\n".join(lines)
    rows = [f"| `{code}` | {asked} |" for code, asked in TESTED.items()]
    yield _TESTED.format(rows="\n".join(rows))
