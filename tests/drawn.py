"""Rule sets and their data, drawn by hypothesis: only what `check` accepts, used in every way that it can be.

Numbers come from short lists, so that ties, results exactly on a target, on a tier or on a half cent, and zeros are
common rather than rare. Whatever is drawn shrinks towards the plainest rule set: one payee, one KPI, one plan.
"""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.oracle import Both, Call, Case, Constant, Formula, In, Named, Not, Sign, previous, span

T = TypeVar("T")
Rule = dict[str, Any]


def fractions(*written: str) -> tuple[Fraction, ...]:
    return tuple(Fraction(each) for each in written)


POSITIVE_TARGETS = fractions("1", "2", "4", "5", "0.8", "3", "7", "100", "12.5")
SIGNED_TARGETS = fractions("0", "1", "45", "2.5", "-20", "-1", "10")
TABLE_TARGETS = (*POSITIVE_TARGETS, *POSITIVE_TARGETS, *fractions("0", "-1", "45"))
RESULTS = fractions(
    "1", "0", "2", "4", "0.8", "3", "5", "0.5", "0.125", "3.33335", "7", "100", "96.5", "0.000001", "6.4"
)
SIGNED_RESULTS = (*RESULTS, *fractions("-1", "-100", "45", "-0.5", "-20", "25", "44.99995"))
RATIO_STARTS = fractions("0.8", "1", "1.2", "0.5", "0", "0.9", "1.1", "1.5", "2", "0.9999", "3")
POINT_STARTS = fractions("0", "10", "-10", "1", "-2.5", "-20", "5", "45", "-1", "100", "0.5")
RATES = fractions("1", "0.5", "0", "1.5", "0.25", "2", "0.333", "0.8125", "-0.5", "-0.25")
FLOORS = fractions("0", "0.5", "0.25", "0.1", "0.9", "-0.5")
CAPS = fractions("1", "1.2", "1.5", "0.9", "0.95")
PARTS = fractions("0.5", "0.25", "0.1", "0.333")
WEIGHTS = {
    1: [fractions("1")],
    2: [fractions("0.5", "0.5"), fractions("0.6", "0.4"), fractions("0.3", "0.7"), fractions("0.125", "0.875")],
    3: [fractions("0.5", "0.3", "0.2"), fractions("0.2", "0.2", "0.6"), fractions("0.333", "0.333", "0.334")],
}
WEIGHTS_IN_TABLES = {
    1: [fractions("1"), fractions("0.9")],
    2: [*WEIGHTS[2], fractions("1", "0"), fractions("0.5", "0.4")],
    3: [*WEIGHTS[3], fractions("1", "0", "0"), fractions("0", "0.5", "0.5"), fractions("0.4", "0.4", "0.4")],
}
MODES = ("half_up", "half_even", "down", "up", "floor", "ceil")
PAYEES = ("007", "7", "A1", "Zoë", "b 2")
SYSTEM, GHOST = "IVR", "ghost"


@dataclass(frozen=True)
class Vocabulary:
    """The names that a formula may use, by type, and numbers and texts worth comparing them with."""

    numbers: tuple[str, ...]
    not_negative: tuple[str, ...]
    texts: Mapping[str, tuple[str, ...]]
    flags: tuple[str, ...]
    dates: tuple[str, ...]
    days: tuple[dt.date, ...]
    near: tuple[Fraction, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.numbers, *self.texts, *self.flags, *self.dates)


@dataclass(frozen=True)
class Drawn:
    """A KPI, and what its measures have to respect."""

    name: str
    kinds: tuple[str, ...]
    negative: bool


def constant(value: Fraction, *, percent: bool = False) -> Formula:
    """A number as a formula; a negative one is a sign before a number."""
    written = decimal_text(abs(value) * 100) + "%" if percent else decimal_text(abs(value))
    number = Constant(written, abs(value))
    return Sign(number) if value < 0 else number


def mostly(*options: T, missing: int = 6) -> tuple[T | None, ...]:
    """The options, and missing in about so many cases of 100."""
    times = round((100 - missing) / max(missing, 1) / len(options))
    return (*options * max(times, 1), None)


def text(value: str) -> Constant:
    return Constant('"' + value.replace('"', '""') + '"', value)


def date(value: dt.date) -> Call:
    return Call("DATE", tuple(Constant(str(part), Fraction(part)) for part in (value.year, value.month, value.day)))


