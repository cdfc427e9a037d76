"""What changed in the rules since the run before, path by path, and whether somebody decided it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl

from incentive_engine.documents import Document
from incentive_engine.ledger.review.findings import Finding, Rows, count
from incentive_engine.ledger.review.looked_at import LookedAt, Written
from incentive_engine.mistakes import KeyPath

_OF_THE_EDITION: Final = frozenset({"version", "decided", "in_force", "follows", "examples"})
"""What says which edition it is, and what proves it: no pay depends on it."""
_NOTHING: Final = object()
Change = tuple[str, str, str]
"""Where, what it was, what it is."""


def rule_changes(look: LookedAt) -> Finding:
    """The rules are those of the run before, or a new version of them that somebody decided."""
    now, before = look.now, look.before
    if before is None:
        return Finding(True, "There is no earlier run to compare the rules with.", "")
    was, is_now = before.rules.document, now.rules.document
    rules = list(_changed(was, is_now, was.data, is_now.data, ()))
    tables = list(_changed_tables(before, now))
    rows = Rows.of("where|before|now", "<<<", (*rules, *tables))
    counted = f"{count(len(rules), 'place')} of the rules and {count(len(tables), 'row')} of their tables"
    changed = f"{counted} changed since {before.name}"
    if not rules:
        return Finding(
            True, f"{changed}." if tables else f"Nothing in the rules changed since {before.name}.", "", rows
        )
    versions = before.run.summary["version"], now.run.summary["version"]
    if versions[0] == versions[1]:
        found = f"{changed}, but both are version {versions[1]}: nobody decided the change."
        return Finding(False, found, "give the changed rules a version and a decision, and run again", rows)
    decided = now.rules.ruleset.decided
    found = f"{changed}, from version {versions[0]} to {versions[1]}, decided by {decided.by} on {decided.on}."
    return Finding(True, found, "", rows)


def _changed(was: Document, now: Document, old: Any, new: Any, at: KeyPath) -> Iterator[Change]:
    """Every place that is written otherwise; what is there on one side only is one place."""
    if old is _NOTHING or new is _NOTHING:
        yield _path(at), _told(was, at, old), _told(now, at, new)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in (*old, *(key for key in new if key not in old)):
            if at or key not in _OF_THE_EDITION:
                yield from _changed(was, now, old.get(key, _NOTHING), new.get(key, _NOTHING), (*at, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _changed(was, now, one, other, (*at, index))
    elif old != new or type(old) is not type(new):
        yield _path(at), _told(was, at, old), _told(now, at, new)


def _path(at: KeyPath) -> str:
    """`plans.adviser.cap`, `curves.on_ratio.points[2][1]`."""
    parts = (f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in at)
    return "".join(parts).lstrip(".")


def _told(document: Document, at: KeyPath, value: Any) -> str:
    """As it is written, or what is there."""
    if value is _NOTHING:
        return "–"
    if isinstance(value, Mapping):
        return f"({', '.join(map(str, value))})"
    if isinstance(value, list):
        return f"({count(len(value), 'item')})"
    return document.written(at) or str(value)


def _changed_tables(before: Written, now: Written) -> Iterator[Change]:
    """Every row of a table of numbers that both have, and that says something else, or is there once only."""
    for name, table in now.rules.ruleset.tables.items():
        if name not in before.rules.ruleset.tables:
            continue
        keys = list(table.row_keys)
        old, new = (_rows(each, name, keys) for each in (before, now))
        for key in sorted({*old, *new}, key=lambda key: tuple(map(str, key))):
            if old.get(key) != new.get(key):
                told = ", ".join(f"{column} {value}" for column, value in zip(keys, key, strict=True))
                yield f"{name}: {told}", old.get(key, "–"), new.get(key, "–")


def _rows(run: Written, table: str, keys: list[str]) -> dict[tuple[Any, ...], str]:
    """What each row says, by its keys."""
    frame = pl.read_parquet(run.folder / "inputs" / f"{table}.parquet")
    if not set(keys) <= set(frame.columns):
        return {}
    others = [column for column in frame.columns if column not in keys]
    return {
        tuple(row[key] for key in keys): ", ".join(_number(row[column]) for column in others)
        for row in frame.iter_rows(named=True)
    }


def _number(value: Any) -> str:
    text = "–" if value is None else f"{value:f}" if hasattr(value, "as_tuple") else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text
