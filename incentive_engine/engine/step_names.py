"""What an explanation calls the steps of a run and the numbers that a measure is held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from incentive_engine.kinds.wording import Language

STEP_NAMES: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "result": "result", "source": "counts", "actual": "result that counts", "attainment": "attainment",
        "target": "target",
        "credibility": "share of own result", "weighted": "weighted result",
        "rate": "rate", "across": "across", "path": "way", "best": "rate", "mean": "rate",
        "argument": "asked", "called": "curve", "points": "points", "weight_present": "weights",
        "items_present": "items", "parts_present": "parts", "extreme": "decides", "empty": "left out",
        "modifier": "modifier", "modified": "after modifier", "gate": "gate", "gated": "after gate",
        "floor": "floor", "cap": "cap", "score": "score", "earned_score": "of it, earned",
        "earned_gated": "of it, earned", "earned_bounded": "of it, earned",
    },
    "fr": {
        "result": "résultat", "source": "compte", "actual": "résultat qui compte", "attainment": "atteinte",
        "target": "objectif",
        "credibility": "part du résultat propre", "weighted": "résultat pondéré",
        "rate": "taux", "across": "croisé avec", "path": "voie", "best": "taux", "mean": "taux",
        "argument": "demandé", "called": "courbe", "points": "points", "weight_present": "poids",
        "items_present": "éléments", "parts_present": "parties", "extreme": "décide", "empty": "laissé de côté",
        "modifier": "modificateur", "modified": "après modificateur", "gate": "condition",
        "gated": "après condition", "floor": "plancher", "cap": "plafond", "score": "score",
        "earned_score": "dont acquis", "earned_gated": "dont acquis", "earned_bounded": "dont acquis",
    },
}  # fmt: skip
"""The steps of a node."""

PAY_NAMES: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "target_pay": "target pay", "days_employed": "days employed", "days": "days", "proration": "proration",
        "days_away": "days of leave", "days_left_out": "days left out", "days_worked": "days worked",
        "share_of_work": "share of work",
        "argument": "asked", "across": "across", "called": "curve", "exact": "formula", "whole": "compared",
        "without": "without", "computed": "computed", "guarantee": "guarantee", "adjustment": "decided",
        "payout": "payout", "pool_fund": "fund", "pool_sum": "sum", "pool_payees": "payees",
        "pool_factor": "factor", "pool_part": "part", "pool_exact_key": "key", "pool_key": "key",
        "pool_keys": "all keys", "pool_without": "without",
        "pool_amount": "share", "pool_earned": "earned", "pool_unearned": "not earned",
        "pool_before": "before bounds", "pool_minimum": "minimum", "pool_maximum": "maximum",
        "pool_paid": "pool pays", "pool_minimum_adds": "not earned",
        "own_amount": "converted", "paid": "paid", "planned": "planned", "rate_effect": "effect of the rate",
    },
    "fr": {
        "target_pay": "prime cible", "days_employed": "jours d'emploi", "days": "jours",
        "proration": "part de la période", "days_away": "jours d'absence", "days_left_out": "jours retirés",
        "days_worked": "jours travaillés", "share_of_work": "part travaillée",
        "argument": "demandé", "across": "croisé avec", "called": "courbe", "exact": "formule", "whole": "comparé",
        "without": "sans", "computed": "calculé", "guarantee": "garantie", "adjustment": "décidé", "payout": "prime",
        "pool_fund": "apport", "pool_sum": "somme", "pool_payees": "personnes",
        "pool_factor": "facteur", "pool_part": "part", "pool_exact_key": "clé", "pool_key": "clé",
        "pool_keys": "toutes les clés", "pool_without": "sans", "pool_amount": "part reçue", "pool_earned": "acquis",
        "pool_unearned": "non acquis", "pool_before": "avant limites", "pool_minimum": "minimum",
        "pool_maximum": "maximum", "pool_paid": "l'enveloppe paie", "pool_minimum_adds": "non acquis",
        "own_amount": "converti", "paid": "payé", "planned": "prévu", "rate_effect": "effet du taux",
    },
}  # fmt: skip
"""The steps from the score to the payout."""

PARAMETERS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {},
    "fr": {
        "target": "objectif",
        "threshold": "seuil",
        "benchmark": "référence",
        "baseline": "point de départ",
    },
}
"""The numbers that a measure is held against."""
