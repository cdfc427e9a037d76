"""Every kind of the vocabulary has a case, a use in a shipped rule set and a line in the reference.

A case shows one kind on one screen: a rule set, its data, and what comes out, worked out by hand. Whoever adds a kind
is told here what is still missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import polars as pl
import pytest
from pydantic import BaseModel, Tag

import incentive_engine
from incentive_engine.documents import read_document
from incentive_engine.engine.run import Run
from incentive_engine.kinds.attainments import ATTAINMENTS
from incentive_engine.kinds.curves import PayoutCurve
from incentive_engine.kinds.gates import Gate
from incentive_engine.kinds.kpis import KpiCompute
from incentive_engine.kinds.modifiers import Modifier
from incentive_engine.kinds.pools import Funding, Pool
from incentive_engine.kinds.prorations import Proration
from incentive_engine.kinds.rate_days import RateDay
from incentive_engine.rulesets.leave import EFFECTS, LeaveType
from incentive_engine.rulesets.models import Group, Kpi, MeasureFields, Plan, Way
from incentive_engine.rulesets.reference import reference
from incentive_engine.shipped import rule_sets, rules_dir

CASES = Path(__file__).parent / "cases"
OF_KINDS = sorted(CASES.glob("*.yaml"))
PERIOD = "2026-Q3"
HEAD = """
rule_set: case
version: "1"
title: {en: Case}
decided: {by: Nobody, on: 2026-01-01}
currency: EUR
timezone: Europe/Paris
"""
CONSTANT_KEYS = ("kind", "by", "at")
"""The keys by which kinds of one union are told apart, where it is not the key that only they have."""


def kinds_of(union: Any) -> dict[str, type[BaseModel]]:
    """The classes of a union, by the word that names each."""
    base, *metadata = get_args(union)
    members = get_args(base) or (base,)
    named = {}
    for member in members:
        inner, *own = get_args(member) or (member,)
        tags = [each.tag for each in (*own, *metadata) if isinstance(each, Tag)]
        fields = [inner.model_fields[key] for key in CONSTANT_KEYS if key in inner.model_fields]
        named[tags[0] if tags else get_args(fields[0].annotation)[0]] = inner
    return named


UNIONS = {
    "kpi": kinds_of(KpiCompute),
    "curve": kinds_of(PayoutCurve),
    "gate": kinds_of(Gate),
    "modifier": kinds_of(Modifier),
    "proration": kinds_of(Proration),
    "pool": kinds_of(Pool),
    "funding": kinds_of(Funding),
    "exchange": kinds_of(RateDay),
}
WORDS = {
    "attainment": tuple(ATTAINMENTS),
    "combine": get_args(Group.model_fields["combine"].annotation),
    "over": ("assignment", "year_to_date", "until_end", "months"),
    "reliability": ("credibility",),
    "leave": EFFECTS,
    "target_for": ("presence",),
}
KINDS = [*((family, word) for each in (UNIONS, WORDS) for family, words in each.items() for word in words)]


def used(value: Any) -> Iterator[tuple[str, str]]:
    """The kinds that a declared value uses, itself and all below."""
    if isinstance(value, BaseModel):
        yield from (
            (family, word)
            for family, classes in UNIONS.items()
            for word, each in classes.items()
            if type(value) is each
        )
        if isinstance(value, Way):
            yield "attainment", value.attainment
        if isinstance(value, Group | Plan):
            yield "combine", value.combine
        if isinstance(value, Kpi):
            yield "over", value.over if isinstance(value.over, str) else "months"
            if value.reliability is not None and value.reliability.credibility is not None:
                yield "reliability", "credibility"
        if isinstance(value, LeaveType):
            yield from (("leave", effect) for effect in (value.effect, *value.in_pay.values()))
        if isinstance(value, MeasureFields):
            yield "target_for", value.target_for
        for name in type(value).model_fields:
            yield from used(getattr(value, name))
    elif isinstance(value, dict | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from used(each)


@pytest.fixture(scope="module")
def in_rules() -> set[tuple[str, str]]:
    return {kind for path in rule_sets() for kind in used(incentive_engine.load(path).ruleset)}


@pytest.mark.parametrize(("family", "word"), KINDS)
def test_every_kind_has_a_case_a_use_and_a_line(family: str, word: str, in_rules: set[tuple[str, str]]) -> None:
    missing = []
    if not (CASES / f"{family}-{word}.yaml").is_file():
        missing.append(f"a case: tests/cases/{family}-{word}.yaml")
    if (family, word) not in in_rules:
        missing.append("a use in one of the rule sets under rules/")
    if not re.search(rf"`(?:\w+: )?{word}`", (rules_dir() / "README.md").read_text(encoding="utf-8")):
        missing.append("a line in rules/README.md")
    assert missing == [], f"{family} `{word}` lacks {'; '.join(missing)}"


def test_every_case_is_of_a_kind() -> None:
    assert {path.stem for path in OF_KINDS} == {f"{family}-{word}" for family, word in KINDS}


def test_the_reference_is_up_to_date() -> None:
    """`python -m incentive_engine.rulesets.reference > rules/README.md` writes it anew."""
    assert (rules_dir() / "README.md").read_text(encoding="utf-8") == reference()


@pytest.mark.parametrize("path", OF_KINDS, ids=lambda path: path.stem)
def test_case(path: Path, tmp_path: Path) -> None:
    case = read_document(path).data
    assert used_in(tmp_path, case["rules"]) >= {tuple(path.stem.split("-"))}
    for name, text in case["data"].items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    run = incentive_engine.run(incentive_engine.load(tmp_path / "rules.yaml"), tmp_path, PERIOD)
    expected = case["expect"]
    assert {payee: told(run, payee, wanted) for payee, wanted in expected.items()} == expected
    assert set(expected) == {row[0] for row in run.eligibility.select("payee").unique().rows()}


def used_in(folder: Path, rules: str) -> set[tuple[str, str]]:
    """Writes the rule set of a case; the kinds that it uses."""
    (folder / "rules.yaml").write_text(HEAD + rules, encoding="utf-8")
    return set(used(incentive_engine.load(folder / "rules.yaml").ruleset))


def told(run: Run, payee: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """What a run says of a payee, for the keys that a case expects."""
    found: dict[str, Any] = {}
    payouts = run.payouts.filter(payee=payee)
    measures = run.contributions.filter(payee=payee)
    for key in wanted:
        if key == "held":
            found[key] = ", ".join(run.held.filter(payee=payee, table="workforce")["code"].unique().sort())
        elif key == "not eligible":
            found[key] = run.eligibility.filter(~pl.col("result"), payee=payee)["test"].item()
        elif key == "pay":
            found[key] = dict(measures.select(pl.col("measure").fill_null("other"), "pay").rows())
        else:
            frame = payouts if key in payouts.columns else measures
            found[key] = frame[key].item() if frame.height == 1 else f"{frame.height} rows"
    if "held" in wanted or "not eligible" in wanted:
        assert payouts.is_empty()
    return found


def test_numbers_are_compared_exactly() -> None:
    assert {"payout": Decimal("750.00")} == {"payout": Decimal("750")}
    assert {"payout": Decimal("750.01")} != {"payout": Decimal("750")}


def test_a_kind_without_a_case_is_named() -> None:
    with pytest.raises(AssertionError, match=r"curve `spline` lacks a case: tests/cases/curve-spline\.yaml; a use"):
        test_every_kind_has_a_case_a_use_and_a_line("curve", "spline", set())
