"""The demo company: 2,400 invented payees and a quarter of what their customers experienced, always the same."""

from incentive_engine.demo.company import PERIOD, write_company

__all__ = ["PERIOD", "write_company"]
