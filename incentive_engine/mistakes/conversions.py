"""Values that pydantic accepts by turning them into something that nobody wrote: quoted numbers, `yes`, 20251211.

pydantic's strict mode is no way out: it also refuses lists for tuples and text for dates. So what was declared is laid
beside what was written, and what changed its type on the way is refused.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import BaseModel

from incentive_engine.mistakes.mistake import KeyPath, Mistake, Written
from incentive_engine.mistakes.words import label, wrong_type

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TRUTHS = frozenset(["0", "1", "f", "false", "n", "no", "off", "on", "t", "true", "y", "yes"])


def conversions(data: Any, declared: Any, written: Written, path: KeyPath = ()) -> Iterator[Mistake]:
    """Each value of `data` that became something of another type in `declared`."""
    if isinstance(data, dict):
        inner = _by_key(declared)
        for key in data:
            if key in inner:
                yield from conversions(data[key], inner[key], written, (*path, key))
            elif isinstance(declared, Mapping):  # of the keys of mappings only days are read as anything but text
                message = f"`{key}` cannot be a key of {label(path)}: it is no day"
                yield Mistake((*path, key), "wrong-key", message, "write the day: 2026-01-31", on_key=True)
    elif isinstance(data, list):
        if isinstance(declared, (list, tuple)) and len(declared) == len(data):
            for index, (item, value) in enumerate(zip(data, declared, strict=True)):
                yield from conversions(item, value, written, (*path, index))
    elif expected := _converted(data, declared, written(path) or ""):
        yield wrong_type(path, [expected], data, written(path), None)


def _by_key(declared: Any) -> Mapping[Any, Any]:
    if isinstance(declared, BaseModel):
        fields = type(declared).model_fields
        return {info.alias or name: getattr(declared, name) for name, info in fields.items()}
    return {str(key): value for key, value in declared.items()} if isinstance(declared, Mapping) else {}


def _converted(data: Any, declared: Any, source: str) -> str | None:
    """What should have been written, if the declared value is of another type than the written one."""
    if isinstance(declared, bool):
        read_as_truth = data.lower() in _TRUTHS if isinstance(data, str) else data in (0, 1)
        return "`true` or `false`" if not isinstance(data, bool) and read_as_truth else None
    if isinstance(declared, (int, float, Decimal)):
        quoted = isinstance(data, str) and source[:1] in ("'", '"', "|", ">") and _reads_as(data, declared)
        noun = "a whole number" if isinstance(declared, int) else "a number"
        return noun if quoted or isinstance(data, bool) else None
    if type(declared) is dt.date:
        return None if isinstance(data, str) and _DATE.fullmatch(data) else "a date"
    return None


def _reads_as(text: str, value: int | float | Decimal) -> bool:
    try:
        return Decimal(text) == Decimal(str(value))
    except InvalidOperation:
        return False
