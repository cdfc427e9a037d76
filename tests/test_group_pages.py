"""Pages about groups: every figure by hand, nothing of a small group, and an index whose totals are the run's.

The company: everybody earns 24,000, so that target pay is 480; of four customers k were satisfied, which pays
480 × (70 % × 2 × k ÷ 4 + 30 %) = 168 × k + 144.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from random import Random

import polars as pl
import pytest
from click.testing import CliRunner

import incentive_engine
from incentive_engine.cli import main
from incentive_engine.errors import InputProblems
from incentive_engine.statements.departments import Wish, held_of_others
from incentive_engine.statements.gathering import material
from incentive_engine.statements.group_pages import write_departments, write_public
from incentive_engine.statements.indexing import write_index
from incentive_engine.statements.languages import language
from incentive_engine.statements.making import StatementMaker
from incentive_engine.statements.pages import Pages
from tests.test_small_groups import rank

RULES = """\
rule_set: groups
version: "1"
title: {en: Bonus, fr: Prime}
decided: {by: Somebody With A Name, on: 2026-01-15}
currency: EUR
timezone: Europe/Paris
sources:
  surveys: {path: surveys.csv, id: answer, payee: adviser, date: day}
kpis:
  satisfied:
    title: {en: Satisfied customers, fr: Clients satisfaits}
    perspective: customer
    compute: {kind: share, from: surveys, where: good = 1}
    better: higher
    question: {en: "Were you satisfied?", fr: "Étiez-vous satisfait ?"}
  cases:
    title: {en: Cases, fr: Dossiers}
    perspective: internal
    compute: {kind: given}
    better: higher
curves:
  doubled: {kind: linear, points: [[0%, 0%], [100%, 200%]], below: flat}
  plain: {kind: linear, points: [[0, 0%], [1, 100%]], below: flat}
plans:
  adviser:
    title: {en: Adviser, fr: Conseiller}
    pays: bonus
    who: role = "Adviser"
    target_pay: base_salary * 8% / 4
    scorecard:
      satisfied: {weight: 70%, of: payee, attainment: level, curve: doubled}
      cases: {weight: 30%, of: payee, attainment: level, curve: plain}
"""
SATISFIED: Mapping[tuple[str, str], list[int]] = {
    ("Care", "A"): [4, 4, 3, 3, 2, 2],
    ("Care", "B"): [4, 3, 2, 2, 1],
    ("Care", "C"): [1, 1, 4],
    ("Sales", "D"): [2] * 7,
    ("Field", "E"): [3] * 6,
    ("Office", "F"): [4, 0, 1, 2],
}
"""How many of four customers were satisfied, by department and team, person by person."""
PERIODS = {"2026-Q2": "2026-05-05", "2026-Q3": "2026-08-05"}


def company(
    folder: Path,
    *,
    flat: bool = False,
    rules: str = RULES,
    satisfied: Mapping[tuple[str, str], list[int]] = SATISFIED,
    without: str = "",
) -> Path:
    """A run; in a `flat` one everybody satisfied one customer, and for whom it is `without` a result, is held."""
    period = "2026-Q2" if flat else "2026-Q3"
    people = [
        (f"{team}{number}".replace(" ", ""), department, team, 1 if flat else good)
        for (department, team), scores in satisfied.items()
        for number, good in enumerate(scores)
    ]
    data = folder / "data"
    data.mkdir(parents=True)
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    rows = [f"{payee},=1+{payee},{department},{team},Adviser,24000" for payee, department, team, _ in people]
    rows += ["X1,No cases,Care,A,Adviser,24000", "X2,Boss,Care,A,Boss,99000"]
    write(data / "workforce.csv", "payee,name,department,team,role,base_salary", rows)
    given = [f"payee,{payee},cases,{period},1" for payee, *_ in people if payee != without]
    write(data / "kpis.csv", "subject_kind,subject,kpi,period,value", given)
    answers = [
        f"{payee}-{answer},{payee},{PERIODS[period]},{int(answer < good)}"
        for payee, _, _, good in people
        for answer in range(4)
    ]
    write(data / "surveys.csv", "answer,adviser,day,good", answers)
    incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), data, period, folder / "run")
    return folder / "run"


def write(path: Path, header: str, rows: list[str]) -> None:
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return company(tmp_path_factory.mktemp("company"))


class Visible(HTMLParser):
    """The text of a page, its rows cell by cell, and the addresses in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.rows: list[list[str]] = []
        self.addresses: list[str] = []
        self._silent, self._cell = False, False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent = tag == "style"
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        self._silent = self._silent and tag != "style"
        self._cell = self._cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self.words.append(data)
        if self._cell:
            self.rows[-1][-1] += data

    @property
    def text(self) -> str:
        return re.sub(r"[ \n]+", " ", " ".join(self.words))

    def row(self, name: str) -> list[str]:
        """The cells of the first row with this name."""
        return next([cell.strip() for cell in row] for row in self.rows if row[0].strip() == name)


