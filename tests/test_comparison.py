"""What a change does to the pay of the starter's company: every figure worked out by hand."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import get_args

import polars as pl
import pytest
from click.testing import CliRunner, Result

from incentive_engine import load
from incentive_engine.cli import main
from incentive_engine.engine.running import Timings, accept_for, calculate
from incentive_engine.shipped import rules_dir
from incentive_engine.simulation.comparison.causing import Cause, CauseKind
from incentive_engine.simulation.comparison.comparison import Comparison, Mover, compared
from incentive_engine.simulation.comparison.comparison_paper import comparison_sections, mover_row
from incentive_engine.simulation.comparison.crossing import Limit, Tier
from incentive_engine.simulation.comparison.moving import FATES, Cost, movements
from incentive_engine.simulation.comparison.side import Side, side_of
from incentive_engine.simulation.comparison.spreading import Band, spreads
from incentive_engine.simulation.reports.paper import Money, Part, Said
from incentive_engine.simulation.reports.writing import Writer, reader
from incentive_engine.simulation.scenarios.overlay import overlaid

STARTER = rules_dir() / "starter"
D = Decimal
Cells = Mapping[str, str]


def paid(
    folder: Path, change: Mapping[str, object], people: Mapping[str, Cells | None] = {}, also: Mapping[str, str] = {}
) -> Side:
    """What the starter pays in 2026-Q3 with rules changed by path, cells of people or all of them, and more rows."""
    data = folder / "data"
    shutil.copytree(STARTER / "data", data)
    with (data / "workforce.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["payee"]: row for row in csv.DictReader(file)}
    for payee, cells in people.items():
        row = {**rows.get(payee, dict.fromkeys(rows["A01"], "")), "payee": payee, **(cells or {})}
        rows = {**rows, payee: row} if cells else {other: row for other, row in rows.items() if other != payee}
    with (data / "workforce.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows["A01"]))
        writer.writeheader()
        writer.writerows(rows.values())
    for name, lines in also.items():
        with (data / name).open("a", encoding="utf-8") as file:
            file.write(lines)
    rules = overlaid(load(STARTER / "rules.yaml"), change)
    return side_of(calculate(rules, accept_for(rules, data), rules.period("2026-Q3"), Timings(), keep=True))


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Side:
    return paid(tmp_path_factory.mktemp("before"), {})


RULES = {"plans.seller.cap": D("1.2"), "plans.seller.scorecard.sales.gates.1.when": "satisfaction < 3.7"}
PEOPLE: Mapping[str, Cells | None] = {
    "A03": {"fte": "1"},
    "A05": {"base_salary": ""},
    "A06": {"base_salary": "30000"},
    "A08": {
        "role": "Adviser", "department": "Customer care", "team": "South", "base_salary": "30000", "fte": "1",
        "hired": "2020-01-06",
    },
    "S02": None,
}  # fmt: skip
FACTS = {
    "kpis.csv": "payee,A08,cases_per_day,2026-Q3,20\n",
    "surveys.csv": "R048,2026-09-01,A08,4,9\nR049,2026-09-02,A08,4,8\n",
}
"""The team South has 14 answers rather than 12, 4.0 and an NPS of 50 as before."""

BY_HAND = {
    "A01": ("600.00", "600.00", "same"),
    "A02": ("708.00", "708.00", "same"),
    # 82 % of 600 rather than of 300
    "A03": ("246.00", "492.00", "gains"),
    "A04": ("336.75", "336.75", "same"),
    "A05": ("687.00", None, "held"),
    # satisfaction 3.8 and 19 cases are 95 % of their targets and pay 87.5 %, the team's NPS pays 125 %:
    # 70 % x (60 % x 87.5 % + 40 % x 125 %) + 30 % x 87.5 % = 98 % of 600
    "A06": (None, "588.00", "held_before"),
    # two answers only: the team's 4.0 pays 100 %: 70 % x (60 % + 40 % x 125 %) + 30 % = 107 % of 600
    "A08": (None, "642.00", "new"),
    # 120 % of 800, no more
    "S01": ("1000.00", "960.00", "loses"),
    "S02": ("850.00", None, "gone"),
    # satisfaction 3.6 halves the 75 % of the sales: 70 % x 75 % + 30 % x 37.5 % = 63.75 % of 800
    "S03": ("600.00", "510.00", "loses"),
    "S04": ("575.00", "575.00", "same"),
}


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Side:
    return paid(tmp_path_factory.mktemp("after"), RULES, PEOPLE, FACTS)


@pytest.fixture(scope="module")
def comparison(before: Side, after: Side) -> Comparison:
    return compared(before, after, ("department", "level"))


def test_everybody_has_a_fate(before: Side, after: Side) -> None:
    rows = movements(before, after).select("payee", "before", "after", "fate").iter_rows()
    found = {payee: (was and str(was), is_ and str(is_), fate) for payee, was, is_, fate in rows}
    assert found == BY_HAND


def test_the_cost_is_what_everybody_gains_and_loses(comparison: Comparison) -> None:
    # 246 − 687 + 588 + 642 − 40 − 850 − 90 = −191; of 5,602.75 that is 3.41 %
    assert comparison.costs == (Cost("EUR", D("5602.75"), D("5411.75")),)
    assert comparison.costs[0].difference == D("-191.00")
    assert comparison.costs[0].share == D("-0.0341")
    assert {each.fate: (each.payees, each.amount) for each in comparison.moved} == {
        "gains": (1, D("246.00")),
        "loses": (2, D("-130.00")),
        "same": (4, D("0.00")),
        "new": (1, D("642.00")),
        "gone": (1, D("-850.00")),
        "held": (1, D("-687.00")),
        "held_before": (1, D("588.00")),
    }


def test_each_who_moves_is_told_why(comparison: Comparison) -> None:
    movers = {each.payee: each for each in (*comparison.gain_most, *comparison.lose_most)}
    causes = {
        payee: {(cause.kind, cause.node): (cause.before, cause.after) for cause in movers[payee].causes}
        for payee in ("A03", "S01", "S03")
    }
    assert causes == {
        # 42 % x 25 % and 30 % x 25 % are lost of 300, then of 600
        "A03": {
            ("start", "plan"): (D("300.00"), D("600.00")),
            ("measure", "customer.satisfaction"): (D("-31.50"), D("-63.00")),
            ("measure", "internal.cases_per_day"): (D("-22.50"), D("-45.00")),
        },
        # 125 % of 800 is 40 more than 120 %
        "S01": {("cap", "plan"): (D("0.00"), D("-40.00"))},
        # half of 30 % x 75 % of 800
        "S03": {("gate", "sales"): (D("0.00"), D("-90.00"))},
    }
    assert [each.payee for each in comparison.gain_most] == ["A08", "A06", "A03"]
    assert [each.payee for each in comparison.lose_most] == ["S02", "A05", "S03", "S01"]
    for mover in movers.values():
        assert sum((cause.difference for cause in mover.causes), D(0)) == mover.difference


def test_who_gains_does_so_mostly_by_what_brings_something() -> None:
    """Not by what takes the most away."""
    takes, brings = (
        Cause("measure", node, 1, {"en": node}, 1, D(0), D(after)) for node, after in (("nps", -20), ("sales", 28))
    )
    mover = Mover("A05", "Care", "EUR", D(100), D(108), D(8), "gains", (brings, takes))
    for causes in ((brings, takes), (takes, brings)):
        row = mover_row(replace(mover, causes=causes))
        assert row[5:] == (
            Said("cause_measure", {"title": {"en": "sales"}, "number": 1}),
            Money(D(28), "EUR"),
            Money(D(-20), "EUR"),
        )


def test_causes_add_up_to_the_cost(comparison: Comparison) -> None:
    assert sum((each.difference for each in comparison.causes), D(0)) == D("-191.00")
    (gate,) = (each for each in comparison.causes if each.kind == "gate")
    # S04 lost 225 before: half of 30 % x 150 % of 1,000
    assert (gate.node, gate.number, gate.payees, gate.before, gate.after) == ("sales", 1, 1, D("-225.00"), D("-315.00"))


def test_measures_that_are_called_the_same_name_their_plan(before: Side, tmp_path: Path) -> None:
    """Both plans have a measure of satisfaction, one of them of recommendation."""
    more_pay = paid(tmp_path, {}, {payee: {"base_salary": "50000"} for payee in ("A02", "S03")})
    titles = {each.node: each.title.get("fr") for each in compared(before, more_pay).causes}
    assert titles["customer.satisfaction"] == "Conseiller · Satisfaction des clients (de 1 à 5)"
    assert titles["satisfaction"] == "Vendeur · Satisfaction des clients (de 1 à 5)"
    assert titles["sales"] == "Ventes signées"


def test_groups_are_those_of_after(comparison: Comparison) -> None:
    groups = {(each.column, each.value): each for each in comparison.groups}
    told = {key: (each.payees, each.before, each.after, each.gain, each.lose) for key, each in groups.items()}
    assert told == {
        ("department", "Customer care"): (7, D("2577.75"), D("3366.75"), 3, 1),
        ("department", "Sales"): (4, D("3025.00"), D("2045.00"), 0, 3),
        ("level", "junior"): (2, D("1600.00"), D("1470.00"), 0, 2),
        ("level", "senior"): (2, D("1425.00"), D("575.00"), 0, 1),
        ("level", None): (7, D("2577.75"), D("3366.75"), 3, 1),
    }


def test_the_customers_share_before_and_after(comparison: Comparison) -> None:
    # advisers 420 + 483 + 178.50 + 246.75 + 462, sellers 700 + 700 + 420 + 350: 3,960.25 of 5,602.75
    assert comparison.customers_before == D("0.7068")
    seller = next(each for each in comparison.plans if each.plan == "seller")
    assert seller.before is not None
    assert seller.after is not None
    assert (seller.before.payees, seller.before.payout, seller.before.paid) == (4, D("3025.00"), D("0.7174"))
    # 672 + 420 + 350 of 2,045: the cap leaves 96 % of each part of S01's 700 + 300
    assert (seller.after.payees, seller.after.payout, seller.after.paid) == (3, D("2045.00"), D("0.7051"))
    assert (seller.after.declared_low, seller.after.declared_high) == (D("0.7"), D("0.7"))


def test_who_reaches_a_cap_and_who_meets_a_gate(comparison: Comparison) -> None:
    sales, plan = {"en": "Sales signed", "fr": "Ventes signées"}, {"en": "Seller", "fr": "Vendeur"}
    assert comparison.gates == (Limit("seller", "sales", 1, sales, before=1, after=2, newly=1, no_longer=0),)
    assert comparison.caps == (Limit("seller", "plan", 0, plan, before=0, after=1, newly=1, no_longer=0),)


def test_who_is_held_and_why(comparison: Comparison) -> None:
    assert (comparison.held_before, comparison.held_after) == (1, 1)
    assert [(each.payee, each.before, each.after) for each in comparison.held] == [
        ("A05", None, "missing-target-pay"),
        ("A06", "missing-target-pay", None),
    ]


def test_the_spread_counts_everybody_and_shows_amounts_that_somebody_is_paid(comparison: Comparison) -> None:
    (spread,) = comparison.spreads
    # 246, 336.75, 575, 600, 600, 687, 708, 850, 1,000, and 336.75, 492, 510, 575, 588, 600, 642, 708, 960
    deciles = [(each.tenths, each.before, each.after) for each in spread.deciles]
    assert deciles[0] == (0, D("246.00"), D("336.75"))
    assert deciles[5] == (5, D("600.00"), D("588.00"))
    assert deciles[9:] == [(9, D("1000.00"), D("960.00")), (10, D("1000.00"), D("960.00"))]
    counts = {int(band.low): (band.before, band.after) for band in spread.bands if band.before or band.after}
    assert {band.high - band.low for band in spread.bands} == {50}
    assert counts == {
        200: (1, 0), 300: (1, 1), 450: (0, 1), 500: (0, 1), 550: (1, 2), 600: (2, 2), 650: (1, 0), 700: (1, 1),
        850: (1, 0), 950: (0, 1), 1000: (1, 0),
    }  # fmt: skip


def test_who_leaves_one_stretch_of_a_curve_for_another(before: Side, tmp_path: Path) -> None:
    """Against 4.2, the 4.0 of A01 and of A05's team is 95.24 %; A02 and A04 stay at 100 % and above, A03 below."""
    harder = {"plans.adviser.scorecard.customer.items.satisfaction.target": D("4.2")}
    (crossing,) = compared(before, paid(tmp_path, harder)).crossings
    assert (crossing.plan, crossing.measure, crossing.payees) == ("adviser", "customer.satisfaction", 2)
    assert crossing.before == Tier("", 2, D(1), behind=False, in_percent=True)
    assert crossing.after == Tier("", 1, D("0.8"), behind=False, in_percent=True)


