"""The pages about groups of people, from run folders to files: departments for their managers, the company for all."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import localcontext
from pathlib import Path

from incentive_engine.engine.folder import new_folder, place, refuse_existing
from incentive_engine.engine.run import Run, rules_in
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.rulesets.loading import Rules
from incentive_engine.statements.belonging import SALARY
from incentive_engine.statements.departments import DepartmentWriter, Wish
from incentive_engine.statements.design import OUR_DESIGN, Design
from incentive_engine.statements.languages import DEFAULT, Language, Languages
from incentive_engine.statements.pages import Pages
from incentive_engine.statements.pressing import DIGITS
from incentive_engine.statements.public import Past, PublicWriter, past
from incentive_engine.statements.readers import refuse_language
from incentive_engine.statements.small_groups import LEAST


def write_departments(
    run_folder: Path | str,
    out: Path | str,
    wish: Wish = Wish(),  # noqa: B008 - frozen
    *,
    language: str = DEFAULT,
    design: Design = OUR_DESIGN,
) -> int:
    """One page per department for its managers, into the new folder `out`; gives how many.

    Nothing on them is about one person. Raises InputProblems where there is no run, nobody has a department, salaries
    are wanted that the run does not hold, or `out` exists.
    """
    refuse_existing(Path(out))
    run, rules = Run.open(run_folder), rules_in(Path(run_folder))
    reader, pages = _reader(rules, language, design), Pages(design)
    with localcontext(DIGITS):
        writer = DepartmentWriter(run, rules, reader, wish)
        if wish.salaries and not writer.has_salaries:
            hint = "leave `--salaries` away: the rules do not read them, so that the run does not keep them"
            raise InputProblems([Problem("no-salaries", f"`{run_folder}` holds no column `{SALARY}`", hint=hint)])
        written = list(writer.pages())
        with new_folder(Path(out)) as folder:
            for page in written:
                text = pages.page("departments.html.j2", reader, page=page)
                (folder / page.file).write_text(text, encoding="utf-8", newline="\n")
    return len(written)


def write_public(
    run_folder: Path | str,
    out: Path | str,
    previous: Sequence[Path] = (),
    *,
    least: int = LEAST,
    language: str = DEFAULT,
    design: Design = OUR_DESIGN,
) -> None:
    """The page for customers into the new file `out`, with the results of `previous` runs before those of the run.

    Raises InputProblems where there is no run, a previous one is not of an earlier period, or `out` exists.
    """
    out = Path(out)
    if out.exists():
        hint = "give another name, or remove it first"
        raise InputProblems([Problem("file-exists", f"`{out}` is there already", hint=hint)])
    run, rules = Run.open(run_folder), rules_in(Path(run_folder))
    reader = _reader(rules, language, design)
    if "preview" in run.summary:
        hint = "pay the period when it is over, and show that run"
        raise InputProblems(
            [Problem("preview", f"`{run_folder}` is a preview, which customers are not shown", hint=hint)]
        )
    with localcontext(DIGITS):
        before = _before(run, previous, least)
        page = PublicWriter(run, rules, reader, before, least).page()
        text = Pages(design).page("public.html.j2", reader, page=page)
    out.parent.mkdir(parents=True, exist_ok=True)
    place(text.encode(), out.parent, out.name)


def _reader(rules: Rules, code: str, design: Design) -> Language:
    """A language of pages. Raises InputProblems for one without words, and for every label that lacks it."""
    languages = Languages(code, design.words)
    refuse_language(rules, languages)
    return languages.language(code, rules.ruleset.currency)


def _before(run: Run, folders: Sequence[Path], least: int) -> list[Past]:
    """Earlier runs, the earliest first. Raises InputProblems for one of other rules or not before the next."""
    opened = sorted((Run.open(folder) for folder in folders), key=lambda each: str(each.summary["period_start"]))
    problems = []
    for each, following in zip(opened, [*opened, run][1:], strict=True):
        name = f"`{each.folder}`"
        if each.summary["rule_set"] != run.summary["rule_set"]:
            problems.append(Problem("other-rules", f"{name} was paid by other rules: `{each.summary['rule_set']}`"))
        elif each.summary["period_end"] >= following.summary["period_start"]:
            period, other = each.summary["period"], following.summary["period"]
            hint = "give one run of each earlier period"
            problems.append(Problem("not-earlier", f"{name} is of {period}, which is not before {other}", hint=hint))
    if problems:
        raise InputProblems(problems)
    return [past(each, rules_in(each.folder), least) for each in opened if each.folder is not None]
