"""What an audit says: declared qualities by hand, the bank's records by name, and every finding in every language."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from string import Formatter
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

import incentive_engine
from incentive_engine.audit.agreement import agreement
from incentive_engine.audit.auditing import audit
from incentive_engine.audit.declared import declared_findings
from incentive_engine.audit.drawing import graph
from incentive_engine.audit.findings import QUALITIES, Audit, Finding, InUnit, KpiAudit, Link, Matrix, Suspicion
from incentive_engine.audit.gaming import exclusions, to_review
from incentive_engine.audit.judging import ceiling_finding, sensitivity_finding
from incentive_engine.audit.pages import as_data, html, written
from incentive_engine.audit.paper import Graph
from incentive_engine.audit.sensitivity import Sensitivity
from incentive_engine.audit.telling import Told, reader
from incentive_engine.cli import main
from incentive_engine.engine.running import accept_for
from incentive_engine.facts import accept
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.walked import Walked
from incentive_engine.shipped import rules_dir

HEAD = """
rule_set: audited
version: "1"
title: {en: Audited, fr: Audité}
decided: {by: Nobody, on: 2026-01-01}
currency: EUR
timezone: Europe/Paris
principles: {review_every: 12 months}
curves:
  any: {kind: linear, points: [[0, 0%], [100, 100%]], below: flat, above: flat}
FALLING"""
AUDIT = Path(incentive_engine.__file__).parent / "audit"


FALLING = "  falling: {kind: linear, points: [[0, 100%], [100, 0%]], below: flat, above: flat}\n"


def rules_of(folder: Path, text: str) -> Rules:
    head = HEAD.replace("FALLING", FALLING if "falling" in text else "")
    (folder / "rules.yaml").write_text(head + text, encoding="utf-8")
    return incentive_engine.load(folder / "rules.yaml")


# --- what the rules say of a KPI --------------------------------------------------------------------------------------

DECLARED = """
sources:
  surveys: {path: surveys.csv, payee: adviser, date: day, recorded_by: customer, invited_by: SURVEYED}
  visits: {path: visits.csv, payee: adviser, date: day, recorded_by: payee}
tables:
  targets:
    path: targets.csv
    keys: [team, kpi]
    decided: {by: X, on: 2026-01-01, agreed_with_customers: {on: 2025-11-06, how: {en: A panel, fr: Un panel}}}
kpis:
  asked:
    title: {en: Satisfaction, fr: Satisfaction}
    meaning: {en: MEANING, fr: Les clients sont-ils contents ?}
    perspective: customer
    compute: {kind: mean, from: surveys, value: grade}
    better: higher
    reviewed: 2025-09-30
    agreed_by: {Care: 2025-10-01}
  own:
    title: {en: Done at once, fr: Fait}
    perspective: customer
    compute: {kind: share, from: visits, where: done}
    better: higher
    reviewed: 2025-09-29
    expectation: {en: At once, fr: Tout de suite}
plans:
  care:
    title: {en: Care, fr: Service}
    pays: bonus
    who: TRUE
    target_pay: 100
    scorecard:
      asked: {weight: 60%, of: payee, target: {table: targets}, attainment: difference, curve: any}
      own: {weight: 40%, of: payee, attainment: level, curve: any}
