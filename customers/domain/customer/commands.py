"""What may be asked of a customer. The fields are the bodies of the API."""

from typing import Annotated
from uuid import UUID

import msgspec

from audits.kernel import Command
from customers.domain.customer.values import Certification, Screening, SecurityMeasure
from customers.domain.hits import Disposition
from customers.domain.party import Party
from customers.domain.values import LongText, Moment


class RegisterCustomer(Command):
    """An exporter introduces a party that it wants to deal with."""

    party: Party


class AmendCustomer(Command):
    """Describe the party anew, in full. Ends an approval."""

    party: Party


class CertifyEndUse(Command):
    """Hand in the end user's signed certification. Ends an approval given on another one."""

    certification: Certification


class ProveSecurity(Command):
    """Hand in the proofs of all security measures; replaces those held before."""

    measures: Annotated[tuple[SecurityMeasure, ...], msgspec.Meta(min_length=1, max_length=10)]


class RecordScreening(Command):
    """The screener's result for one version of the party."""

    screening: Screening


class AdjudicateHit(Command):
    """An officer decides what a hit is. May be decided anew until it is released."""

    hit_id: UUID
    disposition: Disposition
    reason: LongText


class ReleaseHit(Command):
    """A second officer agrees that a hit need not block."""

    hit_id: UUID
    reason: LongText


class ProposeApproval(Command):
    """An officer would approve the customer until a moment. Replaces an earlier proposal."""

    expires_at: Moment
    reason: LongText


class ConfirmApproval(Command):
    """A second officer approves; `expires_at` repeats what was proposed."""

    expires_at: Moment


class RejectCustomer(Command):
    """An officer refuses the customer for good."""

    reason: LongText


class RevokeApproval(Command):
    """An officer takes the approval back for good."""

    reason: LongText


class ExpireApproval(Command):
    """The approval has run out."""
