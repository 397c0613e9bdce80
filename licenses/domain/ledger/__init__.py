"""The double-entry ledger, derived from events. Pure."""

from licenses.domain.ledger.balance import (
    Balance,
    Fault,
    RemittanceTotals,
    Total,
    TrialBalance,
    remittance_totals,
    trial_balance,
)
from licenses.domain.ledger.model import (
    ASSETS,
    Account,
    AccountKind,
    Code,
    Transfer,
    TransferKind,
)
from licenses.domain.ledger.postings import postings

__all__ = [
    "ASSETS",
    "Account",
    "AccountKind",
    "Balance",
    "Code",
    "Fault",
    "RemittanceTotals",
    "Total",
    "Transfer",
    "TransferKind",
    "TrialBalance",
    "postings",
    "remittance_totals",
    "trial_balance",
]
