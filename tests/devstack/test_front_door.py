"""`./tollgate`: makes its environment once, again when it must, and never twice at once."""

import ast
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from devstack import paths

RUNTIME, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"
SCRIPT = paths.ROOT / "tollgate"
# Stands in for uv: makes an environment that has no packages, and records what it was asked.
FAKE_INSTALLER = """#!{python}
import pathlib, subprocess, sys, time
with open({log!r}, "a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
if sys.argv[1] == "venv":
    subprocess.run([sys.argv[sys.argv.index("--python") + 1],
                    "-m", "venv", "--clear", "--without-pip", sys.argv[-1]], check=True)
else:
    time.sleep(0.2)
    sys.exit(pathlib.Path({log!r}).with_name("fail").exists())
"""


def load() -> ModuleType:
    loader = SourceFileLoader("tollgate_front_door", str(SCRIPT))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


class Checkout:
    """A directory with locks, and a PATH on which the installer only pretends."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root / "log"
        self.log.touch()
        for lock in (RUNTIME, DEVELOPMENT):
            (root / lock).write_text(f"{lock}: the first\n")
        fake = root / "bin" / "uv"
        fake.parent.mkdir()
        fake.write_text(FAKE_INSTALLER.format(python=sys.executable, log=str(self.log)))
        fake.chmod(0o755)

    def environment(self) -> Any:
        """Return a new look at the environment, as another start of the script would."""
        return load().Environment(self.root)

    def asked(self) -> list[str]:
        """Return what the installer was asked, one word a call."""
        return [line.split()[0] for line in self.log.read_text().splitlines()]

    def installed(self) -> list[str]:
        """Return which locks were installed, in order."""
        lines = self.log.read_text().splitlines()
        return [Path(line.split()[-1]).name for line in lines if line.startswith("pip install")]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    made = Checkout(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return made


def test_the_first_use_makes_and_installs_and_the_second_does_nothing(checkout: Checkout) -> None:
    checkout.environment().ensure(RUNTIME)
    assert checkout.asked() == ["venv", "pip"]
    checkout.environment().ensure(RUNTIME)
    assert checkout.asked() == ["venv", "pip"]


def test_hashes_are_required(checkout: Checkout) -> None:
    checkout.environment().ensure(RUNTIME)
    assert "--require-hashes" in checkout.log.read_text()


def test_a_changed_lock_is_installed_into_the_same_environment(checkout: Checkout) -> None:
    checkout.environment().ensure(RUNTIME)
    (checkout.root / RUNTIME).write_text("the second\n")
    checkout.environment().ensure(RUNTIME)
    assert checkout.asked() == ["venv", "pip", "pip"]


def test_the_development_lock_contains_the_runtime_lock_but_not_the_reverse(
    checkout: Checkout,
) -> None:
    checkout.environment().ensure(RUNTIME)
    checkout.environment().ensure(DEVELOPMENT)
    checkout.environment().ensure(RUNTIME)
    assert checkout.installed() == [RUNTIME, DEVELOPMENT]


def test_a_changed_development_lock_is_installed_for_the_commands_that_need_it(
    checkout: Checkout,
) -> None:
    checkout.environment().ensure(DEVELOPMENT)
    (checkout.root / DEVELOPMENT).write_text("the second\n")
    checkout.environment().ensure(DEVELOPMENT)
    assert checkout.installed() == [DEVELOPMENT, DEVELOPMENT]


def test_a_failed_installation_leaves_no_stamp(checkout: Checkout) -> None:
    (checkout.root / "fail").touch()
    with pytest.raises(subprocess.CalledProcessError):
        checkout.environment().ensure(RUNTIME)
    assert not checkout.environment().has(RUNTIME)
    (checkout.root / "fail").unlink()
    checkout.environment().ensure(RUNTIME)
    assert checkout.environment().has(RUNTIME)


def test_two_first_uses_at_once_install_once(checkout: Checkout) -> None:
    environments = [checkout.environment() for _ in range(4)]
    with ThreadPoolExecutor(len(environments)) as pool:
        list(pool.map(lambda environment: environment.ensure(RUNTIME), environments))
    assert checkout.asked() == ["venv", "pip"]


def test_an_environment_of_another_interpreter_is_made_again(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.environment().ensure(RUNTIME)
    monkeypatch.setattr(sys, "version", f"{sys.version} of next year")
    checkout.environment().ensure(RUNTIME)
    assert checkout.asked() == ["venv", "pip", "venv", "pip"]


def test_an_environment_whose_interpreter_is_gone_is_made_again(checkout: Checkout) -> None:
    environment = checkout.environment()
    environment.ensure(RUNTIME)
    environment.python.unlink()
    (checkout.root / RUNTIME).write_text("the second\n")
    checkout.environment().ensure(RUNTIME)
    assert checkout.asked() == ["venv", "pip", "venv", "pip"]


def test_an_environment_that_was_moved_here_is_made_again(checkout: Checkout) -> None:
    checkout.environment().ensure(RUNTIME)
    moved = checkout.root / "moved"
    moved.mkdir()
    for name in (".venv", RUNTIME, DEVELOPMENT):
        (checkout.root / name).rename(moved / name)
    load().Environment(moved).ensure(RUNTIME)
    assert checkout.asked() == ["venv", "pip", "venv", "pip"]


def test_without_uv_pip_does_it(checkout: Checkout) -> None:
    (checkout.root / "bin" / "uv").unlink()
    (checkout.root / RUNTIME).write_text("")
    checkout.environment().ensure(RUNTIME)
    assert checkout.environment().has(RUNTIME)
    assert checkout.asked() == []


def test_bytecode_is_kept_whatever_is_wished_but_not_among_the_sources(checkout: Checkout) -> None:
    source = checkout.root / "sources"
    source.mkdir()
    (source / "something.py").touch()
    wished = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(source)}
    variables = checkout.environment().variables(wished)
    subprocess.run([sys.executable, "-c", "import something"], env=variables, check=True)
    assert [path.name for path in source.iterdir()] == ["something.py"]
    assert list((checkout.root / ".venv" / "bytecode").glob("**/something.*.pyc"))


def test_an_old_python_is_told_so_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 9))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer"):
        load().main(["up"])


def test_an_old_python_can_read_the_script_at_all() -> None:
    ast.parse(SCRIPT.read_text(), feature_version=(3, 6))


def test_the_script_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse(SCRIPT.read_text())
    imported = {
        alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))
    assert imported <= sys.stdlib_module_names


@pytest.mark.parametrize("arguments", [[], ["help"], ["--help"]])
def test_help_names_every_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    front_door = load()
    front_door.main(arguments)
    shown = capsys.readouterr().out
    assert all(f"  {command} " in shown for command in front_door.COMMANDS)


def test_an_unknown_command_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SystemExit, match=r"knows no command 'sell'(.|\n)*usage:"):
        load().main(["sell"])


def test_every_command_leads_to_a_module_that_exists() -> None:
    for module, lock in load().COMMANDS.values():
        path = paths.ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module
        assert (paths.ROOT / lock).exists()