"""


def findings_of(folder: Path, kpi: str, **replaced: str) -> dict[str, Finding]:
    text = DECLARED
    for name, value in {"SURVEYED": "system", "MEANING": "Are customers glad?", **replaced}.items():
        text = text.replace(name, value)
    rules = rules_of(folder, text).ruleset
    measures = [measure for _, measure, name in Walked(rules).measures if name == kpi]
    found = declared_findings(rules, kpi, measures, {"Care"}, dt.date(2026, 9, 30))
    return {each.quality: each for each in found}


def codes(finding: Finding) -> list[str]:
    return [each.code for each in finding.evidence]


def test_a_kpi_that_is_in_order(tmp_path: Path) -> None:
    found = findings_of(tmp_path, "asked")
    assert {quality: each.verdict for quality, each in found.items()} == dict.fromkeys(
        ("validity", "objectivity", "intelligibility", "agreed", "renewed"), "sound"
    )
    assert codes(found["validity"]) == ["agreed_with_customers"]
    assert codes(found["renewed"]) == ["reviewed", "in_time"]


def test_a_kpi_that_is_not(tmp_path: Path) -> None:
    found = findings_of(tmp_path, "own")
    assert {quality: each.verdict for quality, each in found.items()} == dict.fromkeys(
        ("validity", "objectivity", "intelligibility", "agreed", "renewed"), "weak"
    )
    assert codes(found["validity"]) == ["expected", "never_agreed"]
    assert codes(found["objectivity"]) == ["recorded_by_payee"]
    assert codes(found["intelligibility"]) == ["no_meaning", "no_meaning"]
    assert codes(found["agreed"]) == ["not_signed"]
    assert codes(found["renewed"]) == ["reviewed", "overdue"]  # one day too long ago


def test_who_chooses_the_customers_is_flagged(tmp_path: Path) -> None:
    finding = findings_of(tmp_path, "asked", SURVEYED="payee")["objectivity"]
    assert (finding.verdict, codes(finding)) == ("weak", ["recorded_by_customer", "invited_by_payee"])


@pytest.mark.parametrize(
    ("meaning", "code"),
    [
        ("one two three four five six seven eight nine ten eleven twelve one two three four five six seven eight nine "
         "ten eleven twelve one two", "long_sentence"),  # 26 words
        # 10 words, 5 of them of more than 6 letters: 10 + 50
        ("the measurement of what customers interviewed by operators called excellent", "clear"),
        ("the measurement of what customers interviewed by operators thought excellent", "hard_words"),  # 10 + 60
    ],
)  # fmt: skip
def test_what_is_hard_to_read(tmp_path: Path, meaning: str, code: str) -> None:
    finding = findings_of(tmp_path, "asked", MEANING=meaning)["intelligibility"]
    assert code in codes(finding)


def test_decisive_qualities_decide() -> None:
    def verdict(**verdicts: Any) -> str:
        findings = tuple(Finding(quality, each, ()) for quality, each in verdicts.items())  # type: ignore[arg-type]
        return KpiAudit("k", (), findings, pl.DataFrame()).verdict

    assert verdict(reliability="unfit", objectivity="sound") == "unfit"
    assert verdict(reliability="sound", objectivity="weak") == "weak"
    assert verdict(reliability="sound", objectivity="unknown", renewed="weak") == "sound"
    assert verdict(reliability="unknown", sensitivity="sound") == "unknown"
    assert verdict(reliability="sound", prediction="weak") == "weak"
    assert KpiAudit("k", (), (Finding("renewed", "weak", ()),), pl.DataFrame()).to_settle == ("renewed",)


# --- departments ------------------------------------------------------------------------------------------------------

APART = """
sources:
  surveys: {path: surveys.csv, payee: adviser, date: day}
kpis:
  nps: NPS, agreed_by: {Care: 2026-01-01}}
  speed: {title: {en: Speed, fr: Vitesse}, perspective: customer, compute: {kind: mean, from: surveys, value: minutes}, better: lower}
  care_taken: {title: {en: Time taken, fr: Temps pris}, perspective: customer, compute: {kind: mean, from: surveys, value: minutes, where: new}, better: higher}
  sales: {title: {en: Sales, fr: Ventes}, perspective: internal, compute: {kind: given}, better: higher}
plans:
  one: {title: {en: One, fr: Un}, pays: bonus, who: TRUE, combine: mean, scorecard: {nps: LEVEL, speed: LEVEL, care_taken: LEVEL, sales: LEVEL}}
