"""People over time: each payee by segments, stretches of days on which everything dated that rules read is the same.

A payee is evaluated once per segment and paid the sum. Cutting a row of a dated table in two with the same terms makes
no segment, so it changes no cent. Days are numbered within the period, and a day of a payee is one integer: sorting and
joining integers costs a fifth of sorting and joining names.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from incentive_engine.compiler.inputs import FIRST_DAY, LAST_DAY, OWN_DAYS, SEGMENT
from incentive_engine.engine.dated import NEVER, NOTED, dated_tables, misspelt_names
from incentive_engine.engine.fitting import fitted
from incentive_engine.engine.measured import as_column
from incentive_engine.engine.strangers import among
from incentive_engine.exact import Exact, Scale
from incentive_engine.facts import Accepted, Table
from incentive_engine.periods import Period
from incentive_engine.rulesets.contracts import EMPLOYMENT, LEAVE, WORKFORCE
from incentive_engine.rulesets.models import RuleSet
from incentive_engine.rulesets.people import History

# No header has these names: they cannot stand in a text file.
ROW: Final = "\0row"
"""The row of a segment among all."""
_OWNER, _AT, _UPTO = "\0owner", "\0at", "\0upto"
_BEGIN, _END, _COVERED, _SPAN, _LENGTH = "\0begin", "\0end", "\0covered", "\0span", "\0length"
_EPOCH: Final = dt.date(1970, 1, 1)
_DAYS: Final = 512
"""More than a period has, so that payee × this + day of the period is one integer."""


@dataclass(frozen=True, slots=True)
class People:
    """Who is evaluated, and for which days.

    `table`: one row per payee × segment, by payee and day: the columns of the workforce as they were then, first_day,
    last_day, segment (counted from 1), own_days. A payee who was not there has one row that ends before it begins.
    `owners`: the row of each segment's payee in the workforce; None where everyone has one segment.
    `held`: payees of whom a dated table says what cannot be right, or not all that is needed.
    """

    table: Table
    owners: pl.Series | None
    held: pl.DataFrame


def people_over_time(rules: RuleSet, accepted: Accepted, period: Period) -> People:
    """Every payee by segments of a period; `accepted` has no dated rows that overlap."""
    workforce = accepted.tables[WORKFORCE]
    if dated_tables(rules):
        return _Cutting(rules, accepted, period).people()
    held = _of_held_rows((LEAVE,), accepted, workforce.frame["payee"])
    return People(whole_time(workforce, period), None, held)


def whole_time(workforce: Table, period: Period) -> Table:
    """The workforce with the days on which each payee was there: one segment each."""
    frame = workforce.frame.with_columns(*_presence(workforce.frame, period))
    days = _length(FIRST_DAY, LAST_DAY).cast(pl.Int64).alias(OWN_DAYS)
    frame = frame.with_columns(pl.lit(1, pl.UInt16).alias(SEGMENT), days)
    return replace(workforce, frame=frame, scales={**workforce.scales, OWN_DAYS: _days_of(period)})


def _days_of(period: Period) -> Scale:
    return Scale(0, 0, period.days)


def _length(first: str, last: str) -> pl.Expr:
    return ((pl.col(last) - pl.col(first)).dt.total_days() + 1).clip(0)


def _presence(frame: pl.DataFrame, period: Period) -> tuple[pl.Expr, pl.Expr]:
    """The first and the last day of the period from `hired` to `left`, as far as these are known."""
    start, end = pl.lit(period.start), pl.lit(period.end)
    first = pl.max_horizontal("hired", start) if "hired" in frame.columns else start
    last = pl.min_horizontal("left", end) if "left" in frame.columns else end
    return first.alias(FIRST_DAY), last.alias(LAST_DAY)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a dated table that speak of days of the period.

    `frame`: first and last day, as payee × days + day of the period, and what the table says; sorted, not overlapping.
    `named`: Boolean per payee of the workforce, whether the table has any row of them.
    """

    name: str
    frame: pl.DataFrame
    scales: Mapping[str, Scale]
    named: pl.Series

    @property
    def columns(self) -> list[str]:
        """What the table says, by column."""
        return [name for name in self.frame.columns if name not in (_AT, _END)]


