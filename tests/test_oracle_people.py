"""The oracle on people who move, leave, come back, are away or are paid elsewhere, worked out by hand.

The engine calculates the same cases. The period is 2026-Q3: 92 days, 65 of them working days from Monday to Friday
without 14 July (15 August is a Saturday).
"""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Any

import pytest

from tests.comparing import agree
from tests.oracle import Both, Case, Constant, Named, Outcome, People, Results, settled
from tests.oracle.prorations import counted
from tests.test_oracle_by_hand import EVERYONE, example, kpi, measure, payee, plan

F = Fraction
CALENDAR_DAYS = {"by": "calendar_days"}
WEEK = {"open": [{"days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "from": "09:00", "to": "17:00"}],
        "holidays": {"country": "FR"}}  # fmt: skip
DATED = {"payee": "text", "from": "date", "to": "date"}
LONG_AGO = dt.date(2020, 1, 1)


def day(month: int, number: int) -> dt.date:
    return dt.date(2026, month, number)


def row(name: str, first: dt.date, last: dt.date | None, **more: Any) -> dict[str, Any]:
    return {"payee": name, "from": first, "to": last, **more}


def people(dated: dict[str, list[dict[str, Any]]], staff: list[dict[str, Any]] | None = None, **rules: Any) -> Case:
    """Payees whose only measure is reached by 100 %, and who are paid their salary, but for what `rules` say."""
    staff = staff or [payee("A", base_salary=F(9200))]
    paid = plan({"a": measure("1")}, target_pay=Named("base_salary"), proration=CALENDAR_DAYS, **rules.pop("plan", {}))
    results = {(person["payee"], "a"): "1" for person in staff}
    case = example({"a": kpi("customer")}, {"p": paid} | rules.pop("plans", {}), results, staff, **rules)
    case.tables.update(dated)
    for name, rows in dated.items():
        others = {column: "number" if isinstance(rows[0][column], Fraction) else "text" for column in rows[0]}
        case.columns[name] = {**others, **{key: "date" for key in ("from", "to") if key in rows[0]}}
    case.columns["workforce"] |= {"base_salary": "number", **dict.fromkeys({"fte"} & {*staff[0]}, "number")}
    return case


def salaries(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"dated": {"salaries": list(rows)},
            "history": {"salaries": {"path": "salaries.csv", "gives": ["base_salary"], **more}}}  # fmt: skip


def by_stretch(case: Case) -> list[tuple[str, int, Fraction | None]]:
    """The plan, the number of days and the payout of each stretch; the engine says the same."""
    agree(case)
    return [(plan, len(each.card.days), each.payout) for (_, plan, _), each in settled(case)[0].items() if each.paid]


def only(case: Case) -> Outcome:
    """The only outcome of a case; the engine says the same."""
    agree(case)
    (found,) = settled(case)[0].values()
    return found


# --- stretches --------------------------------------------------------------------------------------------------------


def spans(case: Case) -> list[tuple[int, dt.date, dt.date]]:
    return [(each.number, each.days[0], each.days[-1]) for each in People(case).stretches["A"] if each.days]


def test_days_that_are_alike_are_one_stretch() -> None:
    """The second row says the same as the first, the last is of the day after the period."""
    rows = [
        row("A", LONG_AGO, day(7, 20), base_salary=F(9200)),
        row("A", day(7, 21), day(8, 14), base_salary=F(9200)),
        row("A", day(8, 15), day(9, 30), base_salary=F(18400)),
        row("A", day(10, 1), None, base_salary=F(1)),
    ]
    case = people(**salaries(*rows))
    assert spans(case) == [(1, day(7, 1), day(8, 14)), (2, day(8, 15), day(9, 30))]
    assert by_stretch(case) == [("p", 45, F(4500)), ("p", 47, F(9400))]


def test_who_comes_back_the_next_day_never_left() -> None:
    rows = [row("A", LONG_AGO, day(7, 20)), row("A", day(7, 21), day(8, 10)), row("A", day(8, 12), None)]
    case = people({"employment": rows}, employment={"path": "employment.csv"})
    assert spans(case) == [(1, day(7, 1), day(8, 10)), (2, day(8, 12), day(9, 30))]
    assert [each.row["hired"] for each in People(case).everyone] == [LONG_AGO, day(8, 12)]
    assert by_stretch(case) == [("p", 41, F(4100)), ("p", 50, F(5000))]


def test_who_is_never_there_is_not_present() -> None:
    rows = [row("A", LONG_AGO, day(6, 30))]
    case = people({"employment": rows}, employment={"path": "employment.csv"})
    assert only(case).tests == {"who": True, "present": False}


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([(LONG_AGO, day(7, 30)), (day(8, 1), None)], "gap-in-salaries"),
        ([(LONG_AGO, day(8, 1)), (day(8, 1), None)], "faulty-history"),
        ([(LONG_AGO, None), (day(10, 1), day(9, 1))], "faulty-history"),
    ],
)
def test_what_cannot_be_right_holds(rows: list[tuple[dt.date, dt.date | None]], code: str) -> None:
    case = people(**salaries(*(row("A", first, last, base_salary=F(1)) for first, last in rows)))
    agree(case)
    assert all(not each.paid for each in settled(case)[0].values())
    assert People(case).codes == {"A": {code}}


