"""Payout curves as their sentences tell them, in English or French: the rate at a number, worked out from the words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

_NUMBER = r"[-−]?\d+(?:[.,]\d+)?\s?%?"
_AT_ONCE = rf"({_NUMBER}) → ({_NUMBER})((?: (?:and at once|et aussitôt) {_NUMBER})*)"
_BAND = (
    (r"(?:from|de|à partir de) ({n})", ">="), (r"(?:over|de plus de|plus de) ({n})", ">"),
    (r"(?:to below|à moins de|below|moins de) ({n})", "<"), (r"(?:up to|jusqu'à|to|à) ({n})", "<="),
)  # fmt: skip


def rate_of(curve: str, at: Fraction, across: Fraction | None = None) -> Fraction | None:
    """The rate that a curve, told in words, gives for a number; None where its words do not say (an S)."""
    if re.match("straight lines|lignes droites", curve):
        return _on_lines(curve, at)
    if re.match("by tier|par palier", curve):
        reached = [rate for start, rates in _points(curve) for rate in rates if start <= at]
        return reached[-1] if reached else _below(curve)
    if re.match("each part|chaque tranche", curve):
        return _graded(curve, at)
    if re.match("looked up|table", curve):
        return next((_number(band.rpartition("→")[2]) for band in _bands(curve) if _inside(band, at)), None)
    if re.match("by row|par ligne", curve) and across is not None:
        return _matrix(curve, at, across)
    return None


def _number(text: str) -> Fraction:
    plain = text.strip().replace("−", "-").replace(",", ".").replace("\u00a0", "").replace("\u202f", "")
    return Fraction(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)


def _points(curve: str) -> list[tuple[Fraction, list[Fraction]]]:
    """Where something changes, with the rates there: two at a jump."""
    return [
        (_number(x), [_number(each) for each in re.findall(_NUMBER, f"{y}{more}")])
        for x, y, more in re.findall(_AT_ONCE, curve)
    ]


def _below(curve: str) -> Fraction:
    flat = re.search("flat below|constant en dessous", curve)
    return _points(curve)[0][1][0] if flat else Fraction(0)


def _on_lines(curve: str, at: Fraction) -> Fraction:
    points = [(x, y) for x, rates in _points(curve) for y in rates]
    if at < points[0][0]:
        return _below(curve)
    for (x, y), (next_x, next_y) in pairwise(points):
        if x <= at < next_x:
            return y + (at - x) * (next_y - y) / (next_x - x)
    return points[-1][1]


def _graded(curve: str, at: Fraction) -> Fraction:
    tier = rf"(?:from|à partir de) ({_NUMBER}) → ({_NUMBER})(?: (?:and|et) ({_NUMBER}) (?:at once|d'emblée))?"
    tiers = [(_number(x), _number(rate), _number(jump or "0")) for x, rate, jump in re.findall(tier, curve)]
    ends = [*(x for x, _, _ in tiers[1:]), None]
    parts = (
        (jump, rate, x, at if end is None or at < end else end)
        for (x, rate, jump), end in zip(tiers, ends, strict=True)
    )
    return sum((jump + rate * (end - x) for jump, rate, x, end in parts if x <= at), Fraction(0))


def _bands(curve: str) -> list[str]:
    return re.split(r"(?<=\d|%), (?=\D)", curve.partition(", ")[2])


def _inside(band: str, at: Fraction) -> bool:
    return all(_holds(sign, at, end) for sign, end in _ends(band.partition("→")[0]))


def _ends(told: str) -> Iterator[tuple[str, Fraction]]:
    for pattern, sign in _BAND:
        found = re.search(rf"(?<![\w']){pattern.format(n=_NUMBER)}", told)
        if found:
            yield sign, _number(found[1])
            told = told.replace(found[0], "", 1)


def _holds(sign: str, at: Fraction, end: Fraction) -> bool:
    return {">=": at >= end, ">": at > end, "<": at < end, "<=": at <= end}[sign]


def _matrix(curve: str, at: Fraction, across: Fraction) -> Fraction:
    columns, _, rows = re.split(r"is from |est à partir de ", curve)[1].partition(" → ")
    *starts, first = re.findall(_NUMBER, columns)
    flat = re.search("flat below|constant en dessous", curve)
    if across < _number(starts[0]) and not flat:
        return Fraction(0)
    column = max((place for place, start in enumerate(starts) if _number(start) <= across), default=0)
    rates = [
        (_number(start), [_number(each) for each in re.findall(_NUMBER, told)])
        for start, told in re.findall(rf"({_NUMBER}) → ((?:{_NUMBER}(?:, )?)+)", f"{first} → {rows}")
    ]
    reached = [row for start, row in rates if start <= at]
    if not reached:
        return rates[0][1][column] if flat else Fraction(0)
    return reached[-1][column]
