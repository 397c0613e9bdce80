"""What the database roles may do to the tables of this app."""

from audits.grants import MATRIX, READ_ONLY, WEB
from customers.grants import APPEND_ONLY, PROJECTED


def register() -> None:
    """Add this app's tables to the matrix; counters are moved by triggers alone."""
    projected = (
        *("product", "edition", "application", "license", "allotment", "escrow"),
        *("laboratory", "lab_test", "shipment", "remittance"),
    )
    guarded = ("ledger_transfer", "allotment_entry", "shipped_serial", "accepted_report")
    counters = ("ledger_account", "allotment_counter", "counted_sale")
    MATRIX.add({f"licenses_{name}": PROJECTED for name in projected})
    MATRIX.add({f"licenses_{name}": APPEND_ONLY for name in guarded})
    MATRIX.add({f"licenses_{name}": READ_ONLY for name in counters})
    MATRIX.add({"licenses_number_series": READ_ONLY | {WEB: PROJECTED[WEB]}})
    MATRIX.add({"licenses_free_number": READ_ONLY | {WEB: (*PROJECTED[WEB], "DELETE")}})