"""  # noqa: E501


def test_departments_that_pull_apart(tmp_path: Path) -> None:
    nps = (
        "{title: {en: N, fr: N}, perspective: customer, compute: {kind: nps, from: surveys, answer: a}, better: higher"
    )
    level = "{of: payee, attainment: level, curve: any}"
    rules = rules_of(tmp_path, APART.replace("NPS", nps).replace("LEVEL", level)).ruleset
    matrix = agreement(
        rules,
        {
            ("Care", "nps"): 0.5, ("Care", "speed"): 0.5, ("Sales", "nps"): 0.7, ("Sales", "sales"): 0.3,
            ("Depot", "care_taken"): None, ("Depot", "sales"): 0.5,
        },
    )  # fmt: skip
    assert (matrix.departments, matrix.kpis) == (("Care", "Depot", "Sales"), ("nps", "speed", "care_taken"))
    assert matrix.cells["Care", "nps"].agreed == dt.date(2026, 1, 1)
    assert not matrix.cells["Depot", "nps"].paid
    assert matrix.cells["Depot", "care_taken"].paid
    # The depot shares only an internal KPI with sales; its minutes are to rise, those of care to fall.
    told_of = [(each.code, *(each.values[name] for name in ("department", "one", "other") if name in each.values))
               for each in matrix.findings]  # fmt: skip
    assert told_of == [("silo", "Depot"), ("opposite", "Care", "Depot")]


# --- records ----------------------------------------------------------------------------------------------------------

BANK = """
sources:
  calls:
    path: calls.parquet
    payee: server
    date: date
    system_accounts: [NO_SERVER]
    watch: {short: {title: {en: Short, fr: Court}, where: ser_time < 10, among: 'outcome = "AGENT"'}}
kpis:
  calls:
    title: {en: Calls, fr: Appels}
    perspective: customer
    better: higher
    compute: {kind: count, from: calls, where: 'outcome = "AGENT"'}
    reviewed: 2026-01-01
plans:
  all:
    {title: {en: All, fr: Tous}, pays: none, who: TRUE, combine: mean,
     scorecard: {calls: {of: payee, attainment: level, curve: any}}}
"""


def test_the_bank_s_servers_who_cut_calls_short_are_named(reference_data: Path, tmp_path: Path) -> None:
    """Three servers have more than 12 % of calls under 10 s; the system account NO_SERVER is nobody."""
    calls = pl.read_parquet(reference_data / "bank_calls" / "calls_1999_02.parquet")
    dated = calls.with_columns((pl.col("date") + 19_000_000).cast(pl.String).str.to_date("%Y%m%d"))
    dated.write_parquet(tmp_path / "calls.parquet")
    servers = calls.select(pl.col("server").unique().sort().alias("payee")).filter(pl.col("payee") != "NO_SERVER")
    servers.write_csv(tmp_path / "workforce.csv")
    rules = rules_of(tmp_path, BANK)
    found = to_review(rules.ruleset, accept_for(rules, tmp_path).tables, rules.period("1999-02"))
    assert [(each.signal, each.subject, each.count, each.of) for each in found] == [
        ("watched", "MORIAH", 229, 1_226),
        ("watched", "ANAT", 217, 1_219),
        ("watched", "MIKI", 199, 1_293),
    ]
    assert round(found[0].usual, 4) == 0.0335  # the published median, rounded up: 3.36 % of all but the machine


SURVEYS = """
sources:
  surveys:
    path: surveys.csv
    id: id
    payee: adviser
    date: day
    customer: customer
    columns: {grade: {at_least: 1, at_most: 5, places: 0}}
    ASIDE
kpis:
  nps:
    title: {en: NPS, fr: NPS}
    perspective: customer
    compute: {kind: nps, from: surveys, answer: recommend}
    better: higher
    reviewed: 2026-01-01
  grade:
    title: {en: Grade, fr: Note}
    perspective: customer
    compute: {kind: mean, from: surveys, value: grade}
    better: higher
    reviewed: 2026-01-01
plans:
  all:
    {title: {en: All, fr: Tous}, pays: none, who: TRUE, combine: mean,
     scorecard: {nps: {of: payee, attainment: level, curve: any}, grade: {of: payee, attainment: level, curve: any}}}
