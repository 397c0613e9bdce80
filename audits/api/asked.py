"""What the access log keeps of a query: which filters there were, and values whose type bounds them.

Words that somebody searched for may be a person's name, and an event cannot be taken back; so a
value that may be any text is noted as `*`, and so is a parameter that nobody declared.
"""

import re
from collections.abc import Iterable
from typing import Final

LENGTH: Final = 200
"""In bytes; what does not fit is left out, and a `*` says so."""
HIDDEN: Final = "*"

KEPT: Final = frozenset(
    {
        *("application_id", "assignee_id", "correlation_id", "exporter_id", "holder_id"),
        *("laboratory_id", "license_id", "organization_id", "person_id", "product_id"),
        *("shipment_id", "stream_id", "subject_id", "target_id", "thing_id"),
        *("approved_at_until", "approved_until_until", "as_of", "at_from", "at_until"),
        *("created_at_from", "created_at_until", "expires_at_from", "expires_at_until"),
        *("from_time", "recorded_at_from", "recorded_at_until", "to_time", "quarter"),
        *("clearance_holds", "from", "from_index", "limit", "log_index", "open_hits_from", "page"),
        *("size", "to", "to_index", "version"),
        *("direction", "form", "halts", "ordering"),
        *("control_number", "country", "destination_country", "edition", "itn", "license_number"),
        *("aggregate", "audit", "kind", "status", "type"),
    }
)
"""Ids, times, figures, choices, codes, and words of ours."""
LEFT_OUT: Final = frozenset(
    {
        *("cursor", "name", "reference", "payment_reference"),
        *("eccn", "generation", "maker", "model", "window"),
    }
)
"""May be any text."""

_BOUNDED: Final = re.compile(r"-?[A-Za-z0-9_:.+-]{1,64}")


def kept(parameters: Iterable[tuple[str, str]]) -> str:
    """Write a query as the access log keeps it, by name: `limit=5&name=*`; of `LENGTH` at most."""
    found = ""
    for part in sorted({_kept(name, value) for name, value in parameters}):
        longer = f"{found}&{part}" if found else part
        if len(longer) > LENGTH - len("&*"):
            return f"{found}&{HIDDEN}" if found else HIDDEN
        found = longer
    return found


def _kept(name: str, value: str) -> str:
    if name in LEFT_OUT or (name in KEPT and _BOUNDED.fullmatch(value) is None):
        return f"{name}={HIDDEN}"
    return f"{name}={value}" if name in KEPT else HIDDEN
