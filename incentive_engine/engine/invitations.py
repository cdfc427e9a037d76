"""Response rates: how many were asked, beside how many answered.

Invitations are facts: they are credited as all others are, and counted by a KPI that nobody declared, beside each KPI
of answers, for the same subject and days. It is in no table of results; what it finds stands beside the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import ClassVar, Final

from incentive_engine.compiler.inputs import ResultKey
from incentive_engine.engine.measured import Result, Sheet
from incentive_engine.kinds.kpi_kind import COUNT, FromFacts
from incentive_engine.kinds.kpis import Count
from incentive_engine.rulesets.models import Kpi, RuleSet

INVITED: Final = "invited"
_HIDDEN: Final = "\0invited "  # no KPI has this name


class _Invitations(Count):
    """Number of invitations: counted, not measured, so that there is nothing uncertain about it."""

    interval: ClassVar[None] = None


def with_invitations(rules: RuleSet) -> RuleSet:
    """The rule set with a KPI that counts the invitations behind each KPI of which they are known."""
    hidden = {
        _HIDDEN + name: kpi.model_copy(
            update={"compute": _Invitations.model_validate({"kind": "count", "from": source})}
        )
        for name, kpi in rules.kpis.items()
        if (source := _invitations_of(rules, kpi)) is not None
    }
    return rules.model_copy(update={"kpis": {**rules.kpis, **hidden}}) if hidden else rules


def with_invited(rules: RuleSet, keys: Iterable[ResultKey]) -> list[ResultKey]:
    """The keys, with those of the invitations behind them, as far as these say whom they are about."""
    keys = list(keys)
    hidden = [replace(key, kpi=_HIDDEN + key.kpi) for key in keys if _HIDDEN + key.kpi in rules.kpis]
    return keys + [key for key in hidden if _named(rules, key)]


def beside(sheets: Iterable[Sheet]) -> list[Sheet]:
    """The sheets, the number of invitations in a column of each result of which it is known."""
    sheets = list(sheets)
    hidden = {key: result for sheet in sheets for key, result in sheet.items() if key.kpi.startswith(_HIDDEN)}
    if not hidden:
        return sheets
    shown = (
        {key: _with(result, key, hidden) for key, result in sheet.items() if key not in hidden} for sheet in sheets
    )
    return [sheet for sheet in shown if sheet]


def _with(result: Result, key: ResultKey, hidden: Mapping[ResultKey, Result]) -> Result:
    asked = hidden.get(replace(key, kpi=_HIDDEN + key.kpi))
    return (
        result if asked is None else replace(result, frame=result.frame.with_columns(asked.frame[COUNT].alias(INVITED)))
    )


def _invitations_of(rules: RuleSet, kpi: Kpi) -> str | None:
    """The source of those who were asked, where the KPI's own says so."""
    source = rules.sources.get(kpi.compute.source) if isinstance(kpi.compute, FromFacts) else None
    return None if source is None else source.invitations


def _named(rules: RuleSet, key: ResultKey) -> bool:
    """Whether invitations can say that they are about a subject of this kind."""
    compute = rules.kpis[key.kpi].compute
    assert isinstance(compute, FromFacts)
    source = rules.sources[compute.source]
    return key.subject_kind == "company" or source.payee is not None or getattr(source, key.subject_kind) is not None
