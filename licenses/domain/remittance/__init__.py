"""Remittance: the levy on one shipment, from assessment to reconciliation with the ledger."""

from licenses.domain.remittance.decisions import DECIDER

__all__ = ["DECIDER"]
