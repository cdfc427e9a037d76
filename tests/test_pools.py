"""Pools: shared out to the cent whatever the order of the rows, within bounds, and factors found exactly.

The other side is written the plain way, in fractions: running sums one payee after the other, the water level from the
sorted points at which bounds begin to bind, the factor by halving.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import exp, floor
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import incentive_engine
from incentive_engine.engine.run import Run, recompute
from incentive_engine.engine.sharing import share_out
from incentive_engine.engine.solving import solve
from incentive_engine.exact import CannotProve
from incentive_engine.formulas import Formula
from incentive_engine.kinds.pools import Funding, GivenSum, Part, SharedOut, SumOverPayees, Unknown

Row = dict[str, Any]
PLACES = 2


def pool_of(shares: list[str], *, per_payee: bool, minimum: bool = False, maximum: bool = False) -> SharedOut:
    """A pool of which only the numbers matter: what formulas give is drawn."""
    one = Formula("1")
    fund: Funding = SumOverPayees(per_payee=one) if per_payee else GivenSum(sum=one, of="company")
    parts = {
        f"part{number}": Part(title={"en": "Part"}, share=Decimal(share), in_proportion_to=one)
        for number, share in enumerate(shares)
    }
    low, high = one if minimum else None, one if maximum else None
    return SharedOut(title={"en": "Pool"}, fund=fund, parts=parts, minimum=low, maximum=high)


def half_up(number: Fraction) -> int:
    size = floor(abs(number) + Fraction(1, 2))
    return size if number >= 0 else -size


def in_steps(whole: int, parts: list[Fraction]) -> list[int]:
    """A whole in proportion to parts, as differences of rounded running sums; nothing where the parts are nothing."""
    total, upto, reached = sum(parts), Fraction(0), [0]
    for part in parts:
        upto += part
        reached.append(half_up(whole * upto / total) if total else 0)
    return [after - before for before, after in pairwise(reached)]


def level(keys: list[int], bounds: list[tuple[int, int]], whole: int) -> Fraction:
    """The λ at which λ × keys, limited to their bounds, add up to the whole; if none does, one where all are full.

    Between two neighbours of the sorted points at which bounds begin to bind, the sum is a straight line.
    """

    def filled(water: Fraction) -> Fraction:
        return sum((limited(water * key, *bound) for key, bound in zip(keys, bounds, strict=True)), Fraction(0))

    points = sorted({Fraction(end, key) for key, bound in zip(keys, bounds, strict=True) if key for end in bound})
    before = Fraction(0)
    for point in points:
        if filled(point) >= whole:
            rise = filled(point) - filled(before)
            return before + (point - before) * (whole - filled(before)) / rise if rise else before
        before = point
    return before


def limited(number: Fraction, low: int, high: int) -> Fraction:
    return min(max(number, Fraction(low)), Fraction(high))


def by_hand(rows: list[Row], pool: SharedOut) -> dict[tuple[str, str], Row]:
    """What every payee × plan gets."""
    parts = list(pool.parts)
    needed = ["group", "fund", *(f"key.{part}" for part in parts)]
    needed += [name for name in ("minimum", "maximum") if name in rows[0]]
    nothing = dict.fromkeys(["sum", "payees", "amount", "short"])
    given_back = {(row["payee"], row["plan"]): nothing for row in rows}
    taking_part = [
        row
        for row in sorted(rows, key=lambda row: (row["payee"], row["plan"]))
        if all(row[name] is not None for name in needed) and bounds_of(row)[0] <= bounds_of(row)[1]
    ]
    for group in {row["group"] for row in taking_part}:
        mine = [row for row in taking_part if row["group"] == group]
        given_back |= zip(((row["payee"], row["plan"]) for row in mine), group_by_hand(mine, pool), strict=True)
    return given_back


def bounds_of(row: Row) -> tuple[int, int]:
    low: int = row.get("minimum", 0)
    high: int = row.get("maximum", 10**30)
    return max(low, 0), max(high, 0)


def group_by_hand(rows: list[Row], pool: SharedOut) -> list[Row]:
    if isinstance(pool.fund, GivenSum):
        whole = rows[0]["fund"]
    else:
        whole = half_up(Fraction(sum(row["fund"] for row in rows), 10 ** (6 - PLACES)))
    bounds = [bounds_of(row) for row in rows]
    least = sum(low for low, _ in bounds)
    known = {"sum": whole, "payees": len({row["payee"] for row in rows})}
    if whole < least or whole < 0:
        return [{**known, "amount": None, "short": True} for _ in rows]
    shares = [Fraction(part.share) for part in pool.parts.values()]
    amounts = [0] * len(rows)
    for name, part_sum in zip(pool.parts, in_steps(whole, shares), strict=True):
        keys = [Fraction(max(row[f"key.{name}"], 0)) for row in rows]
        amounts = [before + now for before, now in zip(amounts, in_steps(part_sum, keys), strict=True)]
    if pool.minimum or pool.maximum:
        amounts = within_bounds(amounts, bounds, max(sum(amounts), least))
    return [{**known, "amount": amount, "short": False} for amount in amounts]


def within_bounds(keys: list[int], bounds: list[tuple[int, int]], whole: int) -> list[int]:
    water = level(keys, bounds, whole)
    exact = [limited(water * key, *bound) for key, bound in zip(keys, bounds, strict=True)]
    at_a_bound = [share in bound for share, bound in zip(exact, bounds, strict=True)]
    rest = [Fraction(0) if fixed else share for share, fixed in zip(exact, at_a_bound, strict=True)]
    dealt = in_steps(int(sum(rest)), rest)
    return [int(share) if fixed else own for share, own, fixed in zip(exact, dealt, at_a_bound, strict=True)]


AMOUNT = st.one_of(st.just(0), st.integers(0, 50), st.integers(0, 10**7))
KEY = st.one_of(st.sampled_from([0, 1, 333_333, 1_000_000]), st.integers(-5, 10**12))


def seldom_missing(values: st.SearchStrategy[int]) -> st.SearchStrategy[int | None]:
    return st.integers(0, 19).flatmap(lambda number: values if number else st.none())


@st.composite
def populations(draw: st.DrawFn) -> tuple[SharedOut, list[Row]]:
    """A pool and its payees, in any order: some in no group, some without a key, with bounds or without."""
    shares = draw(st.sampled_from([["1"], ["0.5", "0.5"], ["0.35", "0.15", "0.5"], ["0.333", "0.333", "0.334"]]))
    low, high, per_payee = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    pool = pool_of(shares, per_payee=per_payee, minimum=low, maximum=high)
    columns = {f"key.{part}": KEY for part in pool.parts}
    columns |= {"minimum": st.one_of(AMOUNT, st.integers(-5, 30))} if low else {}
    columns |= {"maximum": AMOUNT} if high else {}
    funds = {group: draw(st.one_of(AMOUNT, st.integers(-3, 10**9))) for group in "abc"}
    rows = []
    for number, twice in enumerate(draw(st.lists(st.booleans(), min_size=1, max_size=14))):
        group = draw(st.sampled_from(["a", "a", "a", "b", "c", None]))
        row: Row = {"payee": f"P{number // 2 if twice else number:03}", "plan": f"plan{number}", "group": group}
        row["fund"] = None if group is None else funds[group]
        rows.append(row | {name: draw(seldom_missing(values)) for name, values in columns.items()})
    return pool, draw(st.permutations(rows))


def framed(rows: list[Row]) -> pl.DataFrame:
    numbers = {name: pl.Int64 for name in rows[0] if name not in ("payee", "plan", "group")}
    frame = pl.DataFrame(rows, schema={"payee": pl.String, "plan": pl.String, "group": pl.String, **numbers})
    return frame.with_columns(segment=pl.lit(1))


def shared_out(pool: SharedOut, rows: list[Row]) -> None:
    """The engine and the plain way agree on everyone, and the parts on the whole."""
    frame = framed(rows)
    shared = share_out(frame, pool, PLACES)
    assert shared.select("payee", "plan", "group").equals(frame.select("payee", "plan", "group"))
    found = {(row["payee"], row["plan"]): row for row in shared.iter_rows(named=True)}
    expected = by_hand(rows, pool)
    assert {key: {name: found[key][name] for name in row} for key, row in expected.items()} == expected
    for (group,), members in shared.filter(pl.col("amount").is_not_null()).group_by("group"):
        parts = [members[f"{part}.sum"][0] for part in pool.parts]
        assert sum(parts) == members["sum"][0], group
        for part, part_sum in zip(pool.parts, parts, strict=True):
            share_of_part(members, part, part_sum)


def share_of_part(members: pl.DataFrame, part: str, part_sum: int) -> None:
    keys = members[f"{part}.keys"][0]
    assert members[f"{part}.amount"].sum() == (part_sum if keys else 0)


@given(populations())
@settings(max_examples=150)
def test_shares_are_those_worked_out_by_hand(drawn: tuple[SharedOut, list[Row]]) -> None:
    shared_out(*drawn)


@pytest.mark.long
def test_a_thousand_populations_share_as_worked_out_by_hand() -> None:
    @given(populations())
    @settings(max_examples=1000, derandomize=False)
    def drawn(population: tuple[SharedOut, list[Row]]) -> None:
        shared_out(*population)

    drawn()


def many(payees: int, groups: int, seed: int, *, bounds: bool) -> pl.DataFrame:
    """A larger population, in payee order."""
    source = random.Random(seed)
    sums = [source.randrange(10**6, 10**8) for _ in range(groups)]
    rows = []
    for number in range(payees):
        group = source.randrange(groups)
        row = {"payee": f"P{number:06}", "plan": "adviser", "group": f"team {group}", "fund": sums[group]}
        row |= {"key.part0": source.randrange(10**9), "key.part1": source.choice([0, 0, 1_000_000])}
        row |= {"minimum": source.randrange(2000), "maximum": source.randrange(2000, 10**6)} if bounds else {}
        rows.append(row)
    return framed(rows)


@pytest.mark.parametrize("bounds", [False, True])
def test_neither_the_order_of_rows_nor_their_chunks_move_a_cent(bounds: bool) -> None:
    pool = pool_of(["0.7", "0.3"], per_payee=False, minimum=bounds, maximum=bounds)
    members = many(3000, 7, seed=1, bounds=bounds)
    shared = share_out(members, pool, PLACES)
    assert shared.group_by("group").agg(pl.col("amount").sum() == pl.col("sum").first())["amount"].all()
    for seed in range(3):
        shuffled = members.sample(fraction=1, shuffle=True, seed=seed)
        again = share_out(pl.concat([shuffled[:100], shuffled[100:101], shuffled[101:]], rechunk=False), pool, PLACES)
        assert again.sort("payee").equals(shared)


def test_the_exact_share_is_less_than_a_cent_away() -> None:
    members = many(2000, 3, seed=2, bounds=False)
    shared = share_out(members, pool_of(["1"], per_payee=False), PLACES).with_columns(key=members["key.part0"])
    for row in shared.iter_rows(named=True):
        assert abs(row["amount"] - Fraction(row["sum"] * row["key"], row["part0.keys"])) < 1


def test_who_is_lifted_is_paid_by_the_others_in_proportion() -> None:
    """100.00 by keys 1, 3, 6, nobody below 20.00: the others share 80.00 by 3 and 6."""
    rows = [
        {"payee": payee, "plan": "p", "group": "g", "fund": 10000, "key.part0": key, "minimum": 2000}
        for payee, key in (("A", 1), ("B", 3), ("C", 6))
    ]
    shared = share_out(framed(rows), pool_of(["1"], per_payee=False, minimum=True), PLACES)
    assert shared["part0.amount"].to_list() == [1000, 3000, 6000]
    assert shared["amount"].to_list() == [2000, 2667, 5333]


def test_what_maximums_leave_over_is_left_over() -> None:
    rows = [
        {"payee": payee, "plan": "p", "group": "g", "fund": 10000, "key.part0": key, "maximum": 1000}
        for payee, key in (("A", 1), ("B", 3), ("C", 0))
    ]
    shared = share_out(framed(rows), pool_of(["1"], per_payee=False, maximum=True), PLACES)
    assert shared["amount"].to_list() == [1000, 1000, 0]


def test_a_pool_too_small_for_its_minimums_pays_nobody() -> None:
    rows: list[Row] = [
        {"payee": payee, "plan": "p", "group": group, "fund": fund, "key.part0": 1, "minimum": 60}
        for payee, group, fund in (("A", "small", 100), ("B", "small", 100), ("C", "large", 60), ("D", None, 60))
    ]
    shared = share_out(framed(rows), pool_of(["1"], per_payee=False, minimum=True), PLACES)
    assert shared["short"].to_list() == [True, True, False, None]
    assert shared["amount"].to_list() == [None, None, 60, None]
    assert shared["payees"].to_list() == [2, 2, 1, None]


def test_a_part_of_which_nobody_has_a_key_is_left_over() -> None:
    rows = [
        {"payee": payee, "plan": "p", "group": "g", "fund": 101, "key.part0": 1, "key.part1": 0} for payee in ("A", "B")
    ]
    shared = share_out(framed(rows), pool_of(["0.5", "0.5"], per_payee=False), PLACES)
    assert shared.select("part0.sum", "part1.sum", "part1.keys").row(0) == (51, 50, 0)
    assert shared["amount"].to_list() == [26, 25]


def test_numbers_too_large_to_be_shared_exactly_are_refused() -> None:
    rows = [{"payee": "A", "plan": "p", "group": "g", "fund": 10**18, "key.part0": 10**18, "maximum": 10**18}]
    frame = framed(rows).with_columns(pl.col("fund", "maximum").cast(pl.Int128) * 100)
    with pytest.raises(CannotProve, match=r"10\^38"):
        share_out(frame, pool_of(["1"], per_payee=False, maximum=True), PLACES)


def test_nobody_shares_nothing() -> None:
    rows = [{"payee": "A", "plan": "p", "group": None, "fund": 1, "key.part0": 1, "minimum": 1, "maximum": 2}]
    pool = pool_of(["1"], per_payee=True, minimum=True, maximum=True)
    shared = share_out(framed(rows), pool, PLACES)
    assert shared.row(0, named=True)["amount"] is None
    assert share_out(framed(rows).clear(), pool, PLACES).height == 0


# --- factors ----------------------------------------------------------------------------------------------------------

Pay = Callable[[Fraction], int]


def linear(weights: list[int], most: int) -> Pay:
    """Each payee's part, limited and rounded to the cent."""
    return lambda factor: sum(half_up(min(factor * weight, Fraction(most))) for weight in weights)


