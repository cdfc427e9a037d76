"""`verify-statement`: a page proves itself, and whatever is changed on it is named; nothing that it holds can run."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import incentive_engine
from incentive_engine.cli import main
from incentive_engine.errors import InputProblems
from incentive_engine.shipped import rules_dir
from incentive_engine.statements import write_statements
from incentive_engine.statements.languages import Languages
from incentive_engine.statements.verifying import verify_page
from tests.visible import Wrong, reckoned

STARTER = rules_dir() / "starter"
TWIN = re.compile(r'<script type="application/json" id="statement">(.*?)</script>', re.DOTALL)
VALUE = re.compile(r'<td class="value[^"]*">([^<]*\d)')


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("starter")
    shutil.copytree(STARTER / "data", folder / "data")
    people = folder / "data" / "workforce.csv"
    people.write_text(people.read_text(encoding="utf-8").replace("A02,", "</script><script>alert(1)//,", 1), "utf-8")
    rules = incentive_engine.load(STARTER / "rules.yaml")
    incentive_engine.run(rules, folder / "data", "2026-Q3", folder / "run")
    write_statements(folder / "run", folder / "pages")
    return folder / "pages"


def told(path: Path) -> str:
    with pytest.raises(InputProblems) as caught:
        verify_page(path, Languages())
    return "\n".join(map(str, caught.value.problems))


def twin(page: str) -> dict[str, Any]:
    (found,) = TWIN.findall(page)
    data: dict[str, Any] = json.loads(found)
    return data


def with_twin(page: str, data: dict[str, Any]) -> str:
    return TWIN.sub(lambda found: found[0].replace(found[1], json.dumps(data)), page)


def values(page: str) -> Iterator[tuple[int, int, str]]:
    """Every number at the end of a row: where its last digit stands, and the page with another in its place."""
    for found in VALUE.finditer(page):
        at = found.end(1) - 1
        yield found.start(1), at, f"{page[:at]}{(int(page[at]) + 1) % 10}{page[at + 1 :]}"


def test_every_page_proves_itself(pages: Path) -> None:
    paid = [path for path in pages.glob("*.html") if 'class="working"' in path.read_text(encoding="utf-8")]
    found = [verify_page(path, Languages()) for path in paid]
    assert len(found) == 8
    assert all(each.lines >= 13 for each in found), found


def test_the_twin_says_what_the_page_says(pages: Path) -> None:
    data = twin((pages / "S02.html").read_text(encoding="utf-8"))
    assert (data["format"], data["payee"], data["reference"]) == ("incentive-statement/1", "S02", "S02-2026-Q3")
    lines = {line["name"]: line for table in data["tables"] for line in table["lines"] if table["about"] == "pay"}
    paid = lines.get("Payout") or lines["Prime"]
    assert {"EUR": paid["result"]} == data["paid"]


def test_nothing_that_a_page_holds_can_run(pages: Path) -> None:
    (page,) = (
        path for path in pages.glob("*.html") if "alert" in path.read_text(encoding="utf-8") and path.stem != "index"
    )
    source = page.read_text(encoding="utf-8")
    assert source.count("<script") == source.count("</script") == 1
    assert twin(source)["payee"] == "</script><script>alert(1)//"
    verify_page(page, Languages())


@pytest.mark.parametrize("payee", ["A01", "S04"])
def test_a_number_that_was_changed_is_named(pages: Path, payee: str, tmp_path: Path) -> None:
    """Every last digit of every line, one after the other: the page shows something else than its data says."""
    page = (pages / f"{payee}.html").read_text(encoding="utf-8")
    changed = list(values(page))
    assert len(changed) >= 25
    for number, (_, at, other) in enumerate(changed):
        path = tmp_path / f"{number}.html"
        path.write_text(other, encoding="utf-8")
        assert "shown-differs" in told(path), page[at - 200 : at + 1]


@pytest.mark.parametrize("payee", [pytest.param("A01", marks=pytest.mark.long), "S04"])
def test_a_pocket_calculator_finds_a_number_that_was_changed(pages: Path, payee: str) -> None:
    """The calculator of the tests finds them, too, without the data."""
    page = TWIN.sub("", (pages / f"{payee}.html").read_text(encoding="utf-8"))
    for _, at, other in values(page):
        assert finds_it(other), page[at - 200 : at + 1]


def finds_it(page: str) -> bool:
    """Whether the pocket calculator finds that something is wrong."""
    try:
        reckoned(page)
    except Wrong:
        return True
    return False


def test_data_that_was_changed_with_the_page_does_not_come_out(pages: Path, tmp_path: Path) -> None:
    page = (pages / "A01.html").read_text(encoding="utf-8")
    data = twin(page)
    path = tmp_path / "changed.html"
    for table in data["tables"]:
        for line in table["lines"]:
            if line.get("formula") and "cut" not in line:
                kept, line["result"] = line["result"], f"1{line['result']}"
                path.write_text(with_twin(page, data), encoding="utf-8")
                assert f"`{line['name']}`: {line['formula']} gives" in told(path)
                line["result"] = kept


def test_a_total_that_the_lines_do_not_come_to_is_named(pages: Path, tmp_path: Path) -> None:
    page = (pages / "A01.html").read_text(encoding="utf-8")
    data = twin(page)
    data["paid"]["EUR"], path = "600.01", tmp_path / "changed.html"
    path.write_text(with_twin(page, data), encoding="utf-8")
    assert "A01-2026-Q3 · the amount: 600.01 EUR is not what the lines come to" in told(path)


SHOWN = '<p class="amount">€600.00</p>'
ROW = '<td class="value">€600.00</td></tr>'


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (SHOWN, f'<p class="big">€900.00</p><p class="amount" hidden>{SHOWN[18:]}', "shown-differs"),
        (SHOWN, f'<p class="big">€900.00</p><p class="amount" style="display: none">{SHOWN[18:]}', "shown-differs"),
        (SHOWN, f"<template>{SHOWN}</template><p>€900.00</p>", "shown-differs"),
        (SHOWN, f'{SHOWN}<p class="amount">+ €300.00</p>', "shown-differs"),
        (SHOWN, f"{SHOWN}<script>document.querySelector('.amount').innerText = '€900.00'</script>", "not-still"),
        (SHOWN, f'{SHOWN}<img src="" onerror="change()">', "not-still"),
        ("€420.00 of your €600.00", "€600.00 of your €600.00", "shown-differs"),
        ('<span class="pay">€420.00', '<span class="pay">€520.00', "shown-differs"),
        ('<strong class="result">3.6', '<strong class="result">4.6', "shown-differs"),
        (ROW, '<td class="value">€900.00</td><td class="value" hidden>€600.00</td></tr>', "shown-differs"),
        (ROW, f'{ROW[:-5]}<td class="value">€900.00</td></tr>', "shown-differs"),
        (ROW, f'{ROW}<tr><th scope="row">Gift</th><td></td><td class="value">€300.00</td></tr>', "shown-differs"),
        (ROW, f"{ROW}<tr><td>And €300.00</td></tr>", "shown-differs"),
        ("</thead>", "<tr><td>Gift</td><td>€300.00</td></tr></thead>", "shown-differs"),
    ],
)
def test_what_is_seen_counts_and_nothing_hidden(pages: Path, right: str, wrong: str, said: str, tmp_path: Path) -> None:
    page = (pages / "S03.html").read_text(encoding="utf-8")
    assert right in page
    (tmp_path / "changed.html").write_text(page.replace(right, wrong, 1), encoding="utf-8")
    assert said in told(tmp_path / "changed.html")


SCORED = """
  coach:
    title: {en: Coaching, fr: Accompagnement}
    pays: coaching
    who: role = "Seller"
    scorecard: {satisfaction: {weight: 100%, of: payee, target: 4, attainment: ratio, curve: on_ratio}}

