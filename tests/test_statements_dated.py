"""Statements of people who move: each stretch of days has its own working, and a pocket calculator finds all of it.

The companies are those of `tests/cases/traps`, whose amounts were worked out by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path

import pytest

import incentive_engine
from incentive_engine.documents import read_document
from incentive_engine.engine.explanation import explain
from incentive_engine.statements import Statement, write_statements
from incentive_engine.statements.gathering import gathered
from incentive_engine.statements.making import StatementMaker
from incentive_engine.statements.values import Line
from tests.test_catalogue import HEAD
from tests.test_statements import Page, recomputed
from tests.test_traps import EACH, NAMES, TRAPS

CASES = TRAPS[0].parent.parent
LANGUAGES = ("en", "fr")


def run_of(path: Path, period: str, folder: Path, languages: tuple[str, str] = LANGUAGES) -> Path:
    """A run of a company on one page, whose payees read English and French in turn."""
    told = read_document(path).data
    return run_texts(HEAD + told["rules"], told["data"], period, folder, languages)


def for_both(rules: str) -> str:
    """The rules with their English texts as the French ones, too."""
    return re.sub(r"\{en: ([^{},]*)\}", r"{en: \1, fr: \1}", rules)


def run_texts(
    rules: str, data: Mapping[str, str], period: str, folder: Path, languages: tuple[str, str] = LANGUAGES
) -> Path:
    for name, text in {**data, "rules.yaml": for_both(rules)}.items():
        if name == "workforce.csv":
            head, *rows = text.splitlines()
            text = (
                "\n".join([f"{head},language", *(f"{row},{languages[at % 2]}" for at, row in enumerate(rows))]) + "\n"
            )
        (folder / name).write_text(text, encoding="utf-8")
    incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder, period, folder / "run")
    return folder / "run"


def made(run: Path) -> dict[str, Statement]:
    return {each.payee: each for each in StatementMaker(gathered(run)).statements()}


def trap(number: int, folder: Path, language: str) -> dict[str, Statement]:
    (path,) = (path for path in TRAPS if path.stem.startswith(f"{number:02d}-"))
    return made(run_of(path, "2026-Q3", folder, (language, language)))


def told(lines: Iterable[Line]) -> list[tuple[str, str, str, str]]:
    return [(line.name, line.arithmetic, line.note, line.result) for line in lines]


def line(lines: Iterable[Line], name: str) -> tuple[str, str, str]:
    ((_, *rest),) = [each for each in told(lines) if each[0] == name]
    return tuple(rest)  # type: ignore[return-value]


def recomputes(run: Path, pages: Path) -> None:
    """Fails with the first line of a page that a pocket calculator would not confirm."""
    write_statements(run, pages)
    for statement in made(run).values():
        page = Page((pages / statement.file).read_text(encoding="utf-8"))
        assert not re.search(r"None|Decimal|Fraction|[{}\0]", page.text), page.text
        recomputed(page, statement.language)


@pytest.mark.parametrize(("path", "period"), EACH, ids=NAMES)
def test_every_page_of_every_trap_recomputes(path: Path, period: str, tmp_path: Path) -> None:
    languages = LANGUAGES if int(path.stem[:2]) % 2 else ("fr", "en")
    recomputes(run_of(path, period, tmp_path, languages), tmp_path / "pages")


def test_who_changes_plans_reads_what_is_paid_for_which_days(tmp_path: Path) -> None:
    """650 x 50 % x 32/65 = 160 until the Friday, 1,300 x 33/65 = 660 from the Saturday on."""
    sat = trap(7, tmp_path, "en")["sat"]
    assert (sat.total, sat.plans, len(sat.voices)) == ("€820.00", ("Adviser", "Leader"), 1)
    assert told(sat.sums[0].lines) == [
        ("1 July to 14 August 2026, 45\u00a0days · Adviser", "", "", "€160.00"),
        (
            "15 August to 30 September 2026, 47\u00a0days · Leader",
            "",
            "plan: Leader (before: Adviser); role: Leader (before: Adviser)",
            "€660.00",
        ),
        ("Together", "€160.00 + €660.00", "", "€820.00"),
    ]
    days = "1 July to 14 August 2026, 45\u00a0days, working days without public holidays, rounded to 0.00000001%"
    assert line(sat.pays[0].lines, "Share of the period") == ("32 ÷ 65", days, "49.23076923%")
    assert [pay.days for pay in sat.pays] == [
        "1 July to 14 August 2026, 45\u00a0days",
        "15 August to 30 September 2026, 47\u00a0days",
    ]


def test_days_on_which_nobody_was_there_are_named(tmp_path: Path) -> None:
    ann = trap(4, tmp_path, "fr")["ann"]
    assert told(ann.sums[0].lines) == [
        ("Du 1er au 20 juillet 2026, 20\u00a0jours", "", "", "200,00\u00a0€"),
        ("Du 21 juillet au 24 août 2026, 35\u00a0jours", "", "absent de l'effectif", "–"),
        ("Du 25 août au 30 septembre 2026, 37\u00a0jours", "", "de retour depuis le 25 août 2026", "370,00\u00a0€"),
        ("Ensemble", "200,00\u00a0€ + 370,00\u00a0€", "", "570,00\u00a0€"),
    ]


def test_what_is_the_same_is_said_once(tmp_path: Path) -> None:
    first, second = trap(4, tmp_path, "en")["ann"].pays
    assert (first.as_for, len(first.parts), len(first.cards)) == ("", 1, 1)
    assert (second.as_for, second.parts, second.cards) == ("1 to 20 July 2026, 20\u00a0days", (), ())
    assert told(second.brought) == [("Sales", "", "", "€370.00")]
    assert line(second.lines, "Score")[1] == "as for 1 to 20 July 2026, 20\u00a0days"


def test_amounts_in_two_currencies_are_never_added(tmp_path: Path) -> None:
    """47 days are worth 470 euros: 446.50 francs at the plan's 0.95, 432.40 at the 0.92 of the last day."""
    ann = trap(12, tmp_path, "en")["ann"]
    assert (ann.total, dict(ann.amounts)) == (
        "€450.00 + CHF\u00a0432.40", {"EUR": Decimal(450), "CHF": Decimal("432.40")},
    )  # fmt: skip
    assert told(ann.sums[0].lines)[-2:] == [
        ("Together", "", "", "€450.00"),
        ("Together", "", "", "CHF\u00a0432.40"),
    ]
    assert ann.voices[0].endswith("comes from what customers said and lived. That is before conversion.")
    plan = "rate of the plan, of 1 January 2026"
    assert told(ann.pays[1].lines)[0][1:] == ("CHF\u00a08,740.00 ÷ 0.95", plan, "€9,200.00")
    assert told(ann.pays[1].lines)[-3:] == [
        ("At the rate of the plan", "€470.00 × 0.95", plan, "CHF\u00a0446.50"),
        ("What the rate changes", "CHF\u00a0432.40 − CHF\u00a0446.50", "", "−CHF\u00a014.10"),
        ("Paid", "€470.00 × 0.92", "rate of 30 September 2026", "CHF\u00a0432.40"),
    ]