class _Cutting:
    """One cutting of a workforce into segments.

    Its frames have a payee's row in the workforce as `owner`, and days of a payee as one integer: owner × 512 + day.
    """

    def __init__(self, rules: RuleSet, accepted: Accepted, period: Period) -> None:
        self._tables, self._accepted, self._period = dated_tables(rules), accepted, period
        self._workforce = accepted.tables[WORKFORCE]
        self._payees = self._workforce.frame["payee"]
        self._scales = dict(self._workforce.scales)
        self._held = [_of_held_rows((*self._tables, LEAVE), accepted, self._payees)]

    def people(self) -> People:
        """The segments, with everything that was so in them."""
        spans = self._spans()
        tables = {name: table for name, table in self._tables.items() if name != EMPLOYMENT}
        read = [(rows, table) for name, table in tables.items() if (rows := self._rows(name)).columns]
        earned = [rows for rows, table in read if not (isinstance(table, History) and table.basis != "earned")]
        segments = _cut(spans, earned, self._period.days)
        for rows in earned:
            segments = segments.hstack(self._as_of(rows, segments))
        segments = _merged(segments)
        for rows, table in read:
            if isinstance(table, History) and table.basis != "earned":
                of_payees = self._at_the_end(rows, spans) if table.basis == "end" else self._mean(rows, spans, table)
                segments = segments.hstack(of_payees[segments[_OWNER]])
        owners = None if segments.height == len(self._payees) else segments[_OWNER]
        return People(self._table(segments), owners, pl.concat(self._held).unique("payee", maintain_order=True))

    def _key(self, owner: pl.Expr, day: pl.Expr) -> pl.Expr:
        return owner.cast(pl.Int64) * _DAYS + day.cast(pl.Int32) - (self._period.start - _EPOCH).days

    def _owners(self, payees: pl.Series) -> pl.Series:
        """The row of each payee in the workforce; missing where there is none."""
        each = (payees != payees.shift()).fill_null(True)  # rows are sorted by payee
        names, place = payees.filter(each), each.cum_sum() - 1
        if names.equals(self._payees):
            return place.cast(pl.UInt32)
        known = self._payees.to_frame("payee").with_row_index(_OWNER)
        found = names.to_frame("payee").join(known, on="payee", how="left", maintain_order="left")
        return found[_OWNER].gather(place)

    def _rows(self, name: str) -> _Rows:
        table = self._accepted.tables[name]
        frame = table.frame.with_columns(self._owners(table.frame["payee"]).alias(_OWNER)).drop_nulls(_OWNER)
        start, end = pl.lit(self._period.start), pl.lit(self._period.end)
        here = frame.filter(pl.col("from") <= end, pl.col("to").fill_null(NEVER) >= start)
        first, last = pl.max_horizontal("from", start), pl.min_horizontal(pl.col("to").fill_null(NEVER), end)
        said = table.frame.drop("payee", "from", "to").columns  # the workforce may have a `from` of its own
        columns = [each for each in said if each in self._workforce.frame.columns]
        days = self._key(pl.col(_OWNER), first).alias(_AT), self._key(pl.col(_OWNER), last).alias(_END)
        nobody = pl.repeat(False, len(self._payees), dtype=pl.Boolean, eager=True)
        named = nobody.scatter(frame[_OWNER], True)
        return _Rows(name, here.select(*days, *columns).sort(_AT), table.scales, named)

    def _spans(self) -> pl.DataFrame:
        """The days on which payees were employed: owner, first and last day, and hired and left where tables say so."""
        first, last = _presence(self._workforce.frame, self._period)
        owner = pl.int_range(pl.len(), dtype=pl.UInt32).alias(_OWNER)
        spans = self._workforce.frame.select(owner, first, last)
        if EMPLOYMENT in self._tables:
            spans = self._employed(spans)
        there = pl.col(FIRST_DAY) <= pl.col(LAST_DAY)
        begin = pl.when(there).then(FIRST_DAY).otherwise(pl.lit(self._period.start))
        end = pl.when(there).then(LAST_DAY).otherwise(pl.lit(self._period.start - dt.timedelta(days=1)))
        days = self._key(pl.col(_OWNER), begin).alias(_AT), self._key(pl.col(_OWNER), end).alias(_UPTO)
        return spans.select(_OWNER, *days, pl.exclude(_OWNER, FIRST_DAY, LAST_DAY))

    def _employed(self, spans: pl.DataFrame) -> pl.DataFrame:
        """The same, with the days that `employment` gives for those of whom it has any row."""
        table = self._accepted.tables[EMPLOYMENT].frame
        frame = table.with_columns(self._owners(table["payee"]).alias(_OWNER)).drop_nulls(_OWNER)
        until = pl.col("to").fill_null(NEVER).shift()
        again = (pl.col(_OWNER) != pl.col(_OWNER).shift()) | (pl.col("from") > until + pl.duration(days=1))
        times = frame.group_by(again.fill_null(True).cum_sum().alias(_SPAN), maintain_order=True).agg(
            pl.col(_OWNER).first(), pl.col("from").first().alias("hired"), pl.col("to").last().alias("left")
        )
        named = spans[_OWNER].is_in(times[_OWNER].implode())
        own = [each for each in ("hired", "left") if each in self._workforce.frame.columns]
        others = spans.filter(~named).hstack(self._workforce.frame.select(own).filter(~named))
        times = times.select(_OWNER, *_presence(times, self._period), *own)
        here = times.filter(pl.col(FIRST_DAY) <= pl.col(LAST_DAY))
        gone = times.join(here, on=_OWNER, how="anti").unique(_OWNER, keep="last", maintain_order=True)
        return pl.concat([others, here, gone]).sort(_OWNER, FIRST_DAY)

    def _as_of(self, rows: _Rows, places: pl.DataFrame) -> pl.DataFrame:
        """What a table says of the first day of each place (owner, first and last day)."""
        found = places.select(_OWNER, _AT, _UPTO).join_asof(rows.frame, on=_AT, strategy="backward")
        covered = (pl.col(_END) >= pl.col(_AT)).fill_null(False)
        frame = found.select(_OWNER, _AT, _UPTO, covered.alias(_COVERED), *rows.columns)
        there = frame.select(pl.when(pl.col(_AT) <= pl.col(_UPTO)).then(pl.col(_AT) % _DAYS).alias(_AT))
        return self._chosen(rows, frame.with_columns(there))

    def _chosen(self, rows: _Rows, found: pl.DataFrame) -> pl.DataFrame:
        """What a table says where it says anything, and the workforce of whom it never does; the others are held.

        What an assignment leaves empty is as the workforce says.
        `found`: owner, `covered`, the day (missing where the payee was not there), and the columns of the table.
        """
        named = rows.named.gather(found[_OWNER])
        gaps = found.filter(named & ~found[_COVERED] & found[_AT].is_not_null()).unique(_OWNER, keep="first")
        self._held.append(self._of_gaps(rows.name, gaps))
        return pl.DataFrame([self._column(rows, name, found, named) for name in rows.columns])

    def _column(self, rows: _Rows, name: str, found: pl.DataFrame, named: pl.Series) -> pl.Series:
        said, own, places = pl.lit(found[name]), pl.lit(self._workforce.frame[name].gather(found[_OWNER])), 0
        if name in rows.scales:
            each = rows.scales[name].places, self._scales[name].places
            places = max(each)
            said, own = (_finer(counts, places - few) for counts, few in zip((said, own), each, strict=True))
        either = pl.when(found[_COVERED]).then(pl.coalesce(said, own)).when(~named).then(own)
        column = pl.select(either.alias(name)).to_series()
        if name in rows.scales:
            column, self._scales[name] = fitted(column, places)
        return column

    def _at_the_end(self, rows: _Rows, spans: pl.DataFrame) -> pl.DataFrame:
        """What a table says of each payee's last day in the period, payee by payee."""
        last = spans.group_by(_OWNER, maintain_order=True).agg(pl.col(_AT, _UPTO).last())
        there = pl.col(_AT) <= pl.col(_UPTO)
        places = last.with_columns(pl.when(there).then(_UPTO).otherwise(_AT).alias(_AT))
        return self._as_of(rows, places)

    def _mean(self, rows: _Rows, spans: pl.DataFrame, table: History) -> pl.DataFrame:
        """The mean over each payee's days of what a table says, payee by payee."""
        said = rows.frame.select(
            (pl.col(_AT) // _DAYS).cast(pl.UInt32).alias(_OWNER), pl.exclude(_AT), pl.col(_AT).alias(_BEGIN)
        )
        days = pl.min_horizontal(_UPTO, _END) - pl.max_horizontal(_AT, _BEGIN) + 1
        both = spans.join(said, on=_OWNER).with_columns(days.alias(_LENGTH)).filter(pl.col(_LENGTH) > 0)
        weighed = [
            pl.when(pl.col(name).is_not_null().all()).then((pl.col(name).cast(pl.Int128) * pl.col(_LENGTH)).sum())
            for name in rows.columns
        ]
        of_payees = spans.group_by(_OWNER, maintain_order=True).agg(
            pl.col(_AT).first() % _DAYS, (pl.col(_UPTO) - pl.col(_AT) + 1).sum().alias(_SPAN)
        )
        sums = both.group_by(_OWNER).agg(pl.col(_LENGTH).sum(), *weighed)
        found = of_payees.join(sums, on=_OWNER, how="left", maintain_order="left")
        there = Exact.integer(pl.col(_LENGTH), _days_of(self._period))
        means = [
            as_column(table.rounding.of(self._sum(rows, name).over(there.maximum(1))), name) for name in rows.columns
        ]
        covered = (pl.col(_LENGTH) == pl.col(_SPAN)).fill_null(False)
        day = pl.when(pl.col(_SPAN) > 0).then(_AT)
        found = found.select(_OWNER, day.alias(_AT), covered.alias(_COVERED), *means)
        scales = dict.fromkeys(rows.columns, Scale(table.rounding.kept, 0, 0))
        return self._chosen(replace(rows, scales=scales), found)

    def _sum(self, rows: _Rows, name: str) -> Exact:
        scale, most = rows.scales[name], self._period.days
        return Exact.integer(pl.col(name), Scale(scale.places, min(0, scale.low * most), max(0, scale.high * most)))

    def _of_gaps(self, table: str, gaps: pl.DataFrame) -> pl.DataFrame:
        day = pl.lit(self._period.start) + pl.duration(days=pl.col(_AT))
        told = f"`{table}` has rows of this payee, and none for {{}}: say what was so from then on"
        payees = gaps.select(self._payees.gather(gaps[_OWNER]).alias("payee"), pl.format(told, day).alias("reason"))
        return _held_payees(payees, f"gap-in-{table}")

    def _table(self, segments: pl.DataFrame) -> Table:
        before = pl.col(_OWNER).cast(pl.Int64) * _DAYS - (self._period.start - _EPOCH).days
        dates = [(pl.col(end) - before).cast(pl.Int32).cast(pl.Date) for end in (_AT, _UPTO)]
        days = segments.select(dates[0].alias(FIRST_DAY), dates[1].alias(LAST_DAY))
        own = segments.select(pl.exclude(_OWNER, _AT, _UPTO))
        people = self._workforce.frame
        if segments.height > people.height:
            people = people[segments[_OWNER]]
        frame = people.with_columns(own).hstack(days).hstack(_counted(segments))
        return replace(self._workforce, frame=frame, scales={**self._scales, OWN_DAYS: _days_of(self._period)})


def _cut(spans: pl.DataFrame, tables: Sequence[_Rows], days: int) -> pl.DataFrame:
    """The spans, cut where any row of the tables begins or ends inside them."""
    begins = [rows.frame.filter(pl.col(_AT) % _DAYS > 0)[_AT] for rows in tables]
    ends = [rows.frame.filter(pl.col(_END) % _DAYS < days - 1)[_END] + 1 for rows in tables]
    cuts = [each for each in (*begins, *ends) if len(each)]
    if not cuts:
        return spans
    keys = spans.select(_AT)
    for each in cuts:
        keys = keys.merge_sorted(each.to_frame(_AT), _AT)
    keys = keys.filter((pl.col(_AT) != pl.col(_AT).shift()).fill_null(True)).set_sorted(_AT)
    found = keys.join_asof(spans.with_columns(pl.col(_AT).alias(_BEGIN)), on=_AT, strategy="backward")
    inside = found.filter((pl.col(_AT) <= pl.col(_UPTO)) | (pl.col(_AT) == pl.col(_BEGIN))).drop(_BEGIN)
    return inside.with_columns(pl.min_horizontal(_UPTO, pl.col(_AT).shift(-1) - 1)).select(spans.columns)


def _merged(segments: pl.DataFrame) -> pl.DataFrame:
    """The segments, one for several that follow each other and in which the same was so."""
    said = pl.exclude(_OWNER, _AT, _UPTO)
    apart = (pl.col(_OWNER) != pl.col(_OWNER).shift()) | (pl.col(_AT) != pl.col(_UPTO).shift() + 1)
    begins = segments.select(pl.any_horizontal(apart, said.ne_missing(said.shift()))).to_series().fill_null(True)
    if begins.all():
        return segments
    lasts = begins.shift(-1, fill_value=True)
    return segments.filter(begins).with_columns(segments.filter(lasts)[_UPTO])


def _finer(counts: pl.Expr, places: int) -> pl.Expr:
    return counts.cast(pl.Int128) * pl.lit(10**places, pl.Int128) if places else counts


def _counted(segments: pl.DataFrame) -> pl.DataFrame:
    """The number of each segment among those of its payee, and the days of all of them."""
    row, begins = pl.int_range(pl.len(), dtype=pl.Int64), pl.col(_OWNER) != pl.col(_OWNER).shift()
    first = pl.when(begins.fill_null(True)).then(row).forward_fill()
    last = pl.when(begins.shift(-1, fill_value=True)).then(row).backward_fill()
    upto = (pl.col(_UPTO) - pl.col(_AT) + 1).cum_sum()
    before = upto.shift(1, fill_value=0)
    return segments.select(
        (row - first + 1).cast(pl.UInt16).alias(SEGMENT),
        (upto.gather(last) - before.gather(first)).alias(OWN_DAYS),
    )


def _of_held_rows(tables: Collection[str], accepted: Accepted, payees: pl.Series) -> pl.DataFrame:
    """Payees of whom a dated table has rows that cannot be used, also where these spell their names otherwise."""
    used = (*NOTED, "duplicate-row")
    rows = accepted.held.filter(pl.col("table").is_in(list(tables)), ~pl.col("code").is_in(used))
    rows = rows.with_columns(pl.col("payee").replace(misspelt_names(rows["payee"], payees)))
    known = payees.filter(payees.is_in(rows["payee"].drop_nulls().unique().implode()))
    about = rows.filter(among("payee", known)).unique("payee", keep="first", maintain_order=True)
    told = "`{}` has rows of this payee that cannot be used: correct them"
    return _held_payees(about.select("payee", pl.format(told, "table").alias("reason")), "faulty-history")


def _held_payees(payees: pl.DataFrame, code: str) -> pl.DataFrame:
    """`payees`: payee, reason; as held rows."""
    return payees.select(
        pl.lit(WORKFORCE).alias("table"), pl.col("payee").alias("key"), "payee", pl.lit(code).alias("code"), "reason"
    )
