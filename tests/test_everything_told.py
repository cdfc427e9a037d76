"""Whatever rules can say, explanations and statements tell so that a pocket calculator finds every number again."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from incentive_engine.cli.explained import lines
from incentive_engine.engine.explanation import explain
from incentive_engine.engine.run import Run
from incentive_engine.kinds.wording import Language
from incentive_engine.statements import Statement, write_statements
from incentive_engine.statements.gathering import gathered
from incentive_engine.statements.making import StatementMaker
from tests.calculator import curves_in, equations
from tests.everything import everything
from tests.test_statements import Page, number_in, recomputed

PAID = ("A1", "A2", "A3", "A4", "D1", "D2", "L1", "L2", "S1", "S2", "S3")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return everything(tmp_path_factory.mktemp("everything"))


@pytest.fixture(scope="module")
def folder(run: Run) -> Path:
    assert run.folder is not None
    write_statements(run.folder, run.folder.parent / "pages")
    return run.folder


@pytest.fixture(scope="module")
def statements(folder: Path) -> dict[str, Statement]:
    return {each.payee: each for each in StatementMaker(gathered(folder)).statements()}


def texts(folder: Path, payee: str, section: str, language: Language = "en") -> dict[str, str]:
    """The lines of one section of an explanation, by name; the last of a name."""
    (found,) = (each for each in explain(folder, payee, language).sections if each.title.startswith(section))
    return {line.name: line.text for line in found.lines}


def page(folder: Path, statement: Statement) -> Page:
    return Page((folder.parent / "pages" / statement.file).read_text(encoding="utf-8"))


def printed(folder: Path, statement: Statement) -> dict[str, tuple[str, str, str]]:
    """The rows of working of a page, by name; the last of a name."""
    return {line.name: (line.arithmetic, line.result, line.note) for line in page(folder, statement).lines}


# --- all of it --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("payee", PAID)
def test_every_printed_equation_holds(folder: Path, payee: str) -> None:
    told = list(lines(explain(folder, payee)))
    curves = curves_in(told)
    found = [each for line in told for each in equations(line, curves)]
    assert [each for each in found if not each.holds] == []
    assert len(found) >= 10


@pytest.mark.parametrize("payee", PAID)
def test_nothing_is_left_unfilled_in_french(folder: Path, payee: str) -> None:
    told = "\n".join(lines(explain(folder, payee, "fr")))
    assert not re.search(r"[{}\0]|None|Decimal|Fraction|missing", told)


@pytest.mark.parametrize("payee", PAID)
def test_every_line_of_a_page_recomputes(folder: Path, statements: dict[str, Statement], payee: str) -> None:
    assert recomputed(page(folder, statements[payee]), statements[payee].language) >= 9


@pytest.mark.parametrize("payee", PAID)
def test_bars_add_up_to_the_payout(folder: Path, statements: dict[str, Statement], payee: str) -> None:
    *bars, total = (number_in(text, statements[payee].language) for _, text in page(folder, statements[payee]).money)
    assert sum(bars) == total == Fraction(dict(statements[payee].amounts).get("EUR", 0))


# --- explanations -----------------------------------------------------------------------------------------------------


def test_each_way_is_told_and_which_decided(folder: Path) -> None:
    told = texts(folder, "A1", "customer.satisfied")
    assert told["rate · level"].endswith("= 1.3637 = 136.37%, rounded to 4 decimal places")
    assert told["rate · progress"].endswith(": 1.4 = 140%")
    assert told["way"] == "the way that gives most: progress"
    assert told["rate"] == "the largest of 1.3637, 1.4: 1.4 = 140%"


def test_a_way_without_its_number_says_which_is_missing(folder: Path) -> None:
    told = texts(folder, "A3", "customer.satisfied")
    assert told["attainment · progress"] == "(result − baseline) ÷ (benchmark − baseline): baseline missing"
    assert "rate · progress" not in told


def test_a_baseline_beyond_the_benchmark_is_told_in_words(folder: Path) -> None:
    told = texts(folder, "A4", "customer.satisfied")["attainment · progress"]
    assert told == "a baseline at the benchmark or beyond it: 100% for any progress, 0% without: 0"


def test_parts_of_the_period_are_told_one_by_one(folder: Path) -> None:
    told = texts(folder, "A3", "customer.marks")
    assert told["result · 2026-08"].endswith(": no result")
    assert told["result that counts · 2026-07"] == "does not count: n = 1, at least 2 needed"
    assert told["rate"] == "1.15 ÷ 1 = 1.15 = 115%, rounded to 4 decimal places"


def test_two_roundings_are_told(folder: Path) -> None:
    told = texts(folder, "A1", "customer.marks")["result · 2026-08"]
    assert "= 3.67, rounded to 4 decimal places, then rounded to 2 decimal places, n = 3" in told


def test_ranks_are_told_with_the_counts_behind_them(folder: Path) -> None:
    told = texts(folder, "A1", "customer.speed")["attainment"]
    assert told.startswith("rank: 1 + number with a better result: 1 + 1 = 2")
    midpoint = texts(folder, "A1", "customer.among")["attainment"]
    assert ": ((4 − 1 − 2) + 2 ÷ 2) ÷ 4 = 0.5 = 50%" in midpoint


def test_the_power_of_e_is_printed(folder: Path) -> None:
    told = texts(folder, "A1", "internal.solved")["rate"]
    assert "0.2 + (1.5 − 0.2) ÷ (1 + 0.740818220681718) = 0.9468 = 94.68%" in told


def test_who_decides_is_told_under_a_minimum(folder: Path) -> None:
    told = texts(folder, "A1", "internal ·")
    assert told["decides"] == "the one that decides: internal.calls, 0.92 = 92%"
    assert told["score"] == "the lowest of 0.9468, 0.92, 1.2: 0.92 = 92%"


def test_points_that_are_taken_away_have_a_minus(folder: Path) -> None:
    told = texts(folder, "A2", "adviser · Adviser")
    assert told["after modifier"] == "1.04021112 − 0.025 = 1.01521112 = 101.521112%"
    assert told["of it, earned"].startswith("1.04021112, not below 0 where the floor lifts, not above 1.4: 1.04021112")


def test_a_gate_that_limits_is_told_as_the_lower_of_two(folder: Path) -> None:
    told = texts(folder, "A4", "adviser · Adviser")
    assert told["after gate"] == "min(0.32354393, 0.8) = 0.32354393 = 32.354393%"
    french = texts(folder, "A4", "adviser · Conseiller", "fr")
    assert french["après condition"] == "min(0,32354393 ; 0,8) = 0,32354393 = 32,354393\u00a0%"


def test_a_formula_tells_what_it_pays_without_each_score(folder: Path) -> None:
    told = texts(folder, "L1", "Payout")
    assert told["formula"].endswith(
        ": (1260 * (60% * (89 / 150) + 30% * 1.2) + 100 * bonus(89 / 150) + 1 * 12.345) × 1 = 914.505 EUR"
    )
    assert told["payout"] == "914.505, rounded to 2 decimal places: 914.51 EUR"
    brought = texts(folder, "L1", "What each measure brought")["customer"]
    parts = "(914.505 − 465.945) + (914.505 − 460.905) + 12.345"
    assert brought.startswith(f"914.51 × (914.505 − 465.945) ÷ ({parts}) = 448.56 EUR, cut")


def test_a_pool_tells_sum_keys_and_bounds(folder: Path) -> None:
    told = texts(folder, "S1", "Payout · The shop's pool")
    assert told["share · By results"].startswith("405.58 × 385.2975 ÷ 573.47125 = 272.50 EUR, cut to 0.01 so that")
    assert told["pool pays"] == "454.17, within the bounds: 384.00 EUR, the maximum"
    others = texts(folder, "S2", "Payout · The shop's pool")["pool pays"]
    assert others.endswith("changed by what the bounds of others give or take, in proportion")
    effects = texts(folder, "S1", "What conditions")
    assert effects == {"–": "not told: what everybody gets of the pool would change too"}


def test_a_solved_factor_is_told(folder: Path) -> None:
    told = texts(folder, "D1", "Payout · What we can afford")
    assert told["factor"] == "`pace`, the greatest whose payments do not exceed the sum: 3"
    assert told["formula"].endswith(": (400 * 1.0333 * 3) × 1 = 1239.96 EUR")


# --- pages ------------------------------------------------------------------------------------------------------------


def test_a_page_shows_every_way(folder: Path, statements: dict[str, Statement]) -> None:
    text = page(folder, statements["A1"]).text
    assert re.search(r"Way: level .* Way: progress .* The best way Rate max\(136\.37%, 140%\)", text)
    assert re.search(r"Target · level 80% Baseline · progress 65% Benchmark · progress 90%", text)


def test_a_page_shows_every_part_of_the_period(folder: Path, statements: dict[str, Statement]) -> None:
    text = page(folder, statements["A3"]).text
    assert "Your own result 1 of 3 parts of the period" in text
    assert "There is 1 record; at least 2 are needed." in text


def test_a_page_shows_what_a_result_is_compared_with(folder: Path, statements: dict[str, Statement]) -> None:
    assert "4 results: 1 better, 2 the same (this one counted), 1 worse" in page(folder, statements["A1"]).text
    french = page(folder, statements["A2"]).text
    assert "4 résultats\u00a0: 0 meilleurs, 1 égaux (celui-ci compris), 3 moins bons" in french


def test_a_page_shows_points_and_limits(folder: Path, statements: dict[str, Statement]) -> None:
    taken = printed(folder, statements["A2"])
    assert taken["Points\u00a0: Tutorat"][1] == "−2,5\u00a0%"
    assert taken["Modificateur"][0] == "104,021112\u00a0% − 2,5\u00a0%"
    limited = printed(folder, statements["A4"])["Condition\u00a0: Peu d'appels"]
    assert limited[0] == "min(32,354393\u00a0%\u202f; 80\u00a0%)"
    assert "au plus 80\u00a0%" in limited[2]


def test_a_page_shows_the_formula_and_what_it_pays_without(folder: Path, statements: dict[str, Statement]) -> None:
    told = printed(folder, statements["L1"])
    assert told["Payout"][:2] == (
        "(1,260 × (60% × (89 ÷ 150) + 30% × 120%) + 100 × bonus(89 ÷ 150) + 1 × 12.345) × 100%",
        "€914.51",
    )
    assert told["Without internal"][1] == "€460.905"
    drawing = statements["L1"].pays[0].drawing
    assert drawing is not None
    assert drawing.title == "What brought the money"


def test_a_page_shows_the_pool(folder: Path, statements: dict[str, Statement]) -> None:
    text = page(folder, statements["S1"]).text
    assert "3 people share the sum of Main." in text
    assert printed(folder, statements["S1"])["From the pool"][1:] == (
        "€384.00",
        "limited to what anybody gets at most",
    )


def test_what_customers_brought_may_be_more_than_is_paid(statements: dict[str, Statement]) -> None:
    pay = statements["A2"].pays[0]
    assert pay.drawing is not None
    steps = [bar.pay for bar in pay.drawing.bars if bar.perspective == "other" and bar.way != "whole"]
    assert steps == ["+6,43\u00a0€", "−15,62\u00a0€", "−282,63\u00a0€"]  # a factor, points, and 51 of 92 days
