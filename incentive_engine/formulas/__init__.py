"""The formula language: Excel-like, closed, typed, exact, and null-propagating.

`Formula` is what rule sets hold; `check` says what is wrong with one, `compile_number` and `compile_condition` turn it
into exact columns, `constant` into a fraction where it names nothing.
"""

from incentive_engine.formulas.checking import FormulaProblem, Name, check
from incentive_engine.formulas.compiling import Clock, CurveFunction, Scope, compile_condition, compile_number
from incentive_engine.formulas.folding import constant
from incentive_engine.formulas.formula import Formula
from incentive_engine.formulas.functions import CURVE, FUNCTIONS
from incentive_engine.formulas.syntax import FormulaSyntaxError
from incentive_engine.formulas.tree import Node, Type

__all__ = [
    "CURVE",
    "FUNCTIONS",
    "Clock",
    "CurveFunction",
    "Formula",
    "FormulaProblem",
    "FormulaSyntaxError",
    "Name",
    "Node",
    "Scope",
    "Type",
    "check",
    "compile_condition",
    "compile_number",
    "constant",
]
