"""Checks of `verify` as an audit: none hides what another finds, nor clears it."""

from collections.abc import Callable, Iterator

import pytest

from audits import verification, work
from audits.differences import Difference, Look
from audits.findings import scheduled
from audits.findings.scheduled import Audit
from audits.models import FindingRow, WorkItem
from tests.audits.findings.looking import HOUR, names, run_audit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Difference | Exception]]:
    """Replace all audits by one of two checks, which find what a test says."""
    found: dict[str, list[Difference | Exception]] = {"one": [], "other": []}

    def check_of(name: str) -> Callable[[Look], Iterator[Difference]]:
        def check(_look: Look) -> Iterator[Difference]:
            for each in found[name]:
                if isinstance(each, Exception):
                    raise each
                yield each

        return check

    monkeypatch.setattr(verification, "_added", {name: check_of(name) for name in found})
    for name, empty in (("_audits", {}), ("_elsewhere", set())):
        monkeypatch.setattr(scheduled, name, empty)
    monkeypatch.setattr(work, "_surveys", {})
    scheduled.add_audit(Audit(name="toy", every=HOUR, look=scheduled.verified("one", "other")))
    return found


def amiss(subject: str, kind: str = "amiss") -> Difference:
    return Difference(kind=kind, subject=subject, detail="expected 1, found 2")


def test_what_one_check_finds_for_ever_hides_nothing_of_another(
    two: dict[str, list[Difference | Exception]],
) -> None:
    two["other"] = [amiss("a jar")]
    run_audit()
    two["one"] = [amiss("a lid", "cracked"), amiss("a lid"), amiss("another lid")]
    two["other"] = [amiss("a jar"), amiss("another jar")]
    run_audit()
    for subject in ("a jar", "another jar", "a lid", "another lid"):
        assert names(subject) == ["finding_raised"]
    assert FindingRow.objects.filter(kind="cracked").count() == 1


def test_where_there_is_too_much_each_check_has_its_share(
    two: dict[str, list[Difference | Exception]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduled, "FOUND_AT_MOST", 3)
    two["one"] = [amiss(f"lid {number}") for number in range(10)]
    two["other"] = [amiss("a jar")]
    run_audit()
    assert names("a jar") == names("lid 0") == names("lid 1") == ["finding_raised"]
    assert FindingRow.objects.count() == 3


def test_a_check_that_an_unsound_journal_breaks_off_is_told_and_clears_nothing(
    two: dict[str, list[Difference | Exception]],
) -> None:
    two["other"] = [amiss("a jar")]
    run_audit()
    two["one"], two["other"] = [amiss("a lid")], [ValueError("not to be read")]
    run_audit()
    assert names("a jar") == names("a lid") == ["finding_raised"]
    assert FindingRow.objects.filter(kind=verification.BROKEN_OFF, subject="check other").exists()


def test_a_check_that_fails_in_a_sound_journal_is_tried_again(
    two: dict[str, list[Difference | Exception]],
) -> None:
    two["other"] = [ValueError("a fault of ours")]
    run_audit()
    assert not FindingRow.objects.exists()
    [item] = WorkItem.objects.all()
    assert (item.status, item.attempts) == ("ready", 1)
