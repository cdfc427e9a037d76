"""The reports of every study as people open them: at three widths, light and dark, on paper, sorted by keyboard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser

from incentive_engine.cli import main
from incentive_engine.shipped import rules_dir
from tests.browser import NEEDED, SCHEMES, WIDTHS, Look, browser, faults, opened

pytestmark = [NEEDED, pytest.mark.browser]

LOOKS = [Look(width, scheme) for width in WIDTHS for scheme in SCHEMES] + [Look(794, media="print")]
PEOPLE = "payee,gender,category\n" + "".join(
    f"{payee},{'F' if at % 2 else 'M'},All\n"
    for at, payee in enumerate(("A01", "A02", "A03", "A04", "A05", "S01", "S02", "S03", "S04"))
)
RUN = "run rules.yaml --data data --period 2026-Q3 --out run"
_ON = "rules.yaml --data data --period 2026-Q3"
SCENARIOS = "--scenario scenarios/customers-80.yaml --scenario scenarios/next-year.yaml --scenario scenarios/cap.yaml"
STUDIES = {
    "scenarios": f"simulate {_ON} {SCENARIOS} --language fr",
    "people": f"simulate {_ON} --scenario scenarios/customers-80.yaml --people people.csv",
    "seek": f"seek {_ON} --vary plans.adviser.cap --cost 5500",
    "sensitivity": f"sensitivity {_ON} --language fr",
    "forecast": f"forecast {_ON} --until 2026-08-31 --draws 19",
    "backtest": "backtest rules.yaml run --language fr",
    "luck": f"luck {_ON}",
    "fairness": "fairness run --people people.csv --category category",
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as launched:
        yield launched


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter, its scenarios, and a run of it."""
    folder = tmp_path_factory.mktemp("studies")
    shutil.copytree(rules_dir() / "starter", folder, dirs_exist_ok=True)
    shutil.copytree(rules_dir() / "scenarios" / "starter", folder / "scenarios")
    (folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
    return folder


def report(folder: Path, study: str) -> Path:
    """The page of a study, written where it is not there yet."""
    page = folder / f"{study}.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        needed = [RUN] if " run" in STUDIES[study] and not (folder / "run").exists() else []
        for command in [*needed, f"{STUDIES[study]} --out {page}"] if not page.exists() else []:
            done = CliRunner().invoke(main, command.split())
            assert done.exit_code == 0, done.output
    return page


@pytest.mark.parametrize("study", STUDIES)
def test_nothing_is_wrong_on_a_phone_and_on_a_dark_desk(chromium: Browser, folder: Path, study: str) -> None:
    for look in (Look(360), Look(1280, "dark")):
        with opened(chromium, report(folder, study), look) as page:
            assert faults(page, look) == [], look


@pytest.mark.long
@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize("study", STUDIES)
def test_nothing_is_wrong_anywhere(chromium: Browser, folder: Path, study: str, look: Look) -> None:
    with opened(chromium, report(folder, study), look) as page:
        assert faults(page, look) == []


def test_tables_sort_by_keyboard(chromium: Browser, folder: Path) -> None:
    """The first press puts the greatest first, the next the least; the line with the sum stays where it is."""
    with opened(chromium, report(folder, "people"), Look(1280)) as page:
        head = page.get_by_role("button", name="Payees", exact=True).first
        table = page.locator("table.sorted").filter(has=head).first
        column = head.evaluate("head => head.closest('th').cellIndex")
        cells = table.locator(f"tbody tr > :nth-child({column + 1})")
        found = cells.all_text_contents()
        head.focus()
        page.keyboard.press("Enter")
        assert cells.all_text_contents() == sorted(found, key=int, reverse=True)
        page.keyboard.press("Enter")
        assert cells.all_text_contents() == sorted(found, key=int)
        assert table.locator("th[aria-sort=ascending]").count() == 1
