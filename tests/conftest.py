"""What all tests share: how hypothesis draws, and where the reference data is.

Ordinary runs draw the same examples every time, so that a red run is about the change that made it; the long profile
draws anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ordinary", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("long", settings.get_profile("ordinary"), derandomize=False, max_examples=3000)
settings.load_profile("ordinary")


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of published schemes and real facts that INCENTIVE_REFERENCE_DATA names."""
    named = os.environ.get("INCENTIVE_REFERENCE_DATA")
    if not named:
        pytest.skip("INCENTIVE_REFERENCE_DATA is not set: it names the folder of the reference data")
    folder = Path(named)
    if not folder.is_dir():
        pytest.fail(f"INCENTIVE_REFERENCE_DATA names {folder}, which is not a folder")
    return folder
