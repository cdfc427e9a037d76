"""What a statement says, as frozen values: templates lay it out and work nothing out.

Texts are in the reader's language and numbers are written as the reader writes them, so that every template (and every
format) prints the same digits. Amounts are kept beside their text, exact.
"""

from incentive_engine.statements.values.bridges import Bridge
from incentive_engine.statements.values.drawings import Bar, Dot, Drawing, Perspective, Sketch
from incentive_engine.statements.values.groups import (
    Band,
    DepartmentPage,
    GroupLine,
    HeardResult,
    Money,
    PastResult,
    PlanMoney,
    PublicPage,
    PublicResult,
    Reason,
    Voice,
)
from incentive_engine.statements.values.listing import (
    Control,
    Correction,
    Decision,
    Department,
    Entries,
    Entry,
    Index,
    Outside,
)
from incentive_engine.statements.values.page import (
    Card,
    Comments,
    Held,
    Line,
    Origin,
    Part,
    Pay,
    Pool,
    Released,
    Source,
    Statement,
    Sum,
)
from incentive_engine.statements.values.records import Term, Unused
from incentive_engine.statements.values.variations import Alternatives, Variation, Varied

__all__ = [
    "Alternatives",
    "Band",
    "Bar",
    "Bridge",
    "Card",
    "Comments",
    "Control",
    "Correction",
    "Decision",
    "Department",
    "DepartmentPage",
    "Dot",
    "Drawing",
    "Entries",
    "Entry",
    "GroupLine",
    "HeardResult",
    "Held",
    "Index",
    "Line",
    "Money",
    "Origin",
    "Outside",
    "Part",
    "PastResult",
    "Pay",
    "Perspective",
    "PlanMoney",
    "Pool",
    "PublicPage",
    "PublicResult",
    "Reason",
    "Released",
    "Sketch",
    "Source",
    "Statement",
    "Sum",
    "Term",
    "Unused",
    "Variation",
    "Varied",
    "Voice",
]
