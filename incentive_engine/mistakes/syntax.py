"""Why a text is not YAML, in our words and at the place where a reader has to change it.

libyaml names what it met, not what was meant, and often far behind it: the text around tells more. Each answer is the
index of a character, what is wrong there, and what to write instead.
"""

from __future__ import annotations

import re
from typing import TypeAlias

import yaml

Telling: TypeAlias = tuple[int, str, str | None]

_SAYINGS: tuple[tuple[str, str, str | None], ...] = (
    ("block sequence entries", "a list that uses `- ` begins on a line of its own",
     "start a new line before `- `, or write [a, b]"),
    ("mapping keys are not allowed", "`? ` is not allowed here", "put text that begins with `?` in quotes"),
    ("tab character", "this line is indented with a tab", "indent with spaces"),
    ("expected '-' indicator", "this line is not another item of the list above",
     "begin it with `- `, or indent it like the keys that it belongs to"),
    ("expected node content", "a value is missing here", None),
    ("unknown escape character", "after `\\` inside double quotes, this character means nothing",
     "use single quotes, or write `\\\\`"),
    ("expected <document start>", "the document has ended before this line", "delete the line `...`"),
    ("expected comment or line break", "only a comment may follow `|` or `>`",
     "put text that begins with `|` or `>` in quotes"),
    ("undefined tag handle", "text that begins with `!` is a YAML tag, which is not allowed",
     "put text that begins with `!` in quotes"),
    ("directive", "a line that begins with `%` is not allowed", "put text that begins with `%` in quotes"),
)  # fmt: skip


def syntax_mistake(text: str, error: yaml.MarkedYAMLError) -> Telling:
    """What the YAML parser stumbled over: at which index of the text, why, and what to do about it."""
    said = error.problem or "this is not YAML"
    mark = error.problem_mark or error.context_mark
    index = mark.index if mark else 0
    opened = error.context_mark.index if error.context_mark else index
    message, hint = next(((message, hint) for words, message, hint in _SAYINGS if words in said), (said, None))
    here = text[index : index + 1]
    if "directive" in said:
        index = opened
    elif here == ":" and ("expected key" in said or "expected node content" in said):
        message, hint = "the name before the colon is missing", None
    elif "unexpected end of stream" in said:
        index, message = opened, "the quotes opened here are not closed"
    elif "cannot start any token" in said and here == "\t":
        message, hint = "this line is indented with a tab", "indent with spaces"
    elif "cannot start any token" in said:
        message, hint = f"text cannot begin with `{here}`", "put it in quotes"
    elif "could not find expected ':'" in said:
        index, message, hint = _key_without_colon(text, opened)
    elif "expected ',' or" in said:
        index, message, hint = _unclosed(text, opened, index)
    elif "mapping values are not allowed" in said:
        index, message, hint = _second_key(text, index)
    elif "expected key" in said:
        message, hint = _misplaced(text, index)
    return index, message, hint


def _unclosed(text: str, opened: int, index: int) -> Telling:
    bracket, closing = text[opened], "]" if text[opened] == "[" else "}"
    if "\n" in text[opened:index] or index >= len(text):
        return opened, f"the `{bracket}` opened here is not closed", f"add a `{closing}`"
    hint = "put text that contains a comma, a colon, a quote or a bracket in quotes"
    return index, f"a `,` or the closing `{closing}` is missing before this", hint


def _key_without_colon(text: str, start: int) -> Telling:
    """The line that was taken for a key: its colon is missing, or the space behind it is."""
    tight = re.match(r"[\w.-]+(:)\S", text[start:])
    if tight:
        return start + tight.start(1), "a space is missing after this `:`", "write `key: value`"
    hint = "write `key: value`; text that goes on over lines is indented deeper than its key"
    return start, "this line has no `:` after its key", hint


def _second_key(text: str, index: int) -> Telling:
    start = text.rfind("\n", 0, index) + 1
    if re.search(r":\s", text[start:index]):
        return index, "this `:` begins a second key on one line", 'put text that contains ": " in quotes'
    above_start = text.rfind("\n", 0, max(start - 1, 0)) + 1
    above = text[above_start : max(start - 1, 0)]
    tight = re.match(r"\s*(?:- )?[\w.-]+(:)\S", above)
    if tight:
        return above_start + tight.start(1), "a space is missing after this `:`", "write `key: value`"
    first = start + len(text[start:index]) - len(text[start:index].lstrip())
    if ":" not in above:
        return (
            above_start + len(above) - len(above.lstrip()),
            "this line has no `:` after its key",
            "write `key: value`",
        )
    hint = "indent it like the line above, or take the value above away"
    return first, "this key is indented under a line that has a value already", hint


def _misplaced(text: str, index: int) -> tuple[str, str]:
    before = text[text.rfind("\n", 0, index) + 1 : index].rstrip()
    if before.endswith(('"', "'")):
        hint = "put the whole value in quotes of the other kind: '\"Care\" = x'"
        return "this stands after the closing quote", hint
    hint = "indent it with as many spaces as the keys that it belongs to"
    return "this line does not fit under the lines above it", hint
