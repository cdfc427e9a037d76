"""Where the rule sets and templates that come with the engine are.

At the top of the project in a checkout, where people look for them; inside the package once installed.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def rules_dir() -> Path:
    """The folder of the rule sets that come with the engine."""
    return _shipped("rules")


def templates_dir() -> Path:
    """The folder of the templates that statements are written from."""
    return _shipped("templates")


def _shipped(name: str) -> Path:
    installed = _PACKAGE / "_shipped" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
