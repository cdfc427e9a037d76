"""What the demo company's customers write beside their answers: short, in French, and now and then not to be quoted.

Drawn after the answers and by a generator of its own, so that the answers are the same with and without it.
"""

from __future__ import annotations

from random import Random
from typing import Final

import polars as pl

_WRITES: Final = 0.12
_ALLOWS: Final = 0.7
_HAPPY: Final = (
    "Très bon accueil, problème réglé du premier coup.",
    "À l'écoute et efficace, merci !",
    "On m'a rappelé comme promis.",
    "Explications claires, j'ai tout compris.",
    "Rien à redire, rapide et aimable.",
)
_MIXED: Final = (
    "Correct, mais un peu d'attente.",
    "Réponse donnée, il a fallu répéter deux fois.",
    "Bien, sans plus.",
    "Aimable, mais le courrier n'est jamais arrivé.",
)
_UNHAPPY: Final = (
    "Vingt minutes d'attente pour rien.",
    "J'ai dû rappeler trois fois pour la même chose.",
    "Personne ne sait qui suit mon dossier.",
    "Rendez-vous manqué sans prévenir.",
    "On ne m'a pas laissé finir.",
)


def with_comments(rng: Random, surveys: pl.DataFrame) -> pl.DataFrame:
    """The answers with two columns more: `comment`, mostly empty, and `may_quote`, yes or no where there is one."""
    written = [_comment(rng, satisfaction) for satisfaction in surveys["satisfaction"]]
    allowed = [None if text is None else "yes" if rng.random() < _ALLOWS else "no" for text in written]
    return surveys.with_columns(
        pl.Series("comment", written, dtype=pl.String), pl.Series("may_quote", allowed, dtype=pl.String)
    )


def _comment(rng: Random, satisfaction: int | None) -> str | None:
    if satisfaction is None or rng.random() >= _WRITES:
        return None
    return rng.choice(_HAPPY if satisfaction >= 4 else _MIXED if satisfaction == 3 else _UNHAPPY)