def test_a_gap_after_the_last_day_there_is_none() -> None:
    staff = [payee("A", base_salary=F(1), left=day(7, 31))]
    case = people(**salaries(row("A", LONG_AGO, day(7, 31), base_salary=F(9200))), staff=staff)
    assert by_stretch(case) == [("p", 31, F(3100))]


@pytest.mark.parametrize(("basis", "payout"), [("end", "18400"), ("average", "13800"), ("earned", None)])
def test_the_basis_of_a_salary(basis: str, payout: str | None) -> None:
    """9,200 for 46 days, then 18,400 for 46: all on the last, on the mean of 13,800, or 4,600 + 9,200."""
    rows = [row("A", LONG_AGO, day(8, 15), base_salary=F(9200)), row("A", day(8, 16), None, base_salary=F(18400))]
    found = by_stretch(people(**salaries(*rows, basis=basis)))
    assert found == ([("p", 92, F(payout))] if payout else [("p", 46, F(4600)), ("p", 46, F(9200))])


def test_a_mean_is_rounded() -> None:
    """(9200 × 91 + 9201) ÷ 92 = 9200.010869…: to 4 places, then 9200.01 is paid."""
    rows = [row("A", LONG_AGO, day(9, 29), base_salary=F(9200)), row("A", day(9, 30), None, base_salary=F(9201))]
    case = people(**salaries(*rows, basis="average", rounding={"places": 4}))
    assert only(case).target_pay == F("9200.0109")


def test_a_move_to_another_plan_holds_all_or_nothing() -> None:
    """A adviser to 14 August, then leader, whose measure has no result: what was earned before waits with it."""
    rows = [row("A", LONG_AGO, day(8, 14), team=None, department=None, role="adviser"),
            row("A", day(8, 15), None, team=None, department=None, role="leader")]  # fmt: skip
    leader = plan({"b": measure("1")}, who=Both(Named("role"), "=", Constant('"leader"', "leader")),
                  proration=CALENDAR_DAYS, pays="bonus")  # fmt: skip
    case = people(
        {"assignments": rows},
        [payee("A", base_salary=F(9200), role="adviser")],
        assignments={"path": "assignments.csv", "also": ["role"]},
        plans={"q": leader},
        plan={"who": Both(Named("role"), "=", Constant('"adviser"', "adviser"))},
    )
    case.rules["kpis"]["b"] = kpi("internal")
    agree(case)
    found = settled(case)[0]
    assert found["A", "q", 2].codes == {"missing-result"}
    assert found["A", "p", 1].codes == set()
    assert not found["A", "p", 1].paid
    case.rules["plans"]["q"]["pays"] = "other"
    assert by_stretch(case) == [("p", 45, F(4500))]


# --- prorations -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "first", "last", "expected"),
    [
        ("calendar_days", day(7, 1), day(8, 14), F(45)),
        ("working_days", day(7, 11), day(7, 15), F(2)),  # Saturday, Sunday, Monday, 14 July, Wednesday
        ("months", day(7, 31), day(8, 15), F(16, 31)),
        ("months", dt.date(2028, 2, 29), dt.date(2028, 3, 31), F(30, 29)),
        ("thirty_360", day(7, 1), day(7, 31), F(30)),
        ("thirty_360", day(7, 31), day(7, 31), F(1)),
        ("thirty_360", day(2, 1), day(2, 28), F(30)),
        ("thirty_360", day(2, 28), day(2, 28), F(3)),
        ("own_days", day(7, 1), day(7, 2), F(2)),
    ],
)
def test_what_days_count_for(by: str, first: dt.date, last: dt.date, expected: Fraction) -> None:
    days = [first + dt.timedelta(number) for number in range((last - first).days + 1)]
    assert counted(by, days, WEEK) == expected


