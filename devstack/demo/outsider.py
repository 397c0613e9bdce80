"""An auditor's own machine: the one-file verifier and the public key."""

import importlib.util
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from devstack import paths

VERIFIER: Final = paths.ROOT / "verifier" / "verify_bundle.py"
NEEDED: Final = ("cryptography", "cffi", "_cffi_backend", "pycparser")
"""The one package that the verifier needs, and what that consists of."""
RUN: Final = "import runpy, sys; sys.path.append(sys.argv.pop(1)); runpy.run_path(sys.argv.pop(1), run_name='__main__')"


@dataclass
class Outsider:
    """Holds a verifier and a key; knows nothing of ours."""

    home: Path
    key: str

    def __post_init__(self) -> None:
        self._packages = self.home / "packages"
        self._packages.mkdir(parents=True)
        for name in NEEDED:
            found = importlib.util.find_spec(name)
            if found is not None and found.origin is not None:
                origin = Path(found.origin)
                kept = origin.parent if found.submodule_search_locations else origin
                (self._packages / kept.name).symlink_to(kept)
        self._verifier = Path(shutil.copy(VERIFIER, self.home))

    def verify(self, bundle: Path, *checkpoints: Path) -> dict[str, Any]:
        """Verify a bundle in a bare Python: without site packages, environment or our code."""
        kept = [part for path in checkpoints for part in ("--checkpoint", str(path))]
        finished = subprocess.run(
            [
                *(sys.executable, "-I", "-S", "-c", RUN),
                *(str(self._packages), str(self._verifier), str(bundle)),
                *("--key", self.key, "--json", *kept),
            ],
            cwd=self.home,
            env={},
            check=False,
            capture_output=True,
            text=True,
        )
        if finished.returncode not in {0, 1}:
            raise RuntimeError(f"{bundle}: {finished.stdout} {finished.stderr}")
        found: dict[str, Any] = json.loads(finished.stdout)
        return found
