"""The customer: a party that an exporter wants to deal with, and whether it may."""

from typing import Final

from audits.kernel import Decider
from customers.domain.customer import commands, decisions, findings
from customers.domain.customer.state import INITIAL, CustomerState, evolve

__all__ = ["DECIDER"]

DECIDER: Final[Decider[CustomerState]] = Decider(
    aggregate="customer",
    initial=INITIAL,
    evolve=evolve,
    decisions={
        commands.RegisterCustomer: decisions.register_customer,
        commands.AmendCustomer: decisions.amend_customer,
        commands.CertifyEndUse: decisions.certify_end_use,
        commands.ProveSecurity: decisions.prove_security,
        commands.RecordScreening: findings.record_screening,
        commands.AdjudicateHit: findings.adjudicate_hit,
        commands.ReleaseHit: findings.release_hit,
        commands.ProposeApproval: decisions.propose_approval,
        commands.ConfirmApproval: decisions.confirm_approval,
        commands.RejectCustomer: decisions.reject_customer,
        commands.RevokeApproval: decisions.revoke_approval,
        commands.ExpireApproval: decisions.expire_approval,
    },
)
