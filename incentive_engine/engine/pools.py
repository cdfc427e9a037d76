"""Pools in a run: what every payee brings is gathered from all programs, shared out at once, and handed back in place.

The early stages of a program with a pool run twice, here for the few columns that the pool needs, and with all the rest
afterwards: to keep what they found would hold every column of every payee in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from incentive_engine.columns import POOLS
from incentive_engine.compiler.inputs import PLAN, SEGMENT
from incentive_engine.compiler.pools import FACTOR, FUND, MAXIMUM, MINIMUM, Pooled, part_column
from incentive_engine.compiler.program import Program
from incentive_engine.engine.folder import empty_table
from incentive_engine.engine.sharing import AMOUNT, GROUP, share_out
from incentive_engine.engine.trials import solved
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.exact import CannotProve, Exact, Scale
from incentive_engine.kinds.base import Rounding
from incentive_engine.kinds.pools import SharedOut

COMPANY = "company"
_OF, _PAID = "of", "paid"
_HINT = "keep fewer decimal places of its keys, or round its numbers earlier"


def pooled(programs: Sequence[Program], frames: Sequence[pl.DataFrame]) -> tuple[list[pl.DataFrame], pl.DataFrame]:
    """The wide frames with the columns that pools give, and a table of one row per pool × group.

    `frames`: one per program, a row per payee × plan, with the program's inputs; those of programs without a pool come
    back as they are. Raises InputProblems for a pool whose numbers are too large to be shared out exactly.
    """
    given, tables = list(frames), [empty_table(POOLS)]
    by_pool: dict[str, list[int]] = {}
    for number, program in enumerate(programs):
        if program.pooled is not None:
            by_pool.setdefault(program.pooled.pool.name, []).append(number)
    for numbers in by_pool.values():
        sharing = [(programs[number], given[number]) for number in numbers]
        found, table = _one_pool(pool_of(programs[numbers[0]]), sharing)
        for number, columns in zip(numbers, found, strict=True):
            given[number] = given[number].hstack(columns)
        tables.append(table)
    return given, pl.concat(tables, how="vertical_relaxed").sort("pool", "group", nulls_last=True)


def pool_of(program: Program) -> Pooled:
    """The pool of a program that has one."""
    assert program.pooled is not None, "programs of one pool all have it"
    return program.pooled


def _one_pool(
    pool: Pooled, sharing: Sequence[tuple[Program, pl.DataFrame]]
) -> tuple[list[list[pl.Series]], pl.DataFrame]:
    members = [_members(program, wide) for program, wide in sharing]
    everyone = pl.concat(members, how="vertical_relaxed")
    rules = pool.pool.rules
    try:
        if isinstance(rules, SharedOut):
            shared = share_out(everyone, rules, pool.places).with_columns(pl.col(AMOUNT).alias(_PAID))
        else:
            shared = solved(rules, pool.places, everyone, sharing)
    except CannotProve as error:
        message = f"pool `{pool.pool.name}` cannot be proved to fit: {error.what}"
        raise InputProblems([Problem("cannot-prove", message, hint=_HINT)]) from None
    found, start = [], 0
    for (program, _), own in zip(sharing, members, strict=True):
        found.append(list(_given(pool_of(program), shared[start : start + own.height])))
        start += own.height
    return found, _table(pool, everyone["payee", _OF], shared)


def _members(program: Program, wide: pl.DataFrame) -> pl.DataFrame:
    """Payee, plan, segment, group (none for who takes no part), and what the sharing needs, by its names for it."""
    pool = pool_of(program)
    plans = pl.Series([plan.name for plan in program.plans], dtype=pl.String)
    group = pl.lit(COMPANY) if pool.group is None else pl.col(pool.group).cast(pl.String)
    columns = [
        "payee",
        pl.lit(plans).gather(pl.col(PLAN)).alias("plan"),
        SEGMENT,
        group.alias(_OF),
        pl.when(pool.members).then(group).alias(GROUP),
        *(program.numbers[name].rounded(places).expr.alias(own) for name, own, places in _needs(pool)),
    ]
    return program.early(wide.lazy()).select(columns).collect(engine="streaming")


def _needs(pool: Pooled) -> Iterator[tuple[str, str, int]]:
    """The columns that the sharing needs: their names in the program and in the sharing, and their decimal places."""
    rules = pool.pool.rules
    yield FUND, "fund", rules.fund.rounding(Rounding(places=pool.places)).kept
    yield from ((each, each.removeprefix("pool."), pool.places) for each in (MINIMUM, MAXIMUM) if each in pool.needs)
    if isinstance(rules, SharedOut):
        yield from ((part_column(name, "key"), f"key.{name}", part.rounding.kept) for name, part in rules.parts.items())


def _given(pool: Pooled, shared: pl.DataFrame) -> Iterator[pl.Series]:
    """The columns that a program reads, in their carriers."""
    for name, value in pool.inputs.items():
        column = shared[name.removeprefix("pool.")].alias(name)
        yield column if value is None else column.cast(value.dtype)


def _table(pool: Pooled, members: pl.DataFrame, shared: pl.DataFrame) -> pl.DataFrame:
    """Each group: what there was, how many were paid how much of it, what is left, and how many are held.

    `members`: the payee of each row of `shared`, who is counted once, and the group `of` it.
    """
    factor = pool.inputs.get(FACTOR)
    found = pl.lit(None).alias(FACTOR) if factor is None else pl.col("factor").max().cast(factor.dtype).alias(FACTOR)
    taking_part = pl.col(_PAID).is_not_null()
    groups = (
        shared.with_columns(members["payee"], members[_OF].alias("group"))
        .group_by("group")
        .agg(
            pl.col("payee").filter(taking_part).n_unique().cast(pl.Int64).alias("payees"),
            pl.col("sum").max().cast(pl.Int128),
            pl.col(_PAID).sum().cast(pl.Int128),
            pl.col("payee").filter(~taking_part).n_unique().cast(pl.Int64).alias("held"),
            found,
        )
    )
    money = Scale(pool.places, -(10**37), 10**37)
    total, paid = Exact.column("sum", money), Exact.column(_PAID, money)
    return groups.select(
        pl.lit(pool.pool.name).alias("pool"),
        "group",
        "payees",
        total.decimal().alias("sum"),
        paid.decimal().alias("paid"),
        total.minus(paid).decimal().alias("left"),
        (pl.lit(None, pl.Decimal(38, 0)) if factor is None else factor.decimal()).alias("factor"),
        "held",
    )
