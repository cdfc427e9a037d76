"""Every sentence that statements are made of, with an example in both languages, as a file that a person reads.

`python -m tests.sentences` writes it anew, once the catalogues of words have changed; then read what is different.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import Any, Final

from incentive_engine.kinds.wording import SECTION, sentences
from incentive_engine.statements.catalogues import OURS, words_in

GOLDEN: Final = Path(__file__).parent / "golden" / "sentences.txt"
WIDTH: Final = 120
MOST: Final = 20
"""Words in a sentence."""
HEAD: Final = f"""Every sentence that statements are made of, in English and in French.

Each text stands under its name in the catalogues of words. Where something is filled in, the text is followed by an
example. No sentence has more than {MOST} words. Written by `python -m tests.sentences`: do not correct it by hand, but
the catalogues that it comes from: statements/words/*.yaml, and kinds/words/*.yaml for what begins with `rules`.
"""
EXAMPLES: Final[Mapping[str, tuple[str, str]]] = {
    "about": ("Few calls", "Peu d'appels"),
    "after": ("2,500", "2\u202f500"),
    "all": ("3", "3"),
    "allowed": ("2 may be shown, the latest first", "2 peuvent être montrés, les derniers d'abord"),
    "among": ("channel = \"phone\"", "channel = \"phone\""),
    "amount": ("€1,840.00", "1\u202f840,00\u00a0€"),
    "answer": ("recommend", "recommend"),
    "approver": ("Finance", "les finances"),
    "around": ("80% → 50%, 100% → 100%", "80\u00a0% → 50\u00a0%, 100\u00a0% → 100\u00a0%"),
    "at_least": ("2", "2"),
    "attainment": ("96%", "96\u00a0%"),
    "author": ("Head of Care", "la direction Relation client"),
    "because": ("Severe complaints", "Réclamations graves"),
    "before": ("2,400", "2\u202f400"),
    "below": ("nothing below the first", "rien en dessous du premier"),
    "better": ("higher is better", "plus c'est haut, mieux c'est"),
    "bound": ("150%", "150\u00a0%"),
    "by": ("the Committee", "le comité"),
    "case": ("ticket", "ticket"),
    "cases": ("from the first event of each `ticket` to the first one with `solved`",
              "du premier événement de chaque « ticket » au premier avec « solved »"),
    "cause": ("something became known late", "quelque chose a été connu tard"),
    "closed": (", and on 2026-12-24", ", et le 2026-12-24"),
    "coin": ("€0.01", "0,01\u00a0€"),
    "column": ("customer", "customer"),
    "columns": ("0, 300", "0, 300"),
    "count": ("2", "2"),
    "counts": (", opening hours only", ", heures d'ouverture seulement"),
    "currency": ("EUR", "EUR"),
    "customer": ("€1,262.00", "1\u202f262,00\u00a0€"),
    "day": ("12 August 2026", "12 août 2026"),
    "days": ("31 days", "31 jours"),
    "decided": ("by the Committee, on 11 December 2025", "par le comité, le 11 décembre 2025"),
    "denominator": ("calls", "calls"),
    "detractors": ("0 to 6", "de 0 à 6"),
    "distance": ("20", "20"),
    "effect": ("50% is withheld", "50\u00a0% est retenu"),
    "end": ("90%", "90\u00a0%"),
    "ends": ("solved", "solved"),
    "equal": ("1", "1"),
    "exact": ("2 ÷ 3", "2 ÷ 3"),
    "factor": ("factor", "facteur"),
    "facts": ("surveys", "surveys"),
    "first": ("1 July 2026", "1er juillet 2026"),
    "formula": ("2% * profit", "2% * profit"),
    "full": ("100%", "100\u00a0%"),
    "goal": ("100%", "100\u00a0%"),
    "group": ("Our customers", "Nos clients"),
    "high": ("46", "46"),
    "holidays": (", closed on public holidays (FR)", ", fermé les jours fériés (FR)"),
    "hours": (" (open monday 09:00–18:00)", " (ouvert lundi 09:00–18:00)"),
    "how": ("a panel of customers", "un panel de clients"),
    "id": ("K-17", "K-17"),
    "items": ("85%, 92%", "85\u00a0%, 92\u00a0%"),
    "jump": ("50%", "50\u00a0%"),
    "last": ("30 September 2026", "30 septembre 2026"),
    "least": ("5", "5"),
    "limit": ("80%", "80\u00a0%"),
    "low": ("38", "38"),
    "midpoint": ("60%", "60\u00a0%"),
    "mode": ("downwards", "vers le bas"),
    "months": ("12", "12"),
    "most": ("5", "5"),
    "n": ("40", "40"),
    "name": ("base salary", "salaire de base"),
    "node": ("Our customers", "Nos clients"),
    "now": ("3rd quarter of 2026", "3e trimestre 2026"),
    "numerator": ("solved", "solved"),
    "own": ("96% → 90%", "96\u00a0% → 90\u00a0%"),
    "part": ("50%", "50\u00a0%"),
    "payout": ("€1,840.00", "1\u202f840,00\u00a0€"),
    "percent": ("10%", "10\u00a0%"),
    "period": ("2nd quarter of 2026", "2e trimestre 2026"),
    "place": ("FR", "FR"),
    "places": ("4", "4"),
    "plan": ("Adviser", "Conseiller"),
    "points": ("80% → 50%, 100% → 100%", "80\u00a0% → 50\u00a0%, 100\u00a0% → 100\u00a0%"),
    "promoters": ("9 or 10", "9 ou 10"),
    "rate": ("90%", "90\u00a0%"),
    "reason": ("Ill for two months", "Malade pendant deux mois"),
    "reference": ("D-04", "D-04"),
    "result": ("45", "45"),
    "rounded": ("rounded to €0.01", "arrondi à 0,01\u00a0€"),
    "rows": ("up to 0.5% → 120%", "jusqu'à 0,5\u00a0% → 120\u00a0%"),
    "said": ("Would you recommend us?", "Nous recommanderiez-vous\u202f?"),
    "same": ("`customer` and `subject`", "« customer » et le même « subject »"),
    "second": ("calls", "calls"),
    "share": ("69%", "69\u00a0%"),
    "size": ("12", "12"),
    "source": ("surveys", "surveys"),
    "spans": ("monday 09:00–18:00", "lundi 09:00–18:00"),
    "start": ("100", "100"),
    "starts": ("opened", "opened"),
    "step": ("0.01%", "0,01\u00a0%"),
    "stops": ("", ""),
    "subject": ("North", "Nord"),
    "text": ("customer", "customer"),
    "then": ("2nd quarter of 2026", "2e trimestre 2026"),
    "tiers": ("80% → 50%, 100% → 100%", "80\u00a0% → 50\u00a0%, 100\u00a0% → 100\u00a0%"),
    "title": ("Customer care bonus", "Prime relation client"),
    "units": ("61", "61"),
    "value": ("minutes", "minutes"),
    "version": ("2026.3", "2026.3"),
    "waits": ("waiting", "waiting"),
    "way": ("progress", "progress"),
    "weight": ("60%", "60\u00a0%"),
    "what": ("Target", "Objectif"),
    "where": ("satisfaction >= 4", "satisfaction >= 4"),
    "whole": ("3", "3"),
    "whose": ("Your own result", "Votre propre résultat"),
    "width": ("10%", "10\u00a0%"),
    "worse": ("8", "8"),
    "year": ("2026", "2026"),
    "behind.used facts": ("from 113 records", "d'après 113 enregistrements"),
    "card.measured_as how": ("sum of `mark` ÷ number of surveys", "somme de « mark » ÷ nombre de surveys"),
    "card.standing better": ("3", "3"),
    "comments.lead count": ("2 comments were written about you", "2 commentaires ont été écrits à votre sujet"),
    "decided.until said": ("Ill for two months (D-04)", "Malade pendant deux mois (D-04)"),
    "page.dates end": ("30 September 2026", "30 septembre 2026"),
    "page.dates start": ("1 July 2026", "1er juillet 2026"),
    "rules.of_cases name": ("`tickets`", "« tickets »"),
    "rules.cases start": ("the first event", "du premier événement"),
    "settled.alone said": ("€1,262.00 of your €1,840.00 come from what customers said and lived.",
                           "Sur vos 1\u202f840,00\u00a0€, 1\u202f262,00\u00a0€ viennent des clients."),
    "shares.converted said": ("€1,262.00 of your €1,840.00 come from what customers said and lived.",
                              "Sur vos 1\u202f840,00\u00a0€, 1\u202f262,00\u00a0€ viennent des clients."),
    "steps.days_of days": ("61 days", "61 jours"),
    "steps.days_of whole": ("92", "92"),
    "steps.then first": ("rounded to 0.01%", "arrondi à 0,01\u00a0%"),
    "steps.then then": ("rounded to 1%", "arrondi à 1\u00a0%"),
    "card.meant said": ("Being served without waiting", "Être servi sans attendre"),
    "decided.enough least": ("€500.00", "500,00\u00a0€"),
    "exchange.own name": ("Payout", "Prime"),
    "pool.by.department group": ("Care", "Relation client"),
    "pool.by.team group": ("North", "Nord"),
    "pool.lead.one group": ("one sum", "une seule somme"),
    "pool.lead.other group": ("one sum", "une seule somme"),
    "sketch.one around": ("100% → 100%", "100\u00a0% → 100\u00a0%"),
    "steps.bounds.floor.applied bound": ("40%", "40\u00a0%"),
    "steps.bounds.floor.idle bound": ("40%", "40\u00a0%"),
    "steps.too_few least": ("2", "2"),
    "steps.units.months.other units": ("3", "3"),
    "variations.bound.cap about": ("Our customers", "Nos clients"),
    "variations.bound.cap effect": ("cost €120.00", "a coûté 120,00\u00a0€"),
    "variations.bound.floor about": ("Our customers", "Nos clients"),
    "variations.bound.floor effect": ("gave €120.00", "a apporté 120,00\u00a0€"),
    "variations.bound.gate effect": ("cost €120.00", "a coûté 120,00\u00a0€"),
    "variations.bound.modifier effect": ("gave €120.00", "a apporté 120,00\u00a0€"),
    "variations.own name": ("Net Promoter Score", "Recommandation (NPS)"),
    "variations.short goal": ("100%", "100\u00a0%"),
    "variations.without.cap about": ("Our customers", "Nos clients"),
    "variations.without.floor about": ("Our customers", "Nos clients"),
    "waterfall.instead own": ("96%", "96\u00a0%"),
}  # fmt: skip
"""What is filled in, by its name; for one text, with the name of that before."""


def catalogue(code: str) -> dict[str, str]:
    """Every text of a language, by its name."""
    return dict(_leaves({**words_in(OURS, code), SECTION: sentences("fr" if code == "fr" else "en")}))


def _leaves(words: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(words, str):
        yield path.removeprefix("."), words
        return
    for name, below in enumerate(words) if isinstance(words, list) else words.items():
        yield from _leaves(below, f"{path}.{name}")


def too_long(text: str) -> Iterator[str]:
    """The sentences of a text that have too many words; a sign is no word."""
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        words = re.sub(r"\{\w*\}", "x", sentence).split()
        if sum(any(letter.isalnum() for letter in word) for word in words) > MOST:
            yield sentence


def filled(path: str, text: str, language: int) -> str:
    """The text with an example of all that is filled in."""
    names = {name for _, name, _, _ in Formatter().parse(text) if name}
    values = {name: EXAMPLES.get(f"{path} {name}", EXAMPLES[name])[language] for name in names}
    return text.format(**(values | dict.fromkeys(("count", "units"), "1") if path.endswith(".one") else values))


def _told(path: str, texts: tuple[str, str]) -> Iterator[str]:
    """A text in both languages: on one line where it is short, else one below the other, each with its example."""
    line = f"{path}: {' | '.join(texts)}"
    if len(line) <= WIDTH and not any("{" in text for text in texts):
        yield line
        return
    yield path
    for number, text in enumerate(texts):
        yield f"    {text}"
        if "{" in text:
            yield f"      → {filled(path, text, number)}"


def written() -> str:
    """The file."""
    english, french = catalogue("en"), catalogue("fr")
    lines, section = [HEAD], ""
    for path, text in english.items():
        begins = path.partition(".")[0]
        if begins != section and "." in path:
            lines += ["", f"== {begins} =="]
        section = begins
        lines += _told(path, (text, french[path]))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(written(), encoding="utf-8")
