"""Compare the committed OpenAPI document with what the code describes now.

Exit 0 when they are the same; otherwise print the difference and how to renew the document.
"""

import difflib
import subprocess
import sys
import tempfile
from pathlib import Path

from devstack import paths

DOCUMENT = paths.ROOT / "docs" / "openapi.yaml"
RENEW = "./tollgate manage spectacular --validate --fail-on-warn --file docs/openapi.yaml"


def generate(target: Path) -> None:
    """Write the document that the code describes; raise when it is not valid or warns."""
    options = ("--validate", "--fail-on-warn", "--file", str(target))
    subprocess.run(
        [sys.executable, "manage.py", "spectacular", *options], cwd=paths.ROOT, check=True
    )


def difference(committed: str, current: str) -> str:
    """Return the unified difference of two documents, empty when there is none."""
    lines = difflib.unified_diff(
        committed.splitlines(keepends=True),
        current.splitlines(keepends=True),
        fromfile="docs/openapi.yaml",
        tofile="the code",
    )
    return "".join(lines)


def main() -> int:
    """Generate, compare, report; return the exit code."""
    with tempfile.TemporaryDirectory() as directory:
        current = Path(directory) / "openapi.yaml"
        try:
            generate(current)
        except subprocess.CalledProcessError:
            return 1
        committed = DOCUMENT.read_text() if DOCUMENT.exists() else ""
        found = difference(committed, current.read_text())
    if found:
        sys.stdout.write(f"{found}\nTo renew it: {RENEW}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
