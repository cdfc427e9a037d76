"""Rule sets and their data, drawn by hypothesis: only what `check` accepts, used in every way that it can be.

Numbers come from short lists, so that ties, results exactly on a target, on a tier or on a half cent, and zeros are
common rather than rare. Whatever is drawn shrinks towards the plainest rule set: one payee, one KPI, one plan.
"""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from tests.drawn.changes import Changing
from tests.drawn.plans import Drawing
from tests.drawn.writing import as_yaml, decimal_text
from tests.oracle import Case
from tests.oracle.corrections import Gone, amounts

__all__ = [
    "as_yaml", "cases", "cases_adjusted", "cases_over_time", "cases_recorded", "cases_with_variants", "changes",
    "decimal_text", "facts_known_later",
]  # fmt: skip


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A rule set that is accepted, its tables, and a period."""
    return Drawing(draw).case()


@st.composite
def cases_over_time(draw: st.DrawFn) -> Case:
    """The same, with people of whom something changes from day to day."""
    return Drawing(draw).case(always_dated=True)


@st.composite
def cases_adjusted(draw: st.DrawFn) -> Case:
    """The same as `cases`, with decisions about the pay of some."""
    return Drawing(draw).case(adjusted=True)


@st.composite
def cases_recorded(draw: st.DrawFn) -> Case:
    """The same as `cases`, with facts that say when they were recorded, as of some day."""
    return Drawing(draw).case(recorded=True)


@st.composite
def changes(draw: st.DrawFn) -> tuple[Case, Case, set[Gone]]:
    """A case, the same with what is known later, and which of the rows that are gone were decided to go."""
    found = Changing(draw).change()
    for _ in range(4):
        if any(amounts(found[0])[0].values()):  # who is paid nothing can only be paid more
            break
        found = Changing(draw).change()
    return found


@st.composite
def facts_known_later(draw: st.DrawFn) -> tuple[Case, Case]:
    """A case, and the same with other facts."""
    changing = Changing(draw)
    case = changing.case()
    return case, changing.facts_change(copy.deepcopy(case))


@st.composite
def cases_with_variants(draw: st.DrawFn) -> tuple[Case, list[dict[str, Any]]]:
    """A case, and its rule set as it stands, with other numbers in some plans, and with another formula or step."""
    changing = Changing(draw)
    case = changing.case(adjusted=changing.chance(30))
    return case, [changing.variant(case.rules) for _ in range(changing.size(1, 4))]
