"""Why a payout differs from the last, as payees read it: bars that add up, what changed, and what cannot be compared.

The company is that of `test_bridge`, whose amounts the oracle works out; a few more people and decisions make the rest.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from decimal import Decimal, localcontext
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, seed, settings

from incentive_engine.cli import main
from incentive_engine.statements import Statement, write_statements
from incentive_engine.statements.bridging import BridgeWriter
from incentive_engine.statements.gathering import material
from incentive_engine.statements.languages import Languages
from incentive_engine.statements.making import StatementMaker
from incentive_engine.statements.pressing import DIGITS
from tests.case_told import told
from tests.drawn import changes
from tests.oracle import Case
from tests.oracle.corrections import Gone
from tests.test_bridge import (
    NOW,
    NOW_RESULTS,
    NOW_TARGETS,
    OF_NOW,
    OF_THEN,
    SALARIES_NOW,
    SALARIES_THEN,
    THEN,
    THEN_RESULTS,
    THEN_TARGETS,
    paid_twice,
    tables,
)
from tests.test_cli_explain_drawn import ran
from tests.test_statements_adjusted import HEADER, carried
from tests.test_statements_drawn import DRAWN

MORE = dict.fromkeys(("gus", "hal", "iva"), "Adviser,A,2020-01-01,")
SALARIES = [f"{name},2020-01-01,,30000,1" for name in MORE]
HAL = {"hal": MORE["hal"]}
ADJUSTED = "adjustments: {path: adjustments.csv}\n"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Gus was paid and is held; Hal was held and is paid; Iva was released and is paid; Bob and Dan get more."""
    then_results = {**THEN_RESULTS, "sales": {**THEN_RESULTS["sales"], "gus": "100"}}
    then_results["late"] = {**THEN_RESULTS["late"], "gus": "0", "hal": "0", "iva": "0"}
    now_results = {**NOW_RESULTS, "sales": {**NOW_RESULTS["sales"], "hal": "110", "iva": "110"}}
    now_results["late"] = {**NOW_RESULTS["late"], "gus": "0", "hal": "0", "iva": "0"}
    then = tables("2026-Q2", **then_results, targets=THEN_TARGETS, people=OF_THEN | MORE, paid=SALARIES_THEN + SALARIES)
    now = tables("2026-Q3", **now_results, targets=NOW_TARGETS, people=OF_NOW | MORE, paid=SALARIES_NOW + SALARIES)
    released = f"{HEADER}R-1,iva,bonus,2026-Q2,,,,250,,By letter,Ann,Bob,\n"
    added = f"{HEADER}A-1,bob,bonus,2026-Q3,50,,,,,Led the hotline,Ann,Bob,\n"
    corrections = carried([("c1", "dan", "2026-Q1", "late-fact", "-12.34")], "bonus")
    return paid_twice(
        tmp_path_factory.mktemp("bridge"),
        (THEN + ADJUSTED, {**then, "adjustments.csv": released}),
        (NOW + ADJUSTED, {**now, "adjustments.csv": added}),
        corrections,
    )


def made(runs: tuple[Path, Path], language: str = "en") -> dict[str, Statement]:
    everything = material(runs[1], runs[0]).everybody()
    return {each.payee: each for each in StatementMaker(everything, Languages(language)).statements()}


def bars(statement: Statement) -> list[tuple[str, str, str]]:
    (bridge,) = statement.bridges
    assert bridge.drawing is not None
    return [(bar.title, bar.pay, bar.note) for bar in (*bridge.drawing.bars, bridge.drawing.total)]


def test_what_changed_stands_beside_what_it_changed(runs: tuple[Path, Path]) -> None:
    ann = made(runs)["ann"]
    assert ann.bridges[0].heading == "Why it differs from the period before (2nd quarter of 2026)"
    assert bars(ann) == [
        ("Paid (2nd quarter of 2026)", "€400.00", ""),
        ("What customers said and lived", "+€594.00", "Recommendation: 46.3 (before: 42); Late: 3 (before: 7)"),
        ("Internal results", "−€10.00", "Sales: 99 (before: 101)"),
        ("Targets", "−€75.00", "Recommendation · Target: 41 (before: 40); Sales · Target: 110 (before: 100)"),
        ("Salary and other facts about you", "+€56.81", "base salary: 42,500 (before: 40,000)"),
        ("Paid (3rd quarter of 2026)", "€965.81", ""),
    ]


