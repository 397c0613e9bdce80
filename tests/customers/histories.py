"""Histories of customers for tests: a sound party, its papers, and the way to an approval."""

from datetime import date, timedelta
from typing import Any, Final

from msgspec.structs import replace

from audits.kernel import Actor, Event
from customers.domain.customer.decisions import ApprovalFacts
from customers.domain.customer.events import (
    ApprovalProposed,
    CustomerApproved,
    CustomerRegistered,
    CustomerScreened,
    EndUseCertified,
    HitAdjudicated,
    HitReleased,
    SecurityProven,
)
from customers.domain.customer.findings import ReleaseFacts
from customers.domain.customer.values import (
    REQUIRED_MEASURES,
    Certification,
    RemoteEndUser,
    Screening,
    SecurityMeasure,
)
from customers.domain.hits import Disposition, Hit, ListMatch, ScreenedName, Subject
from customers.domain.party import Owner, Party, PartyKind, UltimateParent
from customers.domain.values import Address, Document
from tests.support.people import EXPORTER, NOON, OFFICER, SECOND_OFFICER, identity

LIST: Final = "1" * 64
NEXT_LIST: Final = "2" * 64
EDITION: Final = "rule-2026"
EXPIRES_AT: Final = NOON + timedelta(days=365)
USCC: Final = "91320100MA27XYL78H"
"""Made up; its check character is right."""

PARTY: Final = Party(
    kind=PartyKind.ORGANIZATION,
    name="Nanjing Riverside Cloud Computing Co., Ltd.",
    aliases=("Riverside Cloud",),
    native_name="南京某某云计算有限公司",
    uscc=USCC,
    address=Address(lines=("1 Riverside Road",), city="Nanjing", country="CN"),
    headquarters_country="CN",
    ultimate_parent=UltimateParent(name="Riverside Holding Limited", country="HK"),
    owners=(
        Owner(name="Riverside Holding Limited", country="HK", share_basis_points=6_001),
        Owner(name="Meadow Fund", country="SG", share_basis_points=3_000),
    ),
)


def document(name: str) -> Document:
    return Document(name=name, media_type="application/pdf", sha256="d" * 64, size_bytes=1_024)


CERTIFICATION: Final = Certification(
    end_use="Weather models for shipping companies",
    civilian_end_use=True,
    no_military_end_use=True,
    no_military_end_user=True,
    remote_end_users=(RemoteEndUser(name="Macau branch office", country="MO"),),
    remote_end_users_complete=True,
    signed_by="The legal representative",
    signed_on=date(2026, 11, 20),
    document=document("Certification"),
)
MEASURES: Final = tuple(
    SecurityMeasure(kind=kind, description=f"How {kind} is done", document=document(kind))
    for kind in REQUIRED_MEASURES
)


def hit(
    name: str = "hit", *, subject: Subject = Subject.PARTY, subject_name: str = PARTY.name
) -> Hit:
    return Hit(
        hit_id=identity(name),
        screened=ScreenedName(subject=subject, subject_name=subject_name, name=subject_name),
        cause=ListMatch(
            entry_id="sample-001",
            entry_hash="e" * 64,
            source="Entity List",
            entry_name="Riverside Computing Institute",
            alias="Riverside Computing",
            score_per_mille=850,
        ),
    )


HIT: Final = hit()
PARENT_HIT: Final = hit(
    "parent", subject=Subject.ULTIMATE_PARENT, subject_name="Riverside Holding Limited"
)
MAJORITY_HIT: Final = hit(
    "majority", subject=Subject.OWNER, subject_name="Riverside Holding Limited"
)
MINORITY_HIT: Final = hit("minority", subject=Subject.OWNER, subject_name="Meadow Fund")


def screening(*hits: Hit, version: int = 1, sha256: str = LIST) -> Screening:
    return Screening(
        party_version=version,
        list_sha256=sha256,
        algorithm="tollgate-token-alignment",
        algorithm_version=1,
        threshold_per_mille=780,
        hits=hits,
    )


def registered(party: Party = PARTY) -> CustomerRegistered:
    return CustomerRegistered(exporter_id=EXPORTER.organization_id, party=party)


def certified(version: int = 1) -> EndUseCertified:
    return EndUseCertified(party_version=version, certification=CERTIFICATION)


def proven(version: int = 1) -> SecurityProven:
    return SecurityProven(party_version=version, measures=MEASURES)


def screened(*hits: Hit, version: int = 1, sha256: str = LIST) -> CustomerScreened:
    return CustomerScreened(screening=screening(*hits, version=version, sha256=sha256))


def adjudicated(
    of: Hit = HIT, disposition: Disposition = Disposition.FALSE_POSITIVE
) -> HitAdjudicated:
    return HitAdjudicated(
        hit_id=of.hit_id,
        disposition=disposition,
        reason="Another city, another trade",
        by=OFFICER.person_id,
    )


def released(of: Hit = HIT) -> HitReleased:
    return HitReleased(hit_id=of.hit_id, reason="Agreed", by=SECOND_OFFICER.person_id)


def proposed(version: int = 1, *, sha256: str = LIST) -> ApprovalProposed:
    return ApprovalProposed(
        party_version=version,
        expires_at=EXPIRES_AT,
        reason="Civilian, certified, secured",
        by=OFFICER.person_id,
        edition=EDITION,
        list_sha256=sha256,
    )


def approved(version: int = 1, *, sha256: str = LIST) -> CustomerApproved:
    return CustomerApproved(
        party_version=version,
        expires_at=EXPIRES_AT,
        proposed_by=OFFICER.person_id,
        by=SECOND_OFFICER.person_id,
        edition=EDITION,
        list_sha256=sha256,
    )


PAPERS: Final[tuple[Event, ...]] = (registered(), certified(), proven())
"""Everything that the exporter hands in."""
READY: Final[tuple[Event, ...]] = (*PAPERS, screened())
"""Nothing stands against an approval."""
APPROVED: Final[tuple[Event, ...]] = (*READY, proposed(), approved())


def approval_facts(actor: Actor = OFFICER, **changes: Any) -> ApprovalFacts:
    """Give what officers know when they approve; `changes` replaces fields."""
    facts = ApprovalFacts(
        now=NOON,
        actor=actor,
        edition=EDITION,
        newest_list_sha256=LIST,
        max_validity_days=365,
        affiliates_percent=50,
    )
    return replace(facts, **changes)


def release_facts(
    actor: Actor = SECOND_OFFICER, *, affiliates_percent: int | None = 50
) -> ReleaseFacts:
    return ReleaseFacts(now=NOON, actor=actor, affiliates_percent=affiliates_percent)
