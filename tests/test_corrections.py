"""Corrections of a paid quarter, worked out by hand: a line per payee and cause, a question for what was deleted."""

from __future__ import annotations

import csv
import datetime as dt
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from incentive_engine import Run
from incentive_engine.cli import main
from incentive_engine.ledger.clock import now
from incentive_engine.ledger.corrections import restating
from incentive_engine.ledger.corrections.asking import open_questions
from incentive_engine.ledger.ledger import Ledger
from incentive_engine.ledger.settled import settled
from tests.killed import completed, killed, kills

RULES = """
rule_set: case
version: "1"
title: {en: Case}
decided: {by: Nobody, on: 2026-01-01}
currency: EUR
timezone: Europe/Paris
sources:
  sales: {path: sales.csv, id: id, payee: seller, date: day}
  visits:
    path: visits.csv
    payee: seller
    date: day
    columns: {test: {type: boolean}}
    set_aside: [{when: test, because: {en: a test}}]
tables:
  targets: {path: targets.csv, keys: [level]}
exchange: {path: rates.csv, plan: 2026-01-01, rate_on: {at: period_end}}
adjustments: {path: adjustments.csv}
kpis:
  sold: {title: {en: Sold}, perspective: internal, compute: {kind: sum, from: sales, value: amount}, better: higher}
  visited: {title: {en: Visits}, perspective: internal, compute: {kind: count, from: visits}, better: higher}
curves:
  same: {kind: linear, points: [[0%, 0%], [300%, 300%]], below: zero}
plans:
  seller:
    title: {en: Seller}
    pays: bonus
    who: TRUE
    target_pay: base_salary * 10%
    scorecard:
      sold: {weight: 50%, of: payee, target: {table: targets}, attainment: ratio, curve: same}
      visited: {weight: 50%, of: payee, target: 2, attainment: ratio, curve: same}
"""
DATA = {
    "workforce.csv": """
payee,payroll_id,legal_entity,level,base_salary,currency
ann,A1,FR,junior,10000,EUR
ben,B1,FR,senior,20000,EUR
cid,C1,CH,junior,10000,CHF
""",
    "sales.csv": """
id,seller,day,amount
s1,ann,2026-07-01,1000
s2,ben,2026-07-02,1000
s3,cid,2026-07-03,800
""",
    "visits.csv": """
seller,day,test
ann,2026-08-01,no
ann,2026-08-01,no
ben,2026-08-02,no
cid,2026-08-03,no
cid,2026-08-04,no
""",
    "targets.csv": """
level,value
junior,1000
senior,2000
""",
    "rates.csv": """
currency,from,rate
CHF,2026-01-01,2
""",
    "adjustments.csv": """
reference,payee,pays,period,amount,percent,at_least,release,currency,reason,author,approver,expires
thanks,ben,bonus,2026-Q3,70,,,,,Moved house,hana,dora,
""",
}
# Ann: half of 100 % and half of 100 % of 1,000. Ben: half of 50 % and half of 50 % of 2,000, and 70. Cid: half of 80 %
# and half of 100 % of 1,000, at 2 francs. 100 of sales are 50 to anybody, in francs 100; a visit is 250, 500 to Ben.
PAID = {"ann": "1000.00 EUR", "ben": "1070.00 EUR", "cid": "1800.00 CHF"}
POLICY = """
company: Example SA
may: {run: [sam], review: [sam], adjust: [hana, dora], approve: [fay], export: [pat], correct: [sam, dora]}
checklist: {movers: {at_most: 1000%}, zeros: {at_most: 100%}, small_numbers: {at_most: 100%}, held: {at_most: 100%}}
"""
PAYROLL = """
pay_codes: {payouts: {bonus: "4210"}, corrections: {bonus: "4219"}}
file:
  kind: csv
  columns:
    - {name: number, from: payroll_id}
    - {name: code, from: pay_code}
    - {name: amount, from: amount}
    - {name: currency, from: currency}
"""
Lines = dict[str, dict[str, str]]


