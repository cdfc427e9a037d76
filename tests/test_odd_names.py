"""Columns may be called anything: the words that the package itself uses, braces, quotes, the names of other things.

A rule set names a column in fourteen places. Each run gives every place another odd name and must pay what the plain
names pay, to the cent, with the same rows held; or the rule set is refused, at the place of the name.
"""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

import incentive_engine
from incentive_engine.documents import read_text
from incentive_engine.engine.run import Run, recompute, run
from incentive_engine.errors import InputProblems, Problem
from incentive_engine.rulesets.loading import Rules, load_document

PACKAGE = Path(incentive_engine.__file__).parent
PERIOD = "2026-Q3"
_FORMULA_WORDS = {"AND", "OR", "NOT", "IN", "TRUE", "FALSE"}
PLAIN = {
    "adviser": "adviser", "day": "day", "queue": "queue", "unit": "unit", "fact": "fact", "answer": "answer",
    "grade": "grade", "goal": "goal", "share": "share", "office": "office", "solved": "solved",
    "part": "part", "twin": "twin", "trial": "trial",
}  # fmt: skip
IN_FORMULAS = ("office", "solved", "trial")
"""What stands in formulas is a name; all else can be any text."""
MEANT = {"payee", "team", "department", "base_salary", "fte", "hired", "left", "currency"}
"""Columns of the workforce that mean what they are called."""
RULES = """\
rule_set: odd
version: "1"
title: {en: Bonus}
decided: {by: The committee, on: 2025-12-11}
currency: EUR
timezone: Europe/Paris
sources:
  surveys: {path: surveys.csv, id: <fact>, payee: <adviser>, team: <queue>, department: <unit>, date: <day>,
            share: <part>}
  calls: {path: calls.csv, id: call no., payee: <adviser>, team: <queue>, date: <day>,
          set_aside: [{when: =trial=, because: {en: A trial}}, {same: [<twin>], within: 1, because: {en: Twice}}]}
assignments: {path: assignments.csv}
tables:
  goals: {path: goals.csv, keys: [<grade>]}
kpis:
  nps: {title: {en: NPS}, perspective: customer, better: higher, compute: {kind: nps, from: surveys, answer: <answer>}}
  fast: {title: {en: Fast}, perspective: customer, better: higher, compute: {kind: share, from: calls, where: =solved=}}
  cases: {title: {en: Cases}, perspective: internal, better: higher, compute: {kind: given}}
curves:
  points: {kind: linear, points: [[-100, 0%], [0, 100%], [100, 200%]], below: zero}
  ratio: {kind: linear, points: [[0%, 0%], [200%, 200%]], below: zero}
plans:
  adviser:
    title: {en: Adviser}
    pays: bonus
    who: =office= = "Paris" AND base_salary > 0
    eligible: =office= <> "Rome"
    target_pay: base_salary * 8% / 4
    scorecard:
      nps: {weight: {table: goals, column: <share>}, of: team, target: 0, attainment: difference, curve: points}
      fast: {weight: {table: goals, column: <share>}, of: payee, target: {table: goals, column: <goal>},
             attainment: ratio, curve: ratio, on_missing: department}
      cases: {weight: 0%, of: payee, target: 10, attainment: ratio, curve: ratio, on_missing: zero}
    gates: [{when: =office= = "Nice", of: payee, withhold: all, because: {en: Closed.}}]
    proration: {by: calendar_days}
"""
FILES = {
    "workforce": """\
payee,team,department,<grade>,=office=,base_salary,hired,left
A1,T1,D1,g1,Paris,30000,2020-01-01,
A2,T1,D1,g2,Paris,40000,2026-08-01,
A3,T2,D2,g2,,20000,2020-01-01,
A4,T2,D2,g3,Paris,20000,2020-01-01,
A5,T2,D2,g1,Lyon,20000,2020-01-01,
A6,T2,D2,g1,Paris,10000,2020-01-01,2026-09-15
A7,T2,D2,g3,Paris,20000,2020-01-01,
""",
    "kpis": "subject_kind,subject,kpi,period,value\npayee,A1,cases,2026-Q3,10\npayee,A9,cases,2026-Q3,10\n",
    "goals": "<grade>,<goal>,<share>\ng1,0.5,0.5\ng2,0.8,0.5\ng2,0.8,0.5\n",
    "surveys": """\
<fact>,<adviser>,<queue>,<unit>,<answer>,<day>,<part>
1,A1,,,10,2026-07-01,1
1,A1,,,10,2026-07-01,1
2,A2,T1,D2,7,2026-07-01,1
2,A2,T1,D2,6,2026-07-01,1
3,A2,,,9,2026-09-30,1
4,A4,,,3,2026-08-15,1
5,A9,t1,d1,3,2026-08-15,1
6,A6,T2,D2,11,2026-08-15,1
7,,T2,,8,2026-08-15,1
8,A1,,,7,2026-08-15,0.5
8,A4,,,7,2026-08-15,0.5
9,A1,,,7,2026-08-15,0.5
9,A4,,,7,2026-08-15,0.4
10,A1,,,7,2026-08-15,0.5
10,A4,,,7,2026-08-16,0.5
""",
    "assignments": """\
payee,from,to,team,department
A1,2026-01-01,2026-07-31,T2,D2
A1,2026-08-01,,T1,D1
A4,2026-08-15,,T2,D2
A5,2026-01-01,2026-07-31,t2,D2
""",
    "calls": """\
call no.,<adviser>,<queue>,=solved=,<day>,<twin>,=trial=
1,A1,T1,yes,2026-07-01,,no
2,A1,T1,no,2026-07-02,,
3,A2,,,2026-07-02,,no
4,A6,t2,yes,2026-07-02,,no
5,A4,,yes,2026-08-15,,no
6,A4,,yes,2026-07-02,,no
7,A4,,maybe,2026-07-02,,no
8,A1,T1,no,2026-07-03,,yes
9,A1,T1,yes,2026-07-03,c1,no
10,A1,T1,no,2026-07-04,c1,no
11,A1,T1,yes,2026-08-20,c1,no
""",
}
ODD = (
    "{}", "{0}", "agent {id}", "{", "}", "%s", "$1", "a`b", "it's", 'say "no"', "#", "a#b", "@", "q@payee.", "a.b",
    "nps.score", "literal", "len", "date d'appel", "n°", "été", "日付", "😀", "Null", "true", "no", "~", "1", "-1",
    "=1", "a, b", "a;b", "a: b", "[x]", "col(x)", "^a", "a$", "**", "\\d+",
    "payee's team", "subject:payee", "two  spaces",
)  # fmt: skip
REFUSED = ("*", "^.*$", " a", "a ", "a\0b", "days_employed", "period_end", "nps@team", "nps@team.n", "goals.x@table")
ALLOWED = {"reserved-name", "header-refused", "name-clash", "column-used-twice", "type-mismatch", "type-not-allowed",
           "no-payee-here", "kpi-not-allowed"}  # fmt: skip


