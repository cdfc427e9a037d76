"""Time: what formulas over facts say of the period, what is still so at its end, cases whose clocks stop, calendars.

Opening hours are held against the oracle, which goes from day to day and knows the holidays of France by itself.
"""

from __future__ import annotations

import datetime as dt
import random
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import incentive_engine
from incentive_engine import Run
from incentive_engine.engine.explanation import explain
from incentive_engine.errors import InputProblems
from incentive_engine.formulas import Formula, Scope, compile_number
from incentive_engine.kinds.calendars import Calendar
from tests.oracle.calendars import holidays_of_france, working_days, working_hours

HEAD = """
rule_set: clocks
version: "1"
title: {en: Clocks, fr: Horloges}
decided: {by: Nobody, on: 2026-01-01}
currency: EUR
timezone: Europe/Paris
curves:
  any: {kind: stepped, tiers: [{from: 0, rate: 100%}], below: flat}
"""


def run_of(
    folder: Path,
    rules: str,
    computes: dict[str, str],
    files: dict[str, str],
    period: str = "2026-Q3",
    of: str = "company",
) -> Run:
    """A run that reads every KPI of one kind of subject; `rules` has the sources."""
    kpis = [
        f"  {name}: {{title: {{en: {name}, fr: {name}}}, perspective: customer, better: higher, compute: {compute}}}"
        for name, compute in computes.items()
    ]
    items = ", ".join(f"{name}: {{of: {of}, attainment: level, curve: any}}" for name in computes)
    plan = f"{{title: {{en: All, fr: Tous}}, pays: none, who: TRUE, combine: mean, scorecard: {{{items}}}}}"
    text = "\n".join([HEAD, rules, "kpis:", *kpis, f"plans: {{all: {plan}}}"])
    for name, content in {"workforce.csv": "payee\none\n", **files, "rules.yaml": text}.items():
        (folder / name).write_text(content, encoding="utf-8")
    return incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder, period)


def found(run: Run, period: str = "2026-Q3") -> dict[str, Any]:
    """The values by KPI."""
    return dict(run.kpis.filter(period=period).select("kpi", "value").rows())


# --- what is so at the end of a period --------------------------------------------------------------------------------

STAFF = """payee,hired,left
one,2020-01-01,
two,2026-06-30,2026-07-01
three,2026-07-01,2026-09-30
four,2026-09-30,2026-10-01
five,2026-10-01,
six,2026-01-01,2026-06-30
"""
AT_THE_END = {
    "at_start": "{kind: count, from: staff, "
    "where: hired < period_start AND (ISMISSING(left) OR left >= period_start)}, over: until_end",
    "at_end": "{kind: count, from: staff, where: ISMISSING(left) OR left > period_end}, over: until_end",
    "leavers": "{kind: count, from: staff, where: left >= period_start AND left <= period_end}, over: until_end",
    "turnover": "{kind: formula, value: 2 * leavers / (at_start + at_end)}",
    "days": "{kind: sum, from: staff, value: period_days}, over: until_end",
    "change": "{kind: formula, value: at_end - at_end.previous}",
}


def test_headcount_and_turnover(tmp_path: Path) -> None:
    """One and two are there on 1 July; one and four at the end of September; two and three leave in between."""
    rules = "sources: {staff: {path: workforce.csv, date: hired}}"
    run = run_of(tmp_path, rules, AT_THE_END, {"workforce.csv": STAFF})
    quarter = {"at_start": 2, "at_end": 2, "leavers": 2, "turnover": 1, "days": 5 * 92, "change": 0}
    assert found(run) == quarter  # at the end of June: one and two
    assert found(run, "2026-Q2") == {"at_end": 2}


def test_each_part_of_a_period_has_its_own_days(tmp_path: Path) -> None:
    """The year to date of September is that of the third quarter; what they say of the period is not."""
    rules = "sources: {facts: {path: facts.csv, date: day}}"
    computes = {"age": "{kind: mean, from: facts, value: 'DAYS(period_start, day)'}, over: year_to_date"}
    files = {"facts.csv": "day\n2026-01-01\n2026-06-30\n"}
    runs = {period: run_of(tmp_path, rules, computes, files, period) for period in ("2026-Q3", "2026-09", "2026-08")}
    values = {period: found(run, period)["age"] for period, run in runs.items()}
    assert values == {"2026-Q3": 91, "2026-09": 153, "2026-08": 122}


