"""What reaches other people: the wheel, the pinned dependencies, and nothing of the machine that they were made on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from incentive_engine.shipped import rules_dir, templates_dir

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy without the package index, and unpacked."""
    source, built, unpacked = (tmp_path_factory.mktemp(name) for name in ("source", "built", "unpacked"))
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("incentive_engine", "rules", "templates"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    subprocess.run(command, cwd=source, env=os.environ | {"PIP_NO_INDEX": "1"}, check=True, capture_output=True)
    [archive] = built.glob("*.whl")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(unpacked)
    return unpacked


def files_in(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("name", ["rules", "templates"])
def test_the_wheel_holds_what_is_shipped(wheel: Path, name: str) -> None:
    expected = files_in(ROOT / name)
    assert expected
    assert files_in(wheel / "incentive_engine" / "_shipped" / name) == expected


def test_the_wheel_holds_the_whole_package_and_nothing_else(wheel: Path) -> None:
    shipped = wheel / "incentive_engine" / "_shipped"
    packed = {name for name in files_in(wheel / "incentive_engine") if not name.startswith("_shipped/")}
    assert packed == files_in(ROOT / "incentive_engine")
    assert "py.typed" in packed
    assert {path.name for path in shipped.iterdir()} == {"rules", "templates"}
    metadata = {path.name for path in wheel.iterdir()} - {"incentive_engine"}
    assert metadata == {f"incentive_engine-{version()}.dist-info"}


def test_shipped_files_are_found_in_a_checkout() -> None:
    assert (rules_dir(), templates_dir()) == (ROOT / "rules", ROOT / "templates")


def test_shipped_files_are_found_once_installed(wheel: Path) -> None:
    program = "from incentive_engine import shipped; print(shipped.rules_dir()); print(shipped.templates_dir())"
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=wheel.parent,
        env=os.environ | {"PYTHONPATH": str(wheel)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    shipped = wheel / "incentive_engine" / "_shipped"
    assert [Path(line) for line in told] == [shipped / "rules", shipped / "templates"]


def version() -> str:
    text = (ROOT / "incentive_engine" / "version.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "(.+)"', text)
    assert found
    return found[1]


def pins() -> dict[str, Requirement]:
    entries = LOCK.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    found = (Requirement(entry.split("--hash")[0]) for entry in entries if not entry.startswith("#"))
    return {canonicalize_name(each.name): each for each in found}


def needed() -> list[str]:
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    return [
        *PROJECT["build-system"]["requires"],
        *project["dependencies"],
        *(each for extra in ("excel", "test", "lint", "bench") for each in extras[extra]),
    ]


@pytest.mark.parametrize("requirement", needed())
def test_what_the_makefile_installs_is_pinned(requirement: str) -> None:
    wanted = Requirement(requirement)
    [pin] = pins()[canonicalize_name(wanted.name)].specifier
    assert pin.operator == "=="
    assert wanted.specifier.contains(pin.version)


def test_every_pin_has_hashes_and_nothing_else() -> None:
    line = re.compile(r'(#.*|[a-z0-9-]+==\S+( ; sys_platform == "win32")? \\|    --hash=sha256:[0-9a-f]{64}( \\)?)')
    assert [each for each in LOCK.read_text(encoding="utf-8").splitlines() if not line.fullmatch(each)] == []


def test_no_tracked_file_names_a_machine() -> None:
    """No path of somebody's machine and no package index, so that the project builds anywhere."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    machine = r"(^|[^A-Za-z0-9_.-])/(work|tmp|root|home)/"
    index = r"--(extra-)?index[-]url|--find[-]links|^[[:space:]]*(index|registry)[A-Za-z_-]* *= *.https?:"
    found = subprocess.run(
        ["git", "grep", "-nIE", "-e", machine, "-e", index, "--", ".", ":!tests/test_packaging.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stdout) == (1, "")
