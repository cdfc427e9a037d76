"""What one place in a rule set is called by those who read no YAML: `Adviser: target of Net Promoter Score`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from incentive_engine.kinds.base import Label
from incentive_engine.kinds.wording import LANGUAGES, Language
from incentive_engine.mistakes import KeyPath
from incentive_engine.rulesets.in_force import BELOW
from incentive_engine.rulesets.models import AnyMeasure, RuleSet

_FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    "above": ("what is above the last", "ce qui est au-dessus du dernier"),
    "among": ("among whom", "parmi qui"),
    "at_least": ("least", "minimum"),
    "at_most": ("most", "maximum"),
    "attainment": ("attainment", "comparaison à l'objectif"),
    "attainment_rounding": ("rounding of the attainment", "arrondi de l'atteinte"),
    "average_of": ("averaged over", "moyenne sur"),
    "baseline": ("baseline", "point de départ"),
    "because": ("reason", "motif"),
    "below": ("what is below the first", "ce qui est sous le premier"),
    "benchmark": ("benchmark", "référence des meilleurs"),
    "better": ("which way is better", "sens qui est meilleur"),
    "cap": ("cap", "plafond"),
    "combine": ("how scores become one", "façon de réunir les scores"),
    "compute": ("definition", "définition"),
    "credibility": ("credibility", "crédibilité"),
    "currency": ("currency", "devise"),
    "curve": ("curve", "courbe"),
    "decided": ("decision", "décision"),
    "eligible": ("who is eligible", "qui est éligible"),
    "exchange": ("exchange", "change"),
    "expectation": ("what customers expect", "attente des clients"),
    "factor": ("factor", "facteur"),
    "floor": ("floor", "plancher"),
    "follows": ("edition before", "édition précédente"),
    "from": ("from", "depuis"),
    "fund": ("sum", "somme"),
    "gates": ("gates", "conditions"),
    "in_force": ("days in force", "jours de validité"),
    "kind": ("kind", "type"),
    "kpi": ("KPI", "indicateur"),
    "leave": ("leave", "absences"),
    "limit": ("limit", "limite"),
    "meaning": ("meaning", "sens"),
    "mode": ("mode", "mode"),
    "modifiers": ("modifiers", "modificateurs"),
    "of": ("whose result counts", "résultat de qui compte"),
    "on_missing": ("without a result", "sans résultat"),
    "otherwise": ("below that", "en dessous"),
    "outcome": ("outcome", "effet voulu"),
    "over": ("days that count", "jours qui comptent"),
    "path": ("files", "fichiers"),
    "payout": ("payout", "prime"),
    "payout_rounding": ("rounding of the payout", "arrondi de la prime"),
    "pays": ("what it pays", "ce qu'il paie"),
    "places": ("places", "décimales"),
    "points": ("points", "points"),
    "pool": ("pool", "enveloppe"),
    "principles": ("principles", "principes"),
    "proration": ("share of the period", "part de la période"),
    "question": ("question", "question"),
    "rate": ("rate", "taux"),
    "reliability": ("reliability", "fiabilité"),
    "rounding": ("rounding", "arrondi"),
    "rule_set": ("name of the rule set", "nom des règles"),
    "since": ("since when", "depuis quand"),
    "target": ("target", "objectif"),
    "target_for": ("what the target is for", "ce pour quoi vaut l'objectif"),
    "target_pay": ("target pay", "prime cible"),
    "threshold": ("threshold", "seuil"),
    "tiers": ("tiers", "tranches"),
    "timezone": ("time zone", "fuseau horaire"),
    "title": ("title", "titre"),
    "to": ("to", "jusqu'à"),
    "unit": ("unit", "unité"),
    "value": ("value", "valeur"),
    "version": ("version", "version"),
    "waive": ("waivers", "dispenses"),
    "weight": ("weight", "poids"),
    "when": ("condition", "condition"),
    "where": ("which records", "quels enregistrements"),
    "who": ("whom it is for", "à qui il s'adresse"),
    "withhold": ("what is withheld", "ce qui est retenu"),
}
"""What fields are called; another one goes by its own name."""
_ITEMS: Final[Mapping[str, tuple[str, str]]] = {
    "points": ("point", "point"), "tiers": ("tier", "tranche"), "gates": ("gate", "condition"),
    "modifiers": ("modifier", "modificateur"), "examples": ("example", "exemple"), "rows": ("row", "ligne"),
    "set_aside": ("set of facts set aside", "groupe de faits écartés"), "waive": ("waiver", "dispense"),
}  # fmt: skip
"""What one thing of a list is called."""
_POINT: Final = "one of points"
_OF_POINT: Final = (("attainment", "atteinte"), ("rate", "taux"))
"""What the two numbers of a point are."""
_SECTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "plans": ("plan", "plan"), "kpis": ("KPI", "indicateur"), "curves": ("curve", "courbe"),
    "sources": ("source", "source"), "history": ("history", "historique"), "cases": ("cases", "dossiers"),
    "tables": ("table", "table"), "populations": ("population", "population"), "pools": ("pool", "enveloppe"),
}  # fmt: skip
_INSIDE: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("decided", "by"): ("who decided", "qui a décidé"),
    ("decided", "on"): ("day of decision", "jour de la décision"),
    ("decided", "notified"): ("day on which people were told", "jour de l'annonce"),
    ("reliability", "at_least"): ("facts that a result needs", "faits nécessaires à un résultat"),
    ("reliability", "otherwise"): ("what counts with too few facts", "ce qui compte avec trop peu de faits"),
    ("rounding", "places"): ("decimal places", "décimales"),
    ("payout_rounding", "places"): ("decimal places of the payout", "décimales de la prime"),
}
"""What is inside another field, and says what both are."""
_LABELS: Final = frozenset({"title", "because", "meaning", "question", "outcome", "unit", "expectation"})
_OF: Final[Mapping[Language, str]] = {"en": " of ", "fr": " – "}


def named(at: KeyPath, rules: RuleSet) -> Label:
    """What a place is called, in each language of the engine; `at` has the keys and numbers of the file."""
    return {language: _named(at, rules, language) for language in LANGUAGES}


def title_in(label: Label, language: str) -> str:
    """A label in a language, or in the first that it has."""
    return label.get(language) or next(iter(label.values()))


def _named(at: KeyPath, rules: RuleSet, language: Language) -> str:
    section, *rest = at
    if section == "plans" and rest:
        return _of_plan(rules, tuple(rest), language)
    if section in _SECTIONS and rest:
        name = str(rest[0])
        owner = title_in(rules.kpis[name].title, language) if section == "kpis" else name
        return _joined([*_fields(rest[1:], language), f"{_in(_SECTIONS[str(section)], language)} {owner}"], language)
    return _joined(_fields(at, language), language)


def _of_plan(rules: RuleSet, at: KeyPath, language: Language) -> str:
    """The plan's title, then the field and what it is of."""
    plan = rules.plans[str(at[0])]
    node: Any = plan
    inmost, place = "", 1
    while len(at) > place + 1 and at[place] in BELOW:
        name = str(at[place + 1])
        node = getattr(node, str(at[place]))[name]
        inmost, place = _name_of(rules, name, node, language), place + 2
    inside = [*_fields(at[place:], language), *([inmost] if inmost else [])]
    title = title_in(plan.title, language)
    if not inside:
        return f"{_in(_SECTIONS['plans'], language)} {title}"
    return f"{title}{' :' if language == 'fr' else ':'} {_joined(inside, language)}"


