"""Moments that nobody has: each way to ask for the past says what is wrong, and none reads another one."""

import argparse
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audits.enrollment import enroll_organization
from audits.kernel import Role
from audits.past import moments
from audits.past.tool import index_argument, moment_argument
from audits.sequencing import Sequencer
from tests.support.client import ApiClient, client_of, problem
from tests.support.people import AUDITOR

pytestmark = pytest.mark.django_db

TIMES = [
    "",
    "null",
    "0",
    "1700000000",
    "now",
    "2026-11-22",
    "2026-11-22T00:00:00",  # of no zone: nobody's machine says which
    "2026-11-22T00:00Z",
    "20261122T000000Z",
    "2026-02-30T00:00:00Z",
    "2026-11-22T24:00:00Z",
    "2016-12-31T23:59:60Z",
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "-001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-11-22T00:00:00+24:00",
    "2026-11-22T00:00:00.0000005Z",
    "2026-11-22T00:00:00.9999999Z",
    "2026-11-22T00:00:00.0000000000001+01:00",
]
INDEXES = [
    "",
    "null",
    "-2",
    "1e30",
    "0x1",
    "1_0",
    "+1",
    " 1",
    "٣",
    "NaN",
    "9007199254740992",
]
PATHS = ["customers/", "events/", "accesses/", "ledger/trial-balance", "audits/clocks"]


@pytest.fixture
def auditor() -> ApiClient:
    """Ask of a log of two events."""
    for name in ("First Works", "Second Works"):
        enroll_organization(name, Role.EXPORTER)
    Sequencer().run_until_empty()
    return client_of(AUDITOR)


def refused(answer: Any) -> None:
    """Ask that a question was refused for what it asks, with a name for what is wrong."""
    problem(answer, 400, answer.json()["code"])


def test_a_time_that_cannot_be_meant_is_refused_everywhere(auditor: ApiClient) -> None:
    for time in TIMES:
        for path in PATHS:
            refused(auditor.get(path, {"as_of": time}))
        for end in ("from_time", "to_time"):
            asked = {"from_time": "2020-01-01T00:00:00Z", end: time}
            refused(auditor.get("audits/differences", asked))


def test_an_index_that_cannot_be_meant_is_refused_everywhere(auditor: ApiClient) -> None:
    for index in INDEXES:
        for path in PATHS:
            refused(auditor.get(path, {"log_index": index}))
    for path in PATHS:
        beyond = auditor.get(path, {"log_index": moments.last_index() + 1})
        assert problem(beyond, 409, "log_index_unknown")["last_log_index"] == moments.last_index()
        far = problem(auditor.get(path, {"log_index": 2**53 - 1}), 409, "log_index_unknown")
        assert far["last_log_index"] == moments.last_index()
        both = {"log_index": 0, "as_of": "2026-11-22T00:00:00Z"}
        problem(auditor.get(path, both), 409, "moment_ambiguous")
        twice = f"/api/v1/{path}?log_index=0&log_index=1"
        problem(auditor.get(twice), 400, "query_invalid")


@pytest.mark.parametrize(
    ("time", "index"),
    [
        ("0001-01-01T00:00:00Z", -1),
        ("0001-01-01T00:00:00-23:59", -1),
        ("9999-12-31T23:59:59.999999Z", 1),
        ("9999-12-31T23:59:59.9999990000Z", 1),
    ],
)
def test_the_ends_of_the_calendar_are_times(auditor: ApiClient, time: str, index: int) -> None:
    for path in PATHS:
        found = auditor.get(path, {"as_of": time})
        assert found.status_code == 200, found.content
        settled = index < moments.last_index()
        assert found.json()["stands_on"] == {"log_index": index, "settled": settled}


@pytest.mark.parametrize("time", TIMES)
def test_the_command_line_refuses_the_same_times(time: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        moment_argument(time)


@pytest.mark.parametrize("index", INDEXES[:-1])
def test_the_command_line_refuses_the_same_indexes(index: str) -> None:
    if index != "-2":  # refused by the log, which says where it ends
        with pytest.raises(argparse.ArgumentTypeError):
            index_argument(index)


@pytest.mark.usefixtures("auditor")
def test_whoever_replays_an_odd_moment_is_told_so() -> None:
    def replay(*asked: Any) -> None:
        call_command("audit", "replay", "clocks", *asked)

    for asked in (["--as-of", "2026-11-22T00:00:00"], ["--log-index", "1e30"]):
        with pytest.raises(CommandError, match=r"write 2026|such as 42"):
            replay(*asked)
    for beyond in ("--log-index=-2", "--log-index=2"):
        with pytest.raises(CommandError, match="The log ends at 1"):
            replay(beyond)