class Company:
    """A project in which the third quarter was paid."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0

    def types(self, *arguments: object, refused: str | None = None) -> str:
        """What a command prints."""
        done = CliRunner().invoke(main, [str(each) for each in arguments])
        assert done.exit_code == (0 if refused is None else 1), f"{done.output} {done.exception}"
        assert refused is None or f"[{refused}]" in done.output, done.output
        return done.output

    def deliver(self, files: Mapping[str, str], to: str) -> Path:
        data = self.folder / to
        data.mkdir()
        for name, text in {**DATA, **files}.items():
            (data / name).write_text(text.lstrip(), encoding="utf-8")
        return data

    def pays(self, period: str, name: str, files: Mapping[str, str] = {}, rules: str = "rules.yaml") -> None:
        """Runs, reviews, approves and exports a period."""
        data, folder = self.deliver(files, f"data-{name}"), self.folder / name
        rules_file = self.folder / rules
        self.types("run", rules_file, "--data", data, "--period", period, "--out", folder, "--by", "sam")
        self.types("review", folder, "--by", "sam")
        items = json.loads((folder / "review.json").read_text(encoding="utf-8"))["items"]
        for item in (each["name"] for each in items if each["state"] == "fail"):
            self.types("review", folder, "--by", "sam", "--waive", item, "--because", "as the case has it")
        self.types("approve", folder, "--by", "fay")
        self.types("export", folder, "--out", self.folder / f"{name}.csv", "--by", "pat")

    def corrects(
        self, files: Mapping[str, str] = {}, rules: str | None = None, of: str = "q3", into: str = "2026-Q4"
    ) -> Lines:
        """The lines that are booked by payee and cause, of what is delivered now; nothing where nothing is written."""
        self.count += 1
        data, out = self.deliver(files, f"now-{self.count}"), self.folder / f"c{self.count}"
        other = []
        if rules is not None:
            (self.folder / "other.yaml").write_text(rules, encoding="utf-8")
            other = ["--rules", self.folder / "other.yaml"]
        arguments = ("--data", data, *other, "--into", into, "--out", out, "--by", "sam")
        said = self.types("correct", self.folder / of, *arguments)
        assert out.exists() != said.startswith("Nothing to correct")
        return self.lines(out) if out.exists() else {}

    def lines(self, out: Path) -> Lines:
        found: Lines = {}
        for payee, cause, amount, currency in table(out, "lines").select("payee", "cause", "amount", "currency").rows():
            assert cause not in found.setdefault(payee, {})
            found[payee][cause] = f"{amount:.2f} {currency}"
        return found

    def asks(self) -> dict[str, dict[str, str]]:
        """What the last correction asks: what would change if it went, by what it is about and payee."""
        out = max(self.folder.glob("c*/correction.json"), key=lambda path: int(path.parent.name[1:])).parent
        about = table(out, "questions").select("question", pl.col("table") + " " + pl.col("key")).rows()
        effects = table(out, "effects").select("question", "payee", "amount", "currency").rows()
        return {
            key: {payee: f"{amount:.2f} {currency}" for of, payee, amount, currency in effects if of == name}
            for name, key in about
        }

    def names(self) -> list[str]:
        """The open questions."""
        with Ledger.open(self.folder) as ledger:
            return [each.name for each in open_questions(ledger)]

    def decides(
        self, choice: str, *names: str, by: str = "sam", other: str = "dora", refused: str | None = None
    ) -> str:
        arguments = ("--because", "it was so", "--by", by, "--approved-by", other)
        return self.types("decide", self.folder, *names, f"--{choice}", *arguments, refused=refused)

    def settled(self) -> dict[str, str]:
        """What is paid and booked of the third quarter."""
        with Ledger.open(self.folder) as ledger, ledger.reading() as connection:
            rows = settled(connection, "case", "2026-Q3").filter(pl.col("amount") != 0)
        return {f"{row['payee']}": f"{row['amount']:.2f} {row['currency']}" for row in rows.iter_rows(named=True)}


def table(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(folder / f"{name}.parquet")


def edited(name: str, *changes: tuple[str, str], more: str = "") -> dict[str, str]:
    """A file, with other texts in it or more rows."""
    text = DATA[name]
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return {name: text + more}


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company") / "project"
    folder.mkdir()
    for name, text in {"policy.yaml": POLICY, "payroll.yaml": PAYROLL, "rules.yaml": RULES}.items():
        (folder / name).write_text(text, encoding="utf-8")
    Company(folder).pays("2026-Q3", "q3")
    return folder


@pytest.fixture
def company(paid: Path, tmp_path: Path) -> Company:
    shutil.copytree(paid, tmp_path / "project")
    return Company(tmp_path / "project")


# --- one cause each ---------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_what_is_known_as_it_was_changes_nothing(company: Company) -> None:
    assert company.settled() == PAID
    for _ in range(5):
        assert company.corrects() == {}
    assert company.settled() == PAID


def test_late_facts(company: Company) -> None:
    more = "s4,ann,2026-09-30,100\ns5,ann,2026-09-30,100\ns7,cid,2026-10-01,500\n"
    visit = edited("visits.csv", more="cid,2026-08-03,no\n")  # a third time: equal rows are visits each
    lines = company.corrects(edited("sales.csv", more=more) | visit)
    assert lines == {
        "ann": {"late-fact": "100.00 EUR"},
        "cid": {"late-fact": "500.00 CHF"},
    }
    assert company.settled() == {"ann": "1100.00 EUR", "ben": "1070.00 EUR", "cid": "2300.00 CHF"}


def test_a_fact_that_was_credited_to_somebody_else(company: Company) -> None:
    lines = company.corrects(edited("sales.csv", ("s2,ben", "s2,ann")))
    assert lines == {"ann": {"changed-fact": "500.00 EUR"}, "ben": {"changed-fact": "-500.00 EUR"}}
    assert company.asks() == {}


@pytest.mark.long
def test_a_fact_that_the_rules_set_aside_now_has_changed(company: Company) -> None:
    lines = company.corrects(edited("visits.csv", ("ben,2026-08-02,no", "ben,2026-08-02,yes")))
    assert lines == {"ben": {"changed-fact": "-500.00 EUR"}}
    assert company.corrects(edited("visits.csv", ("ben,2026-08-02,no", "ben,2026-08-02,yes"))) == {}


def test_a_salary_and_a_new_colleague(company: Company) -> None:
    new = edited("workforce.csv", ("senior,20000", "senior,20400"), more="dan,D1,FR,junior,10000,EUR\n")
    sale = edited("sales.csv", more="s4,dan,2026-09-30,1000\n")
    # 2,040 instead of 2,000 of target pay at 50 %. Dan sold before anybody knew him.
    assert company.corrects(new | sale) == {"ben": {"person": "20.00 EUR"}, "dan": {"person": "500.00 EUR"}}


@pytest.mark.long
def test_who_moves_to_another_currency_gives_back_the_first(company: Company) -> None:
    data = company.deliver(edited("workforce.csv", ("junior,10000,EUR", "junior,10000,CHF")), "now")
    options = ("--data", data, "--into", "2026-Q4", "--out", company.folder / "c1", "--by", "sam")
    company.types("correct", company.folder / "q3", *options)
    assert table(company.folder / "c1", "lines").select("payee", "currency", "amount", "cause").rows() == [
        ("ann", "CHF", Decimal(2000), "person"),
        ("ann", "EUR", Decimal(-1000), "person"),
    ]


@pytest.mark.long
def test_targets_and_rates_are_rules(company: Company) -> None:
    # Half of 50 % instead of 100 % to Ann, of 40 % instead of 80 % to Cid, and 3 francs: 700 x 3 instead of 1,800.
    files = edited("targets.csv", ("junior,1000", "junior,2000"))
    files |= edited("rates.csv", more="CHF,2026-09-01,3\n")
    lines = company.corrects(files)
    assert lines == {"ann": {"rule": "-250.00 EUR"}, "cid": {"rule": "300.00 CHF"}}


@pytest.mark.long
def test_other_rules(company: Company) -> None:
    rules = RULES.replace("base_salary * 10%", "base_salary * 12%").replace('version: "1"', 'version: "2"')
    expected = {"ann": {"rule": "200.00 EUR"}, "ben": {"rule": "200.00 EUR"}, "cid": {"rule": "360.00 CHF"}}
    assert company.corrects(rules=RULES) == {}
    assert company.corrects(rules=rules) == expected
    for _ in range(5):
        assert company.corrects(rules=rules) == {}
    assert company.corrects() == {}, "the rules of the last correction are those that are known"
    assert company.settled() == {"ann": "1200.00 EUR", "ben": "1270.00 EUR", "cid": "2160.00 CHF"}


@pytest.mark.long
def test_adjustments_come_and_change(company: Company) -> None:
    more = "more,ann,bonus,2026-Q3,,10%,,,,Good,hana,dora,\nleast,cid,bonus,2026-Q3,,,950,,,Promised,hana,dora,\n"
    files = edited("adjustments.csv", ("2026-Q3,70", "2026-Q3,50"), more=more)
    # 10 % of 1,000; 950 guaranteed instead of 900, at 2 francs.
    assert company.corrects(files) == {
        "ann": {"adjustment": "100.00 EUR"},
        "ben": {"adjustment": "-20.00 EUR"},
        "cid": {"adjustment": "100.00 CHF"},
    }


def test_all_causes_at_once_add_up_in_their_order(company: Company) -> None:
    files = {
        **edited("sales.csv", ("s2,ben,2026-07-02,1000", "s2,ben,2026-07-02,1400"), more="s4,ben,2026-09-30,200\n"),
        **edited("workforce.csv", ("senior,20000", "senior,30000")),
        **edited("targets.csv", ("senior,2000", "senior,1000")),
        **edited("adjustments.csv", ("2026-Q3,70,", "2026-Q3,,10%")),
    }
    # 1,200 / 2,000: 55 % of 2,000. 1,600: 65 %. Of 3,000: 1,950. Of 1,000: 105 % of 3,000. 10 % instead of 70.
    assert company.corrects(files) == {
        "ben": {
            "late-fact": "100.00 EUR",
            "changed-fact": "200.00 EUR",
            "person": "650.00 EUR",
            "rule": "1200.00 EUR",
            "adjustment": "245.00 EUR",
        }
    }
    assert company.settled()["ben"] == "3465.00 EUR"
    assert Run.open(company.folder / "c1" / "run").payouts.filter(payee="ben")["payout"].item() == 3465
    assert "is the same" in company.types("verify", company.folder / "c1" / "run")


# --- what was deleted -------------------------------------------------------------------------------------------------

GONE = {
    **edited("sales.csv", ("s2,ben,2026-07-02,1000\n", "")),
    **edited("visits.csv", ("cid,2026-08-03,no\n", "")),
}


def test_what_is_deleted_is_asked_about_and_takes_nothing_back(company: Company) -> None:
    assert company.corrects(GONE) == {}
    asked = {
        "sales id=s2": {"ben": "-500.00 EUR"},
        "visits seller=cid, day=2026-08-03": {"cid": "-500.00 CHF"},
    }
    assert company.asks() == asked
    assert company.settled() == PAID
    assert len(company.names()) == 2
    for _ in range(2):
        assert company.corrects(GONE) == {}
    assert not list(company.folder.glob("c[2-3]")), "the same is not asked again"
    assert "id=s2 of ben" in company.types("status", company.folder)


def test_what_was_decided_is_done_once(company: Company) -> None:
    company.corrects(GONE)
    of_ben, of_cid = (next(name for name, _, payee in questions(company) if payee == each) for each in ("ben", "cid"))
    company.decides("keep", of_ben)
    company.decides("remove", of_cid, by="dora", other="fay")
    assert company.names() == []
    assert company.corrects(GONE) == {"cid": {"deleted-fact": "-500.00 CHF"}}
    for _ in range(2):
        assert company.corrects(GONE) == {}
    assert company.settled() == {**PAID, "cid": "1300.00 CHF"}
    # Back again: the sale that was kept is nothing new, the visit is.
    assert company.corrects() == {"cid": {"late-fact": "500.00 CHF"}}
    assert company.settled() == PAID


def questions(company: Company) -> list[tuple[Any, ...]]:
    return table(company.folder / "c1", "questions").select("question", "key", "payee").rows()


@pytest.mark.long
def test_what_is_there_again_is_not_asked_any_more(company: Company) -> None:
    company.corrects(GONE)
    assert company.corrects() == {}
    assert company.names() == []


@pytest.mark.long
def test_what_was_deleted_without_money_is_not_asked(company: Company) -> None:
    late = edited("sales.csv", more="s9,ann,2025-01-01,100\n")  # of another year
    assert company.corrects(late) == {}
    more = edited("sales.csv", more="s9,ann,2025-01-01,100\ns4,ann,2026-09-30,100\n")
    assert company.corrects(more) == {"ann": {"late-fact": "50.00 EUR"}}
    assert company.corrects(edited("sales.csv", more="s4,ann,2026-09-30,100\n")) == {}
    assert company.names() == []


@pytest.mark.long
def test_a_fact_that_cannot_be_used_any_more_is_asked_about(company: Company) -> None:
    assert company.corrects(edited("sales.csv", ("s2,ben,2026-07-02,1000", "s2,ben,2026-07-02,?"))) == {}
    assert company.asks() == {"sales id=s2": {"ben": "-500.00 EUR"}}
    (why,) = table(company.folder / "c1", "questions")["why"]
    assert "?" in why


@pytest.mark.long
def test_a_fact_that_could_not_be_used_before_has_changed(company: Company) -> None:
    bad = edited("sales.csv", more="s4,ann,2026-09-30,?\n")
    assert company.corrects(bad | edited("targets.csv", ("senior,2000", "senior,1000"))) == {
        "ben": {"rule": "500.00 EUR"}
    }
    good = edited("sales.csv", more="s4,ann,2026-09-30,100\n") | edited("targets.csv", ("senior,2000", "senior,1000"))
    assert company.corrects(good) == {"ann": {"changed-fact": "50.00 EUR"}}


def test_who_is_gone_from_the_workforce_is_asked_about(company: Company) -> None:
    gone = edited("workforce.csv", ("ben,B1,FR,senior,20000,EUR\n", ""))
    late = edited("sales.csv", more="s4,ben,2026-09-30,200\n")
    assert company.corrects(gone | late) == {"ben": {"late-fact": "100.00 EUR"}}
    # His adjustment is of nobody now, so that it is asked about as well.
    assert company.asks() == {
        "workforce ben": {"ben": "-1170.00 EUR"},
        "adjustments reference=thanks": {"ben": "-70.00 EUR"},
    }
    company.decides("remove", "all")
    assert company.corrects(gone | late) == {"ben": {"person": "-1170.00 EUR"}}
    assert company.settled() == {name: amount for name, amount in PAID.items() if name != "ben"}
    assert company.corrects(gone | late) == {}


@pytest.mark.long
def test_an_adjustment_that_is_gone_or_not_signed_any_more(company: Company) -> None:
    unsigned = edited("adjustments.csv", ("hana,dora", "hana,"))
    assert company.corrects(unsigned) == {}
    assert company.asks() == {"adjustments reference=thanks": {"ben": "-70.00 EUR"}}
    gone = edited("adjustments.csv", ("thanks,ben,bonus,2026-Q3,70,,,,,Moved house,hana,dora,\n", ""))
    assert company.corrects(gone) == {}
    company.decides("remove", *company.names())
    assert company.corrects(gone) == {"ben": {"adjustment": "-70.00 EUR"}}


@pytest.mark.long
def test_many_questions_are_worked_out_together(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restating, "ONE_BY_ONE", 1)
    assert company.corrects(GONE) == {}
    effects = table(company.folder / "c1", "effects").select("question", "payee", "amount").rows()
    assert effects == [(None, "ben", Decimal(-500)), (None, "cid", Decimal(-500))]
    assert len(company.names()) == 2


# --- who cannot be paid any more --------------------------------------------------------------------------------------

HELD = edited("workforce.csv", ("senior,20000", "senior,"))


def test_who_is_held_now_keeps_what_was_paid_until_it_is_decided(company: Company) -> None:
    late = edited("sales.csv", more="s4,ann,2026-09-30,100\n")
    assert company.corrects(HELD | late) == {"ann": {"late-fact": "50.00 EUR"}}
    assert company.asks() == {"held bonus": {"ben": "-1070.00 EUR"}}
    assert company.corrects(HELD | late) == {}
    company.decides("remove", *company.names())
    assert company.corrects(HELD | late) == {"ben": {"person": "-1070.00 EUR"}}
    assert company.corrects(HELD | late) == {}
    # His salary is known again: 50 % of 2,000, and 70.
    assert company.corrects(late) == {"ben": {"person": "1070.00 EUR"}}


@pytest.mark.long
def test_who_is_held_and_kept_is_corrected_once_it_is_known(company: Company) -> None:
    assert company.corrects(HELD) == {}
    company.decides("keep", *company.names())
    assert company.corrects(HELD) == {}
    assert company.names() == []
    late = edited("sales.csv", more="s4,ben,2026-09-30,100\n")
    assert company.corrects(HELD | late) == {}
    # 52.5 % of 3,000 and 70, instead of 1,070: the sale waited for it.
    raised = late | edited("workforce.csv", ("senior,20000", "senior,30000"))
    assert company.corrects(raised) == {"ben": {"person": "575.00 EUR"}}
    assert company.settled()["ben"] == "1645.00 EUR"


def test_who_is_held_now_and_released_is_paid_what_was_decided(company: Company) -> None:
    more = "free,ben,bonus,2026-Q3,,,,1000,,Salary lost,hana,dora,\n"
    assert company.corrects(HELD | edited("adjustments.csv", more=more)) == {"ben": {"adjustment": "-70.00 EUR"}}
    assert company.asks() == {}


# --- the books --------------------------------------------------------------------------------------------------------


def test_the_open_period_pays_the_lines_and_is_corrected_itself(company: Company) -> None:
    sales = "s4,ann,2026-09-30,100\ns5,ann,2026-11-30,1000\n"
    visit = edited("visits.csv", more="ben,2026-12-01,no\n")
    late = edited("sales.csv", more=sales) | visit
    company.corrects(late)
    # Of the fourth quarter Ann has a sale of 1,000: half of her target pay. Ben has a visit: 500.
    company.pays("2026-Q4", "q4", late)
    with (company.folder / "q4.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = [(row["number"], row["code"], row["amount"]) for row in csv.DictReader(lines, delimiter=";")]
    assert rows == [("A1", "4210", "500.00"), ("A1", "4219", "50.00"), ("B1", "4210", "500.00")]
    assert company.corrects(late, into="2027-Q1") == {}
    assert company.corrects(late, of="q4", into="2027-Q1") == {}
    assert company.corrects(visit, into="2027-Q1") == {}
    assert company.asks()["sales id=s4"] == {"ann": "-50.00 EUR"}
    later = edited("sales.csv", more=f"{sales}s6,ann,2026-12-30,200\n") | visit
    assert company.corrects(later, of="q4", into="2027-Q1") == {"ann": {"late-fact": "100.00 EUR"}}
    company.types(
        "correct", company.folder / "q3", "--data", company.folder / "data-q4", "--into", "2026-Q4",
        "--out", company.folder / "late", "--by", "sam", refused="closed-period",
    )  # fmt: skip


def test_a_clock_that_was_set_back_changes_nothing(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    late = edited("sales.csv", more="s4,ann,2026-09-30,100\n")
    with monkeypatch.context() as patch:
        patch.setattr("incentive_engine.ledger.ledger.now", lambda: now() - dt.timedelta(days=40))
        assert company.corrects(late) == {"ann": {"late-fact": "50.00 EUR"}}
    assert company.corrects(late) == {}
    later = edited("sales.csv", more="s4,ann,2026-09-30,100\ns5,ann,2026-09-29,100\n")
    assert company.corrects(later) == {"ann": {"late-fact": "50.00 EUR"}}


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"--into": "2026-Q3"}, "earlier-period"),
        ({"--into": "autumn"}, "unknown-period"),
        ({"--into": "2026-10"}, "other-length"),
        ({"--into": "2027"}, "other-length"),
        ({"--by": "pat"}, "not-allowed"),
        ({"--data": "nowhere"}, "missing-folder"),
        ({"--out": "../elsewhere"}, "no-project"),
        ({"--out": "q3"}, "folder-exists"),
        ({"run": "data-q3"}, "unknown-run"),
        ({"run": "draft"}, "not-paid"),
    ],
)
def test_what_cannot_be_corrected_is_told(company: Company, change: dict[str, str], refused: str) -> None:
    folder = company.folder
    if "draft" in change.values():
        data = company.folder / "data-q3"
        company.types(
            "run",
            folder / "rules.yaml",
            "--data",
            data,
            "--period",
            "2026-Q2",
            "--out",
            folder / "draft",
            "--by",
            "sam",
        )
    said = {"run": "q3", "--data": "data-q3", "--into": "2026-Q4", "--out": "c1", "--by": "sam", **change}
    paths = {name: str(folder / value) if name in ("run", "--data", "--out") else value for name, value in said.items()}
    run = paths.pop("run")
    company.types("correct", run, *(part for option in paths.items() for part in option), refused=refused)
    assert company.settled() == PAID


def test_decisions_take_two_who_may_and_an_open_question(company: Company) -> None:
    company.corrects(GONE)
    name = company.names()[0]
    company.decides("keep", name, by="sam", other="Sam", refused="one-person")
    company.decides("keep", name, by="pat", refused="not-allowed")
    company.decides("keep", name, other="pat", refused="not-allowed")
    assert f"did you mean `{name}`" in company.decides("keep", name[:-1], refused="no-question")
    company.decides("keep", name)
    company.decides("remove", name, refused="no-question")


def test_status_says_how_a_correction_that_is_not_booked_is(company: Company) -> None:
    company.corrects(edited("sales.csv", more="s4,ann,2026-09-30,100\n"))
    shutil.copytree(company.folder / "c1", company.folder / "c2")
    told = CliRunner().invoke(main, ["status", str(company.folder)]).output
    assert "c2 is a correction that is not booked" in told
    assert "c1 is a correction" not in told
    assert "c2/run" not in told


@pytest.mark.long
def test_a_correction_that_was_changed_is_nothing_to_build_on(company: Company) -> None:
    company.corrects(edited("sales.csv", more="s4,ann,2026-09-30,100\n"))
    file = company.folder / "c1" / "run" / "inputs" / "sales.parquet"
    file.write_bytes(file.read_bytes() + b"\0")
    company.types(
        "correct", company.folder / "q3", "--data", company.folder / "data-q3", "--into", "2026-Q4",
        "--out", company.folder / "c2", "--by", "sam", refused="changed-correction",
    )  # fmt: skip


def test_two_who_correct_at_once_book_it_once(company: Company) -> None:
    data = company.deliver(edited("sales.csv", more="s4,ann,2026-09-30,100\n"), "now")
    line = [sys.executable, "-m", "incentive_engine", "correct", "q3", "--data", str(data), "--into", "2026-Q4"]
    begun = [
        subprocess.Popen([*line, "--by", "sam", "--out", f"c{number}"], cwd=company.folder, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for number in (1, 2)
    ]  # fmt: skip
    told = [each.communicate() for each in begun]
    assert company.settled() == {**PAID, "ann": "1050.00 EUR"}, told
    for each, (said, problem) in zip(begun, told, strict=True):
        assert each.returncode == 0 or "[somebody-was-first]" in problem, said


def survives(company: Company, number: int, seed: int, tmp_path: Path) -> None:
    """A correction that is killed, and given again, books what it would have booked, once."""
    company.deliver(GONE | edited("targets.csv", ("senior,2000", "senior,1000")), "now")
    arguments = ["correct", "q3", "--data", "now", "--into", "2026-Q4", "--out", "c1", "--by", "sam"]
    for at, kill in enumerate(kills(arguments, company.folder, number, seed)):
        copy = Company(tmp_path / f"copy-{at}")
        shutil.copytree(company.folder, copy.folder)
        killed(kill, arguments, copy.folder)
        booked = copy.settled()
        assert booked in (PAID, {**PAID, "ben": "1570.00 EUR"})
        again = completed(arguments, copy.folder)
        assert again.returncode == (0 if booked == PAID else 1), again.stderr
        assert copy.settled() == {**PAID, "ben": "1570.00 EUR"}
        assert len(copy.names()) == 2
        assert copy.lines(copy.folder / "c1") == {"ben": {"rule": "500.00 EUR"}}
        shutil.rmtree(copy.folder)


def test_a_correction_that_is_killed_is_booked_once(company: Company, tmp_path: Path) -> None:
    survives(company, 2, 1, tmp_path)


@pytest.mark.long
def test_a_correction_that_is_killed_at_a_hundred_points_is_booked_once(company: Company, tmp_path: Path) -> None:
    survives(company, 100, 2, tmp_path)
