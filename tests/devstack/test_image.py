"""The image: every command in it exists, what it contains exists, and nothing else is sent to its builder."""

import json
import re
import shlex

import click
import pytest
from celery.bin.celery import celery
from django.core.management import get_commands, load_command_class
from django.urls import resolve
from gunicorn.config import Config

from devstack import paths
from tests.devstack.deployment import DOCKERFILE, OURS


def words(command: str | list[str]) -> list[str]:
    return shlex.split(command) if isinstance(command, str) else command


def commands_of_the_image() -> list[list[str]]:
    """Return every command that runs in our image: services, health checks and the default."""
    given = [service["command"] for service in OURS.values() if "command" in service]
    default = json.loads(DOCKERFILE.split("\nCMD ")[1])
    checks = [
        service["healthcheck"]["test"] for service in OURS.values() if "healthcheck" in service
    ]
    asked = [words(check[1]) if check[0] == "CMD-SHELL" else check[1:] for check in checks]
    together = [default, *given, *asked]
    return [command for place, command in enumerate(together) if command not in together[:place]]


@pytest.mark.parametrize("command", commands_of_the_image(), ids=" ".join)
def test_every_command_of_the_image_exists(command: list[str]) -> None:
    match command:
        case ["python", "manage.py", name, *options]:
            application = get_commands()[name]
            asked = load_command_class(application, name)
            asked.create_parser("manage.py", name).parse_args(options)
        case ["python", script, path]:
            assert (paths.ROOT / script).exists()
            resolve(path)
        case ["gunicorn", *options]:
            Config().parser().parse_args(options)
        case ["celery", "--app", "config", name, *options]:
            task = celery.commands[name]
            task.make_parser(click.Context(task)).parse_args(list(options))
        case _:
            assert command[0] == "find"


def test_the_image_contains_what_exists_and_runs_as_nobody_special() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE)
    assert [name for name in copied if not (paths.ROOT / name).exists()] == []
    assert {"manage.py", "ops", "config", "audits", "customers", "licenses"} <= set(copied)
    users = re.findall(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    assert users == [("10001", "10001")]
    sealing = {"signing-key", "signer", "sealer"}
    assert {name: service["user"] for name, service in OURS.items()} == {
        name: "10002:10002" if name in sealing else "10001:10001" for name in OURS
    }


def test_nothing_but_what_is_copied_is_sent_to_the_image_builder() -> None:
    allowed = (paths.ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE)
    assert allowed[0] == "*"
    assert {f"!{name}" for name in copied} == {line for line in allowed if line.startswith("!")}
