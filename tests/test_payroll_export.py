"""Export to payroll: what is due is paid once, whoever asks how often, and whatever happens in between."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, select

from incentive_engine.cli import main
from incentive_engine.engine.folder import write_json
from incentive_engine.engine.run import run
from incentive_engine.ledger.actors import Actor
from incentive_engine.ledger.approving import approve
from incentive_engine.ledger.clock import now
from incentive_engine.ledger.database import lines, payments
from incentive_engine.ledger.ledger import Ledger
from incentive_engine.ledger.making import MADE_FILE, Made
from incentive_engine.ledger.manifest import content_of
from incentive_engine.ledger.payroll.due import kept, still_due
from incentive_engine.ledger.project import Project
from incentive_engine.ledger.settled import AMOUNT
from incentive_engine.rulesets.loading import load
from tests.killed import ROOT, completed, killed, kills

POLICY = """
company: Example SA
may: {run: [sam], review: [sam], adjust: [hana, dora], approve: [fay], export: [pat], correct: [sam]}
"""
PAYROLL = """
pay_codes:
  payouts: {bonus: "4210"}
  corrections: {bonus: "4219"}
  released: {bonus: "4215"}
file:
  kind: csv
  line_end: lf
  columns:
    - {name: company, from: legal_entity}
    - {name: number, from: payroll_id}
    - {name: code, from: pay_code}
    - {name: amount, from: amount}
"""
# Who reaches a score of 90 % gets 900.00: the number of calls is the score in per cent.
RULES = """
rule_set: case
version: "1"
title: {en: Case}
decided: {by: Nobody, on: 2026-01-01}
currency: EUR
timezone: Europe/Paris
adjustments: {path: adjustments.csv}
kpis:
  calls: {title: {en: Calls}, perspective: internal, compute: {kind: given}, better: higher}
curves:
  same: {kind: linear, points: [[0%, 0%], [200%, 200%]], below: zero}
plans:
  all:
    title: {en: All}
    pays: bonus
    who: TRUE
    target_pay: 1000
    scorecard: {calls: {weight: 100%, of: payee, target: 100, attainment: ratio, curve: same}}
