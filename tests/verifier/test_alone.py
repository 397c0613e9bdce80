"""What a third party has to trust of the verifier itself: how much it is, what it rests on, what it reaches."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.verifier.bundles import LOG, history, whole

VERIFIER: Final = Path(__file__).parents[2] / "verifier/verify_bundle.py"
MOST_LINES, LONGEST_LINE = 400, 120
REACHES_OUT: Final = {
    *("asyncio", "ctypes", "ftplib", "http", "multiprocessing", "os", "select", "selectors"),
    *("smtplib", "socket", "socketserver", "ssl", "subprocess", "urllib", "xmlrpc"),
}
"""Modules of the standard library with which a program talks to others or starts them."""
FENCED: Final = """
import runpy, sys
def stop(event, _):
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn")):
        raise RuntimeError("it reaches out: " + event)
sys.addaudithook(stop)
sys.exit(runpy.run_path(sys.argv[1])["main"](sys.argv[2:]))
"""


def imported(source: str) -> set[str]:
    """List the top packages that a program imports anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." if node.level else str(node.module).partition(".")[0])
    return found


@pytest.mark.parametrize("name", ["verify_bundle.py", "verify_receipts.py", "tollgate_witness.py"])
def test_one_file_short_enough_to_be_read(name: str) -> None:
    lines = VERIFIER.with_name(name).read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= LONGEST_LINE


def test_it_rests_on_the_standard_library_and_cryptography_alone() -> None:
    needed = imported(VERIFIER.read_text(encoding="utf-8"))
    assert needed - sys.stdlib_module_names == {"cryptography"}
    assert not needed & REACHES_OUT
    assert not {"eval", "exec", "compile", "__import__"} & {
        node.id
        for node in ast.walk(ast.parse(VERIFIER.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name)
    }


def test_it_reaches_nobody_while_it_runs(tmp_path: Path) -> None:
    place = whole(history(streams=4, versions=5)).write(tmp_path / "bundle")
    command = [sys.executable, "-I", "-c", FENCED, str(VERIFIER), str(place), "--key", LOG.key]
    before = sorted(tmp_path.rglob("*"))
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)  # noqa: S603 -- our own file
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "20 events are as they were signed" in ended.stdout
    assert sorted(tmp_path.rglob("*")) == before
