"""People whom the run does not pay, and results and words that they did not get."""

from __future__ import annotations

from collections import Counter
from typing import Final

import polars as pl

from incentive_engine.compiler.measures import OWN_SOURCES, SOURCES
from incentive_engine.engine.overview import held_people, rows_not_used
from incentive_engine.ledger.review.findings import MOST_ROWS, Finding, Rows, count, percent, tolerated, within
from incentive_engine.ledger.review.looked_at import LookedAt, Written
from incentive_engine.rulesets.checks.labels import labels_of
from incentive_engine.statements.languages import Languages

_OWN: Final = tuple(name for name, code in SOURCES.items() if code in OWN_SOURCES)
_INSTEAD: Final = {
    "team": "that of the team",
    "department": "that of the department",
    "previous": "that of the period before",
    "target": "the target",
    "zero": "zero",
    "reweight": "left out",
}


def held(look: LookedAt) -> Finding:
    """Not more people are held than policy lets pass; whom a signed decision releases is not counted."""
    share, now = look.tolerances.held.at_most, look.now
    reasons = held_people(now.run)
    released = reasons.join(_released(now), on="payee", how="semi")["payee"].n_unique()
    waiting = reasons.join(_released(now), on="payee", how="anti").sort("payee", "code", "reason")
    people, everybody = waiting["payee"].n_unique(), now.people["payee"].n_unique()
    unused = rows_not_used(now.run.held).height
    said = f"{people:,} of {everybody:,} people ({percent(people, everybody)}; {tolerated(share)}) "
    said += f"{'is' if people == 1 else 'are'} held and not released"
    said += f"; a signed decision releases {count(released, 'person', 'people')}" if released else ""
    said += f"; {count(unused, 'row')} of the files could not be used" if unused else ""
    rows = Rows.of("payee|code|reason", "<<<", waiting.head(MOST_ROWS).rows(), waiting.height)
    hint = "correct the data and run again, release them by a signed adjustment, or waive this with the reason"
    return Finding(within(people, everybody, share), f"{said}.", hint, rows)


def _released(now: Written) -> pl.DataFrame:
    """Payees whom decisions release from all that they are held for: one may be held for two payments."""
    pays = {name: plan.pays for name, plan in now.plans.items()}
    unpaid = [
        _unpaid(trace).with_columns(pl.col("plan").replace_strict(pays).alias("pays"))
        for trace in now.run.traces.values()
    ]
    left = (
        pl.concat(unpaid).collect().join(now.released, on=["payee", "pays"], how="anti")
        if unpaid
        else now.released.clear()
    )
    return now.released.select("payee").unique().join(left, on="payee", how="anti")


def _unpaid(trace: pl.LazyFrame) -> pl.LazyFrame:
    """Payee and plan of each row of a trace whose pay, or score where nothing is paid, is missing."""
    missing = pl.col("payout" if "payout" in trace.collect_schema().names() else "plan.score").is_null()
    return trace.filter(missing).select("payee", "plan")


def small_numbers(look: LookedAt) -> Finding:
    """Not more results are replaced than policy lets pass: too few own facts were behind them, or none."""
    share, now = look.tolerances.small_numbers.at_most, look.now
    results = now.run.tables["contributions"].filter(pl.col("measure").is_not_null())
    counted = results.group_by("kpi", "source").len().sort("kpi", "source").collect(engine="streaming")
    by_kpi = counted.filter(~pl.col("source").is_in(_OWN))
    everything, replaced = int(counted["len"].sum()), int(by_kpi["len"].sum())
    kpis = now.rules.ruleset.kpis
    rows = []
    for kpi, source, number in by_kpi.iter_rows():
        reliability = kpis[kpi].reliability
        least = f"{reliability.at_least:,}" if reliability else "–"
        rows.append((kpi, least, _INSTEAD[source], f"{number:,}"))
    said = f"For {replaced:,} of {everything:,} results ({percent(replaced, everything)}; "
    said += f"{tolerated(share)}) there are too few own facts, or none: something else counts instead."
    hint = "see whether facts are missing from the files; people read on their statement what counted instead"
    passed = within(replaced, everything, share)
    return Finding(passed, said, hint, Rows.of("KPI|minimum|counts instead|results", "<><>", rows))


def translations(look: LookedAt) -> Finding:
    """Everybody can read what they get in their own language."""
    now = look.now
    wishes = Counter(now.people["language"].drop_nulls().to_list()) if "language" in now.people.columns else Counter()
    known = Languages()
    unknown = {wish: number for wish, number in wishes.items() if known.chosen(wish) not in known.codes}
    languages = sorted({known.chosen(wish) for wish in wishes.keys() - unknown.keys()} or {known.default})
    labels = [
        (language, ".".join(map(str, at)))
        for language in languages
        for at, label in labels_of(now.rules.ruleset)
        if language not in label
    ]
    others = [
        (wish, f"{count(number, 'person asks', 'people ask')} for it") for wish, number in sorted(unknown.items())
    ]
    said = []
    if labels:
        lacking = " and ".join(sorted({language for language, _ in labels}))
        are = "is" if len(labels) == 1 else "are"
        said.append(f"{count(len(labels), 'text')} of the rules {are} missing in {lacking}, which payees read")
    if others:
        asked = count(sum(unknown.values()), "person asks", "people ask")
        said.append(f"{asked} for {' and '.join(sorted(unknown))}, a language that comes without words")
    if said:
        hint = "add what is missing: until then no statement is written (words of a language: --templates)"
        found = "; ".join(said)
        return Finding(False, f"{found}.", hint, Rows.of("language|text of the rules", "<<", (*labels, *others)))
    read = " and ".join(languages)
    return Finding(True, f"Every text of the rules is there in {read}, which payees read.", "")