def test_what_is_open_grows_older(tmp_path: Path) -> None:
    rules = "sources: {cases: {path: cases.csv, id: id, payee: who, date: opened}}"
    computes = {
        "backlog": "{kind: count, from: cases, where: ISMISSING(closed) OR closed > period_end}, over: until_end",
        "oldest": "{kind: percentile, from: cases, value: 'DAYS(period_end, opened)', at: 100%, "
        "where: ISMISSING(closed) OR closed > period_end}, over: until_end",
        "grown": "{kind: formula, value: backlog - backlog.previous}",
    }
    cases = "id,who,opened,closed\n1,one,2026-01-31,\n2,one,2026-05-01,2026-09-30\n3,one,2026-09-29,2026-10-02\n"
    run = run_of(tmp_path, rules, computes, {"cases.csv": cases})
    # at the end of June: 1 and 2 are open; at the end of September: 1 and 3
    assert found(run) == {"backlog": 2, "oldest": 242, "grown": 0}
    assert found(run, "2026-Q2") == {"backlog": 2}
    assert Decimal(242) == Decimal(28 + 31 + 30 + 31 + 30 + 31 + 31 + 30)


# --- cases ------------------------------------------------------------------------------------------------------------

LOG = """
sources: {events: {path: events.csv, payee: who, date: at, system_accounts: [robot]}}
cases:
  tickets:
    from: events
    case: ticket
    starts: who <> "robot"
    ends: state = "solved"
    waits: state = "waiting"
  every: {from: events, case: ticket, ends: state = "solved", date: started}
"""
EVENTS = """ticket,at,who,state
A,2026-07-01 08:00:00,robot,open
A,2026-07-01 09:00:00,one,waiting
A,2026-07-01 10:30:00,one,open
A,2026-07-01 11:00:00,two,solved
A,2026-07-01 23:00:00,one,solved
B,2026-07-02 08:00:00,robot,waiting
B,2026-07-02 09:00:00,two,open
B,2026-07-02 09:00:01,two,solved
C,2026-07-03 08:00:00,robot,solved
D,2026-07-04 08:00:00,one,open
D,2026-07-04 09:00:00,two,waiting
E,2026-06-30 23:59:59,one,waiting
E,2026-07-10 23:59:59,one,waiting
E,2026-07-20 23:59:59,robot,solved
,2026-07-05 08:00:00,one,solved
"""
OF_CASES = {
    "solved": "{kind: count, from: tickets}",
    "time": "{kind: sum, from: tickets, value: hours}",
    "days": "{kind: sum, from: tickets, value: 'DAYS(ended, started)'}",
    "before": "{kind: count, from: tickets, where: 'started < DATE(2026, 7, 1)'}",
    "open": "{kind: count, from: every, where: ISMISSING(ended)}",
    "age": "{kind: mean, from: every, value: hours, where: NOT ISMISSING(ended)}",
}


def test_cases_of_a_log(tmp_path: Path) -> None:
    """A: 2 h from 9:00, of which 1.5 h waiting. B: 1 s. C never came to a person. D is open. E waited all the time.

    From the first event of all, those that started in the quarter: A 3 h, B 1 h and 1 s, C none; D is open.
    """
    run = run_of(tmp_path, LOG, OF_CASES, {"events.csv": EVENTS, "workforce.csv": "payee\none\ntwo\n"})
    hours = Decimal("0.5003")  # 1,801 seconds
    assert found(run) == {"solved": 3, "time": hours, "days": 20, "before": 1, "open": 1, "age": Decimal("1.3334")}
    held = run.held.select("table", "key", "code").unique().rows()
    assert set(held) == {(name, "who=one, at=2026-07-05 08:00:00.000000", "no-case") for name in ("tickets", "every")}


def test_who_ends_a_case_is_credited(tmp_path: Path) -> None:
    """And nobody for what a machine ended: that counts for the company only."""
    computes = {"solved": OF_CASES["solved"], "time": OF_CASES["time"]}
    people = "payee\none\ntwo\n"
    run = run_of(tmp_path, LOG, computes, {"events.csv": EVENTS, "workforce.csv": people}, of="payee")
    assert run.kpis.select("subject", "kpi", "value").rows() == [
        *(("one", "solved", 0), ("two", "solved", 2)),
        *(("one", "time", 0), ("two", "time", Decimal("0.5003"))),
    ]


def test_the_order_of_events_in_the_file_does_not_matter(tmp_path: Path) -> None:
    header, *events = EVENTS.splitlines()
    files = {"events.csv": "\n".join([header, *reversed(events)]), "workforce.csv": "payee\none\ntwo\n"}
    backwards = found(run_of(tmp_path, LOG, OF_CASES, files))
    assert backwards == found(run_of(tmp_path, LOG, OF_CASES, {**files, "events.csv": EVENTS}))


