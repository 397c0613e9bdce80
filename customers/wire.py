"""The wire names of the events about customers, screening lists, legal holds and erasures. A name is never reused."""

from typing import Final

from audits.codec import registry
from audits.kernel import Event
from customers.domain.customer import events as customer
from customers.domain.erasure import events as erasure
from customers.domain.legal_hold import events as legal_hold
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
    "legal_hold_placed": legal_hold.LegalHoldPlaced,
    "lifting_proposed": legal_hold.LiftingProposed,
    "legal_hold_lifted": legal_hold.LegalHoldLifted,
    "erasure_requested": erasure.ErasureRequested,
    "erasure_declined": erasure.ErasureDeclined,
    "personal_data_erased": erasure.PersonalDataErased,
}


def register() -> None:
    """Fix the names; a second call changes nothing."""
    registry.register(NAMES)