class Drawing:
    """One case while it is being drawn: pieces are added to `rules` and `tables` as they are needed."""

    def __init__(self, draw: Callable[[st.SearchStrategy[bytes]], bytes]) -> None:
        self.draw = draw
        self.block: list[int] = []
        self.tables: dict[str, list[dict[str, Any]]] = {}
        self.columns: dict[str, dict[str, str]] = {}
        self.cells: dict[str, dict[str, tuple[Fraction, ...]]] = {"terms": {}}
        self.unrounded = 2
        self.period: str = self.pick("2026-Q3", "2026-07", "2026-02", "2026-H2", "2026", "2026-Q1", "2026-01")
        self.rules: Rule = {
            "rule_set": "drawn",
            "version": "1",
            "title": {"en": "Drawn"},
            "decided": {"by": "the draw", "on": dt.date(2025, 12, 11)},
            "currency": self.pick("EUR", "JPY", "TND"),
            "timezone": "Europe/Paris",
        }
        if self.chance(20):
            self.rules["year_starts"] = self.pick(4, 10)
        self.start, self.end = span(self.period, self.rules.get("year_starts", 1))
        self.middle = self.start + (self.end - self.start) // 2

    # -- draws

    def byte(self) -> int:
        """The next byte of a block: drawing blocks rather than choices is ten times as fast, and shrinks as well."""
        if not self.block:
            self.block = list(self.draw(st.binary(min_size=128, max_size=128)))
        return self.block.pop(0)

    def pick(self, *options: T) -> T:
        return options[self.byte() % len(options)]

    def size(self, least: int, most: int) -> int:
        return least + self.byte() % (most - least + 1)

    def chance(self, percent: int) -> bool:
        return self.byte() >= 256 * (100 - percent) // 100

    def some(self, options: Sequence[T], least: int, most: int) -> list[T]:
        """Some of the options, each once."""
        left = list(options)
        return [left.pop(self.byte() % len(left)) for _ in range(self.size(least, min(most, len(left))))]

    def row(self, cells: Mapping[str, Sequence[Any]]) -> Rule:
        """One of the options for every cell."""
        return {name: options[self.byte() % len(options)] for name, options in cells.items()}

    def rounding(
        self, rule: Rule, key: str, percent: int, low: int = 0, high: int = 6, *, always: bool = False
    ) -> None:
        """Some rounding; `always` where the rules do not allow `none`."""
        if not self.chance(percent):
            return
        if self.unrounded and not always and self.chance(30):
            self.unrounded -= 1
            rule[key] = "none"
        else:
            rule[key] = {"places": self.size(low, high), "mode": self.pick(*MODES)}

    # -- formulas

    def number(self, words: Vocabulary, depth: int, *, signed: bool = True, quotients: bool = True) -> Formula:
        """A number; never negative unless `signed`; without a division by a column unless `quotients`."""
        names = words.numbers if signed else words.not_negative
        kinds = ["name", "name", "constant", "times", "over", "plus", "least", "if", "round"]
        kinds += ["minus", "abs", "days", "sign"] if signed else []
        kind = self.pick(*kinds) if depth else self.pick("name", "name", "constant")

        def deeper(*, divided: bool = quotients) -> Formula:
            return self.number(words, depth - 1, signed=signed, quotients=divided)

        if kind == "name":
            return Named(self.pick(*names))
        if kind == "constant":
            return constant(self.pick(*fractions("1", "2", "0.5", "10", "0", "3")))
        if kind == "times":
            return Both(
                deeper(), "*", constant(self.pick(*fractions("2", "0.5", "0.08", "100")), percent=self.chance(50))
            )
        if kind == "over":
            by = Named(self.pick(*words.not_negative)) if quotients and self.chance(40) else None
            return Both(deeper(), "/", by or constant(self.pick(*fractions("2", "4", "3", "7", "0.1"))))
        if kind in ("plus", "minus"):
            return Both(deeper(), "+" if kind == "plus" else "-", deeper())
        if kind == "least":
            return Call(self.pick("MIN", "MAX"), (deeper(), deeper()))
        if kind == "if":
            return Call("IF", (self.condition(words, depth - 1), deeper(), deeper()))
        if kind == "round":
            places = constant(self.pick(*fractions("0", "2", "1")))
            return Call(self.pick("ROUND", "ROUNDDOWN", "ROUNDUP"), (deeper(divided=True), places))
        if kind == "days" and len(words.dates) > 1:
            return Call("DAYS", tuple(Named(name) for name in self.pick(words.dates[:2], words.dates[1::-1])))
        return Call("ABS", (deeper(),)) if kind != "sign" else Sign(deeper())

    def condition(self, words: Vocabulary, depth: int) -> Formula:
        kind = self.pick("number", "text", "flag", "date", "among", "missing", *(("and", "or", "not") if depth else ()))
        if kind in ("and", "or"):
            return Both(self.condition(words, depth - 1), kind.upper(), self.condition(words, depth - 1))
        if kind == "not":
            return Not(self.condition(words, depth - 1))
        if kind == "flag":
            return Named(self.pick(*words.flags))
        if kind == "missing":
            return Call("ISMISSING", (Named(self.pick(*words.names)),))
        if kind == "number":
            sign = self.pick(">=", "<", ">", "<=", "=", "<>")
            return Both(self.number(words, depth), sign, constant(self.pick(*words.near)))
        if kind == "date":
            other = date(self.pick(*words.days)) if self.chance(70) else Named(self.pick(*words.dates))
            return Both(Named(self.pick(*words.dates)), self.pick("<=", ">=", "<", ">", "="), other)
        name = self.pick(*words.texts)
        if kind == "among":
            return In(Named(name), tuple(text(each) for each in self.some(words.texts[name], 1, 2)))
        return Both(Named(name), self.pick("=", "<>"), text(self.pick(*words.texts[name])))

    # -- people

    def people(self) -> None:
        days = (self.start - dt.timedelta(400), self.start, self.start + dt.timedelta(1), self.middle, self.end)
        late = (self.start - dt.timedelta(1), self.start - dt.timedelta(29), self.end + dt.timedelta(1))
        cells = {
            "team": mostly("T1", "T2"),
            "department": mostly("D1", "D2"),
            "role": mostly("A", "B", missing=1),
            "level": mostly("junior", "senior"),
            "base_salary": mostly(*fractions("40000", "30000.50", "25123.45", "0", "12345.67"), missing=1),
            "fte": mostly(*fractions("1", "0.5", "0.8", "0"), missing=1),
            "grade": mostly(*fractions("1", "2", "3", "0", "-2.5")),
            "remote": mostly(False, True),
            "hired": mostly(*days[:1] * 5, *days, *late, missing=1),
            "left": (*[None] * 12, *days[1:], *late, self.end - dt.timedelta(1)),
        }
        payees = PAYEES[: self.pick(1, 3, 5, 4, 2, 5, 4, 3)]
        self.tables["workforce"] = [{"payee": payee, **self.row(cells)} for payee in payees]
        self.columns["workforce"] = {
            **dict.fromkeys(("payee", "team", "department", "role", "level"), "text"),
            **dict.fromkeys(("base_salary", "fte", "grade"), "number"),
            "remote": "boolean",
            "hired": "date",
            "left": "date",
        }
        self.rules["workforce"] = {
            **self.file("workforce"),
            "columns": {
                "base_salary": {"type": "money", "at_most": Fraction(1000000)},
                "fte": {"type": "number", "at_most": Fraction(1), "places": 2},
                "grade": {"type": "number", "at_least": Fraction(-5), "at_most": Fraction(10), "places": 1},
                "remote": {"type": "boolean"},
            },
        }
        self.words = Vocabulary(
            numbers=("grade", "fte", "base_salary", "days_employed", "period_days"),
            not_negative=("fte", "base_salary", "period_days"),
            texts={"role": ("A", "B"), "team": ("T1", "T2"), "level": ("junior", "senior"), "department": ("D1", "D2")},
            flags=("remote",),
            dates=("hired", "period_end", "left", "period_start"),
            days=(self.start, self.middle, self.end),
            near=fractions("1", "0", "2", "30", "90", "30000.5", "-2.5"),
        )

    def file(self, name: str) -> Rule:
        """Where a table is; the format is told by the name's ending."""
        return {"path": f"{name}.csv", "decimal": "."} if self.chance(50) else {"path": f"{name}.parquet"}

    # -- facts and KPIs

    def source(self, name: str) -> tuple[str, ...]:
        """A source with some facts; returns the kinds of subject that its facts can be about."""
        mapping: Rule = {"payee": "adviser", "date": "day", "system_accounts": [SYSTEM]}
        kinds: tuple[str, ...] = ("payee", "team", "department", "company")
        if self.chance(10):
            mapping, kinds = {"date": "day", "team": "queue"}, ("team", "company")
        elif self.chance(30):
            mapping["team"] = "queue"
        if self.chance(20):
            mapping["department"] = "unit"
            kinds = tuple(dict.fromkeys((*kinds, "department")))
        self.rules.setdefault("sources", {})[name] = {
            **self.file(name),
            **mapping,
            "columns": {
                "amount": {"type": "number", "at_least": Fraction(-100), "at_most": Fraction(1000), "places": 2},
                "wait": {"type": "number", "at_most": Fraction(1000), "places": 1},
                "kind": {"type": "text"},
                "solved": {"type": "boolean"},
                "closed": {"type": "date"},
            },
        }
        before = span(previous(self.period), self.rules.get("year_starts", 1))[0]
        one = dt.timedelta(1)
        days = (self.start, self.middle, self.end, self.middle, self.start - one, before, self.end + one, before - one)
        advisers = tuple(row["payee"] for row in self.tables["workforce"])
        cells = {
            "adviser": (*advisers * 6, None, SYSTEM, GHOST),
            "day": (*days[:3] * 5, *days),
            "queue": (*mostly("T1", "T2", missing=30) * 5, "t1"),
            "unit": (*mostly("D1", "D2", missing=30) * 5, "D 1"),
            "answer": mostly(*(Fraction(each) for each in (10, 9, 8, 7, 6, 0))),
            "amount": mostly(*fractions("1", "0", "2.5", "-10", "99.99", "100", "3")),
            "wait": mostly(*fractions("1", "0", "60", "12.5", "359.9")),
            "kind": mostly("mail", "call"),
            "solved": mostly(True, False),
            "closed": mostly(*days[:4]),
        }
        self.tables[name] = [self.row(cells) for _ in range(self.size(0, 14))]
        texts = dict.fromkeys(("adviser", "queue", "unit", "kind"), "text")
        numbers = dict.fromkeys(("answer", "amount", "wait"), "number")
        self.columns[name] = {**texts, **numbers, "day": "date", "closed": "date", "solved": "boolean"}
        return kinds

    def fact_words(self) -> Vocabulary:
        return Vocabulary(
            numbers=("wait", "amount", "answer"),
            not_negative=("wait", "answer"),
            texts={"kind": ("mail", "call")},
            flags=("solved",),
            dates=("closed", "day"),
            days=(self.start, self.middle, self.end),
            near=fractions("1", "60", "0", "9", "2.5", "100"),
        )

    def kpi(self, name: str, sources: dict[str, tuple[str, ...]]) -> Drawn:
        words = self.fact_words()
        kind = self.pick("given", "given", "given", "nps", "mean", "share", "count", "sum", "ratio")
        compute: Rule = {"kind": kind}
        kinds: tuple[str, ...] = ("payee", "team", "department", "company")
        signed = self.chance(40)
        if kind == "given":
            compute |= {"at_least": Fraction(-100), "at_most": Fraction(100)} if signed else {}
        else:
            if not sources or (len(sources) < 2 and self.chance(20)):
                new = f"facts{len(sources)}"
                compute["from"], sources[new] = new, self.source(new)
            else:
                compute["from"] = self.pick(*sources)
            kinds = sources[compute["from"]]
            if kind == "share" or self.chance(40):
                compute["where"] = self.condition(words, 1)
        if kind == "share" and self.chance(40):
            compute["among"] = self.condition(words, 1)
        if kind == "nps":
            compute["answer"] = "answer"
        if kind in ("mean", "sum"):
            compute["value"] = self.number(words, 1, signed=signed, quotients=False)
        if kind == "ratio":
            compute["numerator"] = self.number(words, 1, signed=signed, quotients=False)
            compute["denominator"] = self.number(words, 1, signed=False, quotients=False)
        rule: Rule = {
            "title": {"en": name.upper()},
            "perspective": self.pick("customer", "internal"),
            "compute": compute,
            "better": self.pick("higher", "lower"),
        }
        self.rounding(rule, "rounding", 20, -1, always=True)
        self.rules["kpis"][name] = rule
        return Drawn(name, kinds, kind == "nps" or (signed and kind in ("given", "mean", "sum", "ratio")))

    def kpis(self) -> None:
        sources: dict[str, tuple[str, ...]] = {}
        self.rules["kpis"] = {}
        self.drawn = [self.kpi(f"k{index}", sources) for index in range(self.size(1, 4))]
        if any(rule["compute"]["kind"] == "given" for rule in self.rules["kpis"].values()):
            self.given_results()

    def given_results(self) -> None:
        staff = self.tables["workforce"]
        subjects = [("payee", row["payee"]) for row in staff]
        subjects += [("team", "T1"), ("team", "T2"), ("department", "D1"), ("department", "D2"), ("company", "company")]
        rows = []
        for drawn in self.drawn:
            compute = self.rules["kpis"][drawn.name]["compute"]
            if compute["kind"] != "given":
                continue
            results = SIGNED_RESULTS if drawn.negative else RESULTS
            for kind, subject in subjects:
                for period in (self.period, previous(self.period)):
                    key = {"subject_kind": kind, "subject": subject, "kpi": drawn.name, "period": period}
                    cells = {"value": results, "n": (*fractions("30", "5", "10", "4", "0") * 3, None), "": range(100)}
                    row = {**key, **self.row(cells)}
                    if row.pop("") < (93 if period == self.period else 50):
                        rows.append(row)
        texts = dict.fromkeys(("subject_kind", "subject", "kpi", "period"), "text")
        self.columns["kpis"] = {**texts, "value": "number"}
        if self.chance(10):
            rows = [{key: value for key, value in row.items() if key != "n"} for row in rows]
        else:
            self.columns["kpis"]["n"] = "number"
        self.tables["kpis"] = rows
        self.rules["results"] = self.file("kpis")

    # -- curves and parameters

    def curve(self, starts: tuple[Fraction, ...], like: Rule | None = None) -> str:
        """A new curve's name; `like` another in all but numbers."""
        curves = self.rules.setdefault("curves", {})
        name = f"c{len(curves)}"
        if like is None:
            kind = self.pick("linear", "stepped")
            rule: Rule = {"kind": kind, "below": self.pick("zero", "flat")}
            self.rounding(rule, "rounding", 20)
            least, most = (2 if kind == "linear" else 1), 4
        else:
            rule = {key: value for key, value in like.items() if key not in ("points", "tiers")}
            least = most = len(like["points"] if "points" in like else like["tiers"])
        corners = [(start, self.pick(*RATES)) for start in sorted(self.some(starts, least, most))]
        if rule["kind"] == "linear":
            rule["points"] = [[start, rate] for start, rate in corners]
        else:
            rule["tiers"] = [{"from": start, "rate": rate} for start, rate in corners]
        curves[name] = rule
        return name

    def parameter(self, constants: tuple[Fraction, ...], cells: tuple[Fraction, ...]) -> Any:
        """A number of the rule set, or one from the table of terms."""
        if not self.chance(15):
            return self.pick(*constants)
        columns = self.cells["terms"]
        columns[f"t{len(columns)}"] = cells
        return {"table": "terms", "column": f"t{len(columns) - 1}"}

    def target(self, kind: str) -> Any:
        if self.chance(25):
            self.cells["targets"] = {"value": TABLE_TARGETS}
            return {"table": "targets"}
        return self.pick(*(POSITIVE_TARGETS if kind in ("ratio", "inverse_ratio") else SIGNED_TARGETS))

    def fill_tables(self) -> None:
        """The tables that parameters asked for; some rows and some cells are missing."""
        for name, columns in self.cells.items():
            if columns:
                keys = self.pick(("team",), ("payee",), ("role", "department"))
                self.table(name, [*keys, "kpi"] if name == "targets" else [*keys], columns)

    def table(self, name: str, keys: list[str], columns: Mapping[str, tuple[Fraction, ...]]) -> None:
        cells = {column: mostly(*options, missing=3) for column, options in columns.items()} | {"": range(100)}
        rows = [{**row, **self.row(cells)} for row in self.keyed(keys)]
        rows = [row for row in rows if row.pop("") < 96]
        least = {name: Fraction(-100 if min(options) < 0 else 0) for name, options in columns.items()}
        bounds = {column: {"at_least": low, "at_most": Fraction(1000), "places": 4} for column, low in least.items()}
        self.add_table(name, keys, rows, bounds)

    def keyed(self, keys: list[str]) -> list[Rule]:
        """A row for every combination of what the workforce, and the KPIs, have."""
        values = [
            [drawn.name for drawn in self.drawn]
            if key == "kpi"
            else sorted({row[key] for row in self.tables["workforce"] if row[key] is not None} or {"none"})
            for key in keys
        ]
        return [dict(zip(keys, combination, strict=True)) for combination in product(*values)]

    def add_table(self, name: str, keys: list[str], rows: list[Rule], columns: Mapping[str, Rule]) -> None:
        self.tables[name] = rows
        self.columns[name] = {**dict.fromkeys(keys, "text"), **dict.fromkeys(columns, "number")}
        self.rules.setdefault("tables", {})[name] = {
            **self.file(name),
            "keys": keys,
            "columns": dict(columns),
        }

    # -- scorecards

    def items(self, depth: int, *, weighted: bool) -> dict[str, Rule]:
        items: dict[str, Rule] = {}
        for index in range(self.size(1, 3)):
            if depth < 3 and self.chance(25 if depth == 1 else 15):
                items[f"g{index}"] = self.group(depth + 1)
            else:
                drawn = self.pick(*self.drawn)
                rule = self.measure(drawn)
                if drawn.name in items or self.chance(30):
                    items[f"m{index}"] = {"kpi": drawn.name, **rule}
                else:
                    items[drawn.name] = rule
        if weighted:
            self.weigh(items)
        return items

    def weigh(self, items: dict[str, Rule]) -> None:
        """Weights that add up; where they come from a table, only for most payees."""
        count = len(items)
        if not self.chance(15):
            for item, weight in zip(items.values(), self.pick(*WEIGHTS[count]), strict=True):
                item["weight"] = weight
            return
        name = f"weights{sum(table.startswith('weights') for table in self.tables)}"
        kpis = [item.get("kpi", key) for key, item in items.items() if "items" not in item]
        keys = [self.pick("team", "role", "payee")]
        drawn = [(row, self.pick(*WEIGHTS[count], *WEIGHTS_IN_TABLES[count])) for row in self.keyed(keys)]
        if len(set(kpis)) == count and self.chance(50):
            rows = [{**row, "kpi": kpi, "value": weight} for row, weights in drawn
                    for kpi, weight in zip(kpis, weights, strict=True) if not self.chance(2)]  # fmt: skip
            keys, columns = [*keys, "kpi"], ["value"]
        else:
            columns = [f"w{index}" for index in range(count)]
            rows = [{**row, **dict(zip(columns, weights, strict=True))} for row, weights in drawn]
        self.add_table(name, keys, rows, {column: {"at_most": Fraction(1), "places": 3} for column in columns})
        for item, column in zip(items.values(), columns if len(columns) == count else columns * count, strict=True):
            item["weight"] = {"table": name} if column == "value" else {"table": name, "column": column}

    def group(self, depth: int) -> Rule:
        rule: Rule = {}
        if self.chance(25):
            rule["combine"] = "sum"
        if self.chance(30):
            rule["on_missing"] = self.pick("reweight", "hold")
        return self.with_steps({**rule, "items": self.items(depth, weighted="combine" not in rule)})

    def measure(self, drawn: Drawn) -> Rule:
        kinds = ("difference", "level") if drawn.negative else ("ratio", "inverse_ratio", "difference", "level")
        rule: Rule = {"of": self.pick(*drawn.kinds), "attainment": self.pick(*kinds)}
        if rule["attainment"] != "level":
            rule["target"] = self.target(rule["attainment"])
        rule["curve"] = self.curve(RATIO_STARTS if "ratio" in rule["attainment"] else POINT_STARTS)
        self.rounding(rule, "attainment_rounding", 15)
        if self.chance(70):
            rule["on_missing"] = self.pick(*sorted(self.fallbacks(drawn, rule)))
        return self.with_steps(rule)

    def fallbacks(self, drawn: Drawn, measure: Rule) -> set[str]:
        """What may stand in for a result that is missing."""
        wider = {"payee": {"team", "department"}, "team": {"department"}}.get(measure["of"], set())
        possible = {"hold", "reweight", "zero", "previous"} | (wider & set(drawn.kinds))
        return possible if measure["attainment"] == "level" else possible | {"target"}

    def with_steps(self, rule: Rule) -> Rule:
        """The rule with some modifiers, gates, floor, cap and rounding."""
        if self.chance(15):
            rule["modifiers"] = [self.modifier() for _ in range(self.pick(1, 2))]
        if self.chance(15):
            rule["gates"] = [self.gate() for _ in range(self.pick(1, 2))]
        if self.chance(15):
            rule["floor"] = self.parameter(FLOORS, (*FLOORS, Fraction("1.1")))
        if self.chance(15):
            rule["cap"] = self.parameter(CAPS, (*CAPS, Fraction("0.2")))
        self.rounding(rule, "rounding", 10)
        return rule

    def words_with_results(self, rule: Rule) -> Vocabulary:
        """Columns and KPIs, for the kind of subject that the rule is drawn to read."""
        kind = self.pick("payee", "payee", "team", "department", "company")
        if kind != "payee":
            rule["of"] = kind
        names = tuple(drawn.name for drawn in self.drawn if kind in drawn.kinds)
        near = (*self.words.near, *fractions("0.8", "3", "45"))
        return replace(self.words, numbers=(*names * 3, *self.words.numbers), near=near)

    def modifier(self) -> Rule:
        """A factor within bounds: a number, a choice between two, or a formula clipped."""
        rule: Rule = {}
        words = self.words_with_results(rule)
        kind = self.pick("number", "if", "clipped", "column")
        if kind == "number":
            rule["factor"] = constant(self.pick(*fractions("0.9", "1.1", "0", "1.05", "-1")))
        elif kind == "column":
            rule["factor"] = Named("fte")
        elif kind == "if":
            chosen = (constant(self.pick(*fractions("0.9", "1.2", "0.5")), percent=True), constant(Fraction(1)))
            rule["factor"] = Call("IF", (self.condition(words, 1), *chosen))
        else:
            clipped = Call("MIN", (self.number(words, 1), constant(self.pick(*fractions("1.5", "2")))))
            rule["factor"] = Call("MAX", (constant(self.pick(*fractions("0", "0.5"))), clipped))
        self.rounding(rule, "rounding", 15)
        return {**rule, "because": {"en": "drawn"}}

    def gate(self) -> Rule:
        rule: Rule = {}
        words = self.words_with_results(rule)
        rule["when"] = self.condition(words, 1)
        rule["withhold"] = "all" if self.chance(40) else self.pick(*PARTS)
        return {**rule, "because": {"en": "drawn"}}

    # -- plans

    def plan(self) -> Rule:
        rule: Rule = {"title": {"en": "Plan"}, "pays": self.pick("bonus", "bonus", "spot"), "who": self.who()}
        if self.chance(30):
            length = self.pick(*fractions("30", "1", "90"))
            tests = (Both(Named("days_employed"), ">=", constant(length)), self.condition(self.words, 1))
            rule["eligible"] = self.pick(*tests)
        if not self.chance(8):
            rule["target_pay"] = self.target_pay()
        if self.chance(15):
            rule["combine"] = "sum"
        rule["scorecard"] = self.items(1, weighted="combine" not in rule)
        self.with_steps(rule)
        if self.chance(50):
            rule["proration"] = {"by": "calendar_days"}
            self.rounding(rule["proration"], "rounding", 20, 2, 10, always=True)
        if self.chance(15):
            rounding = {"places": self.size(-1, 4), "mode": self.pick(*MODES)}
            rule["payout_rounding"] = rounding
        return rule

    def who(self) -> Formula:
        return self.pick(
            Constant("TRUE", True),
            Constant("TRUE", True),
            Both(Named("role"), "=", text("A")),
            Both(Named("level"), "<>", text("junior")),
            self.condition(self.words, 1),
        )

    def target_pay(self) -> Formula:
        salary, fte = Named("base_salary"), Named("fte")
        tenth, twelfth = constant(Fraction("0.1"), percent=True), constant(Fraction(12))
        return self.pick(
            constant(self.pick(*fractions("1000", "1234.56", "0", "999.99"))),
            Both(Both(salary, "*", constant(Fraction("0.08"), percent=True)), "/", constant(Fraction(4))),
            Both(Both(salary, "*", fte), "*", tenth),
            Call("ROUND", (Both(salary, "/", twelfth), constant(Fraction(2)))),
            Call("IF", (Both(Named("role"), "=", text("A")), constant(Fraction(1000)), Both(salary, "*", tenth))),
            Both(Both(Named("grade"), "+", constant(Fraction(5))), "*", constant(Fraction("333.335"))),
        )

    def plans(self) -> None:
        plans = {"p0": self.plan()}
        if self.chance(30):
            plans["p1"] = self.renumbered(copy.deepcopy(plans["p0"])) | {"who": self.who()}
            if self.chance(70):
                for name, role in (("p0", "A"), ("p1", "B")):
                    plans[name]["who"] = Both(Named("role"), "=", text(role))
        if self.chance(15):
            plans["p2"] = self.plan()
        self.rules["plans"] = plans

    def renumbered(self, rule: Rule) -> Rule:
        """The same shape with other numbers."""
        pools = {"cap": CAPS, "floor": FLOORS, "withhold": PARTS, "target": POSITIVE_TARGETS}
        for key, value in rule.items():
            if key in pools and isinstance(value, Fraction):
                rule[key] = self.pick(*pools[key])
            elif key == "curve":
                points = "ratio" not in rule["attainment"]
                rule[key] = self.curve(POINT_STARTS if points else RATIO_STARTS, self.rules["curves"][value])
            elif key in ("scorecard", "items"):
                constants = [name for name, item in value.items() if isinstance(item.get("weight"), Fraction)]
                turned = [value[name]["weight"] for name in (*constants[1:], *constants[:1])]
                for name, weight in zip(constants, turned, strict=True):
                    value[name]["weight"] = weight
                for item in value.values():
                    self.renumbered(item)
            elif key in ("gates", "modifiers"):
                for step in value:
                    self.renumbered(step)
        return rule

    def reliabilities(self) -> None:
        """A KPI may ask for a number of facts, and name what all its measures can use instead."""
        for drawn in self.drawn:
            if not self.chance(35):
                continue
            measures = [
                rule for plan in self.rules["plans"].values() for rule in measures_of(drawn.name, plan["scorecard"])
            ]
            possible = [self.fallbacks(drawn, measure) for measure in measures]
            rule: Rule = {"at_least": self.pick(2, 1, 5, 10)}
            if possible and self.chance(85):
                rule["otherwise"] = self.pick(*sorted(set.intersection(*possible)))
            self.rules["kpis"][drawn.name]["reliability"] = rule

    def case(self) -> Case:
        self.people()
        self.kpis()
        self.plans()
        self.reliabilities()
        self.fill_tables()
        return Case(self.rules, self.tables, self.columns, self.period)


