"""Words: sentences are short, and every one of them stands in a file that a person reads."""

from __future__ import annotations

import pytest

from tests.sentences import GOLDEN, catalogue, too_long, written


@pytest.mark.parametrize("code", ["en", "fr"])
def test_no_sentence_has_more_than_twenty_words(code: str) -> None:
    assert {path: long for path, text in catalogue(code).items() if (long := [*too_long(text)])} == {}


def test_both_languages_say_the_same_things() -> None:
    assert catalogue("en").keys() == catalogue("fr").keys()


def test_every_sentence_is_in_the_file_that_is_read() -> None:
    """If it fails: `python -m tests.sentences`, and read what is different."""
    assert GOLDEN.read_text(encoding="utf-8") == written()