"""


def written_surveys(folder: Path) -> None:
    """Ten advisers with 60 answers each on 30 days, and 40 test answers that say 1 or 2.

    A has a customer who answers 20 times, B no criticism at all, and C 30 answers on one day.
    """
    rows = []
    for adviser in "ABCDEFGHIJ":
        for at in range(60):
            customer = "again" if adviser == "A" and at % 3 == 0 else f"{adviser}{at}"
            recommend = 10 if adviser == "B" or at % 2 else 5
            day = 7 if adviser == "C" and at % 2 else 1 + at % 30
            rows.append((f"{adviser}{at:02}", adviser, f"2026-07-{day:02}", customer, recommend, 4, "real"))
    rows += [
        (f"T{at:02}", "DEF"[at % 3], f"2026-07-{1 + at % 30:02}", f"T{at}", 8, 1 + at % 2, "test") for at in range(40)
    ]
    columns = ["id", "adviser", "day", "customer", "recommend", "grade", "origin"]
    pl.DataFrame(rows, columns, orient="row").write_csv(folder / "surveys.csv")
    pl.DataFrame({"payee": list("ABCDEFGHIJ")}).write_csv(folder / "workforce.csv")


def test_repeated_customers_days_of_many_and_answers_without_criticism(tmp_path: Path) -> None:
    written_surveys(tmp_path)
    rules = rules_of(tmp_path, SURVEYS.replace("    ASIDE\n", ""))
    found = to_review(rules.ruleset, accept_for(rules, tmp_path).tables, rules.period("2026-07"))
    assert [(each.signal, each.subject, each.about, each.count, each.of) for each in found] == [
        ("burst", "C", "2026-07-07", 32, 60),  # 30 on top of the two of every day
        ("ceiling", "B", "nps", 60, 60),
        ("repeated", "A", "customer", 19, 60),  # the first answer of that customer is no repetition
    ]


def test_exclusions_that_favour_one_side(tmp_path: Path) -> None:
    written_surveys(tmp_path)
    aside = "set_aside: [{when: 'origin = \"test\"', because: {en: Test, fr: Essai}}]"
    rules = rules_of(tmp_path, SURVEYS.replace("ASIDE", aside))
    everything = accept(rules.contracts, tmp_path, rules.ruleset.timezone).tables
    told_of = list(exclusions(rules.ruleset, everything, accept_for(rules, tmp_path).tables, rules.period("2026-07")))
    by_kpi = {each.values["kpi"]["en"]: each for each in told_of}  # type: ignore[index,call-overload]
    assert {kpi: each.code for kpi, each in by_kpi.items()} == {"NPS": "even_sided", "Grade": "one_sided"}
    grade = by_kpi["Grade"].values
    assert (grade["count"], grade["aside"].value, grade["kept"].value) == (40, 1.5, 4.0)  # type: ignore[union-attr]


def test_nobody_is_listed_by_chance(tmp_path: Path) -> None:
    """Everybody alike: nothing to review."""
    rows = [
        (f"{a}{n}", a, f"2026-07-{1 + n % 30:02}", f"{a}{n}", (9, 10, 5)[n % 3], 4, "real")
        for a in "ABCD"
        for n in range(90)
    ]
    columns = ["id", "adviser", "day", "customer", "recommend", "grade", "origin"]
    pl.DataFrame(rows, columns, orient="row").write_csv(tmp_path / "surveys.csv")
    pl.DataFrame({"payee": list("ABCD")}).write_csv(tmp_path / "workforce.csv")
    rules = rules_of(tmp_path, SURVEYS.replace("    ASIDE\n", ""))
    assert to_review(rules.ruleset, accept_for(rules, tmp_path).tables, rules.period("2026-07")) == ()


# --- words ------------------------------------------------------------------------------------------------------------


def fields_of(sentence: str) -> set[tuple[str | None, str | None]]:
    return {(name, how) for _, name, how, _ in Formatter().parse(sentence) if name}


def test_every_language_says_the_same() -> None:
    english, french = (reader(code, "EUR").words for code in ("en", "fr"))

    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: shape(each) for name, each in value.items() if name not in ("locale", "called", "first")}
        return len(value) if isinstance(value, list) else fields_of(str(value))

    assert shape(english) == shape(french)
    assert tuple(english["qualities"]) == QUALITIES


def test_every_evidence_has_words_and_every_word_an_evidence() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in AUDIT.glob("*.py"))
    named = set(re.findall(r'"([a-z_]+)"', source))
    built = {"recorded_by_", "invited_by_", "link_", "matters_", "stated_", "no_", "not_testable"}
    known = set(reader("en", "EUR").words["evidence"])
    assert {each for each in known - named if not each.startswith(tuple(built))} == set()
    assert set(re.findall(r'evidence\(\s*"([a-z_]+)"', source)) <= known


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("en", "2 severe: 33.3%, 5.12 points, 1 October 2026, 7.5%, A, B and C"),
        ("fr", "2 severe: 33,3 %, 5,12 points, 1er octobre 2026, 7,5 %, A, B et C"),
    ],
)
def test_values_are_written_as_the_reader_writes_them(code: str, sentence: str) -> None:
    points = {"en": "points", "fr": "points"}
    values: dict[str, Any] = {"n": 2.0, "share": InUnit(1 / 3, True, None), "apart": InUnit(5.123, False, points)}
    values |= {"day": dt.date(2026, 10, 1), "little": 0.075, "names": ("A", "B", "C")}
    form = "{n:count} severe: {share:unit}, {apart:apart}, {day:date}, {little:percent}, {names:list}"
    sentence_written = Told(reader(code, "EUR")).vformat(form, (), values)
    assert re.sub(r"\s", " ", sentence_written) == sentence


# --- drawings ---------------------------------------------------------------------------------------------------------


def drawn(*links: tuple[str, str]) -> Graph:
    found = graph([Link(driver, driven, "confirmed", ()) for driver, driven in links], str, lambda link: link.driver)
    assert found is not None
    return found


def test_drivers_stand_left_of_what_they_drive() -> None:
    """Speed drives ease and the score, ease the score: three columns, and one arrow in a lane below the middle one."""
    found = drawn(("speed", "score"), ("speed", "ease"), ("ease", "score"))
    assert [box.lines for box in sorted(found.boxes, key=lambda box: box.x)] == [("speed",), ("ease",), ("score",)]
    assert ["H" in arrow.path for arrow in found.arrows] == [True, False, False]
    assert [arrow.label_x for arrow in found.arrows][1] > found.arrows[0].label_x


def test_what_drives_itself_is_drawn_all_the_same() -> None:
    assert len(drawn(("ease", "score"), ("score", "ease")).boxes) == 2


# --- the whole --------------------------------------------------------------------------------------------------------


PERIOD = "2026-Q3"


@pytest.fixture(scope="module")
def starter() -> tuple[Rules, Audit]:
    rules = incentive_engine.load(rules_dir() / "starter" / "rules.yaml")
    return rules, audit(rules, rules_dir() / "starter" / "data", [PERIOD], draws=20)


@pytest.mark.parametrize(
    ("code", "words"), [("en", "Are these indicators fit to pay on?"), ("fr", "Ces indicateurs méritent-ils")]
)
def test_the_page_stands_alone(starter: tuple[Rules, Audit], code: str, words: str) -> None:
    page = html(*written(starter[1], starter[0], code))
    assert words in page
    assert f'<html lang="{code}">' in page
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert "{" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


def test_the_command_says_the_verdicts_and_writes_for_its_owner_only(tmp_path: Path) -> None:
    rules, out = rules_dir() / "starter", tmp_path / "audit.html"
    arguments = ["audit", str(rules / "rules.yaml"), "--data", str(rules / "data"), "--period", PERIOD, "--draws", "20"]
    result = CliRunner().invoke(main, [*arguments, "--language", "fr", "--out", str(out)], catch_exceptions=False)
    assert result.exit_code == 0
    assert "Sur 4 indicateurs dont dépend une prime" in result.output
    assert "✗ fiable" in result.output
    assert "Données à regarder\n  Rien ne sort de l'ordinaire." in result.output
    assert "Ces indicateurs méritent-ils" in out.read_text(encoding="utf-8")
    assert out.stat().st_mode & 0o077 == 0


def test_the_same_as_data(starter: tuple[Rules, Audit]) -> None:
    data = json.loads(json.dumps(as_data(starter[1], starter[0])))
    assert [each["kpi"] for each in data["kpis"]] == ["satisfaction", "nps", "sales", "cases_per_day"]
    (adviser, seller) = data["plans"]
    assert (adviser["plan"], adviser["share"]["declared_low"], seller["kpis"]) == ("adviser", 0.7, 2)
    for kpi in data["kpis"]:
        for finding in kpi["findings"]:
            assert all(set(each["text"]) == {"en", "fr"} for each in finding["evidence"])


def test_names_are_escaped() -> None:
    rules = incentive_engine.load(rules_dir() / "starter" / "rules.yaml")
    suspect = Suspicion("burst", "surveys", "<script>alert(1)</script>", "2026-07-01", 9, 10, 0.9, 0.1)
    found = Audit((PERIOD,), (), (), (), Matrix((), (), {}, ()), (suspect,), (), ())
    assert "&lt;script&gt;" in html(*written(found, rules, "en"))


@pytest.mark.parametrize(("empty", "left"), [("surveys.csv", 1), ("workforce.csv", 1)])
def test_an_audit_of_nothing_ends_in_words(tmp_path: Path, empty: str, left: int) -> None:
    """Only headers: what cannot be said is not said, and nothing breaks."""
    folder = tmp_path / "starter"
    shutil.copytree(rules_dir() / "starter", folder)
    lines = (folder / "data" / empty).read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "data" / empty).write_text("".join(lines[:left]), encoding="utf-8")
    arguments = [
        "audit",
        str(folder / "rules.yaml"),
        "--data",
        str(folder / "data"),
        "--period",
        PERIOD,
        "--draws",
        "20",
    ]
    result = CliRunner().invoke(main, [*arguments, "--out", str(folder / "audit.html")], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "of which the data cannot tell" in result.output
    assert (folder / "audit.html").is_file()


@pytest.mark.parametrize("others", [("2026-07", "2026-Q2"), ("2026", "2026-H1"), ("2026-H1", "2026-Q1")])
def test_periods_of_different_lengths_are_refused(others: tuple[str, ...]) -> None:
    rules = rules_dir() / "starter"
    periods = [argument for period in others for argument in ("--period", period)]
    result = CliRunner().invoke(main, ["audit", str(rules / "rules.yaml"), "--data", "nowhere", *periods])
    assert result.exit_code == 1
    assert "error[periods-differ]" in result.output
    assert "give months only, or quarters only" in result.output


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    rules = rules_dir() / "starter"
    arguments = ["audit", str(rules / "rules.yaml"), "--data", str(rules / "data"), "--period", "2026-Q3"]
    result = CliRunner().invoke(main, [*arguments, "--out", str(tmp_path / "audit.pdf")])
    assert result.exit_code == 1
    assert "is no .html and no .json file" in result.output


# --- what others say --------------------------------------------------------------------------------------------------

COMPANY = """
sources:
  surveys: {path: surveys.csv, payee: adviser, date: day, recorded_by: customer, invited_by: system, invitations: asked}
  asked: {path: asked.csv, id: id, payee: adviser, date: day}
  shoppers: {path: shoppers.csv, payee: adviser, date: day, recorded_by: outsider}
  mirror: {path: mirror.csv, payee: adviser, date: day, recorded_by: payee}
