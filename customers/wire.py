"""The wire names of the events about customers and screening lists. A name is never reused."""

from typing import Final

from audits.codec import registry
from audits.kernel import Event
from customers.domain.customer import events as customer
from customers.domain.screening_list import events as screening_list

NAMES: Final[dict[str, type[Event]]] = {
    "customer_registered": customer.CustomerRegistered,
    "customer_amended": customer.CustomerAmended,
    "end_use_certified": customer.EndUseCertified,
    "security_proven": customer.SecurityProven,
    "customer_screened": customer.CustomerScreened,
    "hit_adjudicated": customer.HitAdjudicated,
    "hit_released": customer.HitReleased,
    "approval_proposed": customer.ApprovalProposed,
    "customer_approved": customer.CustomerApproved,
    "customer_rejected": customer.CustomerRejected,
    "approval_revoked": customer.ApprovalRevoked,
    "approval_expired": customer.ApprovalExpired,
    "approval_suspended": customer.ApprovalSuspended,
    "list_imported": screening_list.ListImported,
}


def register() -> None:
    """Fix the names; a second call changes nothing."""
    registry.register(NAMES)
