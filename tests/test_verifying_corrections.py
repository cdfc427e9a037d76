"""A correction is verified like a run, and purged like one: the whole life of a paid quarter, to its end."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from incentive_engine.errors import InputProblems
from incentive_engine.ledger.purging import purge
from incentive_engine.ledger.verifying import verify
from tests.test_corrections import DATA, POLICY, Company, paid
from tests.test_purging import IN_TIME
from tests.test_verifying import BO, codes

__all__ = ["paid"]  # a fixture
LATE = {"sales.csv": DATA["sales.csv"] + "s9,ann,2026-09-01,100\n"}


@pytest.fixture
def company(paid: Path, tmp_path: Path) -> Company:
    """The third quarter was paid; a sale of 100 that ann made came late: 50 euros are booked into the fourth."""
    found = Company(Path(shutil.copytree(paid, tmp_path / "company")))
    assert found.corrects(LATE) == {"ann": {"late-fact": "50.00 EUR"}}
    return found


def test_a_correction_is_verified(company: Company) -> None:
    said = company.types("verify", company.folder / "c1")
    assert "A correction: every file is what it was when it was written, and the ledger has booked it." in said
    assert "every figure of" in said
    elsewhere = shutil.copytree(company.folder / "c1", company.folder.parent / "elsewhere")
    assert "no ledger has booked it" in company.types("verify", elsewhere)


@pytest.mark.parametrize("name", ["lines.parquet", "correction.json", "run/run.json"])
def test_a_changed_correction_is_found(company: Company, name: str) -> None:
    path = company.folder / "c1" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert "changed-correction" in codes(company.folder / "c1")


def test_a_correction_that_says_another_amount_of_itself_is_not_the_one_that_was_booked(company: Company) -> None:
    path = company.folder / "c1" / "correction.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"50.00"', '"60.00"'), encoding="utf-8")
    assert codes(company.folder / "c1") == ["changed-correction"]


def test_when_the_time_is_over_nobody_is_named_any_more(company: Company) -> None:
    """The run, its correction and the run that paid the correction; a period that is purged is closed for good."""
    folder = company.folder
    (folder / "policy.yaml").write_text(POLICY.replace("may: {", "may: {purge: [Bo], "), encoding="utf-8")
    with pytest.raises(InputProblems, match="open-lines"):
        purge(folder / "c1", BO, IN_TIME)
    company.pays("2026-Q4", "q4")
    assert verify(folder / "q4").again is not None
    for name in ("c1", "q3", "q4"):
        purge(folder / name, BO, IN_TIME)
        said = company.types("verify", folder / name)
        assert "Its personal rows were removed on 2099-01-01 by Bo." in said
        left = {path.name for path in (folder / name).rglob("*.*")}
        assert left >= {"run.json", "rules.yaml", "steps.parquet", "purged.json"}
        assert left <= {
            "run.json",
            "rules.yaml",
            "steps.parquet",
            "purged.json",
            "manifest.json",
            "made.json",
            "correction.json",
        }
    assert [name for name in (b"A1", b"'ann'", b'"ann"') if name in (folder / "ledger.db").read_bytes()] == []
    data = company.deliver(LATE, "later")
    arguments = ("--data", data, "--into", "2027-Q1", "--out", folder / "c2", "--by", "sam")
    assert "error[" in company.types("correct", folder / "q4", *arguments, refused="purged")
    assert not (folder / "c2").exists()