def test_what_cases_are_is_told(tmp_path: Path) -> None:
    files = {"events.csv": EVENTS, "workforce.csv": "payee\none\n", "rules.yaml": ""}
    run_of(tmp_path, LOG, {"time": OF_CASES["time"]}, {**files, "workforce.csv": "payee\none\ntwo\n"})
    incentive_engine.run(incentive_engine.load(tmp_path / "rules.yaml"), tmp_path, "2026-Q3", tmp_path / "run")
    said = [line.text for each in explain(tmp_path / "run", "one", "en").sections for line in each.lines]
    starts = 'from the first event with `who <> "robot"` of each `ticket` to the first one with `state = "solved"`'
    assert any(f"sum of `hours` over tickets; `tickets`: {starts}, without the time after" in line for line in said)
    said = [line.text for each in explain(tmp_path / "run", "one", "fr").sections for line in each.lines]
    begins = '« tickets » : du premier événement avec « who <> "robot" » de chaque « ticket »'
    assert any(begins in line.replace("\u00a0", " ") for line in said)


# --- calendars --------------------------------------------------------------------------------------------------------

WEEK = ["monday", "tuesday", "wednesday", "thursday", "friday"]
SHOP: dict[str, Any] = {
    "open": [
        {"days": WEEK, "from": "09:00", "to": "12:00"},
        {"days": WEEK, "from": "13:30", "to": "18:00"},
        {"days": ["saturday"], "from": "22:00", "to": "24:00"},
    ],
    "holidays": {"country": "FR"},
    "closed": [dt.date(2026, 7, 13)],
}


def counted(calendar: dict[str, Any], spans: list[tuple[Any, Any]]) -> list[tuple[Fraction | None, ...]]:
    """Hours, working hours and working days of each span from a moment to a later one."""
    frame = pl.DataFrame(
        {"a": [a for a, _ in spans], "b": [b for _, b in spans]}, schema=dict.fromkeys("ab", pl.Datetime("us"))
    )
    scope: Scope = {"a": pl.col("a"), "b": pl.col("b"), **Calendar.model_validate(calendar).clocks}
    values = [compile_number(Formula(f"{name}(b, a)"), scope) for name in ("HOURS", "WORKHOURS", "WORKDAYS")]
    found = frame.select(value.expr.alias(str(place)) for place, value in enumerate(values)).rows()
    return [
        tuple(None if count is None else count * value.unit for count, value in zip(row, values, strict=True))
        for row in found
    ]


def at(written: str) -> dt.datetime:
    return dt.datetime.fromisoformat(written)


@pytest.mark.parametrize(
    ("earlier", "later", "hours", "working_hours", "working_days"),
    [
        ("2026-07-08 10:00", "2026-07-08 11:00", 1, 1, 0),
        ("2026-07-08 11:30", "2026-07-08 14:00", "2.5", 1, 0),  # over lunch
        ("2026-07-08 17:00", "2026-07-09 10:00", 17, 2, 1),  # over night
        ("2026-07-08 19:00", "2026-07-08 23:00", 4, 0, 0),
        ("2026-07-10 17:30", "2026-07-15 09:15", "111.75", "2.75", 2),  # Saturday night; 13 closed; 14 July
        ("2026-07-12 00:00", "2026-07-15 00:00", 72, 0, 1),
        ("2026-07-11 23:00", "2026-07-12 01:00", 2, 1, 0),
        ("2026-05-13 18:00", "2026-05-15 09:00", 39, 0, 1),  # Ascension
        ("2026-07-08 00:00:00.000001", "2026-07-08 09:00:00.000001", 9, Fraction(1, 3_600_000_000), 0),
        ("2101-01-05 10:00", "2101-01-05 11:00", 1, None, None),  # beyond what calendars know
    ],
)
def test_working_time(earlier: str, later: str, hours: Any, working_hours: Any, working_days: Any) -> None:
    expected = tuple(None if each is None else Fraction(each) for each in (hours, working_hours, working_days))
    there, back = counted(SHOP, [(at(earlier), at(later)), (at(later), at(earlier))])
    assert there == expected
    assert back == tuple(None if each is None else -each for each in expected)


