"""Statements of people about whose pay somebody decided: what was worked out, added and paid, and by whom.

The starter works out 600.00, 708.00, 246.00, 336.75 and 687.00 for the advisers A01 to A05 and holds A06; it works out
1,000.00, 850.00, 600.00 and 575.00 for the sellers.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

import incentive_engine
from incentive_engine.cli.explained import lines
from incentive_engine.cli.showing import show_run
from incentive_engine.documents import read_document
from incentive_engine.engine.explanation import explain
from incentive_engine.engine.run import Run, run
from incentive_engine.kinds.wording import Language
from incentive_engine.shipped import rules_dir
from incentive_engine.statements import Statement, write_statements
from tests.calculator import curves_in, equations
from tests.test_catalogue import HEAD
from tests.test_statements import Page, number_in, recomputed
from tests.test_statements_dated import line, made, recomputes, run_texts, told
from tests.test_traps import TRAPS

STARTER = rules_dir() / "starter"
PERIOD = "2026-Q3"
HEADER = "reference,payee,pays,period,amount,percent,at_least,release,currency,reason,author,approver,expires\n"
DECIDED = f"""{HEADER}\
G-1,A01,quarterly_bonus,,,,800,,,Guaranteed in the first year,Ann,Bob,2026-12-31
P-1,A01,quarterly_bonus,2026-Q3,,0.0333,,,,Led the new hotline,Ann,Bob,
A-1,A01,quarterly_bonus,2026-Q3,-50,,,,,Laptop not given back,Ann,Bob,
G-2,A02,quarterly_bonus,2026-Q3,,,500,,,First year,Ann,Bob,
P-2,A04,quarterly_bonus,2026-Q3,,0.0333,,,,Renfort en août,Ann,Bob,2026-10-31
R-1,A06,quarterly_bonus,2026-Q3,,,,250,,Lettre de mai,Ann,Bob,
G-3,S01,quarterly_bonus,2026-Q3,,,1200,,,Moved house,Ann,Bob,
G-4,S01,quarterly_bonus,2026-Q3,,,1100,,,First year,Ann,Bob,
A-2,S04,quarterly_bonus,2026-Q3,-600,,,,,Avance du mois d'août,Ann,Bob,
"""
CORRECTIONS = [
    ("c1", "A01", "2026-Q2", "late-fact", "12.34"),
    ("c2", "A01", "2026-Q2", "person", "-20.00"),
    ("c3", "A06", "2026-Q1", "rule", "-300.00"),
    ("c4", "gone", "2026-05", "changed-fact", "7.00"),
]


def carried(rows: list[tuple[str, str, str, str, str]], pays: str = "quarterly_bonus") -> pl.DataFrame:
    """Lines of corrections: name, payee, period, cause, amount."""
    names = ("line", "payee", "pays", "of_period", "cause", "currency", "amount", "run")
    told = [(name, who, pays, of, why, "EUR", Decimal(amount), "f" * 64) for name, who, of, why, amount in rows]
    return pl.DataFrame(told, schema={**dict.fromkeys(names, pl.String()), "amount": pl.Decimal(38, 2)}, orient="row")


def adjusted(folder: Path, decided: str, corrections: pl.DataFrame | None = None) -> Run:
    """A run of the starter with decisions."""
    shutil.copytree(STARTER / "data", folder / "data")
    (folder / "data" / "adjustments.csv").write_text(decided, encoding="utf-8")
    rules = incentive_engine.load(STARTER / "rules.yaml")
    return run(rules, folder / "data", PERIOD, folder / "run", corrections=corrections)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adjusted")
    adjusted(folder, DECIDED, carried(CORRECTIONS))
    write_statements(folder / "run", folder / "pages")
    return folder


@pytest.fixture(scope="module")
def statements(folder: Path) -> Mapping[str, Statement]:
    return made(folder / "run")


def text_of(folder: Path, name: str) -> str:
    return re.sub("[\u202f\u00a0]", " ", Page((folder / "pages" / name).read_text(encoding="utf-8")).text)


# --- what is said -----------------------------------------------------------------------------------------------------


def test_decisions_stand_between_what_is_worked_out_and_what_is_paid(statements: Mapping[str, Statement]) -> None:
    """600 lacks 200 of 800; 3.33 % of 600 is 19.98: 600 + 200 + 19.98 - 50 = 769.98."""
    assert told(statements["A01"].pays[0].lines)[-5:] == [
        ("Worked out by the rules", "€600.00 × 100% × 100%", "", "€600.00"),
        (
            "Guarantee",
            "€800.00 − €600.00",
            "Guaranteed in the first year (G-1): decided by Ann, approved by Bob, until 31 December 2026",
            "€200.00",
        ),
        ("Adjustment", "", "Laptop not given back (A-1): decided by Ann, approved by Bob", "−€50.00"),
        ("Adjustment", "3.33% × €600.00", "Led the new hotline (P-1): decided by Ann, approved by Bob", "€19.98"),
        ("Payout", "€600.00 + €200.00 − €50.00 + €19.98", "", "€769.98"),
    ]


def test_a_share_is_rounded_to_the_coin(statements: Mapping[str, Statement]) -> None:
    """3.33 % of 336.75 is 11.213775."""
    *_, share, payout = told(statements["A04"].pays[0].lines)
    by = (
        "Renfort en août (P-2)\u00a0: décidé par Ann, approuvé par Bob, jusqu'au 31 octobre 2026, arrondi à 0,01\u00a0€"
    )
    assert share == ("Ajustement", "3,33\u00a0% × 336,75\u00a0€", by, "11,21\u00a0€")
    assert payout == ("Prime", "336,75\u00a0€ + 11,21\u00a0€", "", "347,96\u00a0€")


def test_a_guarantee_that_adds_nothing_says_so(statements: Mapping[str, Statement]) -> None:
    *_, guarantee, payout = told(statements["A02"].pays[0].lines)
    assert guarantee[1:] == (
        "", "First year (G-2): decided by Ann, approved by Bob; changes nothing: €500.00 is reached", "€0.00",
    )  # fmt: skip
    assert payout == ("Payout", "", "", "€708.00")
    *_, greater, other, _ = told(statements["S01"].pays[0].lines)
    assert (greater[1], greater[3]) == ("€1,200.00 − €1,000.00", "€200.00")
    assert other[2].endswith("changes nothing: another guarantee counts")


def test_who_has_no_decision_reads_nothing_of_decisions(statements: Mapping[str, Statement]) -> None:
    names = [each.name for each in statements["A05"].pays[0].lines]
    assert names[-2:] == ["Score", "Payout"]
    assert statements["A05"].settled == ()


def test_a_payout_below_nothing_is_said(statements: Mapping[str, Statement]) -> None:
    """Customers brought 350 of the 575 of S04."""
    seller = statements["S04"]
    assert (seller.total, dict(seller.amounts)) == ("−25,00\u00a0€", {"EUR": Decimal(-25)})
    assert seller.voices == (
        "Ce que les clients ont dit et vécu a apporté 350,00\u00a0€\u202f; après déductions, il reste −25,00\u00a0€.",
    )


def test_who_is_released_reads_why_and_by_whom(folder: Path, statements: Mapping[str, Statement]) -> None:
    released = statements["A06"]
    assert (released.pays, released.held, len(released.released)) == ((), (), 1)
    (decision,) = released.released
    assert decision.paid == "250,00\u00a0€"
    assert dict(decision.facts) == {
        "Pourquoi": "Lettre de mai", "Décidé par": "Ann", "Approuvé par": "Bob", "Référence": "R-1",
    }  # fmt: skip
    assert [reason.code for reason in decision.held] == ["missing-target-pay"]
    text = text_of(folder, "A06.html")
    assert "La prime cible ne peut pas être calculée." in text
    assert "Cette prime est en attente" not in text
    assert "Pas encore décidé" not in text


def test_corrections_are_paid_beside_the_payout(statements: Mapping[str, Statement]) -> None:
    assert told(statements["A01"].settled) == [
        ("Payout of this period", "", "", "€769.98"),
        ("Correction: 2nd quarter of 2026", "", "something became known late (c1)", "€12.34"),
        ("Correction: 2nd quarter of 2026", "", "something about the person was put right (c2)", "−€20.00"),
        ("To be paid", "€769.98 + €12.34 − €20.00", "", "€762.32"),
    ]
    assert dict(statements["A01"].amounts) == {"EUR": Decimal("762.32")}
    assert statements["A01"].voices == (
        "€420.00 of your €769.98 come from what customers said and lived. That is the payout of this period alone.",
    )
    taken = "Les régularisations et les retenues prennent plus que ce que paie cette période."
    assert told(statements["A06"].settled) == [
        ("Débloqué par décision (R-1)", "", "", "250,00\u00a0€"),
        ("Régularisation\u00a0: 1er trimestre 2026", "", "les règles ont été corrigées (c3)", "−300,00\u00a0€"),
        ("À verser", "250,00\u00a0€ − 300,00\u00a0€", taken, "−50,00\u00a0€"),
    ]


def test_who_left_has_a_page_for_what_is_corrected(statements: Mapping[str, Statement]) -> None:
    gone = statements["gone"]
    assert (gone.total, gone.file, gone.pays, gone.held) == ("€7.00", "gone.html", (), ())
    assert told(gone.settled)[0] == ("Correction: May 2026", "", "a record was put right (c4)", "€7.00")


def test_the_index_shows_who_decided_what(folder: Path) -> None:
    """600 + 708 + 246 + 336.75 + 687 + 1,000 + 850 + 600 + 575; guarantees 400; 19.98 - 50 + 11.21 - 600."""
    text = text_of(folder, "index.html")
    for said in (
        "Worked out by the rules €5,602.75",
        "Added by guarantees €400.00",
        "Added by adjustments −€618.81",
        "Payouts of this period €5,383.94",
        "Released by decision €250.00",
        "Corrections of earlier periods −€300.66",
        "Paid in all €5,333.28",
        "A01 Adviser 01 Adviser €600.00 €769.98 54.5%",
        "S04 Seller 04 Seller €575.00 −€25.00 Departments",
        "Customer care 5 0 €2,577.75 €200.00 −€18.81 €2,758.94",
        "Sales 4 0 €3,025.00 €200.00 −€600.00 €2,625.00",
        "A01 Adviser 01 adjustment of 3.33% P-1 Led the new hotline Ann Bob €19.98",
        "A06 Adviser 06 released R-1 Lettre de mai Ann Bob €250.00",
        "gone May 2026 a record was put right €7.00",
    ):
        assert said in text
    assert "Held, neither paid nor zero" not in text


def test_a_run_without_decisions_says_nothing_of_them(tmp_path: Path) -> None:
    run(incentive_engine.load(STARTER / "rules.yaml"), STARTER / "data", PERIOD, tmp_path / "run")
    write_statements(tmp_path / "run", tmp_path / "pages")
    for path in (tmp_path / "pages").glob("[AS]*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(">Adjustment|>Worked out by|[Gg]uarantee|Correction|>Ajustement|Régularisation", text)


def test_what_people_write_is_shown_as_text(tmp_path: Path) -> None:
    reason = '"<script>alert(1)</script> {{ 7 * 7 }} {author} %s"'
    adjusted(tmp_path, f"{HEADER}A-1,A01,quarterly_bonus,2026-Q3,5,,,,,{reason},<b>Ann,Bob & Co,\n")
    write_statements(tmp_path / "run", tmp_path / "pages")
    for name in ("A01.html", "index.html"):
        page = Page((tmp_path / "pages" / name).read_text(encoding="utf-8"))
        assert page.tags.count("script") <= 1  # the page's own data
        assert "b" not in page.tags
        assert "<script>alert(1)</script> {{ 7 * 7 }} {author} %s" in page.text
        assert "Bob & Co" in page.text


# --- everything recomputes --------------------------------------------------------------------------------------------


def test_every_line_recomputes(folder: Path, statements: Mapping[str, Statement]) -> None:
    for statement in statements.values():
        page = Page((folder / "pages" / statement.file).read_text(encoding="utf-8"))
        assert not re.search(r"None|Decimal|Fraction|[{}\0]", page.text)
        done = recomputed(page, statement.language)
        assert done >= 9 or not statement.pays
        if page.money:
            *bars, total = (number_in(text, statement.language) for _, text in page.money)
            assert sum(bars) == total == number_in(page.lines[line_of(page, total)].result, statement.language)


def line_of(page: Page, total: object) -> int:
    return next(at for at, each in enumerate(page.lines) if each.name in ("Payout", "Prime"))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_explanations_tell_the_same(folder: Path, language: Language) -> None:
    texts = {payee: list(lines(explain(folder / "run", payee, language))) for payee in ("A01", "A05", "A06", "gone")}
    said = {payee: " ".join(" ".join(each).split()) for payee, each in texts.items()}
    assert not re.search(r"[{}\0]|None|Decimal|Fraction", " ".join(said.values()))
    if language == "fr":
        assert "G-1 · garantie 800 − 600 = 200,00 EUR (Guaranteed in the first year ; décidé par Ann" in said["A01"]
        assert "à verser 250 − 300 = −50,00 EUR" in said["A06"]
        return
    found = [equation for each in texts.values() for text in each for equation in equations(text, curves_in(each))]
    assert [equation for equation in found if not equation.holds] == []
    for expected in (
        "computed 600 × 1 × 1 = 600.00 EUR, rounded to 2 decimal places",
        "guarantee what the computed payouts lack of the guarantee: 200.00 EUR",
        "payout 600 + 200 − 30.02 = 769.98 EUR",
        "G-1 · guarantee 800 − 600 = 200.00 EUR (Guaranteed in the first year; decided by Ann, approved by Bob, until",
        "P-1 · adjustment 600 × 0.0333 = 19.98 EUR (Led the new hotline; decided by Ann, approved by Bob)",
        "by guarantees 200.00 EUR by adjustments −30.02 EUR in all 769.98 EUR",
        "quarterly_bonus · 2026-Q2, known late, line c1 12.34 EUR",
        "to be paid 769.98 + 12.34 − 20 = 762.32 EUR",
    ):
        assert expected in said["A01"]
    assert "payout 687 = " not in said["A05"]
    assert "payout 600 × 1.145 × 1 = 687.00 EUR" in said["A05"]
    assert "What the rules cannot work out missing-target-pay" in said["A06"]
    assert "R-1 · quarterly_bonus 250.00 EUR, instead of what the rules cannot work out (Lettre de mai;" in said["A06"]
    assert "quarterly_bonus · 2026-05, changed fact, line c4 7.00 EUR" in said["gone"]


def test_a_run_prints_what_was_decided(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_run(Run.open(folder / "run"), folder / "run")
    printed = [" ".join(each.split()) for each in capsys.readouterr().out.splitlines()]
    assert "department paid held worked out guarantees adjustments payout of which customers" in printed
    assert any(each.startswith("all 9 0 5,602.75 400.00 -618.81 5,383.94 EUR") for each in printed)
    assert "9 paid, 1 released, 0 held, 1 not eligible, of 11" in printed
    assert "A06 250.00 EUR R-1 missing-target-pay" in printed
    assert "Held, neither paid nor zero:" not in printed
    assert printed[printed.index("EUR") :][:5] == [
        "EUR",
        "payout 5,383.94",
        "released by decision 250.00",
        "corrections of earlier periods -300.66",
        "paid with this period 5,333.28",
    ]


# --- days and currencies ----------------------------------------------------------------------------------------------


def trap(number: int, folder: Path, decided: str) -> Path:
    """A trap's company about whose pay somebody decided."""
    (path,) = (path for path in TRAPS if path.stem.startswith(f"{number:02d}-"))
    told = read_document(path).data
    rules = f"{HEAD}{told['rules']}\nadjustments: {{path: adjustments.csv}}\n"
    done = run_texts(rules, {**told["data"], "adjustments.csv": HEADER + decided}, PERIOD, folder, ("en", "en"))
    recomputes(done, folder / "pages")
    return done


