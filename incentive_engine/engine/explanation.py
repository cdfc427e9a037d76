"""Why one payee is paid what they are: every step from the results to the payout, read from the run folder.

Nothing is worked out here but the effects of limits and conditions; the numbers are those of the trace, the sentences
and lines of the rules those of the run's `steps`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from pathlib import Path

import polars as pl

from incentive_engine.compiler.inputs import FIRST_DAY, SEGMENT
from incentive_engine.compiler.program import PAYOUT
from incentive_engine.engine.dated import NOTED
from incentive_engine.engine.deciding import decided
from incentive_engine.engine.effects import effects, removable
from incentive_engine.engine.recalled import STINT, people_of, stint_of
from incentive_engine.engine.retracing import with_quotients
from incentive_engine.engine.run import Run, rules_in
from incentive_engine.engine.telling_decisions import DecisionTeller
from incentive_engine.engine.telling_pay import SHARES, PayTeller
from incentive_engine.engine.telling_people import PersonTeller
from incentive_engine.engine.wording import Row, Wording
from incentive_engine.errors import InputProblems, Problem, did_you_mean
from incentive_engine.kinds.base import Label
from incentive_engine.kinds.wording import Language
from incentive_engine.rulesets.contracts import WORKFORCE
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ROOT, KeyPath, Node, ResolvedPlan, nodes_under, resolve


@dataclass(frozen=True, slots=True)
class Line:
    """One step: what it is called, what was done with which numbers, and the line of the rules."""

    name: str
    text: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Steps that belong together."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One payee of one run."""

    title: str
    sections: tuple[Section, ...]
    note: str
    """What holds of every line."""


def explain(folder: Path | str, payee: str, language: Language = "en") -> Explanation:
    """Every step of one payee of a run: of the workforce, or somebody whose earlier periods are corrected.

    Raises InputProblems for a folder that holds no run, and an unknown payee.
    """
    run = Run.open(folder)
    person = _person(run, payee)
    return _Explaining(run, person, language).explanation()


def _person(run: Run, payee: str) -> Row:
    assert run.folder is not None
    people = pl.scan_parquet(run.folder / "inputs" / f"{WORKFORCE}.parquet")
    found = people.filter(pl.col("payee") == payee).collect()
    if found.is_empty() and payee in run.corrections["payee"]:
        return {"payee": payee}
    if found.is_empty():
        known = people.select("payee").collect()["payee"].to_list()
        message = f"there is no payee `{payee}` in this run"
        raise InputProblems([Problem("unknown-payee", message, hint=did_you_mean(payee, known))])
    return found.row(0, named=True)


_WORDS = {
    "en": {
        "tests": "Who is in",
        "held": "Held: neither paid nor zero",
        "cannot": "What the rules cannot work out",
        "facts": "Rows of this payee that could not be used",
        "noted": "Rows of this payee to look at",
        "payout": "Payout",
        "contributions": "What each measure brought",
        "effects": "What conditions and limits changed",
        "none": "no effect",
        "pool": "not told: what everybody gets of the pool would change too",
        "total": "in all",
        "other": "by no measure",
        "modifier": "modifier",
        "gate": "gate",
        "floor": "floor",
        "cap": "cap",
        "note": "Where a number is rounded and nothing else is said, halves go away from zero.",
        "together": "What is paid for which days",
        "decided": "Decided by people",
        "released": "Released by decision",
        "corrections": "Corrections of earlier periods",
        "guarantee": "by guarantees",
        "adjustment": "by adjustments",
    },
    "fr": {
        "tests": "Qui est concerné",
        "held": "Retenu : ni payé ni à zéro",
        "cannot": "Ce que les règles ne peuvent calculer",
        "facts": "Lignes de cette personne qui n'ont pu servir",
        "noted": "Lignes de cette personne à regarder",
        "payout": "Prime",
        "contributions": "Ce que chaque mesure apporte",
        "effects": "Ce que conditions et limites ont changé",
        "none": "sans effet",
        "pool": "non dit : ce que chacun reçoit de l'enveloppe changerait aussi",
        "total": "en tout",
        "other": "par aucune mesure",
        "modifier": "modificateur",
        "gate": "condition",
        "floor": "plancher",
        "cap": "plafond",
        "note": "Sauf mention contraire, les demis s'arrondissent en s'éloignant de zéro.",
        "together": "Ce qui est payé pour quels jours",
        "decided": "Décidé par des personnes",
        "released": "Débloqué par décision",
        "corrections": "Régularisations de périodes passées",
        "guarantee": "par des garanties",
        "adjustment": "par des ajustements",
    },
}


