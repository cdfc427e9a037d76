"""Leave: what each effect does to pay, worked out by hand, and that nobody reads what an absence was for."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import incentive_engine
from incentive_engine import Run
from incentive_engine.cli import main
from incentive_engine.cli.explained import lines
from incentive_engine.documents import read_text
from incentive_engine.engine.explanation import explain
from incentive_engine.rulesets.catalogue import types_of_leave
from incentive_engine.rulesets.leave import EFFECT_WORDS, EFFECTS
from incentive_engine.rulesets.loading import Rules, load_document
from tests.calculator import curves_in, equations

PERIOD = "2026-Q3"
HEAD = """
rule_set: leave
version: "1"
title: {en: Leave, fr: Absences}
decided: {by: Nobody, on: 2026-01-01}
currency: EUR
timezone: Europe/Paris
"""
LEAVE = """
leave:
  path: leave.csv
  types:
    zzbirth: {title: {en: Zbirth, fr: Znaissance}, effect: reduces_target}
    zzholiday: {title: {en: Zholiday, fr: Zvacances}, codes: [ZZCP], effect: counts}
    zzsick: {title: {en: Zsick, fr: Zmaladie}, codes: [ZZMAL], effect: reduces_payout, in_pay: {yearly: counts}}
    zzmission: {title: {en: Zmission, fr: Zmission}, effect: neutral}
"""
RULES = """
kpis:
  sales: {title: {en: Sales, fr: Ventes}, perspective: internal, compute: {kind: given}, better: higher}
curves:
  same: {kind: linear, points: [[0%, 0%], [100%, 100%], [200%, 200%]], below: zero, above: flat}
plans:
  adviser:
    title: {en: Adviser, fr: Conseiller}
    pays: quarterly
    who: TRUE
    target_pay: 920
    scorecard:
      sales: {weight: 100%, of: payee, target: 46, target_for: presence, attainment: ratio, curve: same}
    proration: {by: calendar_days}
"""
YEARLY = """  yearly:
    title: {en: Yearly, fr: Annuelle}
    pays: yearly
    who: TRUE
    target_pay: 920
    scorecard:
      sales: {weight: 100%, of: payee, target: 46, attainment: ratio, curve: same}
    proration: {by: calendar_days}
"""
SALES = {
    "anna": "46", "bob": "69", "cleo": "15", "dan": "23", "eve": "27.4805", "fay": "46", "gus": "38.5", "hal": "41",
    "ivy": "46", "jim": "46", "kim": "30.5", "lou": "46", "max": "46", "ned": "31", "oda": "46", "pat": "46",
}  # fmt: skip
HIRED = {"eve": "2026-08-01", "kim": "2026-08-01"}
ROWS = """payee,from,to,type
bob,2026-08-01,2026-08-23,ZZMAL
cleo,2026-07-01,2026-08-31,zzbirth
dan,2026-07-01,2026-08-16,zzmission
eve,2026-08-01,2026-08-15,zzmission
fay,2026-08-01,2026-08-31,ZZCP
gus,2026-07-01,2026-07-10,zzsick
gus,2026-07-06,2026-07-15,zzbirth
hal,2026-06-20,2026-07-10,zzsick
ivy,2026-05-01,2026-12-31,zzsick
jim,2026-07-01,2026-09-30,zzmission
kim,2026-07-01,2026-07-31,zzsick
lou,2026-07-01,2026-07-31,zzsik
max,2026-07-31,2026-07-01,zzsick
ned,2026-09-01,,zzsick
oda,2026-07-01,,
Pat,2026-07-01,2026-07-31,zzsick
"""


def company(folder: Path, rules: str) -> Rules:
    """Everybody's tables, and the rules."""
    (folder / "rules.yaml").write_text(HEAD + rules, encoding="utf-8")
    people = "".join(f"{name},{HIRED.get(name, '2020-01-01')},\n" for name in SALES)
    (folder / "workforce.csv").write_text("payee,hired,left\n" + people, encoding="utf-8")
    results = "".join(f"payee,{name},sales,{PERIOD},{value}\n" for name, value in SALES.items())
    (folder / "kpis.csv").write_text("subject_kind,subject,kpi,period,value\n" + results, encoding="utf-8")
    (folder / "leave.csv").write_text(ROWS, encoding="utf-8")
    return incentive_engine.load(folder / "rules.yaml")


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("leave")
    return incentive_engine.run(company(folder, LEAVE + RULES + YEARLY), folder, PERIOD, folder / "run")