def test_the_index_adds_each_currency_by_itself(tmp_path: Path) -> None:
    (path,) = (path for path in TRAPS if path.stem.startswith("12-"))
    write_statements(run_of(path, "2026-Q3", tmp_path), tmp_path / "pages")
    text = Page((tmp_path / "pages" / "index.html").read_text(encoding="utf-8")).text
    assert "CHF\u00a0432.40 + €1,370.00 + JP¥150,379 + TND\u00a03,116.500" in text


def test_the_effect_of_leave_is_told_and_never_its_cause(tmp_path: Path) -> None:
    (path,) = (path for path in TRAPS if path.stem.startswith("10-"))
    run = run_of(path, "2026-Q3", tmp_path, ("en", "fr"))
    ann, bob = (made(run)[payee].pays[0].lines for payee in ("ann", "bob"))
    assert told(ann)[1:4] == [
        ("Days that do not count", "", "days of absence", "18\u00a0days"),
        ("Days left out", "", "the period is counted without them, too", "6\u00a0days"),
        ("Share of the period", "(92 − 18) ÷ (92 − 6)", "rounded to 0.00000001%", "86.04651163%"),
    ]
    assert line(bob, "Jours qui ne comptent pas") == ("", "jours d'absence", "12\u00a0jours")
    write_statements(run, tmp_path / "pages")
    causes = {row.split(",")[-1] for row in (tmp_path / "leave.csv").read_text(encoding="utf-8").split()[1:]}
    texts = [path.read_text(encoding="utf-8") for path in (tmp_path / "pages").iterdir()]
    assert causes
    assert [(cause, True) for cause in causes for text in texts if re.search(rf"\b{cause}\b", text)] == []


