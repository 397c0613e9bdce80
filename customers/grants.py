"""What the database roles may do to the tables of this app."""

from typing import Final

from audits.grants import MATRIX, READ_ONLY, WEB, WORKER, Privileges

PROJECTED: Final[Privileges] = READ_ONLY | {
    WEB: ("SELECT", "INSERT", "UPDATE"),
    WORKER: ("SELECT", "INSERT", "UPDATE"),
}
"""A read model: derived, so that writing to it forges nothing that `verify` would not name."""

APPEND_ONLY: Final[Privileges] = READ_ONLY | {
    WEB: ("SELECT", "INSERT"),
    WORKER: ("SELECT", "INSERT"),
}


def register() -> None:
    """Add this app's tables to the matrix."""
    MATRIX.add(
        {
            "customers_customer": PROJECTED,
            "customers_screening_list": PROJECTED,
            "customers_legal_hold": PROJECTED,
            "customers_erasure": PROJECTED,
            "customers_list_snapshot": APPEND_ONLY,
            "customers_list_entry": APPEND_ONLY,
            "customers_list_name": APPEND_ONLY,
        }
    )
