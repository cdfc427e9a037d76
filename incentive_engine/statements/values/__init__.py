"""What a statement says, as frozen values: templates lay it out and work nothing out.

Texts are in the reader's language and numbers are written as the reader writes them, so that every template (and every
format) prints the same digits. Amounts are kept beside their text, exact.
"""

from incentive_engine.statements.values.listing import (
    Correction,
    Decision,
    Department,
    Entry,
    Index,
    Outside,
)
from incentive_engine.statements.values.page import (
    Bar,
    Card,
    Comments,
    Drawing,
    Held,
    Line,
    Origin,
    Part,
    Pay,
    Perspective,
    Pool,
    Released,
    Source,
    Statement,
    Sum,
)

__all__ = [
    "Bar",
    "Card",
    "Comments",
    "Correction",
    "Decision",
    "Department",
    "Drawing",
    "Entry",
    "Held",
    "Index",
    "Line",
    "Origin",
    "Outside",
    "Part",
    "Pay",
    "Perspective",
    "Pool",
    "Released",
    "Source",
    "Statement",
    "Sum",
]
