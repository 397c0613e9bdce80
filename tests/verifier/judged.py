"""Bundles that hold, and what the verifier says of them."""

import json
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.verifier.bundles import LOG, Made, checkpoint, history, part, whole
from verifier.verify_bundle import main

EVENTS: Final = history(streams=4, versions=5)
WHOLE: Final = whole(EVENTS)
PART: Final = part(EVENTS, [1, 5, 9, 13, 17])
"""The second of the four streams."""


def found(place: Path, *options: str, key: str = LOG.key) -> tuple[int, dict[str, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        written: list[str] = []
        patch.setattr(sys.stdout, "write", written.append)
        code = main([str(place), "--key", key, "--json", *options])
    return code, json.loads(written[0])


def codes(made: Made, place: Path, *options: str) -> set[str]:
    code, answer = found(made.write(place), *options)
    assert code == 1
    assert not answer.get("proved")
    return {each["code"] for each in answer["differences"]}


def held(place: Path, size: int, *signers: Any) -> str:
    """Keep a checkpoint of the log's first events outside the bundle."""
    file = place.parent / f"{place.name}.held-{size}"
    file.write_bytes(checkpoint(WHOLE.leaves[:size], *signers))
    return f"--checkpoint={file}"