"""
PEOPLE = {"ann": "A1,FR", "ben": "007,FR", "cat": "C1,DE"}
ADJUSTMENTS = "reference,payee,pays,period,amount,percent,at_least,release,currency,reason,author,approver,expires\n"


class Books:
    """A project of one rule set, and the ways in which its runs come about."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in {"policy.yaml": POLICY, "payroll.yaml": PAYROLL, "rules.yaml": RULES}.items():
            (folder / name).write_text(text, encoding="utf-8")

    def approved(
        self,
        name: str,
        calls: Mapping[str, object],
        people: Mapping[str, str] = PEOPLE,
        adjustments: str = "",
        period: str = "2026-Q3",
        carried: pl.DataFrame | None = None,
    ) -> Path:
        """A run that is approved: what everybody's calls are, and who they are."""
        data = self.folder / f"data-{name}"
        data.mkdir()
        rows = {
            "workforce.csv": ["payee,payroll_id,legal_entity", *(f"{payee},{told}" for payee, told in people.items())],
            "kpis.csv": [
                "subject_kind,subject,kpi,period,value",
                *(f"payee,{payee},calls,{period},{value}" for payee, value in calls.items()),
            ],
            "adjustments.csv": [ADJUSTMENTS + adjustments],
        }
        for file, told in rows.items():
            (data / file).write_text("\n".join(told) + "\n", encoding="utf-8")
        folder = self.folder / name
        run(load(self.folder / "rules.yaml"), data, period, folder, corrections=carried)
        write_json(Made(Actor("sam", "sam"), now()).told(), folder / MADE_FILE)
        with Ledger.open(self.folder) as ledger:
            detail = {"content": content_of(folder), "failed": []}
            ledger.record(ledger.run(folder), "reviewed", "reviewed", Actor("sam", "sam"), detail)
        project = Project.at(self.folder)
        assert project is not None
        approve(project, folder, Actor("fay", "fay"))
        return folder

    def export(self, name: str, *options: str, out: str = "pay.csv", by: str = "pat") -> Result:
        """What the command says."""
        arguments = ["export", str(self.folder / name), "--out", str(self.folder / out), "--by", by, *options]
        return CliRunner().invoke(main, arguments)

    def exported(self, name: str, *options: str, out: str = "pay.csv") -> list[str]:
        """The lines of the file, without its headings."""
        done = self.export(name, *options, out=out)
        assert done.exit_code == 0, done.output
        return (self.folder / out).read_text(encoding="utf-8").splitlines()[1:]

    def refused(self, name: str, *options: str, out: str = "pay-2.csv", by: str = "pat") -> str:
        """Why nothing is exported: neither a file nor a payment comes of it."""
        before = self.paid()
        done = self.export(name, *options, out=out, by=by)
        assert done.exit_code == 1, done.output
        assert not (self.folder / out).exists()
        assert self.paid() == before
        return done.output

    def paid(self) -> list[tuple[Any, ...]]:
        """What the ledger says was paid."""
        columns = (payments.c[name] for name in ("payee", "pays", "kind", "pay_code", "currency", "amount"))
        with Ledger.open(self.folder) as ledger, ledger.reading() as connection:
            return sorted(map(tuple, connection.execute(select(*columns))))

    def state(self, name: str) -> str:
        with Ledger.open(self.folder) as ledger:
            return next(each.state for each in ledger.entries() if each.name == name)

    def book(self, number: str, payee: str, amount: str, of: str = "2026-Q3", into: str = "2026-Q4") -> None:
        """A correction of one line."""
        correction = {"rule_set": "case", "period": of, "fingerprint": f"correction {number}"}
        line = {"of_period": of, "into_period": into, "rule_set": "case", "payee": payee, "pays": "bonus"}
        with Ledger.open(self.folder) as ledger, ledger.writing() as connection:
            of_run = ledger.register(
                connection, self.folder / f"c{number}", "correction", "booked", correction, Actor("sam", "sam")
            )
            row = {"id": number, "run_id": of_run, "cause": "late-fact", "currency": "EUR", "amount": Decimal(amount)}
            connection.execute(insert(lines).values(**line, **row))

    def carried_by(self) -> dict[str, str | None]:
        """By which run each line was paid."""
        with Ledger.open(self.folder) as ledger, ledger.reading() as connection:
            names = {entry.id: entry.name for entry in ledger.entries()}
            found = connection.execute(select(lines.c.id, lines.c.carried_by)).all()
        return {line: None if by is None else names[by] for line, by in found}


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path)


CALLS = {"ann": 90, "ben": 80.5, "cat": 0}
FILE = b"company;number;code;amount\nFR;007;4210;805.00\nFR;A1;4210;900.00\n"
PAID = [
    ("ann", "bonus", "payout", "4210", "EUR", Decimal("900.00")),
    ("ben", "bonus", "payout", "4210", "EUR", Decimal("805.00")),
]


def test_an_approved_run_is_paid_once(books: Books) -> None:
    books.approved("q3", CALLS)
    done = books.export("q3")
    assert done.exit_code == 0, done.output
    file, control = books.folder / "pay.csv", books.folder / "pay.control.json"
    assert file.read_bytes() == FILE
    told = json.loads(control.read_text(encoding="utf-8"))
    assert told["totals"] == [
        {"legal_entity": "FR", "currency": "EUR", "pay_code": "4210", "lines": 2, "amount": "1705.00"}
    ]
    assert told["files"][0]["sha256"] in done.output
    assert "FR            EUR       4210          2  1,705.00" in done.output
    assert "Exported by pat (declared, not authenticated)." in done.output
    assert (books.state("q3"), books.paid()) == ("paid", PAID)
    assert "error[already-paid]" in books.refused("q3")
    assert "error[already-paid]" in books.refused("q3", "--delta")


def test_a_copy_is_the_same_to_the_byte_and_pays_nobody(books: Books) -> None:
    books.approved("q3", CALLS)
    assert "error[not-paid]" in books.refused("q3", "--copy")
    books.export("q3")
    assert "error[file-exists]" in books.export("q3", "--copy").output
    done = books.export("q3", "--copy", out="copy/pay.csv")
    assert "nothing is paid" in done.output
    for name in ("pay.csv", "pay.control.json"):
        assert (books.folder / "copy" / name).read_bytes() == (books.folder / name).read_bytes()
    assert (books.state("q3"), books.paid()) == ("paid", PAID)
    payroll = books.folder / "payroll.yaml"
    payroll.write_text(PAYROLL.replace("name: code", "name: Code"), encoding="utf-8")
    assert "error[changed-since]" in books.refused("q3", "--copy")