def test_in_french(runs: tuple[Path, Path]) -> None:
    ann = made(runs, "fr")["ann"]
    assert ann.bridges[0].heading == "Pourquoi le montant diffère de la période d'avant (2e trimestre 2026)"
    assert bars(ann)[1] == (
        "Ce que les clients ont dit et vécu",
        "+594,00\u00a0€",
        "Recommandation\u00a0: 46,3 (avant\u00a0: 42)\u202f; Retards\u00a0: 3 (avant\u00a0: 7)",
    )


def test_decisions_and_corrections_are_bars_of_their_own(runs: tuple[Path, Path]) -> None:
    statements = made(runs)
    assert bars(statements["bob"])[-2:] == [
        ("Decisions about your pay", "+€50.00", ""),
        ("Paid (3rd quarter of 2026)", "€701.08", ""),
    ]
    assert bars(statements["dan"])[-2:] == [
        ("Corrections of other periods", "−€12.34", ""),
        ("Paid (3rd quarter of 2026)", "€314.17", ""),
    ]
    assert bars(statements["iva"]) == [  # 75 % x (1 + 5.3 x 5 %) + 25 % = 119.875 % of 600
        ("Paid (2nd quarter of 2026)", "€250.00", ""),
        ("What the rules work out", "+€719.25", ""),
        ("Decisions about your pay", "−€250.00", ""),
        ("Paid (3rd quarter of 2026)", "€719.25", ""),
    ]
    assert statements["iva"].bridges[0].said == (
        "People decided one of the two amounts, so that not all can be told apart.",
    )


def test_another_plan_and_changes_within_a_period(runs: tuple[Path, Path]) -> None:
    statements = made(runs)
    assert ("Weights and other rules", "+€636.75", "plan: Leader (before: Adviser)") in bars(statements["eve"])
    days = "something else changed within one of the periods"
    assert ("Days that count", "+€261.10", days) in bars(statements["fay"])
    assert ("Days that count", "−€332.57", "Share of the period: 55.43478261% (before: 100%)") in bars(
        statements["dan"]
    )


def test_another_formula_for_the_target_pay_is_told(tmp_path: Path) -> None:
    """Hal's target pay was 1 % of 30,000 and is 2 %: 300 and 600, for the same score of 119.875 %."""
    results = {**NOW_RESULTS, "sales": {"hal": "110"}, "late": {"hal": "0"}}
    then, now = (
        tables(period, **results, targets=NOW_TARGETS, people=HAL, paid=SALARIES) for period in ("2026-Q2", "2026-Q3")
    )
    assert bars(made(paid_twice(tmp_path, (NOW.replace("(2% +", "(1% +"), then), (NOW, now)))["hal"]) == [
        ("Paid (2nd quarter of 2026)", "€359.63", ""),
        ("Weights and other rules", "+€359.62", "Target pay: €600.00 (before: €300.00)"),
        ("Paid (3rd quarter of 2026)", "€719.25", ""),
    ]


def test_where_nothing_differs_nothing_is_drawn(tmp_path: Path) -> None:
    results = {**NOW_RESULTS, "sales": {"hal": "110"}, "late": {"hal": "0"}}
    then, now = (
        tables(period, **results, targets=NOW_TARGETS, people=HAL, paid=SALARIES) for period in ("2026-Q2", "2026-Q3")
    )
    (bridge,) = made(paid_twice(tmp_path, (NOW, then), (NOW, now)))["hal"].bridges
    assert bridge.drawing is None
    assert bridge.said == ("It is the same amount as in the period before (2nd quarter of 2026).",)


def test_where_nothing_can_be_compared_words_say_so(runs: tuple[Path, Path]) -> None:
    statements = made(runs)
    said = {name: [each.said for each in statements[name].bridges] for name in ("cid", "gus", "hal")}
    assert said == {
        "cid": [("Period before (2nd quarter of 2026): these rules paid you nothing; there is nothing to compare.",)],
        "gus": [
            (
                "3rd quarter of 2026: nothing could be decided yet.",
                "2nd quarter of 2026: €636.00 was paid.",  # 60 % x (1 + 2 x 5 %) + 40 % = 106 % of 600
            )
        ],
        "hal": [("Period before (2nd quarter of 2026): nothing could be decided; there is nothing to compare.",)],
    }
    assert all(each.drawing is None for name in said for each in statements[name].bridges)