def logistic(weights: list[int], steepness: float) -> Pay:
    """A curve that climbs slowly, fast, and slowly again."""
    return lambda factor: sum(round(weight / (1 + exp(-steepness * (float(factor) - 1)))) for weight in weights)


@st.composite
def searches(draw: st.DrawFn) -> tuple[Unknown, dict[str, tuple[int, Pay]]]:
    places = draw(st.sampled_from([0, 1, 4, 15]))
    at_least = draw(st.sampled_from(["0", "0.5", "-1"]))
    unknown = Unknown(
        factor="c",
        at_least=Decimal(at_least),
        at_most=Decimal(draw(st.sampled_from(["1", "2.75", "40"]))),
        places=places,
    )
    weights = st.lists(st.integers(0, 10**6), max_size=12)
    pays = st.one_of(
        st.builds(linear, weights, st.integers(0, 10**7)), st.builds(logistic, weights, st.floats(0.01, 20))
    )
    groups = draw(st.integers(1, 4))
    return unknown, {f"g{number}": (draw(st.integers(-1, 10**7)), draw(pays)) for number in range(groups)}


def solved(unknown: Unknown, groups: dict[str, tuple[int, Pay]]) -> int:
    """The engine finds what halving finds; how often it asked."""
    asked = 0

    def payments(factors: pl.DataFrame) -> pl.DataFrame:
        nonlocal asked
        asked += 1
        rows = [(group, groups[group][1](Fraction(count, 10**unknown.places))) for group, count in factors.iter_rows()]
        return pl.DataFrame(rows, schema={"group": pl.String, "paid": pl.Int128}, orient="row")

    sums = pl.DataFrame([(group, total) for group, (total, _) in groups.items()], schema=["group", "sum"], orient="row")
    found = solve(sums, unknown, payments)
    assert dict(zip(groups, found.drop("group").rows(), strict=True)) == {
        group: by_halving(unknown, total, pay) for group, (total, pay) in groups.items()
    }
    return asked


