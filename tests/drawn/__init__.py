"""Rule sets and their data, drawn by hypothesis: only what `check` accepts, used in every way that it can be.

Numbers come from short lists, so that ties, results exactly on a target, on a tier or on a half cent, and zeros are
common rather than rare. Whatever is drawn shrinks towards the plainest rule set: one payee, one KPI, one plan.
"""

from __future__ import annotations

from hypothesis import strategies as st

from tests.drawn.plans import Drawing
from tests.drawn.writing import as_yaml, decimal_text
from tests.oracle import Case

__all__ = ["as_yaml", "cases", "cases_over_time", "decimal_text"]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A rule set that is accepted, its tables, and a period."""
    return Drawing(draw).case()


@st.composite
def cases_over_time(draw: st.DrawFn) -> Case:
    """The same, with people of whom something changes from day to day."""
    return Drawing(draw).case(always_dated=True)
