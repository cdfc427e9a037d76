"""Writing rule sets as people do."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from tests.oracle import Constant, Formula


def decimal_text(value: Fraction) -> str:
    """A finite decimal, written out."""
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
        assert places < 40, f"{value} does not end"
    digits = str(abs(value * 10**places).numerator).rjust(places + 1, "0")
    written = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{written}" if value < 0 else written


def as_yaml(rule: Mapping[str, Any], indent: int = 0) -> str:
    """A rule set in blocks, with what is short on one line."""
    lines = []
    for key, value in rule.items():
        short = in_one_line(value)
        if isinstance(value, Mapping) and (indent < 2 or len(short) > 100):
            lines.append(" " * 2 * indent + f"{key}:\n" + as_yaml(value, indent + 1))
        else:
            lines.append(" " * 2 * indent + f"{key}: {short}\n")
    return "".join(lines)


def in_one_line(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {in_one_line(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(in_one_line(each) for each in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        return decimal_text(value * 100) + "%" if value.denominator != 1 else decimal_text(value)
    if isinstance(value, Constant) and not isinstance(value.meant, str):
        return in_one_line(value.meant) if isinstance(value.meant, bool) else value.written
    written = value.text if isinstance(value, Formula) else str(value)
    if isinstance(value, int | dt.date) or re.fullmatch(r"[A-Za-z_][\w/.-]*", written):
        return written
    return "'" + written.replace("'", "''") + "'"
