"""Changed bundles: whatever differs from what was signed is found, and told by its place."""

from pathlib import Path
from typing import Any

import pytest

from tests.verifier.bundles import LOG, Made, event, part, whole
from tests.verifier.judged import EVENTS, PART, WHOLE, codes, found


def test_a_changed_event_is_told_by_its_place(tmp_path: Path) -> None:
    events = [*EVENTS]
    events[6] = events[6].replace(b'"200"', b'"201"')
    code, answer = found(WHOLE.but(events=events).write(tmp_path))
    assert code == 1
    first = answer["differences"][0]
    assert (first["code"], first["log_index"]) == ("leaf_differs", 6)
    assert first["event_id"] == "00000002-0000-7000-8000-000000000002"
    assert answer["differences"][-1]["code"] == "root_differs"


def test_a_changed_event_of_a_part_has_no_proof(tmp_path: Path) -> None:
    events = [*PART.events]
    events[2] = events[2].replace(b'"300"', b'"301"')
    assert codes(PART.but(events=events), tmp_path) == {"inclusion_unproved"}


def test_an_event_moved_to_another_place_has_no_proof(tmp_path: Path) -> None:
    assert "inclusion_unproved" in codes(PART.but(places=[1, 5, 9, 13, 18]), tmp_path)


@pytest.mark.parametrize("at", [0, 7, 19])
def test_a_missing_event_is_found(at: int, tmp_path: Path) -> None:
    events, places = [*EVENTS], list(range(20))
    del events[at], places[at]
    differs = codes(WHOLE.but(events=events, places=places), tmp_path)
    assert "root_differs" in differs
    assert ("log_index_wrong" in differs) is (at < 19)  # behind the last there is no gap to see


def test_events_of_a_part_stand_in_log_order_and_once(tmp_path: Path) -> None:
    gaps = {"whole_streams": False}
    other = part(EVENTS, [1, 2, 6]).but(changes=gaps)
    assert found(other.write(tmp_path / "order"))[0] == 0
    swapped = part(EVENTS, [2, 1, 6]).but(changes=gaps)
    assert codes(swapped, tmp_path / "swapped") == {"log_index_wrong"}
    twice = part(EVENTS, [1, 1]).but(changes=gaps)
    assert codes(twice, tmp_path / "twice") == {"version_gap"}


def test_a_proof_names_the_place_that_it_proves(tmp_path: Path) -> None:
    place = PART.write(tmp_path)
    lines = (place / "proofs.jsonl").read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b'"log_index":9', b'"log_index":8')
    (place / "proofs.jsonl").write_bytes(b"".join(lines))
    assert found(place)[1]["differences"][0]["code"] == "inclusion_unproved"


def test_a_checkpoint_of_another_size_is_of_another_log(tmp_path: Path) -> None:
    for size in (19, 21):
        text = WHOLE.note.partition(b"\n\n")[0].replace(b"\n20\n", b"\n%d\n" % size) + b"\n"
        made = WHOLE.but(note=text + b"\n" + LOG.line(text))
        assert "root_differs" in codes(made, tmp_path / str(size))


def test_events_in_another_order_are_found(tmp_path: Path) -> None:
    events, places = [*EVENTS], list(range(20))
    events[3], events[4], places[3], places[4] = events[4], events[3], places[4], places[3]
    assert "log_index_wrong" in codes(WHOLE.but(events=events, places=places), tmp_path)


def test_a_gap_in_a_stream_is_found_even_if_it_was_signed(tmp_path: Path) -> None:
    assert codes(whole([*EVENTS[:8], *EVENTS[9:]]), tmp_path) == {"version_gap"}


def test_a_bundle_that_claims_no_whole_streams_may_have_gaps(tmp_path: Path) -> None:
    made = part(EVENTS, [1, 9]).but(changes={"whole_streams": False})
    code, answer = found(made.write(tmp_path / "gap"))
    assert code == 0
    assert not any("streams" in text for text in answer["proved"])
    twice = whole([event(1, 1), event(1, 1)]).but(changes={"whole_streams": False})
    assert codes(twice, tmp_path / "twice") == {"version_gap"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"counts": {"events": 21, "streams": 4, "types": {"jar_paid": 20}}}, "count_differs"),
        ({"counts": {"events": 20, "streams": 4, "types": {"jar_paid": 19}}}, "count_differs"),
        ({"counts": {"events": 20, "streams": 5, "types": {"jar_paid": 20}}}, "count_differs"),
        (
            {
                "totals": [
                    {
                        "name": "paid",
                        "type": "jar_paid",
                        "field": "paid_cents",
                        "by": "currency",
                        "sums": {"USD": "6001"},
                    }
                ]
            },
            "total_differs",
        ),
    ],
)
def test_counts_and_totals_are_taken_again(
    changes: dict[str, Any], code: str, tmp_path: Path
) -> None:
    assert codes(WHOLE.but(changes=changes), tmp_path) == {code}


def test_a_total_is_of_one_type_and_by_what_it_says(tmp_path: Path) -> None:
    notes = [
        event(1, 1, currency="EUR", paid_cents="5"),
        event(1, 2, currency="USD", paid_cents="7"),
    ]
    beside = whole([*notes, event(2, 1)]).but(changes={"names": {}})
    assert found(beside.write(tmp_path / "beside"))[0] == 0

    def claiming(by: str, sums: dict[str, str]) -> Made:
        total = {"name": "noted", "type": "jar_note_left", "field": "paid_cents"}
        totals = [total | {"by": by, "sums": sums}]
        return whole(notes).but(changes={"names": {}, "totals": totals})

    assert found(claiming("currency", {"EUR": "5", "USD": "7"}).write(tmp_path / "each"))[0] == 0
    assert found(claiming("", {"": "12"}).write(tmp_path / "all"))[0] == 0
    assert codes(claiming("currency", {"EUR": "12"}), tmp_path / "one") == {"total_differs"}
    assert codes(claiming("", {"EUR": "5", "USD": "7"}), tmp_path / "two") == {"total_differs"}
