"""What columns that most workforces have are called in reports; others are called as their header is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from incentive_engine.kinds.base import Label
from incentive_engine.rulesets.resolving import UNTRANSLATED

_USUAL: Final[Mapping[str, tuple[str, str]]] = {
    "base_salary": ("base salary", "salaire de base"),
    "country": ("country", "pays"),
    "department": ("department", "service"),
    "fte": ("working time", "temps de travail"),
    "legal_entity": ("legal entity", "entité juridique"),
    "level": ("level", "niveau"),
    "manager": ("manager", "responsable"),
    "role": ("role", "fonction"),
    "team": ("team", "équipe"),
}


def column_called(name: str) -> Label:
    """What a column of the workforce is called."""
    if name not in _USUAL:
        return {UNTRANSLATED: name}
    english, french = _USUAL[name]
    return {"en": english, "fr": french}