PAID_ON = """
  history:
    salaries: {{path: salaries.csv, gives: [base_salary], basis: {basis}}}
  kpis:
    sales: {{title: {{en: Sales}}, perspective: internal, compute: {{kind: given}}, better: higher}}
  curves:
    same: {{kind: linear, points: [[0%, 0%], [100%, 100%]], below: zero}}
  plans:
    all:
      title: {{en: All}}
      pays: bonus
      who: TRUE
      target_pay: base_salary * 10%
      scorecard: {{sales: {{weight: 100%, of: company, target: 100, attainment: ratio, curve: same}}}}
      proration: {{by: {by}}}
"""
SALARIES = {
    "workforce.csv": "payee,hired,left,base_salary\nann,2026-07-11,,1\nbob,2020-01-01,2026-08-14,5000\n",
    "salaries.csv": "payee,from,to,base_salary\nann,2026-07-11,2026-09-09,30000\nann,2026-09-10,,36000\n",
    "kpis.csv": "subject_kind,subject,kpi,period,value\ncompany,company,sales,2026-Q3,100\n",
}


def paid_on(basis: str, by: str, folder: Path) -> Path:
    rules = HEAD + PAID_ON.format(basis=basis, by=by).replace("\n  ", "\n")
    run = run_texts(rules, SALARIES, "2026-Q3", folder)
    recomputes(run, folder / "pages")
    return run


def test_a_mean_of_days_is_worked_out_in_front_of_its_reader(tmp_path: Path) -> None:
    """Ann is there on 82 days, 61 of them at 30,000 and 21 at 36,000."""
    run = paid_on("average", "calendar_days", tmp_path)
    ann, bob = (made(run)[payee].pays[0].lines for payee in ("ann", "bob"))
    mean = "(61 × 30,000 + 21 × 36,000) ÷ 82", "the mean of your days, rounded to 0.000001", "31,536.585366"
    assert line(ann, "Base salary") == mean
    assert bob[0].name == "Prime cible"
    lines = [each for section in explain(run, "ann").sections for each in section.lines]
    assert [each.text for each in lines if each.name == "base_salary"] == [
        "the mean of the payee's days: (61 × 30000 + 21 × 36000) ÷ 82 = 31536.585366, rounded to 6 decimal places"
    ]


def test_the_value_of_the_last_day_says_so(tmp_path: Path) -> None:
    ann = made(paid_on("end", "months", tmp_path))["ann"].pays[0]
    assert told(ann.lines)[0] == (
        "Base salary",
        "",
        "as on 30 September 2026; all days are paid on this value",
        "36,000",
    )
    assert line(ann.lines, "Share of the period") == (
        "(21 ÷ 31 + 2) ÷ 3",
        "11 July to 30 September 2026, 82\u00a0days, each month counts the same, rounded to 0.00000001%",
        "89.24731183%",
    )


@pytest.mark.parametrize(
    ("by", "arithmetic", "said"),
    [
        ("thirty_360", "44 ÷ 90", "chaque mois compte pour 30 jours"),
        ("months", "(1 + 14 ÷ 31) ÷ 3", "chaque mois compte autant"),
        ("own_days", "45 ÷ 45", "sur les jours où vous étiez là"),
    ],
)
def test_a_share_says_what_it_counts(by: str, arithmetic: str, said: str, tmp_path: Path) -> None:
    """Bob leaves on 14 August: of three months of 30 days he was there for one and for 14 days of the second."""
    bob = made(paid_on("earned", by, tmp_path))["bob"].pays[0]
    found, note, _ = line(bob.lines, "Part de la période")
    assert found == arithmetic
    assert said in note


