"""A quarter walked through by the commands that people type, in a project of its own: what `then:` of a trap says.

Each step is a verb, and what is expected of it. What runs and corrections say is compared with the oracle as well,
and all sums with what they are the sums of.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
from click.testing import CliRunner, Result

from incentive_engine import Run
from incentive_engine.cli import main
from tests.comparing import compared
from tests.oracle import Case
from tests.oracle.corrections import Corrected, corrected, gone_rows
from tests.test_catalogue import HEAD
from tests.test_traps import case_of

Step = Mapping[str, Any]
POLICY = """
company: Example SA
may: {run: [sam], review: [sam], adjust: [hana, dora], approve: [fay], export: [pat], correct: [sam, dora]}
checklist: {movers: {at_most: 1000%}, zeros: {at_most: 100%}, small_numbers: {at_most: 100%}}
"""
PAYROLL = """
pay_codes:
  payouts: {commission: "4210", bonus: "4210", extra: "4220"}
  corrections: {commission: "4219", bonus: "4219"}
file:
  kind: csv
  delimiter: ","
  decimal: "."
  columns:
    - {name: number, from: payroll_id}
    - {name: code, from: pay_code}
    - {name: amount, from: amount}
"""


@dataclass
class Quarter:
    """A project and what was done in it."""

    folder: Path
    trap: Mapping[str, Any]
    runs: dict[str, Case] = field(default_factory=dict)
    last: dict[str, Corrected] = field(default_factory=dict)
    """What was corrected last, by the paid run."""
    removed: set[str] = field(default_factory=set)
    """Payees of whom what is gone was decided to go."""

    def __post_init__(self) -> None:
        self.rules: str = self.trap["rules"]
        self.tables: dict[str, str] = dict(self.trap["data"])
        for name, text in {"policy.yaml": POLICY, "payroll.yaml": PAYROLL, "rules.yaml": HEAD + self.rules}.items():
            (self.folder / name).write_text(text, encoding="utf-8")
        (self.folder / "data").mkdir()
        (self.folder / "payroll").mkdir()
        self.deliver(self.tables)

    def take(self, step: Step) -> None:
        """Does a step, and looks at what comes of it."""
        verb = next(iter(step))
        VERBS[verb](self, step)

    def deliver(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            (self.folder / "data" / name).write_text(text, encoding="utf-8")

    def types(self, *arguments: object, refused: str | None = None) -> Result:
        """What a command says; it ends as it should."""
        done = CliRunner().invoke(main, [str(each) for each in arguments])
        if refused is None:
            assert done.exit_code == 0, f"{arguments}: {done.output} {done.exception}"
        else:
            assert done.exit_code == 1, done.output
            assert f"[{refused}]" in done.output
        return done

    def case(self, period: str, as_of: str | None = None) -> Case:
        """What lies in the project now, as the oracle reads it."""
        trap = {"rules": self.rules, "data": self.tables}
        return replace(case_of(trap, period), as_of=None if as_of is None else dt.date.fromisoformat(as_of))


def run(quarter: Quarter, step: Step) -> None:
    """Runs a period, once or several times, with what lies there."""
    folder, period, as_of = quarter.folder, step["run"], step.get("as_of")
    names = [step["to"], *(f"{step['to']}-{number}" for number in range(2, int(step.get("times", 1)) + 1))]
    for name in names:
        options = [] if as_of is None else ["--as-of", as_of]
        options += [part for each in step.get("formats", ()) for part in ("--format", each)]
        rules, data = folder / "rules.yaml", folder / "data"
        arguments = ("--period", period, "--out", folder / name, "--by", "sam", *options)
        quarter.types("run", rules, "--data", data, *arguments)
    files = [same_files(folder / name) for name in names]
    assert files == files[:1] * len(files)
    made, case = Run.open(folder / step["to"]), quarter.case(period, as_of)
    for payee, wanted in step["expect"].items():
        assert {payee: told(made, payee, wanted)} == {payee: wanted}
    assert set(step["expect"]) == {row["payee"] for row in case.tables["workforce"]}
    for key in {"totals", "payees"} & step.keys():
        found = {name: made.summary[key][name] for name in step[key]} if key == "payees" else totals(made, step[key])
        assert found == step[key]
    adds_up(made)
    assert list(compared(case, made)) == []
    quarter.runs[step["to"]] = case


def same_files(folder: Path) -> dict[str, bytes]:
    """What must be the same of two runs of the same."""
    apart = ("timings.json", "made.json")
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in apart
    }


def told(made: Run, payee: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What a run says of a payee, for the keys that are expected; who is paid nothing is held or not eligible."""
    payouts, held = made.payouts.filter(payee=payee), made.held.filter(payee=payee)
    assert held.is_empty() == {"held", "noted"}.isdisjoint(wanted), held["code"].to_list()
    assert payouts.is_empty() == (not {"payout", "payouts"} & wanted.keys())
    found: dict[str, Any] = {}
    for key, value in wanted.items():
        if key in ("held", "noted"):
            found[key] = held["code"].unique().sort().to_list()
        elif key == "not":
            found[key] = ", ".join(made.eligibility.filter(~pl.col("result"), payee=payee)["test"].unique().sort())
        elif key == "payouts":
            found[key] = dict(payouts.select("plan", "payout").rows())
        elif key == "adjusted":
            rows = table(made, "adjustments").filter(payee=payee).group_by("reference").agg(pl.col("pay").sum())
            found[key] = dict(rows.rows())
        elif key == "corrections":
            found[key] = dict(table(made, "corrections").filter(payee=payee).select("cause", "amount").rows())
        elif key == "contributions":
            rows = made.contributions.filter(payee=payee)
            found[key] = dict(rows.select(pl.coalesce("measure", "source"), "pay").rows())
        elif key == "segments":
            rows = made.segments.filter(payee=payee).sort("first_day", "plan")
            found[key] = [in_words(row, each) for row, each in zip(rows.to_dicts(), value, strict=True)]
        else:
            found[key] = payouts[key].item()
    return found