def read(path: Path) -> Visible:
    return Visible(path.read_text(encoding="utf-8"))


# --- departments ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def departments(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("departments") / "pages"
    assert write_departments(run, out, Wish(salaries=True)) == 4
    return out


def test_a_department_reads_what_its_people_are_paid_together(departments: Path) -> None:
    page = read(departments / "Care.html")
    # Fourteen people, 36 satisfied customers: 168 × 36 + 144 × 14 = 8,064, in steps of 1,000 since one is paid 816;
    # target pay 14 × 480 = 6,720, in steps of 500; 120 %, in steps of 5 %; salaries 336,000 in steps of 50,000.
    assert page.row("Adviser") == ["Adviser", "14", "€6,500", "€8,000", "120%", "€350,000", "€25,000"]
    # 168 × 36 ÷ 8,064 = 75 %
    assert "About 75% of it comes from what customers said and lived." in page.text
    # Six people, 18 satisfied: 3,888 and 2,880; 135 % in steps of 10 %, a half to the even one.
    assert page.row("A")[1:5] == ["6", "€3,000", "€4,000", "140%"]
    assert page.row("C")[1:] == ["fewer than 5", "Not shown: the group is too small."]
    assert page.row("B")[1:] == ["5", "Not shown: a difference would give a smaller group away."]


def test_a_distribution_has_five_people_in_each_band(departments: Path) -> None:
    # Paid 65 %: 3, 100 %: 4, 135 %: 3, 170 %: 4. Below 120 % seven, and seven above: to the nearest five.
    page = read(departments / "Care.html")
    assert page.row("below 120%")[-1] == "about 5"
    assert page.row("120% and more")[-1] == "about 5"
    assert "Too few people differ" in read(departments / "Sales.html").text, "all of Sales are paid 100 %"


def test_a_department_reads_what_its_customers_lived(departments: Path) -> None:
    page = read(departments / "Care.html")
    assert "64.29%" in page.text  # 36 of 56
    assert "from 56 records" in page.text
    assert ["A", "75% from 24 records"] in [[cell.strip() for cell in row] for row in page.rows]  # 18 of 24
    assert ["B", "not shown"] in [[cell.strip() for cell in row] for row in page.rows]
    assert ["C", "not shown"] in [[cell.strip() for cell in row] for row in page.rows]
    assert "50%" in read(departments / "Sales.html").text  # 14 of 28
    assert "Were you satisfied?" in page.text


def test_a_small_department_and_the_one_that_would_give_it_away_show_nothing(departments: Path) -> None:
    office, field = (read(departments / f"{name}.html").text for name in ("Office", "Field"))
    assert "Not shown: the group is too small." in office
    assert "Not shown: a difference would give a smaller group away." in field
    for text in (office, field):
        assert "€" not in text
        assert not re.search(r"records|\d%(?! of many| of few)", text.partition("How single people")[0])


