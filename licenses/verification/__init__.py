"""What verification asks of licensed exports: money, volume, goods and decisions, from events alone."""

from audits import verification
from audits.four_eyes import four_eyes_check
from customers.verification import register as register_customers
from licenses.verification.decisions import PAIRS
from licenses.verification.goods import reports_check, serials_check
from licenses.verification.ledger import ledger_check
from licenses.verification.redeciding import redeciding_check
from licenses.verification.together import together_check
from licenses.verification.volume import allotments_check


def register() -> None:
    """Add the checks to those that verification runs, after those of customers."""
    register_customers()
    verification.add_check("license_decisions", four_eyes_check(PAIRS))
    verification.add_check("ledger", ledger_check)
    verification.add_check("allotments", allotments_check)
    verification.add_check("serials", serials_check)
    verification.add_check("reports", reports_check)
    verification.add_check("dispatches", together_check)
    verification.add_check("decided_again", redeciding_check)
