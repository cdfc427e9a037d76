"""The pages for managers: what the people of each department are paid, and what their customers said and lived.

Nothing on them is about one person; `small_groups` decides what is shown. Exact amounts are in the index.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

from babel.numbers import get_decimal_symbol

from incentive_engine.engine.run import Run
from incentive_engine.rulesets.loading import Rules
from incentive_engine.rulesets.resolving import ResolvedPlan, resolve
from incentive_engine.statements.belonging import Belonging, Payout
from incentive_engine.statements.files import file_names
from incentive_engine.statements.group_results import GroupResult, GroupResults, ResultWords, asked
from incentive_engine.statements.languages import Language
from incentive_engine.statements.making import origin_of
from incentive_engine.statements.small_groups import (
    LEAST,
    Place,
    bands,
    nested,
    people,
    rounded_count,
    rounded_mean,
    rounded_share,
    rounded_sum,
    shown,
)
from incentive_engine.statements.values import Band, DepartmentPage, GroupLine, HeardResult, Money, PlanMoney, Reason

_EDGES: Final = tuple(map(Decimal, ("0.5", "0.8", "1", "1.2")))
"""Where the bands of a distribution begin and end, as shares of the target pay."""
_WIDEST: Final = Decimal("1.5")
"""The share of the target pay that fills the width."""
_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the pages are to say: with salaries or without, and of how many people a group is at least."""

    salaries: bool = False
    least: int = LEAST


