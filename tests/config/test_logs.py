"""One line of JSON for each thing said, by whomever."""

import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from django.test import Client
from gunicorn.config import Config
from gunicorn.http import RequestParser
from gunicorn.http.errors import InvalidHTTPVersion
from gunicorn.workers.base import Worker

from config.logs import CHATTY, configure_structlog, logging_settings


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Configure logging as the settings do, and give what was said since."""
    stream = io.StringIO()
    before = list(logging.root.handlers), logging.root.level
    monkeypatch.setattr("sys.stderr", stream)
    logging.config.dictConfig(logging_settings("INFO"))
    configure_structlog()
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.root.handlers, logging.root.level = before
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.NOTSET)


def test_structlog_and_the_standard_library_come_out_alike(
    said: Callable[[], list[dict[str, Any]]],
) -> None:
    structlog.get_logger("ours").info("shipped", license_number="D000001")
    logging.getLogger("theirs").info("said %s", "so", extra={"status_code": 404})
    ours, theirs = said()
    assert (ours["event"], ours["level"], ours["logger"]) == ("shipped", "info", "ours")
    assert ours["license_number"] == "D000001"
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("said so", "info", "theirs")
    assert theirs["status_code"] == 404
    assert ours["timestamp"].endswith("Z")
    assert theirs["timestamp"].endswith("Z")


def test_an_exception_is_one_line_with_its_frames(
    said: Callable[[], list[dict[str, Any]]],
) -> None:
    try:
        int("of what it was")
    except ValueError:
        logging.getLogger("theirs").exception("failed")
    (line,) = said()
    assert line["event"] == "failed"
    assert line["exception"][0]["exc_type"] == "ValueError"


def test_an_exception_tells_no_local_variables(said: Callable[[], list[dict[str, Any]]]) -> None:
    def log_in(password: str) -> int:
        return len(password) // 0

    try:
        log_in("a long and " + "winding password")
    except ZeroDivisionError:
        logging.getLogger("theirs").exception("failed")
    assert "winding password" not in json.dumps(said())


@pytest.mark.parametrize("name", ["django", "django.server", "gunicorn.error"])
def test_nobody_says_things_twice(said: Callable[[], list[dict[str, Any]]], name: str) -> None:
    logging.getLogger(name).warning("once")
    assert [line["event"] for line in said()] == ["once"]


@pytest.mark.parametrize("name", ["gunicorn.access", "celery.beat", "celery.app.trace"])
def test_routine_is_not_said_but_trouble_is(
    said: Callable[[], list[dict[str, Any]]], name: str
) -> None:
    logging.getLogger(name).info("as ever")
    logging.getLogger(name).error("not as ever")
    assert [line["event"] for line in said()] == ["not as ever"]


def test_what_is_below_the_level_is_not_said(said: Callable[[], list[dict[str, Any]]]) -> None:
    logging.getLogger("theirs").debug("too small")
    structlog.get_logger("ours").debug("too small")
    assert said() == []


@pytest.mark.parametrize(
    ("address", "said_of_it"),
    [
        ("/api/v1/editions/?name=Zo%C3%AB+Quist", "GET /api/v1/editions/"),
        ("/api/v1/customers/Zo%C3%AB%20Quist", "GET *"),
        ("/Zo%C3%AB Quist/?Zo%C3%AB", "GET *"),
    ],
)
def test_no_word_of_a_request_is_kept(
    said: Callable[[], list[dict[str, Any]]], address: str, said_of_it: str
) -> None:
    """A query, or an address that nobody has, may be somebody's name, in whichever spelling."""
    Client().get(address)
    [line] = said()
    assert line["request"] == said_of_it
    assert said_of_it.removeprefix("GET ") in line["event"]
    spelled = ("Zo", "Quist", "%C3", "\\xeb")
    assert [word for word in spelled if word in json.dumps(line, ensure_ascii=False)] == []


@pytest.mark.parametrize("name", ["Zoe Quist", "Zoe O'Quist"])
def test_nothing_is_quoted_from_what_is_no_request(
    said: Callable[[], list[dict[str, Any]]], name: str
) -> None:
    sent = f"GET /api/v1/customers/?name={name} HTTP/1.1\r\n\r\n".encode()
    serving: Any = SimpleNamespace(log=logging.getLogger("gunicorn.error"), cfg=Config())
    with pytest.raises(InvalidHTTPVersion) as caught:
        next(RequestParser(Config(), [sent], ("127.0.0.1", 1)))
    Worker.handle_error(serving, None, serving, ("127.0.0.1", 1), caught.value)
    assert [line["event"] for line in said()] == [
        "Invalid request from ip=127.0.0.1: Invalid HTTP Version"
    ]