def test_another_run_of_a_paid_period_pays_the_difference_only(books: Books) -> None:
    books.approved("q3", CALLS)
    books.export("q3")
    # Ann 900 → 950, Ben 805 → 800; Cat 0 → 10; Dan is new with 700. Then Ann is held: what she has stays hers.
    more = PEOPLE | {"dan": "D1,DE"}
    books.approved("anew", {"ann": 95, "ben": 80, "cat": 1, "dan": 70}, more)
    assert "error[already-paid]: 2026-Q3 was paid already, by the run `q3`" in books.refused("anew")
    assert books.exported("anew", "--delta", out="delta.csv") == [
        "DE;C1;4210;10.00", "DE;D1;4210;700.00", "FR;007;4210;-5.00", "FR;A1;4210;50.00",
    ]  # fmt: skip
    assert json.loads((books.folder / "delta.control.json").read_text())["delta"] is True
    books.approved("same", {"ann": 95, "ben": 80, "cat": 1, "dan": 70}, more)
    assert "owes nothing beyond what was paid for 2026-Q3, by the run `anew`" in books.refused("same", "--delta")
    books.approved("held", {"ben": 80, "cat": 1, "dan": 71}, more)
    done = books.export("held", "--delta", out="held.csv")
    assert (books.folder / "held.csv").read_text().splitlines()[1:] == ["DE;D1;4210;10.00"]
    assert "1 payee paid before and not paid by this run: nothing is taken back.\n  ann\n" in done.output
    sums = dict.fromkeys(more, Decimal(0))
    for payee, *_, amount in books.paid():
        sums[payee] += amount
    assert sums == {"ann": 950, "ben": 800, "cat": 10, "dan": 710}


def test_what_a_correction_has_booked_is_not_paid_once_more(books: Books) -> None:
    books.approved("q3", CALLS)
    books.export("q3")
    books.book("L1", "ann", "20.00")
    books.approved("anew", {"ann": 92, "ben": 80.5, "cat": 0})
    assert "error[already-paid]" in books.refused("anew", "--delta")
    books.approved("more", {"ann": 93, "ben": 80.5, "cat": 0})
    assert books.exported("more", "--delta", out="delta.csv") == ["FR;A1;4210;10.00"]


def lines_of(*rows: tuple[str, str, str]) -> pl.DataFrame:
    told = [
        {"line": line, "payee": payee, "pays": "bonus", "of_period": "2026-Q3", "cause": "late-fact",
         "currency": "EUR", "amount": Decimal(amount), "run": "c"}
        for line, payee, amount in rows
    ]  # fmt: skip
    return pl.DataFrame(told)


def test_correction_lines_are_paid_once_with_the_run_that_carries_them(books: Books) -> None:
    for number, payee, amount in (("L1", "ann", "20.00"), ("L2", "ann", "-5.50"), ("L3", "ben", "-900.00")):
        books.book(number, payee, amount)
    carried = lines_of(("L1", "ann", "20.00"), ("L2", "ann", "-5.50"), ("L3", "ben", "-900.00"))
    books.approved("q4", CALLS, period="2026-Q4", carried=carried)
    books.book("L4", "cat", "1.00")
    done = books.export("q4")
    assert (books.folder / "pay.csv").read_text().splitlines()[1:] == [
        "FR;007;4210;805.00", "FR;007;4219;-900.00", "FR;A1;4210;900.00", "FR;A1;4219;14.50",
    ]  # fmt: skip
    assert "1 correction line booked into this period since the run: not in it." in done.output
    assert books.carried_by() == {"L1": "q4", "L2": "q4", "L3": "q4", "L4": None}
    # Another run of the same quarter takes all lines again; only the one that nobody has paid is paid.
    books.approved("anew", CALLS, period="2026-Q4", carried=pl.concat([carried, lines_of(("L4", "cat", "1.00"))]))
    assert books.exported("anew", "--delta", out="delta.csv") == ["DE;C1;4219;1.00"]
    assert books.carried_by()["L4"] == "anew"


