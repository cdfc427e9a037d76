"""The words of every error that a document can get, and how its places and values are named in a sentence.

Two tables say all that pydantic can find in data that came from YAML; a test compares them with pydantic's own list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from incentive_engine.mistakes.mistake import KeyPath, Mistake

NOUNS: dict[str, str] = {
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "finite_number": "a number",
    "float_type": "a number",
    "float_parsing": "a number",
    "fraction_type": "a number",
    "fraction_parsing": "a number",
    "complex_type": "a number",
    "complex_str_parsing": "a number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "text",
    "string_unicode": "text",
    "bytes_type": "text",
    "url_type": "text",
    "uuid_type": "text",
    "bool_type": "`true` or `false`",
    "bool_parsing": "`true` or `false`",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "deque_type": "a list",
    "iterable_type": "a list",
    "arguments_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "frozen_dict_type": "a mapping",
    "ordered_dict_type": "a mapping",
    "counter_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dataclass_type": "a mapping",
    "dataclass_exact_type": "a mapping",
    "named_tuple_type": "a list",
    "none_required": "empty",
    "date_type": "a date",
    "date_parsing": "a date",
    "date_from_datetime_parsing": "a date",
    "date_from_datetime_inexact": "a date",
    "time_type": "a time",
    "time_parsing": "a time",
    "datetime_type": "a date with a time",
    "datetime_parsing": "a date with a time",
    "datetime_object_invalid": "a date with a time",
    "datetime_from_date_parsing": "a date with a time",
    "time_delta_type": "a duration",
    "time_delta_parsing": "a duration",
}
"""What each error about the type of a value expected."""

SENTENCES: dict[str, tuple[str, str]] = {
    "greater_than": ("out-of-range", "{label} must be more than {gt}, not {found}"),
    "greater_than_equal": ("out-of-range", "{label} must be at least {ge}, not {found}"),
    "less_than": ("out-of-range", "{label} must be less than {lt}, not {found}"),
    "less_than_equal": ("out-of-range", "{label} must be at most {le}, not {found}"),
    "multiple_of": ("out-of-range", "{label} must be a multiple of {multiple_of}, not {found}"),
    "decimal_max_digits": ("out-of-range", "{label} must have at most {max_digits} digits, not {found}"),
    "decimal_max_places": ("out-of-range", "{label} must have at most {decimal_places} decimals, not {found}"),
    "decimal_whole_digits": (
        "out-of-range",
        "{label} must have at most {whole_digits} digits before its point, not {found}",
    ),
    "date_past": ("out-of-range", "{label} must lie in the past, not on {found}"),
    "date_future": ("out-of-range", "{label} must lie in the future, not on {found}"),
    "datetime_past": ("out-of-range", "{label} must lie in the past, not on {found}"),
    "datetime_future": ("out-of-range", "{label} must lie in the future, not on {found}"),
    "timezone_naive": ("wrong-value", "{label} must have no time zone, unlike {found}"),
    "timezone_aware": ("wrong-value", "{label} must have a time zone, unlike {found}"),
    "timezone_offset": ("wrong-value", "{label} must be in another time zone than {found}"),
    "too_short": ("too-few", "{label} needs at least {min_length} {items}, not {actual_length}"),
    "too_long": ("too-many", "{label} takes at most {max_length} {items}, not {actual_length}"),
    "string_too_short": ("wrong-text", "{label} must have at least {min_length} {characters}"),
    "string_too_long": ("wrong-text", "{label} must have at most {max_length} {characters}"),
    "bytes_too_short": ("wrong-text", "{label} must have at least {min_length} {characters}"),
    "bytes_too_long": ("wrong-text", "{label} must have at most {max_length} {characters}"),
    "url_too_long": ("wrong-text", "{label} must have at most {max_length} {characters}"),
    "string_pattern_mismatch": ("wrong-text", "{label} cannot be {found}"),
    "string_not_ascii": ("wrong-text", "{label} must be written in plain letters without accents, not {found}"),
    "bytes_invalid_encoding": ("wrong-text", "{label} cannot be {found}"),
    "url_parsing": ("wrong-text", "{label} must be an address, not {found}"),
    "url_syntax_violation": ("wrong-text", "{label} must be an address, not {found}"),
    "url_scheme": ("wrong-text", "{label} must be an address that begins with {expected_schemes}, not {found}"),
    "uuid_parsing": ("wrong-text", "{label} must be a UUID, not {found}"),
    "uuid_version": ("wrong-text", "{label} must be a UUID of version {expected_version}, not {found}"),
    "invalid_key": ("wrong-value", "a key of {label} must be text"),
    "set_item_not_hashable": ("wrong-value", "{label} cannot be {found}"),
    "recursion_loop": ("wrong-value", "{label} contains itself"),
    "recursion_depth_exceeded": ("too-deep", "{label} is nested too deep"),
    "json_invalid": ("wrong-text", "{label} must be JSON, not {found}"),
    "json_type": ("wrong-text", "{label} must be JSON, not {found}"),
}
"""What each other error of a value says, with its code."""

_HINTS = {
    "a date": "write the year, the month and the day: 2026-01-31",
    "a mapping": "write `key: value` lines, indented under it",
    "a list": "write its items in brackets, [a, b], or on lines that begin with `- `",
}
_WORD = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s,'"]+)(?=,| or |$)""")
_DECIMAL_COMMA = re.compile(r"([-+]?\d+),(\d{1,2}|\d{4,})(%?)")


