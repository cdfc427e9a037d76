"""Real records give the figures that were counted in them: every one from a rule set, none from code of its own.

A bank's calls of February 1999, complaints to an authority, and a service desk's log of events; what they are is told
where the data lie. Tables are only written as the engine reads them: dates as dates, headers as names.
"""

from __future__ import annotations

import gzip
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import incentive_engine
from incentive_engine import Run

HEAD = """
rule_set: facts
version: "1"
title: {en: Facts}
decided: {by: Nobody, on: 2026-01-01}
currency: EUR
timezone: Asia/Jerusalem
curves:
  any: {kind: stepped, tiers: [{from: 0, rate: 100%}], below: flat}
"""
CALLS = """
sources:
  calls: {path: calls.parquet, payee: server, date: date, system_accounts: [NO_SERVER]}
kpis:
  calls: COUNT where: 'type = "PS" AND outcome = "AGENT"'}}
  waited: SUM value: q_time, where: 'type = "PS" AND outcome = "AGENT"'}}
  wait: MEAN value: q_time, where: 'type = "PS" AND outcome = "AGENT"'}}
  answered_fast: SHARE where: q_time <= 20, among: 'type = "PS" AND outcome = "AGENT"'}}
  served: SUM value: ser_time, where: 'type = "PS" AND outcome = "AGENT"'}}
  service: MEAN value: ser_time, where: 'type = "PS" AND outcome = "AGENT"'}}
  service_per_call: FORMULA value: served / calls}}
  abandoned:
    SHARE where: 'outcome = "HANG"', among: 'type = "PS" AND (outcome = "AGENT" OR outcome = "HANG" AND q_time > 0)'}}
  hung_up: SHARE where: 'outcome = "HANG"', among: 'type = "PS" AND outcome IN ("AGENT", "HANG")'}}
  taken: COUNT where: 'outcome = "AGENT"'}}
  taken_regular: COUNT where: 'type = "PS" AND outcome = "AGENT"'}}
  cut_short: SHARE where: ser_time < 10, among: 'outcome = "AGENT"'}}
"""
OF_COMPANY = (
    "calls", "waited", "wait", "answered_fast", "served", "service", "service_per_call", "abandoned", "hung_up",
)  # fmt: skip
INCIDENTS = """
sources:
  events: {path: events.csv, payee: owner, date: at, system_accounts: [Siebel]}
cases:
  by_people: {from: events, case: ticket, starts: owner <> "Siebel", ENDS}
  from_the_start: {from: events, case: ticket, ENDS}
  not_waiting: {from: events, case: ticket, starts: owner <> "Siebel", ENDS, waits: WAITING}
kpis:
  solved: COUNT from: by_people}, over: until_end}
  by_people: MEDIAN from: by_people}, over: until_end}
  from_the_start: MEDIAN from: from_the_start}, over: until_end}
  not_waiting: MEDIAN from: not_waiting}, over: until_end}
"""
COMPLAINTS = """
sources:
  complaints: {path: complaints.csv, date: sent_on}
kpis:
  complaints: COUNT where: TRUE}, over: {months: 24}}
  in_time: SHARE where: timely = "Yes"}, over: {months: 24}}
"""


def run_of(rules: str, of_company: tuple[str, ...], of_both: tuple[str, ...], folder: Path, period: str) -> Run:
    """Runs a rule set that reads these KPIs of the company, and those of the company and of every payee."""
    source = next((name for name in ("calls", "complaints") if f"  {name}: {{path" in rules), None)
    rules = rules.replace("MEDIAN ", "PERCENTILE value: hours, at: 50%, definition: inclusive, ")
    for kind in ("count", "sum", "mean", "share", "percentile", "formula"):
        where = f"from: {source}, " if source and kind != "formula" else ""
        head = "{title: {en: Figure}, perspective: customer, better: higher, rounding: {places: 6}, compute: {"
        rules = rules.replace(f"{kind.upper()} ", f"{head}kind: {kind}, {where}")
    items = [f"{kpi}: {{of: company, attainment: level, curve: any}}" for kpi in (*of_company, *of_both)]
    items += [f"own_{kpi}: {{kpi: {kpi}, of: payee, attainment: level, curve: any}}" for kpi in of_both]
    plan = f"{{title: {{en: All}}, pays: none, who: TRUE, combine: mean, scorecard: {{{', '.join(items)}}}}}"
    (folder / "rules.yaml").write_text(f"{HEAD}{rules}plans:\n  all: {plan}\n", encoding="utf-8")
    return incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder, period)


def figures(run: Run, subject: str = "company") -> dict[str, dict[str, Any]]:
    """The results of one subject, by KPI."""
    return {row["kpi"]: row for row in run.kpis.filter(subject=subject).iter_rows(named=True)}