BY_HAND = {
    # proration, target, payout; the quarter has 92 days, and each sold what was expected unless said
    "anna": ("1", "46", "920.00"),
    "bob": ("0.75", "34.5", "1380.00"),  # 92 - 23 = 69 of 92; sold twice the target of 46 × 0.75
    "cleo": ("1", "15", "920.00"),  # 30 of 92 days at work: 46 × 0.3260869565 = 14.99999…, rounded to 4 places
    "dan": ("1", "46", "460.00"),  # 45 of 45 days; sold half
    "eve": ("0.5974025974", "27.4805", "549.61"),  # there 61 days: 46 of 77, without the 15 left out on both sides
    "fay": ("1", "46", "920.00"),
    "gus": ("0.9456521739", "38.5", "870.00"),  # birth goes first: 10 days of it, and 5 of the sick leave
    "hal": ("0.8913043478", "41", "820.00"),  # 10 days lie in the quarter
    "kim": ("0.6630434783", "30.5", "610.00"),  # on leave before being hired: 61 of 92
    "ned": ("0.6739130435", "31", "620.00"),  # from 1 September on
}


@pytest.mark.parametrize("payee", BY_HAND)
def test_effects_by_hand(paid: Run, payee: str) -> None:
    proration, target, payout = map(Decimal, BY_HAND[payee])
    row = paid.payouts.row(by_predicate=(pl.col("payee") == payee) & (pl.col("plan") == "adviser"), named=True)
    measure = paid.contributions.row(
        by_predicate=(pl.col("payee") == payee) & (pl.col("plan") == "adviser"), named=True
    )
    assert (row["proration"], measure["target"], row["payout"]) == (proration, target, payout)


def test_exceptions_are_by_what_is_paid(paid: Run) -> None:
    """Sick leave counts for what `yearly` pays, neutral leave is left out there too, and its target is the period's."""
    yearly = paid.payouts.filter(plan="yearly")
    told = dict(yearly.select("payee", "proration").rows())
    assert told["bob"] == told["hal"] == told["ned"] == 1
    assert told["ivy"] == 1  # away the whole quarter, which counts
    assert told["eve"] == Decimal("0.5974025974")
    assert paid.contributions.filter(plan="yearly")["target"].unique().to_list() == [Decimal(46)]
    # 15 ÷ 46 = 0.3261, × 920 = 300.012: there the target is that of the period
    assert yearly.filter(payee="cleo")["payout"].item() == Decimal("300.01")


def test_who_is_away_all_the_time_is_not_present(paid: Run) -> None:
    absent = paid.eligibility.filter(~pl.col("result")).select("payee", "plan", "test").sort("payee", "plan").rows()
    assert absent == [("ivy", "adviser", "present"), ("jim", "adviser", "present"), ("jim", "yearly", "present")]
    assert paid.payouts.filter(pl.col("payee").is_in(["ivy", "jim"]), plan="adviser").is_empty()


def test_leave_that_cannot_be_used_holds_its_payee(paid: Run) -> None:
    held = paid.held.filter(table="leave").select("payee", "code").sort("payee").rows()
    assert held == [
        ("Pat", "misspelt-payee"),
        ("lou", "unknown-leave-type"),
        ("max", "ends-before-it-starts"),
        ("oda", "empty-cell"),
    ]
    assert paid.payouts.filter(pl.col("payee").is_in(["lou", "max", "oda", "pat"])).is_empty()
    assert set(paid.held.filter(table="workforce")["payee"]) >= {"lou", "max", "oda", "pat"}


