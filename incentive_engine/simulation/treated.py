"""How runs treat women and men: what fairness is worked out from, read from run folders and from a table of people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

import polars as pl

from incentive_engine.errors import InputProblems, Problem, did_you_mean
from incentive_engine.facts import TableContract, accept
from incentive_engine.facts.contracts import ColumnContract
from incentive_engine.ledger.review.looked_at import Written
from incentive_engine.rulesets.contracts import WORKFORCE
from incentive_engine.simulation.attaining import Attained, attained
from incentive_engine.simulation.fairness import Divided, Fairness, fairness
from incentive_engine.simulation.fairness_paper import attainability_section, fairness_section
from incentive_engine.simulation.paper import Part, Report

_PEOPLE: Final = "people"


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
    asked = [divided.column, *([divided.category] if divided.category else [])]
    known = _known(run, asked, people)
    _refuse_unknown_values(known, divided)
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


def _known(run: Written, asked: list[str], people: Path | None) -> pl.DataFrame:
    """Everybody of a run, with the columns asked for: from the table of people where it has them."""
    workforce, given = run.people, _read(people, asked) if people else None
    from_given = [] if given is None else [name for name in asked if name in given.columns]
    missing = [name for name in asked if name not in from_given and name not in workforce.columns]
    if missing:
        where = f"neither the run nor `{people}` has" if people else "the run does not keep"
        hint = did_you_mean(missing[0], [*workforce.columns, *(given.columns if given is not None else ())])
        told = hint or "give a table that has it beside `payee`: `--people FILE`"
        raise InputProblems([Problem("unknown-column", f"{where} a column `{name}`", hint=told) for name in missing])
    kept = workforce.select("payee", *(pl.col(name).cast(pl.String) for name in asked if name not in from_given))
    return kept if given is None else kept.join(given.select("payee", *from_given), on="payee", how="left")


def _read(file: Path, asked: list[str]) -> pl.DataFrame:
    """Payee and those columns asked for that a table has, as text."""
    columns = [ColumnContract(name, name, "text", required=False, nullable=True) for name in asked]
    contract = TableContract(_PEOPLE, file.name, (ColumnContract("payee", "payee", "text"), *columns), ("payee",))
    frame = accept([contract], file.parent, "UTC").tables[_PEOPLE].frame
    return frame.select("payee", *(name for name in asked if frame[name].count()))


def _refuse_unknown_values(people: pl.DataFrame, divided: Divided) -> None:
    values = sorted(people[divided.column].drop_nulls().unique())
    missing = [each for each in (divided.women, divided.men) if each not in values]
    if missing:
        hint = (
            f"`{divided.column}` says {', '.join(f'`{each}`' for each in values[:12])}: name two with --women and --men"
        )
        raise InputProblems(
            [Problem("unknown-value", f"nobody has `{each}` in `{divided.column}`", hint=hint) for each in missing]
        )


def _fingerprints(runs: Sequence[Written], people: Path | None) -> Iterator[tuple[str, str]]:
    """The files of rules and the inputs of each run, and the table of people."""
    for run in runs:
        before = f"{run.folder.name}/" if len(runs) > 1 else ""
        rules, inputs = run.run.summary["rules"], run.run.summary["inputs"]
        yield f"{before}{rules['file']}", rules["sha256"]
        yield from ((f"{before}{name}", each["sha256"]) for name, each in inputs.items())
    if people is not None:
        yield people.name, sha256(people.read_bytes()).hexdigest()
