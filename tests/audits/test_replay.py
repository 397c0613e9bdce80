"""Everything is derived again from events, page by page: each stream whole, each command whole."""

import pytest

from audits import reading, replay
from tests.audits.api.toy import DECIDER
from tests.audits.histories import full_jar, smashed_jar

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let streams and commands begin and end within pages, and between them."""
    monkeypatch.setattr(replay, "PAGE_SIZE", 2)


def test_each_stream_folds_to_what_it_folds_to_alone() -> None:
    jars = [full_jar(*range(1, count)) for count in (2, 3, 6)] + [smashed_jar()]
    found = list(replay.streams_of(DECIDER))
    assert [loaded.stream_id for loaded in found] == sorted(jars)
    for loaded in found:
        alone = reading.load(DECIDER, loaded.stream_id)
        assert (loaded.state, loaded.version) == (alone.state, alone.version)
        assert tuple(loaded.recorded) == tuple(alone.recorded)
