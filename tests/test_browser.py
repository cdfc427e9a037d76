"""Pages as people open them: at three widths, light and dark, on paper, by keyboard, with assistive technology."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Browser, Page

import incentive_engine
from incentive_engine.audit.auditing import audit
from incentive_engine.audit.pages import html, written
from incentive_engine.shipped import rules_dir
from incentive_engine.statements import write_statements
from incentive_engine.statements.departments import Wish
from incentive_engine.statements.group_pages import write_departments, write_public
from tests.browser import NEEDED, SCHEMES, WIDTHS, Look, browser, faults, opened
from tests.test_group_pages import company

pytestmark = [NEEDED, pytest.mark.browser]

STARTER = rules_dir() / "starter"
LOOKS = [Look(width, scheme) for width in WIDTHS for scheme in SCHEMES] + [Look(794, media="print")]
FRENCH = ("A02", "S04")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as launched:
        yield launched


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter's statements, two of them French, and the index."""
    folder = tmp_path_factory.mktemp("browser")
    shutil.copytree(STARTER / "data", folder / "data")
    people = folder / "data" / "workforce.csv"
    table = pl.read_csv(people, infer_schema=False)
    table.with_columns(
        language=pl.when(pl.col("payee").is_in(FRENCH)).then(pl.lit("fr")).otherwise("language")
    ).write_csv(people)
    rules = incentive_engine.load(STARTER / "rules.yaml")
    incentive_engine.run(rules, folder / "data", "2026-Q3", folder / "run")
    write_statements(folder / "run", folder / "pages")
    return folder / "pages"


@pytest.mark.parametrize("name", ["A05", "S04", "A06", "index"])
def test_nothing_is_wrong_on_a_phone_and_on_a_dark_desk(chromium: Browser, pages: Path, name: str) -> None:
    for look in (Look(360), Look(1280, "dark")):
        with opened(chromium, pages / f"{name}.html", look) as page:
            assert faults(page, look) == [], look


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The audit of the starter's KPIs."""
    out = tmp_path_factory.mktemp("audited") / "audit.html"
    rules = incentive_engine.load(STARTER / "rules.yaml")
    out.write_text(html(*written(audit(rules, STARTER / "data", ["2026-Q3"], draws=20), rules, "fr")), encoding="utf-8")
    return out


@pytest.mark.long
@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_nothing_is_wrong_with_an_audit(chromium: Browser, audited: Path, look: Look) -> None:
    with opened(chromium, audited, look) as page:
        assert faults(page, look) == []


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of departments, the page for customers, and an index."""
    folder = tmp_path_factory.mktemp("groups")
    run, before = company(folder / "now"), company(folder / "before", flat=True)
    write_departments(run, folder / "pages", Wish(salaries=True))
    write_public(run, folder / "pages" / "public.html", [before], language="fr")
    write_statements(run, folder / "statements")
    return folder


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("pages/Care", Look(360)),
        ("pages/Care", Look(1280, "dark")),
        ("pages/public", Look(360, "dark")),
        ("pages/public", Look(1280)),
        ("statements/index", Look(360)),
    ],
    ids=str,
)
def test_nothing_is_wrong_with_pages_about_groups(chromium: Browser, groups: Path, name: str, look: Look) -> None:
    with opened(chromium, groups / f"{name}.html", look) as page:
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert faults(page, look) == []


def test_what_is_folded_is_on_paper(chromium: Browser, groups: Path) -> None:
    with opened(chromium, groups / "pages" / "Care.html", Look(794, media="print")) as page:
        assert page.evaluate("[...document.querySelectorAll('details table')].every(each => each.offsetHeight > 0)")


@pytest.mark.long
@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_nothing_is_wrong_with_any_page_at_any_width(chromium: Browser, pages: Path, look: Look) -> None:
    for path in sorted(pages.glob("*.html")):
        with opened(chromium, path, look) as page:
            assert faults(page, look) == [], path.name


def test_everything_is_reached_by_keyboard_in_reading_order(chromium: Browser, pages: Path) -> None:
    for name in ("S04.html", "index.html"):
        with opened(chromium, pages / name, Look(768)) as page:
            reachable = page.evaluate("document.querySelectorAll('a[href], summary, button, input, select').length")
            places = [_focused_after_tab(page) for _ in range(min(reachable, 30))]
            assert None not in places
            assert places == sorted(places, key=lambda place: place or 0)


def _focused_after_tab(page: Page) -> int | None:
    """The place in the document of what the next Tab comes to; None where nothing shows that it did."""
    page.keyboard.press("Tab")
    return page.evaluate(  # type: ignore[no-any-return]
        """() => {
          const here = document.activeElement, look = getComputedStyle(here);
          const shown = look.outlineStyle !== "none" || look.boxShadow !== "none";
          return here === document.body || !shown ? null : [...document.querySelectorAll("*")].indexOf(here);
        }"""
    )


def test_headings_lead_through_the_page(chromium: Browser, pages: Path) -> None:
    with opened(chromium, pages / "S04.html", Look(768)) as page:
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(e => +e.tagName[1])")
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))


def test_drawings_have_words_beside_them(chromium: Browser, pages: Path) -> None:
    with opened(chromium, pages / "S04.html", Look(768)) as page:
        silent = page.evaluate(
            """[...document.querySelectorAll("svg")].filter(e =>
                 e.getAttribute("aria-hidden") !== "true" &&
                 !(e.getAttribute("role") === "img" && (e.getAttribute("aria-label") || e.querySelector("title"))))
               .map(e => e.outerHTML.slice(0, 200))"""
        )
        assert silent == []


def test_paper_is_white_and_holds_everything(chromium: Browser, pages: Path) -> None:
    with opened(chromium, pages / "S04.html", Look(794, "dark", "print")) as page:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert colour in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
        assert page.evaluate("[...document.querySelectorAll('details:not([open])')].length") == 0
        assert page.pdf(format="A4").startswith(b"%PDF")


def test_pages_need_no_script(chromium: Browser, pages: Path) -> None:
    file = pages / "S04.html"
    with opened(chromium, file, Look(768)) as page:
        with_script = page.inner_text("main")
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 768, "height": 900})
    plain = context.new_page()
    plain.goto(file.as_uri())
    assert plain.inner_text("main") == with_script
    context.close()