def test_a_tier_that_is_added_moves_those_who_reach_it(before: Side, tmp_path: Path) -> None:
    """Only those at 105 % and above reach a point there; all others are where they were, whatever its number."""
    more = {"curves.on_ratio.points": [[D("0.8"), D("0.5")], [1, 1], [D("1.05"), D("1.125")], [D("1.2"), D("1.5")]]}
    found = compared(before, paid(tmp_path, more)).crossings
    assert {(each.plan, each.measure, each.before.start, each.after.start): each.payees for each in found} == {
        ("adviser", "customer.satisfaction", D(1), D("1.05")): 2,  # A02 4.4, A04 4.2: 110 % and 105 %
        ("adviser", "internal.cases_per_day", D(1), D("1.05")): 2,  # A02 and A05: 110 %
        ("seller", "satisfaction", D(1), D("1.05")): 1,  # S01 4.4: 110 %
        ("seller", "sales", D(1), D("1.05")): 1,  # S01 44,000 of 40,000; S04 is at 120 % and stays there
    }


def test_bands_of_negative_amounts_hold_everybody() -> None:
    amounts = [D("-250.00"), D("-0.01"), D("0.00"), D("0.01"), D("999.99"), D("1000.00")]
    rows = pl.DataFrame(
        {"currency": "EUR", "before": amounts, "after": amounts[::-1]}, schema_overrides={"before": pl.Decimal(38, 2)}
    )
    (spread,) = spreads(rows)
    assert [(band.low, band.before) for band in spread.bands if band.before] == [
        (D(-300), 1), (D(-100), 1), (D(0), 2), (D(900), 1), (D(1000), 1),
    ]  # fmt: skip
    assert spread.bands[0] == Band(D(-300), D(-200), 1, 1)


