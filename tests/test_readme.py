"""The README is true: its commands run as written, one after the other, and print what it says that they print."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from incentive_engine.cli import COMMANDS, main
from incentive_engine.shipped import rules_dir, scenarios_dir

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    return [text for each, text in BLOCKS if each == kind]


def commands(program: str) -> list[str]:
    return [line for text in blocks("sh") for line in text.splitlines() if line.startswith(program)]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the README's `incentive` commands print, run in an empty folder in the order in which they are written."""
    folder = tmp_path_factory.mktemp("readme")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        told = [_echoed(line) if line.startswith("echo") else _run(line) for line in _typed()]
        told.append(_misspelt(folder))
        for text in blocks("python"):
            subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, cwd=folder)
    return "\n".join(told)


def _typed() -> list[str]:
    """What is typed once the engine is installed, in order."""
    lines = [line for text in blocks("sh") for line in text.splitlines()]
    return [line for line in lines if line.startswith(("incentive ", "echo "))]


def _run(line: str) -> str:
    command, _, file = line.partition(" > ")
    done = CliRunner().invoke(main, shlex.split(command)[1:])
    assert done.exit_code == 0, f"{line}\n{done.output}"
    if file:
        Path(file).write_text(done.stdout, encoding="utf-8")
    return done.output


def _echoed(line: str) -> str:
    """Appends a row to a file of data, as a shell does."""
    _, text, _, file = shlex.split(line)
    with Path(file).open("a", encoding="utf-8") as data:
        data.write(f"{text}\n")
    return ""


def _misspelt(folder: Path) -> str:
    """What `check` says of the misspelling that the README shows."""
    rules = folder / "my-bonus" / "rules.yaml"
    text = rules.read_text(encoding="utf-8")
    rules.write_text(text.replace("better:", "beter:", 1), encoding="utf-8")
    output = CliRunner().invoke(main, ["check", "my-bonus/rules.yaml"]).output
    rules.write_text(text, encoding="utf-8")
    return output


def test_commands_print_what_it_says(printed: str) -> None:
    lines = {" ".join(line.split()) for line in printed.splitlines()}
    for text in blocks("text"):
        for line in text.splitlines():
            shown = " ".join(line.split())
            assert any(each.startswith(shown) for each in lines), f"nothing prints: {line}"


def test_the_rules_that_it_shows_are_shipped() -> None:
    shipped = [rules_dir() / "starter" / "rules.yaml", rules_dir() / "field" / "contact-centre.yaml"]
    shipped += sorted((scenarios_dir() / "starter").glob("*.yaml"))
    rules = "".join(path.read_text(encoding="utf-8") for path in shipped)
    assert blocks("yaml")
    assert [text for text in blocks("yaml") if text not in rules] == []


def test_set_up_is_what_the_makefile_does() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    assert {line.split()[1] for line in commands("make")} <= targets
    installed = makefile.replace("$(BIN)", ".venv/bin").replace("$(PYTHON)", "python3").replace(" --quiet", "")
    lines = [*commands("python3"), *commands(".venv/bin/python")]
    assert len(lines) == 3
    assert [line for line in lines if line not in installed.replace(" --clear", "")] == []


def test_every_shell_line_is_one_that_is_tested() -> None:
    lines = [line for text in blocks("sh") for line in text.splitlines()]
    tested = [*_typed(), *commands("make"), *commands("python3"), *commands(".venv/bin/python")]
    assert sorted(lines) == sorted(tested)


def test_every_command_is_in_its_table() -> None:
    told = re.findall(r"^\| `incentive ([\w-]+)` \|", README, flags=re.MULTILINE)
    assert set(told) == {each.name for each in COMMANDS}


def test_every_file_that_it_links_to_is_there() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert [link for link in links if not (ROOT / link).exists()] == []
