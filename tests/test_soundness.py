"""A change of rules is told with the numbered rules that it breaks, and with those that it mends."""

from __future__ import annotations

import datetime as dt

import pytest

from incentive_engine.rulesets.checks.plans.examples import completed
from incentive_engine.rulesets.loading import Rules, load_document
from incentive_engine.rulesets.plan_rules import PLAN_RULES
from incentive_engine.simulation.difference.soundness import soundness_section, turned
from incentive_engine.simulation.reports.paper import Said
from incentive_engine.simulation.reports.writing import WORDS
from incentive_engine.statements.catalogues import words_in

DAY = dt.date(2026, 9, 30)
CAPPED = "plans: {adviser: {cap: 95%}}\n"
WAIVED = "waive: [{rule: P03-cap-below-target, at: plans.adviser, because: {en: Agreed, fr: Convenu}, by: The board}]\n"


def rules(text: str = "") -> Rules:
    return load_document(completed(text or "version: '1'"))


@pytest.mark.parametrize(
    ("before", "after", "states"),
    [
        ("", CAPPED, [("kept", "broken")]),
        (CAPPED, "", [("broken", "kept")]),
        (CAPPED, CAPPED + WAIVED, [("broken", "waived")]),
        (CAPPED, CAPPED, []),
        (CAPPED + WAIVED, CAPPED + WAIVED, []),
    ],
)
def test_what_a_change_breaks_and_mends(before: str, after: str, states: list[tuple[str, str]]) -> None:
    found = turned(rules(before), rules(after), DAY)
    assert [(each.before, each.after) for each in found] == states
    assert {(each.code, each.at) for each in found} <= {("P03-cap-below-target", ("plans", "adviser", "cap"))}


def test_it_is_told_with_the_place_as_people_call_it() -> None:
    (table,) = soundness_section(rules(), rules(CAPPED), DAY).tables
    where = {"en": "Adviser: cap", "fr": "Conseiller : plafond"}
    kept, broken = Said("rule_kept"), Said("rule_broken")
    assert table.rows == (("P03-cap-below-target", Said("sound_p03"), where, kept, broken),)


def test_a_change_that_turns_nothing_says_so() -> None:
    section = soundness_section(rules(), rules(), DAY)
    assert (section.said, section.tables) == ((Said("nothing_turned"),), ())


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_numbered_rule_has_its_sentence(language: str) -> None:
    said = words_in(WORDS, language)["said"]
    assert [rule.code for rule in PLAN_RULES if f"sound_{rule.code[:3].lower()}" not in said] == []
