"""Bundles of small logs, and what the one-file verifier says of them."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from audits.exporting.bundle import Order
from audits.exporting.scopes import Scope
from audits.sealing.growing import grow_until_idle
from audits.sequencing import Sequencer
from tests.audits.sealing.published import LOG, publish
from verifier.verify_bundle import main

WHOLE: Final = Order(scope=Scope(kind="all"))


def sealed_now() -> int:
    """Index, seal and sign everything; return the size of the log."""
    Sequencer().run_until_empty()
    grow_until_idle()
    return int(publish().size)


def verified(place: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, Any]:
    """Have a bundle verified; give the exit code and what was said."""
    capsys.readouterr()
    code = main([str(place), "--key", str(LOG.verifier_key), "--json", *options])
    return code, json.loads(capsys.readouterr().out)
