"""What a payee reads: from a run folder to values, from values to pages."""

from incentive_engine.statements.design import read_design
from incentive_engine.statements.drafting import left_behind
from incentive_engine.statements.values import Statement
from incentive_engine.statements.writing import write_statements

__all__ = ["Statement", "left_behind", "read_design", "write_statements"]
