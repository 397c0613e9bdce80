"""Where a customer stands: what is missing, what blocks, what it has given. Pure reading."""

from typing import Final
from uuid import UUID

from customers.domain.customer.values import REQUIRED_MEASURES, CustomerFile, MeasureKind
from customers.domain.hits import Adjudication, Disposition, Hit, Subject
from customers.domain.party import WHOLE_BASIS_POINTS, missing_of

_BASIS_POINTS_PER_PERCENT: Final = 100


def missing(file: CustomerFile, *, newest_list_sha256: str | None) -> tuple[str, ...]:
    """Name everything that an approval needs and the file lacks, all at once.

    `newest_list_sha256`: the newest screening list; None when no list was ever imported.
    """
    proven = {measure.kind for measure in file.measures}
    lacking = list(missing_of(file.party))
    if file.certification is None:
        lacking.append("end_use_certification")
    lacking += [f"security_measures.{kind}" for kind in REQUIRED_MEASURES if kind not in proven]
    if file.screening is None or file.screening.list_sha256 != newest_list_sha256:
        lacking.append("screening_against_newest_list")
    return tuple(lacking)


def adjudication_of(file: CustomerFile, hit_id: UUID) -> Adjudication | None:
    """Find what persons made of a hit; None: nothing yet."""
    return next((known for known in file.adjudications if known.hit_id == hit_id), None)


def hits_of(file: CustomerFile) -> tuple[Hit, ...]:
    """Name the hits of the last screening; none before the first."""
    return file.screening.hits if file.screening else ()


def open_hits(file: CustomerFile) -> tuple[Hit, ...]:
    """Name the hits that block: not adjudicated, or not released."""
    released = {known.hit_id for known in file.adjudications if known.released_by is not None}
    return tuple(hit for hit in hits_of(file) if hit.hit_id not in released)


def true_matches(file: CustomerFile) -> tuple[Hit, ...]:
    """Name the hits of the last screening that a person found to be true."""
    true = {
        known.hit_id for known in file.adjudications if known.disposition is Disposition.TRUE_MATCH
    }
    return tuple(hit for hit in hits_of(file) if hit.hit_id in true)


def is_listed(file: CustomerFile) -> bool:
    """Tell whether a person found the party itself to be on the list."""
    return any(hit.screened.subject is Subject.PARTY for hit in true_matches(file))


def listed_ownership_percent(file: CustomerFile) -> int | None:
    """Add up what listed parties own of this one, in whole percent, rounded up.

    A listed ultimate parent counts as the owner of everything. None: not established, because
    the owners are not stated or the party is not screened.
    """
    if file.party.owners is None or file.screening is None:
        return None
    subjects = {(hit.screened.subject, hit.screened.subject_name) for hit in true_matches(file)}
    if any(subject is Subject.ULTIMATE_PARENT for subject, _ in subjects):
        owned_basis_points = WHOLE_BASIS_POINTS
    else:
        owned_basis_points = sum(
            owner.share_basis_points
            for owner in file.party.owners
            if (Subject.OWNER, owner.name) in subjects
        )
    return -(-owned_basis_points // _BASIS_POINTS_PER_PERCENT)


def assurances(file: CustomerFile) -> frozenset[str]:
    """Name what the customer has certified or proven, in the words of the policy editions."""
    proven = {measure.kind for measure in file.measures}
    stated = file.certification
    given = {
        "civilian_end_use": stated is not None and stated.civilian_end_use,
        "no_military_end_use": stated is not None and stated.no_military_end_use,
        "no_military_end_user": stated is not None and stated.no_military_end_user,
        "remote_end_users_disclosed": stated is not None and stated.remote_end_users_complete,
        "security_measures": proven.issuperset(REQUIRED_MEASURES),
        "remote_access_kyc": MeasureKind.REMOTE_ACCESS_KYC in proven,
    }
    return frozenset(name for name, is_given in given.items() if is_given)