def test_a_share_stands_with_all_days_the_rest_with_the_last(tmp_path: Path) -> None:
    """160 as an adviser, 660 as a leader: 820 lacks 180 of 1,000; 10 % of each is 16 and 66."""
    done = trap(
        7, tmp_path,
        "G-1,sat,bonus,2026-Q3,,,1000,,,New,Ann,Bob,\n"
        "P-1,sat,bonus,2026-Q3,,0.1,,,,Good,Ann,Bob,\n"
        "A-1,sat,bonus,2026-Q3,-5,,,,,Late,Ann,Bob,\n",
    )  # fmt: skip
    sat = made(done)["sat"]
    first, last = (each.lines for each in sat.pays)
    assert told(first)[-3:] == [
        ("Worked out by the rules", "€650.00 × 50% × 49.23076923%", "rounded to €0.01", "€160.00"),
        ("Adjustment", "10% × €160.00", "Good (P-1): decided by Ann, approved by Bob", "€16.00"),
        ("Payout", "€160.00 + €16.00", "", "€176.00"),
    ]
    assert [each[1:4:2] for each in told(last)[-5:]] == [
        ("€1,300.00 × 100% × 50.76923077%", "€660.00"),
        ("€1,000.00 − (€160.00 + €660.00)", "€180.00"),
        ("", "−€5.00"),
        ("10% × €660.00", "€66.00"),
        ("€660.00 + €180.00 − €5.00 + €66.00", "€901.00"),
    ]
    assert line(sat.sums[0].lines, "Together") == ("€176.00 + €901.00", "", "€1,077.00")
    assert sat.total == "€1,077.00"


