"""Rules of French employment law that look at what things are called: faults, sanctions, discretion.

Words are looked at in French and English, without accents, in names, titles and reasons. What is only called so is
waived with a reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from incentive_engine.formulas import Formula
from incentive_engine.formulas.tree import Call, walk
from incentive_engine.rulesets.checks.plans.french_law import FRANCE, NO_ADVICE
from incentive_engine.rulesets.checks.plans.rule import Found, Linted, plan_rule
from incentive_engine.rulesets.models import AnyMeasure
from incentive_engine.rulesets.resolving import KeyPath
from incentive_engine.rulesets.walking import Placed

_FAULT: Final = re.compile(
    r"\b((?<!sans )fautes?|fautifs?|fautives?|sanctions?|sanctionn\w+|disciplin\w+|avertissements?|blames?|"
    r"mises? a pied|misconduct|reprimand\w*|written warnings?|wrongdoing)\b"
)
_DISCRETION: Final = re.compile(
    r"\b(discretion\w*|libre appreciation|appreciation (du|de la|de l) \w+|(manager|boss)( s)? (judge?ment|opinion))\b"
)


@plan_rule(
    "L03-sanction",
    bad="""
        law: [france]
        plans:
          adviser:
            gates:
              - {when: warnings > 0, withhold: 20%, because: {en: A written warning, fr: Avertissement reçu}}
        """,
    good="""
        law: [france]
        plans:
          adviser:
            gates:
              - {when: satisfied < 50%, withhold: 20%, because: {en: Few are satisfied, fr: Peu de clients satisfaits}}
        """,
    sources=("Code du travail, art. L1331-2. " + NO_ADVICE,),
)
def pay_is_no_sanction(linted: Linted) -> Iterator[Found]:
    """Nothing is withheld for a fault or a sanction.

    Fines and other sanctions in money are forbidden, and to withhold a bonus for what is held to be a fault is one; a
    rule that says so counts as not written. Looked at: names, titles and reasons of gates, modifiers and `eligible`.
    """
    if FRANCE not in linted.rules.law:
        return
    for at, formula, reason in _conditions(linted):
        word = _found(_FAULT, [*_called(linted, formula), *reason.values()])
        if word is not None:
            message = f"pay depends on a fault or a sanction (“{word}”), which is forbidden (L1331-2)"
            yield Found(at, message, f"let it depend on what customers get, not on discipline. {NO_ADVICE}")


@plan_rule(
    "L06-discretion",
    bad="""
        law: [france]
        kpis:
          view:
            title: {en: Discretion of the manager, fr: Appréciation du responsable}
            perspective: internal
            compute: {kind: given, at_least: 0, at_most: 1}
            better: higher
        plans:
          adviser:
            modifiers:
              - {add: view * 10%, because: {en: The manager decides, fr: Le responsable décide}}
        """,
    good="""
        law: [france]
        kpis:
          view:
            title: {en: Discretion of the manager, fr: Appréciation du responsable}
            meaning: {en: "Training given to others, by a list", fr: "Formations données, selon une liste"}
            perspective: internal
            compute: {kind: given, at_least: 0, at_most: 1}
            better: higher
        plans:
          adviser:
            modifiers:
              - {add: view * 10%, because: {en: The manager decides, fr: Le responsable décide}}
            cap: 150%
        """,
    sources=("Cass. soc., 30 April 2009, no. 07-40.527; 13 January 2016, no. 14-26.050. " + NO_ADVICE,),
)
def discretion_has_a_reason_and_a_limit(linted: Linted) -> Iterator[Found]:
    """What somebody decides at discretion has criteria that are written down, and a limit.

    An employer who pays people unlike for like work must show reasons that can be verified; that the bonus is at
    discretion is none. Looked at: KPIs and columns that are called discretion or appreciation: each KPI says by which
    criteria it is decided in its `meaning`, and every score that reads one has a cap, itself or above.
    """
    if FRANCE not in linted.rules.law:
        return
    for name, kpi in linted.rules.kpis.items():
        if kpi.meaning is None and _found(_DISCRETION, [name, *kpi.title.values()]) and name in _read(linted):
            message = f"nothing says by which criteria `{name}` is decided: differences in pay need reasons"
            yield Found(("kpis", name), message, f"write them as its `meaning`. {NO_ADVICE}")
    for placed in linted.nodes:
        for at, names in _read_by(linted, placed):
            named = [name for name in names if _found(_DISCRETION, [name, *_titles(linted, name)])]
            if named and not _capped(linted, placed):
                message = f"no cap limits what `{named[0]}` adds to `{placed.path}`"
                yield Found(at, message, f"write `cap:` there, or above. {NO_ADVICE}")


def _conditions(linted: Linted) -> Iterator[tuple[KeyPath, Formula, Mapping[str, str]]]:
    """Gates, modifiers and `eligible`, each with its place and its reason."""
    for placed in linted.nodes:
        for index, gate in enumerate(placed.node.gates):
            yield (*placed.at, "gates", index), gate.when, gate.because
        for index, modifier in enumerate(placed.node.modifiers):
            yield (*placed.at, "modifiers", index), modifier.formula, modifier.because
    for name, plan in linted.rules.plans.items():
        if plan.eligible is not None:
            yield ("plans", name, "eligible"), plan.eligible, {}


def _read(linted: Linted) -> frozenset[str]:
    """All names that scores are worked out from."""
    return frozenset(name for placed in linted.nodes for _, names in _read_by(linted, placed) for name in names)


def _read_by(linted: Linted, placed: Placed) -> Iterator[tuple[KeyPath, frozenset[str]]]:
    """What a node itself is worked out from: its KPI, and the names of its modifiers."""
    if isinstance(placed.node, AnyMeasure):
        yield placed.at, frozenset({placed.node.kpi or placed.name})
    for index, modifier in enumerate(placed.node.modifiers):
        limited = any(isinstance(node, Call) and node.function == "MIN" for node, _ in walk(modifier.formula.tree))
        if not limited:
            yield (*placed.at, "modifiers", index), modifier.formula.names


def _capped(linted: Linted, placed: Placed) -> bool:
    """Whether the node or one above it has a cap."""
    above = [each for each in linted.nodes if each.plan == placed.plan and placed.at[: len(each.at)] == each.at]
    return any(each.node.cap is not None for each in above)


def _called(linted: Linted, formula: Formula) -> Iterator[str]:
    """What a formula names, by its names and by what people read."""
    for name in sorted(formula.names):
        yield name
        yield from _titles(linted, name)


def _titles(linted: Linted, name: str) -> Iterable[str]:
    return linted.rules.kpis[name].title.values() if name in linted.rules.kpis else ()


def _found(words: re.Pattern[str], texts: Iterable[str]) -> str | None:
    """The first word found, as it is written there but without accents."""
    for text in texts:
        found = words.search(_plain(text))
        if found is not None:
            return found[0]
    return None


def _plain(text: str) -> str:
    """Small letters without accents, and spaces for everything else."""
    letters = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode("ascii")
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters).split())
