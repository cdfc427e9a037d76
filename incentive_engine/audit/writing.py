"""An audit in one reader's language: every finding a sentence, every number as the reader writes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final

from incentive_engine.audit.drawing import dots, graph, percent_wide
from incentive_engine.audit.findings import QUALITIES, VERDICTS, Audit, Evidence, KpiAudit, PlanAudit, Suspicion
from incentive_engine.audit.paper import (
    Answer,
    Bar,
    Card,
    Dots,
    MatrixCell,
    MatrixRow,
    Page,
    Part,
    Plan,
    Review,
    Row,
    Sign,
)
from incentive_engine.audit.planned import of_plan
from incentive_engine.audit.telling import Told, told
from incentive_engine.rulesets.in_force import EDITION
from incentive_engine.rulesets.loading import Rules
from incentive_engine.statements.languages import Language
from incentive_engine.version import __version__

_MISSING: Final = "–"


class Writer:
    """Writes one audit in one language."""

    def __init__(self, audit: Audit, rules: Rules, reader: Language) -> None:
        self._audit, self._loaded, self._rules, self._reader = audit, rules, rules.ruleset, reader
        self._words, self._write = reader.words, Told(reader)

    def page(self) -> Page:
        """The whole page."""
        rules, words = self._rules, self._words["page"]
        deciding = sorted(
            filter(lambda each: each.uses, self._audit.kpis), key=lambda each: VERDICTS.index(each.verdict)
        )
        numbers = {verdict: sum(each.verdict == verdict for each in deciding) for verdict in VERDICTS}
        counts = {verdict: self._reader.numbers.number(number) for verdict, number in numbers.items()}
        periods = [self._loaded.period(name) for name in self._audit.periods]
        return Page(
            language=self._reader.code,
            title=self._reader.nearest(rules.title),
            rule_set=rules.rule_set,
            version=words["version"].format(version=rules.version),
            decided=words["decided_by"].format(by=rules.decided.by, day=self._reader.date(rules.decided.on)),
            periods=", ".join(self._reader.period(each.name, each.start) for each in periods),
            summary=self._reader.plural(words["summary"], len(deciding), **counts),
            verdicts=tuple((verdict, counts[verdict]) for verdict in reversed(VERDICTS)),
            rows=tuple(map(self._row, deciding)),
            plans=tuple(map(self._plan, self._audit.plans)),
            cards=tuple(map(self._card, deciding)),
            others=tuple(self._card(each) for each in self._audit.kpis if not each.uses),
            graph=graph(self._audit.links, self.title, lambda link: " ".join(self.sentences(link.evidence))),
            departments=self._audit.matrix.departments,
            matrix=tuple(map(self._matrix_row, self._audit.matrix.kpis)),
            between=self.sentences(self._audit.matrix.findings),
            review=tuple(map(self._review, self._audit.to_review)),
            looked=self.sentences(self._audit.looked_for),
            inputs=tuple((name, self._reader.numbers.number(rows), sha) for name, rows, sha in self._audit.inputs),
            engine=f"incentive_engine {__version__}",
        )

    def title(self, kpi: str) -> str:
        """What people call a KPI."""
        return self._reader.nearest(self._rules.kpis[kpi].title)

    def sentences(self, found: Iterable[Evidence]) -> tuple[str, ...]:
        """Evidence in words."""
        return tuple(told(each, self._reader) for each in found)

    def _row(self, found: KpiAudit) -> Row:
        verdicts: dict[str, Sign] = {each.quality: each.verdict for each in found.findings}
        signs = tuple(verdicts.get(quality, "none") for quality in QUALITIES)
        return Row(found.kpi, self.title(found.kpi), self._rules.kpis[found.kpi].perspective, found.verdict, signs)

    def _card(self, found: KpiAudit) -> Card:
        kpi, words = self._rules.kpis[found.kpi], self._words
        names = [words["qualities"][quality]["name"].lower() for quality in found.to_settle]
        return Card(
            kpi=found.kpi,
            title=self.title(found.kpi),
            meaning=self._reader.nearest(kpi.meaning) if kpi.meaning else "",
            perspective=kpi.perspective,
            verdict=found.verdict,
            settle=words["settle"].format(qualities=", ".join(names)) if names else "",
            paid_in=tuple(self._paid_in(found)),
            measured=kpi.sentence(self._reader.of_rules),
            defined_by=kpi.defined_by or "",
            dots=self._dots(found),
            answers=tuple(
                Answer(each.quality, each.verdict, self.sentences(each.evidence))
                for quality in QUALITIES
                for each in found.findings
                if each.quality == quality and each.evidence
            ),
        )

    def _paid_in(self, found: KpiAudit) -> Iterator[str]:
        for use in found.uses:
            plan, whose = self._plan_title(use.plan), self._words["whose"][use.of]
            weight = "" if use.weight is None else f"{self._format('percent', use.weight)}, "
            yield f"{plan} ({weight}{whose})"

    def _plan_title(self, name: str) -> str:
        """What people call a plan; with its first day where it is a later version in the period."""
        title, since = self._reader.nearest(self._rules.plans[name].title), name.partition(EDITION)[2]
        day = self._reader.date(dt.date.fromisoformat(since)) if since else ""
        return f"{title}, {self._words['page']['since'].format(day=day)}" if since else title

    def _dots(self, found: KpiAudit) -> Dots | None:
        if not found.uses:
            return None
        kpi, subjects = self._rules.kpis[found.kpi], self._words["subjects"][found.uses[0].of]
        return dots(found.spread, kpi, self._write, self._words["page"], subjects)

    def _plan(self, found: PlanAudit) -> Plan:
        words, share = self._words["shares_of"], found.share
        shares = (
            {} if share is None else {"declared": share.declared_low, "paid": share.paid, "effective": share.effective}
        )
        return Plan(
            title=self._plan_title(found.plan),
            bars=tuple(
                Bar(words[name], self._format("percent", each), percent_wide(each))
                for name, each in shares.items()
                if each is not None
            ),
            sentences=self.sentences(of_plan(found, self._rules.kpis)),
            parts=tuple(
                Part(
                    self.title(each.kpi),
                    each.perspective,
                    self._format("percent", found.weights.get(each.measure)),
                    self._format("percent", each.paid),
                    self._format("percent", each.effective),
                )
                for each in (share.measures if share else ())
            ),
        )

    def _matrix_row(self, kpi: str) -> MatrixRow:
        cells = (self._audit.matrix.cells[department, kpi] for department in self._audit.matrix.departments)
        return MatrixRow(
            self.title(kpi),
            tuple(
                MatrixCell(
                    each.paid,
                    self._format("percent", each.weight),
                    percent_wide(each.weight or 0),
                    each.agreed is not None,
                )
                for each in cells
            ),
        )

    def _review(self, found: Suspicion) -> Review:
        about = found.about
        if found.signal == "watched":
            about = self._reader.nearest(self._rules.sources[found.source].watch[found.about].title)
        elif found.signal == "ceiling":
            about = self.title(found.about)
        return Review(
            found.subject,
            found.source,
            self._words["signals"][found.signal].format(about=about),
            f"{self._format('count', found.count)} / {self._format('count', found.of)} = "
            f"{self._format('percent', found.share)}",
            self._format("percent", found.usual),
        )

    def _format(self, how: str, value: float | None) -> str:
        return _MISSING if value is None else self._write.format_field(value, how)
