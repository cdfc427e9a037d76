"""From figures to verdicts: what the statistics of a KPI mean for paying on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from incentive_engine.audit.findings import Evidence, Finding, InUnit, Link, Value, Verdict, evidence, worst
from incentive_engine.audit.objectivity import Agreement, Gap
from incentive_engine.audit.prediction import Prediction
from incentive_engine.audit.reliability import Reliability
from incentive_engine.audit.sensitivity import Sensitivity
from incentive_engine.kinds.base import SubjectKind
from incentive_engine.kinds.kpis import Given
from incentive_engine.rulesets.models import Kpi

CROWDED: Final = 0.5
"""With more than half of the results at the best possible value, the KPI no longer tells who does well."""
FULL: Final = 0.9
VERY_GOOD: Final = 2
"""So many standard deviations above the mean are the best few of a hundred."""
RELIABILITY: Final[Mapping[str, Verdict]] = {
    "reliable": "sound",
    "doubtful": "weak",
    "indistinguishable": "unfit",
    "not testable": "unknown",
}


def reliability_finding(kpi: Kpi, found: Mapping[SubjectKind, Reliability]) -> Finding:
    """Whether results tell the subjects apart that are paid on them, one kind of subject after the other."""
    told = [each for kind, figures in found.items() for each in _reliability(kpi, kind, figures)]
    return Finding("reliability", worst(RELIABILITY[each.verdict] for each in found.values()), tuple(told))


def _reliability(kpi: Kpi, kind: SubjectKind, figures: Reliability) -> Iterator[Evidence]:
    if isinstance(kpi.compute, Given) or not figures.subjects:
        yield evidence("no_facts" if isinstance(kpi.compute, Given) else "no_interval")
        return
    if figures.subjects < 2:
        yield evidence("same_for_all", of=kind)
        return
    code = figures.verdict.replace(" ", "_")
    told: dict[str, Value] = {"of": kind, "subjects": figures.subjects, "n": figures.typical_n or 0}
    if figures.reliability is not None:
        told |= {"real": figures.reliability, "chance": 1 - figures.reliability}
    yield evidence(code, **told)
    if figures.icc is not None and figures.low is not None and figures.high is not None:
        yield evidence("icc", icc=figures.icc, low=figures.low, high=figures.high)
    if figures.n_for_070 is not None and figures.n_for_090 is not None:
        yield evidence("facts_needed", seventy=figures.n_for_070, ninety=figures.n_for_090)
    if figures.k is not None and figures.verdict != "reliable" and kind in ("payee", "team"):
        yield evidence("credibility", k=figures.k, wider="department" if kind == "team" else "team")
    if kpi.reliability is not None and figures.below_minimum:
        yield evidence("below_minimum", of=kind, share=figures.below_minimum, least=kpi.reliability.at_least)


def checked(other: Kpi, figures: Agreement) -> tuple[Verdict, Evidence]:
    """What somebody from outside says of the same subjects: too little to say is no reproach."""
    code = {"agree": "checked_agree", "disagree": "checked_disagree"}.get(figures.verdict, "checked_not_testable")
    told: dict[str, Value] = {"other": other.title, "pairs": figures.pairs}
    if figures.correlation is not None:
        told["correlation"] = figures.correlation
    return "weak" if figures.verdict == "disagree" else "sound", evidence(code, **told)


def perception(customers: Kpi, gaps: Sequence[Gap]) -> Evidence | None:
    """How far what employees think lies from what customers answer, with the widest gap."""
    if not gaps:
        return None
    widest = max(gaps, key=lambda each: abs(each.gap))
    return evidence(
        "perception",
        expected=in_unit(customers, sum(each.expected for each in gaps) / len(gaps)),
        stated=in_unit(customers, sum(each.stated for each in gaps) / len(gaps)),
        subject=widest.subject,
        gap=in_unit(customers, widest.gap),
    )


def sensitivity_finding(kpi: Kpi, found: Mapping[SubjectKind, Sensitivity]) -> Finding:
    """Whether results differ between subjects, and whether a change can be seen from one period to the next."""
    verdicts: list[Verdict] = []
    told: list[Evidence] = []
    for kind, figures in found.items():
        verdict, seen = _sensitivity(kpi, kind, figures)
        verdicts.append(verdict)
        told += seen
    return Finding("sensitivity", worst(verdicts), tuple(told))


def ceiling_finding(found: Mapping[SubjectKind, Sensitivity]) -> Finding | None:
    """Whether a KPI has done its work: most have reached the best result that is possible."""
    shares = [share for each in found.values() if (share := each.best_share) is not None and share > CROWDED]
    return Finding("renewed", "weak", (evidence("ceiling_reached", share=max(shares)),)) if shares else None


def _sensitivity(kpi: Kpi, kind: SubjectKind, figures: Sensitivity) -> tuple[Verdict, list[Evidence]]:
    if figures.mean is None or figures.deviation is None:
        return "unknown", [evidence("too_few_results", of=kind)]
    told = [evidence("spread", of=kind, mean=in_unit(kpi, figures.mean), deviation=in_unit(kpi, figures.deviation))]
    if figures.deviation == 0:
        return "unfit", [*told, evidence("all_equal", of=kind)]
    verdict: Verdict = "sound"
    if figures.best_share:
        told.append(evidence("ceiling", of=kind, share=figures.best_share))
        verdict = "unfit" if figures.best_share > FULL else "weak" if figures.best_share > CROWDED else verdict
    if figures.worst_share:
        told.append(evidence("floor", of=kind, share=figures.worst_share))
    if figures.detectable is not None:
        blunt = figures.detectable > VERY_GOOD * figures.deviation
        above = in_unit(kpi, VERY_GOOD * figures.deviation)
        code = "not_detectable" if blunt else "detectable"
        told.append(evidence(code, change=in_unit(kpi, figures.detectable), above=above))
        verdict = worst((verdict, "weak" if blunt else "sound"))
    if figures.changes_seen is not None and figures.significant is not None:
        blurred = figures.changes_seen < figures.significant
        told.append(
            evidence(
                "changes_blurred" if blurred else "changes_seen",
                seen=in_unit(kpi, figures.changes_seen),
                significant=in_unit(kpi, figures.significant),
            )
        )
    return verdict, told


def in_unit(kpi: Kpi, value: float) -> InUnit:
    """A number in the unit of a KPI's results."""
    return InUnit(value, kpi.compute.in_percent, kpi.unit)