def words_of(kind: str) -> Iterator[str]:
    if kind in ("modifier", "gate", "floor", "cap"):
        yield from (f"cause_{kind}_of", f"cause_{kind}_of_plan")
    else:
        yield f"cause_{kind}"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_cause_and_fate_has_words(language: str) -> None:
    said = reader(language, "EUR").words["said"]
    kinds = [kind for part in get_args(CauseKind) for kind in (get_args(part) or (part,))]
    wanted = [f"fate_{fate}" for fate in FATES] + [word for kind in kinds for word in words_of(kind)]
    assert [word for word in wanted if word not in said] == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_comparison_is_written_in_both_languages(comparison: Comparison, language: str) -> None:
    sections = (
        Writer(reader(language, "EUR")).part(Part({"en": "All"}, comparison_sections(comparison, "EUR"))).sections
    )
    assert [each.name for each in sections] == [
        "cost", "customers", "movers", "causes", "groups", "spread", "lines", "held",
    ]  # fmt: skip


SCENARIO = """
scenario: lower-cap
title: {en: A lower cap, fr: Un plafond plus bas}
rules: {change: {plans.seller.cap: 120%}}
"""


def simulate(folder: Path, *by: str, column: str = "site") -> Result:
    shutil.copytree(STARTER, folder / "starter")
    workforce = folder / "starter/data/workforce.csv"
    head, *rows = workforce.read_text(encoding="utf-8").splitlines()
    told = [f"{head},{column}", *(f"{row},{'Lyon' if 'Seller 01' in row else 'Paris'}" for row in rows)]
    workforce.write_text("\n".join(told), encoding="utf-8")
    (folder / "lower-cap.yaml").write_text(SCENARIO, encoding="utf-8")
    rules, data = folder / "starter/rules.yaml", folder / "starter/data"
    given = [str(rules), "--data", str(data), "--period", "2026-Q3", "--scenario", str(folder / "lower-cap.yaml")]
    return CliRunner().invoke(main, ["simulate", *given, *by])


@pytest.mark.parametrize("column", ["site", "fate"])
def test_people_are_grouped_by_a_column_that_no_rule_reads(tmp_path: Path, column: str) -> None:
    shown = simulate(tmp_path, "--by", column, column=column).output
    lines = [line.split() for line in shown.splitlines()]
    assert ["Lyon", "1", "€1,000.00", "€960.00", "−€40.00", "−4%", "0", "1"] in lines
    assert ["Paris", "8", "€4,602.75", "€4,602.75", "€0.00", "0%", "0", "0"] in lines
    assert ["Seller:", "cap", "150%", "120%", "1", "−€40.00"] in lines


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    shown = simulate(tmp_path, "--by", "sight")
    assert shown.exit_code == 1
    assert "workforce.csv:1:1: error[missing-column]: `workforce.csv` has no column `sight`" in shown.output
