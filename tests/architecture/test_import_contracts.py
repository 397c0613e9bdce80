"""Every import contract is seen to fail when it is broken on purpose.

Each case copies the packages, adds one offending import to the copy, and expects import-linter to
name the broken contract. So a contract that checks nothing, or no longer checks, is noticed.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest

from devstack import paths

PACKAGES = ("config", "licenses", "customers", "audits")
LINTER = Path(sys.executable).with_name("lint-imports")
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((paths.ROOT / "pyproject.toml").read_text())["tool"][
        "importlinter"
    ]["contracts"]
}


class Breach(msgspec.Struct, frozen=True):
    """An import that must not be: `file` imports `imported`, which breaks `contract`."""

    contract: str
    file: str
    imported: str


# Per app: one step up from each of its layers, and some to the side.
UPWARDS = {
    "licenses": (
        ("domain/__init__", "models"),
        ("domain/__init__", "permissions"),
        ("models/__init__", "editions"),
        ("models/__init__", "permissions"),
        ("editions", "gathering"),
        ("gathering/__init__", "handlers"),
        ("handlers", "projections"),
        ("handlers", "reactions"),
        ("queries", "reactions"),
        ("reactions", "timetable"),
        ("timetable", "subscriptions"),
        ("timetable", "verification"),
        ("subscriptions", "apps"),
        ("subscriptions", "verification"),
        ("verification", "management"),
        ("api/__init__", "web"),
        ("queries", "api"),
    ),
    "customers": (
        ("domain/__init__", "models"),
        ("domain/__init__", "ports"),
        ("models", "lists"),
        ("ports", "permissions"),
        ("lists", "handlers"),
        ("handlers", "projections"),
        ("handlers", "screening"),
        ("projections", "screening"),
        ("screening", "subscriptions"),
        ("screening", "verification"),
        ("subscriptions", "apps"),
        ("queries", "api"),
    ),
    "audits": (
        ("kernel", "nudging"),
        ("kernel", "events"),
        ("models/__init__", "codec"),
        ("codec", "reading"),
        ("reading", "store"),
        ("store", "replay"),
        ("store", "vault"),
        ("vault/__init__", "work"),
        ("vault/__init__", "enrollment"),
        ("sequencing", "work"),
        ("sequencing", "execution"),
        ("execution/__init__", "projection"),
        ("projection", "past"),
        ("projection", "proofs"),
        ("projection", "rebuilding"),
        ("projection", "verification"),
        ("past/__init__", "lineage"),
        ("proofs/__init__", "exporting"),
        ("verification/__init__", "findings"),
        ("exporting/__init__", "tasks"),
        ("findings/__init__", "tasks"),
        ("lineage/__init__", "tasks"),
        ("tasks", "management"),
        ("verification/__init__", "api"),
        ("api/__init__", "web"),
    ),
}
BREACHES = (
    Breach("apps", "audits/kernel.py", "customers.apps"),
    Breach("apps", "audits/kernel.py", "licenses.apps"),
    Breach("apps", "customers/apps.py", "licenses.apps"),
    Breach("apps", "licenses/apps.py", "config.urls"),
    *(
        Breach(f"inside-{app}", f"{app}/{lower}.py", f"{app}.{upper}")
        for app, steps in UPWARDS.items()
        for lower, upper in steps
    ),
    *(
        Breach("pure-domain", file, imported)
        for file in ("licenses/domain/__init__.py", "customers/domain/__init__.py")
        for imported in ("django", "os", "time", "random", "logging")
    ),
    Breach("pure-domain", "audits/kernel.py", "django.db"),
    Breach("single-writer", "licenses/projections.py", "audits.store"),
    Breach("single-writer", "licenses/reactions.py", "audits.store"),
    Breach("single-writer", "licenses/gathering/__init__.py", "audits.store"),
    Breach("single-writer", "customers/queries.py", "audits.store"),
    Breach("single-writer", "config/urls.py", "audits.store"),
    Breach("lookups", "licenses/gathering/money.py", "licenses.models"),
    Breach("acyclic", "licenses/domain/money.py", "licenses.domain.policy"),
)


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINTER), "--no-cache", "--config", str(paths.ROOT / "pyproject.toml")],
        cwd=tree,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tree), "COLUMNS": "200"},
        check=False,
        capture_output=True,
        text=True,
    )


def add_import(tree: Path, file: str, imported: str) -> None:
    """Append an import to a module of the copy; make the module, and what it imports, if need be."""
    importing = tree / file
    target = tree / imported.replace(".", "/")
    if imported.split(".", maxsplit=1)[0] in PACKAGES and not target.is_dir():
        target.with_suffix(".py").touch()
    with importing.open("a") as source:
        source.write(f"\nimport {imported}\n")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    for package in PACKAGES:
        shutil.copytree(paths.ROOT / package, tmp_path / package, ignore=ignored)
    return tmp_path


def test_the_packages_keep_every_contract(tree: Path) -> None:
    result = lint(tree)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("breach", BREACHES, ids=lambda b: f"{b.contract}: {b.file} {b.imported}")
def test_a_breach_is_noticed(tree: Path, breach: Breach) -> None:
    add_import(tree, breach.file, breach.imported)
    if breach.contract == "acyclic":
        add_import(tree, "licenses/domain/policy/__init__.py", "licenses.domain.money")
    result = lint(tree)
    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{CONTRACTS[breach.contract]} BROKEN" in result.stdout


@pytest.mark.parametrize("app", ["licenses", "customers", "audits"])
def test_a_module_without_a_layer_is_noticed(tree: Path, app: str) -> None:
    (tree / app / "misplaced.py").touch()
    result = lint(tree)
    assert result.returncode == 1
    assert "misplaced" in result.stdout


def test_every_contract_has_a_breach() -> None:
    assert {breach.contract for breach in BREACHES} == set(CONTRACTS)
