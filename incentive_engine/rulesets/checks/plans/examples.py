"""The rule set that examples of numbered rules stand in: each writes what it is about, and all the rest is here."""

from __future__ import annotations

from typing import Any, Final

from incentive_engine.documents import Document, read_text
from incentive_engine.mistakes import KeyPath

EXAMPLE: Final = """\
rule_set: example
version: "1"
title: {en: Quarterly bonus, fr: Prime trimestrielle}
decided: {by: The pay committee, on: 2025-12-11, notified: 2025-12-18}
currency: EUR
timezone: Europe/Paris
sources:
  surveys: {path: surveys.csv, payee: adviser, team: team, date: answered_on}
kpis:
  satisfied:
    title: {en: Satisfied customers, fr: Clients satisfaits}
    perspective: customer
    compute: {kind: share, from: surveys, where: answer >= 4}
    better: higher
    reliability: {at_least: 30, otherwise: team}
  sales:
    title: {en: Sales signed, fr: Ventes signées}
    perspective: internal
    compute: {kind: given, at_most: 1000000}
    better: higher
curves:
  on_ratio: {kind: linear, points: [[80%, 50%], [100%, 100%], [120%, 150%]], below: zero}
plans:
  adviser:
    title: {en: Adviser, fr: Conseiller}
    pays: bonus
    who: role = "Adviser"
    target_pay: base_salary * 8% / 4
    scorecard:
      satisfied: {weight: 70%, of: payee, target: 80%, attainment: ratio, curve: on_ratio}
      sales: {weight: 30%, of: payee, target: 40000, attainment: ratio, curve: on_ratio}
    proration: {by: calendar_days}
"""
_FILE: Final = "example.yaml"
_DEPTH: Final = {"plans": 2}
"""How deep an example is filled: plans key by key, other sections entry by entry, what stands by itself as a whole."""


def completed(example: str) -> Document:
    """The rule set of an example: what it writes, and the rest as in `EXAMPLE`."""
    document = read_text(example, _FILE)
    for key, section in read_text(EXAMPLE, _FILE).data.items():
        if key not in document.data:
            document = document.filled((), {key: section}, ())
        elif isinstance(section, dict) and any(isinstance(each, dict) for each in section.values()):
            document = _filled(document, (key,), section, _DEPTH.get(key, 1))
    return document


def _filled(document: Document, at: KeyPath, others: dict[str, Any], depth: int) -> Document:
    own = document.data
    for key in at:
        own = own[key]
    document = document.filled(at, others, at)
    for key in sorted(others.keys() & own.keys()) if depth > 1 else ():
        document = _filled(document, (*at, key), others[key], depth - 1)
    return document
