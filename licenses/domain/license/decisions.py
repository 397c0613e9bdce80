"""Decisions on a license. Pure."""

from typing import Final

from audits.kernel import Decider, Facts, Refused, Role
from licenses.domain.application.verdicts import require
from licenses.domain.license.commands import (
    AcknowledgeProvisos,
    ConfirmRevocation,
    DrawDown,
    ExpireLicense,
    GrantLicense,
    ProposeRevocation,
    ReinstateLicense,
    SuspendLicense,
)
from licenses.domain.license.drawing import draw, is_repeated_draw
from licenses.domain.license.events import (
    LicenseEvent,
    LicenseExpired,
    LicenseGranted,
    LicenseReinstated,
    LicenseRevoked,
    LicenseSuspended,
    ProvisosAcknowledged,
    RevocationProposed,
)
from licenses.domain.license.facts import (
    GrantFacts,
    ProposalFacts,
    ReinstatementFacts,
    RevocationFacts,
)
from licenses.domain.license.state import (
    INITIAL,
    Active,
    Expired,
    Granted,
    InForce,
    LicenseState,
    NotGranted,
    Revocation,
    Revoked,
    Suspended,
    Suspension,
    evolve,
)
from licenses.domain.license.terms import SCOPE_CITATION, VALIDITY_CITATION, Terms
from licenses.domain.policy.evaluation import GRANT_CONDITIONS

FOUR_EYES_CITATION: Final = "Tollgate: four-eyes principle"


def grant_license(
    command: GrantLicense, state: LicenseState, facts: GrantFacts
) -> list[LicenseEvent]:
    """Grant, once, what was approved."""
    if not isinstance(state, NotGranted):
        if state.grant.terms == command.terms:
            return []  # already granted: retrying is safe
        raise Refused("license_already_granted", "This license was granted on other terms")
    _require_consistent(command.terms)
    if facts.now >= command.terms.expires_at:
        raise Refused(
            "expiry_past",
            "The license would be over before it begins",
            citation=VALIDITY_CITATION,
        )
    return [
        LicenseGranted(
            license_number=facts.license_number,
            terms=command.terms,
            value_tolerance_percent=facts.rule.value_tolerance_percent,
            edition=facts.edition,
        )
    ]


def acknowledge_provisos(
    command: AcknowledgeProvisos, state: LicenseState, facts: Facts
) -> list[LicenseEvent]:
    """Record which provisos the holder acknowledges for the first time."""
    granted = _granted(state)
    known = {proviso.proviso_id for proviso in granted.grant.terms.provisos}
    unknown = [name for name in command.proviso_ids if name not in known]
    if unknown:
        raise Refused("proviso_unknown", f"The license has no proviso {', '.join(unknown)}")
    new = tuple(
        name for name in granted.grant.missing_provisos() if name in set(command.proviso_ids)
    )
    if not new:
        return []  # already acknowledged: retrying is safe
    _in_force(state)
    return [ProvisosAcknowledged(proviso_ids=new, letter=command.letter, by=facts.actor.person_id)]


def suspend_license(
    command: SuspendLicense, state: LicenseState, facts: Facts
) -> list[LicenseEvent]:
    """Stop shipping; a further ground is recorded beside the first.

    In the name of an edition only the edition itself suspends, when it takes effect: the buyer's
    money may hang on it, which one officer's word must not decide.
    """
    if command.edition is not None and facts.actor.role is not Role.SYSTEM:
        raise Refused(
            "edition_not_in_charge", "An edition bans by taking effect, not by an officer"
        )
    current = _in_force(state)
    ground = Suspension(reason=command.reason, edition=command.edition)
    if isinstance(current, Suspended) and ground in current.suspensions:
        return []  # already suspended on this ground: retrying is safe
    return [
        LicenseSuspended(reason=command.reason, edition=command.edition, by=facts.actor.person_id)
    ]


def reinstate_license(
    command: ReinstateLicense, state: LicenseState, facts: ReinstatementFacts
) -> list[LicenseEvent]:
    """Lift every suspension, if what was needed for the grant holds again."""
    current = _in_force(state)
    if not isinstance(current, Suspended):
        raise Refused("license_not_suspended", "Only a suspended license is reinstated")
    if facts.now >= current.grant.terms.expires_at:
        raise Refused(
            "license_expired", "The license ran out meanwhile", citation=VALIDITY_CITATION
        )
    require(facts.verdicts, GRANT_CONDITIONS)
    return [
        LicenseReinstated(
            reason=command.reason,
            by=facts.actor.person_id,
            edition=facts.edition,
            verdicts=facts.verdicts,
        )
    ]


