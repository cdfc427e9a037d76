"""An explanation as lines of text: names in a column, the rule's line at the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incentive_engine.engine.explanation import Explanation


def lines(explanation: Explanation) -> Iterator[str]:
    """The explanation, line by line."""
    yield explanation.title
    for section in explanation.sections:
        yield ""
        yield section.title
        width = max(len(line.name) for line in section.lines)
        for line in section.lines:
            rule = f"  [{line.rule}]" if line.rule else ""
            yield f"  {line.name:<{width}}  {line.text}{rule}"
    yield ""
    yield explanation.note