def test_lines_that_the_ledger_does_not_know_are_refused(books: Books) -> None:
    books.book("L1", "ann", "20.00")
    books.approved("q4", CALLS, period="2026-Q4", carried=lines_of(("L1", "ann", "200.00"), ("L9", "ben", "1.00")))
    assert "error[unknown-line]: the ledger does not know the correction lines L1, L9" in books.refused("q4")


def test_held_people_are_paid_by_decision_under_a_code_of_its_own(books: Books) -> None:
    rows = (
        "R-1,ben,bonus,2026-Q3,,,,300.00,,System was down,hana,dora,\nR-2,ann,bonus,2026-Q3,15.00,,,,,Fair,hana,dora,"
    )
    books.approved("q3", {"ann": 90, "cat": 0}, adjustments=rows)
    assert books.exported("q3") == ["FR;007;4215;300.00", "FR;A1;4210;915.00"]
    # Ben's calls are found: 805.00, of which he has 300.00.
    rows = "R-2,ann,bonus,2026-Q3,15.00,,,,,Fair,hana,dora,"
    books.approved("anew", CALLS, adjustments=rows)
    assert books.exported("anew", "--delta", out="delta.csv") == ["FR;007;4210;505.00"]


def test_what_cannot_be_exported_leaves_nothing_behind(books: Books) -> None:
    lacking = {"ann": ",FR", "ben": "007,FR", "cat": ",DE"}
    books.approved("q3", {"ann": 90, "ben": 80.5, "cat": 1}, lacking)
    assert "error[missing-value]: `payroll_id` is missing for ann, cat" in books.refused("q3")
    assert "error[not-allowed]: `fay` may not export here" in books.refused("q3", by="fay")
    assert "error[inside-run]" in books.refused("q3", out="q3/pay.csv")
    payroll = books.folder / "payroll.yaml"
    payroll.write_text(PAYROLL.replace('payouts: {bonus: "4210"}', 'payouts: {other: "1"}'), encoding="utf-8")
    assert "error[no-pay-code]: payroll.yaml has no pay code for `bonus`" in books.refused("q3")
    payroll.unlink()
    assert "error[unreadable]" in books.refused("q3")
    assert books.state("q3") == "approved"


def test_only_what_was_approved_and_not_changed_since_is_paid(books: Books) -> None:
    folder = books.approved("q3", CALLS)
    with (folder / "payouts.parquet").open("ab") as file:
        file.write(b"!")
    assert "error[changed-file]: `payouts.parquet` was changed after the run was sealed" in books.refused("q3")
    shutil.copytree(folder, books.folder / "draft")
    assert "error[not-approved]: `draft` is draft" in books.refused("draft")


