"""Exact arithmetic on columns: integers that count a unit, with a proved interval. Nothing else rounds or divides.

A value is counts × unit (÷ per). The unit is a Python `Fraction`, so that constant factors touch no row and never
round; the counts are Int64 where their proved interval fits and Int128 where it does not, and what could leave
Decimal(38) is refused before anything runs, because Polars integers wrap silently. Missing is null and stays null:
every operation that would swallow a null is guarded here, once. Roads not taken: Float64 (department means gave 37 bit
patterns over 72 settings of threads and row order), Decimal columns (× and ÷ round to the input scale; 5 to 7 times
slower).

From the ground up: `counts`, `units`, `quotients` (divisions put off), `comparisons`, `value` (`Exact` itself), and
above it, as functions, what works on whole values only: `stretches`, `curves`, `exponential` and `allocation`.
"""

from incentive_engine.exact.allocation import Allocation, allocated
from incentive_engine.exact.counts import CannotProve, Mode
from incentive_engine.exact.curves import interpolated
from incentive_engine.exact.exponential import exponential, logistic, power_of_e
from incentive_engine.exact.picking import PICKED, OneAtOnce, Which
from incentive_engine.exact.stretches import Start, Table, stepped, tabled
from incentive_engine.exact.units import Number, Points, Scale
from incentive_engine.exact.value import Exact, greatest, least, total_of

__all__ = [
    "PICKED",
    "Allocation",
    "CannotProve",
    "Exact",
    "Mode",
    "Number",
    "OneAtOnce",
    "Points",
    "Scale",
    "Start",
    "Table",
    "Which",
    "allocated",
    "exponential",
    "greatest",
    "interpolated",
    "least",
    "logistic",
    "power_of_e",
    "stepped",
    "tabled",
    "total_of",
]