def test_what_cannot_be_told_apart_is_told_together(tmp_path: Path) -> None:
    """Hal had no sales: then they were left out, now they would hold him; so rules and results change at once.

    Then 110 % of 600; now 75 % x 126.5 % + 25 % x 100 %, with the targets of then 75 % x 131.5 % + 25 % x 125 %.
    """
    late = {"late": {"hal": "0"}}
    then = tables("2026-Q2", **{**THEN_RESULTS, "sales": {}, **late}, targets=THEN_TARGETS, people=HAL, paid=SALARIES)
    sales = {"sales": {"hal": "110"}}
    now = tables("2026-Q3", **{**NOW_RESULTS, **sales, **late}, targets=NOW_TARGETS, people=HAL, paid=SALARIES)
    left_out = THEN.replace("curve: ratio}", "curve: ratio, on_missing: reweight}")
    assert bars(made(paid_twice(tmp_path, (left_out, then), (NOW, now)))["hal"]) == [
        ("Paid (2nd quarter of 2026)", "€660.00", ""),
        (
            "What customers said and lived · Internal results · Weights and other rules · Days that count",
            "+€119.25",
            "Recommendation · Weight: 75% (before: 60%); Sales · Weight: 25% (before: 40%); "
            "Recommendation: 46.3 (before: 42); Sales: 110 (before: missing)",
        ),
        ("Targets", "−€60.00", "Recommendation · Target: 41 (before: 40); Sales · Target: 110 (before: 100)"),
        ("Paid (3rd quarter of 2026)", "€719.25", ""),
    ]


def amount(text: str) -> Decimal:
    return Decimal(re.sub(r"[^0-9.]", "", text)) * (-1 if text.startswith("−") else 1)


def test_every_bridge_adds_up_to_what_is_paid(runs: tuple[Path, Path]) -> None:
    for statement in made(runs).values():
        for bridge in statement.bridges:
            if bridge.drawing is not None:
                first, *changes = (amount(bar.pay) for bar in bridge.drawing.bars)
                assert sum(changes, first) == amount(bridge.drawing.total.pay) == sum(dict(statement.amounts).values())


def test_the_command_refuses_a_run_that_is_not_earlier(runs: tuple[Path, Path], tmp_path: Path) -> None:
    then, now = map(str, runs)
    done = CliRunner().invoke(main, ["statements", then, "--previous", now, "--out", str(tmp_path / "pages")])
    assert done.exit_code == 1
    assert "error[not-earlier]" in done.output
    assert not (tmp_path / "pages").exists()


def test_pages_show_it(runs: tuple[Path, Path], tmp_path: Path) -> None:
    write_statements(runs[1], tmp_path / "pages", payees=["ann", "gus"], previous=runs[0])
    ann, gus = ((tmp_path / "pages" / f"{name}.html").read_text(encoding="utf-8") for name in ("ann", "gus"))
    assert "<h2>Why it differs from the period before (2nd quarter of 2026)</h2>" in ann
    assert "+€594.00" in ann
    assert "2nd quarter of 2026: €636.00 was paid." in gus
    write_statements(runs[1], tmp_path / "alone", payees=["ann"])
    assert "Why it differs" not in (tmp_path / "alone" / "ann.html").read_text(encoding="utf-8")


@given(changes())
@settings(DRAWN, max_examples=3, derandomize=True)
def test_bridges_of_drawn_changes_add_up(drawn: tuple[Case, Case, set[Gone]]) -> None:
    bridges_add_up(*drawn[:2])


@pytest.mark.long
@pytest.mark.parametrize("number", range(2))
def test_bridges_of_200_drawn_changes_add_up(number: int) -> None:
    @seed(number)
    @given(changes())
    @settings(DRAWN, max_examples=100, derandomize=False)
    def drawn(found: tuple[Case, Case, set[Gone]]) -> None:
        bridges_add_up(*found[:2])

    drawn()


def bridges_add_up(before: Case, after: Case) -> None:
    """Facts, people, rules and decisions all differ; the same period stands for two, which nothing here looks at."""
    with tempfile.TemporaryDirectory() as name:
        folders = Path(name) / "before", Path(name) / "after"
        for folder, case in zip(folders, (before, after), strict=True):
            folder.mkdir()
            ran(case, folder)
        then, now = (material(folder / "run") for folder in folders)
        everybody = replace(now, previous=then).everybody()
        with localcontext(DIGITS):
            writer = BridgeWriter(StatementMaker(everybody).reader("en"), everybody)
            for bridge in (each for payee in everybody.payees for each in writer.bridges(payee)):
                assert bridge.said or bridge.drawing
                texts = [*bridge.said, *([bar.note for bar in bridge.drawing.bars] if bridge.drawing else [])]
                assert not re.search(r"None|Decimal|Fraction|[{}\0]", " ".join(texts)), texts
                if bridge.drawing is not None:
                    first, *changed = (amount(bar.pay) for bar in bridge.drawing.bars)
                    assert sum(changed, first) == amount(bridge.drawing.total.pay), told(after)
