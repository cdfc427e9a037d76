"""The words of a language that a company adds: one file that says all that English says, and nothing else.

Of a language that comes with the engine, a company's file has only what it says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Final

from babel import Locale, UnknownLocaleError

from incentive_engine.documents import Document, read_document
from incentive_engine.errors import InputProblems, Problem, did_you_mean
from incentive_engine.kinds.wording import SECTION, sentences
from incentive_engine.mistakes import KeyPath

Words = Mapping[str, Any]
OURS: Final = Path(__file__).parent / "words"
_PATTERN: Final = "en"
_OTHER: Final = "other"
_COUNTED: Final = {"zero", "one", "two", "few", "many", _OTHER}


def has(folder: Path, code: str) -> bool:
    """Whether a folder has words of a language."""
    return (folder / f"{code}.yaml").is_file()


def words_in(folder: Path, code: str) -> Words:
    """The words of a language in one of our own folders."""
    words: Words = read_document(folder / f"{code}.yaml").data
    return words


@cache
def added_words(folder: Path, code: str) -> Words:
    """The words of a language in a company's folder. Raises InputProblems with all that is missing or unknown."""
    document, ours = read_document(folder / f"{code}.yaml"), has(OURS, code)
    pattern = words_in(OURS, _PATTERN)
    whole = pattern if ours else {**pattern, SECTION: dict(sentences(_PATTERN))}
    data = document.data if isinstance(document.data, Mapping) else {}
    problems = [*_compared(document, whole, data, (), complete=not ours), *_place(document, data)]
    if problems:
        raise InputProblems(problems)
    return _over(words_in(OURS, code), data) if ours else data


def _place(document: Document, data: Words) -> Iterator[Problem]:
    try:
        Locale.parse(str(data.get("locale", _PATTERN)))
    except (ValueError, UnknownLocaleError):
        message = f"`{data['locale']}` is not a place whose numbers and dates are known"
        yield Problem("unknown-locale", message, document.at(("locale",)), "write it as `de_DE`: language and country")


def _compared(document: Document, whole: Any, said: Any, at: KeyPath, *, complete: bool) -> Iterator[Problem]:
    """What `said` lacks or has too much of; `whole` is what English says."""
    if not isinstance(whole, Mapping):
        yield from _sentence(document, whole, said, at)
        return
    if not isinstance(said, Mapping):
        yield Problem("words-differ", f"`{_name(at)}` says several things, each by its name", document.at(at))
        return
    counted = _OTHER in whole and whole.keys() <= _COUNTED
    for name in said.keys() - whole.keys() - (_COUNTED if counted else set()):
        hint = did_you_mean(str(name), map(str, whole))
        yield Problem("unknown-words", f"no page says `{_name((*at, name))}`", document.key_at((*at, name)), hint)
    for name, each in whole.items():
        if name in said:
            yield from _compared(document, each, said[name], (*at, name), complete=complete)
        elif complete and (name == _OTHER or not counted):
            told = f"in English: {each}" if isinstance(each, str) else None
            yield Problem("missing-words", f"`{_name((*at, name))}` is missing", document.key_at(at), told)


def _sentence(document: Document, whole: Any, said: Any, at: KeyPath) -> Iterator[Problem]:
    if not isinstance(said, type(whole)):
        yield Problem("words-differ", f"`{_name(at)}` is one text", document.at(at))
        return
    try:
        unknown = _fields(said) - _fields(whole)
    except ValueError:
        yield Problem("words-differ", f"a brace in `{_name(at)}` is not closed", document.at(at))
        return
    for name in sorted(unknown):
        hint = f"English has {', '.join(f'{{{each}}}' for each in sorted(_fields(whole)))}" if _fields(whole) else None
        yield Problem("words-differ", f"nothing is filled in for `{{{name}}}` in `{_name(at)}`", document.at(at), hint)


def _fields(text: Any) -> set[str]:
    """What is filled in."""
    return {name for _, name, _, _ in Formatter().parse(str(text)) if name is not None}


def _name(at: KeyPath) -> str:
    return ".".join(map(str, at))


def _over(ours: Words, theirs: Words) -> Words:
    """Our words, and in their place those that a company has of its own."""
    both = {name: _over(ours[name], each) for name, each in theirs.items() if isinstance(each, Mapping)}
    return {**ours, **theirs, **both}
