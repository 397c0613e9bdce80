"""One license: its escrow, the remittance of each shipment and one ledger, as commands change them."""

from typing import Any
from uuid import UUID

from hypothesis.stateful import RuleBasedStateMachine

from audits.kernel import Command, Decider, Event, Facts, Refused
from licenses.domain import escrow, remittance
from licenses.domain.escrow.books import Books
from licenses.domain.escrow.events import EscrowReleased
from licenses.domain.ledger import (
    Account,
    AccountKind,
    Transfer,
    TrialBalance,
    postings,
    trial_balance,
)
from tests.licenses.domain.escrow.scenes import LICENSE


class Bookkeeping(RuleBasedStateMachine):
    """Decides, posts and folds; which commands are tried, and what must hold, is for others to say."""

    def __init__(self) -> None:
        super().__init__()
        self.escrow: Any = escrow.DECIDER.initial
        self.remittances: dict[UUID, Any] = {}
        self.releases: dict[UUID, EscrowReleased] = {}
        self.transfers: list[Transfer] = []
        self.events = 0

    @property
    def books(self) -> Books:
        books: Books = self.escrow.books
        return books

    def account(self, kind: AccountKind, owner_id: UUID | None = None) -> Account:
        return Account(kind=kind, owner_id=owner_id, currency="USD")

    def ledger(self) -> TrialBalance:
        return trial_balance(self.transfers)

    def due_cents(self, shipment_id: UUID) -> int:
        released = self.releases.get(shipment_id)
        return 1 if released is None else released.levy_cents

    def ask_escrow(self, command: Command, facts: Facts) -> None:
        self.escrow = self.ask(escrow.DECIDER, self.escrow, command, facts)

    def ask_remittance(self, shipment_id: UUID, command: Command, facts: Facts) -> None:
        state = self.remittances.get(shipment_id, remittance.DECIDER.initial)
        self.remittances[shipment_id] = self.ask(remittance.DECIDER, state, command, facts)

    def ask(self, decider: Decider[Any], state: Any, command: Command, facts: Facts) -> Any:
        """Decide, post and fold; the same command once more must add nothing."""
        try:
            events = decider.decide(command, state, facts)
        except Refused:
            return state
        for event in events:
            self.post(event)
        state = decider.fold(events, state)
        try:
            assert decider.decide(command, state, facts) == []
        except Refused as refusal:
            # Recorded as set aside before: said again, not recorded again.
            assert refusal.code.startswith("deposit_")  # noqa: PT017 -- only some may be refused
        return state

    def post(self, event: Event) -> None:
        if isinstance(event, EscrowReleased):
            self.releases[event.shipment_id] = event
        self.events += 1
        self.transfers += postings(event, stream_id=LICENSE, event_id=UUID(int=self.events))