def link(driver: str, driven: Kpi, driven_name: str, figures: Prediction) -> Link:
    """What the facts say of one arrow of the driver graph."""
    told: dict[str, Value] = {"teams": figures.subjects, "pairs": figures.pairs, "driven": driven.title}
    if figures.slope is not None and figures.low is not None and figures.high is not None:
        told |= {"slope": figures.slope, "low": figures.low, "high": figures.high}
    if figures.out_of_sample is not None:
        told["predicted"] = max(0.0, figures.out_of_sample)
    code = f"link_{figures.verdict.replace(' ', '_')}"
    return Link(driver, driven_name, figures.verdict, (evidence(code, **told),))


def prediction_finding(kpi: Kpi, links: tuple[Link, ...]) -> Finding | None:
    """Whether a KPI predicts what it is declared to drive; None where nothing is declared and nothing need be."""
    if not links:
        if kpi.outcome is None:
            return None
        return Finding("prediction", "weak", (evidence("drives_nothing", outcome=kpi.outcome),))
    verdicts = {each.verdict for each in links}
    if "contradicted" in verdicts:
        verdict: Verdict = "weak"
    else:
        verdict = "sound" if "confirmed" in verdicts else "unknown"
    return Finding("prediction", verdict, tuple(told for each in links for told in each.evidence))
