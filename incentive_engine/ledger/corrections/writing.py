"""The folder of a correction: lines, questions, and the run by what is known now, written whole or not at all."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl

from incentive_engine.currencies import in_coins
from incentive_engine.engine.folder import fingerprint, new_folder, write_json, write_table
from incentive_engine.engine.run import Run, write_run
from incentive_engine.engine.summary import check
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.corrections.asking import told
from incentive_engine.ledger.corrections.restating import HELD, Restated
from incentive_engine.ledger.corrections.settling import CORRECTION_FILE, RUN_OF_CORRECTION, run_of
from incentive_engine.ledger.corrections.states import CAUSES
from incentive_engine.ledger.ledger import Entry
from incentive_engine.ledger.manifest import content_fingerprint, files_in
from incentive_engine.version import __version__

FORMAT: Final = 1
_LINE: Final = 20
"""Characters of a line's name."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction in its folder. `summary`: what `correction.json` holds.

    `lines`: line, payee, pays, currency, amount, cause. `questions`: question, table, key, payee, cause, why, found.
    """

    folder: Path
    summary: Mapping[str, Any]
    fingerprint: str
    lines: pl.DataFrame
    questions: pl.DataFrame

    @classmethod
    def open(cls, folder: Path) -> Correction:
        """The correction in a folder. Raises InputProblems for one that is not what was written."""
        if _told_content(folder) != _content(folder):
            hint = "take the folder from a copy kept elsewhere"
            message = f"`{folder}` was changed after the correction"
            raise InputProblems([Problem("changed-correction", message, hint=hint)])
        return cls.taken(folder)

    @classmethod
    def taken(cls, folder: Path) -> Correction:
        """The correction in a folder that is known to be unchanged."""
        written = (folder / CORRECTION_FILE).read_bytes()
        lines, questions = (pl.read_parquet(folder / f"{name}.parquet") for name in ("lines", "questions"))
        return cls(folder, json.loads(written), fingerprint(written), lines, questions)

    @property
    def waiting(self) -> Mapping[str, str]:
        """The cause by question of those about people who were paid and are held."""
        held = self.questions.filter(pl.col("table") == HELD)
        return dict(zip(held["question"], held["cause"], strict=True))


def write_correction(folder: Path, found: Restated, base: Entry, into: str, as_of: dt.date | None) -> Correction:
    """Writes a correction of what stands in `base`, booked into the period `into`. Raises InputProblems."""
    checked = check(found.calculation, as_of, Run.open(run_of(base)).corrections)
    with new_folder(folder) as draft:
        (draft / RUN_OF_CORRECTION).mkdir()
        write_run(checked, draft / RUN_OF_CORRECTION)
        write_table(_named_lines(found.lines, base), draft / "lines.parquet")
        questions = pl.DataFrame(list(told(found)), ["question", "about", "found"], orient="row").drop("about")
        asked = found.questions.join(questions, on="question", maintain_order="left") if questions.height else None
        write_table(_no_questions(found) if asked is None else asked, draft / "questions.parquet")
        write_table(found.effects, draft / "effects.parquet")
        write_json({**_summary(found, base, into), "content": _content(draft)}, draft / CORRECTION_FILE)
    return Correction.taken(folder)


def _no_questions(found: Restated) -> pl.DataFrame:
    return found.questions.clear().with_columns(pl.lit(None, pl.String).alias("found"))


def _named_lines(lines: pl.DataFrame, base: Entry) -> pl.DataFrame:
    """The lines, each with a name that it has whenever the same correction is made, and no other line has."""
    of = f"{base.id}\0{base.fingerprint}"
    keys = lines.select("payee", "pays", "currency", "cause").iter_rows()
    texts = ("\0".join((of, *key)) for key in keys)
    names = [hashlib.sha256(text.encode("utf-8")).hexdigest()[:_LINE] for text in texts]
    places = max((-_exponent(in_coins(*row)) for row in lines.select("amount", "currency").iter_rows()), default=2)
    return lines.select(pl.Series("line", names, pl.String), pl.all()).with_columns(
        pl.col("amount").cast(pl.Decimal(38, places))
    )


def _exponent(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int), "an amount is a number"
    return min(0, exponent)


def _summary(found: Restated, base: Entry, into: str) -> Mapping[str, Any]:
    totals: dict[str, dict[str, str]] = {}
    sums = found.lines.group_by("currency", "cause").agg(pl.col("amount").sum())
    order = pl.col("cause").cast(pl.Enum(CAUSES))
    for currency, cause, amount in sums.sort("currency", order).iter_rows():
        totals.setdefault(currency, {})[cause] = f"{in_coins(amount, currency):f}"
    return {
        "format": FORMAT,
        "engine": __version__,
        "rule_set": base.rule_set,
        "period": base.period,
        "into": into,
        "base": {"run": base.name, "number": base.id, "fingerprint": base.fingerprint},
        "causes": list(CAUSES),
        "compared": found.compared,
        "lines": found.lines.height,
        "totals": totals,
        "questions": found.questions.height,
    }


def _told_content(folder: Path) -> object:
    """The fingerprint that the correction says of its folder; None where it says none any more."""
    try:
        return json.loads((folder / CORRECTION_FILE).read_bytes())["content"]
    except (ValueError, TypeError, KeyError):
        return None


def _content(folder: Path) -> str:
    """The fingerprint of everything in the folder but the file that says it."""
    return content_fingerprint({name: file for name, file in files_in(folder).items() if name != CORRECTION_FILE})