def test_an_interrupted_export_is_completed_and_to_the_same_place_only(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.approved("q3", CALLS)

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("incentive_engine.ledger.payroll.exporting.place", fails)
        assert "error[system]: No space left on device" in books.export("q3").output
    assert (books.state("q3"), books.paid()) == ("exporting", PAID)
    assert not (books.folder / "pay.csv").exists()
    assert "error[export-not-ended]" in books.refused("q3", out="other.csv")
    payroll = books.folder / "payroll.yaml"
    payroll.write_text(PAYROLL.replace('"4210"', '"4299"').replace("name: code", "name: Code"), encoding="utf-8")
    assert "error[changed-since]" in books.refused("q3", out="pay.csv")
    payroll.write_text(PAYROLL, encoding="utf-8")
    assert books.export("q3").exit_code == 0
    assert (books.folder / "pay.csv").read_bytes() == FILE
    assert (books.state("q3"), books.paid()) == ("paid", PAID)


def due_of(*rows: tuple[str, str, str, str, str]) -> pl.DataFrame:
    names = ("payee", "pays", "currency", "amount", "kind")
    frame = pl.DataFrame(rows, dict.fromkeys(names, pl.String()), orient="row")
    return frame.with_columns(pl.col("amount").cast(AMOUNT))


def test_who_is_paid_in_another_currency_now_gives_back_what_was_paid_in_the_first() -> None:
    due = due_of(("ann", "bonus", "CHF", "95.00", "payout"), ("ben", "bonus", "EUR", "10.00", "payout"))
    settled = due_of(
        ("ann", "bonus", "EUR", "100.00", ""), ("ben", "bonus", "EUR", "10.00", ""), ("cat", "bonus", "EUR", "7.00", "")
    ).drop("kind")
    assert still_due(due, settled).rows() == [
        ("ann", "bonus", "CHF", Decimal("95.00"), "payout"),
        ("ann", "bonus", "EUR", Decimal("-100.00"), "payout"),
    ]
    assert kept(due, settled) == ["cat"]


def exporting_at_once(books: Books, runs: list[str]) -> list[subprocess.Popen[str]]:
    """As many exporters as there are runs, each in a process of its own, and each to a file of its own."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return [
        subprocess.Popen(
            [sys.executable, "-m", "incentive_engine", "export", name, "--out", f"pay-{number}.csv", "--by", "pat"],
            cwd=books.folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for number, name in enumerate(runs)
    ]


def one_wins(books: Books, runs: list[str], readers: int = 10) -> None:
    """Of several who export at once one pays, and the others are told; whoever reads meanwhile reads one state."""
    seen: list[tuple[str, ...]] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.wait(0.05):
            with Ledger.open(books.folder) as ledger:
                seen.append(tuple(each.state for each in ledger.entries() if each.name in runs))

    threads = [threading.Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    exporters = exporting_at_once(books, runs)
    told = [process.communicate()[1] for process in exporters]
    ended.set()
    for thread in threads:
        thread.join()
    codes = sorted(process.returncode for process in exporters)
    assert codes == [0, *[1] * (len(runs) - 1)], told
    losers = [text for text, process in zip(told, exporters, strict=True) if process.returncode]
    assert all(
        "[already-paid]" in text or "[somebody-was-first]" in text or "[export-not-ended]" in text for text in losers
    )
    assert books.paid() == PAID
    written = [path.read_bytes() for path in books.folder.glob("pay-?.csv")]
    assert written == [FILE]
    assert len(seen) >= readers


def test_two_who_export_a_run_and_one_who_exports_another_of_its_period_pay_it_once(books: Books) -> None:
    books.approved("q3", CALLS)
    books.approved("anew", CALLS)
    one_wins(books, ["q3", "anew", "q3"])


@pytest.mark.long
@pytest.mark.parametrize("number", range(20))
def test_many_who_export_at_once_pay_it_once(books: Books, number: int) -> None:
    books.approved("q3", CALLS)
    books.approved("anew", CALLS)
    one_wins(books, ["q3", "anew", "q3", "anew"])


def survives(books: Books, number: int, seed: int, tmp_path: Path) -> None:
    """An export that is killed, and given again, pays what it would have paid."""
    arguments = ["export", "q3", "--out", "out/pay.csv", "--by", "pat"]
    for at, kill in enumerate(kills(arguments, books.folder, number, seed)):
        copy = Books.__new__(Books)
        copy.folder = tmp_path / f"copy-{at}"
        shutil.copytree(books.folder, copy.folder)
        killed(kill, arguments, copy.folder)
        file = copy.folder / "out" / "pay.csv"
        state = copy.state("q3")
        assert copy.paid() == ([] if state == "approved" else PAID)
        assert not file.exists() or (file.read_bytes(), state in ("exporting", "paid")) == (FILE, True)
        again = completed(arguments, copy.folder)
        assert again.returncode == (1 if state == "paid" else 0), again.stderr
        assert (copy.state("q3"), copy.paid(), file.read_bytes()) == ("paid", PAID, FILE)
        if state != "paid":
            assert sorted(path.name for path in file.parent.iterdir()) == ["pay.control.json", "pay.csv"]
        shutil.rmtree(copy.folder)


@pytest.fixture
def apart(tmp_path: Path) -> Books:
    (tmp_path / "books").mkdir()
    books = Books(tmp_path / "books")
    books.approved("q3", CALLS)
    return books


def test_an_export_that_is_killed_pays_nobody_twice(apart: Books, tmp_path: Path) -> None:
    survives(apart, 2, 1, tmp_path)


@pytest.mark.long
def test_an_export_that_is_killed_at_a_hundred_points_pays_nobody_twice(apart: Books, tmp_path: Path) -> None:
    survives(apart, 100, 2, tmp_path)
