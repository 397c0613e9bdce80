"""Guarded rows: money, volume and serial numbers, written with the event that moves them.

Each row is a pure function of one event, so `verify` can derive all of them again from the journal
alone. The database moves the counters and refuses what does not add up.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection

from audits.codec import Recorded
from licenses.domain.allotment.events import Moving, UsSaleReported
from licenses.domain.allotment.state import Volume
from licenses.domain.allotment.values import Counters
from licenses.domain.lab_test.events import ReportAccepted
from licenses.domain.ledger.model import Transfer
from licenses.domain.ledger.postings import postings
from licenses.domain.policy.model import Cap
from licenses.domain.shipment.events import ShipmentDispatched

Row = tuple[Any, ...]

TRANSFER_COLUMNS: Final = (
    *("id", "kind", "debit_id", "credit_id", "amount_cents", "currency", "pending_id"),
    *("event_id", "code", "subject_id", "business_key"),
)
COUNTERS: Final = tuple(
    f"{metric}_{counter}"
    for metric in Counters.__struct_fields__
    for counter in ("us_reported", "us_reversed", "us_counting", "shortfall", "pending", "posted")
)
ENTRY_COLUMNS: Final = (
    *("event_id", "allotment_id", "metric", "ratio_numerator", "ratio_denominator"),
    *COUNTERS,
)
REPORT_COLUMNS: Final = (
    *("report_sha256", "laboratory_id", "report_number"),
    *("shipment_id", "event_id"),
)
SALE_COLUMNS: Final = (
    *("event_id", "allotment_id", "exporter_id", "product_id"),
    *("evidence_sha256", "sale_reference"),
)
SERIAL_COLUMNS: Final = ("serial", "shipment_id", "event_id")


def transfer_row(transfer: Transfer) -> Row:
    """Write a transfer as the columns of its row."""
    return (
        *(transfer.transfer_id, transfer.kind.value, transfer.debit.name, transfer.credit.name),
        *(transfer.amount_cents, transfer.currency, transfer.pending_id, transfer.event_id),
        *(transfer.code.value, transfer.subject_id, transfer.business_key),
    )


def transfer_rows(recorded: Recorded[Any]) -> list[Row]:
    """Derive the rows of the transfers that an event makes."""
    transfers = postings(recorded.data, stream_id=recorded.stream_id, event_id=recorded.event_id)
    return [transfer_row(transfer) for transfer in transfers]


def counter_values(counters: Counters) -> Row:
    """Flatten counters in the order of COUNTERS."""
    return tuple(
        getattr(getattr(counters, metric), counter)
        for metric, counter in (name.split("_", 1) for name in COUNTERS)
    )


def entry_row(recorded: Recorded[Any], cap: Cap) -> Row | None:
    """Derive the row by which an event of an allotment moves its counters under `cap`."""
    if not isinstance(recorded.data, Moving):
        return None
    return (
        *(recorded.event_id, recorded.stream_id, cap.metric),
        *(cap.ratio_numerator, cap.ratio_denominator),
        *counter_values(recorded.data.moved),
    )


def sale_row(recorded: Recorded[Any], books: Volume) -> Row | None:
    """Derive the row that keeps a US sale from counting twice, given the books it counts in."""
    if not isinstance(recorded.data, UsSaleReported):
        return None
    sale = recorded.data
    return (
        *(recorded.event_id, recorded.stream_id, books.exporter_id, books.product_id),
        *(sale.evidence.sha256, sale.sale_reference),
    )


def serial_rows(recorded: Recorded[Any]) -> list[Row]:
    """Derive the rows of the serial numbers that left with a dispatch."""
    if not isinstance(recorded.data, ShipmentDispatched):
        return []
    shipment: UUID = recorded.stream_id
    return [(serial, shipment, recorded.event_id) for serial in recorded.data.serials]


def write_transfers(fresh: Iterable[Recorded[Any]]) -> None:
    """Insert the transfers of fresh events."""
    rows = [row for recorded in fresh for row in transfer_rows(recorded)]
    _insert("licenses_ledger_transfer", TRANSFER_COLUMNS, rows)


def write_entries(fresh: Iterable[Recorded[Any]], cap: Cap) -> None:
    """Insert the movements of an allotment's counters."""
    rows = [row for recorded in fresh if (row := entry_row(recorded, cap)) is not None]
    _insert("licenses_allotment_entry", ENTRY_COLUMNS, rows)


def write_serials(fresh: Iterable[Recorded[Any]]) -> None:
    """Insert the serial numbers of dispatches; one that left before is refused by its key."""
    rows = [row for recorded in fresh for row in serial_rows(recorded)]
    _insert("licenses_shipped_serial", SERIAL_COLUMNS, rows)


def report_rows(recorded: Recorded[Any]) -> list[Row]:
    """Derive the row that keeps an accepted report from counting twice."""
    if not isinstance(recorded.data, ReportAccepted):
        return []
    accepted = recorded.data
    report = accepted.report
    return [
        (
            *(accepted.report_sha256, report.laboratory_id, report.report_number),
            *(accepted.shipment_id, recorded.event_id),
        )
    ]


def write_reports(fresh: Iterable[Recorded[Any]]) -> None:
    """Insert the reports that were accepted."""
    rows = [row for recorded in fresh for row in report_rows(recorded)]
    _insert("licenses_accepted_report", REPORT_COLUMNS, rows)


def _insert(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    if not rows:
        return
    names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 -- constants of this module