def test_trace_holds_what_leave_takes_out(paid: Run) -> None:
    trace = paid.trace["adviser"].select("payee", "days_present", "days_away", "days_left_out", "days_worked")
    told = {payee: numbers for payee, *numbers in trace.rows()}
    assert told["gus"] == [92, 5, 0, 77]
    assert told["eve"] == [61, 15, 15, 46]
    assert told["cleo"] == [92, 0, 0, 30]


def test_what_leave_was_for_is_printed_nowhere(paid: Run, tmp_path: Path) -> None:
    """No file of a run but its inputs and rules says it, no statement, and no explanation."""
    assert paid.folder is not None
    out = CliRunner().invoke(main, ["statements", str(paid.folder), "--out", str(tmp_path / "statements")])
    assert out.exit_code == 0, out.output
    people = ("bob", "cleo", "dan", "gus", "ivy", "lou", "max", "oda")
    told = [out.output, *(CliRunner().invoke(main, ["explain", str(paid.folder), each]).output for each in people)]
    texts = [path for path in [*paid.folder.rglob("*"), *tmp_path.rglob("*")] if path.is_file()]
    for path in texts:
        if {"inputs", "rules"} & set(path.relative_to(path.anchor).parts[-2:-1]):
            continue
        if path.suffix == ".parquet":
            told += [" ".join(map(str, row)) for row in pl.read_parquet(path).rows()]
        else:
            told.append(path.read_bytes().decode("utf-8", errors="replace"))
    assert [text for text in told if "zz" in text.lower() or "zsick" in text.lower()] == []


def test_every_printed_equation_holds(paid: Run) -> None:
    """Days, shares and targets, as `incentive explain` prints them."""
    assert paid.folder is not None
    for payee in BY_HAND:
        told = list(lines(explain(paid.folder, payee)))
        found = [each for line in told for each in equations(line, curves_in(told))]
        assert [each for each in found if not each.holds] == []
        assert len(found) >= 8


def test_a_run_is_recomputed_from_its_folder(paid: Run) -> None:
    assert paid.folder is not None
    again = incentive_engine.recompute(paid.folder)
    assert again.payouts.equals(paid.payouts)
    assert again.held.equals(paid.held)


def test_without_leave_who_joins_has_a_lower_target(tmp_path: Path) -> None:
    """`target_for: presence` needs no table of leave: hired on 1 August, 61 of 92 days, 46 × 0.6630434783 = 30.5."""
    run = incentive_engine.run(company(tmp_path, RULES), tmp_path, PERIOD)
    assert run.contributions.filter(payee="kim")["target"].item() == Decimal("30.5")
    assert run.payouts.filter(payee="kim")["payout"].item() == Decimal("610.00")
    assert run.contributions.filter(payee="bob")["target"].item() == Decimal(46)


# --- every proration --------------------------------------------------------------------------------------------------

KINDS = ("calendar_days", "working_days", "months", "thirty_360", "own_days")
BY_KIND = """
calendar:
  open: [{days: [monday, tuesday, wednesday, thursday, friday], from: 09:00, to: 17:00}]
  holidays: {country: FR}
kpis:
  sales: {title: {en: Sales, fr: Ventes}, perspective: internal, compute: {kind: given}, better: higher}
curves:
  same: {kind: linear, points: [[0%, 0%], [100%, 100%], [200%, 200%]], below: zero, above: flat}
plans:
""" + "".join(
    f"""  {kind}:
    title: {{en: Plan, fr: Plan}}
    pays: {kind}
    who: TRUE
    target_pay: 100
    scorecard: {{sales: {{weight: 100%, of: company, target: 1, attainment: ratio, curve: same}}}}
    proration: {{by: {kind}}}
"""
    for kind in KINDS
)