def measures_of(kpi: str, items: Mapping[str, Rule]) -> list[Rule]:
    found: list[Rule] = []
    for name, item in items.items():
        if "items" in item:
            found += measures_of(kpi, item["items"])
        elif item.get("kpi", name) == kpi:
            found.append(item)
    return found


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A rule set that is accepted, its tables, and a period."""
    return Drawing(draw).case()


# --- writing rule sets as people do -----------------------------------------------------------------------------------


def decimal_text(value: Fraction) -> str:
    """A finite decimal, written out."""
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
        assert places < 40, f"{value} does not end"
    digits = str(abs(value * 10**places).numerator).rjust(places + 1, "0")
    written = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{written}" if value < 0 else written


def as_yaml(rule: Mapping[str, Any], indent: int = 0) -> str:
    """A rule set in blocks, with what is short on one line."""
    lines = []
    for key, value in rule.items():
        short = in_one_line(value)
        if isinstance(value, Mapping) and (indent < 2 or len(short) > 100):
            lines.append(" " * 2 * indent + f"{key}:\n" + as_yaml(value, indent + 1))
        else:
            lines.append(" " * 2 * indent + f"{key}: {short}\n")
    return "".join(lines)


def in_one_line(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {in_one_line(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(in_one_line(each) for each in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        return decimal_text(value * 100) + "%" if value.denominator != 1 else decimal_text(value)
    if isinstance(value, Constant) and not isinstance(value.meant, str):
        return in_one_line(value.meant) if isinstance(value.meant, bool) else value.written
    written = value.text if isinstance(value, Formula) else str(value)
    if isinstance(value, int | dt.date) or re.fullmatch(r"[A-Za-z_][\w/.-]*", written):
        return written
    return "'" + written.replace("'", "''") + "'"
