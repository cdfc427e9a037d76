"""A statement read by its visible text alone, and worked out again with a pocket calculator: shares no code with it."""

from tests.visible.reckoning import Reckoned, Wrong, reckoned
from tests.visible.sight import Sight, seen

__all__ = ["Reckoned", "Sight", "Wrong", "reckoned", "seen"]