def test_what_is_decided_is_paid_at_the_rate_too(tmp_path: Path) -> None:
    """920 + 92 euros at 163.455 are 165,416.46 yen."""
    done = trap(12, tmp_path, "P-1,bob,bonus,2026-Q3,,0.1,,,,Good,Ann,Bob,\n")
    bob = made(done)["bob"]
    lines = bob.pays[0].lines
    assert line(lines, "Payout")[::2] == ("€920.00 + €92.00", "€1,012.00")
    assert line(lines, "Paid")[::2] == ("€1,012.00 × 163.455", "JP¥165,416")
    assert bob.total == "JP¥165,416"


def test_releases_and_corrections_in_two_currencies_are_never_added(tmp_path: Path) -> None:
    franc = "R-1,A06,quarterly_bonus,2026-Q3,,,,250,CHF,Letter,Ann,Bob,\n"
    done = adjusted(tmp_path, HEADER + franc, carried([("c3", "A06", "2026-Q2", "rule", "-10")]))
    assert done.summary["payees"]["released"] == 1
    released = made(tmp_path / "run")["A06"]
    assert released.total == "250,00\u00a0CHF − 10,00\u00a0€"
    assert [each.result for each in released.settled] == [
        "250,00\u00a0CHF", "−10,00\u00a0€", "250,00\u00a0CHF", "−10,00\u00a0€",
    ]  # fmt: skip


