"""CertifyEndUse and ProveSecurity: what the end user states and proves."""

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from audits.kernel import Facts
from customers.domain.customer import DECIDER
from customers.domain.customer.commands import CertifyEndUse, ProveSecurity
from customers.domain.customer.events import (
    ApprovalSuspended,
    CustomerRejected,
    EndUseCertified,
    SecurityProven,
)
from customers.domain.customer.standing import assurances
from customers.domain.customer.state import Pending
from customers.domain.customer.values import MeasureKind, SuspensionCause
from tests.customers.histories import (
    APPROVED,
    CERTIFICATION,
    MEASURES,
    PAPERS,
    READY,
    certified,
    proposed,
    proven,
    registered,
)
from tests.support.deciding import given
from tests.support.people import EXPORTER, OFFICER

REJECTED = CustomerRejected(reason="No", by=OFFICER.person_id)


def test_a_certification_is_taken_for_the_present_version() -> None:
    given(DECIDER, registered()).when(CertifyEndUse(certification=CERTIFICATION)).then(certified())


@pytest.mark.parametrize(
    "statement", ["civilian_end_use", "no_military_end_use", "no_military_end_user"]
)
def test_a_certification_that_leaves_military_use_open_is_refused(statement: str) -> None:
    open_end = replace(CERTIFICATION, **{statement: False})
    given(DECIDER, registered()).when(CertifyEndUse(certification=open_end)).refused(
        "military_use_not_excluded", citation="15 CFR 744.21, 744.22"
    )


def test_a_certification_that_does_not_disclose_every_remote_end_user_is_refused() -> None:
    partial = replace(CERTIFICATION, remote_end_users_complete=False)
    given(DECIDER, registered()).when(CertifyEndUse(certification=partial)).refused(
        "remote_end_users_undisclosed", citation="91 FR 1684"
    )


def test_a_certification_without_remote_end_users_may_say_so() -> None:
    nobody = replace(CERTIFICATION, remote_end_users=())
    given(DECIDER, registered()).when(CertifyEndUse(certification=nobody)).then(
        EndUseCertified(party_version=1, certification=nobody)
    )


@pytest.mark.parametrize(
    ("now", "signed_on", "accepted"),
    [
        (datetime(2026, 11, 23, 9, 59, tzinfo=UTC), date(2026, 11, 23), "today"),
        (datetime(2026, 11, 23, 10, 0, tzinfo=UTC), date(2026, 11, 24), "tomorrow in the east"),
    ],
)
def test_a_certification_may_bear_the_latest_date_on_earth(
    now: datetime, signed_on: date, accepted: str
) -> None:
    facts = Facts(now=now, actor=EXPORTER)
    latest = replace(CERTIFICATION, signed_on=signed_on, signed_by=accepted)
    given(DECIDER, registered()).when(CertifyEndUse(certification=latest), facts).then(
        EndUseCertified(party_version=1, certification=latest)
    )
    later = replace(latest, signed_on=signed_on + timedelta(days=1))
    given(DECIDER, registered()).when(CertifyEndUse(certification=later), facts).refused(
        "signed_in_future"
    )


def test_the_same_papers_again_change_nothing() -> None:
    given(DECIDER, *APPROVED).when(CertifyEndUse(certification=CERTIFICATION)).then()
    given(DECIDER, *APPROVED).when(ProveSecurity(measures=MEASURES)).then()


def test_other_papers_end_an_approval() -> None:
    renewed = replace(CERTIFICATION, signed_by="Her successor")
    given(DECIDER, *APPROVED).when(CertifyEndUse(certification=renewed)).then(
        EndUseCertified(party_version=1, certification=renewed),
        ApprovalSuspended(cause=SuspensionCause.RECERTIFIED),
    )
    fewer = MEASURES[:1]
    given(DECIDER, *APPROVED).when(ProveSecurity(measures=fewer)).then(
        SecurityProven(party_version=1, measures=fewer),
        ApprovalSuspended(cause=SuspensionCause.SECURITY_CHANGED),
    )


@pytest.mark.parametrize("paper", [certified(), proven()], ids=["certification", "measures"])
def test_new_papers_void_a_proposal(paper: EndUseCertified | SecurityProven) -> None:
    state = DECIDER.fold((*READY, proposed(), paper))
    assert isinstance(state, Pending)
    assert state.file.proposal is None


def test_proofs_replace_those_held_before() -> None:
    given(DECIDER, registered()).when(ProveSecurity(measures=MEASURES)).then(proven())
    state = DECIDER.fold((registered(), proven(), SecurityProven(party_version=1, measures=())))
    assert isinstance(state, Pending)
    assert state.file.measures == ()


@pytest.mark.parametrize(
    "command",
    [CertifyEndUse(certification=CERTIFICATION), ProveSecurity(measures=MEASURES)],
    ids=["certify", "prove"],
)
def test_only_a_live_customer_hands_in_papers(command: CertifyEndUse | ProveSecurity) -> None:
    given(DECIDER).when(command).refused("customer_not_registered")
    given(DECIDER, registered(), REJECTED).when(command).refused("customer_barred")


def test_the_assurances_are_what_was_certified_and_proven() -> None:
    every = {
        "civilian_end_use",
        "no_military_end_use",
        "no_military_end_user",
        "remote_end_users_disclosed",
        "security_measures",
        "remote_access_kyc",
    }
    kyc = tuple(each for each in MEASURES if each.kind is MeasureKind.REMOTE_ACCESS_KYC)
    only_kyc = SecurityProven(party_version=1, measures=kyc)
    for history, expected in (
        ((registered(),), set()),
        ((registered(), only_kyc), {"remote_access_kyc"}),
        ((registered(), certified()), every - {"security_measures", "remote_access_kyc"}),
        (PAPERS, every),
    ):
        state = DECIDER.fold(history)
        assert isinstance(state, Pending)
        assert assurances(state.file) == expected
