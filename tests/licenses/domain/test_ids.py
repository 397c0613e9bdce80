"""Derived stream ids: stable for ever, and no two kinds ever meet."""

from uuid import UUID

from licenses.domain.ids import allotment_id, edition_id, escrow_id, lab_test_id, remittance_id

A = UUID(int=1)
B = UUID(int=2)


def test_ids_never_change() -> None:
    assert [
        str(each)
        for each in (
            escrow_id(A),
            lab_test_id(A),
            remittance_id(A),
            allotment_id(A, B, "2026"),
            edition_id("brief-2026"),
        )
    ] == [
        "a50f1b02-c8b5-53fc-a252-98988e6d63c0",
        "466ff78f-4f63-5d67-b86a-d4c17bbe63fc",
        "b2bb3add-8df5-51fa-83ff-b3fcebb8aa7e",
        "ffc2e9b0-4d80-552a-a4f5-1cbc568ca6db",
        "837f0f26-ff9a-5ad2-87f7-371bffe0371d",
    ]


def test_every_part_of_the_key_counts() -> None:
    ids = {
        escrow_id(A),
        escrow_id(B),
        lab_test_id(A),
        remittance_id(A),
        allotment_id(A, B, "2026"),
        allotment_id(B, A, "2026"),
        allotment_id(A, A, "2026"),
        allotment_id(A, B, "2027"),
        allotment_id(A, B, "all_time"),
        edition_id("brief-2026"),
        edition_id("rule-2026"),
    }

    assert len(ids) == 11
