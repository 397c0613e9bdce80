"""Bars of progress stay on standard error, so that answers can be piped while they are shown."""

import sys

import pytest

from audits.progress import shown


def test_what_is_written_while_bars_are_shown_goes_where_it_belongs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As with `… --json > answer` at a terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")  # bars are drawn as at a terminal
    with shown() as progress:
        progress.begin("looking", 2)
        progress.advance(1)
        sys.stdout.write('{"cases":[]}\n')
    said = capsys.readouterr()
    assert said.out == '{"cases":[]}\n'
    assert "looking" in said.err