@pytest.mark.parametrize(
    ("by", "payout"),
    [("calendar_days", "5000"), ("working_days", "5095.38"), ("months", "5045.16"), ("thirty_360", "5008.89"),
     ("own_days", "9200")],
)  # fmt: skip
def test_who_joins_on_12_august(by: str, payout: str) -> None:
    """50 of 92 days; 36 of 65; 20/31 + 1 of 3 months; 49 of 90; 50 of 50: of 9,200."""
    staff = [payee("A", base_salary=F(9200), hired=day(8, 12))]
    case = people({}, staff, plan={}, calendar=WEEK)
    case.rules["plans"]["p"]["proration"] = {"by": by}
    assert only(case).payout == F(payout)


# --- leave ------------------------------------------------------------------------------------------------------------


def away(effect: str, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    types = {"sick": {"title": {"en": "Sick"}, "effect": effect}} | more.pop("types", {})
    return {"dated": {"leave": list(rows)}, "leave": {"path": "leave.csv", "types": types}, **more}


@pytest.mark.parametrize(
    ("effect", "payout", "target"),
    [("counts", 9200, 92), ("reduces_payout", 6900, 69), ("reduces_target", 9200, 69), ("neutral", 9200, 92)],
)
def test_what_23_days_of_leave_do(effect: str, payout: int, target: int) -> None:
    """23 of 92 days: 75 % of the pay, of the target, or 69 of the 69 days that are left of the period."""
    case = people(**away(effect, row("A", day(8, 1), day(8, 23), type="sick")))
    case.rules["plans"]["p"]["scorecard"]["a"] |= {"target": F(92), "target_for": "presence", "curve": "everything"}
    case.rules["curves"]["everything"] = {"kind": "stepped", "below": "flat", "tiers": [{"from": F(0), "rate": F(1)}]}
    found = only(case)
    assert found.root is not None
    assert [found.payout, next(found.root.measures()).target] == [payout, target]


def test_a_day_of_two_leaves_is_of_the_first_type() -> None:
    """10 to 19 August, and 15 to 24 August of a type that counts: 10 days less, whichever row comes first."""
    types = {"training": {"title": {"en": "Training"}, "effect": "counts"}}
    rows = [row("A", day(8, 15), day(8, 24), type="training"), row("A", day(8, 10), day(8, 19), type="sick")]
    assert only(people(**away("reduces_payout", *rows, types=types))).payout == 8200


@pytest.mark.parametrize("effect", ["reduces_payout", "neutral"])
def test_who_is_away_all_the_time_is_not_present(effect: str) -> None:
    assert only(people(**away(effect, row("A", day(6, 1), None, type="sick")))).tests["present"] is False


def test_who_is_away_for_a_whole_stretch_of_days_is_not_present_then() -> None:
    """No day of August and September counts; without them, July is all of the period."""
    rows = [row("A", LONG_AGO, day(7, 31), base_salary=F(9200)), row("A", day(8, 1), None, base_salary=F(1))]
    case = people(**salaries(*rows))
    for effect, payout in (("reduces_payout", "3100"), ("neutral", "9200")):
        more = away(effect, row("A", day(8, 1), None, type="sick"))
        other = people({**case.tables, **more["dated"]}, history=case.rules["history"], leave=more["leave"])
        assert by_stretch(other) == [("p", 31, F(payout))]


def test_leave_of_a_type_that_nobody_knows_holds() -> None:
    case = people(**away("counts", row("A", day(8, 1), day(8, 2), type="other")))
    assert only(case).codes == {"faulty-history"}
    assert Results(case).leaves.held == [("A", "unknown-leave-type")]


# --- currencies -------------------------------------------------------------------------------------------------------


def test_another_currency_is_paid_at_the_rate_of_the_day() -> None:
    """18,400 francs at the plan's 2 are 9,200 euros; at 1.5 13,800 francs are paid, 4,600 less than at 2."""
    rates = [
        {"currency": "CHF", "from": since, "rate": F(rate)} for since, rate in ((LONG_AGO, "2"), (day(9, 30), "1.5"))
    ]
    exchange = {"path": "rates.csv", "own": ["base_salary"], "plan": day(1, 1), "rate_on": {"at": "period_end"}}
    staff = [payee("A", base_salary=F(18400), currency="CHF")]
    found = only(people({"exchange": rates}, staff, exchange=exchange))
    amounts = [found.target_pay, found.payout, found.paid_out, found.rate_effect]
    assert amounts == [9200, 9200, 13800, -4600]
    case = people({"exchange": rates}, [{**staff[0], "currency": "USD"}], exchange=exchange)
    assert only(case).codes == {"missing-rate"}


def test_a_number_that_changes_makes_another_plan() -> None:
    """From 15 August on 1 is half of what is asked for, and a result of 50 % pays nothing: 45 days of 92 are paid."""
    case = people({})
    case.rules["plans"]["p"]["scorecard"]["a"]["target"] = {"since": {LONG_AGO: F(1), day(8, 15): F(2)}}
    assert by_stretch(case) == [("p", 45, F(4500)), ("p@2026-08-15", 47, F(0))]


def test_a_target_that_changes_for_one_team_cuts_its_people_only() -> None:
    numbers = (("T", LONG_AGO, 1), ("T", day(8, 15), 2), ("U", LONG_AGO, 1))
    rows = [{"team": team, "as_of": since, "value": F(value)} for team, since, value in numbers]
    staff = [payee("A", base_salary=F(9200), team="T"), payee("B", base_salary=F(9200), team="U")]
    options = {"path": "targets.csv", "keys": ["team"], "since": "as_of", "columns": {"value": {"at_most": F(9)}}}
    case = people({"targets": rows}, staff, tables={"targets": options})
    case.columns["targets"]["as_of"] = "date"
    case.rules["plans"]["p"]["scorecard"]["a"]["target"] = {"table": "targets"}
    assert by_stretch(case) == [("p", 45, F(4500)), ("p", 47, F(0)), ("p", 92, F(9200))]


def test_who_was_in_two_groups_is_ranked_in_both() -> None:
    """A of 1 to 14 August's juniors and then of the seniors; B senior, C junior: each results 3, 2, 1."""
    rows = [row("A", LONG_AGO, day(8, 14), level="junior"), row("A", day(8, 15), None, level="senior")]
    levels = (("A", "senior"), ("B", "senior"), ("C", "junior"))
    staff = [payee(name, base_salary=F(9200), level=level) for name, level in levels]
    tiers = [{"from": F(1), "rate": F(1)}, {"from": F(2), "rate": F("0.5")}]
    case = people(
        {"levels": rows},
        staff,
        history={"levels": {"path": "levels.csv", "gives": ["level"]}},
        populations={"peers": {"who": EVERYONE, "by": ["level"]}},
        curves={"by_rank": {"kind": "stepped", "below": "flat", "tiers": tiers}},
    )
    rule = {"of": "payee", "attainment": "competition_rank", "among": "peers", "curve": "by_rank", "weight": F(1)}
    case.rules["plans"]["p"]["scorecard"]["a"] = rule
    for each, value in zip(case.tables["kpis"], (3, 2, 1), strict=True):
        each["value"] = F(value)
    assert by_stretch(case) == [("p", 45, F(4500)), ("p", 47, F(4700)), ("p", 92, F(4600)), ("p", 92, F(4600))]


def test_who_is_held_for_other_days_takes_nothing_from_a_pool() -> None:
    """1,000 for A and B, at least 800 for all of the period: the days of A before the gap in the results are not paid.

    With them the pool would be too small: 391.30 and 800. B alone gets all of it.
    """
    rows = [row("A", LONG_AGO, day(8, 14), role="adviser"), row("A", day(8, 15), None, role="leader")]
    staff = [payee(name, base_salary=F(9200), role="adviser") for name in "AB"]
    case = people(
        {"roles": rows},
        staff,
        history={"roles": {"path": "roles.csv", "gives": ["role"]}},
        pools={"pot": {
            "title": {"en": "Pot"},
            "fund": {"sum": Constant("1000", F(1000)), "of": "company"},
            "parts": {"all": {"title": {"en": "All"}, "share": F(1), "in_proportion_to": Named("proration")}},
            "minimum": Both(Constant("800", F(800)), "*", Named("proration")),
        }},
        plan={"who": Both(Named("role"), "=", Constant('"adviser"', "adviser")), "pool": "pot"},
    )  # fmt: skip
    leader = {**case.rules["plans"]["p"], "who": Both(Named("role"), "=", Constant('"leader"', "leader"))}
    leader = {**leader, "scorecard": {"b": measure("1")}}
    case.rules["plans"]["q"] = {key: value for key, value in leader.items() if key != "pool"}
    case.rules["kpis"]["b"] = kpi("internal")
    assert by_stretch(case) == [("p", 92, F(1000))]