kpis:
  grade:
    title: {en: Grade, fr: Note}
    meaning: {en: Are they glad?, fr: Sont-ils contents ?}
    perspective: customer
    compute: {kind: mean, from: surveys, value: grade}
    better: higher
    importance: grade_matters
    mirrored_by: guess
    checked_by: [shopped]
    reviewed: 2026-01-01
  speed:
    title: {en: Speed, fr: Vitesse}
    perspective: customer
    compute: {kind: mean, from: surveys, value: minutes}
    better: lower
    importance: speed_matters
    reviewed: 2026-01-01
  grade_matters: {TITLE, compute: {kind: mean, from: surveys, value: says_grade}}
  speed_matters: {TITLE, compute: {kind: mean, from: surveys, value: says_speed}}
  shopped: {TITLE, compute: {kind: mean, from: shoppers, value: mark}}
  guess: {TITLE, compute: {kind: mean, from: mirror, value: grade}}
plans:
  care:
    title: {en: Care, fr: Service}
    pays: bonus
    who: TRUE
    target_pay: 100
    scorecard:
      grade: {weight: 96%, of: payee, attainment: level, curve: any}
      speed: {weight: 4%, of: payee, attainment: level, curve: falling}
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """Twelve advisers in two departments, asked about in June and in July.

    The better their customers find them, the worse do mystery shoppers. Everybody guesses grades one too high.
    Customers say that speed matters four times as much as the grade. 40 of 100 answer, but only 3 of A's in July.
    """
    folder = tmp_path_factory.mktemp("company")
    title = "title: {en: Other, fr: Autre}, perspective: customer, better: higher, reviewed: 2026-01-01"
    rules = rules_of(folder, COMPANY.replace("TITLE", title))
    people = "ABCDEFGHIJKL"
    surveys, asked, shoppers, mirror = [], [], [], []
    for at, adviser in enumerate(people):
        for month in (6, 7):
            asked += [(f"{adviser}{month}{n}", adviser, f"2026-{month:02}-01") for n in range(100)]
            answers = 3 if (adviser, month) == ("A", 7) else 40
            surveys += [
                (adviser, f"2026-{month:02}-{1 + n % 28:02}", 3 + at % 4 + n % 2, 5 + n % 3, 2, 8)
                for n in range(answers)
            ]
        shoppers += [(adviser, "2026-07-02", 20 - at % 4 - n) for n in range(2)]
        mirror += [(adviser, "2026-07-03", 4.5 + at % 4) for _ in range(2)]
    write(folder / "surveys.csv", ("adviser", "day", "grade", "minutes", "says_grade", "says_speed"), surveys)
    write(folder / "asked.csv", ("id", "adviser", "day"), asked)
    write(folder / "shoppers.csv", ("adviser", "day", "mark"), shoppers)
    write(folder / "mirror.csv", ("adviser", "day", "grade"), mirror)
    departments = ["Care" if at < 6 else "Sales" for at in range(12)]
    pl.DataFrame({"payee": list(people), "department": departments}).write_csv(folder / "workforce.csv")
    return audit(rules, folder, ["2026-07", "2026-06"], draws=20)