def test_who_is_held_is_told_by_reason_and_not_by_name(departments: Path) -> None:
    page = read(departments / "Care.html")
    assert "There is no result for a measure." in page.text
    assert "fewer than 5" in page.text
    text = "".join(read(departments / f"{name}.html").text for name in ("Care", "Sales", "Field", "Office"))
    for name in ("X1", "X2", "No cases", "Boss", "A0", "D3", "=1+"):
        assert name not in text, name


def test_a_department_of_four_does_not_say_why_one_of_them_is_held(tmp_path: Path) -> None:
    run = company(tmp_path, satisfied={**SATISFIED, ("Annex", "G"): [2, 2, 2]}, without="G0")
    write_departments(run, tmp_path / "pages")
    page = read(tmp_path / "pages" / "Annex.html")
    assert "There is no result for a measure." not in page.text
    assert page.text.count("Not shown: the group is too small.") == 2
    assert "Nobody is held." not in page.text


def test_salaries_are_shown_to_those_who_ask_for_them(run: Path, tmp_path: Path) -> None:
    write_departments(run, tmp_path / "pages", language="fr")
    page = read(tmp_path / "pages" / "Care.html")
    assert len(page.row("Conseiller")) == 5
    assert "Salaire" not in page.text
    assert re.search("Environ 75[\u202f\u00a0]% vient de ce que les clients ont dit et vécu.", page.text)


def test_a_company_can_ask_for_larger_groups(run: Path, tmp_path: Path) -> None:
    write_departments(run, tmp_path / "pages", Wish(least=7))
    page = read(tmp_path / "pages" / "Care.html")
    assert page.row("A")[1:] == ["fewer than 7", "Not shown: the group is too small."]
    assert "Nothing is shown of groups of fewer than 7 people." in page.text


def test_salaries_that_a_run_does_not_hold_are_told(tmp_path: Path) -> None:
    run = company(tmp_path, rules=RULES.replace("base_salary * 8% / 4", "480"))
    with pytest.raises(InputProblems, match="holds no column `base_salary`"):
        write_departments(run, tmp_path / "pages", Wish(salaries=True))
    write_departments(run, tmp_path / "pages")
    assert read(tmp_path / "pages" / "Care.html").row("Adviser")[2:] == ["€6,500", "€8,000", "120%"]


def test_the_commands_say_what_they_wrote(run: Path, tmp_path: Path) -> None:
    def told(*words: object) -> tuple[int, str]:
        done = CliRunner().invoke(main, list(map(str, words)))
        return done.exit_code, done.output

    assert told("departments", run, "--out", tmp_path / "d") == (0, f"4 departments in {tmp_path / 'd'}\n")
    assert told("departments", run, "--out", tmp_path / "d")[0] == 1
    assert told("departments", run, "--out", tmp_path / "e", "--at-least", 4)[0] == 2, "less than five is not offered"
    assert told("public", run, "--out", tmp_path / "p.html", "--language", "fr") == (0, f"{tmp_path / 'p.html'}\n")
    assert told("public", run, "--out", tmp_path / "p.html")[0] == 1
    assert "is no .html file" in told("public", run, "--out", tmp_path / "p.txt")[1]
    assert "there are no words for it" in told("public", run, "--out", tmp_path / "q.html", "--language", "xx")[1]


# --- customers --------------------------------------------------------------------------------------------------------


def test_customers_read_what_their_voice_counts_for(run: Path, tmp_path: Path) -> None:
    before = company(tmp_path / "before", flat=True)
    write_public(run, tmp_path / "public.html", [before])
    page = read(tmp_path / "public.html")
    # 75 satisfied: 168 × 75 of 168 × 75 + 144 × 31 is 73.8 %, in steps of 2 % for 31 people.
    assert "About 74% of what these plans paid comes from what customers said and lived." in page.text
    assert "70% by the rules" in page.text
    assert "60.5%" in page.text  # 75 of 124
    assert "Better than in the period before (25%)." in page.text  # 31 of 124
    assert page.row("2nd quarter of 2026") == ["2nd quarter of 2026", "25%"]
    assert page.row("3rd quarter of 2026") == ["3rd quarter of 2026", "60.5%"]
    assert page.addresses == []
    for name in ("Cases", "€", "Somebody With A Name", "Care", "Sales", "A0", "24,000"):
        assert name not in page.text, name


