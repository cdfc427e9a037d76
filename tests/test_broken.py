"""What is wrong with an input is told where it is, with what to do about it, and everything at once.

`tests/broken/rules`: one rule set per mistake; the comments at its end say which problems come, and no others.
`tests/broken/data`: one folder per mistake, laid over the good `base`; its `expect` says which problems come, or which
rows and payees are held, and who is paid all the same.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

import incentive_engine
from incentive_engine.cli import main
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.rulesets.linting import lint

BROKEN = Path(__file__).parent / "broken"
RULES = sorted((BROKEN / "rules").glob("*.yaml"))
BASE = BROKEN / "data" / "base"
DATA = sorted(folder for folder in (BROKEN / "data").iterdir() if folder != BASE)
PERIOD = "2026-Q3"
TODAY = dt.date(2026, 7, 1)

_RULES_EXPECT = re.compile(r'# expect( warning)?: (\d+:\d+) ([A-Za-z0-9-]+)((?: "[^"]*")*)')
_QUOTED = re.compile(r'"([^"]*)"')


@dataclass(frozen=True)
class Expected:
    """One problem that must come: where, its code, and words of its message or hint."""

    level: str
    place: str
    code: str
    words: tuple[str, ...]

    def misses(self, problem: Problem, told: str) -> list[str]:
        """What of this the problem does not say."""
        found = (problem.level, told, problem.code)
        differing = [] if found == (self.level, self.place, self.code) else [f"{found} is not {self}"]
        text = f"{problem.message}\n{problem.hint or ''}"
        return differing + [f"{word!r} is not in {text!r}" for word in self.words if word not in text]


def compare(problems: list[Problem], expected: list[Expected], places: list[str]) -> None:
    listing = "\n".join(map(str, problems))
    assert len(problems) == len(expected), listing
    missed = [
        miss
        for each, problem, place in zip(expected, problems, places, strict=True)
        for miss in each.misses(problem, place)
    ]
    assert missed == [], listing


# --- rule sets --------------------------------------------------------------------------------------------------------


def expected_problems(path: Path) -> list[Expected]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    found = [_RULES_EXPECT.fullmatch(line) for line in lines if line.startswith("# expect")]
    assert found, "a broken rule set says what is expected of it"
    assert all(found), 'an expectation is written `# expect: LINE:COLUMN code "words"`'
    return [
        Expected("warning" if match[1] else "error", match[2], match[3], tuple(_QUOTED.findall(match[4])))
        for match in found
        if match
    ]


def problems_of(path: Path) -> list[Problem]:
    try:
        rules = incentive_engine.load(path)
    except InputProblems as found:
        return list(found.problems)
    asked = {each.code for each in expected_problems(path)}  # single measures, as these have, are cliffs
    linted = [each for each in lint(rules.linted, TODAY).problems if each.code in asked]
    return [*rules.warnings, *linted, *incentive_engine.check(rules)]


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_broken_rule_set_is_told_where_and_why(path: Path) -> None:
    problems = problems_of(path)
    assert {problem.location.file for problem in problems if problem.location} == {str(path)}
    places = [f"{problem.location.line}:{problem.location.column}" for problem in problems if problem.location]
    compare(problems, expected_problems(path), places)


def test_the_command_tells_the_same() -> None:
    """`incentive check` reads `file:line:col: error[CODE]: …`, and no traceback ever reaches anybody."""
    for path in RULES:
        result = CliRunner().invoke(main, ["check", str(path)])
        expected = expected_problems(path)
        told = [f"{path}:{each.place}: {each.level}[{each.code}]:" for each in expected]
        assert [line for line in told if line not in result.output] == [], result.output
        assert result.exit_code == any(each.level == "error" for each in expected), path
        assert result.exception is None or isinstance(result.exception, SystemExit), path


def test_there_are_many_ways_to_break_a_rule_set() -> None:
    assert len(RULES) >= 180
    assert len({expected.code for path in RULES for expected in expected_problems(path)}) >= 100


def test_unreadable_rule_set_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputProblems, match="there is no such file"):
        incentive_engine.load(tmp_path / "nowhere.yaml")


# --- data -------------------------------------------------------------------------------------------------------------

_PROBLEM = re.compile(r'problem (\S+) ([a-z0-9-]+)((?: "[^"]*")*)')
_HELD = re.compile(r'held (\S+) "([^"]*)" ([a-z0-9-]+)((?: "[^"]*")*)')


@dataclass(frozen=True)
class ExpectedRun:
    """What must come of a run over broken data: problems, or held rows and who is paid."""

    problems: list[Expected]
    held: list[tuple[str, str, str, tuple[str, ...]]]
    paid: list[str] | None

    @classmethod
    def read(cls, path: Path) -> ExpectedRun:
        problems, held, paid = [], [], None
        for line in path.read_text(encoding="utf-8").splitlines():
            if match := _PROBLEM.fullmatch(line):
                problems.append(Expected("error", match[1], match[2], tuple(_QUOTED.findall(match[3]))))
            elif match := _HELD.fullmatch(line):
                held.append((match[1], match[2], match[3], tuple(_QUOTED.findall(match[4]))))
            elif line.startswith("paid"):
                paid = line.split()[1:]
            else:
                assert line.startswith("#"), f"not an expectation: {line}"
        return cls(problems, held, paid)


def laid_over_base(case: Path, folder: Path) -> Path:
    """The good input with the files of the case instead of those of the same table."""
    shutil.copytree(BASE, folder)
    for file in case.iterdir():
        for same in folder.glob(f"{file.stem}.*"):
            same.unlink()
        if file.stem != "expect" and not file.name.endswith(".absent"):
            shutil.copy(file, folder / file.name)
    return folder


@pytest.mark.parametrize("case", DATA, ids=lambda case: case.name)
def test_broken_data_is_told_or_held(case: Path, tmp_path: Path) -> None:
    expected = ExpectedRun.read(case / "expect")
    folder = laid_over_base(case, tmp_path / "input")
    rules = incentive_engine.load(folder / "rules.yaml")
    if expected.problems:
        with pytest.raises(InputProblems) as raised:
            incentive_engine.run(rules, folder, PERIOD)
        problems = list(raised.value.problems)
        assert all(problem.location for problem in problems)
        compare(problems, expected.problems, [str(each.location).removeprefix(f"{folder}/") for each in problems])
        return
    run = incentive_engine.run(rules, folder, PERIOD)
    held = run.held.sort("table", "key", "code").to_dicts()
    assert [(row["table"], row["key"], row["code"]) for row in held] == [each[:3] for each in expected.held]
    for row, (*_, words) in zip(held, expected.held, strict=True):
        assert [word for word in words if word not in row["reason"]] == []
    assert sorted(run.payouts["payee"]) == expected.paid


def test_there_are_many_ways_to_break_data() -> None:
    assert len(DATA) >= 40


def test_base_is_not_broken(tmp_path: Path) -> None:
    rules = incentive_engine.load(BASE / "rules.yaml")
    run = incentive_engine.run(rules, BASE, PERIOD)
    assert run.held.is_empty()
    assert sorted(run.payouts["payee"]) == ["A1", "A2", "A3", "C1"]


def test_link_out_of_the_data_folder_is_refused(tmp_path: Path) -> None:
    folder = laid_over_base(BASE, tmp_path / "input")
    outside = tmp_path / "answers.csv"
    shutil.move(folder / "answers.csv", outside)
    (folder / "answers.csv").symlink_to(outside)
    with pytest.raises(InputProblems) as raised:
        incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder, PERIOD)
    (problem,) = raised.value.problems
    assert (problem.code, problem.location and problem.location.line) == ("path-refused", 12)
    assert "outside the data folder" in problem.message