def write(path: Path, columns: tuple[str, ...], rows: list[Any]) -> None:
    pl.DataFrame(rows, columns, orient="row").write_csv(path)


def of_quality(found: Audit, kpi: str, quality: str) -> Finding:
    (kpi_audit,) = (each for each in found.kpis if each.kpi == kpi)
    (finding,) = (each for each in kpi_audit.findings if each.quality == quality)
    return finding


def test_somebody_from_outside_disagrees(company: Audit) -> None:
    finding = of_quality(company, "grade", "objectivity")
    assert finding.verdict == "weak"
    assert codes(finding) == ["recorded_by_customer", "invited_by_system", "checked_disagree", "perception"]
    disagrees, gap = finding.evidence[2:]
    assert disagrees.values["correlation"] == pytest.approx(-1, abs=0.01)
    assert (gap.values["gap"].value, gap.values["subject"]) == (pytest.approx(1), "Sales")  # type: ignore[union-attr]


def test_pay_weighs_what_customers_say_matters(company: Audit) -> None:
    """They say 2 and 8: a fifth and four fifths. The plan gives 96 % and 4 %."""
    grade, speed = (of_quality(company, kpi, "importance") for kpi in ("grade", "speed"))
    assert (grade.verdict, codes(grade), speed.verdict, codes(speed)) == (
        "weak",
        ["stated_less"],
        "weak",
        ["stated_more"],
    )
    assert grade.evidence[0].values["importance"] == pytest.approx(0.2)
    assert speed.evidence[0].values["weight"] == pytest.approx(0.04)


