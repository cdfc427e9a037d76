"""In pandas, with NumPy where it is faster: floats, one column after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from benchmarks.by_hand.exact_polars import CUSTOMER, DAYS, END, INTERNAL, START
from benchmarks.workload import Workload


def evaluated(wide: pd.DataFrame) -> pd.DataFrame:
    """One row per payee: attainment, rate and pay of each measure, scores and payout, as float64."""
    out: dict[str, Any] = {f"{name}.attainment": _rounded(at, 4) for name, at in _attainments(wide).items()}
    for name in (*CUSTOMER, *INTERNAL):
        out[f"{name}.rate"] = _rounded(_rate(name, out[f"{name}.attainment"]), 4)
    customer = _rounded(_weighted(out, CUSTOMER), 6)
    internal = _weighted(out, INTERNAL)
    internal = _rounded(np.where(wide["adherence"].to_numpy() < 0.5, internal * 0, internal), 6)
    points = np.minimum(0.7 * customer + 0.3 * internal, 1.5)
    first = wide["hired"].clip(lower=pd.Timestamp(START))
    last = wide["left"].fillna(pd.Timestamp(END)).clip(upper=pd.Timestamp(END))
    days = ((last - first).dt.days + 1).clip(0, DAYS).to_numpy()
    out |= {
        "customer": customer,
        "internal": internal,
        "score": _rounded(points, 6),
        "proration": _rounded(days / DAYS, 10),
    }
    payout = _rounded(wide["base_salary"].to_numpy() * 0.02 * out["score"] * out["proration"], 2)
    total = 0.7 * customer + 0.3 * internal
    customer_pay = _rounded(np.divide(payout * 0.7 * customer, total, out=np.zeros_like(total), where=total != 0), 2)
    out |= {"payout": payout, "customer_pay": customer_pay, "internal_pay": payout - customer_pay}
    _share(out, out["customer_pay"], CUSTOMER)
    _share(out, out["internal_pay"], INTERNAL)
    out["other_pay"] = payout - out["customer_pay"] - out["internal_pay"]
    return wide.assign(**out)


def _attainments(wide: pd.DataFrame) -> dict[str, Any]:
    kpi = {name: wide[name].to_numpy() for name in (*CUSTOMER, *INTERNAL)}
    targets = {
        "satisfied": 0.85,
        "ease": 5.5,
        "answered_fast": 0.8,
        "first_time_fix": 0.75,
        "on_time": 0.9,
        "adherence": 0.92,
    }
    attained = {name: kpi[name] / target for name, target in targets.items()}
    return attained | {
        "nps": kpi["nps"] - 45,
        "resolution_days": 6 / kpi["resolution_days"],
        "reopened": kpi["reopened"],
        "handle_time": 360 / kpi["handle_time"],
        "productivity": kpi["productivity"] / wide["productivity_target"].to_numpy(),
        "training": kpi["training"],
    }


def _rate(name: str, at: Any) -> Any:
    if name == "nps":
        return np.where(at < -20, 0.0, np.interp(at, [-20, 0, 30], [0.4, 1.0, 1.5]))
    if name == "reopened":
        return np.interp(at, [0.02, 0.07, 0.14], [1.4, 1.0, 0.0])
    if name == "training":
        tiers = np.array([0.0, 0.5, 1.0, 1.2])[np.searchsorted([7, 14, 28], at, side="right")]
        return np.where(np.isnan(at), np.nan, tiers)
    return np.interp(at, [0.7, 0.9, 1.0, 1.2], [0.0, 0.6, 1.0, 1.5])


def _rounded(value: Any, places: int) -> Any:
    scale = 10.0**places
    return np.floor(value * scale + 0.5) / scale


def _weighted(out: Mapping[str, Any], weights: Mapping[str, int]) -> Any:
    return sum(out[f"{name}.rate"] * (weight / 100) for name, weight in weights.items())


def _share(out: dict[str, Any], money: Any, weights: Mapping[str, int]) -> None:
    total = _weighted(out, weights)
    upto = before = np.zeros_like(total)
    *names, last = weights
    for name in names:
        upto = upto + out[f"{name}.rate"] * (weights[name] / 100)
        reached = _rounded(np.divide(money * upto, total, out=np.zeros_like(total), where=total != 0), 2)
        out[f"{name}.pay"], before = reached - before, reached
    out[f"{last}.pay"] = money - before


def tables(load: Workload) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Workforce, targets and the long table of results, in floats."""
    value = pl.col("value") / 10_000.0
    return (
        load.workforce.with_columns(pl.col("base_salary") / 100.0).to_pandas(),
        load.targets.with_columns(value).to_pandas(),
        load.kpis.with_columns(value).to_pandas(),
    )


def long_to_wide(workforce: pd.DataFrame, targets: pd.DataFrame, kpis: pd.DataFrame) -> pd.DataFrame:
    """One row per payee, from results of a row each: pivoted, with workforce and targets merged."""
    here = kpis[(kpis["subject_kind"] == "payee") & (kpis["period"] == "2026-Q3")]
    results = here.pivot(index="subject", columns="kpi", values="value").reset_index()
    target = targets[["level", "value"]].rename(columns={"value": "productivity_target"})
    return workforce.merge(target, on="level", how="left").merge(
        results, left_on="payee", right_on="subject", how="left"
    )
