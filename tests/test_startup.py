"""Starting costs next to nothing: what is heavy is imported by the commands that need it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from incentive_engine.shipped import rules_dir

HEAVY = ("polars", "pydantic", "jinja2", "rich", "babel", "lark", "yaml")
LOOK = f"""
import sys
sys.argv = ["incentive", *{{arguments}}]
from incentive_engine.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
sys.stderr.write(" ".join(name for name in {HEAVY} if name in sys.modules))
"""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"], ["demo", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    program = LOOK.format(arguments=arguments)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout
    assert done.stderr == ""


def test_importing_the_library_imports_nothing_heavy() -> None:
    program = f"import sys, incentive_engine; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_costs_about_what_click_costs(record_property: Callable[[str, object], None]) -> None:
    """Printed with `-s`, as a number of bare interpreters; a busy machine is no reason to fail."""
    bare, click, told = (
        _fastest(program) for program in (["-c", "pass"], ["-c", "import click"], ["-m", "incentive_engine", "--help"])
    )
    record_property("bare interpreters", told / bare)
    sys.stdout.write(f"incentive --help: {told / bare:.1f} bare interpreters, of which click {click / bare:.1f}\n")


def test_check_imports_only_what_checking_needs(record_property: Callable[[str, object], None]) -> None:
    """The goal is 1.5 s for the demo company's rules; printed with `-s`, since it is the machine's as much as ours."""
    rules = str(rules_dir() / "demo" / "care-quarterly.yaml")
    program = LOOK.format(arguments=["check", rules])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"jinja2", "rich"} & set(done.stderr.split())
    seconds = _fastest(["-m", "incentive_engine", "check", rules], times=3)
    record_property("seconds", seconds)
    sys.stdout.write(f"incentive check of the demo rules: {seconds:.2f} s\n")


def _fastest(arguments: list[str], times: int = 5) -> float:
    """Seconds, the least of several times: what is not the machine's doing."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        seconds.append(time.perf_counter() - start)
    return min(seconds)
