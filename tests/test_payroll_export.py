"""Export to payroll: what is due is paid once, whoever asks how often."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from incentive_engine.ledger.actors import Actor
from incentive_engine.ledger.clock import now
from incentive_engine.ledger.manifest import MANIFEST
from incentive_engine.ledger.payroll.due import kept, still_due
from incentive_engine.ledger.payroll.foreseeing import foreseen
from incentive_engine.ledger.payroll.paying import lines_of as lines_of_file
from incentive_engine.ledger.purging import purge
from incentive_engine.ledger.settled import AMOUNT
from tests.books import CALLS, FILE, PAID, PAYROLL, PEOPLE, RULES, Books


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path)


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
    assert (
        "holds 2 lines; the control totals are beside it.\n1 payee with nothing to be paid has no line.\n"
        in done.output
    )
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
    assert "1 line below zero: -900.00 EUR in all." in done.output
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


def test_what_will_be_refused_is_known_before_a_run_is_approved(books: Books) -> None:
    people = {"ann": ",FR", "ben": "7,FR", "cat": "7,FR", "dan": ",FR"}
    folder = books.approved("q3", {"ann": 90, "ben": 80, "cat": 1, "dan": 0}, people)
    codes = [each.code for each in foreseen(folder, books.folder / "payroll.yaml")]
    assert codes == ["missing-value", "shared-payroll-id"]
    assert "is missing for ann" in foreseen(folder, books.folder / "payroll.yaml")[0].message
    assert [each.code for each in foreseen(folder, books.folder / "nothing.yaml")] == ["unreadable"]
    assert foreseen(books.approved("sound", CALLS), books.folder / "payroll.yaml") == ()


def test_only_what_was_approved_and_not_changed_since_is_paid(books: Books) -> None:
    folder = books.approved("q3", CALLS)
    with (folder / "payouts.parquet").open("ab") as file:
        file.write(b"!")
    assert "error[changed-file]: `payouts.parquet` was changed after the run was sealed" in books.refused("q3")
    shutil.copytree(folder, books.folder / "draft")
    (books.folder / "draft" / MANIFEST).unlink()
    assert "error[not-approved]: `draft` is draft" in books.refused("draft")


def test_an_older_copy_of_the_ledger_pays_nobody_again(books: Books) -> None:
    books.approved("q3", CALLS)
    older = (books.folder / "ledger.db").read_bytes()
    books.approved("q3-2", CALLS)
    books.exported("q3-2")
    (books.folder / "ledger.db").write_bytes(older)
    told = books.refused("q3")
    assert f"error[unknown-seal]: `{books.folder}/q3-2` is sealed, and this ledger knows nothing of it" in told


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


def test_a_file_that_does_not_add_up_is_never_written(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    books.approved("q3", CALLS)
    monkeypatch.setattr(
        "incentive_engine.ledger.payroll.exporting.lines_of", lambda paid, people: lines_of_file(paid[:1], people)
    )
    done = books.export("q3")
    assert done.exit_code == 70
    assert "BrokenInvariant: payroll: EUR 900.00 is paid or settled, and 1705.00 is owed" in done.output
    assert (books.state("q3"), books.paid(), (books.folder / "pay.csv").exists()) == ("approved", [], False)


def test_a_purged_run_cannot_be_copied_nor_its_period_paid_further(books: Books) -> None:
    folder = books.approved("q3", CALLS)
    books.approved("anew", {"ann": 100})
    books.export("q3")
    long_ago = now() + dt.timedelta(days=3653)
    purge(folder, Actor("hana", "hana"), long_ago)
    assert "error[purged]" in books.export("q3", "--copy", out="copy.csv").output
    assert "error[purged]" in books.export("anew", "--delta", out="delta.csv").output


def test_one_excel_file_for_each_legal_entity_and_the_copy_of_both(books: Books) -> None:
    books.approved("q3", CALLS | {"cat": 1})
    excel = PAYROLL.replace("kind: csv\n  line_end: lf", "kind: xlsx").replace("file:", "by: legal_entity\nfile:")
    (books.folder / "payroll.yaml").write_text(excel, encoding="utf-8")
    done = books.export("q3", out="2026-Q3-pay")
    assert "2026-Q3-pay holds 3 lines; the control totals are in it." in done.output
    assert books.export("q3", "--copy", out="again").exit_code == 0
    found = {path.name: path.read_bytes() for path in (books.folder / "2026-Q3-pay").iterdir()}
    assert found == {path.name: path.read_bytes() for path in (books.folder / "again").iterdir()}
    assert found.keys() == {"DE.xlsx", "FR.xlsx", "control.json"}
    assert pl.read_excel(found["FR.xlsx"], infer_schema_length=None).rows() == [
        ("FR", "007", "4210", 805.0), ("FR", "A1", "4210", 900.0),
    ]  # fmt: skip


def test_who_moved_is_paid_by_the_company_where_he_is_at_last(books: Books) -> None:
    moves = books.folder / "moves.csv"
    moves.write_text(
        "payee,from,to,legal_entity,payroll_id\nann,2026-01-01,2026-08-14,FR,A1\nann,2026-08-15,,DE,A2\n",
        encoding="utf-8",
    )
    dated = "history: {moves: {path: moves.csv, gives: [legal_entity, payroll_id]}}\nkpis:"
    rules = RULES.replace("kpis:", dated) + "    proration: {by: calendar_days}\n"
    # Ann: 45 of 92 days of 900 are 440.22, 47 are 459.78.
    people = {payee: f"{told},2020-01-01" for payee, told in PEOPLE.items()}
    books.approved("q3", CALLS, people, rules=rules, also=[moves], columns="payroll_id,legal_entity,hired")
    assert books.exported("q3") == ["DE;A2;4210;900.00", "FR;007;4210;805.00"]


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
