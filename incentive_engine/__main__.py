"""`python -m incentive_engine`, for machines where the `incentive` script is not on the path."""

from __future__ import annotations

from incentive_engine.cli import main

main()