def test_a_run_that_is_not_earlier_is_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputProblems, match="not-earlier"):
        write_public(run, tmp_path / "public.html", [run])
    assert not (tmp_path / "public.html").exists()
    before = company(tmp_path / "before", flat=True)
    with pytest.raises(InputProblems, match="not-earlier"):
        write_public(before, tmp_path / "public.html", [run])


def test_nobody_publishes_a_preview(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    said = json.loads((tmp_path / "run" / "run.json").read_text())
    (tmp_path / "run" / "run.json").write_text(json.dumps({**said, "preview": {"until": "2026-08-05"}}))
    with pytest.raises(InputProblems, match="which customers are not shown"):
        write_public(tmp_path / "run", tmp_path / "public.html")
    write_departments(tmp_path / "run", tmp_path / "pages")
    assert "Preview: data up to 5 August 2026." in read(tmp_path / "pages" / "Office.html").text


def test_a_label_that_lacks_the_language_of_a_page_is_told_with_its_place(tmp_path: Path) -> None:
    rules = RULES.replace("title: {en: Cases, fr: Dossiers}", "title: {en: Cases}").replace("Bonus, fr: Prime", "Bonus")
    run = company(tmp_path, rules=rules)
    with pytest.raises(InputProblems) as problems:
        write_departments(run, tmp_path / "pages", language="fr")
    told = [str(each) for each in problems.value.problems]
    assert any("rules.yaml:3:" in each for each in told), told
    assert any("rules.yaml:17:" in each and "`title` has no text in `fr`" in each for each in told), told
    assert not (tmp_path / "pages").exists()


def test_the_reasons_for_holding_somebody_are_not_told_to_others_as_if_to_them() -> None:
    for code in ("en", "fr"):
        reader = language(code, "EUR")
        assert set(reader.words["others"]) <= set(reader.words["held"]["codes"])
        for name in reader.words["held"]["codes"]:
            said = held_of_others(reader, name)
            assert not re.search(r"\b([Yy]ou|[Yy]our|[Vv]ous|[Vv]otre|[Vv]os)\b", said), said


# --- the compensation team --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("index")
    index_of(run, out)
    return out


def index_of(run: Path, out: Path) -> None:
    """The index without the statements that it lists."""
    everybody = material(run).everybody()
    maker = StatementMaker(everybody)
    write_index(everybody, maker, maker.reader("en"), Pages(), out)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_index_for_spreadsheets_adds_up_to_the_run(run: Path, pages: Path) -> None:
    rows, said = table(pages / "index.csv"), json.loads((run / "run.json").read_text())
    for name in ("target_pay", "payout", "customer_pay", "internal_pay", "other_pay"):
        assert sum(Decimal(row[name]) for row in rows if row[name]) == Decimal(said["totals"][name]), name
    assert sum(Decimal(row["payout"]) for row in rows if row["payout"]) == 168 * 75 + 144 * 31
    assert [row["status"] for row in rows].count("paid") == 31
    assert [(row["payee"], row["reason"]) for row in rows if row["status"] == "held"] == [("X1", "missing-result")]
    assert [row["payee"] for row in rows if row["status"] == "not eligible"] == ["X2"]
    assert {row["name"] for row in rows if row["payee"] == "A0"} == {"'=1+A0"}, "no text can become a formula"
    assert {row["statement"] for row in rows if row["payee"] == "A0"} == {"A0.html"}


def test_control_totals_are_the_runs(run: Path, pages: Path) -> None:
    totals = {(row["total"], row["currency"]): (row["index"], row["run"]) for row in table(pages / "totals.csv")}
    assert totals["people paid", ""] == ("31", "31")
    assert totals["people held", ""] == ("1", "1")
    assert totals["people not eligible", ""] == ("1", "1")
    assert totals["payout", "EUR"] == ("17064.00", "17064.00")
    assert totals["paid in all", "EUR"] == ("17064.00", "17064.00")
    page = read(pages / "index.html")
    assert page.row("Paid out") == ["Paid out", "€17,064.00", "€17,064.00"]
    assert "Care · 14 people" in page.text.replace(" ·", " ·")


def test_a_run_that_was_changed_afterwards_has_no_index(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    payouts = pl.read_parquet(tmp_path / "run" / "payouts.parquet")
    payouts.with_columns(payout=pl.col("payout") + pl.lit(Decimal("0.01"))).write_parquet(
        tmp_path / "run" / "payouts.parquet"
    )
    with pytest.raises(InputProblems, match="totals-differ"):
        index_of(tmp_path / "run", tmp_path)
    assert not (tmp_path / "index.html").exists()


# --- drawn companies --------------------------------------------------------------------------------------------------


SECOND = """\
  extra:
    title: {en: Extra, fr: Extra}
    pays: extra
    who: role = "Adviser" AND team <> "Team 00"
    target_pay: base_salary * 1%
    scorecard: {satisfied: {weight: 100%, of: team, attainment: level, curve: doubled}}
"""


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
def test_no_page_of_a_drawn_company_tells_of_fewer_than_five(seed: int, tmp_path: Path) -> None:
    """All pages of managers and of customers together, by an attacker who knows the total of the company as well."""
    random = Random(seed)
    places = {
        (f"Department {department}", f"Team {department}{team}"): [
            random.randint(0, 4) for _ in range(random.choice((1, 3, 4, 5, 6, 8)))
        ]
        for department in range(random.randint(2, 4))
        for team in range(random.randint(1, 4))
    }
    run = company(tmp_path, rules=RULES + SECOND, satisfied=places)
    write_departments(run, tmp_path / "pages", Wish(salaries=True))
    payouts = pl.read_parquet(run / "payouts.parquet")
    people = pl.read_parquet(run / "inputs" / "workforce.parquet").select("payee", "department", "team")
    rows = payouts.select("payee", "plan").join(people, on="payee").rows(named=True)
    plans = {"Adviser": "adviser", "Extra": "extra"}
    people = people.filter(pl.col("team") != "A")  # nobody asked customers about these two
    sums, results = [[Fraction(1)] * len(rows)], [[Fraction(1)] * people.height]
    for path in sorted((tmp_path / "pages").glob("*.html")):
        page = read(path)
        department = page.text.split(" · ")[1].strip()
        plan = ""
        for cells in ([cell.strip() for cell in row] for row in page.rows):
            plan = plans.get(cells[0], plan)
            if len(cells) == 7 and cells[3].startswith("€"):
                team = cells[0] if cells[0].startswith("Team") else None
                whole = cells[0] == "The whole department"
                sums.append(
                    [
                        Fraction(
                            row["department"] == department
                            and (whole or row["plan"] == plan)
                            and team in (None, row["team"])
                        )
                        for row in rows
                    ]
                )
            if len(cells) == 2 and "records" in cells[1]:
                results.append([Fraction(team == cells[0]) for team in people["team"]])
        if re.search("from [\\d,]+ records, between", page.text):
            results.append([Fraction(each == department) for each in people["department"]])
    for told, owners in ((sums, [row["payee"] for row in rows]), (results, people["payee"].to_list())):
        assert len(told) > 1 or seed, "some of the companies show something"
        for (team,), members in people.group_by("team"):
            for few in ({*members["payee"]}, *({payee} for payee in members["payee"])):
                assert len(few) > 4 or not told_of(few, owners, told), (team, few)


def told_of(few: set[str], owners: list[str], sums: list[list[Fraction]]) -> bool:
    """Whether any combination of sums is about some people alone."""
    others = [[part for part, owner in zip(each, owners, strict=True) if owner not in few] for each in sums]
    return rank(others) < rank(sums)