def _name_of(rules: RuleSet, name: str, node: Any, language: str) -> str:
    """What people read for a group, a measure or a way."""
    kpi = rules.kpis.get(node.kpi or name) if isinstance(node, AnyMeasure) else None
    title: Label | None = getattr(node, "title", None) or (kpi.title if kpi else None)
    return title_in(title, language) if title else name.replace("_", " ")


def _fields(fields: Iterable[str | int], language: Language) -> list[str]:
    """What fields are called, the inmost first: `rate of tier 2`."""
    words: list[str] = []
    above: str | int = ""
    for field in fields:
        if isinstance(field, int) and above == _POINT:
            words.append(_in(_OF_POINT[field], language))
        elif isinstance(field, int):
            words[-1] = f"{_in(_ITEMS[str(above)], language) if above in _ITEMS else words[-1]} {field + 1}"
        elif above in _LABELS:
            words[-1] = f"{words[-1]} ({field})"
        elif (inside := _INSIDE.get((str(above), field))) is not None:
            words[-1] = _in(inside, language)
        elif field in _FIELDS:
            words.append(_in(_FIELDS[field], language))
        else:
            words.append(field.replace("_", " ") if language == "en" else f"« {field} »")
        above = _POINT if above == "points" else field
    return words[::-1]


def _in(words: tuple[str, str], language: Language) -> str:
    return words[LANGUAGES.index(language)]


def _joined(words: list[str], language: Language) -> str:
    return _OF[language].join(words)
