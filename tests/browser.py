"""Pages in headless Chromium: what is wrong with one at a width, in a colour scheme, on screen or on paper."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, sync_playwright

CHROMIUM = shutil.which("chromium")
WIDTHS = (360, 768, 1280)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
NEEDED = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: pages are not opened in a browser")
_STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_CUT = """() => [...document.querySelectorAll("main *")]
  .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === "hidden" && e.clientWidth > 1)
  .map(e => e.outerHTML.slice(0, 120))"""


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    width: int
    scheme: Literal["light", "dark"] = "light"
    media: Literal["screen", "print"] = "screen"


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium, without a sandbox, since tests may run as root; nothing is fetched."""
    assert CHROMIUM is not None, "tests that open pages are marked NEEDED"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@contextmanager
def opened(browser: Browser, file: Path, look: Look) -> Iterator[Page]:
    """A page; it fails where it asks for anything but itself, or writes to the console."""
    context = browser.new_context(viewport={"width": look.width, "height": 900}, color_scheme=look.scheme)
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []

    def remember(request: Request) -> None:
        if request.url != file.as_uri() and not request.url.startswith("data:"):
            asked.append(request.url)

    page.on("request", remember)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.emulate_media(media=look.media)
    page.goto(file.as_uri())
    yield page
    context.close()
    assert (asked, said) == ([], []), file.name


def faults(page: Page, look: Look) -> list[str]:
    """What axe finds, and what runs out of the page or is cut off."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": _STANDARDS}})
    said = [
        f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:160]} ({len(each['nodes'])}) "
        f"{each['nodes'][0].get('failureSummary', '')[:300]}"
        for each in found.response["violations"]
    ]
    width = page.evaluate("document.scrollingElement.scrollWidth")
    if width > look.width:
        said.append(f"the page is {width} px wide at {look.width}")
    said += [f"cut off: {each}" for each in page.evaluate(_CUT)]
    return said
