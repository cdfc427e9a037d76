"""What a payee reads: from a run folder to values, from values to pages."""

from incentive_engine.statements.values import Statement
from incentive_engine.statements.writing import write_statements

__all__ = ["Statement", "write_statements"]