def own_words() -> list[str]:
    """Every short text in the modules that handle columns: names that the package gives, and so may fall over."""
    texts = set()
    for folder in ("facts", "engine", "compiler", "exact", "kinds", "rulesets"):
        for file in sorted((PACKAGE / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    texts.add(node.value)
    return sorted(text for text in texts - MEANT if re.fullmatch(r"[^\s\0,](?:[^\n\0,]{0,22}[^\s\0,])?", text))


def quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"').replace("\0", "\\0") + '"'


def rules_with(names: Mapping[str, str]) -> str:
    text = RULES
    for place, name in names.items():
        text = text.replace(f"<{place}>", quoted(name)).replace(f"={place}=", name)
    return text


def written(folder: Path, names: Mapping[str, str]) -> Path:
    """The data with these headers."""
    folder.mkdir()
    for file, content in FILES.items():
        header, *rows = (line.split(",") for line in content.splitlines())
        named = [names.get(re.sub(r"^[<=](\w+)[>=]$", r"\1", cell), cell) for cell in header]
        with (folder / f"{file}.csv").open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([named, *rows])
    return folder


def loaded(names: Mapping[str, str]) -> Rules | tuple[Problem, ...]:
    try:
        return load_document(read_text(rules_with(names), "rules.yaml"))
    except InputProblems as refused:
        return refused.problems


def told(found: Run) -> tuple[object, ...]:
    """What must not depend on the names: amounts, contributions, results, tests, and what is held for which payee."""
    held = sorted(found.held.select("table", "payee", "code").rows(), key=str)
    return found.payouts.rows(), found.contributions.rows(), found.kpis.rows(), found.eligibility.rows(), held


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[object, ...]:
    rules = loaded(PLAIN)
    assert isinstance(rules, Rules), rules
    found = run(rules, written(tmp_path_factory.mktemp("plain") / "data", PLAIN), PERIOD)
    assert found.payouts.height == 3
    codes = {"unknown-payee", "unknown-team", "missing-who", "duplicate-row", "not-a-boolean",
             "contradicting-rows", "out-of-bounds", "missing-weight",
             "set-aside", "shares-not-100", "not-assigned", "misspelt-team", "gap-in-assignments"}  # fmt: skip
    assert codes <= set(found.held["code"])
    return told(found)


def dealt(words: list[str], turns: int) -> list[dict[str, str]]:
    """Each word in `turns` places, no two places with the same word; those that are names, in formulas too."""
    places = [place for place in PLAIN if place not in IN_FORMULAS]
    names = [word for word in words if word.isidentifier() and word.isascii() and word.upper() not in _FORMULA_WORDS]
    hands = []
    for number, start in enumerate(range(0, len(words), len(places))):
        hand = (words * 2)[start : start + len(places)]
        for turn in range(turns):
            at = number + turn
            hands.append(dict(zip(places, hand[at % len(hand) :] + hand[: at % len(hand)], strict=True)))
            if names:
                hands[-1] |= {place: names[(2 * at + which) % len(names)] for which, place in enumerate(IN_FORMULAS)}
    return [hand for hand in hands if len(set(hand.values())) == len(hand)]


def check_hand(hand: Mapping[str, str], plain: tuple[object, ...], folder: Path) -> None:
    """What is refused for its name is told where it stands; the rest pays as ever."""
    names = {**PLAIN, **hand}
    rules = loaded(names)
    if not isinstance(rules, Rules):
        assert {problem.code for problem in rules if problem.level == "error"} <= ALLOWED, rules
        assert all(problem.location for problem in rules)
        for place, name in hand.items():
            alone = {**PLAIN, place: name}
            if not isinstance(loaded(alone), Rules):
                names[place] = PLAIN[place]
        rules = loaded(names)
    assert isinstance(rules, Rules), rules
    found = run(rules, written(folder, names), PERIOD)
    assert told(found) == plain, names


def test_odd_headers_pay_what_plain_ones_pay(plain: tuple[object, ...], tmp_path: Path) -> None:
    for number, hand in enumerate(dealt(list(ODD), turns=3)):
        check_hand(hand, plain, tmp_path / str(number))


def test_own_words_are_no_other_headers(plain: tuple[object, ...], tmp_path: Path) -> None:
    for number, hand in enumerate(dealt([word for word in own_words() if re.fullmatch(r"[\w@#. ]+", word)], turns=1)):
        check_hand(hand, plain, tmp_path / str(number))


@pytest.mark.long
def test_own_texts_are_no_other_headers(plain: tuple[object, ...], tmp_path: Path) -> None:
    for number, hand in enumerate(dealt(own_words(), turns=4)):
        check_hand(hand, plain, tmp_path / str(number))


def test_odd_headers_come_back_from_the_run_folder(plain: tuple[object, ...], tmp_path: Path) -> None:
    for number, hand in enumerate(dealt(list(ODD), turns=1)):
        rules = loaded({**PLAIN, **hand})
        assert isinstance(rules, Rules), rules
        data = written(tmp_path / f"data{number}", {**PLAIN, **hand})
        run(rules, data, PERIOD, tmp_path / f"run{number}")
        assert told(recompute(tmp_path / f"run{number}")) == plain


def test_columns_called_like_words_of_the_language(plain: tuple[object, ...], tmp_path: Path) -> None:
    """`kpi` is a word in `keys` only; what the engine calls its own steps is anybody's name."""
    for number, name in enumerate(("kpi", "result", "test", "case", "number", "person", "subject", "period_x")):
        names = {**PLAIN, "office": name, "solved": name}
        rules = loaded(names)
        assert isinstance(rules, Rules), rules
        assert told(run(rules, written(tmp_path / str(number), names), PERIOD)) == plain


def test_tables_called_like_nodes(plain: tuple[object, ...], tmp_path: Path) -> None:
    """A table may be called like the plan's own node, or an item, with columns called like their scores."""
    for number, (table, column) in enumerate((("plan", "score"), ("nps", "score"), ("fast", "target"), ("cases", "n"))):
        names = {**PLAIN, "goal": column}
        text = rules_with(names).replace("  goals: {path: goals.csv", f"  {table}: {{path: goals.csv")
        rules = load_document(read_text(text.replace("table: goals", f"table: {table}"), "rules.yaml"))
        found = run(rules, written(tmp_path / str(number), names), PERIOD)
        assert told(found)[:4] == plain[:4]


def test_texts_with_braces_are_texts(plain: tuple[object, ...], tmp_path: Path) -> None:
    text = rules_with(PLAIN).replace('<> "Rome"', '<> "{lead} {} {"')
    found = run(load_document(read_text(text, "rules.yaml")), written(tmp_path / "data", PLAIN), PERIOD)
    assert told(found) == plain
    assert any('eligible: office <> "{lead} {} {"' in reason for reason in found.held["reason"])


@pytest.mark.parametrize("place", [place for place in PLAIN if place not in IN_FORMULAS])
def test_what_cannot_be_a_header_is_refused_where_it_stands(place: str) -> None:
    for name in REFUSED:
        found = loaded({**PLAIN, place: name})
        if not isinstance(found, Rules):
            assert {problem.code for problem in found if problem.level == "error"} <= ALLOWED
            line = next(number for number, text in enumerate(RULES.splitlines(), 1) if f"<{place}>" in text)
            assert min(problem.location.line for problem in found if problem.location) == line
        else:
            assert place != "grade"
            assert name in REFUSED[5:], f"{name!r} is no header of {place}"
