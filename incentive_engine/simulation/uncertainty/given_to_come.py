"""Results that are delivered ready-made and are not there yet: drawn from what their subjects reached before."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from incentive_engine.audit.readings import PERIOD
from incentive_engine.audit.reliability import reliability
from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.engine.measured import SUBJECT, VALUE, every_subject
from incentive_engine.engine.run import Run
from incentive_engine.exact import Exact, Scale
from incentive_engine.facts import Accepted, Table
from incentive_engine.kinds.intervals import HIGH, LOW, SPREAD
from incentive_engine.kinds.kpi_kind import COUNT
from incentive_engine.periods import Period
from incentive_engine.rulesets.formula_uses import RESULTS
from incentive_engine.rulesets.loading import Rules
from incentive_engine.simulation.uncertainty.urns import Urn, facts_to_come

_ABOUT: Final = ("subject_kind", "kpi")
_TYPICAL: Final = 1.0
"""Where nothing tells how far subjects differ, one own result counts for as much as those of all others."""


def reached_before(rules: Rules, accepted: Accepted, runs: Collection[Path], period: Period) -> pl.DataFrame:
    """One row per subject × KPI × earlier period of this length: subject_kind, subject, kpi, period, value (Decimal).

    From the folders of runs, and from the table of given results itself.
    """
    table = accepted.tables.get(RESULTS)
    columns = (*_ABOUT, SUBJECT, PERIOD, VALUE)
    frames = [] if table is None else [table.frame.with_columns(Exact.column(VALUE, table.scales[VALUE]).decimal())]
    frames += [Run.open(folder).kpis for folder in runs]
    if not frames:
        return pl.DataFrame(schema={name: pl.Decimal(38, 0) if name == VALUE else pl.String for name in columns})
    known = pl.concat((frame.select(columns) for frame in frames), how="vertical_relaxed").drop_nulls()
    earlier = {name for name in known[PERIOD].unique() if _is_before(rules.period(name), period)}
    return known.filter(pl.col(PERIOD).is_in(earlier)).unique(columns[:-1], keep="last").sort(columns[:-1])


def _is_before(one: Period, other: Period) -> bool:
    return one.end < other.start and one.months == other.months


class GivenToCome:
    """The given results of one period: those that were delivered, and others that may be."""

    def __init__(self, accepted: Accepted, keys: Collection[ResultKey], before: pl.DataFrame, period: Period) -> None:
        """`keys`: the results of this period that are read, all of given KPIs."""
        table, self._period = accepted.tables[RESULTS], period
        known = before.join(pl.DataFrame({"kpi": [key.kpi for key in keys]}).unique(), on="kpi", how="semi")
        places = max(table.scales[VALUE].places, _places(known))
        self._table = _finer(table, places, known)
        self._draws = [
            draw
            for key in sorted(keys)
            if (draw := _Missing.of(key, self._table, accepted, known, places, period)) is not None
        ]

    @property
    def any(self) -> bool:
        """Whether any result is still to come."""
        return bool(self._draws)

    def drawn(self, generator: np.random.Generator) -> Table:
        """The table, with a result for each subject who has none yet and of whose kind any were reached before."""
        rows = [each.drawn(generator) for each in self._draws]
        return replace(self._table, frame=pl.concat([self._table.frame, *rows], how="diagonal"))


def _places(known: pl.DataFrame) -> int:
    kind = known.schema[VALUE]
    return kind.scale if isinstance(kind, pl.Decimal) else 0


def _finer(table: Table, places: int, known: pl.DataFrame) -> Table:
    """The table with so many places, and a scale that holds what is known as well."""
    scale = table.scales[VALUE]
    unit = 10 ** (places - scale.places)
    counts = [int(each) for each in _counts(known, places).to_list()]
    ends = [scale.low * unit, scale.high * unit, *counts]
    fine = Scale(places, min(ends), max(ends))
    value = pl.col(VALUE).cast(pl.Int128) * unit
    frame = table.frame.with_columns(value.cast(Exact.column(VALUE, fine).dtype).alias(VALUE))
    return replace(table, frame=frame, scales={**table.scales, VALUE: fine})


def _counts(known: pl.DataFrame, places: int) -> pl.Series:
    return known[VALUE].cast(pl.Decimal(38, places)).to_physical()


class _Missing:
    """The subjects of one kind who have no result of one KPI yet."""

    def __init__(self, key: ResultKey, subjects: pl.Series, values: pl.Series, urns: list[Urn], period: Period) -> None:
        self._key, self._subjects, self._values, self._urns, self._period = key, subjects, values, urns, period

    @classmethod
    def of(
        cls, key: ResultKey, table: Table, accepted: Accepted, known: pl.DataFrame, places: int, period: Period
    ) -> _Missing | None:
        """None where nobody misses a result, or nobody ever had one."""
        about = {"subject_kind": key.subject_kind, "kpi": key.kpi}
        there = table.frame.filter(pl.col(PERIOD) == period.name, **about)[SUBJECT]
        every = every_subject(key.subject_kind, accepted)[SUBJECT]
        subjects = every.filter(~every.is_in(there.implode()))
        reached = known.filter(**about)
        if subjects.is_empty() or reached.is_empty():
            return None
        numbers = dict(zip(subjects, range(len(subjects)), strict=True))
        owners = reached[SUBJECT].replace_strict(numbers, default=-1, return_dtype=pl.Int64).to_numpy()
        each = np.arange(len(subjects))
        own = Urn.of(owners, each, np.full(len(subjects), _pull(reached)))
        everybody = Urn.of(np.zeros(len(owners), dtype=np.int64), np.zeros_like(each), np.zeros(len(subjects)))
        values = _counts(reached, places).cast(table.frame.schema[VALUE])
        return cls(key, subjects, values, [own, everybody], period)

    def drawn(self, generator: np.random.Generator) -> pl.DataFrame:
        """One row per subject: a result that may be delivered."""
        ones = np.ones(len(self._subjects), dtype=np.int64)
        owners = np.arange(len(self._values))
        _, chosen = facts_to_come(ones, self._urns, owners, generator)
        return pl.DataFrame({SUBJECT: self._subjects, VALUE: self._values.gather(chosen)}).with_columns(
            pl.lit(self._key.subject_kind).alias("subject_kind"),
            pl.lit(self._key.kpi).alias("kpi"),
            pl.lit(self._period.name).alias(PERIOD),
        )


def _pull(reached: pl.DataFrame) -> float:
    """With how many own results of earlier periods one is half a subject's own."""
    value = pl.col(VALUE).cast(pl.Float64)
    nothing = (pl.lit(None, pl.Float64).alias(name) for name in (LOW, HIGH))
    of_subjects = reached.group_by(pl.col(SUBJECT)).agg(
        pl.lit("").alias(PERIOD),
        value.mean(),
        pl.len().cast(pl.Int64).alias(COUNT),
        value.var().alias(SPREAD),
        *nothing,
    )
    icc = reliability(of_subjects.sort(SUBJECT)).icc
    return _TYPICAL if icc is None else (1 - icc) / icc if icc else float("inf")


def given_keys(rules: Rules, keys: Collection[ResultKey]) -> Iterator[ResultKey]:
    """Those that are delivered ready-made, of the period itself."""
    for key in keys:
        if rules.ruleset.kpis[key.kpi].compute.kind == "given" and not key.when:
            yield key
