"""What decisions on a customer have in common: who may be decided on, what must hold."""

from datetime import datetime, timedelta
from typing import Final

from audits.kernel import Refused
from customers.domain.customer.standing import (
    is_listed,
    listed_ownership_percent,
    missing,
    open_hits,
)
from customers.domain.customer.state import Approved, Barred, CustomerState, Pending, Unregistered
from customers.domain.customer.values import CustomerFile, Screening
from customers.domain.party import WHOLE_BASIS_POINTS, Party, owned_basis_points
from customers.domain.values import is_valid_uscc

SCREENING_RULE: Final = "15 CFR part 744"
"""End-use and end-user controls: the lists of the Consolidated Screening List rest on it."""

AFFILIATES_RULE: Final = "15 CFR 744.11(a)(1)"
"""Owned half or more by listed parties (90 FR 47201): a dated switch of the policy edition."""


def live(state: CustomerState) -> Pending | Approved:
    """Give the state back if the customer is registered and not barred; raises Refused."""
    if isinstance(state, Unregistered):
        raise Refused("customer_not_registered", "There is no such customer")
    if isinstance(state, Barred):
        raise Refused("customer_barred", f"The customer was {state.bar}: {state.reason}")
    return state


def require_plausible(party: Party) -> None:
    """Refuse what cannot be true of any party."""
    if party.uscc is not None and not is_valid_uscc(party.uscc):
        raise Refused(
            "uscc_invalid",
            "The check character of the Unified Social Credit Code is wrong",
            citation="GB 32100-2015",
        )
    if owned_basis_points(party) > WHOLE_BASIS_POINTS:
        raise Refused("ownership_exceeds_whole", "The owners' shares add up to more than 100 %")


def require_clear(
    file: CustomerFile, *, newest_list_sha256: str | None, affiliates_percent: int | None
) -> Screening:
    """Refuse an approval while anything is missing or any hit blocks; give the screening back."""
    lacking = missing(file, newest_list_sha256=newest_list_sha256)
    if file.screening is None or lacking:
        raise Refused(
            "customer_incomplete",
            f"Missing: {', '.join(lacking)}",
            citation="91 FR 1684",
            extra={"missing": list(lacking)},
        )
    if is_listed(file):
        raise Refused(
            "customer_listed", "An officer found the customer on the list", citation=SCREENING_RULE
        )
    if blocking := open_hits(file):
        raise Refused(
            "hits_open",
            f"{len(blocking)} screening hits are not adjudicated and released",
            citation=SCREENING_RULE,
            extra={"hits": [str(hit.hit_id) for hit in blocking]},
        )
    require_not_affiliate(file, affiliates_percent=affiliates_percent)
    return file.screening


def require_not_affiliate(file: CustomerFile, *, affiliates_percent: int | None) -> None:
    """Refuse a party that listed parties own from `affiliates_percent` on; None: rule not on."""
    owned = listed_ownership_percent(file)
    if affiliates_percent is not None and owned is not None and owned >= affiliates_percent:
        raise Refused(
            "affiliate_of_listed",
            f"Listed parties own {owned} % of the customer",
            citation=AFFILIATES_RULE,
            extra={"listed_ownership_percent": owned},
        )


def require_future(expires_at: datetime, *, now: datetime, most: timedelta) -> None:
    """Refuse an end that is not after `now`, or later than `now` + `most`."""
    if expires_at <= now:
        raise Refused("expiry_not_in_future", "An approval must end after it begins")
    if expires_at > now + most:
        raise Refused(
            "expiry_too_far",
            f"An approval lasts at most {most.days} days",
            extra={"latest": (now + most).isoformat()},
        )
