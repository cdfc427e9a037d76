"""The house stands: imports point downwards, nothing is circular, nothing hides inside a function.

Read from the source with `ast`, so that an import counts wherever it is written: in a branch, under `TYPE_CHECKING`, in
a function.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = "incentive_engine"
API = "(api)"

# From the ground up. What stands on one line knows nothing of its neighbours, but for the ground itself.
STOREYS = (
    {"errors", "exact", "periods", "currencies", "columns", "shipped", "version"},
    {"mistakes"},
    {"documents"},
    {"formulas"},
    {"kinds", "facts"},
    {"rulesets"},
    {"compiler"},
    {"engine"},
    {"statements"},
    {"audit", "ledger"},
    {"simulation"},
    {API},
    {"demo"},
    {"cli", "web"},
    {"__main__"},
)

# What costs so much to import, or may not be installed, that a function may be the place for it.
HEAVY = {
    "babel",
    "fastexcel",
    "holidays",
    "jinja2",
    "lark",
    "polars",
    "pydantic",
    "rich",
    "scipy",
    "sqlalchemy",
    "statsmodels",
    "typst",
    "xlsxwriter",
}

# Where importing late is the design: `--help` and `import incentive_engine` cost next to nothing.
DEFERRING = {API, "cli"}

FOLDERS = {"incentive_engine", "rules", "templates", "tests", "benchmarks"}
FILES = {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "Makefile", "requirements.lock"}


@dataclass(frozen=True)
class Import:
    """One module names another: where, and whether inside a function."""

    importer: str
    imported: str
    line: int
    in_function: bool

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


def storey(component: str) -> int:
    """How high a part of the house is; what has no place yet is above everything."""
    return next((level for level, components in enumerate(STOREYS) if component in components), len(STOREYS))


def component(module: str) -> str:
    """The part of the house that a module of the package belongs to."""
    return module.split(".")[1] if "." in module else API


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, Path]:
    return {module_name(path): path for path in sorted((ROOT / PACKAGE).rglob("*.py"))}


@cache
def imports() -> tuple[Import, ...]:
    return tuple(found for name, path in modules().items() for found in imports_of(name, path))


def imports_of(name: str, path: Path) -> Iterator[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for imported in imported_by(node, name, is_package=path.name == "__init__.py"):
                yield Import(name, imported, node.lineno, id(node) in inside)


def imported_by(node: ast.Import | ast.ImportFrom, importer: str, *, is_package: bool) -> list[str]:
    """The modules that a statement imports; a name that is a module of the package counts as that module."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        parts = importer.split(".")
        kept = parts[: len(parts) - node.level + is_package]
        base = ".".join([*kept, *([base] if base else [])])
    found = (f"{base}.{alias.name}" for alias in node.names)
    return list(dict.fromkeys(name if name in modules() else base for name in found))


def within() -> list[Import]:
    return [found for found in imports() if found.imported.split(".")[0] == PACKAGE]


def may_import(importer: str, imported: str) -> bool:
    both_ground = {importer, imported} <= STOREYS[0]
    return importer == imported or both_ground or storey(imported) < storey(importer)


def test_every_module_has_a_place_in_the_house() -> None:
    known = set().union(*STOREYS)
    assert [name for name in modules() if component(name) not in known] == []


def test_imports_point_downwards() -> None:
    upwards = [str(each) for each in within() if not may_import(component(each.importer), component(each.imported))]
    assert upwards == []


def test_no_module_imports_itself_through_others() -> None:
    graph: dict[str, set[str]] = {name: set() for name in modules()}
    for each in within():
        graph[each.importer].add(each.imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("imports go round in a circle: " + " -> ".join(error.args[1]))


def test_no_import_hides_in_a_function() -> None:
    hidden = [
        str(each)
        for each in imports()
        if each.in_function and component(each.importer) not in DEFERRING and each.imported.split(".")[0] not in HEAVY
    ]
    assert hidden == []


def test_every_import_inside_the_package_exists() -> None:
    assert [str(each) for each in within() if each.imported not in modules()] == []


@pytest.mark.parametrize(
    ("importer", "imported", "allowed"),
    [
        ("engine", "compiler", True),
        ("compiler", "engine", False),
        ("exact", "errors", True),
        ("documents", "formulas", False),
        ("kinds", "formulas", True),
        ("formulas", "kinds", False),
        ("kinds", "facts", False),
        ("rulesets", "facts", True),
        ("statements", "ledger", False),
        ("engine", API, False),
        ("cli", "demo", True),
    ],
)
def test_the_rule_itself(importer: str, imported: str, allowed: bool) -> None:
    assert may_import(importer, imported) is allowed


def test_imports_are_read_as_python_reads_them() -> None:
    def read(statement: str, importer: str, *, is_package: bool) -> list[str]:
        node = ast.parse(statement).body[0]
        assert isinstance(node, ast.Import | ast.ImportFrom)
        return imported_by(node, importer, is_package=is_package)

    package, errors = "incentive_engine", "incentive_engine.errors"
    assert read("from incentive_engine import errors", "incentive_engine.exact", is_package=False) == [errors]
    assert read("from .errors import Problem", "incentive_engine.exact", is_package=False) == [errors]
    assert read("from . import errors", package, is_package=True) == [errors]
    assert read("from ..errors import Problem", "incentive_engine.kinds.curves", is_package=False) == [errors]
    assert read("from .. import errors", "incentive_engine.kinds", is_package=True) == [errors]
    assert read("from incentive_engine import load", "incentive_engine.cli.run", is_package=False) == [package]
    assert read("import polars as pl", package, is_package=True) == ["polars"]


def test_the_top_level_is_fixed() -> None:
    """What git knows or would take: anything else at the top would be a second place for the same thing."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    paths = [Path(name).parts for name in listed if name]
    folders = {parts[0] for parts in paths if len(parts) > 1 and not parts[0].startswith(".")}
    files = {parts[0] for parts in paths if len(parts) == 1 and not parts[0].startswith(".")}
    assert folders <= FOLDERS
    assert files <= FILES
