"""Reads the file of Skilled Nursing Facility Value-Based Purchasing into input tables, and the figures in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from tests.published_tables import Row, published_rows, write_table

NUMBER = "CMS Certification Number (CCN)"
BASELINE = "Baseline Period: FY 2019 Risk-Standardized Readmission Rate"
PERFORMANCE = "Performance Period: FY 2023 Risk-Standardized Readmission Rate"
MULTIPLIER = "Incentive Payment Multiplier"
NONE = "---"


@dataclass(frozen=True, slots=True)
class Facilities:
    """The rows of the file by facility."""

    rows: Mapping[str, Row]

    @classmethod
    def read(cls, folder: Path) -> Facilities:
        """The file in a folder."""
        rows = published_rows(folder / "facility_performance_odd_ccn.csv")
        return cls({row[NUMBER]: row for row in rows})

    def write(self, folder: Path) -> None:
        """The input tables: facilities, their rates in the two periods, and the sum of all multipliers as the pool."""
        write_table(folder / "workforce.csv", ["payee"], ([number] for number in self.rows))
        results = [["payee", number, "readmission", "2025", row[PERFORMANCE]] for number, row in self.rows.items()]
        paid = sum((Decimal(row[MULTIPLIER]) for row in self.rows.values()), Decimal(0))
        results.append(["company", "", "payments", "2025", f"{paid:f}"])
        write_table(folder / "kpis.csv", ["subject_kind", "subject", "kpi", "period", "value"], results)
        baselines = [
            [number, "readmission", row[BASELINE]] for number, row in self.rows.items() if row[BASELINE] != NONE
        ]
        write_table(folder / "baselines.csv", ["payee", "kpi", "value"], baselines)

    def figures(self, column: str) -> dict[str, Fraction | None]:
        """A printed figure by facility; None where there is none."""
        return {number: None if row[column] == NONE else Fraction(row[column]) for number, row in self.rows.items()}
