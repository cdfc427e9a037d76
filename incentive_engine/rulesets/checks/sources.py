"""Sources: which facts count does not depend on whether they are good or bad, and what is shared can be shared."""

from __future__ import annotations

from collections.abc import Iterator

from incentive_engine.errors import Problem
from incentive_engine.kinds.kpi_kind import FromFacts
from incentive_engine.rulesets.checked import Checked, tells, unknown
from incentive_engine.rulesets.clocks import Cases
from incentive_engine.rulesets.formula_uses import FormulaUse
from incentive_engine.rulesets.set_aside import SetAsideRepeats, SetAsideWhen
from incentive_engine.rulesets.tables import Source


@tells("one-sided", about=(SetAsideWhen,))
def exclusions_are_symmetric(checked: Checked) -> Iterator[Problem]:
    """No fact is set aside by what a KPI measures: good and bad answers are treated alike."""
    for use in checked.formulas:
        if "set_aside" not in use.at:
            continue
        for column in sorted(use.named_columns):
            kpi = next(_measuring(checked, use, column), None)
            if kpi is not None:
                message = f"`{column}` is what `{kpi}` measures: setting facts aside by it would favour one side"
                hint = "name a column that is the same for good and for bad facts: a marker of test records, a date"
                where = checked.document.inside(use.at, use.offset_of(column))
                yield Problem("one-sided", message, where, hint)


def _measuring(checked: Checked, use: FormulaUse, column: str) -> Iterator[str]:
    """The KPIs that measure a column of the formula's source."""
    for name, kpi in checked.rules.kpis.items():
        compute = kpi.compute
        behind = checked.rules.source_behind(compute.source) if isinstance(compute, FromFacts) else None
        if isinstance(compute, FromFacts) and behind == use.source and column in compute.measured:
            yield name


@tells("missing-id", "missing-payee", "cannot-be-shared", about=(Source, FromFacts, Cases))
def shares_are_of_facts(checked: Checked) -> Iterator[Problem]:
    """Shared facts are told apart, name their payees, and are added up: there is no half of a rank or of a customer."""
    rules = checked.rules
    shared = {name: source for name, source in rules.sources.items() if source.share is not None}
    for name, source in shared.items():
        for key, what in (("id", "identifies a fact"), ("payee", "names a payee")):
            if getattr(source, key) is None:
                message = f"`{source.share}` is the share of a payee in a fact, and `{name}` has no `{key}`"
                where = checked.at("sources", name, "share")
                yield Problem(f"missing-{key}", message, where, f"map the column that {what}: `{key}: COLUMN`")
    for name, kpi in rules.kpis.items():
        compute = kpi.compute
        if isinstance(compute, FromFacts) and compute.source in shared and not compute.can_be_shared:
            message = f"the facts of `{compute.source}` are shared, and `{name}` counts them whole"
            hint = "read another source, or use a kind that adds up: nps, mean, share, count, sum, ratio, grid"
            yield Problem("cannot-be-shared", message, checked.at("kpis", name, "compute", "kind"), hint)
    for name, cases in rules.cases.items():
        if cases.source in shared:
            message = f"the facts of `{cases.source}` are shared, and the clocks of `{name}` run on them whole"
            yield Problem("cannot-be-shared", message, checked.at("cases", name, "from"), "read another source")


@tells("missing-id", "same-of-a-share", about=(SetAsideRepeats,))
def repeats_are_of_facts(checked: Checked) -> Iterator[Problem]:
    """Which of several facts is the first is told by ids, where they are of one moment; all who share one repeat it."""
    for name, source in checked.rules.sources.items():
        own = (source.payee, source.team, source.department, source.share) if source.share else ()
        for index, rule in enumerate(source.set_aside):
            if not isinstance(rule, SetAsideRepeats):
                continue
            if source.id is None:
                message = f"`{name}` has no `id`: of facts of one moment, nothing but what they say tells the first"
                where = checked.at("sources", name, "set_aside", index, "same")
                yield Problem("missing-id", message, where, "map the column that identifies a fact: `id: COLUMN`")
            for number, column in enumerate(rule.same):
                if column in own:
                    message = f"`{column}` differs between those who share a fact: it cannot make one repeat another"
                    where = checked.at("sources", name, "set_aside", index, "same", number)
                    yield Problem("same-of-a-share", message, where, "name the customer, the product, the order")


@tells("unknown-source", "invitations-not-told-apart", about=(Source,))
def invitations_are_of_others(checked: Checked) -> Iterator[Problem]:
    """Invitations are records of their own, in a source that is declared."""
    sources = checked.rules.sources
    for name, source in sources.items():
        where = checked.at("sources", name, "invitations")
        if source.invitations == name:
            message = f"the answers of `{name}` cannot be their own invitations: who did not answer is not among them"
            yield Problem("invitations-not-told-apart", message, where, "name the source of those who were asked")
        elif source.invitations is not None and source.invitations not in sources:
            yield unknown("source", source.invitations, where, sources, "`sources`")