examples:"""


def test_a_score_beside_pay_is_no_amount(tmp_path: Path) -> None:
    """Sellers have pay and a score that pays nothing."""
    rules = (STARTER / "rules.yaml").read_text(encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(rules.replace("\nexamples:", SCORED), encoding="utf-8")
    loaded = incentive_engine.load(tmp_path / "rules.yaml")
    incentive_engine.run(loaded, STARTER / "data", "2026-Q3", tmp_path / "run")
    write_statements(tmp_path / "run", tmp_path / "pages", payees=["S03"])
    page = (tmp_path / "pages" / "S03.html").read_text(encoding="utf-8")
    assert "Coaching · This plan gives a score." in page
    verify_page(tmp_path / "pages" / "S03.html", Languages())


def test_who_is_held_is_shown_no_amount(pages: Path, tmp_path: Path) -> None:
    page = (pages / "A06.html").read_text(encoding="utf-8")
    verify_page(pages / "A06.html", Languages())
    (tmp_path / "changed.html").write_text(page.replace("Pas encore décidé", "900,00 €", 1), encoding="utf-8")
    assert "the amount: `900,00 €` is shown, the data says ``" in told(tmp_path / "changed.html")


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("<p>Hello</p>", "no-statement"),
        ('<script type="application/json" id="statement">{"a":</script>', "broken-data"),
        ('<script type="application/json" id="statement">[]</script>', "broken-data"),
        ('<script type="application/json" id="statement">{"format": "incentive-statement/2"}</script>', "other-format"),
    ],
)
def test_what_is_no_statement_is_told(page: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(page, encoding="utf-8")
    assert f"error[{said}]: `{path}`" in told(path)


def test_the_command_checks_several_pages(pages: Path, tmp_path: Path) -> None:
    right = CliRunner().invoke(main, ["verify-statement", str(pages / "A01.html"), str(pages / "S04.html")])
    assert right.exit_code == 0
    assert "A01-2026-Q3: all right; " in right.output
    held = CliRunner().invoke(main, ["verify-statement", str(pages / "A06.html")])
    assert held.exit_code == 0
    assert "A06-2026-Q3: there is no line on it to work out again" in held.output
    other = tmp_path / "other.html"
    other.write_text((pages / "A01.html").read_text(encoding="utf-8").replace("600.00", "700.00"), encoding="utf-8")
    wrong = CliRunner().invoke(main, ["verify-statement", str(other), str(pages / "S04.html"), str(tmp_path / "none")])
    assert wrong.exit_code == 1
    assert "S04-2026-Q3: all right" in wrong.output
    assert "error[line-differs]" in wrong.stderr
    assert "error[system]" in wrong.stderr
