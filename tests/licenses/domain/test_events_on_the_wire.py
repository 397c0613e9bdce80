"""What happens to money and lots survives the journal's codec, to the last field."""

from typing import Final
from uuid import UUID

import pytest
from msgspec.structs import replace

from audits.codec import CommandRef, Recorded, Registry
from audits.kernel import Event
from licenses.domain.escrow.events import DepositSetAside, EscrowEvent
from licenses.domain.lab_test.events import LabTestEvent
from licenses.domain.laboratory.events import LaboratoryEvent
from licenses.domain.remittance.events import RemittanceEvent
from tests.licenses.domain.escrow import scenes as escrow
from tests.licenses.domain.lab_test import scenes as lab_test
from tests.licenses.domain.laboratory import scenes as laboratory
from tests.licenses.domain.remittance import scenes as remittance
from tests.support.people import BANK, NOON

CLASSES: Final = [
    event_class
    for union in (EscrowEvent, LabTestEvent, LaboratoryEvent, RemittanceEvent)
    for event_class in union.__args__
]
REGISTRY: Final = Registry()
REGISTRY.register({event_class.__name__: event_class for event_class in CLASSES})

STORIES: Final = [
    *escrow.HISTORIES.values(),
    escrow.history(
        escrow.OPENING,
        (escrow.deposit(escrow.PRICE_CENTS + 5), escrow.deposit_facts()),
        (escrow.returning(5), escrow.return_facts()),
    ),
    *remittance.HISTORIES.values(),
    *laboratory.HISTORIES.values(),
    *lab_test.HISTORIES.values(),
]
EVENTS: Final = {type(event): event for story in STORIES for event in story}


def there_and_back(event: Event) -> Event:
    recorded = Recorded[Event](
        actor=BANK,
        aggregate="any",
        causation_id=None,
        command=CommandRef(fingerprint="0" * 64, id=UUID(int=1), name="Any", ordinal=0),
        correlation_id=UUID(int=2),
        data=event,
        edition=None,
        event_id=UUID(int=3),
        on_behalf_of=None,
        recorded_at=NOON,
        schema_version=1,
        stream_id=UUID(int=4),
        type=type(event).__name__,
        version=1,
    )
    return REGISTRY.decode(type(event).__name__, 1, REGISTRY.encode(recorded)).data


def test_every_event_is_tried() -> None:
    assert set(EVENTS) == set(CLASSES)


@pytest.mark.parametrize("event_class", CLASSES, ids=lambda event_class: event_class.__name__)
def test_what_is_written_is_what_is_read(event_class: type[Event]) -> None:
    event = EVENTS[event_class]
    assert there_and_back(event) == event


@pytest.mark.parametrize("text", ["null", "true", "1", "0"])
def test_texts_that_look_like_something_else_stay_texts(text: str) -> None:
    event = EVENTS[DepositSetAside]
    assert isinstance(event, DepositSetAside)
    odd = replace(event, end_to_end_id=text, payer_name=text, bank_reference=text)
    assert there_and_back(odd) == odd
