"""What verification asks of licensed exports: money, volume, goods and decisions, from events alone."""

from typing import Final

from audits import guards, verification
from audits.verification.four_eyes import four_eyes_check
from customers.verification import register as register_customers
from licenses.verification.clearing import clearing_check
from licenses.verification.decisions import PAIRS
from licenses.verification.goods import reports_check, serials_check
from licenses.verification.ledger import ledger_check, trial_balance_check
from licenses.verification.redeciding import redeciding_check
from licenses.verification.together import together_check
from licenses.verification.volume import allotments_check

GUARDS: Final = {
    "audits_event": ("licenses_event_at_commit",),
    "licenses_ledger_transfer": (
        "licenses_transfer_0_runs",
        *("licenses_transfer_before_insert", "licenses_transfer_a_matches_event"),
        *("licenses_ledger_transfer_immutable", "licenses_ledger_transfer_no_truncate"),
    ),
    "licenses_allotment_entry": (
        "licenses_allotment_0_runs",
        *("licenses_allotment_before_insert", "licenses_allotment_a_matches_event"),
        *("licenses_allotment_entry_immutable", "licenses_allotment_entry_no_truncate"),
        "licenses_allotment_counts_sale",
    ),
    "licenses_counted_sale": (
        *("licenses_counted_sale_immutable", "licenses_counted_sale_no_truncate"),
    ),
    "licenses_shipped_serial": (
        "licenses_serial_matches_event",
        *("licenses_shipped_serial_immutable", "licenses_shipped_serial_no_truncate"),
    ),
    "licenses_accepted_report": (
        "licenses_report_matches_event",
        *("licenses_accepted_report_immutable", "licenses_accepted_report_no_truncate"),
    ),
}
"""Table → the triggers of the migrations that must be in force on it."""


def register() -> None:
    """Add the checks to those that verification runs, after those of customers."""
    register_customers()
    for table, triggers in GUARDS.items():
        guards.expect(table, *triggers)
    verification.add_check("license_decisions", four_eyes_check(PAIRS))
    verification.add_check("ledger", ledger_check)
    verification.add_check("trial_balance", trial_balance_check)
    verification.add_check("allotments", allotments_check)
    verification.add_check("serials", serials_check)
    verification.add_check("reports", reports_check)
    verification.add_check("dispatches", together_check)
    verification.add_check("decided_again", redeciding_check)
    verification.add_check("judged_again", clearing_check)