def in_words(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {key: row[key] if not isinstance(row[key], dt.date) or isinstance(wanted[key], dt.date) else str(row[key])
            for key in wanted}  # fmt: skip


def table(made: Run, name: str) -> pl.DataFrame:
    return made.tables[name].collect()


def totals(made: Run, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The totals of run.json, amounts by currency where they are wanted so."""
    found: dict[str, Any] = {}
    for name, value in wanted.items():
        if isinstance(value, Mapping):
            found[name] = {currency: Decimal(amount) for currency, amount in made.summary[name].items()}
        else:
            found[name] = Decimal(made.summary["totals"][name])
    return found


def adds_up(made: Run) -> None:
    """Every total is the sum of what it stands for, exactly."""
    paid = made.payouts
    parts = ("computed", "guarantee", "adjustment"), ("customer_pay", "internal_pay", "other_pay")
    for columns in parts:
        assert paid.filter(pl.sum_horizontal(columns) != pl.col("payout")).is_empty(), columns
    brought = made.contributions.group_by("payee", "plan").agg(pl.col("pay").sum())
    compared_with = paid.join(brought, on=["payee", "plan"], how="left").with_columns(pl.col("pay").fill_null(0))
    assert compared_with.filter(pl.col("pay") != pl.col("payout")).is_empty()
    by_department = made.departments.filter(pl.col("measure").is_null())["payout"].sum()
    assert by_department == paid["payout"].sum() == Decimal(made.summary["totals"]["payout"] or 0)
    adjusted = table(made, "adjustments")
    for column, kinds in {"guarantee": ["at_least"], "adjustment": ["amount", "percent"]}.items():
        assert adjusted.filter(pl.col("kind").is_in(kinds))["pay"].sum() == paid[column].sum()
    payees = made.summary["payees"]
    assert payees["all"] == sum(payees[name] for name in ("paid", "held", "released", "not_eligible"))


def pay(quarter: Quarter, step: Step) -> None:
    """Reviews, approves and exports a run."""
    approve(quarter, {"approve": step["pay"]})
    export(quarter, {"export": step["pay"], **step})


def approve(quarter: Quarter, step: Step) -> None:
    """Reviews and approves a run; every item that does not pass is waived."""
    folder = quarter.folder / step["approve"]
    quarter.types("review", folder, "--by", "sam")
    items = json.loads((folder / "review.json").read_text(encoding="utf-8"))["items"]
    for item in (each["name"] for each in items if each["state"] == "fail"):
        quarter.types("review", folder, "--by", "sam", "--waive", item, "--because", "as the case has it")
    quarter.types("approve", folder, "--by", "fay")


def export(quarter: Quarter, step: Step) -> None:
    """Sends a run to payroll, or only what another run of the period left unpaid, or a copy; reads the file."""
    name, how = step["export"], step.get("as")
    file = quarter.folder / "payroll" / f"{name}.csv"
    written = file.read_bytes() if file.exists() else None
    out = file if written is None else file.with_name(f"{name}-{how or 'again'}.csv")
    options = () if how is None else (f"--{how}",)
    quarter.types("export", quarter.folder / name, "--out", out, "--by", "pat", *options, refused=step.get("refused"))
    if "refused" in step:
        assert not out.exists()
    elif how == "copy":
        assert out.read_bytes() == written
    else:
        assert amounts_in(out) == step["expect"]


def amounts_in(file: Path) -> dict[str, dict[str, Decimal]]:
    """What a payroll file pays, by number and code."""
    found: dict[str, dict[str, Decimal]] = {}
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            assert row["code"] not in found.get(row["number"], {})
            found.setdefault(row["number"], {})[row["code"]] = Decimal(row["amount"])
    return found


def correct(quarter: Quarter, step: Step) -> None:
    """Corrects a paid run, once or several times, with what lies there now."""
    folder, name = quarter.folder, step["correct"]
    case = quarter.runs[name]
    now = quarter.case(case.period)
    for number in range(int(step.get("times", 1))):
        out = folder / (step["to"] if not number else f"{step['to']}-{number}")
        rules = ["--rules", folder / "rules.yaml"] if now.rules != case.rules else []
        arguments = ("--data", folder / "data", *rules, "--into", step["into"], "--out", out, "--by", "sam")
        quarter.types("correct", folder / name, *arguments)
        found = lines_in(out)
        assert by_payee(found) == step["expect"]
        last = quarter.last.get(name)
        before, due = (case, None) if last is None else (last.state, last.due)
        gone = [key for key, rows in gone_rows(before, now) if {row.get("payee") for row in rows} <= quarter.removed]
        expected = corrected(before, now, gone, due)
        assert found == expected.lines
        quarter.last[name] = expected
        assert asked_in(out) == step.get("asks", {})


def lines_in(folder: Path) -> dict[tuple[str, str, str, str], Fraction]:
    """The lines that a correction booked; none where there was nothing to write."""
    if not folder.exists():
        return {}
    rows = pl.read_parquet(folder / "lines.parquet").select("payee", "pays", "currency", "cause", "amount").rows()
    found = {(payee, pays, currency, cause): Fraction(amount) for payee, pays, currency, cause, amount in rows}
    assert len(found) == len(rows), "a line is there twice"
    return found


def asked_in(folder: Path) -> dict[str, Fraction]:
    """What each open question is about in money, by payee."""
    if not folder.exists():
        return {}
    effects = pl.read_parquet(folder / "effects.parquet").select("payee", "amount").rows()
    return {payee: Fraction(amount) for payee, amount in effects}


def by_payee(lines: Mapping[tuple[str, str, str, str], Fraction]) -> dict[str, dict[str, Fraction]]:
    found: dict[str, dict[str, Fraction]] = {}
    for (payee, _, _, cause), amount in lines.items():
        found.setdefault(payee, {})[cause] = amount
    return found


def decide(quarter: Quarter, step: Step) -> None:
    """Decides the open questions about a payee, as they stand in the last correction."""
    questions = pl.read_parquet(quarter.folder / step["asked"] / "questions.parquet").filter(payee=step["about"])
    signed = ("--because", "as the case has it", "--by", "sam", "--approved-by", "fay")
    for name in questions["question"]:
        quarter.types("decide", quarter.folder, name, f"--{step['decide']}", *signed)
    if step["decide"] == "remove":
        quarter.removed.add(step["about"])


def now(quarter: Quarter, step: Step) -> None:
    """Other files are delivered."""
    quarter.tables |= step["now"]
    quarter.deliver(step["now"])


def rules(quarter: Quarter, step: Step) -> None:
    """Something in the rules is written otherwise."""
    text = HEAD + quarter.rules
    assert text.count(step["rules"]) == 1
    (quarter.folder / "rules.yaml").write_text(text.replace(step["rules"], step["become"]), encoding="utf-8")
    quarter.rules = text.replace(step["rules"], step["become"]).removeprefix(HEAD)


def write(quarter: Quarter, step: Step) -> None:
    """Somebody writes something else into a file of a run."""
    file = quarter.folder / step["write"]
    text = file.read_text(encoding="utf-8")
    assert step["over"] in text
    file.write_text(text.replace(step["over"], step["instead"], 1), encoding="utf-8")


def verify(quarter: Quarter, step: Step) -> None:
    """A run is still what it was, or is not."""
    quarter.types("verify", quarter.folder / step["verify"], refused=step.get("refused"))


VERBS: Mapping[str, Callable[[Quarter, Step], None]] = {
    each.__name__: each for each in (run, pay, approve, export, correct, decide, now, rules, write, verify)
}
