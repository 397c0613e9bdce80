"""Every kind of event that can be recorded has a title in plain words."""

import audits.wire
import customers.wire
import licenses.wire
from licenses.web.titles import TITLES

NAMES = {*audits.wire.NAMES, *customers.wire.NAMES, *licenses.wire.NAMES}


def test_every_event_has_a_title_and_no_title_is_left_over() -> None:
    assert set(TITLES) == NAMES


def test_no_two_events_read_the_same() -> None:
    assert len(set(TITLES.values())) == len(TITLES)


def test_titles_are_sentences_without_an_end() -> None:
    for text in TITLES.values():
        assert text[0].isupper()
        assert "_" not in text
        assert not text.endswith(".")
