"""A review as a page that stands alone, through the templates' sandbox."""

from __future__ import annotations

from typing import Final

from incentive_engine.ledger.actors import DECLARED
from incentive_engine.ledger.review.checklist import Review
from incentive_engine.shipped import templates_dir
from incentive_engine.statements.pages import environment

TEMPLATE: Final = "review.html.j2"
SIGNS: Final = {"pass": "✓", "fail": "✕", "waived": "!"}
WORDS: Final = {"pass": "passes", "fail": "fails", "waived": "waived"}


def html(review: Review) -> str:
    """The page."""
    template = environment(templates_dir()).get_template(TEMPLATE)
    counts = [(state, review.count(state)) for state in SIGNS]
    return template.render(review=review, counts=counts, signs=SIGNS, words=WORDS, declared=DECLARED)
