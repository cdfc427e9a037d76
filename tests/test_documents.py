"""Reading YAML: what a scalar means, where everything is, and every way in which a document can be wrong."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

# pydantic publishes no list of its errors; should it move, this import says so.
from pydantic_core._pydantic_core import list_all_errors

from incentive_engine.documents import declare, read_document, read_text
from incentive_engine.errors import InputProblems
from incentive_engine.mistakes.words import NOUNS, SENTENCES


def told(text: str, model: type[BaseModel] | None = None, renamed: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(InputProblems) as raised:
        declare(read_text(text, "f"), model or BaseModel, renamed or {})
    return [str(problem).removeprefix("f:") for problem in raised.value.problems]


# --- scalars ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("35", Decimal(35)),
        ("-2", Decimal(-2)),
        ("1250.50", Decimal("1250.50")),
        ("0.1", Decimal("0.1")),
        ("1e3", Decimal("1E+3")),
        ("1.5E-2", Decimal("0.015")),
        ("35%", Decimal("0.35")),
        ("-0.5%", Decimal("-0.005")),
        ("33.333333333333333333333333333333333333%", Decimal("0.33333333333333333333333333333333333333")),
        ("0", Decimal(0)),
        ("true", True),
        ("false", False),
        ("", None),
        ("~", None),
        ("null", None),
        ("010", "010"),
        ("007.5", "007.5"),
        ("1_000", "1_000"),
        ("+5", "+5"),
        (".5", ".5"),
        ("5.", "5."),
        ("0x1F", "0x1F"),
        ("1,5", "1,5"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("True", "True"),
        ("Null", "Null"),
        ("12:30", "12:30"),
        ("2026-01-31", "2026-01-31"),
        ("2026-Q3", "2026-Q3"),
        ('"35"', "35"),
        ("'true'", "true"),
        ('""', ""),
        ("'~'", "~"),
        ("|\n  35\n", "35\n"),
    ],
)
def test_scalars_have_our_own_rules(written: str, value: object) -> None:
    found = read_text(f"key: {written}", "f").data["key"]
    assert (found, type(found), str(found)) == (value, type(value), str(value))


@pytest.mark.parametrize(
    "written",
    [
        "1e39",
        "1e-39",
        "1e9999999",
        "0e9999999",
        "+1e99999999",
        ".5e99999999",
        "9" * 39,
        "0." + "0" * 38 + "1",
        "1e" + "9" * 50,
    ],
)
def test_numbers_that_fit_no_arithmetic_are_refused_where_they_are_written(written: str) -> None:
    with pytest.raises(InputProblems) as refused:
        read_text(f"a: 1\nkey: [2, {written}]", "f")
    (problem,) = refused.value.problems
    assert (problem.code, str(problem.location)) == ("too-large-number", "f:2:10")
    assert read_text(f"key: '{written}'", "f").data["key"] == written


def test_numbers_of_38_digits_are_read() -> None:
    for written in ("9" * 38, "-1e38", "1e-38", "1" + "0" * 38, "000012", "0." + "0" * 37 + "1"):
        read_text(f"key: {written}", "f")


def test_keys_are_always_text() -> None:
    assert read_text("2026: a\nNO: b\n35%: c\n~: d\n", "f").data == {"2026": "a", "NO": "b", "35%": "c", "~": "d"}


# --- places ----------------------------------------------------------------------------------------------------------

TEXT = """\
# a comment
título: "é 😀"   # another
plans:
  adviser:
    who: department = "Care" AND
      role = "Adviser"
    points: [[80%, 50%],
             [100%, 1]]
    long: >-
      one
      two

      three
    single: 'it''s'
    double: "a\\tb\\u00e9c \\
      d"
    empty:
