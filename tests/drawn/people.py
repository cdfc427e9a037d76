"""People, the facts about their work, and KPIs."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

from tests.drawn.draws import Rule
from tests.drawn.histories import Histories
from tests.drawn.words import (
    GHOST,
    PARTS_OF_A_PAIR,
    PAYEES,
    RESULTS,
    SIGNED_RESULTS,
    SYSTEM,
    TABLE_TARGETS,
    WEIGHTS_IN_TABLES,
    Drawn,
    Vocabulary,
    constant,
    date,
    fractions,
    mostly,
    text,
)
from tests.oracle import Both, Call, Formula, Named, previous, span, year_before

UNSHARED = ("percentile", "distinct", "repeat", "without_repeat")
OTHER_KINDS = ("grid", "percentile", "distinct", "repeat", "without_repeat", "formula", "formula")


class People(Histories):
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
            "currency": self.currencies(),
            "grade": mostly(*fractions("1", "2", "3", "0", "-2.5")),
            "remote": mostly(False, True),
            "own": mostly(*TABLE_TARGETS),
            "top": mostly(*fractions("0.5", "1", "0.25", "1.5", "0"), missing=3),
            "hired": mostly(*days[:1] * 5, *days, *late, missing=1),
            "left": (*[None] * 12, *days[1:], *late, self.end - dt.timedelta(1)),
        }
        self.cells_of = cells
        payees = PAYEES[: self.pick(1, 3, 5, 4, 2, 5, 4, 8)]
        staff = [{"payee": payee, **self.row(cells)} for payee in payees]
        self.tables["workforce"] = [
            row | dict(zip(PARTS_OF_A_PAIR, self.pick(*WEIGHTS_IN_TABLES[2]), strict=True)) for row in staff
        ]
        self.columns["workforce"] = {
            **dict.fromkeys(("payee", "team", "department", "role", "level", "currency"), "text"),
            **dict.fromkeys(("base_salary", "fte", "grade", "own", "top", *PARTS_OF_A_PAIR), "number"),
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
                "own": {"type": "number", "at_least": Fraction(-100), "at_most": Fraction(1000), "places": 4},
                "top": {"type": "number", "at_most": Fraction(2), "places": 4},
                **{column: {"type": "number", "at_most": Fraction(1), "places": 3} for column in PARTS_OF_A_PAIR},
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

    def currencies(self) -> tuple[str | None, ...]:
        """Of all payees the same, or of some another one."""
        own, others = self.rules["currency"], ("CHF", "JPY", "CLF", "EUR", "TND")
        return (own,) if self.chance(75) else (*[own] * 7, None, *others)

    # -- facts and KPIs

    def source(self, name: str) -> tuple[str, ...]:
        """A source with some facts; returns the kinds of subject that its facts can be about."""
        mapping: Rule = {"id": "ref", "payee": "adviser", "date": "day", "system_accounts": [SYSTEM]}
        kinds: tuple[str, ...] = ("payee", "team", "department", "company")
        if self.chance(10):
            mapping, kinds = {"id": "ref", "date": "day", "team": "queue"}, ("team", "company")
        elif self.chance(30):
            mapping["team"] = "queue"
        if self.chance(20):
            mapping["department"] = "unit"
            kinds = tuple(dict.fromkeys((*kinds, "department")))
        if self.chance(30):
            del mapping["id"]
        shared = {"id", "payee"} <= mapping.keys() and self.chance(30)
        if shared:
            mapping["share"] = "part"
        if self.chance(25):
            mapping["set_aside"] = self.set_aside("id" in mapping)
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
        one, long_ago = dt.timedelta(1), span(year_before(self.period), self.rules.get("year_starts", 1))[0]
        late = (self.start - one, before, self.end + one, before - one, long_ago, self.end + 10 * one)
        days = (self.start, self.middle, self.end, self.middle, self.middle + one, *late)
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
            "customer": mostly("C1", "C2", "c1"),
            "solved": mostly(True, False),
            "closed": mostly(*days[:4]),
            "origin": mostly("web", "test", "desk"),
            "asked": mostly(*days[:4]),
        }
        rows = self.size(0, 24)
        self.tables[name] = [{"ref": str(7 * number % 25 + 1), **self.row(cells)} for number in range(rows)]
        if shared:
            self.tables[name] = [part for row in self.tables[name] for part in self.shared_out(row, advisers)]
        texts = dict.fromkeys(("ref", "adviser", "queue", "unit", "kind", "customer", "origin"), "text")
        numbers = dict.fromkeys(("answer", "amount", "wait", *(["part"] if shared else [])), "number")
        self.columns[name] = {**texts, **numbers, "day": "date", "closed": "date", "asked": "date", "solved": "boolean"}
        return kinds

    def shared_out(self, row: Rule, advisers: tuple[str, ...]) -> list[Rule]:
        """The rows of a fact that several share; some do not add up, or say different days."""
        other = self.pick(*(each for each in (*advisers, SYSTEM) if each != row["adviser"]))
        whole, half, odd, short = (
            fractions("1"),
            fractions("0.5", "0.5"),
            fractions("0.3", "0.7"),
            fractions("0.5", "0.4"),
        )
        parts = self.pick(whole, half, odd, half, odd, whole, short)
        rows = [{**row, "part": part} for part in parts]
        for second in rows[1:]:
            second["adviser"] = other
            second["day"] = self.middle if self.chance(5) else row["day"]
        return rows

    def set_aside(self, identified: bool) -> list[Rule]:
        """Rules over columns that no KPI measures; only what has an id repeats another in an order that is told."""
        because, same = {"en": "Why not"}, self.pick(["customer"], ["customer", "origin"], ["kind", "customer"])
        rules: list[Rule] = [
            {"when": Both(Named("origin"), self.pick("=", "<>"), text("test")), "because": because},
            {"when": Both(Named("asked"), ">", date(self.middle)), "because": because},
        ]
        repeats: Rule = {"same": same, "within": self.pick(7, 0, 100), "because": because}
        return self.some([*rules, repeats] if identified else rules, 1, 3)

    def recorded(self) -> dt.date | None:
        """Days on which facts were recorded, and one of them, or None: as of today."""
        one = dt.timedelta(1)
        days = [self.start, self.middle, self.end, self.end + 9 * one, self.end + 10 * one]
        asked: dt.date | None = None
        for name, source in self.rules.get("sources", {}).items():
            if self.chance(85):
                asked = asked or self.pick(*days)
                source["recorded"] = "written"
                self.columns[name]["written"] = "date"
                first: dict[str, dt.date] = {}
                for row in self.tables[name]:
                    row["written"] = first.setdefault(row["ref"], self.pick(*days))
                if "id" in source and "share" not in source:
                    self.tables[name] += [self.amended(row) for row in self.tables[name] if self.chance(15)]
        return asked if self.chance(80) else None

    def amended(self, row: Rule) -> Rule:
        """A fact as it was recorded once more."""
        column = self.pick("answer", "amount", "wait", "solved", "kind")
        value = self.pick(*(each[column] for table in self.tables.values() for each in table if column in each))
        return {**row, "written": row["written"] + dt.timedelta(self.pick(5, 1, 40)), column: value}

    def cases(self, events: str) -> str:
        """Cases that the events of a source make: the events of each customer."""
        words, name = self.fact_words(of_period=()), f"{events}_cases"
        rule: Rule = {"from": events, "case": "customer", "ends": self.pick(Named("solved"), self.condition(words, 1))}
        for key in ("starts", "waits"):
            if self.chance(50):
                rule[key] = self.pick(Both(Named("kind"), "=", text("call")), self.condition(words, 1))
        if self.chance(40):
            rule["date"] = "started"
        if "calendar" in self.rules and self.chance(50):
            rule["clock"] = "open"
        self.rules.setdefault("cases", {})[name] = rule
        return name

    def fact_words(
        self, of_period: tuple[str, ...] = ("period_start", "period_end"), *, of_cases: bool = False
    ) -> Vocabulary:
        days = ("period_days",) if of_period else ()
        return Vocabulary(
            numbers=(*(("hours",) if of_cases else ()), "wait", "amount", "answer", *days),
            not_negative=(*(("hours",) if of_cases else ()), "wait", "answer", *days),
            texts={"kind": ("mail", "call")},
            flags=("solved",),
            dates=(*(("ended", "started") if of_cases else ()), "closed", "day", *of_period),
            days=(self.start, self.middle, self.end),
            near=fractions("1", "60", "0", "9", "2.5", "100"),
            spans=("DAYS", "HOURS", *(("WORKHOURS", "WORKDAYS") if "calendar" in self.rules else ())),
        )

    def calendar(self) -> None:
        """Opening hours, with or without a break; some of them on Saturdays."""
        week = ["monday", "tuesday", "wednesday", "thursday", "friday"]
        whole, morning, afternoon = ("09:00", "18:00"), ("08:30", "12:00"), ("13:30", "24:00")
        spans = [(week, each) for each in self.pick((whole,), (morning, afternoon))]
        spans += [(["saturday"], morning)] if self.chance(40) else []
        self.rules["calendar"] = {"open": [{"days": days, "from": begin, "to": end} for days, (begin, end) in spans]}
        if self.chance(50):
            self.rules["calendar"]["holidays"] = {"country": "FR"}
        if self.chance(30):
            self.rules["calendar"]["closed"] = [self.start, self.middle]

    def kpi(self, name: str, sources: dict[str, tuple[str, ...]]) -> Drawn:
        words = self.fact_words()
        kind = self.pick("given", "given", "given", "nps", "mean", "share", "count", "sum", "ratio", *OTHER_KINDS)
        if kind == "formula" and self.drawn:
            return self.over_kpis(name)
        kind = "mean" if kind == "formula" else kind
        compute: Rule = {"kind": kind}
        kinds: tuple[str, ...] = ("payee", "team", "department", "company")
        signed = self.chance(40)
        if kind == "given":
            compute |= {"at_least": Fraction(-100), "at_most": Fraction(100)} if signed else {}
        else:
            if not sources or (len(sources) < 2 and self.chance(20)):
                new = f"facts{len(sources)}"
                compute["from"], sources[new] = new, self.source(new)
                if self.chance(25):
                    self.rules["sources"][new]["invitations"] = f"asked{len(sources)}"
                    self.source(f"asked{len(sources)}")
                mapping = self.rules["sources"][new]
                if "id" in mapping and "share" not in mapping and self.chance(40):
                    compute["from"] = self.cases(new)
                    sources[compute["from"]] = sources[new]
            else:
                compute["from"] = self.pick(*sources)
            kinds = sources[compute["from"]]
            mapping = self.rules["sources"].get(compute["from"], {"id": "of a case"})
            if kind == "without_repeat" and "id" not in mapping:
                compute["kind"] = kind = "repeat"  # without an id, what is of the same day is in the engine's order
            if kind in UNSHARED and "share" in mapping:
                compute["kind"] = kind = "mean"
            words = self.fact_words(of_cases=compute["from"] in self.rules.get("cases", {}))
            if kind == "share" or self.chance(40):
                compute["where"] = self.condition(words, 1)
        compute |= self.fields(kind, kinds, words, signed=signed)
        rule: Rule = {
            "title": {"en": name.upper()},
            "perspective": self.pick("customer", "internal"),
            "compute": compute,
            "better": self.pick("higher", "lower"),
        }
        if kind != "given" and self.chance(25):
            rule["over"] = self.pick("year_to_date", "until_end", {"months": 12}, {"months": 1}, {"months": 5})
        self.rounding(rule, "rounding", 20, -1, always=True)
        self.rules["kpis"][name] = rule
        return Drawn(name, kinds, kind == "nps" or (signed and kind in ("given", "mean", "sum", "ratio", "percentile")))

    def fields(self, kind: str, kinds: tuple[str, ...], words: Vocabulary, *, signed: bool) -> Rule:
        """What a kind from facts has besides its source and its condition."""
        fields = Rule()
        if kind == "share" and self.chance(40):
            fields["among"] = self.condition(words, 1)
        if kind == "nps":
            fields["answer"] = "answer"
            if self.chance(40):
                fields["detractors_to"] = self.size(0, 6)
                fields["promoters_from"] = self.size(fields["detractors_to"] + 1, 10)
        if kind == "percentile":
            fields["at"] = self.pick(*fractions("0.5", "0.9", "0.25", "1", "0.333"))
            if self.chance(50):
                fields["definition"] = "inclusive"
        if kind in ("mean", "sum", "percentile"):
            fields["value"] = self.number(words, 1, signed=signed, quotients=False)
            if signed and self.chance(30):
                fields["value"] = self.span(words)
        if kind == "ratio":
            fields["numerator"] = self.number(words, 1, signed=signed, quotients=False)
            fields["denominator"] = self.number(words, 1, signed=False, quotients=False)
        if kind == "grid":
            marked = {"score": "answer", "out_of": 10, **({"weight": Fraction("2.5")} if self.chance(50) else {})}
            items = {"mark": marked, "kept": {"met": self.condition(words, 1)}, "solved": {"met": Named("solved")}}
            fields["items"] = {name: items[name] for name in self.pick(("solved",), ("mark", "kept"), tuple(items))}
        return fields | (self.of_customers(kind, kinds) if kind in ("distinct", "repeat", "without_repeat") else {})

    def of_customers(self, kind: str, kinds: tuple[str, ...]) -> Rule:
        if kind == "without_repeat":
            subject = {"subject": "kind"} if self.chance(40) else {}
            return {"customer": "customer", "within": self.pick(7, 1, 100), **subject}
        column = self.pick("customer", "kind", "adviser" if "payee" in kinds else "kind")
        return {"column": column, **({"at_least": self.size(2, 3)} if kind == "repeat" and self.chance(40) else {})}

    def over_kpis(self, name: str) -> Drawn:
        """A formula over KPIs that were drawn before."""
        read = [self.drawn[0], self.pick(*self.drawn)]
        one, other = (Named(each.name + self.pick("", "", ".previous", ".year_before")) for each in read)
        minus = Both(one, "-", other)
        formula: Formula = self.pick(
            Both(Both(constant(Fraction(1000)), "*", one), "/", other),
            minus,
            Both(minus, "/", other),
            Call("MAX", (one, other)),
            Call("IF", (Both(one, ">", constant(Fraction(1))), other, constant(Fraction(2)))),
        )
        self.rules["kpis"][name] = {
            "title": {"en": name.upper()},
            "perspective": self.pick("customer", "internal"),
            "compute": {"kind": "formula", "value": formula},
            "better": self.pick("higher", "lower"),
        }
        self.rounding(self.rules["kpis"][name], "rounding", 20, -1, always=True)
        kinds = tuple(kind for kind in read[0].kinds if kind in read[1].kinds)
        return Drawn(name, kinds, any(each.negative for each in read) or "-" in formula.text)

    def kpis(self) -> None:
        sources: dict[str, tuple[str, ...]] = {}
        if self.chance(40):
            self.calendar()
        self.rules["kpis"] = {}
        self.drawn: list[Drawn] = []
        for index in range(self.size(1, 4)):
            self.drawn.append(self.kpi(f"k{index}", sources))

    def given_results(self) -> None:
        """Results of the period, of the one before, and of the parts that measures average; some are missing."""
        if all(rule["compute"]["kind"] != "given" for rule in self.rules["kpis"].values()):
            return
        staff = self.tables["workforce"]
        subjects = [("payee", row["payee"]) for row in staff]
        subjects += [("team", "T1"), ("team", "T2"), ("department", "D1"), ("department", "D2"), ("company", "company")]
        rows, before = [], sorted({previous(self.period), year_before(self.period)})
        for drawn in self.drawn:
            compute = self.rules["kpis"][drawn.name]["compute"]
            if compute["kind"] != "given":
                continue
            results = SIGNED_RESULTS if drawn.negative else RESULTS
            for kind, subject in subjects:
                for period in (*before, self.period, *sorted(self.parts.get(drawn.name, ()))):
                    key = {"subject_kind": kind, "subject": subject, "kpi": drawn.name, "period": period}
                    cells = {"value": results, "n": (*fractions("30", "5", "10", "4", "0") * 3, None), "": range(100)}
                    row = {**key, **self.row(cells)}
                    if row.pop("") < (50 if period in before else 93):
                        rows.append(row)
        texts = dict.fromkeys(("subject_kind", "subject", "kpi", "period"), "text")
        self.columns["kpis"] = {**texts, "value": "number"}
        if self.chance(10):
            rows = [{key: value for key, value in row.items() if key != "n"} for row in rows]
        else:
            self.columns["kpis"]["n"] = "number"
        self.tables["kpis"] = rows
        self.rules["results"] = self.file("kpis")