class _Explaining:
    """One payee, told in one language."""

    def __init__(self, run: Run, person: Row, language: Language) -> None:
        assert run.folder is not None
        self._run, self._person, self._language = run, person, language
        self._payee = pl.col("payee") == person["payee"]
        self._rules: Rules = rules_in(run.folder)
        self._period = self._rules.period(run.summary["period"])
        self._plans = resolve(self._rules.ruleset, self._period)
        self._pays = {plan.name: plan.pays for plan in self._plans}
        self._wording, self._words = Wording(language), _WORDS[language]
        self._rows = people_of(run.folder, self._rules, self._period, person["payee"]).sort(SEGMENT).to_dicts()
        self._teller = PersonTeller(self._rules, self._period, self._rows, self._wording)
        self._decisions = DecisionTeller(self._wording, self._rules.ruleset.currency)
        self._decided = run.tables["adjustments"].filter(self._payee).collect().to_dicts()

    def explanation(self) -> Explanation:
        traces = {name: frame.filter(self._payee).collect() for name, frame in self._run.traces.items()}
        tests = self._run.tables["eligibility"].filter(self._payee).collect()
        told = (Line(*each) for each in self._teller.tests(self._plans, tests))
        sections = [Section(self._words["tests"], tuple(told)), *self._held()]
        changed = effects(self._rules, self._plans, {name: frame.lazy() for name, frame in traces.items()})
        rows = [with_quotients(row) for frame in traces.values() for row in frame.iter_rows(named=True)]
        for plan in self._plans:
            for row in sorted((row for row in rows if row["plan"] == plan.name), key=lambda row: row[FIRST_DAY]):
                paid = [each for each in rows if self._pays[each["plan"]] == plan.pays]
                days = f" · {self._teller.days(row)}" if len(paid) > 1 else ""
                sections += self._plan(plan, row, changed, days, self._decisions_on(plan, row, paid, days))
        sections += [*self._together(rows), *self._settled(rows)]
        return Explanation(self._title(), tuple(section for section in sections if section.lines), self._words["note"])

    def _title(self) -> str:
        person = [str(self._person[name]) for name in ("payee", "name", "role", "team") if self._person.get(name)]
        summary = self._run.summary
        return " · ".join([*person, summary["period"], f"{summary['rule_set']} {summary['version']}"])

    def _label(self, label: Label) -> str:
        return label.get(self._language) or next(iter(label.values()))

    def _rule(self, at: KeyPath) -> str:
        where = self._rules.document.key_at(at)
        return f"{Path(where.file).name}:{where.line}"

    def _held(self) -> Iterator[Section]:
        held = self._run.tables["held"].filter(self._payee).collect()
        own = (pl.col("table") == WORKFORCE) & (pl.col("key") == pl.col("payee"))
        reasons = held.filter(own).select("code", "reason").rows()
        noted = pl.col("code").is_in(NOTED)
        where = pl.col("table") + " " + pl.col("key")
        rows = {
            name: held.filter(~own, of).select(where, "reason").rows()
            for name, of in (("facts", ~noted), ("noted", noted))
        }
        released = any(each["kind"] == "release" for each in self._decided)
        title = self._words["cannot" if released else "held"]
        yield Section(title, tuple(Line(code, reason) for code, reason in reasons))
        for name, told in rows.items():
            yield Section(self._words[name], tuple(Line(*each) for each in told))

    def _together(self, rows: Sequence[Row]) -> Iterator[Section]:
        """What is paid for which days, of each thing that is not paid alike for all of them."""
        for pays in dict.fromkeys(plan.pays for plan in self._plans):
            of_pays = [row for row in rows if self._pays[row["plan"]] == pays]
            if len(of_pays) > 1:
                told = self._teller.together(sorted(of_pays, key=lambda row: row[FIRST_DAY]))
                yield Section(f"{self._words['together']} · {pays}", tuple(Line(*each) for each in told))

    def _settled(self, rows: Sequence[Row]) -> Iterator[Section]:
        """What is paid to a payee who is held, what corrects earlier periods, and all that is paid."""
        released = [each for each in self._decided if each["kind"] == "release"]
        yield Section(self._words["released"], tuple(Line(*told) for told in self._decisions.released(released)))
        lines = self._run.tables["corrections"].filter(self._payee).collect().to_dicts()
        paid = [amount for row in rows if (amount := self._teller.paid(row)) is not None]
        told = self._decisions.corrections([*paid, *((each["currency"], each["pay"]) for each in released)], lines)
        yield Section(self._words["corrections"], tuple(Line(*each) for each in told))

    def _decisions_on(self, plan: ResolvedPlan, row: Row, paid: Sequence[Row], days: str) -> Section:
        """The guarantees and adjustments of some days, among all rows of what is `paid` by one name."""
        kinds = [each for each in self._decided if each["kind"] != "release" and each["pays"] == plan.pays]
        concern = decided(row, paid, kinds)
        told = self._decisions.decided(concern) if concern is not None else ()
        return Section(f"{self._words['decided']}{days}", tuple(Line(*each) for each in told))

    def _plan(
        self, plan: ResolvedPlan, row: Row, changed: pl.DataFrame, days: str, decided: Section
    ) -> Iterator[Section]:
        changed = changed.filter(pl.col("plan") == plan.name, pl.col(SEGMENT) == row[SEGMENT])
        steps = self._run.tables["steps"].filter(pl.col("plan") == plan.name).collect()
        stint = stint_of(self._teller.on(row[FIRST_DAY]))
        teller = PayTeller(self._rules, plan, {**row, STINT: stint}, self._results(), self._wording)
        shares = pl.col("step").is_in(SHARES)
        of_pay = (pl.col("node") == ROOT) & ~pl.col("column").str.starts_with(f"{ROOT}.")
        for node in _items_first(plan.root):
            of_node = steps.filter(pl.col("node") == node.path, ~of_pay, ~shares)
            lines = (Line(*told) for told in teller.of_node(node, of_node.iter_rows(named=True)))
            path = plan.name if node is plan.root else node.path
            yield Section(f"{path} · {self._label(node.title)}{days}", tuple(lines))
        assert self._run.folder is not None
        read = self._teller.histories(self._run.folder, row)
        paid = chain(read, teller.of_pay(steps.filter(of_pay).iter_rows(named=True)))
        pool = f" · {self._label(plan.pool.rules.title)}" if plan.pool is not None else ""
        yield Section(f"{self._words['payout']}{pool}{days}", tuple(Line(*told) for told in paid))
        yield decided
        brought = [Line(*told) for told in teller.shares(steps.filter(shares).iter_rows(named=True))]
        contributions = tuple(self._contributions(plan, row[SEGMENT], brought))
        yield Section(f"{self._words['contributions']}{days}", contributions)
        if row.get(PAYOUT) is not None:
            yield Section(f"{self._words['effects']}{days}", tuple(self._effects(plan, changed)))

    def _results(self) -> pl.DataFrame:
        """The KPI results of the payee, and of the subjects that the payee belonged to."""
        subjects = [row.get(kind) for row in self._rows for kind in ("payee", "team", "department")]
        return self._run.tables["kpis"].filter(pl.col("subject").is_in([*filter(None, subjects), "company"])).collect()

    def _contributions(self, plan: ResolvedPlan, segment: int, brought: list[Line]) -> Iterator[Line]:
        """What each node and each measure brought; the arithmetic first, where there is any."""
        yield from brought
        told = {line.name for line in brought}
        own = (pl.col("plan") == plan.name) & (pl.col(SEGMENT) == segment)
        rows = self._run.tables["contributions"].filter(self._payee, own).collect()
        total = Decimal(0)
        for row in rows.filter(pl.col("pay").is_not_null()).iter_rows(named=True):
            total += row["pay"]
            if row["measure"] not in told:
                unearned = self._words[row["source"] or "other"] if row["measure"] is None else ""
                yield Line(row["measure"] or unearned, self._money(plan, row["pay"]))
        if rows["pay"].count():
            yield Line(self._words["total"], self._money(plan, total))

    def _effects(self, plan: ResolvedPlan, changed: pl.DataFrame) -> Iterator[Line]:
        if plan.pool is not None and any(removable(plan)):
            yield Line("–", self._words["pool"])
        money = {(node, step, number): effect for *_, node, step, number, effect in changed.iter_rows()}
        for step in removable(plan):
            effect: Decimal | None = money.get((step.node, step.kind, step.number))
            if effect is not None:
                sign = "+" if effect > 0 else ""
                text = f"{sign}{self._money(plan, effect)}" if effect else self._words["none"]
                name = f"{plan.name if step.node == 'plan' else step.node} · {self._words[step.kind]}"
                yield Line(name, text, self._rule(step.at))

    def _money(self, plan: ResolvedPlan, amount: Decimal) -> str:
        places = max(plan.payout_rounding.kept, 0)
        return f"{self._wording.number(amount, places)} {self._rules.ruleset.currency}"


def _items_first(root: Node) -> list[Node]:
    """The nodes in the order in which they are worked out."""
    below = list(nodes_under(root))
    paths = {node.path: node for node in below}
    ordered: list[Node] = []

    def visit(node: Node) -> None:
        for item in getattr(node, "items", ()):
            visit(paths[item.path])
        ordered.append(node)

    visit(root)
    return ordered
