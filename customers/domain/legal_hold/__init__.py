"""Legal holds on a customer or a deal: while one stands, nothing of it is erased."""

from typing import Final

from audits.kernel import Decider
from customers.domain.legal_hold.commands import LiftLegalHold, PlaceLegalHold, ProposeLifting
from customers.domain.legal_hold.decisions import (
    lift_legal_hold,
    place_legal_hold,
    propose_lifting,
)
from customers.domain.legal_hold.state import INITIAL, LegalHoldState, evolve

__all__ = ["DECIDER"]

DECIDER: Final[Decider[LegalHoldState]] = Decider(
    aggregate="legal_hold",
    initial=INITIAL,
    evolve=evolve,
    decisions={
        PlaceLegalHold: place_legal_hold,
        ProposeLifting: propose_lifting,
        LiftLegalHold: lift_legal_hold,
    },
)
