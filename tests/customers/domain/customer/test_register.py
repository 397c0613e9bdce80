"""RegisterCustomer: an exporter introduces a party."""

from msgspec.structs import replace

from audits.kernel import Facts
from customers.domain.customer import DECIDER
from customers.domain.customer.commands import RegisterCustomer
from customers.domain.party import Owner
from tests.customers.histories import APPROVED, PARTY, USCC, registered
from tests.support.deciding import given
from tests.support.people import EXPORTER, NOON

BY_EXPORTER = Facts(now=NOON, actor=EXPORTER)


def owned(*shares_basis_points: int) -> tuple[Owner, ...]:
    return tuple(
        Owner(name=f"Owner {number}", country="SG", share_basis_points=share)
        for number, share in enumerate(shares_basis_points)
    )


def test_a_party_becomes_the_exporters_customer() -> None:
    given(DECIDER).when(RegisterCustomer(party=PARTY), BY_EXPORTER).then(registered())


def test_what_is_still_missing_does_not_hinder_a_registration() -> None:
    bare = replace(PARTY, native_name=None, uscc=None, ultimate_parent=None, owners=None)
    given(DECIDER).when(RegisterCustomer(party=bare), BY_EXPORTER).then(registered(bare))


def test_registering_again_changes_nothing() -> None:
    given(DECIDER, registered()).when(RegisterCustomer(party=PARTY), BY_EXPORTER).then()
    given(DECIDER, *APPROVED).when(RegisterCustomer(party=PARTY), BY_EXPORTER).then()


def test_registering_another_party_in_its_place_is_refused() -> None:
    other = replace(PARTY, name="Somebody else")
    given(DECIDER, registered()).when(RegisterCustomer(party=other), BY_EXPORTER).refused(
        "customer_already_registered"
    )


def test_a_wrong_check_character_in_the_uscc_is_refused() -> None:
    wrong = replace(PARTY, uscc=USCC[:-1] + "0")
    given(DECIDER).when(RegisterCustomer(party=wrong), BY_EXPORTER).refused(
        "uscc_invalid", citation="GB 32100-2015"
    )


def test_owners_may_own_everything_and_no_more() -> None:
    whole = replace(PARTY, owners=owned(9_999, 1))
    more = replace(PARTY, owners=owned(9_999, 2))
    given(DECIDER).when(RegisterCustomer(party=whole), BY_EXPORTER).then(registered(whole))
    given(DECIDER).when(RegisterCustomer(party=more), BY_EXPORTER).refused(
        "ownership_exceeds_whole"
    )
