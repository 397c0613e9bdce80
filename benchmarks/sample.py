"""The event that all benchmarks write and read: a payment out of escrow, with ids, money and text.

It is a benchmark's own, so that figures stay comparable while the events of the domain grow.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from audits import context, store
from audits.codec import registry
from audits.context import SteadyClock
from audits.kernel import Actor, Cents, Context, Decider, Event, Role, State

SEED: Final = 20_261_122
AGGREGATE: Final = "benchmark_account"
FINGERPRINT: Final = "0" * 64
EDITION: Final = "rule-2026"
SHIPMENTS: Final = 64
EXPORTER: Final = Actor(
    person_id=UUID(int=1), organization_id=UUID(int=2), role=Role.EXPORTER, agency=None
)
CAUSE: Final = store.Cause("RecordPayment", FINGERPRINT, EDITION)


class Paid(Event):
    """A dispatched shipment was paid out of escrow."""

    license_id: UUID
    shipment_id: UUID
    bank_reference: str
    currency: str
    units: int
    gross_cents: Cents
    levy_cents: Cents
    cumulative_gross_cents: Cents
    edition: str


class Account(State):
    """What was paid so far."""

    payments: int = 0
    units: int = 0
    gross_cents: int = 0
    levy_cents: int = 0
    last_shipment_id: UUID | None = None


def evolve(state: Account, event: Paid) -> Account:
    """Add one payment."""
    return Account(
        payments=state.payments + 1,
        units=state.units + event.units,
        gross_cents=state.gross_cents + event.gross_cents,
        levy_cents=state.levy_cents + event.levy_cents,
        last_shipment_id=event.shipment_id,
    )


DECIDER: Final[Decider[Account]] = Decider(
    aggregate=AGGREGATE, initial=Account(), evolve=evolve, decisions={}
)


def register() -> None:
    """Fix the wire name in this process; a benchmark's journal is thrown away with its server."""
    registry.register({"benchmark_paid": Paid})


@dataclass(frozen=True, slots=True)
class Payment:
    """The arguments of one payment: plain values, the same for Tollgate and its peers."""

    license_id: UUID
    shipment_id: UUID
    bank_reference: str
    units: int
    gross_cents: int
    cumulative_gross_cents: int

    @property
    def levy_cents(self) -> int:
        """Return a quarter of the gross amount, rounded up."""
        return -(-self.gross_cents // 4)


@dataclass(slots=True)
class Payments:
    """An endless, seeded supply of payments."""

    seed: int
    _random: random.Random = field(init=False)
    _shipments: list[UUID] = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 -- repeatable, not secret
        self._shipments = [self.identity() for _ in range(SHIPMENTS)]

    def identity(self) -> UUID:
        """Make an id that the same seed makes again."""
        return UUID(int=self._random.getrandbits(128), version=4)

    def stream(self, length: int) -> Iterator[Payment]:
        """Make the payments of one license, in order."""
        license_id = self.identity()
        cumulative = 0
        for number in range(length):
            gross = self._random.randrange(10_000, 10_000_000_000)
            cumulative += gross
            yield Payment(
                license_id=license_id,
                shipment_id=self._shipments[number % SHIPMENTS],
                bank_reference=f"PAY-{number:06}-{self._random.randrange(10**9):09}",
                units=self._random.randrange(1, 5_000),
                gross_cents=gross,
                cumulative_gross_cents=cumulative,
            )


def paid(payment: Payment) -> Paid:
    """Make the typed event of a payment."""
    return Paid(
        license_id=payment.license_id,
        shipment_id=payment.shipment_id,
        bank_reference=payment.bank_reference,
        currency="USD",
        units=payment.units,
        gross_cents=payment.gross_cents,
        levy_cents=payment.levy_cents,
        cumulative_gross_cents=payment.cumulative_gross_cents,
        edition=EDITION,
    )


Asked = tuple[store.Draft, Context]
"""An event about to be appended, and the command that made it."""


def asked(seed: int, count: int, stream_length: int, clock: SteadyClock) -> list[Asked]:
    """Make `count` events in new streams of `stream_length`, each made by a command of its own."""
    payments = Payments(seed)
    made: list[Asked] = []
    while len(made) < count:
        stream_id = context.new_id()
        stream = payments.stream(min(stream_length, count - len(made)))
        made.extend(
            (_draft(stream_id, version, payment), command(stream_id, clock))
            for version, payment in enumerate(stream, start=1)
        )
    return made


def _draft(stream_id: UUID, version: int, payment: Payment) -> store.Draft:
    return store.Draft(AGGREGATE, stream_id, version, paid(payment))


def command(correlation_id: UUID, clock: SteadyClock) -> Context:
    """Make the context of one command."""
    return Context(
        actor=EXPORTER,
        now=clock.now(),
        command_id=context.new_id(),
        correlation_id=correlation_id,
    )
