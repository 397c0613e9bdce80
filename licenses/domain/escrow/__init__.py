"""Escrow: the buyer's prepayment for one license, held until dispatch, forfeiture or a waiver."""

from licenses.domain.escrow.decisions import DECIDER

__all__ = ["DECIDER"]
