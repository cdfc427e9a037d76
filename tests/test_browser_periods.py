"""A statement of a period that is not over, beside that of the period before, as people open it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import incentive_engine
from incentive_engine.engine.run import run
from incentive_engine.statements import write_statements
from tests.browser import NEEDED, Look, browser, faults, opened
from tests.test_bridge import (
    NOW,
    NOW_RESULTS,
    NOW_TARGETS,
    OF_NOW,
    OF_THEN,
    SALARIES_NOW,
    SALARIES_THEN,
    THEN,
    THEN_RESULTS,
    THEN_TARGETS,
    paid_twice,
    tables,
)

pytestmark = [NEEDED, pytest.mark.browser]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as launched:
        yield launched


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That of Ann, whose results, targets and salary are others than in the quarter before."""
    folder = tmp_path_factory.mktemp("periods")
    then = tables("2026-Q2", **THEN_RESULTS, targets=THEN_TARGETS, people=OF_THEN, paid=SALARIES_THEN)
    now = tables("2026-Q3", **NOW_RESULTS, targets=NOW_TARGETS, people=OF_NOW, paid=SALARIES_NOW)
    before, _ = paid_twice(folder, (THEN, then), (NOW, now))
    rules = incentive_engine.load(folder / "2026-Q3" / "rules.yaml")
    run(rules, folder / "2026-Q3", "2026-Q3", folder / "preview", preview=True)
    write_statements(folder / "preview", folder / "pages", payees=["ann"], previous=before)
    return folder / "pages" / "ann.html"


@pytest.mark.parametrize("look", [Look(360), Look(1280, "dark"), Look(794, media="print")], ids=str)
def test_nothing_is_wrong_with_a_preview_and_a_bridge(chromium: Browser, page: Path, look: Look) -> None:
    with opened(chromium, page, look) as shown:
        assert shown.get_by_text("Preview of a period that is not over. Nothing is decided.").is_visible()
        assert shown.get_by_role("heading", name="Why it differs").is_visible()
        assert faults(shown, look) == []
