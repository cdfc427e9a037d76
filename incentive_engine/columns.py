"""The columns of every table that a run writes: the contract with whoever reads a run folder.

Money and ratios leave as Parquet decimals; how many places a decimal has follows from the rule set (a KPI given at 12
places keeps 12), so only the kind of each column is fixed here. A number that no rule rounds and that does not end
(`rounding: none`) leaves rounded to 12 places; the trace keeps the fraction. `low` and `high` of KPIs, the 95 %
interval, are null until an interval is worked out for their kind.
"""

from __future__ import annotations

from typing import Final, Literal

Kind = Literal["text", "decimal", "count", "date", "flag"]

PAYOUTS: Final[dict[str, Kind]] = {
    "payee": "text", "plan": "text", "pays": "text", "period": "text", "department": "text", "currency": "text",
    "target_pay": "decimal", "score": "decimal", "proration": "decimal", "computed": "decimal", "guarantee": "decimal",
    "adjustment": "decimal", "payout": "decimal", "customer_pay": "decimal", "internal_pay": "decimal",
    "other_pay": "decimal", "paid_currency": "text", "exchange_rate": "decimal", "paid": "decimal",
    "rate_effect": "decimal",
}  # fmt: skip
SEGMENTS: Final[dict[str, Kind]] = {
    "payee": "text", "plan": "text", "pays": "text", "period": "text", "segment": "count", "first_day": "date",
    "last_day": "date", "department": "text", "currency": "text", "target_pay": "decimal", "score": "decimal",
    "proration": "decimal", "computed": "decimal", "guarantee": "decimal", "adjustment": "decimal",
    "payout": "decimal", "customer_pay": "decimal", "internal_pay": "decimal", "other_pay": "decimal",
    "paid_currency": "text", "exchange_rate": "decimal", "paid": "decimal", "rate_effect": "decimal",
}  # fmt: skip
CONTRIBUTIONS: Final[dict[str, Kind]] = {
    "payee": "text", "plan": "text", "segment": "count", "measure": "text", "kpi": "text", "perspective": "text",
    "weight": "decimal", "source": "text", "subject_kind": "text", "subject": "text", "actual": "decimal", "n": "count",
    "path": "text", "target": "decimal", "attainment": "decimal", "rate": "decimal", "score": "decimal",
    "pay": "decimal",
}  # fmt: skip
DEPARTMENTS: Final[dict[str, Kind]] = {
    "department": "text", "plan": "text", "measure": "text", "payees": "count", "score": "decimal",
    "target_pay": "decimal", "payout": "decimal", "customer_share": "decimal", "held": "count",
}  # fmt: skip
STEPS: Final[dict[str, Kind]] = {
    "plan": "text", "column": "text", "node": "text", "step": "text", "sentence": "text", "sentence_fr": "text",
    "places": "count", "mode": "text", "rounding": "text", "rounding_fr": "text", "rule": "text",
}  # fmt: skip
KPIS: Final[dict[str, Kind]] = {
    "kpi": "text", "subject_kind": "text", "subject": "text", "period": "text", "from": "date", "to": "date",
    "value": "decimal", "n": "count", "numerator": "decimal", "denominator": "decimal", "low": "decimal",
    "high": "decimal", "invited": "count",
}  # fmt: skip
POOLS: Final[dict[str, Kind]] = {
    "pool": "text", "group": "text", "payees": "count", "sum": "decimal", "paid": "decimal", "left": "decimal",
    "factor": "decimal", "held": "count",
}  # fmt: skip
VERBATIMS: Final[dict[str, Kind]] = {"kpi": "text", "payee": "text", "date": "date", "text": "text", "shown": "flag"}
ADJUSTMENTS: Final[dict[str, Kind]] = {
    "payee": "text", "pays": "text", "plan": "text", "segment": "count", "reference": "text", "kind": "text",
    "percent": "decimal", "amount": "decimal", "base": "decimal", "pay": "decimal", "currency": "text",
    "reason": "text", "author": "text", "approver": "text", "expires": "date",
}  # fmt: skip
"""`percent` or `amount`: what was decided; `base`: what the rules computed that it was worked out from."""
CORRECTIONS: Final[dict[str, Kind]] = {
    "line": "text", "payee": "text", "pays": "text", "of_period": "text", "cause": "text", "currency": "text",
    "amount": "decimal", "run": "text",
}  # fmt: skip
HELD: Final[dict[str, Kind]] = {"table": "text", "key": "text", "payee": "text", "code": "text", "reason": "text"}
ELIGIBILITY: Final[dict[str, Kind]] = {
    "payee": "text", "segment": "count", "plan": "text", "test": "text", "result": "flag",
}  # fmt: skip

WORKFORCE_TEXT: Final = (
    "payee", "payroll_id", "name", "language", "country", "legal_entity", "department", "team", "manager", "role",
    "level", "currency",
)  # fmt: skip
WORKFORCE_DATES: Final = ("hired", "left")