class Blanks(dict[str, str]):
    """What may stand in the braces of a sentence."""

    def __init__(self, context: Mapping[str, Any], label: str, found: str, value: Any) -> None:
        super().__init__({key: str(value) for key, value in context.items()})
        alone = context.get("min_length", context.get("max_length")) == 1
        self["label"], self["found"] = label, found
        if isinstance(value, (list, dict)):
            self["actual_length"] = str(len(value))  # pydantic does not count the items that failed
        self["items"] = "item" if alone else "items"
        self["characters"] = "character" if alone else "characters"

    def __missing__(self, key: str) -> str:
        """A blank that pydantic did not fill is left open rather than lose the sentence."""
        return "…"


def wrong_type(path: KeyPath, expected: Sequence[str], value: Any, source: str | None, meaning: str | None) -> Mistake:
    """A value of another type than any of `expected`; `source` is how it is written."""
    found = "but nothing is written" if value is None else f"not {shown(value, source)}"
    message = f"{label(path)} must be {_either(expected)}, {found}"
    hint = _repaired(expected, value, source) or meaning
    if list(expected) != ["a date"]:
        return Mistake(path, "wrong-type", message, hint)
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        message = f"{label(path)} must be a date, but there is no day {value}"
    return Mistake(path, "not-a-date", message, hint)


def _repaired(expected: Sequence[str], value: Any, source: str | None) -> str | None:
    """What to write instead, where one can tell."""
    if "text" in expected and isinstance(value, (Decimal, bool)):
        return f'put it in quotes: "{source}"'
    if "`true` or `false`" in expected and isinstance(value, (str, Decimal)):
        return "write true or false, without quotes"
    if isinstance(value, str) and {"a number", "a whole number"} & set(expected):
        bare = _DECIMAL_COMMA.sub(r"\1.\2\3", re.sub(r"\s", "", value)).removeprefix("+")
        if re.fullmatch(r"-?\d+(\.\d+)?%?", bare):
            return f"write {bare}, without quotes" if source != value else f"write {bare}"
    return _HINTS.get(expected[0]) if len(expected) == 1 else None


def shown(value: Any, source: str | None) -> str:
    """A value as a sentence names it: as it is written, if it is short."""
    if value is None:
        return "nothing"
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = " ".join((str(value) if source is None else source).split())
    text = text if len(text) <= 40 else text[:39] + "…"
    if isinstance(value, str):
        return f"the text `{text}`"
    return f"`{text}`" if isinstance(value, bool) else f"the number `{text}`"


def label(path: KeyPath) -> str:
    """The value at a path as a sentence names it: by its key, or its number in a list."""
    items: list[str] = []
    for part in reversed(path):
        if isinstance(part, str):
            return " of ".join([*items, f"`{part}`"])
        items.append(f"item {part + 1}")
    return " of ".join([*items, "the document"])


def listed(words: Sequence[str], last: str) -> str:
    """Words one after another, the last behind `and` or `or`."""
    return _joined([f"`{word}`" for word in words], last)


def words_in(expected: str) -> list[str]:
    """The words of pydantic's `'a', 'b' or 'c'`."""
    return [next(group for group in match.groups() if group is not None) for match in _WORD.finditer(expected)]


def _either(nouns: Sequence[str]) -> str:
    return _joined(list(nouns), "or")


def _joined(words: list[str], last: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
