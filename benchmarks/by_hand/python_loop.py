"""In plain Python, one payee after the other: exact, in integers, which are as fast here as floats."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks.by_hand.exact_polars import CUSTOMER, DAYS, END, INTERNAL, START


def evaluated(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One dictionary per payee, numbers as integer counts; without a payout where a result is missing."""
    return [_payee(row) for row in rows]


def _payee(row: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {"payee": row["payee"], "payout": None}
    if any(row[name] is None for name in CUSTOMER) or any(row[name] is None for name in INTERNAL):
        return out
    at = {
        "nps": row["nps"] - 450_000,
        "satisfied": (row["satisfied"] * 20 + 8) // 17,
        "ease": (row["ease"] * 2 + 5) // 11,
        "answered_fast": (row["answered_fast"] * 5 + 2) // 4,
        "first_time_fix": (row["first_time_fix"] * 4 + 1) // 3,
        "on_time": (row["on_time"] * 10 + 4) // 9,
        "resolution_days": (1_200_000_000 + row["resolution_days"]) // (row["resolution_days"] * 2),
        "reopened": row["reopened"],
        "handle_time": (72_000_000_000 + row["handle_time"]) // (row["handle_time"] * 2),
        "adherence": (row["adherence"] * 25 + 11) // 23,
        "productivity": (row["productivity"] * 20_000 + row["productivity_target"]) // (row["productivity_target"] * 2),
        "training": row["training"],
    }
    rates = {name: _rate(name, value) for name, value in at.items()}
    customer = sum(rates[name] * weight for name, weight in CUSTOMER.items())
    internal = sum(rates[name] * weight for name, weight in INTERNAL.items())
    shown = 0 if row["adherence"] < 5000 else internal
    score = (min(70 * customer + 30 * shown, 150_000_000) + 50) // 100
    last: dt.date = min(row["left"] or END, END)
    days = max(min((last - max(row["hired"], START)).days + 1, DAYS), 0)
    proration = (days * 10**10 + DAYS // 2) // DAYS
    payout = (row["base_salary"] * 2 * score * proration + 5 * 10**17) // 10**18
    money = _share(payout, {"customer": 7 * customer, "internal": 3 * shown})
    for name in at:
        out[f"{name}.attainment"], out[f"{name}.rate"] = at[name], rates[name]
    out |= {"customer": customer, "internal": shown, "score": score, "proration": proration, "payout": payout}
    for group, weights in (("customer", CUSTOMER), ("internal", INTERNAL)):
        parts = {name: rates[name] * weight for name, weight in weights.items()}
        out |= {f"{name}.pay": pay for name, pay in _share(money[group], parts).items()}
        out[f"{group}_pay"] = money[group]
    out["other_pay"] = payout - money["customer"] - money["internal"]
    return out


def _rate(name: str, at: int) -> int:
    if name == "nps":
        if at < -200_000:
            return 0
        return (min(at, 0) * 9 + max(min(at, 300_000), 0) * 5 + 3_000_150) // 300
    if name == "reopened":
        if at < 700:
            return 14_000 - (max(at, 200) - 200) * 8
        return (70_000 - (min(at, 1400) - 700) * 100 + 3) // 7
    if name == "training":
        return 0 if at < 70_000 else 5000 if at < 140_000 else 10_000 if at < 280_000 else 12_000
    if at < 9000:
        return max(at - 7000, 0) * 3
    if at < 10_000:
        return 6000 + (at - 9000) * 4
    return 10_000 + ((min(at, 12_000) - 10_000) * 5 + 1) // 2


def _share(money: int, parts: Mapping[str, int]) -> dict[str, int]:
    total, upto, before, shares = sum(parts.values()), 0, 0, {}
    for name, part in parts.items():
        upto += part
        reached = (2 * money * upto + total) // (2 * total) if total else 0
        shares[name], before = reached - before, reached
    return shares
