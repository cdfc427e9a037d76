"""An audit as a page that stands alone, through the templates' sandbox, and as data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

import polars as pl

from incentive_engine.audit.findings import Audit, Evidence
from incentive_engine.audit.paper import Page
from incentive_engine.audit.planned import of_plan
from incentive_engine.audit.telling import reader, told
from incentive_engine.audit.writing import Writer
from incentive_engine.rulesets.loading import Rules, rules_for
from incentive_engine.shipped import templates_dir
from incentive_engine.statements.catalogues import Words
from incentive_engine.statements.languages import codes
from incentive_engine.statements.pages import environment

TEMPLATE: Final = "audit.html.j2"


def written(audit: Audit, rules: Rules, language: str) -> tuple[Page, Words]:
    """An audit in one language, and the words of that language."""
    words = reader(language, rules.ruleset.currency)
    return Writer(audit, _audited(audit, rules), words).page(), words.words


def _audited(audit: Audit, rules: Rules) -> Rules:
    """The rules by which the last of the periods was paid."""
    return rules_for(rules, rules.period(audit.periods[-1]))


def html(page: Page, words: Words) -> str:
    """The page."""
    return environment(templates_dir()).get_template(TEMPLATE).render(page=page, words=words)


def as_data(audit: Audit, rules: Rules) -> dict[str, Any]:
    """The whole audit as plain data for JSON: evidence as code, values, and a sentence in every language."""
    readers = [reader(code, rules.ruleset.currency) for code in codes()]

    def plain(value: Any) -> Any:
        if isinstance(value, Evidence):
            values = {name: plain(each) for name, each in value.values.items()}
            return {"code": value.code, "values": values, "text": {each.code: told(value, each) for each in readers}}
        if isinstance(value, pl.DataFrame):
            return value.to_dicts()
        if is_dataclass(value):
            return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        if isinstance(value, Mapping):
            return {" × ".join(name) if isinstance(name, tuple) else name: plain(each) for name, each in value.items()}
        if isinstance(value, tuple | list):
            return [plain(each) for each in value]
        return value.isoformat() if isinstance(value, dt.date) else value

    data: dict[str, Any] = plain(audit)
    for found, kpi in zip(data["kpis"], audit.kpis, strict=True):
        found |= {"verdict": kpi.verdict, "to_settle": list(kpi.to_settle)}
    for plan, found in zip(data["plans"], audit.plans, strict=True):
        plan["findings"] = [plain(each) for each in of_plan(found, _audited(audit, rules).ruleset.kpis)]
    return data
