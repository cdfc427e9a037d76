"""Variable pay of women and men, held against plain fractions; and whether targets can be reached."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from incentive_engine import load, run
from incentive_engine.cli import main
from incentive_engine.ledger.review.looked_at import Written
from incentive_engine.simulation.fairness.attaining import Attained
from incentive_engine.simulation.fairness.fairness import Divided, Fairness, fairness
from incentive_engine.simulation.fairness.fairness_paper import fairness_section
from incentive_engine.simulation.fairness.treated import reached

F = Fraction
DIVIDED = Divided("gender", "F", "M", "work")
Person = tuple[str, str, int | None]
"""Gender, category of work, and what is paid; None for somebody who is held."""


def judged(people: Sequence[Person], divided: Divided = DIVIDED) -> Fairness:
    names = [f"P{number:04}" for number in range(len(people))]
    frame = pl.DataFrame(
        {"payee": names, "gender": [each[0] for each in people], "work": [each[1] for each in people]},
        schema={"payee": pl.String, "gender": pl.String, "work": pl.String},
    )
    paid = [(name, Decimal(pay)) for name, (_, _, pay) in zip(names, people, strict=True) if pay]
    amounts = pl.DataFrame(paid, schema={"payee": pl.String, "amount": pl.Decimal(12, 2)}, orient="row")
    held = [name for name, (_, _, pay) in zip(names, people, strict=True) if pay is None]
    return fairness(frame, amounts, held, divided)


def of(gender: str, work: str, *pay: int | None) -> list[Person]:
    return [(gender, work, each) for each in pay]


# --- by hand ----------------------------------------------------------------------------------------------------------

CARE = [*of("F", "care", 0, 80, 90, 100, 130), *of("M", "care", 90, 100, 110, 120, 180)]
SHOP = [*of("F", "shop", 200, 200, 200, 200, 200, 200), *of("M", "shop", 180, 190, 200, 210, 220, 0)]


def test_gaps_by_hand() -> None:
    """Care: women 400 ÷ 5 = 80, men 600 ÷ 5 = 120: a third less. Medians 90 and 110. Shop: 200 and 1,000 ÷ 6."""
    found = judged([*CARE, *SHOP])
    care, shop = found.categories
    assert (care.category, care.women, care.men) == ("care", 5, 5)
    assert (care.mean, care.median) == (F(1, 3), F(20, 110))
    assert (care.receiving_women, care.receiving_men) == (F(4, 5), F(1))
    assert (shop.mean, shop.median) == (F(-200, 1000), F(195 - 200, 195))
    assert (shop.receiving_women, shop.receiving_men) == (F(1), F(5, 6))
    assert [gap.category for gap in found.alerts] == ["care", "shop"]
    assert found.all is not None
    # women 1,600 ÷ 11, men 1,600 ÷ 11: nothing between them, whatever the categories say
    assert (found.all.mean, found.all.women, found.all.men) == (F(0), 11, 11)
    assert not found.all.alert
    # one woman and one man receive nothing: who they are would follow from those who do
    assert found.receivers is None


def test_the_alert_begins_at_5_percent() -> None:
    """1,000 to each man: 950 to each woman is 5 % less, 951 is not; 1,050 is 5 % more."""
    men = of("M", "care", *[1000] * 5)
    assert [bool(judged([*of("F", "care", *[pay] * 5), *men]).alerts) for pay in (949, 950, 951, 1049, 1050)] == [
        True,
        True,
        False,
        False,
        True,
    ]


def test_who_is_held_or_named_neither_is_not_counted() -> None:
    found = judged([*CARE, *of("F", "care", None), *of("X", "care", 500), *of("M", "care", None, None)])
    assert (found.held, found.neither) == (3, 1)
    assert found.categories[0] == judged(CARE).categories[0]


def test_quarters_by_hand() -> None:
    """40 people, the women with 1 to 20 and the men with 21 to 40: the first two quarters are all women."""
    people = [*of("F", "care", *range(1, 21)), *of("M", "care", *range(21, 41))]
    assert [quarter.women for quarter in judged(people).quartiles] == [1, 1, 0, 0]


def test_equal_pay_on_a_border_counts_in_proportion() -> None:
    """All 40 are paid the same: each quarter has half women, whatever the order of names."""
    people = [*of("F", "care", *[7] * 20), *of("M", "care", *[7] * 20)]
    assert [quarter.women for quarter in judged(people).quartiles] == [F(1, 2)] * 4


# --- small groups -----------------------------------------------------------------------------------------------------


def test_nothing_is_shown_of_four_women() -> None:
    found = judged([*of("F", "care", 1, 2, 3, 4), *of("M", "care", 1, 2, 3, 4, 5)])
    assert found.all is None
    assert found.receivers is None
    assert found.categories == ()
    assert found.hidden == ("care",)
    assert found.quartiles == ()


def test_a_small_category_takes_another_along() -> None:
    """Three women in the shop would follow from all women less those in care and field: the smaller goes as well."""
    people = [*of("F", "care", *range(10, 20)), *of("M", "care", *range(10, 20))]
    people += [*of("F", "field", *range(10, 16)), *of("M", "field", *range(10, 19))]
    people += [*of("F", "shop", 1, 2, 3), *of("M", "shop", *range(1, 10))]
    found = judged(people)
    assert [gap.category for gap in found.categories] == ["care"]
    assert found.hidden == ("field", "shop")


def test_a_few_women_in_a_quarter_are_not_shown() -> None:
    """Two of 20 women are in the highest quarter: it is hidden, and another with it, so that at least five are left."""
    people = [*of("F", "care", *range(1, 19), 99, 99), *of("M", "care", *range(19, 39))]
    women = [quarter.women for quarter in judged(people).quartiles]
    assert women[3] is None
    hidden = [number for number, share in enumerate(women) if share is None]
    exact = plain_quarters(people)
    assert sum(exact[number][0] for number in hidden) >= 5
    assert all(share is None or share == exact[number][0] / sum(exact[number]) for number, share in enumerate(women))


# --- plain fractions --------------------------------------------------------------------------------------------------


def plain_quarters(people: Sequence[Person]) -> list[tuple[Fraction, Fraction]]:
    """Women and men of each quarter: everybody cut in four pieces, which are put in order one by one."""
    known = [each for each in people if each[0] in "FM" and each[2] is not None]
    pieces = sorted(known, key=lambda each: each[2] or 0)
    slots: list[Person] = [each for each in pieces for _ in range(4)]
    size = len(known)
    counts = [[F(0), F(0)] for _ in range(4)]
    for at, (_, _, pay) in enumerate(slots):
        alike = [each for each in known if each[2] == pay]
        women = F(sum(each[0] == "F" for each in alike), len(alike))
        counts[at // size][0] += women / 4
        counts[at // size][1] += (1 - women) / 4
    return [(women, men) for women, men in counts]


def plain_gap(women: Sequence[int], men: Sequence[int]) -> tuple[Fraction | None, Fraction | None]:
    means = [F(sum(pay), len(pay)) for pay in (women, men)]
    middles = [middle(sorted(pay)) for pay in (women, men)]
    return tuple(None if m == 0 else 1 - w / m for w, m in (means, middles))  # type: ignore[return-value]


def middle(pay: list[int]) -> Fraction:
    half = len(pay) // 2
    return F(pay[half]) if len(pay) % 2 else F(pay[half - 1] + pay[half], 2)


PEOPLE = st.lists(
    st.tuples(st.sampled_from("FFMMX"), st.sampled_from("abc"), st.sampled_from([0, 0, 10, 20, 30, 40, None])),
    min_size=10,
    max_size=90,
)


@given(PEOPLE)
def test_gaps_are_those_of_plain_fractions(people: list[Person]) -> None:
    found = judged(people)
    known = [each for each in people if each[0] in "FM" and each[2] is not None]
    assert found.held == sum(each[0] in "FM" and each[2] is None for each in people)
    assert found.neither == sum(each[0] == "X" for each in people)
    for gap in ([found.all] if found.all else []) + list(found.categories):
        mine = [each for each in known if gap.category in (None, each[1])]
        women, men = ([pay for sex, _, pay in mine if sex == which and pay is not None] for which in "FM")
        assert (gap.women, gap.men) == (len(women), len(men))
        assert (gap.mean, gap.median) == plain_gap(women, men)
        assert gap.receiving_women == F(sum(map(bool, women)), len(women))
    for quarter, (women_in, men_in) in zip(found.quartiles, plain_quarters(people), strict=False):
        assert quarter.women is None or quarter.women == women_in / (women_in + men_in)


@given(PEOPLE)
def test_nobody_follows_from_what_is_shown(people: list[Person]) -> None:
    """Of women and of men, what is shown and what is left beside it are nobody, or five and more."""
    found = judged(people)
    known = [each for each in people if each[0] in "FM" and each[2] is not None]
    for sex in "FM":
        everybody = sum(each[0] == sex for each in known)
        of_category = {name: sum(each[0] == sex and each[1] == name for each in known) for name in "abc"}
        shown = [of_category[str(gap.category)] for gap in found.categories]
        left = everybody - sum(shown)
        assert all(count >= 5 for count in shown)
        assert not shown or left == 0 or left >= 5
        index = 0 if sex == "F" else 1
        exact = plain_quarters(people) if known else []
        hidden = [exact[each.number - 1][index] for each in found.quartiles if each.women is None]
        told = [exact[each.number - 1][index] for each in found.quartiles if each.women is not None]
        assert all(count == 0 or count >= 5 for count in told)
        assert sum(hidden) == 0 or sum(hidden) >= 5


# --- targets ----------------------------------------------------------------------------------------------------------

RULES = """
rule_set: targets
version: "1"
title: {en: Targets}
decided: {by: Us, on: 2025-01-01}
currency: EUR
timezone: Europe/Paris
kpis:
  sales: {title: {en: Sales}, perspective: internal, compute: {kind: given}, better: higher}
  wait: {title: {en: Waiting time}, perspective: customer, compute: {kind: given}, better: lower}
