"""Decisions on licensed exports that take two natural persons."""

from typing import Final

from audits.verification.four_eyes import Pair
from licenses.domain.application.events import (
    ApplicationApproved,
    ApplicationDenied,
    ApplicationSubmitted,
    DecisionProposed,
)
from licenses.domain.edition.events import EditionApproved, EditionPublished
from licenses.domain.escrow.events import RefundProposed, RefundWaived
from licenses.domain.laboratory.events import DisqualificationProposed, LaboratoryDisqualified
from licenses.domain.license.events import LicenseRevoked, RevocationProposed

PAIRS: Final = (
    Pair(
        aggregate="edition",
        proposes=EditionPublished,
        confirms=(EditionApproved,),
        said=lambda approved: (approved.published_by, approved.by),
        agrees=lambda published, approved: published.sha256 == approved.sha256,
    ),
    Pair(
        aggregate="application",
        proposes=DecisionProposed,
        confirms=(ApplicationApproved, ApplicationDenied),
        said=lambda confirmed: (confirmed.proposal.by, confirmed.confirmed_by),
        agrees=lambda proposed, confirmed: proposed.proposal == confirmed.proposal,
    ),
    Pair(  # nobody decides on what they filed
        aggregate="application",
        proposes=ApplicationSubmitted,
        confirms=(DecisionProposed, ApplicationApproved, ApplicationDenied),
    ),
    Pair(
        aggregate="license",
        proposes=RevocationProposed,
        confirms=(LicenseRevoked,),
        said=lambda revoked: (revoked.proposed_by, revoked.confirmed_by),
        agrees=lambda proposed, revoked: (
            (proposed.on_version, proposed.reason) == (revoked.on_version, revoked.reason)
        ),
    ),
    Pair(
        aggregate="escrow",
        proposes=RefundProposed,
        confirms=(RefundWaived,),
        said=lambda waived: (waived.proposed_by, waived.by),
        agrees=lambda proposed, waived: (
            (proposed.amount_cents, proposed.currency, proposed.reason)
            == (waived.amount_cents, waived.currency, waived.reason)
        ),
    ),
    Pair(
        aggregate="laboratory",
        proposes=DisqualificationProposed,
        confirms=(LaboratoryDisqualified,),
        said=lambda disqualified: (disqualified.proposed_by, disqualified.by),
        agrees=lambda proposed, disqualified: proposed.reason == disqualified.reason,
    ),
)