def test_days_of_absence_of_which_none_counts_are_told(tmp_path: Path) -> None:
    """Ann is away from the day of her raise on: 3,000 x 61/92 until then."""
    rules = HEAD + PAID_ON.format(basis="earned", by="calendar_days").replace("\n  ", "\n")
    rules += "leave: {path: leave.csv, types: {gone: {title: {en: Gone}, effect: reduces_payout}}}\n"
    leave = {"leave.csv": "payee,from,to,type\nann,2026-09-10,,gone\n"}
    run = run_texts(rules, {**SALARIES, **leave}, "2026-Q3", tmp_path)
    recomputes(run, tmp_path / "pages")
    assert told(made(run)["ann"].sums[0].lines) == [
        ("1 to 10 July 2026, 10\u00a0days", "", "not there", "–"),
        ("11 July to 9 September 2026, 61\u00a0days", "", "", "€1,989.13"),
        ("10 to 30 September 2026, 21\u00a0days", "", "days of absence that do not count", "–"),
        ("Together", "", "", "€1,989.13"),
    ]
    assert "Gone" not in (tmp_path / "pages" / "ann.html").read_text(encoding="utf-8")


def test_a_newer_edition_of_the_rules_is_named(tmp_path: Path) -> None:
    first = HEAD + PAID_ON.format(basis="earned", by="calendar_days").replace("\n  ", "\n")
    (tmp_path / "first.yaml").write_text(for_both(first), encoding="utf-8")
    newer = first.replace('version: "1"', 'version: "2"\nfollows: first.yaml\nin_force: {from: 2026-08-15}')
    newer = newer.replace("target: 100,", "target: 125,")
    run = run_texts(newer, SALARIES, "2026-Q3", tmp_path)
    recomputes(run, tmp_path / "pages")
    ann = made(run)["ann"]
    assert [each.note for each in ann.sums[0].lines if "version" in each.note] == [
        "the rules changed on 15 August 2026; version of the rules: 2 (before: 1); Sales · Target: 125 (before: 100)"
    ]
    assert [pay.edition.partition(";")[0] for pay in ann.pays[:2]] == [
        "Rules of these days: version 1",
        "Rules of these days: version 2, in force since 15 August 2026",
    ]


def test_a_result_of_one_assignment_names_its_days(tmp_path: Path) -> None:
    run = run_of(CASES / "over-assignment.yaml", "2026-Q3", tmp_path)
    recomputes(run, tmp_path / "pages")
    south, north = (pay.cards[0] for pay in made(run)["ann"].pays)
    assert south.facts.endswith("from 2 records, 1 July to 15 August 2026, 46\u00a0days")
    assert line(north.lines, "Result")[0] == "2 ÷ 3"
    assert "2 ÷ 3 = 0.6667" in "".join(each.text for section in explain(run, "ann").sections for each in section.lines)


def test_a_target_is_less_for_who_was_away(tmp_path: Path) -> None:
    """Part was at work on 69 of 92 days: three quarters of 100; who joined, on 46."""
    run = run_of(CASES / "leave-reduces_target.yaml", "2026-Q3", tmp_path)
    recomputes(run, tmp_path / "pages")
    part, joins = (made(run)[payee].pays[0].cards[0] for payee in ("part", "joins"))
    assert (part.against, joins.against) == ((("Objectif", "75"),), (("Target", "50"),))
    assert told(part.lines)[:2] == [
        ("Part travaillée", "69 ÷ 92", "jours de présence sans ceux d'absence", "75\u00a0%"),
        ("Objectif pour cette part", "100 × 75\u00a0%", "", "75"),
    ]
    assert line(joins.lines, "Share of work") == ("46 ÷ 92", "days there without those away", "50%")
