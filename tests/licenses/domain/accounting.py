"""What tests of the ledger share: accounts of one escrow and its exporter, and histories posted."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from audits.kernel import Event
from licenses.domain.ledger import Account, AccountKind, Transfer, postings
from tests.licenses.domain.escrow import scenes as escrow
from tests.licenses.domain.remittance import scenes as remittance
from tests.support.people import identity

STREAM: Final = identity("stream/ledger")
EVENT: Final = identity("event/ledger")

BANK_CLEARING: Final = Account(kind=AccountKind.BANK_CLEARING, currency="USD")
ESCROW: Final = Account(kind=AccountKind.ESCROW, owner_id=escrow.LICENSE, currency="USD")
EXCESS: Final = Account(kind=AccountKind.EXCESS, owner_id=escrow.LICENSE, currency="USD")
EXPORTER: Final = Account(
    kind=AccountKind.EXPORTER_PAYABLE, owner_id=escrow.EXPORTER_ID, currency="USD"
)
TREASURY: Final = Account(kind=AccountKind.TREASURY_PAYABLE, currency="USD")
DEBT: Final = Account(kind=AccountKind.BUYER_RECEIVABLE, owner_id=escrow.LICENSE, currency="USD")
ADVANCE: Final = Account(kind=AccountKind.BANK_ADVANCE, owner_id=escrow.LICENSE, currency="USD")
FORFEITED: Final = Account(kind=AccountKind.FORFEITED, currency="USD")
RECEIVABLE: Final = Account(
    kind=AccountKind.LEVY_RECEIVABLE, owner_id=remittance.EXPORTER_ID, currency="USD"
)


def all_postings(events: Iterable[Event]) -> list[Transfer]:
    """Post a history; each event gets an id of its own."""
    return [
        transfer
        for number, event in enumerate(events)
        for transfer in postings(event, stream_id=STREAM, event_id=UUID(int=number))
    ]


def last(history: list[Event]) -> Event:
    return history[-1]
