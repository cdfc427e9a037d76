"""Where the rule sets and templates that come with the engine are.

At the top of the project in a checkout, where people look for them; inside the package once installed.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def rules_dir() -> Path:
    """The folder of the rule sets that come with the engine."""
    return _shipped("rules")


def catalogue_dir() -> Path:
    """The folder of the KPIs that rule sets can take over, among the rule sets."""
    return rules_dir() / "kpis"


def leave_dir() -> Path:
    """The folder of the types of leave that rule sets can take over, among the rule sets."""
    return rules_dir() / "leave"


def project_dir() -> Path:
    """The folder of what a quarter's home has beside its rule set: who may do what, how payroll wants its file."""
    return rules_dir() / "project"


def scenarios_dir() -> Path:
    """The folder of scenarios to try: in `starter` on the rule set to start from, in `demo` on the demo company."""
    return rules_dir() / "scenarios"


def rule_sets() -> list[Path]:
    """Every rule set that comes with the engine; what rule sets take over, and what stands beside them, is none."""
    others = {catalogue_dir(), leave_dir(), project_dir(), scenarios_dir()}
    return [path for path in sorted(rules_dir().rglob("*.yaml")) if others.isdisjoint(path.parents)]


def templates_dir() -> Path:
    """The folder of the templates that statements are written from."""
    return _shipped("templates")


def _shipped(name: str) -> Path:
    installed = _PACKAGE / "_shipped" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
