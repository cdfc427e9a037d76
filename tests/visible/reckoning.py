"""Every line of a statement worked out again from the numbers that are printed on it.

A line holds its own arithmetic, or says in words what it does (raised to, read on the curve, does not apply), or gives
a number that the page rests on: what was measured, decided or counted elsewhere. Whatever is none of these is wrong.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import ClassVar

from tests.visible.curves import rate_of
from tests.visible.pocket import (
    CURRENCY,
    MINUS,
    NoArithmetic,
    Value,
    calculated,
    decimals,
    number,
    rounded,
    roundings,
)
from tests.visible.sight import Row, Sight, Table, seen
from tests.visible.whole import check_whole

Reckoned = Counter[str]
"""How many lines were worked out, carried from another place, given, or hold words alone."""

BESIDE = re.compile(
    r"(?:Factor|Points|Facteur|Of it, earned|Dont acquis|Read across|Croisé avec|Earned|Acquis)\b|\w+\("
)
"""Lines that stand beside the score that goes on."""
MONEY_AND_WORDS = {
    "cut": r"add up|somme des parts",
    "printed": r"printed to 12|imprimé à 12",
    "raised": r"(?:raised to|relevé à) (.*)",
    "limited": r"(?:limited to|limité à) (.*)",
    "above": r"(?:changes nothing: not below|ne change rien : pas en dessous de) (.*)",
    "not reached": r"(?:changes nothing: not above|ne change rien : pas au-dessus de) (.*)",
}
_ELSEWHERE = re.compile(
    r"Brought|Apport|Not read|La prime ne|\d{1,2} |Du \d|Du 1er|Le \d|Le 1er|Payout|Prime|From the pool|De l'enveloppe"
    "|Worked out by|Calculé par"
)
WORDS = re.compile(
    r"^(?:–|none|not possible|no rate|Left out|aucun|pas possible|pas de taux|Laissé de côté|Score .*|no part)", re.I
)
GIVEN = re.compile(
    r"^(?:Result|Own result|Résultat|Adjustment|Ajustement|Guarantee|Garantie|Sum\b|Somme\b|All keys|Toutes les clés"
    r"|Days|Jours|Released|Débloqué|Correction|Régularisation|Key without|Clé sans|Your key|Votre clé|Target pay"
    r"|Prime cible|At least|At most|Au moins|Au plus|Your share|Ce qui vous|Funding|Financement|Factor|Facteur|Points"
    r"|Read across|Croisé avec)"
)


class Wrong(AssertionError):
    """A line that a pocket calculator does not confirm."""


@dataclass
class Line:
    """A row with what is known of it."""

    name: str
    arithmetic: str
    note: str
    result: str
    value: Fraction | None


def reckoned(page: str) -> Reckoned:
    """What was worked out of a page; raises Wrong with the first line that does not come out."""
    sight = seen(page)
    return Reckoning(sight).all()


@dataclass
class Reckoning:
    """One page on the way."""

    sight: Sight
    counts: Reckoned = field(default_factory=Counter)
    curves: dict[tuple[str, Fraction], Fraction] = field(default_factory=dict)
    exact: dict[Fraction, Fraction] = field(default_factory=dict)
    """What was kept with more digits than are printed, by the digits that are."""

    @property
    def language(self) -> str:
        return self.sight.language[:2]

    def all(self) -> Reckoned:
        for table in self.sight.tables:
            if re.match("What would have changed|Ce qui aurait changé", table.above[1] if len(table.above) > 1 else ""):
                self.otherwise(table)
            elif self.is_drawing(table):
                self.adds_up(table)
            else:
                self.table(table)
        if problem := check_whole(self.sight):
            raise Wrong(problem)
        self.counts["whole"] += 1
        return self.counts

    # --- tables ---

    @staticmethod
    def is_drawing(table: Table) -> bool:
        bare = bool(table.rows) and not any(row.how for row in table.rows) and len(table.rows[-1].cells) == 3
        return bare and not re.match("From measures to|Des mesures au|What is paid|Ce qui est payé", table.above[-1])

    def adds_up(self, table: Table) -> None:
        """The bars of a drawing add up to its last one; the pay that each reaches is worked out in front of it."""
        *bars, total = table.rows
        reached = Fraction(0)
        for bar in bars:
            reached += self.number(bar.result) or 0
            for piece in bar.cells[0]:
                told = piece.rpartition(" = ")
                if told[1]:
                    self.reaches(calculated(told[0], self.language), reached, told[2], table)
        if reached != self.number(total.result):
            raise Wrong(f"{table.above}: {[row.result for row in table.rows]} do not add up")
        self.counts["drawing"] += 1

    def otherwise(self, table: Table) -> None:
        """Each other result comes out, and each payout is as far as it says from what the rules work out."""
        now: set[Fraction] = set()
        for row in table.rows:
            if row.heading:
                continue
            payout, change = (self.number(" ".join(cell)) for cell in row.cells[-2:])
            worked, *notes = row.cells[1] or [""]
            arithmetic, is_worked, result = worked.rpartition(" = ")
            if is_worked:
                line = Line(row.name, arithmetic, " ".join(notes), result, self.number(result))
                value = calculated(arithmetic, self.language, self.curves)
                known = isinstance(value, Fraction) and line.value is not None and self.fits(value, line.value, line)
                self.demand(known, line, table)
            now |= {payout - change} if payout is not None and change is not None else set()
            self.counts["otherwise"] += 1
        digits = r"\d(?:[\d.,\u202f\u00a0]*\d)?"
        money = rf"{MINUS}?{CURRENCY}[\u00a0]?{digits}|{MINUS}?{digits}\u00a0{CURRENCY}"
        said = {self.number(each) for each in re.findall(money, self.sight.text)}
        if len(now) > 1 or not now <= said:
            raise Wrong(f"{table.above}: the payouts are as far as they say from {now}")

    def reaches(self, value: Value, reached: Fraction, said: str, table: Table) -> None:
        """The arithmetic of a bar gives the pay that it reaches, rounded as is said above the bars."""
        told = re.findall(r"(?:that is reached is|atteint est) (.*?[\d€)])(?=\. |\.$|$)", self.sight.text)
        known = {value}
        for each in told:
            worked = value if isinstance(value, Fraction) else Fraction(0)
            for places, mode in roundings(each, self.language):
                worked = rounded(worked, places, mode)
            known.add(worked)
        if reached != self.number(said) or reached not in known:
            raise Wrong(f"{table.above}: {value} is not {said}, the bars reach {reached}")

    def table(self, table: Table) -> None:
        before: Fraction | None = None
        done: list[Line] = []
        part = 0
        for row in table.rows:
            if row.heading:
                before, part = None, len(done)
                continue
            line = self.line(row)
            kind = self.kind(line, before, table, done[part:])
            if kind is None:
                raise Wrong(f"nothing says where this comes from: {table.above} {row}")
            self.counts[kind] += 1
            done.append(line)
            if not BESIDE.match(line.name):
                before = self.exact_of(line)

    def number(self, text: str) -> Fraction | None:
        return number(text, self.language)

    def line(self, row: Row) -> Line:
        arithmetic, note = self.split(row.how)
        return Line(row.name, arithmetic, note, row.result, self.number(row.result))

    def split(self, how: list[str]) -> tuple[str, str]:
        """What stands beside a name: first the arithmetic, if there is any, then words."""
        for end in range(len(how), 0, -1):
            said = " ".join(how[:end])
            if self.calculates(said):
                return said, " ".join(how[end:])
        return "", " ".join(how)

    def calculates(self, text: str) -> bool:
        try:
            for side in text.split(" = ") if not re.search(r"IF|[<>]|\(.* = ", text) else [text]:
                calculated(side, self.language, self.curves)
        except NoArithmetic:
            return False
        return True

    # --- one line ---

    def kind(self, line: Line, before: Fraction | None, table: Table, done: list[Line]) -> str | None:
        call = re.fullmatch(r"(\w+)\((.*)\)", line.name)
        if line.arithmetic and re.search("counted as 0|compté pour 0", line.note):
            return "recomputed" if line.value == 0 else None
        if line.arithmetic:
            self.comes_out(line, table, done)
            found = "recomputed"
        elif line.value is None:
            return "words" if WORDS.match(line.result) else None
        else:
            found = self.called(line, call[2], table) if call else self.in_words(line, before, table, done)
            given = GIVEN.match(line.name) or re.match(r"as on |au \d|the mean of your|la moyenne de vos", line.note)
            found = found or ("given" if given else "")
        if call and line.value is not None:
            self.curves[call[1], self.known(call[2])] = line.value
        return found or None

    def called(self, line: Line, at: str, table: Table) -> str:
        """A rate that a formula reads on a curve, which is told beside it."""
        told = re.search(
            "(?:straight lines|lignes droites|by tier|par palier|each part|chaque tranche|looked up|table).*", line.note
        )
        rate = rate_of(told[0], self.known(at)) if told else None
        self.demand(rate is None or self.read_as(rate, line), line, table)
        return "given" if rate is None else "recomputed"

    def known(self, text: str) -> Fraction:
        value = calculated(text, self.language, self.curves)
        assert isinstance(value, Fraction), text
        return value

    def comes_out(self, line: Line, table: Table, done: list[Line]) -> None:
        """The arithmetic gives the result, rounded or cut as it says."""
        told = [line.arithmetic]
        if not re.search(r"IF|[<>]", line.arithmetic):
            told = line.arithmetic.split(" = ")
        value, printed = calculated(told[0], self.language, self.curves), line.value
        if printed is None or not isinstance(value, Fraction):
            raise Wrong(f"{table.above}: {line}")
        if len(told) > 1 and calculated(told[1], self.language) != printed:
            raise Wrong(f"{table.above}: {line}: both numbers are to be the same")
        if not self.fits(value, printed, line):
            raise Wrong(f"{table.above}: {line}: it gives {value}, that is {float(value)}")
        if re.match("Rate|Taux", line.name):
            self.on_curve(line, table, done)

    def fits(self, value: Fraction, printed: Fraction, line: Line) -> bool:
        steps = roundings(line.note, self.language)
        for places, mode in steps:
            value = rounded(value, places, mode)
        if re.search("never below 0|jamais en dessous de 0", line.note):
            return printed == max(value, 0)
        if re.search(MONEY_AND_WORDS["printed"], line.note):
            exact = re.search(r"(?:kept exact|gardé exact), ([\d.,\u202f\u00a0−]+ ÷ [\d.,\u202f\u00a0]+)", line.note)
            if exact:
                self.exact[printed] = self.known(exact[1].rstrip(",;\u202f\u00a0"))
                return self.exact[printed] == value and abs(value - printed) < Fraction(1, 10**11)
            return abs(value - printed) < Fraction(1, 10**11)
        if re.search(MONEY_AND_WORDS["cut"], line.note):
            return abs(value - printed) <= self.coin(line)
        return value == printed

    def coin(self, line: Line) -> Fraction:
        """The smallest amount that is paid: as the line says, or as payouts are rounded, or printed."""
        said = re.search(rf"(?:less than|à moins de) ({CURRENCY}?[\d.,\u202f\u00a0]+)", line.note)
        if said:
            return number(said[1], self.language) or Fraction(0)
        return max(Fraction(1, 10 ** decimals(line.result, self.language)), self.coarsest)

    @cached_property
    def coarsest(self) -> Fraction:
        """The step to which payouts are rounded."""
        rows = [row for table in self.sight.tables for row in table.rows]
        notes = [" ".join(row.how) for row in rows if re.match("Payout$|Prime$|Worked out|Calculé par", row.name)]
        steps = [Fraction(10) ** -places for note in notes for places, _ in roundings(note, self.language)]
        return max(steps, default=Fraction(0))

    def exact_of(self, line: Line) -> Fraction | None:
        return None if line.value is None else self.exact.get(line.value, line.value)

    def in_words(self, line: Line, before: Fraction | None, table: Table, done: list[Line]) -> str:
        """A line that says in words what it does to the number before it, or from where it takes its own."""
        start, note = before or Fraction(0), line.note.replace("\u00a0:", " :")
        for word, check in self.bounds.items():
            found = re.search(MONEY_AND_WORDS[word], note)
            if found and (bound := self.number(found[1])) is not None:
                self.demand(check(start, bound) == self.exact_of(line), line, table)
                return "recomputed"
        condition = re.search(r"\((.*)\)(?:, |$)", note)
        if re.match("Condition", line.name) and condition:
            self.demand(self.holds(condition[1]) in (False, None), line, table)
            self.demand(self.exact_of(line) == start, line, table)
            return "recomputed"
        if re.match("Score", line.name):
            return self.score(line, before, table)
        if re.match("Rate|Taux", line.name):
            self.on_curve(line, table, done)
            return "recomputed"
        return self.carried(line, table, done)

    bounds: ClassVar[Mapping[str, Callable[[Fraction, Fraction], Fraction | None]]] = {
        "raised": max,
        "limited": min,
        "above": lambda start, bound: start if start >= bound else None,
        "not reached": lambda start, bound: start if start <= bound else None,
    }

    def holds(self, condition: str) -> Value:
        return calculated(condition, self.language, self.curves)

    def demand(self, held: bool, line: Line, table: Table) -> None:
        if not held:
            raise Wrong(f"{table.above}: {line}")

    def score(self, line: Line, before: Fraction | None, table: Table) -> str:
        if re.search("made below|obtenu plus bas|^as for|^comme ", line.note):
            self.demand(line.value in self.scores, line, table)
            return "carried"
        value = before or Fraction(0)
        self.demand(line.value is not None and self.fits(value, line.value, line), line, table)
        return "recomputed"

    def on_curve(self, line: Line, table: Table, done: list[Line]) -> None:
        """What is read on a curve, or worked out between its points, is what the curve's words say."""
        at = next((each for each in reversed(done) if re.match("Attainment|Atteinte", each.name)), None)
        across = next((each for each in reversed(done) if re.match("Read across|Croisé avec", each.name)), None)
        if at is None or (exact := self.exact_of(at)) is None or re.search("gives most|donne le plus", line.note):
            return
        told = [fact.said for fact in self.sight.facts(table.place) if re.match("Payout curve|Courbe", fact.name)]
        rates = [rate_of(each, exact, None if across is None else self.exact_of(across)) for each in told]
        if None not in rates:
            self.demand(any(self.read_as(rate, line) for rate in rates), line, table)

    def read_as(self, rate: Fraction | None, line: Line) -> bool:
        assert rate is not None
        return line.value is not None and self.fits(rate, line.value, line)

    def carried(self, line: Line, table: Table, done: list[Line]) -> str:
        """A number that is worked out elsewhere on the page."""
        if re.match("Attainment|Atteinte", line.name):
            return self.attained(line, table, done)
        if _ELSEWHERE.match(line.name) or re.match("From measures to|Des mesures au", table.above[-1]):
            self.demand(line.value == 0 or self.printed_amounts[line.value] > 1, line, table)
            return "carried"
        if re.match(
            "Of it, earned|Dont acquis|Before limits|Avant limites|Together|Ensemble|To be paid|À verser", line.name
        ):
            self.demand(line.value == 0 or line.value in [each.value for each in done], line, table)
            return "carried"
        return ""

    def attained(self, line: Line, table: Table, done: list[Line]) -> str:
        """An attainment that is the result itself, or that holds by definition."""
        results = [each for each in done if re.match("Result|Résultat", each.name) and each.value is not None]
        facts = [self.number(fact.said) for fact in self.sight.facts(table.place)[:1]]
        result = self.exact_of(results[-1]) if results else facts[0]
        if re.search("no others|pas d'autres", line.note):
            self.demand(line.value == 1, line, table)
        elif re.search("result itself|résultat lui-même", line.note) and (results or result is not None):
            self.demand(line.value == result, line, table)
        elif re.search("result of 0|résultat de 0", line.note):
            self.demand(result == 0, line, table)
        elif re.search("baseline at|point de départ à", line.note):
            self.demand(line.value in (0, 1), line, table)
        return "carried"

    @cached_property
    def printed_amounts(self) -> Counter[Fraction | None]:
        """How often each number is the result of a line."""
        return Counter(self.number(row.result) for table in self.sight.tables for row in table.rows)

    @cached_property
    def scores(self) -> set[Fraction | None]:
        """Every score that is worked out on the page."""
        rows = [row for table in self.sight.tables for row in table.rows if row.name == "Score"]
        return {
            self.number(row.result)
            for row in rows
            if "÷" in " ".join(row.how) or not re.search("below|plus bas", " ".join(row.how))
        }
