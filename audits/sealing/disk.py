"""Waiting for the disk: what a loss of power cannot take back."""

import os
from pathlib import Path


def sync(directory: Path) -> None:
    """Return when the names in a directory are on disk; the bytes of its files are their writers' affair."""
    opened = os.open(directory, os.O_RDONLY)
    os.fsync(opened)
    os.close(opened)
