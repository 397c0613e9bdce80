"""The cases of a remittance and how events move between them."""

from collections.abc import Mapping
from typing import Final

from audits.kernel import Event, State, require_follows
from licenses.domain.remittance.events import (
    RemittanceAssessed,
    RemittanceConfirmed,
    RemittanceEvent,
    RemittanceInstructed,
    RemittanceReconciled,
    RemittanceReturned,
)


class NotAssessed(State):
    """The shipment has not been released or imported yet."""


class Assessed(State):
    """The amount is known and more than nothing; nobody was told to pay it."""

    assessed: RemittanceAssessed
    returned: tuple[str, ...] = ()
    """Bank references of instructions that came to nothing: never used again."""


class Instructed(State):
    """A payment is on its way."""

    assessed: RemittanceAssessed
    instructed: RemittanceInstructed
    returned: tuple[str, ...]


class Confirmed(State):
    """The treasury has it."""

    assessed: RemittanceAssessed
    confirmed: RemittanceConfirmed
    returned: tuple[str, ...]


class Reconciled(State):
    """The ledger says the same. Without a confirmation: nothing was due."""

    assessed: RemittanceAssessed
    confirmed: RemittanceConfirmed | None
    returned: tuple[str, ...]


RemittanceState = NotAssessed | Assessed | Instructed | Confirmed | Reconciled
INITIAL: Final[RemittanceState] = NotAssessed()


FOLLOWS: Final[Mapping[type[Event], tuple[type[State], ...]]] = {
    RemittanceAssessed: (NotAssessed,),
    RemittanceInstructed: (Assessed,),
    RemittanceReturned: (Instructed,),
    RemittanceConfirmed: (Instructed,),
    RemittanceReconciled: (Assessed, Confirmed),
}


def evolve(state: RemittanceState, event: RemittanceEvent) -> RemittanceState:
    """Fold one event into the state."""
    require_follows(FOLLOWS, state, event)
    if isinstance(event, RemittanceAssessed):
        return Assessed(assessed=event)
    match state, event:
        case Assessed(), RemittanceInstructed():
            return Instructed(assessed=state.assessed, instructed=event, returned=state.returned)
        case Instructed(), RemittanceReturned():
            returned = (*state.returned, event.bank_reference)
            return Assessed(assessed=state.assessed, returned=returned)
        case Instructed(), RemittanceConfirmed():
            return Confirmed(assessed=state.assessed, confirmed=event, returned=state.returned)
        case Confirmed(), RemittanceReconciled():
            return Reconciled(
                assessed=state.assessed, confirmed=state.confirmed, returned=state.returned
            )
        case Assessed(), RemittanceReconciled():
            return Reconciled(assessed=state.assessed, confirmed=None, returned=())
        case _:
            raise TypeError(f"{type(event).__name__} cannot follow {type(state).__name__}")
