"""How runs treat women and men: what fairness is worked out from, read from run folders and from a table of people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import polars as pl

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.review.looked_at import Written
from incentive_engine.rulesets.contracts import WORKFORCE
from incentive_engine.simulation.fairness.attaining import Attained, attained
from incentive_engine.simulation.fairness.divided_people import divided_people
from incentive_engine.simulation.fairness.fairness import Divided, Fairness, fairness
from incentive_engine.simulation.fairness.fairness_paper import attainability_section, fairness_section
from incentive_engine.simulation.reports.paper import Part, Report


def fairness_report(
    folders: Sequence[Path], divided: Divided, people: Path | None = None, past: Sequence[Path] = ()
) -> tuple[Report, str]:
    """How runs treat women and men, one of them or before and after, and whether targets can be reached; the currency.

    Raises InputProblems where runs or the table of people lack something, or are of several currencies.
    """
    runs = [Written(folder) for folder in folders]
    last = runs[-1]
    if len({run.currency for run in runs}) > 1:
        raise InputProblems([Problem("another-currency", "the runs are paid by rules in several currencies")])
    fair = fairness_section([treated(run, divided, people) for run in runs])
    targets = attainability_section(reached(last, [Written(folder) for folder in past]))
    summary = last.run.summary
    report = Report(
        name="fairness",
        title=summary["title"],
        rule_set=summary["rule_set"],
        version=summary["version"],
        period=last.period.name,
        first_day=last.period.start,
        parts=(Part(summary["title"], (fair, targets)),),
        assumptions=(),
        fingerprints=tuple(_fingerprints(runs, people)),
    )
    return report, last.currency


def treated(run: Written, divided: Divided, people: Path | None = None) -> Fairness:
    """How the variable pay of a run falls to women and men.

    `people`: a table with `payee` and what the run does not keep of people, for engine and rules need no such columns.
    Raises InputProblems where a column is in neither, or nobody in it has the values named.
    """
    known = divided_people(run.people, divided, people)
    released = run.released.filter(pl.col("currency") == run.currency)
    paid = run.payouts.select("payee", pl.col("payout").alias("amount"))
    amounts = pl.concat([paid, released.select("payee", pl.col("pay").alias("amount"))], how="vertical_relaxed")
    held = run.run.held.filter(pl.col("table") == WORKFORCE, pl.col("key") == pl.col("payee"))
    return fairness(known, amounts, held["payee"].to_list(), divided)


def reached(run: Written, past: Sequence[Written]) -> tuple[Attained, ...]:
    """Whether the targets of a run can be reached, by its own results and by those of past runs.

    Raises InputProblems for a past run whose period is longer or shorter.
    """
    for each in past:
        if each.period.months != run.period.months:
            message = f"`{each.folder}` is of {each.period.name}, longer or shorter than {run.period.name}"
            raise InputProblems([Problem("another-length", message, hint="give runs of periods as long as this one")])
    return attained(run.plans, run.run.contributions, [each.run.contributions for each in past])


def _fingerprints(runs: Sequence[Written], people: Path | None) -> Iterator[tuple[str, str]]:
    """The files of rules and the inputs of each run, and the table of people."""
    for run in runs:
        before = f"{run.folder.name}/" if len(runs) > 1 else ""
        rules, inputs = run.run.summary["rules"], run.run.summary["inputs"]
        yield f"{before}{rules['file']}", rules["sha256"]
        yield from ((f"{before}{name}", each["sha256"]) for name, each in inputs.items())
    if people is not None:
        yield people.name, sha256(people.read_bytes()).hexdigest()
