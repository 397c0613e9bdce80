"""The tools of `manage audit`: each app registers its own, so that the journal imports nothing above it.

A tool is named once, by its verb or its subject, such as `replay` or `lineage`.
"""

import sys
from collections.abc import Mapping
from typing import Any, Final, Protocol

from django.core.management.base import CommandParser


class Tool(Protocol):
    """What an auditor runs: it only reads, and its answer goes to standard output."""

    @property
    def help(self) -> str:
        """Say in one line what it does."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare its arguments."""

    def run(self, options: Mapping[str, Any]) -> int:
        """Do it; 0: well, 1: something was found or could not be answered."""


tools: Final[dict[str, Tool]] = {}
"""Name → tool."""


class ToolNameTakenError(Exception):
    """Two tools want one name."""


def add_tool(name: str, tool: Tool) -> None:
    """Let `manage audit NAME` run `tool`; registering the same pair again changes nothing."""
    if tools.setdefault(name, tool) is not tool:
        raise ToolNameTakenError(name)


def say(text: str) -> None:
    """Write a line of a tool's answer."""
    sys.stdout.write(f"{text}\n")
