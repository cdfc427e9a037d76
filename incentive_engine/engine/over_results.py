"""Results over results: formulas over KPIs, each after what it reads, in whatever period.

They stand on the rounded results of the others, as they are printed, and so can be worked out again from the page.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import polars as pl

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.engine.measured import SUBJECT, VALUE, Result, Sheet, as_column, fitted_result, rounded
from incentive_engine.exact import Exact
from incentive_engine.kinds.kpi_kind import COUNT
from incentive_engine.kinds.over_kpis import OverKpis
from incentive_engine.periods import Period
from incentive_engine.rulesets.models import Kpi


def with_what_they_read(kpis: Mapping[str, Kpi], keys: Collection[ResultKey], period: Period) -> list[ResultKey]:
    """The keys and all that they read, directly and by others, each after what it reads."""
    ordered: dict[ResultKey, None] = {}

    def visit(key: ResultKey) -> None:
        if key not in ordered:
            for read in read_by(kpis[key.kpi], key, period).values():
                visit(read)
            ordered[key] = None

    for key in sorted(keys):
        visit(key)
    return list(ordered)


def read_by(kpi: Kpi, key: ResultKey, period: Period) -> Mapping[str, ResultKey]:
    """The results that a result reads, by the name that its formula gives them; none for all other kinds."""
    if not isinstance(kpi.compute, OverKpis):
        return {}
    own = key.period(period)
    earlier = {"": lambda: own, "previous": own.previous, "year_before": own.year_before}
    return {
        name: ResultKey.of_period(read.kpi, key.subject_kind, earlier[read.when](), period)
        for name, read in kpi.compute.reads().items()
    }


def results_over_kpis(
    kpis: Mapping[str, Kpi], keys: Collection[ResultKey], known: Mapping[ResultKey, Result], period: Period
) -> list[Sheet]:
    """The results of formulas over KPIs among `keys`, which are in the order in which they can be worked out."""
    results = dict(known)
    sheets: dict[str, dict[ResultKey, Result]] = {}
    for key in keys:
        kpi = kpis[key.kpi]
        if isinstance(kpi.compute, OverKpis):
            read = {name: results[each] for name, each in read_by(kpi, key, period).items()}
            results[key] = _worked_out(kpi, kpi.compute, read)
            sheets.setdefault(key.subject_kind, {})[key] = results[key]
    return list(sheets.values())


def _worked_out(kpi: Kpi, compute: OverKpis, read: Mapping[str, Result]) -> Result:
    subjects = next(iter(read.values())).frame.select(SUBJECT)
    side_by_side = subjects.with_columns(column for name, result in read.items() for column in _columns(name, result))
    value = compute.result({name: Exact.column(name, result.scale) for name, result in read.items()})
    counts = [pl.col(f"{name}\0{COUNT}") for name in read]
    known = pl.all_horizontal(count.is_not_null() for count in counts)
    frame = side_by_side.select(
        SUBJECT,
        as_column(rounded(value, kpi), VALUE),
        pl.when(known).then(pl.min_horizontal(counts)).alias(COUNT),
    )
    return fitted_result(frame, kpi)


def _columns(name: str, result: Result) -> Iterator[pl.Series]:
    yield result.frame[VALUE].alias(name)
    yield result.frame[COUNT].cast(pl.Int64).alias(f"{name}\0{COUNT}")
