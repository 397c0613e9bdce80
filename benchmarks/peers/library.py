"""The `eventsourcing` library with its PostgreSQL module, as shipped: it locks its table to append."""

from typing import Any, Final
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate

from benchmarks.ground import Socket
from benchmarks.sample import EDITION, Payment, Payments

PAGE_SIZE: Final = 1_000


class Account(Aggregate):
    """The same account as Tollgate's sample."""

    def __init__(self) -> None:
        self.payments = 0
        self.units = 0
        self.gross_cents = 0
        self.levy_cents = 0
        self.last_shipment_id: UUID | None = None

    class Paid(Aggregate.Event):
        """A dispatched shipment was paid out of escrow."""

        license_id: UUID
        shipment_id: UUID
        bank_reference: str
        currency: str
        units: int
        gross_cents: int
        levy_cents: int
        cumulative_gross_cents: int
        edition: str

        def apply(self, aggregate: Any) -> None:
            """Add one payment."""
            aggregate.payments += 1
            aggregate.units += self.units
            aggregate.gross_cents += self.gross_cents
            aggregate.levy_cents += self.levy_cents
            aggregate.last_shipment_id = self.shipment_id

    def pay(self, payment: Payment) -> None:
        """Record one payment."""
        self.trigger_event(
            self.Paid,
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


def application(socket: Socket, *, makes_tables: bool = False) -> Application[UUID]:
    """Open the library's application on a database; only one process may make its tables."""
    return Application(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": socket.database,
            "POSTGRES_HOST": socket.directory,
            "POSTGRES_PORT": socket.port,
            "POSTGRES_USER": socket.user,
            "POSTGRES_PASSWORD": "",
            "CREATE_TABLE": "yes" if makes_tables else "no",
        }
    )


def fill(socket: Socket, seed: int, streams: int, length: int) -> list[UUID]:
    """Store `streams` accounts of `length` events each; return their ids."""
    payments = Payments(seed)
    ids = []
    with application(socket, makes_tables=True) as app:
        for _ in range(streams):
            account = Account()
            for payment in payments.stream(length - 1):
                account.pay(payment)
            app.save(account)
            ids.append(account.id)
    return ids


class Saver:
    """One process that saves accounts, each event by itself."""

    def __init__(self, socket: Socket, seed: int, stream_length: int, number: int) -> None:
        self._app = application(socket)
        self._payments = Payments(seed + number)
        self._stream_length = stream_length
        self._streams: list[list[Payment]] = []

    def prepare(self, count: int) -> None:
        """Make the arguments of the payments."""
        lengths = [self._stream_length] * (count // self._stream_length)
        self._streams = [list(self._payments.stream(length - 1)) for length in lengths]

    def run(self) -> int:
        """Save: an account's creation, then payment after payment."""
        saved = 0
        for stream in self._streams:
            account = Account()
            saved += len(self._app.save(account))
            for payment in stream:
                account.pay(payment)
                saved += len(self._app.save(account))
        return saved


class Getter:
    """Gets whole accounts out of the repository."""

    def __init__(self, socket: Socket, ids: list[UUID], _number: int) -> None:
        self._app = application(socket)
        self._ids = ids

    def prepare(self, count: int) -> None:
        """Choose the first `count` accounts."""
        self._chosen = self._ids[:count]

    def run(self) -> int:
        """Fold each account from its events; return how many events that were."""
        return sum(self._get(account_id).version for account_id in self._chosen)

    def _get(self, account_id: UUID) -> Account:
        account: Account = self._app.repository.get(account_id)
        return account


class Reader:
    """Reads all events in the library's order, as its typed domain events."""

    def __init__(self, socket: Socket, _number: int) -> None:
        self._app = application(socket)

    def prepare(self, count: int) -> None:
        """Read up to `count` events."""
        self._count = count

    def run(self) -> int:
        """Page through the notification log and decode."""
        seen, start = 0, 1
        while seen < self._count:
            page = self._app.recorder.select_notifications(start, limit=PAGE_SIZE)
            events = [self._app.mapper.to_domain_event(item) for item in page]
            if not events:
                break
            seen += len(events)
            start = page[-1].id + 1
        return seen
