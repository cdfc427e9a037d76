"""How the accepted rows of a table differ from those of before: late, changed, or gone.

Rows with a key are compared by it, others as a whole: two equal rows are two facts. A row that is there still, but that
the rules set aside now, has changed; one that is there, but cannot be used any more, is as good as gone, and says why.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from incentive_engine.engine.setting_aside import ASIDE
from incentive_engine.facts import Table

QUESTION: Final = "\0question"
"""Column of rows that are gone: the question that each is. No header is so."""
LABEL: Final = "\0label"
"""Column of rows that are gone: how people recognise each."""
WHY: Final = "\0why"
"""Column of rows that are gone: why each cannot be used any more; missing where it is not there."""
_NTH, _TIMES = "\0nth", "\0times"
_ID: Final = 12
"""Characters of a question's name."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is different in one table.

    `late`: how many rows are new. `changed`: rows of before that say something else now. `instead`: the keys of rows
    of now that were not there so. `deleted`: rows of before that are gone, with `QUESTION`, `LABEL` and `WHY`.
    """

    late: int
    changed: pl.DataFrame
    instead: pl.DataFrame
    deleted: pl.DataFrame

    @property
    def corrected(self) -> int:
        """How many say something else now."""
        return max(self.changed.height, self.instead.height)


def difference(
    before: Table, after: Table, key: Sequence[str], named: Sequence[str], held: Sequence[pl.DataFrame], of: str
) -> Difference:
    """How `after` differs from `before`.

    `key`: the columns that tell what rows are about; none where equal rows are separate. `named`: the columns by which
    people recognise a row. `held`: the rows that could not be used before and now, as `plainly_named` has them. `of`:
    what is asked about, so that a question is another one for another table and period.
    """
    mine, yours = before.frame, after.frame
    if not key and mine.equals(yours):
        return Difference(0, mine.clear(), yours.select(key).clear(), _asked(mine.clear(), key, named, held[1], of))
    by = list(key) or mine.columns
    if key and mine.select(key).equals(yours.select(key)):
        # The same rows in the same order: what differs is where something else is said of them.
        rows = _places(mine, yours, key)
        gone, new = mine.filter(rows), yours.filter(rows)
        moved = gone.select(key).unique()
    else:
        gone, new = _differing(mine, yours, key)
        found = [_shared(gone, yours, key), _shared(new, mine, key)] if key else [gone.select(by).clear()]
        moved = pl.concat(found).unique()
    gone, new = (rows.join(moved, on=by, how="anti", nulls_equal=True, maintain_order="left") for rows in (gone, new))
    mended = new.filter(_labels(new, named).is_in(held[0]["key"].implode())) if key else new.clear()
    aside = _set_aside(gone, named, held)
    return Difference(
        late=new.height - mended.height,
        changed=pl.concat([mine.join(moved, on=by, how="semi", nulls_equal=True), gone.filter(aside)]),
        instead=pl.concat([moved, mended.select(by)]).unique() if key else moved,
        deleted=_asked(gone.filter(~aside), key, named, held[1], of),
    )


def _places(mine: pl.DataFrame, yours: pl.DataFrame, key: Sequence[str]) -> pl.Series:
    """Where rows of the same place, and about the same, differ."""
    rows = pl.zeros(mine.height, dtype=pl.Boolean, eager=True)
    for name in mine.columns:
        if name not in key:
            rows |= mine[name].ne_missing(yours[name])
    return rows


def _differing(mine: pl.DataFrame, yours: pl.DataFrame, key: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that the other lacks, of each; without a key, each as often as it lacks it."""
    ours, theirs = (mine, yours) if key else (_numbered(mine), _numbered(yours))
    found = (
        rows.join(others, on=rows.columns, how="anti", nulls_equal=True, maintain_order="left").select(mine.columns)
        for rows, others in ((ours, theirs), (theirs, ours))
    )
    return next(found), next(found)


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """Equal rows numbered from 0."""
    return rows.with_columns(pl.int_range(pl.len()).over(rows.columns).alias(_NTH))


def _shared(rows: pl.DataFrame, others: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """The keys of rows that others have as well."""
    return rows.select(key).join(others, on=list(key), how="semi", nulls_equal=True)


def _set_aside(gone: pl.DataFrame, named: Sequence[str], held: Sequence[pl.DataFrame]) -> pl.Series:
    """Which of the rows that are gone are there, and set aside by the rules, one more for each that was not so before.

    Those without a key are known by whom they are about and when: no more of them than there are more set aside.
    """
    before, now = (rows.filter(pl.col("code") == ASIDE).group_by("key").len(_TIMES) for rows in held)
    more = now.join(before, on="key", how="left").select(
        pl.col("key").alias(LABEL), (pl.col(_TIMES) - pl.col(f"{_TIMES}_right").fill_null(0)).alias(_TIMES)
    )
    nth = pl.int_range(pl.len()).over(LABEL)
    known = gone.with_columns(_labels(gone, named)).join(more, on=LABEL, how="left", maintain_order="left")
    return known.select((nth < pl.col(_TIMES)).fill_null(False)).to_series()


def _asked(gone: pl.DataFrame, key: Sequence[str], named: Sequence[str], held: pl.DataFrame, of: str) -> pl.DataFrame:
    """The rows that are gone, each with the question that it is."""
    why = held.filter(pl.col("code") != ASIDE).unique("key").select(pl.col("key").alias(LABEL), WHY="reason")
    told = gone.with_columns(_labels(gone, named))
    told = told.join(why.rename({"WHY": WHY}), on=LABEL, how="left", maintain_order="left")
    identity = gone.select(key) if key else _numbered(gone)
    return told.with_columns(question_names(of, identity), _labels(gone, named, ", "))


def question_names(of: str, rows: pl.DataFrame) -> pl.Series:
    """The names of questions about rows: the same whenever the same is asked."""
    texts = ("\0".join("" if cell is None else str(cell) for cell in (of, *row)) for row in rows.iter_rows())
    names = [hashlib.sha256(text.encode("utf-8")).hexdigest()[:_ID] for text in texts]
    return pl.Series(QUESTION, names, dtype=pl.String)


def plainly_named(held: pl.DataFrame, table: str) -> pl.DataFrame:
    """The held rows of a table, the parts of their names with a comma between them and no space."""
    return held.filter(pl.col("table") == table).with_columns(pl.col("key").str.replace_all(", ", ","))


def _labels(rows: pl.DataFrame, named: Sequence[str], between: str = ",") -> pl.Series:
    """How people recognise rows, as `plainly_named` has them."""
    cells = (pl.col(each).cast(pl.String).fill_null("").str.replace_all(", ", between) for each in named)
    parts = [pl.concat_str(pl.lit(f"{name}="), cell) for name, cell in zip(named, cells, strict=True)]
    return rows.select(pl.concat_str(parts, separator=between).alias(LABEL)).to_series()