@pytest.fixture(scope="module")
def bank(reference_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("bank")
    calls = pl.read_parquet(reference_data / "bank_calls" / "calls_1999_02.parquet")
    dated = calls.with_columns((pl.col("date") + 19_000_000).cast(pl.String).str.to_date("%Y%m%d"))
    dated.write_parquet(folder / "calls.parquet")
    servers = calls.select(pl.col("server").unique().sort().alias("payee")).filter(pl.col("payee") != "NO_SERVER")
    servers.write_csv(folder / "workforce.csv")
    return run_of(CALLS, OF_COMPANY, ("taken", "taken_regular", "cut_short"), folder, "1999-02")


def test_calls_that_were_answered(bank: Run) -> None:
    found = figures(bank)
    assert found["calls"]["value"] == 18_349
    assert found["waited"]["value"] == 659_092
    assert found["wait"]["value"] == Decimal("35.919778")  # printed 35.9198
    assert (found["wait"]["numerator"], found["wait"]["denominator"], found["wait"]["n"]) == (659_092, 18_349, 18_349)
    assert (found["answered_fast"]["numerator"], found["answered_fast"]["denominator"]) == (11_079, 18_349)
    assert found["answered_fast"]["value"] == Decimal("0.603793")
    assert found["served"]["value"] == 3_382_409
    assert found["service"]["value"] == found["service_per_call"]["value"] == Decimal("184.337512")  # printed 184.338


def test_calls_that_were_abandoned(bank: Run) -> None:
    found = figures(bank)
    assert (found["abandoned"]["numerator"], found["abandoned"]["denominator"]) == (1_667, 20_016)
    assert found["abandoned"]["value"] == Decimal("0.083283")  # printed 8.32834 %
    assert (found["hung_up"]["numerator"], found["hung_up"]["denominator"]) == (2_920, 21_269)
    assert found["hung_up"]["value"] == Decimal("0.137289")


def test_a_system_account_takes_calls_for_the_company_only(bank: Run) -> None:
    """491 answered calls are of no server: they count for the company and for nobody."""
    own = bank.kpis.filter(subject_kind="payee")
    assert figures(bank)["taken"]["value"] - own.filter(kpi="taken")["value"].sum() == 491
    short = figures(bank)["cut_short"]["numerator"] - own.filter(kpi="cut_short")["numerator"].sum()
    assert short == 344
    assert "NO_SERVER" not in own["subject"]
    assert bank.held.is_empty()


@pytest.mark.parametrize(
    ("server", "short", "taken"), [("MORIAH", 229, 1_226), ("ANAT", 217, 1_219), ("MIKI", 199, 1_293)]
)
def test_calls_of_less_than_10_seconds(bank: Run, server: str, short: int, taken: int) -> None:
    found = figures(bank, server)["cut_short"]
    assert (found["numerator"], found["denominator"]) == (short, taken)


def test_complaints_that_were_answered_in_time(reference_data: Path, tmp_path: Path) -> None:
    packed = (reference_data / "cfpb_complaints" / "complaints_sample.csv.gz").read_bytes()
    complaints = pl.read_csv(io.BytesIO(gzip.decompress(packed)), infer_schema=False)
    sent_on = pl.col("Date sent to company").str.to_date("%m/%d/%y").alias("sent_on")
    complaints.select(sent_on, pl.col("Timely response?").alias("timely")).write_csv(tmp_path / "complaints.csv")
    (tmp_path / "workforce.csv").write_text("payee\nthe company\n", encoding="utf-8")
    found = figures(run_of(COMPLAINTS, ("complaints", "in_time"), (), tmp_path, "2024"))
    assert found["complaints"]["value"] == 2_827
    assert (found["in_time"]["numerator"], found["in_time"]["denominator"]) == (2_719, 2_827)


def test_incidents_that_people_solved(reference_data: Path, tmp_path: Path) -> None:
    """The clock runs from the first event that a person owned, or from the first of all; and stops while waiting."""
    log = pl.read_parquet(reference_data / "volvo_incidents" / "incidents_events.parquet")
    log.select(
        pl.col("SR Number").alias("ticket"),
        pl.col("Change Date+Time").str.head(19).alias("at"),
        pl.col("Sub Status").alias("status"),
        pl.col("Owner First Name").alias("owner"),
    ).write_csv(tmp_path / "events.csv")
    owners = log.select(pl.col("Owner First Name").unique().sort().alias("payee")).drop_nulls()
    owners.filter(pl.col("payee") != "Siebel").write_csv(tmp_path / "workforce.csv")
    waiting = ", ".join(f'"Wait{why}"' for why in ("", " - Customer", " - Implementation", " - User", " - Vendor"))
    rules = INCIDENTS.replace("ENDS", """ends: 'status IN ("Resolved", "In Call")'""")
    rules = rules.replace("WAITING", f"'status IN ({waiting})'")
    run = run_of(rules, ("solved", "by_people", "from_the_start", "not_waiting"), (), tmp_path, "2012-05")
    found = figures(run)
    assert found["solved"]["value"] == 7_546
    assert (found["by_people"]["value"], found["by_people"]["n"]) == (Decimal("5.81375"), 7_546)
    assert found["from_the_start"]["value"] == Decimal("6.026667")  # printed 6.02667
    assert found["not_waiting"]["value"] == Decimal("1.066389")  # 3,839 seconds
    assert set(run.held["code"]) <= {"unknown-payee"}
