"""A project of one small rule set, whose runs are approved and ready for payroll."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
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
from incentive_engine.ledger.project import Project
from incentive_engine.rulesets.loading import load

POLICY = """
company: Example SA
may: {run: [sam], review: [sam], adjust: [hana, dora], approve: [fay], export: [pat], correct: [sam], purge: [hana]}
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


CALLS = {"ann": 90, "ben": 80.5, "cat": 0}
FILE = b"company;number;code;amount\nFR;007;4210;805.00\nFR;A1;4210;900.00\n"
PAID = [
    ("ann", "bonus", "payout", "4210", "EUR", Decimal("900.00")),
    ("ben", "bonus", "payout", "4210", "EUR", Decimal("805.00")),
]
"""What is paid when everybody's calls are these: Cat has none, and no line."""


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
        rules: str = RULES,
        also: Sequence[Path] = (),
        columns: str = "payroll_id,legal_entity",
    ) -> Path:
        """A run that is approved: what everybody's calls are, and who they are."""
        data = self.folder / f"data-{name}"
        data.mkdir()
        (self.folder / "rules.yaml").write_text(rules, encoding="utf-8")
        for table in also:
            shutil.copy(table, data)
        rows = {
            "workforce.csv": [f"payee,{columns}", *(f"{payee},{told}" for payee, told in people.items())],
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