def test_a_day_of_leave_counts_as_the_proration_counts_days(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(HEAD + LEAVE.replace(", in_pay: {yearly: counts}", "") + BY_KIND)
    (tmp_path / "workforce.csv").write_text("payee,hired,left\nann,2020-01-01,\nbob,2026-07-16,\n")
    (tmp_path / "kpis.csv").write_text(f"subject_kind,subject,kpi,period,value\ncompany,,sales,{PERIOD},1\n")
    (tmp_path / "leave.csv").write_text(
        "payee,from,to,type\nann,2026-08-01,2026-08-15,zzsick\nbob,2026-07-30,2026-07-31,zzmission\n"
    )
    run = incentive_engine.run(incentive_engine.load(tmp_path / "rules.yaml"), tmp_path, PERIOD)
    told = {(payee, plan): share for payee, plan, share in run.payouts.select("payee", "plan", "proration").rows()}
    by_hand = {
        # Sick from Saturday 1 to Saturday 15 August: 15 days, 10 working days of 22 + 21 + 22 (14 July is none).
        ("ann", "calendar_days"): Fraction(77, 92),
        ("ann", "working_days"): Fraction(55, 65),
        ("ann", "months"): (3 - Fraction(15, 31)) / 3,
        ("ann", "thirty_360"): Fraction(75, 90),
        ("ann", "own_days"): Fraction(77, 92),
        # There from 16 July; Thursday 30 and Friday 31 July left out, above and below.
        ("bob", "calendar_days"): Fraction(75, 90),
        ("bob", "working_days"): Fraction(12 + 21 + 22 - 2, 65 - 2),
        ("bob", "months"): (2 + Fraction(14, 31)) / (3 - Fraction(2, 31)),
        ("bob", "thirty_360"): Fraction(75 - 1, 90 - 1),  # the 30th and the 31st are one day
        ("bob", "own_days"): Fraction(1),
    }
    assert told == {key: round(Decimal(share.numerator) / share.denominator, 10) for key, share in by_hand.items()}


# --- the French default -----------------------------------------------------------------------------------------------


def test_every_line_of_the_french_default_has_its_source() -> None:
    france = types_of_leave()["france"]
    assert france.principle
    for name, each in france.types.items():
        assert each.law, name
        assert each.standing, name
        assert {"en", "fr"} <= each.title.keys(), name
        assert all({"en", "fr"} <= law.says.keys() for law in each.law), name
    effects = {(each.standing, each.effect) for each in france.types.values()}
    assert len(effects) == len({standing for standing, _ in effects})


def test_what_is_written_wins_over_the_default_type_by_type() -> None:
    own = """
leave:
  like: leave.france
  path: leave.csv
  types:
    company_day: {title: {en: Company day, fr: Jour offert}, effect: counts}
    paid_leave: {codes: [CP]}
"""
    leave = load_document(read_text(HEAD + own + RULES, "rules.yaml")).ruleset.leave
    assert leave is not None
    france = types_of_leave()["france"].types
    assert list(leave.types) == [*france, "company_day"]
    assert leave.types["paid_leave"] == france["paid_leave"].model_copy(update={"codes": ("CP",)})
    assert leave.places["CP"] == list(france).index("paid_leave")


def test_a_run_keeps_the_types_that_it_took_over(tmp_path: Path) -> None:
    rules = company(tmp_path, "\nleave: {like: leave.france, path: leave.csv}\n" + RULES)
    (tmp_path / "leave.csv").write_text("payee,from,to,type\nbob,2026-08-01,2026-08-23,sick_leave\n")
    run = incentive_engine.run(rules, tmp_path, PERIOD, tmp_path / "run")
    assert run.payouts.filter(payee="bob")["payout"].item() == Decimal("1380.00")
    assert (tmp_path / "run" / "rules" / "leave" / "france.yaml").is_file()
    assert incentive_engine.recompute(tmp_path / "run").payouts.equals(run.payouts)


def test_every_effect_has_words() -> None:
    assert list(EFFECT_WORDS) == list(EFFECTS)
    assert all({"en", "fr"} == words.keys() for words in EFFECT_WORDS.values())