curves:
  even: {kind: linear, points: [[50%, 50%], [150%, 150%]], below: zero}
plans:
  all:
    title: {en: Everybody}
    pays: bonus
    who: payee <> "nobody"
    target_pay: 1000
    scorecard:
      sales: {weight: 50%, of: payee, target: 100, attainment: ratio, curve: even}
      wait: {weight: 50%, of: team, target: 60, attainment: inverse_ratio, curve: even}
"""


def paid(folder: Path, period: str, sales: Sequence[int], wait: Sequence[int]) -> Written:
    """A run of people in teams of six."""
    data = folder / f"data-{period}"
    data.mkdir()
    teams = [f"T{number // 6}" for number in range(len(sales))]
    people = "".join(f"P{number:02},{team}\n" for number, team in enumerate(teams))
    (data / "workforce.csv").write_text(f"payee,team\n{people}", encoding="utf-8")
    rows = [f"payee,P{number:02},sales,{period},{value}\n" for number, value in enumerate(sales)]
    rows += [f"team,T{number},wait,{period},{value}\n" for number, value in enumerate(wait)]
    (data / "kpis.csv").write_text(f"subject_kind,subject,kpi,period,value\n{''.join(rows)}", encoding="utf-8")
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    run(load(folder / "rules.yaml"), data, period, folder / period)
    return Written(folder / period)


def test_a_result_that_is_exactly_on_target_reaches_it(tmp_path: Path) -> None:
    """Three of twelve sell 100 or more. The waiting time of a team is one result, and less is better."""
    now = paid(tmp_path, "2026-Q3", [99] * 9 + [100, 101, 150], [60, 61])
    sales, wait = reached(now, ())
    assert (sales.results, sales.reached, sales.past_results, sales.verdict) == (12, F(1, 4), 0, "open")
    assert (wait.results, wait.reached, wait.verdict) == (2, None, "unknown")


def test_past_results_are_held_against_the_targets_of_now(tmp_path: Path) -> None:
    """Of 24 past results one reached 100: hardly anybody ever did, whatever came in now."""
    now = paid(tmp_path, "2026-Q3", [100] * 12, [60, 60])
    past = [
        paid(tmp_path, period, [90] * 11 + [last], [60, 60]) for period, last in (("2026-Q1", 99), ("2026-Q2", 100))
    ]
    sales, _ = reached(now, past)
    assert (sales.reached, sales.past_results, sales.past_reached) == (F(1), 24, F(1, 24))
    assert sales.verdict == "out_of_reach"


@pytest.mark.parametrize(
    ("share", "verdict"),
    [(F(9, 100), "out_of_reach"), (F(1, 10), "open"), (F(9, 10), "open"), (F(91, 100), "certain"), (None, "unknown")],
)
def test_verdicts(share: Fraction | None, verdict: str) -> None:
    assert Attained({"en": "a"}, {"en": "b"}, 100, share, 0, None).verdict == verdict
    assert Attained({"en": "a"}, {"en": "b"}, 100, F(1, 2), 9, share).verdict == "open"


# --- the command ------------------------------------------------------------------------------------------------------


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["fairness", *map(str, arguments)])


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """Twelve people: the first six, women, sell 80 each, the others, men, 100 each."""
    paid(tmp_path, "2026-Q3", [80] * 6 + [100] * 6, [60, 60])
    genders = "".join(f"P{number:02},{'F' if number < 6 else 'M'},care\n" for number in range(12))
    (tmp_path / "people.csv").write_text(f"payee,gender,work\n{genders}", encoding="utf-8")
    return tmp_path


def test_the_command_tells_gaps_and_targets(ran: Path) -> None:
    """Women are paid 50 % × 80 % + 50 % = 900, men 1,000: 10 % less."""
    done = invoke(ran / "2026-Q3", "--people", ran / "people.csv", "--category", "work")
    assert done.exit_code == 0, done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "In 1 category the means differ by 5% or more." in lines
    assert "care 6 6 10% 10% 5% or more" in lines
    assert "Everybody Sales 12 50% can be reached" in lines
    assert "Source: Directive (EU) 2023/970, article 9(1)(b), (d), (e), (f) and (g), and article 10(1)." in lines


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("ending", ["html", "xlsx"])
def test_the_command_writes_before_and_after(ran: Path, language: str, ending: str) -> None:
    out = ran / f"fair.{ending}"
    asked = ["--people", ran / "people.csv", "--category", "work", "--language", language, "--out", out]
    done = invoke(ran / "2026-Q3", ran / "2026-Q3", *asked, "--past", ran / "2026-Q3")
    assert done.exit_code == 0, done.stderr
    assert out.stat().st_size


def test_before_and_after_stand_beside_each_other() -> None:
    section = fairness_section([judged(CARE), judged(SHOP)])
    gaps = section.tables[0]
    assert gaps.columns[3:5] == ("mean_gap_before", "mean_gap_after")
    assert {str(row[0]) for row in gaps.rows[1:]} >= {"care", "shop"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "error[unknown-column]: the run does not keep a column `gender`"),
        (["--people", "people.csv", "--column", "sex"], "people.csv:1:1: error[missing-column]: `people.csv` has no"),
        (["--people", "people.csv", "--women", "W"], "error[unknown-value]: nobody has `W` in `gender`"),
        (["--people", "people.csv", "--out", "fair.pdf"], "error[unknown-format]"),
        (["--people", "people.csv", "--out", "nowhere/fair.html"], "error[missing-folder]"),
    ],
)
def test_what_is_not_there_is_told(ran: Path, options: list[str], told: str) -> None:
    files = [str(ran / each) if each.startswith(("people", "fair")) else each for each in options]
    done = invoke(ran / "2026-Q3", *files)
    assert done.exit_code == 1
    assert told in done.stderr


def test_runs_of_longer_periods_are_no_past(ran: Path) -> None:
    paid(ran, "2026-H1", [100] * 12, [60, 60])
    done = invoke(ran / "2026-Q3", "--people", ran / "people.csv", "--past", ran / "2026-H1")
    assert done.stderr.startswith("error[another-length]: ")


SCENARIO = """
scenario: waiting
title: {en: Waiting counts alone}
rules:
  change: {plans.all.scorecard.sales.weight: 0%}
"""


def test_a_scenario_is_told_before_and_after(ran: Path) -> None:
    """Women are paid 900 and men 1,000; where only waiting counts, all are paid 1,000."""
    (ran / "waiting.yaml").write_text(SCENARIO, encoding="utf-8")
    people = (ran / "people.csv").read_text(encoding="utf-8").replace("work", "category", 1)
    (ran / "named.csv").write_text(people, encoding="utf-8")
    asked = ["--data", ran / "data-2026-Q3", "--period", "2026-Q3", "--scenario", ran / "waiting.yaml"]
    told = ["simulate", ran / "rules.yaml", *asked, "--people", ran / "named.csv"]
    done = CliRunner().invoke(main, list(map(str, told)))
    assert done.exit_code == 0, done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "care 6 6 10% 0% 10% 0% –" in lines
    assert "In no category that is shown do the means differ by 5% or more." in lines
