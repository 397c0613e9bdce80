"""Who may ask what of customers, lists, legal holds and erasures, and who may see them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from audits.kernel import Actor, Command, Role
from customers.domain.customer import commands as customer
from customers.domain.customer.state import CustomerState, Unregistered
from customers.domain.erasure import commands as erasure
from customers.domain.legal_hold import commands as legal_hold
from customers.domain.screening_list import commands as screening_list

EXPORTER: Final = frozenset({Role.EXPORTER})
OFFICER: Final = frozenset({Role.OFFICER})
SYSTEM: Final = frozenset({Role.SYSTEM})

PERMITTED: Final[Mapping[type[Command], frozenset[Role]]] = {
    customer.RegisterCustomer: EXPORTER,
    customer.AmendCustomer: EXPORTER,
    customer.CertifyEndUse: EXPORTER,
    customer.ProveSecurity: EXPORTER,
    customer.RecordScreening: SYSTEM,
    customer.AdjudicateHit: OFFICER,
    customer.ReleaseHit: OFFICER,
    customer.ProposeApproval: OFFICER,
    customer.ConfirmApproval: OFFICER,
    customer.RejectCustomer: OFFICER,
    customer.RevokeApproval: OFFICER,
    customer.ExpireApproval: SYSTEM,
    screening_list.ImportList: OFFICER | SYSTEM,
    legal_hold.PlaceLegalHold: OFFICER,
    legal_hold.ProposeLifting: OFFICER,
    legal_hold.LiftLegalHold: OFFICER,
    erasure.RequestErasure: OFFICER,
    erasure.ApproveErasure: OFFICER,
    erasure.DeclineErasure: OFFICER,
}


def sees_customer(state: CustomerState, actor: Actor) -> bool:
    """Let an exporter see its own customers, officers and auditors all."""
    if isinstance(state, Unregistered):
        return False
    if actor.role is Role.EXPORTER:
        return state.file.exporter_id == actor.organization_id
    return actor.role in {Role.OFFICER, Role.AUDITOR}


def sees_screening_list(_state: Any, _actor: Actor) -> bool:
    """Everybody may know which list parties are screened against."""
    return True


def sees_the_office(_state: Any, actor: Actor) -> bool:
    """Show holds and erasures to officers and auditors alone."""
    return actor.role in {Role.OFFICER, Role.AUDITOR}


VISIBLE: Final[Mapping[str, Callable[[Any, Actor], bool]]] = {
    "customer": sees_customer,
    "screening_list": sees_screening_list,
    "legal_hold": sees_the_office,
    "erasure": sees_the_office,
}
