"""What a run read and worked out about one payee, table by table, without anybody else.

Rows of colleagues are left out; so are the columns that say who a customer or a manager is, and what customers wrote:
what of that may be shown is on the statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from incentive_engine.compiler.inputs import SEGMENT
from incentive_engine.engine.wording import Wording
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.rulesets.contracts import WORKFORCE
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.statements.gathering import Gathered

_PAYEE: Final = "payee"
_RESULTS: Final = "kpis"
_WORKED_OUT: Final = (
    "payouts", "segments", "contributions", "kpis", "eligibility", "held", "adjustments", "corrections",
)  # fmt: skip
_OF_OTHERS: Final = ("manager",)


@dataclass(frozen=True, slots=True)
class OwnTable:
    """One table of a pack. `about`: `data` that was read, or a `result` that was worked out."""

    about: str
    name: str
    rows: pl.DataFrame


def own_tables(of: Gathered, payee: str, language: str) -> Iterator[OwnTable]:
    """Every table that holds anything of a payee, in the order of their names."""
    assert of.run.folder is not None, "a pack is made of a run folder"
    inputs, ruleset = of.run.folder / "inputs", of.rules.ruleset
    here = _was(inputs, payee)
    for path in sorted(inputs.glob("[!_]*.parquet")):
        rows = _own(pl.scan_parquet(path), path.stem, payee, here, ruleset).collect(engine="streaming")
        if rows.height:
            yield OwnTable("data", path.stem, rows.drop(_hidden(path.stem, ruleset), strict=False))
    for name in _WORKED_OUT:
        rows = of.run.tables[name].collect()
        if rows.height:
            yield OwnTable("result", "results" if name == _RESULTS else name, rows)
    calculated = [each for each in _calculated(of, Wording("fr" if language == "fr" else "en")) if each.height]
    if calculated:
        yield OwnTable("result", "calculation", pl.concat(calculated))


def _was(inputs: Path, payee: str) -> Mapping[str, list[object]]:
    """What the workforce says of a payee, with what else that was on some days: all teams, levels, departments."""
    people = pl.scan_parquet(inputs / f"{WORKFORCE}.parquet")
    known: dict[str, list[object]] = {name: [] for name in people.collect_schema().names()}
    for path in sorted(inputs.glob("[!_]*.parquet")):
        table = pl.scan_parquet(path)
        columns = table.collect_schema().names()
        if _PAYEE in columns and (path.stem == WORKFORCE or "from" in columns):
            own = table.filter(pl.col(_PAYEE) == payee).collect(engine="streaming")
            for name in known.keys() & own.columns:
                known[name] += own[name].drop_nulls().unique(maintain_order=True).to_list()
    return known


def _own(rows: pl.LazyFrame, name: str, payee: str, here: Mapping[str, list[object]], ruleset: RuleSet) -> pl.LazyFrame:
    """The rows of a table that are about a payee, or about everybody who is like the payee in what it asks for."""
    columns = rows.collect_schema().names()
    source = ruleset.sources.get(name)
    if source is not None:
        return rows.filter(pl.lit(False) if source.payee is None else pl.col(source.payee) == payee)
    if name == _RESULTS:
        own = {(_PAYEE, payee)} | {(kind, each) for kind in ("team", "department") for each in here.get(kind, ())}
        named = [(pl.col("subject_kind") == kind) & (pl.col("subject") == subject) for kind, subject in sorted(own)]
        return rows.filter(pl.any_horizontal(*named, pl.col("subject_kind") == "company"))
    if _PAYEE in columns:
        return rows.filter(pl.col(_PAYEE) == payee)
    return rows.filter(*(pl.col(each).is_in(here[each]) for each in columns if each in here))


def _hidden(name: str, ruleset: RuleSet) -> list[str]:
    """The columns that say who somebody else is, or what customers wrote."""
    customers = [each.customer for each in ruleset.sources.values() if each.customer is not None]
    kinds = [kpi.compute for kpi in ruleset.kpis.values() if isinstance(kpi.compute, FromFacts)]
    told_apart = [column for kind in kinds for column in kind.texts().values()]
    written = [kpi.verbatims.column for kpi in ruleset.kpis.values() if kpi.verbatims is not None]
    return [*_OF_OTHERS, *customers, *([*told_apart, *written] if name in ruleset.sources else [])]


def _calculated(of: Gathered, wording: Wording) -> Iterator[pl.DataFrame]:
    """One row per number that was worked out, in the order of the steps, with how, and the line of the rules."""
    steps = of.run.tables["steps"].collect().with_row_index("order")
    language = "_fr" if wording.language == "fr" else ""
    for trace in of.run.trace.values():
        known = [name for name in trace.columns if name in set(steps["column"])]
        texts = trace.select(_PAYEE, "plan", SEGMENT, *(pl.col(name).cast(pl.String) for name in known))
        numbers = texts.unpivot(known, index=[_PAYEE, "plan", SEGMENT], variable_name="column", value_name="value")
        told = numbers.drop_nulls("value").join(steps, on=["plan", "column"]).sort(_PAYEE, "plan", SEGMENT, "order")
        rows = {(row["plan"], row[SEGMENT]): row for row in trace.iter_rows(named=True)}
        sentences = told.select("plan", SEGMENT, f"sentence{language}").iter_rows()
        filled = [wording.fill(wording.constants(said), rows[plan, segment]) for plan, segment, said in sentences]
        said = pl.Series("sentence", filled, pl.String), pl.col(f"rounding{language}").alias("rounding")
        yield told.select(_PAYEE, "plan", SEGMENT, "node", "step", "value", *said, "rule", "column")