class DepartmentWriter:
    """The pages of one run, in one language."""

    def __init__(self, run: Run, rules: Rules, reader: Language, wish: Wish) -> None:
        self._run, self._rules, self._reader, self._wish = run, rules, reader, wish
        self._words = reader.words["departments"]
        self._belonging = Belonging(run, rules)
        self._plans = {plan.name: plan for plan in resolve(rules.ruleset, rules.period(run.summary["period"]))}
        self._members = tuple(self._belonging.members())
        self._payouts = tuple(each for each in self._belonging.payouts() if each.payout is not None)
        self._by_path = defaultdict[Place, list[Payout]](list)
        for each in self._payouts:
            for length in range(4):
                self._by_path[_path(each)[:length]].append(each)
        self._shown = shown(nested((each.row, _path(each)) for each in self._payouts), wish.least)
        paid = (each for each in self._payouts if each.salary is not None)
        self._salaries_shown = shown(nested((each.row, _path(each)) for each in paid), wish.least)

    @property
    def has_salaries(self) -> bool:
        """Whether the run knows what anybody's base salary is."""
        return self._belonging.has_salaries

    def pages(self) -> Iterator[DepartmentPage]:
        """One page per department in which anybody is paid or held, by name."""
        held = self._belonging.held()
        names = sorted({each.department for each in self._payouts} | held.keys())
        files = file_names(names)
        for name in names:
            yield self._page(name, files[name], held.get(name, ()))

    def _page(self, department: str, file: str, held: Sequence[tuple[str, str]]) -> DepartmentPage:
        paid, path = self._by_path[(department,)], (department,)
        total = self._money(str(self._words["whole"]), path)
        small = sum(each.department == department for each in self._members) < self._wish.least
        return DepartmentPage(
            language=self._reader.code,
            origin=origin_of(self._run.summary, self._rules, self._reader),
            department=department or str(self._words["unnamed"]),
            file=file,
            payout=total.payout,
            voice=self._voice(paid) if path in self._shown else "",
            hidden=total.hidden,
            counts=tuple(self._counts(department, len({each.payee for each in paid}), held)),
            total=total,
            plans=tuple(self._of_plans(department)) if path in self._shown else (),
            salaries=self._wish.salaries,
            results=tuple(self._heard(department)),
            reasons=() if small else tuple(self._reasons(held)),
            unsaid=str(self._words["small"]) if small and held else "",
            held=self._some(len({payee for payee, _ in held})),
            protection=tuple(str(each).format(least=self._wish.least) for each in self._words["protection"].values()),
        )

    def _voice(self, paid: Sequence[Payout]) -> str:
        """How much of the money customers brought."""
        payout = sum((each.payout or Decimal(0) for each in paid), Decimal(0))
        if payout <= 0 or any(each.customer is None for each in paid):
            return ""
        brought = sum((each.customer or Decimal(0) for each in paid), Decimal(0))
        share = rounded_share(brought / payout, len({each.payee for each in paid}))
        return str(self._words["voice"]).format(share=self._reader.numbers.percent(share))

    def _counts(self, department: str, paid: int, held: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        known = {each.payee for each in self._payouts} | {payee for payee, _ in held}
        outside = sum(each.department == department and each.payee not in known for each in self._members)
        counts = {"paid": paid, "held": len({payee for payee, _ in held}), "outside": outside}
        return ((str(self._words[name]), self._some(count)) for name, count in counts.items())

    def _some(self, count: int) -> str:
        """How many people; not exactly where they are few."""
        if 0 < count < self._wish.least:
            return str(self._words["few"]).format(least=self._wish.least)
        return self._reader.numbers.number(count)

    def _of_plans(self, department: str) -> Iterator[PlanMoney]:
        for name in self._plans:
            path = (department, name)
            if path not in self._by_path:
                continue
            teams = sorted(each for each in self._by_path if each[:2] == path and len(each) > len(path))
            yield PlanMoney(
                money=self._money(self._reader.nearest(self._plans[name].title), path),
                teams=tuple(self._money(each[-1], each) for each in teams) if path in self._shown else (),
                count=self._reader.plural(self._words["teams"], len(teams)),
                bands=tuple(self._bands(self._by_path[path])) if path in self._shown else (),
            )

    def _money(self, name: str, path: Place) -> Money:
        """What one group is paid."""
        paid = self._by_path[path]
        count = people(each.row for each in paid)
        if path not in self._shown:
            why = "small" if count < self._wish.least else "beside_small"
            return Money(name, self._some(count), "", "", "", "", "", "", str(self._words[why]))
        payouts = [each.payout for each in paid if each.payout is not None]
        targets = [each.target for each in paid if each.target is not None]
        target = self._whole(rounded_sum(targets)) if len(targets) == len(paid) else ""
        share = self._share(sum(payouts, Decimal(0)), sum(targets, Decimal(0)), count) if target else None
        salaries, salary = self._salaries(path)
        return Money(
            name=name,
            people=self._some(count),
            target=target,
            payout=self._whole(rounded_sum(payouts)),
            share="" if share is None else self._reader.numbers.percent(share),
            bar="" if share is None else _percent(max(share, Decimal(0)) / _WIDEST),
            salaries=salaries,
            salary=salary,
            hidden="",
        )

    @staticmethod
    def _share(payout: Decimal, target: Decimal, count: int) -> Decimal | None:
        return rounded_share(payout / target, count) if target > 0 else None

    def _salaries(self, path: Place) -> tuple[str, str]:
        """The base salaries of a group together, and their mean; nothing where they are not wanted or shown."""
        paid = [each for each in self._by_path[path] if each.salary is not None]
        twice = len(paid) != people(each.row for each in paid)
        if not self._wish.salaries or path not in self._salaries_shown or twice:
            return "", ""
        salaries = [each.salary for each in paid if each.salary is not None]
        return self._whole(rounded_sum(salaries)), self._whole(rounded_mean(salaries))

    def _whole(self, amount: Decimal) -> str:
        """An amount without coins: it has none."""
        numbers = self._reader.numbers
        coins = get_decimal_symbol(self._reader.locale) + "0" * numbers.minor_digits if numbers.minor_digits else ""
        return numbers.money(amount).replace(coins, "", 1)

    def _bands(self, paid: Sequence[Payout]) -> Iterator[Band]:
        """How many people are paid which share of their target pay, neighbours put together where they are few."""
        counts = [0] * (len(_EDGES) + 1)
        for each in paid:
            if each.payout is not None and each.target is not None and each.target > 0:
                counts[sum(each.payout >= edge * each.target for edge in _EDGES)] += 1
        found = bands(counts, self._wish.least)
        sizes = [rounded_count(sum(counts[band.start : band.stop])) for band in found]
        for band, size in zip(found, sizes, strict=True):
            width = _percent(Decimal(size) / max(sizes))
            yield Band(self._band(band), self._reader.plural(self._words["about"], size), width)

    def _band(self, band: range) -> str:
        edges = {"first": band.start - 1, "last": band.stop - 1}
        shown_edges = {
            name: self._reader.numbers.percent(_EDGES[at]) for name, at in edges.items() if 0 <= at < len(_EDGES)
        }
        which = "between" if len(shown_edges) == len(edges) else "above" if "first" in shown_edges else "below"
        return str(self._words["bands"][which]).format(**shown_edges)

    def _heard(self, department: str) -> Iterator[HeardResult]:
        """What customers said and lived, by KPI in written order."""
        names = {each.plan for each in self._by_path[(department,)]}
        wanted = {node.kpi_name for name in names for node in self._plans[name].measures()}
        for name in self._customer_kpis:
            if name in wanted and self._results.has(name, department):
                yield self._result(name, department)

    def _result(self, name: str, department: str) -> HeardResult:
        kpi, words = self._rules.ruleset.kpis[name], ResultWords(self._reader)
        found = self._results.of(name, (department,))
        teams = self._results.parts(name, department)
        return HeardResult(
            title=self._reader.nearest(kpi.title),
            meaning=asked(kpi, self._reader),
            perspective=kpi.perspective,
            result=str(self._words["not_shown"]) if found is None else words.value(kpi, found.value),
            facts="" if found is None else words.records(found),
            between="" if found is None else words.between(kpi, found),
            measured=kpi.sentence(self._reader.of_rules),
            teams=tuple(self._line(name, team, self._results.of(name, (department, team))) for team in teams),
            count=self._reader.plural(self._words["teams"], len(teams)),
        )

    def _line(self, name: str, team: str, found: GroupResult | None) -> GroupLine:
        words = ResultWords(self._reader)
        if found is None:
            return GroupLine(team, str(self._words["not_shown"]), "")
        return GroupLine(team, words.value(self._rules.ruleset.kpis[name], found.value), words.records(found))

    @cached_property
    def _results(self) -> GroupResults:
        return GroupResults(self._run, self._rules, self._customer_kpis, self._members, self._wish.least)

    @cached_property
    def _customer_kpis(self) -> Sequence[str]:
        return customer_kpis(self._rules, self._plans)

    def _reasons(self, held: Sequence[tuple[str, str]]) -> Iterator[Reason]:
        """Why people are held; how many for each reason is only said where it is many for all."""
        by_code = defaultdict[str, set[str]](set)
        for payee, code in held:
            by_code[self._sentence(code)].add(payee)
        many = all(len(payees) >= self._wish.least for payees in by_code.values())
        for sentence, payees in sorted(by_code.items()):
            yield Reason(sentence, self._some(len(payees)) if many else "")

    def _sentence(self, code: str) -> str:
        return held_of_others(self._reader, code)


def customer_kpis(rules: Rules, plans: Mapping[str, ResolvedPlan]) -> Sequence[str]:
    """The KPIs of customers that any plan pays on, in written order."""
    paid = {node.kpi_name for plan in plans.values() for node in plan.measures()}
    return [name for name, kpi in rules.ruleset.kpis.items() if name in paid and kpi.perspective == "customer"]


def held_of_others(reader: Language, code: str) -> str:
    """What a reason for holding somebody means, told to others than them."""
    codes = {**reader.words["held"]["codes"], **reader.words["others"]}
    table = next((name for name in ("gap-in", "overlapping") if code.startswith(f"{name}-")), code)
    return str(codes.get(table, reader.words["held"]["other"]))


def _path(paid: Payout) -> Place:
    place = (paid.department, paid.plan)
    return (*place, paid.team) if paid.team else place


def _percent(share: Decimal) -> str:
    return f"{min(share, Decimal(1)) * _HUNDRED:.2f}"
