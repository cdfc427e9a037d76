"""What must hold between the parts of a page: each number is the one that another part works out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from tests.visible.pocket import CURRENCY, number
from tests.visible.sight import Row, Sight, Table

_MONEY = rf"(−?{CURRENCY}?[\u00a0\u202f]?\d[\d.,\u00a0\u202f]*\d(?:[\u00a0\u202f]{CURRENCY})?)"
_SOME = (rf"{_MONEY} of your {_MONEY} come from", rf"{_MONEY} de vos {_MONEY} viennent de")
_SECTIONS = {
    "paying": "How it was made|Comment elle s'est faite|Comment",
    "scoring": "From measures to the score|Des mesures au score",
    "settled": "What is paid with this period|Ce qui est payé avec cette période",
    "days": "What is paid for which days|Ce qui est payé pour quels jours",
    "cards": "Each measure|Chaque mesure|Mesure par mesure",
}


def check_whole(sight: Sight) -> str:
    """What does not fit together; nothing where all does."""
    return next((problem for problem in _problems(sight) if problem), "")


def _problems(sight: Sight) -> Iterator[str]:
    yield from _headline(sight)
    for table in _tables(sight, "paying"):
        yield from _operands(sight, table)
    for table in [*_tables(sight, "settled"), *_tables(sight, "days")]:
        yield from _operands(sight, table)
    yield from _cards(sight)
    yield from _divided(sight)
    yield _customers(sight)


def _tables(sight: Sight, section: str) -> list[Table]:
    return [table for table in sight.tables if len(table.above) > 1 and re.match(_SECTIONS[section], table.above[1])]


def _value(sight: Sight, row: Row) -> Fraction | None:
    return number(row.result, sight.language[:2])


def _currency(text: str) -> str:
    found = re.search(CURRENCY, text)
    return found[0] if found else ""


def _headline(sight: Sight) -> Iterator[str]:
    """The amount on top is what the last lines of all payouts add up to, with what else is paid."""
    top, language = sight.texts[1], sight.language[:2]
    paid = _payouts(sight)
    payouts = [_value(sight, row) for row in paid]
    alike = all(_currency(row.result) == _currency(top) for row in paid) and not re.search(r" [+−] ", top)
    settled = [row for table in _tables(sight, "settled") for row in table.rows]
    if not alike or not paid or not _currency(top):
        return
    said = [_value(sight, row) for row in settled if re.match("Payout of|Prime de cette", row.name)]
    if settled and sum(each or 0 for each in said) != sum(each or 0 for each in payouts):
        yield f"the payouts {payouts} are not those of what is paid with the period: {said}"
    total = _value(sight, settled[-1]) if settled else sum((each or Fraction(0) for each in payouts), Fraction(0))
    if number(top, language) != total:
        yield f"{top} on top, but the page works out {total}"


def _payouts(sight: Sight, currency: str = "") -> list[Row]:
    """The last line of everything that is paid, in a currency if one is named."""
    of_pay = [table.rows for table in _tables(sight, "paying") if len(table.above) == 2]
    last = [[row for row in rows if not currency or _currency(row.result) == currency][-1:] for rows in of_pay]
    return [row for rows in last for row in rows]


def _operands(sight: Sight, table: Table) -> Iterator[str]:
    """What payouts are multiplied and added up from are numbers of the lines above."""
    known: list[Fraction | None] = []
    plain = table.rows and re.search(r"score (?:of|de) 100", " ".join(table.rows[0].how))
    for row in table.rows:
        how = re.split(" (?:rounded|arrondi|cut|coupé)", " ".join(row.how))[0]
        taken = (
            re.match("Together|Ensemble|To be paid|À verser|Payout$|Prime$", row.name)
            and " + " in how
            and "×" not in how
        )
        if taken or (plain and re.match("Payout|Prime$|Worked out|Calculé", row.name) and " × " in how):
            numbers = _numbers(sight, how)
            if "÷" not in how and not {abs(each) for each in numbers} <= {
                abs(each) for each in known if each is not None
            }:
                yield f"{row.name}: {how}: not all of that is told above"
        known.append(_value(sight, row))


def _numbers(sight: Sight, how: str) -> list[Fraction]:
    """The numbers of some arithmetic, without their signs."""
    how = re.sub("(?:the (?:low|high)est of|le plus (?:bas|haut) de) ", "", how)
    parts = (re.sub(r"^[(−\s]+|[)\s]+$", "", each) for each in re.split(r" [+−×÷] |[;(]", how))
    return [each for part in parts if (each := number(part, sight.language[:2])) is not None]


def _cards(sight: Sight) -> Iterator[str]:
    """What a card tells is what its lines work with, and what its group goes on with."""
    scoring = [row for table in _tables(sight, "scoring") for row in table.rows]
    used = [_numbers(sight, re.sub(", |; ", " + ", " ".join(row.how))) for row in scoring]
    pairs = {pair for numbers in used for pair in pairwise(numbers)}
    for table in _tables(sight, "cards"):
        rows = [row for row in table.rows if not row.heading]
        last = [row for row in rows if re.match("Score|Rate|Taux", row.name)]
        score = _value(sight, last[-1]) if last else None
        if score is None or re.search("12 dec|12 déc", " ".join(last[-1].how)):
            continue
        facts = {fact.name: number(fact.said, sight.language[:2]) for fact in sight.facts(table.place)}
        if facts.get("Score", score) != score:
            yield f"{table.above}: the score is {score}, not {facts['Score']}"
        weight = facts.get("Weight", facts.get("Poids"))
        if used and not any(abs(score) in numbers for numbers in used):
            yield f"{table.above}: no group goes on with {last[-1].result}"
        if used and weight is not None and (weight, abs(score)) not in pairs:
            yield f"{table.above}: no group weights {last[-1].result} with {weight}"
        worked = {each for row in rows for each in _numbers(sight, " ".join(row.how))}
        attained = [row for row in rows if re.match("Attainment|Atteinte", row.name)]
        for name in (
            "Target",
            "Objectif",
            "Threshold",
            "Seuil",
            "Benchmark",
            "Référence",
            "Baseline",
            "Point de départ",
        ):
            against = facts.get(name)
            told = against is not None and attained and _has_arithmetic(attained[-1])
            if told and against is not None and abs(against) not in worked:
                yield f"{table.above}: {name} {against} is not what the lines work with"


def _has_arithmetic(row: Row) -> bool:
    """Whether a line holds arithmetic at all."""
    return bool(re.match(r"[(−\d€].* [÷×−+] ", row.how[0]))


def _divided(sight: Sight) -> Iterator[str]:
    """What measures and groups brought of one amount adds up to it."""
    parts: dict[tuple[str, str, str], list[Fraction]] = {}
    for table in sight.tables:
        about = table.above[1].partition(" · ")[2] if len(table.above) > 1 else ""
        for row in table.rows:
            how = re.split(" (?:cut|coupé)", " ".join(row.how))[0]
            found = re.fullmatch(r"(.*?) × (.*) ÷ (.*?)", how)
            if found and re.match("Brought|Apport", row.name):
                parts.setdefault((about, found[1], found[3]), []).append(_value(sight, row) or Fraction(0))
    for (about, whole, below), each in parts.items():
        if not re.search(r"[÷(]", below) and number(whole.strip("()"), sight.language[:2]) != sum(each):
            yield f"{about} {whole} is divided into {each}"


def _customers(sight: Sight) -> str:
    """What customers contributed is what their measures brought."""
    language = sight.language[:2]
    for pattern in _SOME:
        found = re.findall(pattern, sight.text)
        if len(found) != 1:
            continue
        cards = [table for table in _tables(sight, "cards") if re.match("customers|clients", table.tag)]
        again = [table for table in _tables(sight, "paying") if re.match(_SECTIONS["scoring"], table.above[-1])]
        titles = [table.above[-1] for table in _tables(sight, "cards")]
        if again and len({*titles}) < len(titles):
            continue  # two measures of one name: which of them is meant cannot be told
        brought = sum((_brought(sight, table.rows) for table in cards), Fraction(0))
        for table in again:
            for title in {card.above[-1] for card in cards}:
                brought += _brought(sight, [row for row in table.rows if row.name.partition(" · ")[0] == title], title)
        # of who is paid in another currency, what is told is the payout before conversion
        payouts = _payouts(sight, _currency(found[0][1]))
        paid = sum((_value(sight, row) or Fraction(0) for row in payouts), Fraction(0))
        if number(found[0][1], language) != paid:
            return f"{found[0]}: the page works out {paid}"
        if number(found[0][0], language) != brought:
            return f"{found[0]} of customers, but their measures brought {brought}"
    return ""


def _brought(sight: Sight, rows: list[Row], title: str = "Brought") -> Fraction:
    """What a measure brought."""
    told = [row for row in rows if re.search(f"^(?:{re.escape(title)}|Apport)$|(?:Earned|Acquis)$", row.name)]
    return (_value(sight, told[-1]) or Fraction(0)) if told else Fraction(0)