def test_working_time_is_that_of_the_oracle() -> None:
    draw = random.Random(11)
    spans = []
    for _ in range(100):
        start = dt.datetime(2024, 1, 1) + dt.timedelta(seconds=draw.randrange(3 * 365 * 86_400))
        spans.append((start, start + dt.timedelta(microseconds=draw.randrange(-(10**12), 40 * 10**12))))
    for found, (a, b) in zip(counted(SHOP, spans), spans, strict=True):
        assert found == (
            Fraction((b - a) // dt.timedelta(microseconds=1), 3_600_000_000),
            working_hours(SHOP, b, a),
            working_days(SHOP, b, a),
        )


def test_the_oracle_knows_the_holidays() -> None:
    from holidays import country_holidays

    years = range(2008, 2051)  # for three years before, Whit Monday was none
    assert set(country_holidays("FR", years=years)) == {day for year in years for day in holidays_of_france(year)}


def test_cases_by_opening_hours(tmp_path: Path) -> None:
    """Opened on Friday at 17:00, asked at 17:30, answered on Monday at 10:00, closed at 12:30: 0.5 h and 2 h."""
    rules = """
calendar:
  open:
    - {days: [monday, friday], from: 09:00, to: 12:00}
    - {days: [friday, monday], from: 14:00, to: 18:00}
sources: {events: {path: events.csv, date: at, columns: {due: {type: datetime}}}}
cases: {orders: {from: events, case: order, ends: step = "done", waits: step = "asked", clock: open}}
"""
    log = """order,at,step,due
1,2026-07-03 17:00,new,
1,2026-07-03 17:30,asked,
1,2026-07-06 10:00,told,
1,2026-07-06 12:30,done,2026-07-06 10:30
"""
    computes = {
        "time": "{kind: mean, from: orders, value: hours}",
        "late": "{kind: mean, from: orders, value: 'WORKHOURS(ended, due)'}",
        "days": "{kind: mean, from: orders, value: 'WORKDAYS(ended, started)'}",
        "all": "{kind: mean, from: orders, value: 'HOURS(ended, started)'}",
    }
    run = run_of(tmp_path, rules, computes, {"events.csv": log})
    assert found(run) == {"time": Decimal("2.5"), "late": Decimal("1.5"), "days": 1, "all": Decimal("67.5")}


def test_without_ids_a_case_does_not_end_before_it_starts(tmp_path: Path) -> None:
    """Of a day nobody knows what was first: closed stands before opened in the alphabet."""
    rules = """
sources: {events: {path: events.csv, date: day, columns: {day: {type: date}}}}
cases: {tickets: {from: events, case: ticket, starts: step = "opened", ends: step = "closed"}}
"""
    log = "ticket,day,step\n1,2026-07-03,closed\n1,2026-07-03,opened\n2,2026-07-03,opened\n2,2026-07-05,closed\n"
    run = run_of(tmp_path, rules, {"time": "{kind: mean, from: tickets, value: hours}"}, {"events.csv": log})
    assert found(run) == {"time": Decimal(24)}  # 0 and 48 hours


def test_other_holidays_than_those_of_the_run_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = "calendar: {open: [{days: [monday], from: 09:00, to: 10:00}], holidays: {country: FR}}\n"
    rules += "sources: {facts: {path: facts.csv, date: at, columns: {due: {type: datetime}}}}"
    computes = {"time": "{kind: sum, from: facts, value: 'WORKHOURS(due, at)'}"}
    run_of(tmp_path, rules, computes, {"facts.csv": "at,due\n2026-07-06,2026-07-20\n"})
    loaded, folder = incentive_engine.load(tmp_path / "rules.yaml"), tmp_path / "run"
    run = incentive_engine.run(loaded, tmp_path, "2026-Q3", folder)
    assert incentive_engine.recompute(folder).kpis.equals(run.kpis)
    monkeypatch.setattr("incentive_engine.kinds.calendars._public", lambda calendar: [dt.date(2026, 7, 13)])
    with pytest.raises(InputProblems, match="other-holidays"):
        incentive_engine.recompute(folder)


def test_what_is_written_when_a_case_ends_is_kept(tmp_path: Path) -> None:
    """By day, and shown by what the case took."""
    kept = "{kind: mean, from: tickets, value: hours}, verbatims: {column: note, when: hours > 0.25}"
    notes = [f"{row},{word}" for row, word in zip(EVENTS.splitlines(), ["note", *"abcdefghijklmno"], strict=False)]
    files = {"events.csv": "\n".join(notes), "workforce.csv": "payee\none\ntwo\n"}
    run = run_of(tmp_path, LOG, {"time": kept}, files)
    assert run.verbatims.select("payee", "date", "text", "shown").rows() == [
        (None, dt.date(2026, 7, 20), "n", False),
        ("two", dt.date(2026, 7, 1), "d", True),
        ("two", dt.date(2026, 7, 2), "h", False),
    ]


def test_holidays_need_their_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening hours do not."""
    rules = "calendar: {open: [{days: [monday], from: 09:00, to: 10:00}], holidays: {country: FR}}\n"
    rules += "sources: {facts: {path: facts.csv, date: at, columns: {due: {type: datetime}}}}"
    computes = {"time": "{kind: sum, from: facts, value: 'WORKHOURS(due, at)'}"}
    files = {"facts.csv": "at,due\n2026-07-06,2026-07-20\n"}
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(InputProblems, match=r"calendars-extra.*public holidays is not installed\n.*\[calendars\]"):
        run_of(tmp_path, rules, computes, files)
    assert found(run_of(tmp_path, rules.replace(", holidays: {country: FR}", ""), computes, files)) == {"time": 2}
