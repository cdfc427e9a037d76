"""A report as a page that stands alone, through the templates' sandbox."""

from __future__ import annotations

from typing import Final

from incentive_engine.shipped import templates_dir
from incentive_engine.simulation.reports.writing import reader
from incentive_engine.simulation.reports.written import WrittenReport
from incentive_engine.statements.pages import environment

TEMPLATE: Final = "simulation.html.j2"


def html(report: WrittenReport, currency: str) -> str:
    """The page."""
    words = reader(report.language, currency).words
    return environment(templates_dir()).get_template(TEMPLATE).render(report=report, words=words)
