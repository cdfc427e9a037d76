"""Formulas worked out on their own: values by hand; missing stays missing; each rounding as its name says."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest

from incentive_engine.exact import Mode
from incentive_engine.formulas import Formula
from incentive_engine.formulas.working import Unworkable, Value, rounded, worked_out

NAMES: dict[str, Value] = {"missing": None, "pay": Fraction(1000), "role": "Adviser", "since": dt.date(2026, 7, 1)}
CURVES = {("steps", Fraction(3)): Fraction(1, 2)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("483 * 125.8256% * 50%", Fraction("303.868824")),
        ("1 + (1.6667 - 0) * (1.5 - 1) / (20 - 0)", Fraction("1.0416675")),
        ("-(2 - 5)", Fraction(3)),
        ("IF(3 >= 4, 1.05, 1)", Fraction(1)),
        ("IF(missing > 4, 1.05, 1)", None),
        ("MIN(60%, MAX(55%, 12%))", Fraction(11, 20)),
        ("MAX(1, missing)", None),
        ("MIN(45%)", Fraction(9, 20)),
        ("ABS(-3) + ROUND(2.5, 0) + ROUNDDOWN(-2.5, 0) + ROUNDUP(2.1, 0)", Fraction(3 + 3 - 2 + 3)),
        ("1 / 0", None),
        ('role = "Adviser" AND pay > 999', True),
        ('role IN ("Seller", "Adviser")', True),
        ("NOT (pay > 1000)", True),
        ("missing > 1 OR pay > 1", True),
        ("missing > 1 AND pay > 1", None),
        ("missing > 1 AND pay > 1000", False),
        ("ISMISSING(missing)", True),
        ("DAYS(DATE(2026, 7, 31), since)", Fraction(30)),
        ("steps(1 + 2) * pay", Fraction(500)),
    ],
)
def test_values(text: str, value: Value) -> None:
    assert worked_out(Formula(text), NAMES, CURVES) == value


@pytest.mark.parametrize("text", ["other + 1", "steps(4)", "role + 1"])
def test_what_has_no_value(text: str) -> None:
    with pytest.raises(Unworkable):
        worked_out(Formula(text), NAMES, CURVES)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("half_up", "0.3 0.2 -0.3 1.3"),
        ("half_even", "0.2 0.2 -0.2 1.3"),
        ("down", "0.2 0.2 -0.2 1.2"),
        ("up", "0.3 0.3 -0.3 1.3"),
        ("floor", "0.2 0.2 -0.3 1.2"),
        ("ceil", "0.3 0.3 -0.2 1.3"),
    ],
)
def test_roundings(mode: Mode, expected: str) -> None:
    values = [Fraction("0.25"), Fraction("0.21"), Fraction("-0.25"), Fraction("1.26")]
    assert [rounded(value, 1, mode) for value in values] == [Fraction(each) for each in expected.split()]


def test_rounding_to_tens_and_what_needs_none() -> None:
    assert rounded(Fraction(125), -1, "half_up") == 130
    assert rounded(Fraction("0.2"), 1, "up") == Fraction("0.2")