"""


def place(path: tuple[str | int, ...], key: bool = False) -> str:
    document = read_text(TEXT, "f")
    return str(document.key_at(path) if key else document.at(path))


@pytest.mark.parametrize(
    ("path", "at", "key_at"),
    [
        ((), "f:2:1", "f:2:1"),
        (("título",), "f:2:9", "f:2:1"),
        (("plans",), "f:4:3", "f:3:1"),
        (("plans", "adviser", "who"), "f:5:10", "f:5:5"),
        (("plans", "adviser", "points"), "f:7:13", "f:7:5"),
        (("plans", "adviser", "points", 1), "f:8:14", "f:8:14"),
        (("plans", "adviser", "points", 1, 1), "f:8:21", "f:8:21"),
        (("plans", "adviser", "empty"), "f:17:11", "f:17:5"),
        (("plans", "adviser", "unknown", "deep"), "f:5:5", "f:4:3"),
        (("plans", "adviser", "points", 9), "f:7:13", "f:7:5"),
    ],
)
def test_every_value_and_key_has_its_place(path: tuple[str | int, ...], at: str, key_at: str) -> None:
    assert (place(path), place(path, key=True)) == (at, key_at)


@pytest.mark.parametrize(
    ("key", "part", "expected"),
    [
        ("who", "department", "f:5:10"),
        ("who", '"Care"', "f:5:23"),
        ("who", "role", "f:6:7"),
        ("who", '"Adviser"', "f:6:14"),
        ("long", "two", "f:11:7"),
        ("long", "three", "f:13:7"),
        ("single", "it", "f:14:14"),
        ("single", "'s", "f:14:16"),
        ("single", "s", "f:14:18"),
        ("double", "b", "f:15:17"),
        ("double", "c", "f:15:24"),
        ("double", "d", "f:16:7"),
    ],
)
def test_a_character_inside_a_value_has_its_place(key: str, part: str, expected: str) -> None:
    document = read_text(TEXT, "f")
    value = document.data["plans"]["adviser"][key]
    assert str(document.inside(("plans", "adviser", key), value.index(part))) == expected


def test_the_end_of_a_value_is_behind_its_last_character() -> None:
    assert str(read_text("who: a +   # more\n", "f").inside(("who",), 3)) == "f:1:9"
    assert str(read_text("who: 'a +'\n", "f").inside(("who",), 3)) == "f:1:10"
    assert str(read_text("who: 5\n", "f").inside(("who",), 3)) == "f:1:6"


def test_windows_line_ends_and_byte_order_marks_move_nothing(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb:\r\n  c: x\r\n")
    document = read_document(file, "rules.yaml")
    assert document.data == {"a": Decimal(1), "b": {"c": "x"}}
    assert str(document.at(("b", "c"))) == "rules.yaml:3:6"


LETTERS = st.text(st.sampled_from("abé😀 :#'\"\\\n\t[]{}%&*!-1"), max_size=40)
DATA = st.recursive(
    LETTERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcé", min_size=1, max_size=3), inner),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text("abc", min_size=1), DATA, min_size=1), st.booleans(), st.integers(15, 80))
def test_what_yaml_writes_is_read_back_and_found(data: dict[str, Any], flow: bool, width: int) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow, width=width, allow_unicode=True, default_style='"')
    document = read_text(text, "f")
    assert document.data == data
    lines = text.split("\n")

    def look(value: object, path: tuple[str | int, ...]) -> None:
        if isinstance(value, str):
            for offset, character in enumerate(value):
                where = document.inside(path, offset)
                if character.isalnum():
                    assert lines[where.line - 1][where.column - 1] in (character, "\\")
        else:
            for part, inner in value.items() if isinstance(value, dict) else enumerate(value):  # type: ignore[arg-type]
                look(inner, (*path, part))

    look(document.data, ())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text("ab é", min_size=1, max_size=12), min_size=1, max_size=5), st.sampled_from("|>"))
def test_characters_of_block_texts_are_found(lines: list[str], style: str) -> None:
    text = f"key: {style}\n" + "".join(f"  {'x' + line}\n" for line in lines)
    document = read_text(text, "f")
    source = text.split("\n")
    for offset, character in enumerate(document.data["key"]):
        where = document.inside(("key",), offset)
        if not character.isspace():
            assert source[where.line - 1][where.column - 1] == character


# --- what is not a document ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: error[empty-file]: this file is empty"),
        ("# only a comment\n", "1:1: error[empty-file]: this file is empty"),
        ("a: 1\nb: 2\na: 3\n",
         "3:1: error[repeated-key]: `a` is written twice here\n  hint: the first one is on line 1: keep one of them"),
        ("a: *b", "1:4: error[alias-refused]: `*b` repeats another part of the file, which is not allowed\n"
         "  hint: write the value here again, or name it once under its own key"),
        ("a: &b 1", "1:4: error[alias-refused]: `&b` marks a part to be repeated, which is not allowed\n"
         "  hint: delete `&b`; if the text begins with `&`, put it in quotes"),
        ("a:\n  <<: {b: 1}\n",
         "2:3: error[alias-refused]: `<<` merges another part of the file, which is not allowed\n"
         "  hint: write the keys here again"),
        ("a: !!python/object:os.system {}",
         "1:4: error[tag-refused]: text that begins with `!` is a YAML tag, which is not allowed\n"
         "  hint: delete the tag; if the text begins with `!`, put it in quotes"),
        ("[a, b]: 1", "1:1: error[syntax]: a list or a mapping cannot be a key\n"
         "  hint: write a name before the colon"),
        (": 1", "1:1: error[syntax]: the name before the colon is missing"),
        ("a:\n\tb: 1", "2:1: error[syntax]: this line is indented with a tab\n  hint: indent with spaces"),
        ("a: 1\n\tb: 2", "2:1: error[syntax]: this line is indented with a tab\n  hint: indent with spaces"),
        ("a: @b", "1:4: error[syntax]: text cannot begin with `@`\n  hint: put it in quotes"),
        ("a: `b`", "1:4: error[syntax]: text cannot begin with ```\n  hint: put it in quotes"),
        ('a: "b\nc: 1\n', "1:4: error[syntax]: the quotes opened here are not closed"),
        ('who: "Care" = x', "1:13: error[syntax]: this stands after the closing quote\n"
         "  hint: put the whole value in quotes of the other kind: '\"Care\" = x'"),
        ("a: b: c", "1:5: error[syntax]: this `:` begins a second key on one line\n"
         '  hint: put text that contains ": " in quotes'),
        ("a:\n  weight:30%\n  of: team\n", "2:9: error[syntax]: a space is missing after this `:`\n"
         "  hint: write `key: value`"),
        ("a\nb: 1\n", "1:1: error[syntax]: this line has no `:` after its key\n  hint: write `key: value`"),
        ("a: 1\n  b: 2\n", "2:3: error[syntax]: this key is indented under a line that has a value already\n"
         "  hint: indent it like the line above, or take the value above away"),
        ("a:\n  b: 1\n c: 2\n", "3:2: error[syntax]: this line does not fit under the lines above it\n"
         "  hint: indent it with as many spaces as the keys that it belongs to"),
        ("a: [1, 2\nb: 3\n", "1:4: error[syntax]: the `[` opened here is not closed\n  hint: add a `]`"),
        ("a: {b: 1\n", "1:4: error[syntax]: the `{` opened here is not closed\n  hint: add a `}`"),
        ("a: {b: 1]\n", "1:9: error[syntax]: a `,` or the closing `}` is missing before this\n"
         "  hint: put text that contains a comma, a colon, a quote or a bracket in quotes"),
        ("a: - b", "1:4: error[syntax]: a list that uses `- ` begins on a line of its own\n"
         "  hint: start a new line before `- `, or write [a, b]"),
        ("- a\nb: 1\n", "2:1: error[syntax]: this line is not another item of the list above\n"
         "  hint: begin it with `- `, or indent it like the keys that it belongs to"),
        ('a: "\\q"', "1:5: error[syntax]: after `\\` inside double quotes, this character means nothing\n"
         "  hint: use single quotes, or write `\\\\`"),
        ("%x\na: 1", "1:1: error[syntax]: a line that begins with `%` is not allowed\n"
         "  hint: put text that begins with `%` in quotes"),
        ("a: 1\n---\nb: 2\n", "2:1: error[syntax]: a second document starts here: a file holds one\n"
         "  hint: delete the line `---` or move what follows to a file of its own"),
        ("a: 1\n...\nb\n", "3:1: error[syntax]: the document has ended before this line\n"
         "  hint: delete the line `...`"),
        ("a: x\x00", "1:5: error[syntax]: the invisible character U+0000 is not allowed\n  hint: delete it"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_where_it_is(text: str, expected: str) -> None:
    assert told(text) == [expected]


def test_all_that_is_wrong_with_a_text_comes_together() -> None:
    text = "a: &x 1\nb: *x\nb: !t 2\nc: {<<: 1, d: 1, d: 2}\ne: [1\n"
    assert [problem.split("]")[0] for problem in told(text)] == [
        "1:4: error[alias-refused",
        "2:4: error[alias-refused",
        "3:1: error[repeated-key",
        "3:4: error[tag-refused",
        "4:5: error[alias-refused",
        "4:18: error[repeated-key",
        "5:4: error[syntax",
    ]


def test_depth_and_size_have_an_end() -> None:
    assert read_text("a: " + "[" * 59 + "]" * 59, "f").data
    for deep in (60, 5_000, 200_000):
        assert told("a: " + "[" * deep + "]" * deep) == [
            "1:63: error[too-deep]: this is nested more than 60 levels deep"
        ]
    with pytest.raises(InputProblems, match="too-large"):
        read_text("a" * 5_000_001, "f")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("a: 1\ntitle: Réclamations".encode("cp1252"))
    with pytest.raises(InputProblems) as raised:
        read_document(latin, "latin.yaml")
    assert str(raised.value) == (
        "latin.yaml:2:9: error[not-utf8]: this character is not written in UTF-8\n"
        "  hint: save the file with the encoding UTF-8"
    )
    with pytest.raises(InputProblems) as raised:
        read_document(tmp_path / "none.yaml", "none.yaml")
    assert str(raised.value) == "error[unreadable]: `none.yaml` cannot be read: there is no such file"
    with pytest.raises(InputProblems, match="unreadable"):
        read_document(tmp_path)
    large = tmp_path / "large.yaml"
    large.write_bytes(b"a" * 5_000_001)
    with pytest.raises(InputProblems, match="too-large"):
        read_document(large)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab: -[]{},&*!|>'\"%@`#?~<\n\t\u2028é1"), max_size=30))
def test_any_text_is_a_document_or_has_problems_inside_it(text: str) -> None:
    try:
        document = read_text(text, "f")
    except InputProblems as error:
        lines = text.split("\n")
        for problem in error.problems:
            assert problem.location is not None
            assert problem.location.line <= len(lines)
            assert problem.location.column <= len(lines[problem.location.line - 1]) + 1
    else:
        assert document.at(()) >= document.key_at(())


# --- what is not the model -------------------------------------------------------------------------------------------


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Linear(Frozen):
    kind: Literal["linear"]
    points: Annotated[tuple[tuple[Decimal, Decimal], ...], Field(min_length=2)] = Field(
        description="attainment and rate of each corner"
    )
    below: Literal["flat", "zero"] = "flat"


class Stepped(Frozen):
    kind: Literal["stepped"]
    tiers: dict[str, Decimal] = {}


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


def not_thirteen(value: int) -> int:
    if value == 13:
        raise ValueError("thirteen brings bad luck")
    return value


class Factor(Frozen):
    factor: Decimal
    because: str = ""


class Share(Frozen):
    share: Decimal


class Leaf(Frozen):
    of: str
    curve: str
    weight: Decimal = Decimal(1)


class Branch(Frozen):
    items: dict[str, Node]
    combine: str = ""


Node = Annotated[
    Annotated[Branch, Tag("branch")] | Annotated[Leaf, Tag("leaf")],
    Discriminator(lambda value: "branch" if "items" in value else "leaf"),
]
Step = Annotated[
    Annotated[Factor, Tag("factor")] | Annotated[Share, Tag("share")],
    Discriminator(lambda value: "share" if "share" in value else "factor"),
]


class Plan(Frozen):
    title: str = ""
    weight: Decimal = Field(default=Decimal(1), ge=0, le=1, description="the share of its group")
    month: Annotated[int, AfterValidator(not_thirteen)] = 1
    since: dt.date | None = None
    decided: bool = False
    curve: Annotated[Linear | Stepped, Field(discriminator="kind")] | None = None
    target: Decimal | Stepped | None = None
    many: tuple[Decimal | Literal["all"], ...] = ()
    colour: Colour = Colour.RED
    names: dict[str, str] = {}
    code: str = Field(default="a", pattern="^[a-z]+$", max_length=5)
    source: str = Field(default="", alias="from")
    steps: tuple[Step, ...] = ()
    tree: Node | None = None
    parts: dict[Annotated[str, Field(pattern="^[a-z]+$")], Factor] = {}
    label: dict[Annotated[str, Field(pattern="^[a-z]{2}$")], str] = Field(default={}, description="by language")

    @model_validator(mode="after")
    def _weighed(self) -> Plan:
        if self.title == "heavy":
            raise PydanticCustomError(
                "too-heavy", "`title` weighs {what}", {"what": "a ton", "hint": "eat", "at": ("title",)}
            )
        if self.title == "inside":
            raise PydanticCustomError("bad_letter", "no `s` please", {"offset": 2, "at": ("title",)})
        return self


class Book(Frozen):
    version: str
    plans: dict[str, Plan] = {}


def planned(text: str) -> list[str]:
    return told(text, Plan)


def test_a_right_document_becomes_the_model() -> None:
    text = "title: A\nweight: 35%\nmonth: 04\nsince: 2026-01-31\ntarget: 45\nmany: [1, all]\ncolour: blue\nfrom: x\n"
    plan = declare(read_text(text, "f"), Plan)
    assert (plan.title, plan.weight, plan.month, plan.since) == ("A", Decimal("0.35"), 4, dt.date(2026, 1, 31))
    assert (plan.target, plan.many, plan.colour, plan.source) == (Decimal(45), (Decimal(1), "all"), Colour.BLUE, "x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # keys
        ("weigth: 1",
         "1:1: error[unknown-key]: `weigth` is not a key that is known here\n  hint: did you mean `weight`?"),
        ("names: {}\nzzz: 1",
         "2:1: error[unknown-key]: `zzz` is not a key that is known here\n  hint: the keys here are `code`, `colour`, "
         "`curve`, `decided`, `from`, `label`, `many`, `month`, `names`, `parts`, `since`, `steps`, "
         "`target`, `title`, `tree` and `weight`"),
        ("curve: {kind: stepped, points: []}",
         "1:24: error[unknown-key]: `points` is not a key that is known here\n  hint: it belongs to the kind `linear`"),
        ("curve:\n  kind: linear",
         "1:1: error[missing-key]: `points` is missing in `curve`\n"
         "  hint: `points`: attainment and rate of each corner"),
        # a misspelt key is not missing as well
        ("curve: {kind: linear, pionts: []}",
         "1:23: error[unknown-key]: `pionts` is not a key that is known here\n  hint: did you mean `points`?"),
        # kinds
        ("curve: {kind: lineer, points: 1}",
         "1:15: error[unknown-kind]: there is no kind `lineer` for `curve`: it is one of `linear` or `stepped`\n"
         "  hint: did you mean `linear`?"),
        ("curve: {points: 1}",
         "1:1: error[missing-key]: `kind` is missing in `curve`\n  hint: it is one of `linear` or `stepped`"),
        ("curve: 7", "1:8: error[wrong-type]: `curve` must be a mapping, not the number `7`\n"
         "  hint: write `key: value` lines, indented under it"),
        ("curve: {kind: [linear]}", "1:15: error[wrong-type]: `kind` must be `linear` or `stepped`, not a list"),
        ("curve: linear", "1:8: error[wrong-type]: `curve` must be a mapping, not the text `linear`\n"
         "  hint: write `key: value` lines, indented under it"),
        # the union's tag is not a place; an item that fails is not missing
        ("curve: {kind: linear, points: [[1, x], [2, 3]]}",
         "1:36: error[wrong-type]: item 2 of item 1 of `points` must be a number, not the text `x`"),
        ("curve: {kind: linear, points: [[1, 2], [3]]}",
         "1:40: error[too-few]: item 2 of `points` lacks its item 2"),
        ("curve: {kind: linear, points: [[1, 2]]}",
         "1:31: error[too-few]: `points` needs at least 2 items, not 1\n"
         "  hint: `points`: attainment and rate of each corner"),
        ("curve: {kind: linear, points: [[1, 2], [3, 4, 5]]}",
         "1:40: error[too-many]: item 2 of `points` takes at most 2 items, not 3"),
        # under keys that follow a pattern
        ("parts: {a: {fakctor: 1}}",
         "1:13: error[unknown-key]: `fakctor` is not a key that is known here\n  hint: did you mean `factor`?"),
        # kinds that are told apart by their keys: the tag is spelled like a key
        ("steps: [{factor: x}]", "1:18: error[wrong-type]: `factor` must be a number, not the text `x`"),
        ("steps: [{factor: 1, because: 2}]",
         '1:30: error[wrong-type]: `because` must be text, not the number `2`\n  hint: put it in quotes: "2"'),
        ("steps: [{factor: 1, becuase: b}]",
         "1:21: error[unknown-key]: `becuase` is not a key that is known here\n  hint: did you mean `because`?"),
        ("steps: [{because: b}]", "1:9: error[missing-key]: `factor` is missing in item 1 of `steps`"),
        # a misspelt key does not turn a group into a measure
        ("tree: {itmes: {}, combine: sum}",
         "1:8: error[unknown-key]: `itmes` is not a key that is known here\n  hint: did you mean `items`?"),
        ("tree: {items: {a: {of: x, cruve: y}}}",
         "1:27: error[unknown-key]: `cruve` is not a key that is known here\n  hint: did you mean `curve`?"),
        ("tree: {items: {a: {of: x, curve: y}}, weight: 1}",
         "1:39: error[unknown-key]: `weight` is not a key that is known here\n"
         "  hint: the keys here are `combine` and `items`"),
        ("label: {english: a}", "1:9: error[wrong-key]: `english` cannot be a key of `label`\n"
         "  hint: `label`: by language"),
        # words
        ("curve: {kind: linear, points: [[1, 2], [3, 4]], below: flatt}",
         "1:56: error[unknown-value]: `below` must be one of `flat` or `zero`, not the text `flatt`\n"
         "  hint: did you mean `flat`?"),
        ("colour: 5", "1:9: error[unknown-value]: `colour` must be one of `red` or `blue`, not the number `5`"),
        # types
        ("weight: heavy", "1:9: error[wrong-type]: `weight` must be a number, not the text `heavy`\n"
         "  hint: `weight`: the share of its group"),
        ('weight: "35%"', '1:9: error[wrong-type]: `weight` must be a number, not the text `"35%"`\n'
         "  hint: write 35%, without quotes"),
        ("weight: 0,5", "1:9: error[wrong-type]: `weight` must be a number, not the text `0,5`\n  hint: write 0.5"),
        ("weight: 35 %", "1:9: error[wrong-type]: `weight` must be a number, not the text `35 %`\n  hint: write 35%"),
        ("weight: .nan", "1:9: error[wrong-type]: `weight` must be a number, not the text `.nan`\n"
         "  hint: `weight`: the share of its group"),
        ("weight: true", "1:9: error[wrong-type]: `weight` must be a number, not `true`\n"
         "  hint: `weight`: the share of its group"),
        ("weight:", "1:8: error[wrong-type]: `weight` must be a number, but nothing is written\n"
         "  hint: `weight`: the share of its group"),
        ("weight:\n  a: 1\n", "1:1: error[wrong-type]: `weight` must be a number, not a mapping\n"
         "  hint: `weight`: the share of its group"),
        ("month: 1.5", "1:8: error[wrong-type]: `month` must be a whole number, not the number `1.5`"),
        ("month: 150%", "1:8: error[wrong-type]: `month` must be a whole number, not the number `150%`"),
        ("title: 2026.30", '1:8: error[wrong-type]: `title` must be text, not the number `2026.30`\n'
         '  hint: put it in quotes: "2026.30"'),
        ("title: true", '1:8: error[wrong-type]: `title` must be text, not `true`\n  hint: put it in quotes: "true"'),
        ("names: [a]", "1:8: error[wrong-type]: `names` must be a mapping, not a list\n"
         "  hint: write `key: value` lines, indented under it"),
        ("many: 5", "1:7: error[wrong-type]: `many` must be a list, not the number `5`\n"
         "  hint: write its items in brackets, [a, b], or on lines that begin with `- `"),
        ("decided: maybe", "1:10: error[wrong-type]: `decided` must be `true` or `false`, not the text `maybe`\n"
         "  hint: write true or false, without quotes"),
        ("since: 2025-02-30", "1:8: error[not-a-date]: `since` must be a date, but there is no day 2025-02-30\n"
         "  hint: write the year, the month and the day: 2026-01-31"),
        ("since: 31/01/2026", "1:8: error[not-a-date]: `since` must be a date, not the text `31/01/2026`\n"
         "  hint: write the year, the month and the day: 2026-01-31"),
        # unions without kinds: one sentence, or the branch that was meant
        ("target: x", "1:9: error[wrong-type]: `target` must be a number or a mapping, not the text `x`"),
        ("target: {kind: stepped, tiers: {a: x}}", "1:36: error[wrong-type]: `a` must be a number, not the text `x`"),
        ("many: [1, al]", "1:11: error[wrong-type]: item 2 of `many` must be a number or `all`, not the text `al`"),
        # values
        ("weight: 120%", "1:9: error[out-of-range]: `weight` must be at most 1, not the number `120%`\n"
         "  hint: `weight`: the share of its group"),
        ("weight: -1", "1:9: error[out-of-range]: `weight` must be at least 0, not the number `-1`\n"
         "  hint: `weight`: the share of its group"),
        ("month: 13", "1:8: error[wrong-value]: thirteen brings bad luck"),
        ("code: A", "1:7: error[wrong-text]: `code` cannot be the text `A`"),
        ("code: abcdef", "1:7: error[wrong-text]: `code` must have at most 5 characters"),
        # validators of the project
        ("title: heavy", "1:8: error[too-heavy]: `title` weighs a ton\n  hint: eat"),
        ("title: 'inside'", "1:11: error[bad-letter]: no `s` please"),
        # what pydantic would have taken
        ('weight: "1"', '1:9: error[wrong-type]: `weight` must be a number, not the text `"1"`\n'
         "  hint: write 1, without quotes"),
        ('month: "4"', '1:8: error[wrong-type]: `month` must be a whole number, not the text `"4"`\n'
         "  hint: write 4, without quotes"),
        ("month: true", "1:8: error[wrong-type]: `month` must be a whole number, not `true`"),
        ("decided: yes", "1:10: error[wrong-type]: `decided` must be `true` or `false`, not the text `yes`\n"
         "  hint: write true or false, without quotes"),
        ("decided: 1", "1:10: error[wrong-type]: `decided` must be `true` or `false`, not the number `1`\n"
         "  hint: write true or false, without quotes"),
        ("since: 2025-12-11T00:00:00",
         "1:8: error[not-a-date]: `since` must be a date, not the text `2025-12-11T00:00:00`\n"
         "  hint: write the year, the month and the day: 2026-01-31"),
        ('curve: {kind: linear, points: [["1", 2], [3, 4]]}',
         '1:33: error[wrong-type]: item 1 of item 1 of `points` must be a number, not the text `"1"`\n'
         "  hint: write 1, without quotes"),
        # the whole document
        ("[1]", "1:1: error[wrong-type]: the document must be a mapping, not a list\n"
         "  hint: write `key: value` lines, indented under it"),
        ("weight:1", "1:1: error[wrong-type]: the document must be a mapping, not the text `weight:1`\n"
         "  hint: write `key: value` lines, indented under it"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_model_is_told_once_and_kindly(text: str, expected: str) -> None:
    assert planned(text) == [expected]


def test_a_key_that_is_spelled_like_its_kind_is_still_a_place() -> None:
    assert planned("curve: {kind: stepped, stepped: 1, tiers: {a: x}}") == [
        "1:24: error[unknown-key]: `stepped` is not a key that is known here\n"
        "  hint: the keys here are `kind` and `tiers`",
        "1:47: error[wrong-type]: `a` must be a number, not the text `x`",
    ]


def test_all_that_is_wrong_with_a_document_comes_together_in_its_order() -> None:
    text = "plans:\n  a: {weight: x, curve: {kind: q}}\n  b:\n    month: 13\n    titel: 1\nverison: '1'\n"
    assert [problem.split(":")[:3] for problem in told(text, Book)] == [
        ["2", "15", " error[wrong-type]"],
        ["2", "32", " error[unknown-kind]"],
        ["4", "12", " error[wrong-value]"],
        ["5", "5", " error[unknown-key]"],
        ["6", "1", " error[unknown-key]"],
    ]
    assert told("plans: {}", Book) == ["1:1: error[missing-key]: `version` is missing"]


def test_renamed_keys_say_their_new_name() -> None:
    renamed = {"gewicht": "weight in 0.4", "titel": "title"}
    assert told("gewicht: 1\ntitel: x\n", Plan, renamed) == [
        "1:1: error[unknown-key]: `gewicht` is not a key that is known here\n  hint: it was renamed to `weight` in 0.4",
        "2:1: error[unknown-key]: `titel` is not a key that is known here\n  hint: it was renamed to `title`",
    ]


def test_every_error_of_pydantic_has_words() -> None:
    """What is named here cannot come from YAML, is told apart by its own code, or is dropped as a follow-up."""
    own_code = {
        "missing", "extra_forbidden", "union_tag_invalid", "union_tag_not_found", "literal_error", "enum",
        "value_error", "assertion_error", "default_factory_not_called",
    }  # fmt: skip
    not_from_yaml = {
        "no_such_attribute", "needs_python_object", "frozen_field", "frozen_instance", "get_attribute_error",
        "iteration_error", "missing_sentinel_error", "ellipsis_error", "is_instance_of", "is_subclass_of",
        "callable_type", "missing_argument", "unexpected_keyword_argument", "missing_keyword_only_argument",
        "unexpected_positional_argument", "missing_positional_only_argument", "multiple_argument_values",
    }  # fmt: skip
    known = {error["type"] for error in list_all_errors()}
    assert known - own_code - not_from_yaml - NOUNS.keys() - SENTENCES.keys() == set()
    assert (NOUNS.keys() | SENTENCES.keys()) - known == set()
