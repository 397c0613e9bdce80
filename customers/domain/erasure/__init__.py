"""The erasure of one natural person's data: requested by one person, approved by another."""

from typing import Final

from audits.kernel import Decider
from customers.domain.erasure.commands import ApproveErasure, DeclineErasure, RequestErasure
from customers.domain.erasure.decisions import (
    approve_erasure,
    decline_erasure,
    request_erasure,
)
from customers.domain.erasure.state import INITIAL, ErasureState, evolve

__all__ = ["DECIDER"]

DECIDER: Final[Decider[ErasureState]] = Decider(
    aggregate="erasure",
    initial=INITIAL,
    evolve=evolve,
    decisions={
        RequestErasure: request_erasure,
        ApproveErasure: approve_erasure,
        DeclineErasure: decline_erasure,
    },
)
