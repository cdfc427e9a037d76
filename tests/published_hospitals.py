"""Reads the files of Hospital Value-Based Purchasing into input tables, and the figures that must come out of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from tests.published_tables import Row, published_rows, write_table

NOT_AVAILABLE = "Not Available"
TOTAL = "Total Performance Score"
CLINICAL = {
    "mort_ami": "MORT-30-AMI",
    "mort_hf": "MORT-30-HF",
    "mort_pn": "MORT-30-PN",
    "mort_copd": "MORT-30-COPD",
    "mort_cabg": "MORT-30-CABG",
    "comp_hip_knee": "COMP-HIP-KNEE",
}
SURVEY = {
    "nurses": "Communication With Nurses",
    "doctors": "Communication With Doctors",
    "responsiveness": "Responsiveness Of Hospital Staff",
    "care_transition": "Care Transition",
    "medicines": "Communication About Medicines",
    "environment": "Cleanliness And Quietness Of Hospital Environment",
    "discharge": "Discharge Information",
    "overall_rating": "Overall Rating Of Hospital",
}
SAFETY = {"hai_1": "HAI-1", "hai_2": "HAI-2", "hai_5": "HAI-5", "hai_6": "HAI-6"}
SURGICAL_SITES = {"hai_3": "HAI-3", "hai_4": "HAI-4"}
EFFICIENCY = {"mspb_1": "MSPB-1"}
COMBINED_SSI = "Combined SSI Measure Score"
DOMAINS = {
    "clinical_outcomes": "Unweighted Normalized Clinical Outcomes Domain Score",
    "person_engagement": "Unweighted Person And Community Engagement Domain Score",
    "safety": "Unweighted Normalized Safety Domain Score",
    "efficiency": "Unweighted Normalized Efficiency And Cost Reduction Domain Score",
}
Figures = Mapping[str, Fraction | None]
"""A published figure by hospital; None where it is "Not Available"."""


@dataclass(frozen=True, slots=True)
class Hospitals:
    """The five files of a fiscal year, their rows by hospital."""

    clinical: Mapping[str, Row]
    survey: Mapping[str, Row]
    safety: Mapping[str, Row]
    efficiency: Mapping[str, Row]
    totals: Mapping[str, Row]

    @classmethod
    def read(cls, folder: Path) -> Hospitals:
        """The files in a folder."""
        return cls(
            clinical=_by_hospital(folder / "hvbp_clinical_outcomes.csv"),
            survey=_by_hospital(folder / "hvbp_person_and_community_engagement.csv"),
            safety=_by_hospital(folder / "hvbp_safety.csv"),
            efficiency=_by_hospital(folder / "hvbp_efficiency_and_cost_reduction.csv"),
            totals=_by_hospital(folder / "hvbp_tps.csv"),
        )

    def _measures(self) -> Iterator[tuple[str, str, Mapping[str, Row]]]:
        """Every measure with achievement and improvement: its KPI, its name in the files, the rows that hold it."""
        for file, names in (
            (self.clinical, CLINICAL),
            (self.survey, SURVEY),
            (self.safety, SAFETY | SURGICAL_SITES),
            (self.efficiency, EFFICIENCY),
        ):
            for kpi, name in names.items():
                yield kpi, name, file

    def write(self, folder: Path) -> None:
        """The input tables: hospitals, their rates in the performance period, and in the baseline period."""
        write_table(folder / "workforce.csv", ["payee"], ([hospital] for hospital in self.totals))
        results = [
            ["payee", hospital, kpi, "2024", value]
            for kpi, name, file in self._measures()
            for hospital, value in _cells(file, f"{name} Performance Rate")
        ]
        results += [
            ["payee", hospital, "combined_ssi", "2024", value.split()[0]]
            for hospital, value in _cells(self.safety, COMBINED_SSI)
        ]
        write_table(folder / "kpis.csv", ["subject_kind", "subject", "kpi", "period", "value"], results)
        baselines = [
            [hospital, kpi, value]
            for kpi, name, file in self._measures()
            for hospital, value in _cells(file, f"{name} Baseline Rate")
        ]
        write_table(folder / "baselines.csv", ["payee", "kpi", "value"], baselines)

    def achievement(self, kpi: str) -> Figures:
        """Achievement points."""
        return self._points(kpi, "Achievement Points")

    def improvement(self, kpi: str) -> Figures:
        """Improvement points."""
        return self._points(kpi, "Improvement Points")

    def points(self, kpi: str) -> Figures:
        """The points of a measure, or of a dimension of the survey: the larger of the two."""
        return self._points(kpi, "Dimension Score" if kpi in SURVEY else "Measure Score")

    def standard(self, kpi: str, what: str) -> Fraction:
        """A threshold, benchmark or floor, which is the same for all hospitals."""
        name, file = self._place(kpi)
        (printed,) = {row[f"{name} {what}"] for row in file.values()}
        return Fraction(printed.removesuffix("%")) / (100 if printed.endswith("%") else 1)

    def _points(self, kpi: str, what: str) -> Figures:
        name, file = self._place(kpi)
        return _figures(file, f"{name} {what}")

    def _place(self, kpi: str) -> tuple[str, Mapping[str, Row]]:
        """What the files call a KPI, and the rows that hold it."""
        return next((name, file) for each, name, file in self._measures() if each == kpi)

    def survey_score(self, what: str) -> Figures:
        """`Base` or `Consistency`."""
        return _figures(self.survey, f"Hcahps {what} Score")

    def domain(self, name: str) -> Figures:
        """The score of a domain, at 12 decimals."""
        return _figures(self.totals, DOMAINS[name])

    def total(self) -> Figures:
        """The total performance score, at 12 decimals."""
        return _figures(self.totals, TOTAL)


def _by_hospital(path: Path) -> dict[str, Row]:
    return {row["Facility ID"]: row for row in published_rows(path)}


def _cells(file: Mapping[str, Row], column: str) -> Iterator[tuple[str, str]]:
    """The values of a column that are there; `77.4970%` is a number that input tables may hold."""
    return ((hospital, row[column]) for hospital, row in file.items() if row[column] != NOT_AVAILABLE)


def _figures(file: Mapping[str, Row], column: str) -> Figures:
    """Figures: `7 out of 10`, `7`, `12.500000000000`."""
    there = dict(_cells(file, column))
    return {hospital: Fraction(there[hospital].split()[0]) if hospital in there else None for hospital in file}