TWO_PAYMENTS = """
kpis:
  sales: {title: {en: Sales}, perspective: internal, compute: {kind: given}, better: higher}
curves:
  same: {kind: linear, points: [[0%, 0%], [100%, 100%]], below: zero}
plans:
  yearly:
    title: {en: Bonus}
    pays: bonus
    who: TRUE
    target_pay: base_salary * 10%
    scorecard: {sales: {weight: 100%, of: payee, target: 100, attainment: ratio, curve: same}}
  seller:
    title: {en: Fee}
    pays: fee
    who: TRUE
    target_pay: 100
    scorecard: {sales: {weight: 100%, of: payee, target: 100, attainment: ratio, curve: same}}
adjustments: {path: adjustments.csv}
"""


def test_a_release_is_for_one_payment(tmp_path: Path) -> None:
    """The bonus of Ann is unknown, her fee is not; of Bob neither is known, and only the bonus is decided."""
    data = {
        "workforce.csv": "payee,base_salary\nann,\nbob,\n",
        "kpis.csv": "subject_kind,subject,kpi,period,value\npayee,ann,sales,2026-Q3,75\n",
        "adjustments.csv": HEADER
        + "R-1,ann,bonus,2026-Q3,,,,50,,As last year,Ann,Bob,\nR-2,bob,bonus,2026-Q3,,,,60,,As last year,Ann,Bob,\n",
    }
    done = run_texts(HEAD + TWO_PAYMENTS, data, PERIOD, tmp_path, ("en", "en"))
    recomputes(done, tmp_path / "pages")
    ann, bob = (made(done)[payee] for payee in ("ann", "bob"))
    assert told(ann.settled) == [
        ("Payout of this period", "", "", "€75.00"),
        ("Released by decision (R-1)", "", "", "€50.00"),
        ("To be paid", "€75.00 + €50.00", "", "€125.00"),
    ]
    assert (ann.held, [each.code for each in ann.released[0].held]) == ((), ["missing-target-pay"])
    assert (bob.total, bob.settled) == ("€60.00", ())
    assert {(each.plan, each.code) for each in bob.held} == {("Fee", "missing-result")}
    assert {(each.plan, each.code) for each in bob.released[0].held} == {
        ("Bonus", "missing-target-pay"), ("Bonus", "missing-result"),
    }  # fmt: skip