def test_whose_customers_fall_silent(company: Audit) -> None:
    """443 of 1,200 answered in July; A had 40 of 100 in June and 3 in July: less than 20 in 100 beyond chance."""
    (answered,) = (each for each in of_quality(company, "grade", "reliability").evidence if each.code == "response")
    assert answered.values["asked"] == 1_200
    assert answered.values["rate"] == pytest.approx(443 / 1_200)
    assert [(each.signal, each.subject, each.count, each.of, each.usual) for each in company.to_review] == [
        ("response", "A", 3, 100, 0.4)
    ]


def test_answers_without_invitations_are_no_rate_from_which_others_fall(tmp_path: Path) -> None:
    """Of B to J twice as many answered as were asked: A, with 18 of 20, is not silent."""
    facts = (
        COMPANY[: COMPANY.index("  shoppers:")]
        + """\
kpis:
  grade:
    title: {en: Grade, fr: Note}
    perspective: customer
    better: higher
    compute: {kind: mean, from: surveys, value: grade}
"""
        + COMPANY[COMPANY.index("plans:") : COMPANY.index("      speed: {weight")].replace("96%", "100%")
    )
    rules = rules_of(tmp_path, facts)
    people = "ABCDEFGHIJ"
    answers = [(each, "2026-07-02", 4) for each in people for _ in range(18 if each == "A" else 40)]
    asked = [(f"{each}{at}", each, "2026-07-01") for each in people for at in range(20)]
    write(tmp_path / "surveys.csv", ("adviser", "day", "grade"), answers)
    write(tmp_path / "asked.csv", ("id", "adviser", "day"), asked)
    pl.DataFrame({"payee": list(people)}).write_csv(tmp_path / "workforce.csv")
    found = audit(rules, tmp_path, ["2026-07"], draws=20)
    assert found.to_review == ()
    assert "response" not in codes(of_quality(found, "grade", "reliability"))  # 378 of 200
    assert audit(rules, tmp_path, ["2026-09"], draws=20).to_review == ()  # nobody was asked at all


