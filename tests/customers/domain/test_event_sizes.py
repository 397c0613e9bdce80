"""The largest commands that the shapes admit give events that fit into the journal (64 KiB)."""

from datetime import date
from typing import TypeVar
from uuid import UUID

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from msgspec.structs import replace

from audits.kernel import Command, Event
from audits.personal import rewritten
from audits.vault import Subject
from customers.domain.customer.commands import CertifyEndUse, ProveSecurity, RegisterCustomer
from customers.domain.customer.events import (
    CustomerRegistered,
    CustomerScreened,
    EndUseCertified,
    SecurityProven,
)
from customers.domain.customer.values import (
    Certification,
    MeasureKind,
    RemoteEndUser,
    Screening,
    SecurityMeasure,
)
from customers.domain.hits import (
    MAX_HITS,
    MAX_PRINTED,
    MAX_PRINTED_SEALED,
    Hit,
    ListMatch,
    ScreenedName,
)
from customers.domain.hits import Subject as Screened
from customers.domain.party import Owner, Party, PartyKind, UltimateParent
from customers.domain.screening.entries import MAX_DETAIL, BadRow, BadRowReason
from customers.domain.screening.parsing import MAX_BAD_ROWS
from customers.domain.screening_list.commands import ImportList
from customers.domain.screening_list.events import ListImported
from customers.domain.values import Address, Document
from tests.customers.histories import USCC
from tests.support.people import EXPORTER, NOON

T = TypeVar("T")
ROOM_BYTES = 65_535 - 4_096
"""What the journal takes for an event, less room for its envelope."""

WIDE = "\U0002070e"
"""A letter of four bytes."""
LINE = WIDE * 200

PAPER = Document(
    name=LINE,
    media_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    sha256="d" * 64,
    size_bytes=2**40,
)
PARTY = Party(
    kind=PartyKind.ORGANIZATION,
    name=LINE,
    aliases=(LINE,) * 10,
    native_name=LINE,
    uscc=USCC,
    address=Address(lines=(LINE,) * 5, city=LINE, postal_code=WIDE * 20, country="CN"),
    headquarters_country="CN",
    ultimate_parent=UltimateParent(name=LINE, country="CN"),
    owners=(Owner(name=LINE, country="CN", share_basis_points=333),) * 30,
)
CERTIFICATION = Certification(
    end_use=WIDE * 4_000,
    civilian_end_use=True,
    no_military_end_use=True,
    no_military_end_user=True,
    remote_end_users=(RemoteEndUser(name=LINE, country="MO"),) * 32,
    remote_end_users_complete=True,
    signed_by=LINE,
    signed_on=date(2026, 11, 20),
    document=PAPER,
)
MEASURES = (
    SecurityMeasure(kind=MeasureKind.PHYSICAL_SECURITY, description=WIDE * 1_000, document=PAPER),
) * 10
BAD_ROWS = (
    BadRow(line=9_999_999, reason=BadRowReason.WRONG_COLUMN_COUNT, detail=WIDE * MAX_DETAIL),
) * MAX_BAD_ROWS

SUBJECT = Subject(UUID(int=7), AESSIV(bytes(64)))
"""Seals whatever is personal, each name as long as it gets."""


def sealed(command: T) -> T:
    return rewritten(command, lambda text, _person: SUBJECT.seal(text))


@pytest.mark.parametrize(
    ("command", "event"),
    [
        (
            RegisterCustomer(party=PARTY),
            CustomerRegistered(exporter_id=EXPORTER.organization_id, party=PARTY),
        ),
        (
            CertifyEndUse(certification=CERTIFICATION),
            EndUseCertified(party_version=1, certification=CERTIFICATION),
        ),
        (
            ProveSecurity(measures=MEASURES),
            SecurityProven(party_version=1, measures=MEASURES),
        ),
        (
            ImportList(
                sha256="1" * 64,
                source=LINE,
                fetched_at=NOON,
                rows=200,
                entries=100,
                names=100,
                bad_rows=BAD_ROWS,
            ),
            ListImported(
                sha256="1" * 64,
                source=LINE,
                fetched_at=NOON,
                rows=200,
                entries=100,
                names=100,
                bad_rows=BAD_ROWS,
            ),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_largest_command_fits_into_one_event(command: Command, event: Event) -> None:
    assert msgspec.convert(msgspec.to_builtins(command), type(command)) == command
    assert len(msgspec.json.encode(event)) <= ROOM_BYTES


@pytest.mark.parametrize("kind", PartyKind)
def test_the_largest_party_fits_sealed(kind: PartyKind) -> None:
    command = sealed(RegisterCustomer(party=replace(PARTY, kind=kind)))
    assert msgspec.convert(msgspec.to_builtins(command), type(command)) == command
    event = CustomerRegistered(exporter_id=EXPORTER.organization_id, party=command.party)
    assert len(msgspec.json.encode(event)) <= ROOM_BYTES


def test_the_largest_certification_fits_sealed() -> None:
    command = sealed(CertifyEndUse(certification=CERTIFICATION))
    assert msgspec.convert(msgspec.to_builtins(command), type(command)) == command
    event = EndUseCertified(party_version=1, certification=command.certification)
    assert len(msgspec.json.encode(event)) <= ROOM_BYTES


def test_the_largest_screening_of_sealed_names_fits() -> None:
    name, beside = SUBJECT.seal(LINE), SUBJECT.seal(WIDE * MAX_PRINTED_SEALED)
    match = ListMatch(
        entry_id="i" * MAX_PRINTED,
        entry_hash="e" * 64,
        source="Entity List (EL) - Bureau of Industry and Security",
        entry_name=beside,
        alias=beside,
        score_per_mille=1_000,
    )
    hit = Hit(
        hit_id=UUID(int=7),
        screened=ScreenedName(subject=Screened.ULTIMATE_PARENT, subject_name=name, name=name),
        cause=match,
    )
    screening = Screening(
        party_version=1,
        list_sha256="1" * 64,
        algorithm="tollgate-token-alignment",
        algorithm_version=1,
        threshold_per_mille=780,
        hits=(hit,) * MAX_HITS,
    )
    assert msgspec.convert(msgspec.to_builtins(screening), Screening) == screening
    assert len(msgspec.json.encode(CustomerScreened(screening=screening))) <= ROOM_BYTES