def by_halving(unknown: Unknown, total: int, pay: Pay) -> tuple[int | None, int | None, bool]:
    unit = 10**unknown.places
    low, high = -floor(-unknown.at_least * unit), floor(unknown.at_most * unit)
    if pay(Fraction(low, unit)) > total:
        return None, None, True
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if pay(Fraction(middle, unit)) <= total else (low, middle - 1)
    return low, pay(Fraction(low, unit)), False


@given(searches())
@settings(max_examples=80)
def test_the_greatest_affordable_factor_is_found(drawn: tuple[Unknown, dict[str, tuple[int, Pay]]]) -> None:
    solved(*drawn)


def test_few_payments_are_worked_out_where_they_are_nearly_linear() -> None:
    source = random.Random(3)
    weights = [source.randrange(10**5, 10**6) for _ in range(500)]
    unknown = Unknown(factor="c", at_most=Decimal(3), places=6)
    assert solved(unknown, {"g": (sum(weights) * 7 // 5, linear(weights, 10**7))}) <= 12
    assert solved(unknown, {"g": (sum(weights) * 4 // 5, logistic(weights, 2.0))}) <= 16


# --- in a run ---------------------------------------------------------------------------------------------------------

RULES = """
rule_set: pools
version: "1"
title: {en: Pools}
decided: {by: Nobody, on: 2026-01-01}
currency: EUR
timezone: Europe/Paris
kpis:
  care: {title: {en: Care}, perspective: customer, compute: {kind: given}, better: higher}
  sales: {title: {en: Sales}, perspective: internal, compute: {kind: given}, better: higher}
curves:
  same: {kind: linear, points: [[0%, 0%], [100%, 100%]], below: zero}
  twice: {kind: stepped, tiers: [{from: 0, rate: 50%}, {from: 80%, rate: 150%}], below: zero}
pools:
  bonus:
    title: {en: Bonus}
    by: team
    fund: {per_payee: group * 10%}
    POOL
plans:
  advisers:
    title: {en: Advisers}
    pays: bonus
    who: role = "adviser"
    pool: bonus
    PAYOUT
    scorecard:
      care: {weight: 70%, of: payee, target: 100, attainment: ratio, curve: same}
      sales: {weight: 30%, of: payee, target: 100, attainment: ratio, curve: twice}
  managers:
    title: {en: Managers}
    pays: bonus
    who: role = "manager"
    pool: bonus
    PAYOUT
    scorecard: {care: {weight: 100%, of: team, target: 100, attainment: ratio, curve: same}}
"""
SHARED = "parts: {all: {title: {en: All}, share: 100%, in_proportion_to: score * group}}"
SOLVED = "solve: {factor: c, at_least: 10%, at_most: 3, places: 9}"


def company(folder: Path, seed: int) -> None:
    """Sixty people in four teams, in any order; the column of their salaries has the name of a word of the engine."""
    source = random.Random(7)
    people = ["payee,role,team,group"]
    results = ["subject_kind,subject,kpi,period,value"]
    for number in range(60):
        role, team = ("manager" if number % 10 == 0 else "adviser"), f"team {source.randrange(4)}" if number else ""
        salary = "" if number == 11 else source.randrange(2000, 9000)
        people.append(f"P{number:02},{role},{team},{salary}")
        results += [f"payee,P{number:02},{kpi},2026-Q3,{source.randrange(40, 130)}" for kpi in ("care", "sales")]
    results += [f"team,team {number},care,2026-Q3,{70 + number}" for number in range(4)]
    for name, (head, *rows) in (("workforce", people), ("kpis", results)):
        random.Random(seed).shuffle(rows)
        (folder / f"{name}.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")


def paid(folder: Path, pool: str, payout: str, seed: int = 0) -> Run:
    company(folder, seed)
    rules = RULES.replace("POOL", pool).replace("PAYOUT", payout)
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    return incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder, "2026-Q3")


@pytest.mark.parametrize(("pool", "payout"), [(SHARED, ""), (SOLVED, "payout: MIN(group, c * score * group * 10%)")])
def test_plans_of_several_shapes_share_a_pool(tmp_path: Path, pool: str, payout: str) -> None:
    run = paid(tmp_path, pool, payout)
    assert run.pools["group"].to_list() == ["team 0", "team 1", "team 2", "team 3", None]
    assert run.pools["payees"].sum() == run.payouts.height == 58
    assert run.pools["held"].to_list()[-1] == 1
    assert run.pools["paid"].sum() == run.payouts["payout"].sum()
    assert run.pools.filter(pl.col("sum") - pl.col("paid") != pl.col("left")).is_empty()
    assert set(run.payouts["plan"]) == {"advisers", "managers"}
    if pool == SHARED:
        assert run.pools["left"].drop_nulls().to_list() == [0, 0, 0, 0]
    else:
        assert run.pools["factor"].drop_nulls().n_unique() == 4
        assert all(0 <= left < Decimal("0.20") for left in run.pools["left"].drop_nulls())
    assert set(run.held.filter(payee="P11")["code"]) >= {"missing-fund"}
    for seed in (1, 2):
        again = paid(tmp_path, pool, payout, seed)
        assert again.payouts.equals(run.payouts)
        assert again.pools.equals(run.pools)


def test_who_cannot_be_paid_adds_nothing_to_the_sum(tmp_path: Path) -> None:
    company(tmp_path, 0)
    rules = RULES.replace("group * 10%", "100").replace("by: team", "by: company")
    rules = rules.replace("POOL", SOLVED).replace("PAYOUT", "payout: c * score * group / 100")
    (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
    run = incentive_engine.run(incentive_engine.load(tmp_path / "rules.yaml"), tmp_path, "2026-Q3")
    assert run.payouts.height == 58  # one has no team, which a manager's measure needs, and one no salary
    assert run.pools.select("payees", "sum", "held").row(0) == (58, 5800, 2)


def test_a_factor_that_is_too_dear_at_its_least_pays_nobody(tmp_path: Path) -> None:
    run = paid(tmp_path, SOLVED, "payout: 20 * c * score * group")
    assert run.payouts.is_empty()
    assert run.pools["left"].drop_nulls().equals(run.pools["sum"].drop_nulls().rename("left"))
    assert {code for (code,) in run.held.select("code").rows()} >= {"pool-too-small"}


def test_a_run_is_recomputed_from_its_folder(tmp_path: Path) -> None:
    company(tmp_path, 0)
    (tmp_path / "rules.yaml").write_text(RULES.replace("POOL", SHARED).replace("PAYOUT", ""), encoding="utf-8")
    rules = incentive_engine.load(tmp_path / "rules.yaml")
    written = incentive_engine.run(rules, tmp_path, "2026-Q3", tmp_path / "run")
    again = recompute(tmp_path / "run")
    assert again.pools.equals(written.pools)
    assert again.payouts.equals(written.payouts)