def test_a_change_that_cannot_be_seen() -> None:
    """Two standard deviations are what lies between the mean and the best: a change of more is none that happens."""
    kpi = incentive_engine.load(rules_dir() / "starter" / "rules.yaml").ruleset.kpis["satisfaction"]
    figures = Sensitivity(10, 4.0, 0.5, None, None, 0.7, 1.0, 0.1)
    seen = sensitivity_finding(kpi, {"payee": figures})
    assert (seen.verdict, codes(seen)) == ("sound", ["spread", "detectable", "changes_blurred"])
    unseen = sensitivity_finding(kpi, {"payee": replace(figures, detectable=1.01, changes_seen=0.8)})
    assert (unseen.verdict, codes(unseen)) == ("weak", ["spread", "not_detectable", "changes_seen"])
    alike = sensitivity_finding(kpi, {"payee": replace(figures, deviation=0.0)})
    assert (alike.verdict, codes(alike)) == ("unfit", ["spread", "all_equal"])


def test_a_kpi_whose_ceiling_is_reached() -> None:
    figures = Sensitivity(10, 0.9, 0.1, 0.51, 0.0, None, None, None)
    assert (
        ceiling_finding({"team": replace(figures, best_share=0.5), "company": replace(figures, best_share=None)})
        is None
    )
    found = ceiling_finding({"payee": figures})
    assert found is not None
    assert (found.quality, found.verdict, codes(found)) == ("renewed", "weak", ["ceiling_reached"])


def test_a_weight_that_matters_to_nobody(company: Audit) -> None:
    (plan,) = company.plans
    assert [each.code for each in plan.findings] == ["counted", "small_weight"]
    assert company.periods == ("2026-06", "2026-07")
