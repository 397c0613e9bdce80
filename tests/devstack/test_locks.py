"""The locks: complete, hashed, from the package index alone, and free to use."""

import re
import tomllib
from importlib.metadata import distribution

import pytest

from devstack import paths

RUNTIME, DEVELOPMENT, BUCKETS = LOCKS = (
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-s3.txt",
)
PIN = re.compile(r"([a-z0-9][a-z0-9._-]*)==([0-9][0-9A-Za-z.]*)( ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
# Everybody who offers Tollgate over a network would have to live with these.
VIRAL = re.compile(r"AGPL|Affero|(?<!L)GPL|SSPL|Server Side Public", re.IGNORECASE)


def lines(lock: str) -> list[str]:
    return (paths.ROOT / lock).read_text().splitlines()


def pins(lock: str) -> dict[str, str]:
    return {found[1]: found[2] for line in lines(lock) if (found := PIN.fullmatch(line))}


def names(requirements: list[str]) -> set[str]:
    """Return the normalized names of requirements, without extras and versions."""
    bare = (re.match(r"[A-Za-z0-9._-]+", requirement) for requirement in requirements)
    return {re.sub(r"[-_.]+", "-", found[0]).lower() for found in bare if found}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_pins_and_hashes_and_nothing_else(lock: str) -> None:
    odd = [line for line in lines(lock) if not PIN.fullmatch(line) and not HASH.fullmatch(line)]
    assert odd == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_is_hashed(lock: str) -> None:
    text = lines(lock)
    unhashed = [
        line
        for line, following in zip(text, [*text[1:], ""], strict=True)
        if PIN.fullmatch(line) and not HASH.fullmatch(following)
    ]
    assert unhashed == []


def test_the_development_lock_contains_the_other_locks() -> None:
    runtime, development, buckets = map(pins, LOCKS)
    assert runtime.items() <= development.items()
    assert buckets.items() <= development.items()


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((paths.ROOT / "pyproject.toml").read_text())
    wanted = names(project["project"]["dependencies"])
    assert wanted <= pins(RUNTIME).keys()
    assert names(project["dependency-groups"]["dev"]) <= pins(DEVELOPMENT).keys()
    assert names(project["project"]["optional-dependencies"]["s3"]) <= pins(BUCKETS).keys()


def license_of(package: str) -> str:
    metadata = distribution(package).metadata.json
    classifiers = [text for text in metadata.get("classifier", []) if "License" in text]
    stated = str(metadata.get("license_expression") or metadata.get("license", ""))
    return "; ".join([stated.partition("\n")[0], *classifiers])


def test_no_license_of_a_runtime_dependency_reaches_beyond_its_own_code() -> None:
    elsewhere = {"async-timeout", "tzdata"}  # for other Pythons and systems only
    viral = {
        package: stated
        for package in (pins(RUNTIME) | pins(BUCKETS)).keys() - elsewhere
        if VIRAL.search(stated := license_of(package).replace("Lesser General", "LGPL"))
    }
    assert viral == {}
