"""`audit`: is each KPI fit to pay on, and is each plan fair?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click

from incentive_engine.cli.door import refuse, say
from incentive_engine.cli.options import LANGUAGE
from incentive_engine.cli.progress import AUDIT_STEPS, steps_shown
from incentive_engine.cli.showing import show_table

if TYPE_CHECKING:
    from incentive_engine.audit.paper import Page, Row
    from incentive_engine.statements.catalogues import Words

_MOST: Final = 20
_TO_LOOK_AT: Final = ("unfit", "weak", "unknown")


@click.command(short_help="Tell whether each KPI is fit to pay on, and why.")
@click.argument("rules", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The folder with workforce and facts.")
@click.option("--period", "periods", required=True, multiple=True, help="2026, 2026-H1, 2026-Q3 or 2026-07; several.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="An .html page or a .json file to write.")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", help="What is printed.")
@click.option("--draws", type=click.IntRange(20, 2000), default=100, show_default=True, help="Of the luck report.")
@LANGUAGE
def audit(
    rules: Path,
    data: Path,
    periods: tuple[str, ...],
    out: Path | None,
    shape: Literal["text", "json"],
    draws: int,
    language: str,
) -> None:
    """Tell of every KPI of the rule set RULES whether it is fit to pay on, with the evidence; nobody is paid.

    The last period is the one whose pay is looked at; earlier ones show what changes and what announces what.
    """
    import json

    from incentive_engine.audit.auditing import audit
    from incentive_engine.audit.pages import as_data, html, written
    from incentive_engine.rulesets.loading import load

    if out is not None and out.suffix not in (".html", ".json"):
        refuse("unknown-format", f"`{out}` is no .html and no .json file", "name the file with one of these endings")
    loaded = load(rules)
    with steps_shown(AUDIT_STEPS) as step:
        found = audit(loaded, data, periods, draws=draws, on_step=step)
    page, words = written(found, loaded, language)
    as_json = json.dumps(as_data(found, loaded), ensure_ascii=False, indent=2) if _wants_json(shape, out) else ""
    if shape == "json":
        say(as_json)
    else:
        _show(page, words)
    if out is not None:
        out.touch(mode=0o600)  # it names people
        out.write_text(as_json if out.suffix == ".json" else html(page, words), encoding="utf-8", newline="\n")
        if shape != "json":
            say(f"\n{out}")


def _wants_json(shape: str, out: Path | None) -> bool:
    return shape == "json" or (out is not None and out.suffix == ".json")


def _show(page: Page, words: Words) -> None:
    """Prints the verdicts, the plans, and the records to look at."""
    say(f"{page.title} · {page.periods} · {page.rule_set}\n\n{page.summary}\n")
    header = (words["page"]["indicator"], words["page"]["verdict"], words["page"]["to_look_at"])
    rows = [(row.title, words["verdicts"][row.verdict]["short"], _to_look_at(row, words)) for row in page.rows]
    show_table([header, *rows], "<<<")
    say("\n" + " · ".join(f"{words['signs'][each]} {words['sign_words'][each]}" for each in _TO_LOOK_AT))
    for plan in page.plans:
        say(f"\n{plan.title}")
        if plan.bars:
            show_table([(bar.name, bar.share) for bar in plan.bars], "<>", indent=2)
        for sentence in plan.sentences:
            say(f"  {sentence}")
    for sentence in page.between:
        say(f"\n{sentence}")
    say(f"\n{words['page']['review']}")
    if not page.review:
        say(f"  {words['page']['nobody']}")
    else:
        header = tuple(words["page"][name] for name in ("person", "signal", "numbers", "usual"))
        listed = [(each.subject, each.signal, each.records, each.usual) for each in page.review[:_MOST]]
        show_table([header, *listed], "<<>>", indent=2)


def _to_look_at(row: Row, words: Words) -> str:
    """The qualities of an indicator that are not in order, the worst first."""
    named = list(zip(words["qualities"].values(), row.signs, strict=True))
    found = [(each, quality["name"].lower()) for each in _TO_LOOK_AT for quality, sign in named if sign == each]
    return ", ".join(f"{words['signs'][sign]} {name}" for sign, name in found)
