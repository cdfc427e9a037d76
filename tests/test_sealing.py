"""Sealing: every file in the manifest, the manifest chained, its fingerprints as anyone can work them out."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from incentive_engine.engine.run import run
from incentive_engine.errors import InputProblems
from incentive_engine.ledger.manifest import Manifest, content_of, files_in
from incentive_engine.ledger.sealing import seal
from incentive_engine.rulesets.loading import load

STARTER = Path(__file__).parent.parent / "rules" / "starter"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the starter company, not sealed."""
    folder = tmp_path_factory.mktemp("made") / "run"
    run(load(STARTER / "rules.yaml"), STARTER / "data", "2026-Q3", folder)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "run"))


def sha256(text: str | bytes) -> str:
    return hashlib.sha256(text if isinstance(text, bytes) else text.encode()).hexdigest()


def test_the_manifest_can_be_worked_out_with_sha256sum(folder: Path) -> None:
    before = content_of(folder)
    sealed = seal(folder, "f" * 64, 7)
    told = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json")
    names = [path.relative_to(folder).as_posix() for path in files]
    assert sorted(told["files"]) == sorted(names)
    assert {"rules/rules.yaml", "inputs/workforce.parquet", "run.json"} <= set(names)
    for name, path in zip(names, files, strict=True):
        assert told["files"][name] == {"size": path.stat().st_size, "sha256": sha256(path.read_bytes())}
    listed = [[name, told["files"][name]["size"], told["files"][name]["sha256"]] for name in sorted(names)]
    content = sha256(json.dumps(listed, separators=(",", ":")))
    assert content == told["content"] == sealed.content == before
    fingerprint = sha256((folder / "run.json").read_bytes())
    named = {"rule_set": told["run"]["rule_set"], "period": "2026-Q3", "fingerprint": fingerprint}
    assert told["run"] == named
    chained = json.dumps([1, 7, named, content, "f" * 64], separators=(",", ":"))
    assert sha256(chained) == told["head"] == sealed.head
    assert Manifest.read(folder) == sealed


def test_a_sealed_folder_is_its_owners_and_holds_nothing_unsealed(folder: Path) -> None:
    seal(folder, None, 1)
    assert not (folder / "timings.json").exists()
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {path.is_dir(): path.stat().st_mode & 0o777 for path in folder.rglob("*")}
    assert modes == {True: 0o700, False: 0o600}
    assert [path.name for path in folder.parent.iterdir()] == ["run"]


def test_timings_and_the_manifest_are_no_content(folder: Path) -> None:
    before = content_of(folder)
    (folder / "timings.json").write_text("{}", encoding="utf-8")
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    assert content_of(folder) == before
    (folder / "trace" / "manifest.json").write_text("{}", encoding="utf-8")
    assert content_of(folder) != before


def test_sealing_again_gives_the_same_bytes(folder: Path) -> None:
    seal(folder, None, 1)
    first = (folder / "manifest.json").read_bytes()
    seal(folder, None, 1)
    assert (folder / "manifest.json").read_bytes() == first
    assert seal(folder, None, 2).head != seal(folder, "a" * 64, 1).head != json.loads(first)["head"]


def test_what_is_no_file_is_not_sealed(folder: Path) -> None:
    (folder / "held.csv").symlink_to(folder / "held.parquet")
    (folder / "more").symlink_to(folder / "trace")
    with pytest.raises(InputProblems) as refusal:
        files_in(folder)
    assert [problem.code for problem in refusal.value.problems] == ["not-a-file"] * 2
    assert "held.csv` is a link" in str(refusal.value)


def test_an_unsealed_run_has_no_manifest(folder: Path) -> None:
    assert Manifest.read(folder) is None


@pytest.mark.parametrize("damage", ["space", "number", "head", "key", "nothing", "link"])
def test_a_manifest_is_what_sealing_wrote_or_nothing(folder: Path, damage: str) -> None:
    seal(folder, None, 1)
    path = folder / "manifest.json"
    text = path.read_text(encoding="ascii")
    if damage == "link":
        path.rename(folder.parent / "elsewhere.json")
        path.symlink_to(folder.parent / "elsewhere.json")
    else:
        told = json.loads(text)
        changed = {
            "space": text + " ",
            "number": text.replace('"number": 1', '"number": 2'),
            "head": text.replace(told["head"], told["content"]),
            "key": text.replace('"format": 1', '"format": 1,\n  "format": 1'),
            "nothing": "",
        }
        path.write_text(changed[damage], encoding="ascii")
    with pytest.raises(InputProblems) as refusal:
        Manifest.read(folder)
    assert refusal.value.problems[0].code == "changed-manifest"
    assert "manifest.json" in str(refusal.value)
