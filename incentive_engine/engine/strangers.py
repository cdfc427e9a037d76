"""Names that the workforce does not have, and what to say of them.

A fact about `north` where the team is called `North` would be credited to a team of nobody, and `North` would be paid
on what is left: such rows are held, with the name that was probably meant.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from incentive_engine.errors import did_you_mean

NOT_KNOWN: Final = {
    "payee": "is not in the workforce",
    "team": "is the team of nobody in the workforce",
    "department": "is the department of nobody in the workforce",
}
_GUESSED = 20
"""So many names are compared with all that are known; a column of thousands of strange names is none of names."""


def strange_names(named: pl.Series, known: pl.Series) -> pl.Series:
    """The names that are not known, each once, in order."""
    # Who is known goes first: to tell millions of names apart takes five times as long as to look them up.
    strange = ~pl.col(named.name).is_in(known.implode())
    return named.to_frame().lazy().filter(strange).unique().collect(engine="streaming").to_series().sort()


def among(column: str, names: pl.Series) -> pl.Expr:
    """Boolean, never missing: whether a column has one of the names."""
    return pl.col(column).is_in(names.implode()).fill_null(False)


def guesses(column: str, strange: pl.Series, known: pl.Series, otherwise: str) -> pl.Expr:
    """For each strange name of a column, the known one that was probably meant, as the end of a sentence."""
    names, meant = strange.head(_GUESSED), known.unique().to_list()
    told = {name: guess for name in names if (guess := did_you_mean(name, meant))}
    ending = pl.col(column).replace_strict(list(told), list(told.values()), default=otherwise, return_dtype=pl.String)
    return pl.concat_str(pl.lit(": "), ending)


def bare(name: str) -> str:
    """A name without what people write differently: capitals, spaces and signs."""
    return "".join(character for character in name.casefold() if character.isalnum())