def propose_revocation(
    command: ProposeRevocation, state: LicenseState, facts: ProposalFacts
) -> list[LicenseEvent]:
    """Record that one officer would revoke; a new proposal replaces the one before it."""
    current = _in_force(state)
    pending, person_id = current.revocation, facts.actor.person_id
    if pending is not None and (pending.reason, pending.by) == (command.reason, person_id):
        return []  # already proposed by this officer: retrying is safe
    return [RevocationProposed(reason=command.reason, on_version=facts.version, by=person_id)]


def confirm_revocation(
    command: ConfirmRevocation, state: LicenseState, facts: RevocationFacts
) -> list[LicenseEvent]:
    """End the license, by another natural person than the one who proposed it."""
    person_id = facts.actor.person_id
    if isinstance(state, Revoked) and (
        (state.on_version, state.confirmed_by) == (command.on_version, person_id)
    ):
        return []  # already confirmed by this officer: retrying is safe
    current = _in_force(state)
    proposed = _proposed(current, command, facts)
    return [
        LicenseRevoked(
            reason=proposed.reason,
            on_version=proposed.on_version,
            proposed_by=proposed.by,
            confirmed_by=person_id,
            left=current.grant.left(),
            edition=facts.edition,
        )
    ]


def expire_license(
    _command: ExpireLicense, state: LicenseState, facts: Facts
) -> list[LicenseEvent]:
    """Record the end of a license, not before its time."""
    if isinstance(state, Expired):
        return []  # already expired: retrying is safe
    grant = _in_force(state).grant
    expires_at = grant.terms.expires_at
    if facts.now < expires_at:
        raise Refused(
            "expiry_not_reached",
            f"The license is valid until {expires_at.isoformat()}",
            citation=VALIDITY_CITATION,
        )
    return [LicenseExpired(expires_at=expires_at, left=grant.left())]


def draw_down(command: DrawDown, state: LicenseState, facts: Facts) -> list[LicenseEvent]:
    """Use quantity (no tolerance) and value (with tolerance) for one shipment, once."""
    granted = _granted(state)
    if is_repeated_draw(command, granted.grant):
        return []  # already drawn: retrying is safe
    if isinstance(state, Expired):
        raise _expired(granted)
    if not isinstance(state, Active):
        raise Refused(
            "license_not_active",
            f"Only an active license can ship, and this one is {_name(state)}",
            citation=SCOPE_CITATION,
            extra={"state": _name(state)},
        )
    if facts.now >= state.grant.terms.expires_at:
        raise _expired(state)
    return draw(command, state.grant)


DECIDER: Final[Decider[LicenseState]] = Decider(
    aggregate="license",
    initial=INITIAL,
    evolve=evolve,
    decisions={
        GrantLicense: grant_license,
        AcknowledgeProvisos: acknowledge_provisos,
        SuspendLicense: suspend_license,
        ReinstateLicense: reinstate_license,
        ProposeRevocation: propose_revocation,
        ConfirmRevocation: confirm_revocation,
        ExpireLicense: expire_license,
        DrawDown: draw_down,
    },
)


def _name(state: LicenseState) -> str:
    return type(state).__name__.lower()


def _granted(state: LicenseState) -> Granted:
    if isinstance(state, NotGranted):
        raise Refused("license_not_granted", "There is no such license")
    return state


def _in_force(state: LicenseState) -> InForce:
    granted = _granted(state)
    if isinstance(granted, Active | Suspended):
        return granted
    raise Refused(
        "license_not_in_force", f"The license is {_name(state)}", extra={"state": _name(state)}
    )


def _expired(state: Granted) -> Refused:
    return Refused(
        "license_expired",
        f"The license ran out at {state.grant.terms.expires_at.isoformat()}",
        citation=VALIDITY_CITATION,
    )


def _require_consistent(terms: Terms) -> None:
    """Refuse terms whose sums are wrong or whose lines repeat: nothing may rest on them."""
    numbers = {line.line for line in terms.lines}
    sums_hold = all(
        line.value_cents == line.quantity * line.unit_price_cents for line in terms.lines
    ) and terms.total_cents == sum(line.value_cents for line in terms.lines)
    if len(numbers) != len(terms.lines) or not sums_hold:
        raise Refused("license_terms_inconsistent", "Lines repeat, or amounts do not add up")


def _proposed(current: InForce, command: ConfirmRevocation, facts: Facts) -> Revocation:
    proposed = current.revocation
    if proposed is None:
        raise Refused("revocation_not_proposed", "Nobody proposed to revoke this license")
    if facts.actor.person_id == proposed.by:
        raise Refused(
            "four_eyes",
            "Whoever proposed does not confirm: another natural person must",
            citation=FOUR_EYES_CITATION,
        )
    if command.on_version != proposed.on_version:
        raise Refused(
            "proposal_replaced",
            f"The pending proposal was made on version {proposed.on_version}, "
            f"not on version {command.on_version}",
            extra={"on_version": proposed.on_version},
        )
    return proposed
