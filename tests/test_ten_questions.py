"""Someone who has never seen the project reads a page: ten questions, and where the page answers them.

The people are those of the starter, whose amounts are worked out by hand here. Seller 04 has five marks, 4, 3, 3, 3 and
3, mean 3.2 of 4: 80 %, paid 50 %. Sales of 72,000 are 120 % of 60,000, paid 150 %, half of it withheld: 75 %. So the
score is 70 % x 50 % + 30 % x 75 % = 57.5 % of 1,000; without the condition 80 %. Adviser 05 has two answers: the team's
twelve count, mark 4 of 4, and 8 promoters less 2 detractors, 50 against 40: 125 %. With cases at 125 % the score is
114.5 % of 600; with the recommendation at its target 107.5 %.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from html.parser import HTMLParser

import pytest

import incentive_engine
from incentive_engine.shipped import rules_dir
from incentive_engine.statements import write_statements

Pages = Mapping[tuple[str, str], "Headed"]


class Headed(HTMLParser):
    """The visible text of a page below each of its headings, down to the next that is as high."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._heads: list[tuple[int, list[str], list[str]]] = []
        self._hidden, self._in_head = 0, False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script", "title"):
            self._hidden += 1
        if re.fullmatch("h[1-6]", tag):
            self._heads.append((int(tag[1]), [], []))
            self._in_head = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "title"):
            self._hidden -= 1
        if re.fullmatch("h[1-6]", tag):
            self._in_head = False

    def handle_data(self, data: str) -> None:
        if self._heads and not self._hidden:
            _, head, text = self._heads[-1]
            (head if self._in_head else text).append(data)

    def below(self, heading: str) -> str:
        """What stands below the first heading that begins so."""
        found = [" ".join("".join(head).split()).startswith(heading) for _, head, _ in self._heads]
        assert any(found), (heading, [" ".join("".join(head).split()) for _, head, _ in self._heads])
        at = found.index(True)
        level, _, words = self._heads[at]
        for lower, head, text in self._heads[at + 1 :]:
            if lower <= level:
                break
            words = [*words, *head, " ", *text]
        return " ".join(" ".join(words).split())


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The pages of the starter, each in both languages."""
    found = {}
    for code in ("en", "fr"):
        folder = tmp_path_factory.mktemp(code)
        shutil.copytree(rules_dir() / "starter", folder, dirs_exist_ok=True)
        people = folder / "data" / "workforce.csv"
        people.write_text(re.sub(",(?:en|fr),", f",{code},", people.read_text(encoding="utf-8")), encoding="utf-8")
        incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), folder / "data", "2026-Q3", folder / "run")
        payees = ("A05", "A06", "S04")
        write_statements(folder / "run", folder / "pages", payees=payees)
        for payee in payees:
            found[payee, code] = Headed((folder / "pages" / f"{payee}.html").read_text(encoding="utf-8"))
    return found


QUESTIONS: Mapping[str, tuple[str, Mapping[str, tuple[str, ...]]]] = {
    "How much am I paid, for which days?": (
        "S04",
        {
            "en": ("Quarterly bonus", "€575.00", "1 July 2026 to 30 September 2026"),
            "fr": ("Prime trimestrielle", "575,00 €", "du 1er juillet 2026 au 30 septembre 2026"),
        },
    ),
    "How much of it comes from customers?": (
        "S04",
        {
            "en": ("Quarterly bonus", "€350.00 of your €575.00 come from what customers said and lived."),
            "fr": ("Prime trimestrielle", "350,00 € de vos 575,00 € viennent de ce que les clients ont dit et vécu."),
        },
    ),
    "Why is NPS not at 100 %?": (
        "A05",
        {
            "en": ("Net Promoter Score", "600 ÷ 12", "50 − 40", "result − target", "(1.5 − 1) ÷ (20 − 0)", "125%"),
            "fr": ("Recommandation (NPS)", "600 ÷ 12", "50 − 40", "résultat − objectif", "÷ (20 − 0)", "125 %"),
        },
    ),
    "What did the condition cost?": (
        "S04",
        {
            "en": ("What would have changed it", "Customers were not satisfied", "€800.00", "+€225.00"),
            "fr": ("Ce qui aurait changé le montant", "Les clients n'étaient pas satisfaits", "800,00 €", "+225,00 €"),
        },
    ),
    "How many answers is that?": (
        "S04",
        {
            "en": ("Customer satisfaction", "3.2", "from 5 records"),
            "fr": ("Satisfaction des clients", "3,2", "d'après 5 enregistrements"),
        },
    ),
    "Why does another result count than mine?": (
        "A05",
        {
            "en": (
                "Customer satisfaction",
                "The result of your team, South",
                "There are 2 records; at least 3 are needed. So the result of your team counts: South.",
            ),
            "fr": (
                "Satisfaction des clients",
                "Le résultat de votre équipe, South",
                "Il y a 2 enregistrements ; il en faut au moins 3. Le résultat de votre équipe compte donc : South.",
            ),
        },
    ),
    "What would another result have paid?": (
        "A05",
        {
            "en": ("What would have changed it", "€687.00", "At the target", "€645.00", "−€42.00"),
            "fr": ("Ce qui aurait changé le montant", "687,00 €", "À l'objectif", "645,00 €", "−42,00 €"),
        },
    ),
    "Why is nothing paid to me?": (
        "A06",
        {
            "en": ("This pay is held", "The target pay cannot be worked out.", "Nothing was decided as zero"),
            "fr": ("Cette prime est en attente", "La prime cible ne peut pas être calculée.", "Rien n'a été décidé"),
        },
    ),
    "Who made these rules, and whom do I ask about a line?": (
        "S04",
        {
            "en": ("Where the numbers come from", "Head of compensation", "rules.yaml", "Ask the", "S04-2026-Q3"),
            "fr": ("D'où viennent les nombres", "Head of compensation", "rules.yaml", "Demandez à", "S04-2026-Q3"),
        },
    ),
    "What is attainment?": (
        "S04",
        {
            "en": ("Words on this page", "Attainment The result compared with the target."),
            "fr": ("Les mots de cette page", "Atteinte Le résultat comparé à l'objectif."),
        },
    ),
}
"""By question: whose page answers it; by language, below which heading, and with which words."""


@pytest.mark.parametrize("code", ["en", "fr"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_page_answers(question: str, code: str, pages: Pages) -> None:
    payee, where = QUESTIONS[question]
    heading, *answers = where[code]
    told = pages[payee, code].below(heading)
    assert [answer for answer in answers if answer not in told] == [], told


def test_there_are_ten_questions() -> None:
    assert len(QUESTIONS) == 10
