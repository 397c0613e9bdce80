"""`manage audit`: a tool for each question, registered by the app that knows the answer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import CommandParser

from audits import tools
from audits.execution import NotFound
from audits.kernel import Refused


class Echo:
    """A tool that says what it is told, and answers with a number."""

    help = "Say a word."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("word")
        parser.add_argument("--code", type=int, default=0)

    def run(self, options: Mapping[str, Any]) -> int:
        if options["word"] == "never":
            raise Refused("word_refused", "Not this one")
        if options["word"] == "nowhere":
            raise NotFound("such word")
        tools.say(options["word"])
        return int(options["code"])


ECHO: Final = Echo()


@pytest.fixture(autouse=True)
def _echo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tools.tools, "echo", ECHO)


def test_a_registered_tool_runs_with_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("audit", "echo", "hello")
    assert capsys.readouterr().out == "hello\n"


def test_what_a_tool_finds_is_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("audit", "echo", "difference", "--code", "1")
    assert (ended.value.code, capsys.readouterr().out) == (1, "difference\n")


def test_what_a_tool_refuses_is_told_with_its_code() -> None:
    with pytest.raises(CommandError, match="word_refused: Not this one"):
        call_command("audit", "echo", "never")


def test_what_a_tool_does_not_find_is_told() -> None:
    with pytest.raises(CommandError, match="not_found: there is no such word"):
        call_command("audit", "echo", "nowhere")


@pytest.mark.parametrize("end", ["yesterday", "2026-11-22", "1e3", "\u00b2", "--", ""])
def test_an_end_of_a_difference_is_a_time_or_an_index(end: str) -> None:
    with pytest.raises(CommandError, match="--from"):
        call_command("audit", "difference", "--from", end, "--to", "3")


@pytest.mark.parametrize("receipts", ["nosuch", "."])
def test_receipts_are_read_from_a_file(receipts: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="there is no file"):
        call_command("verify", "--receipts", str(tmp_path / receipts))


@pytest.mark.parametrize("arguments", [[], ["stranger"], ["echo"]])
def test_a_tool_and_its_arguments_have_to_be_known(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("audit", *arguments)


def test_a_name_is_given_once() -> None:
    tools.add_tool("echo", ECHO)
    with pytest.raises(tools.ToolNameTakenError):
        tools.add_tool("echo", Echo())
