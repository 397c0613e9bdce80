"""Serial numbers that left and reports that counted: one row each, from one event each."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from audits import replay
from audits.codec import Recorded
from audits.differences import Check, Difference, Look
from licenses import guarded
from licenses.guarded import Row
from licenses.verification.rows import Derived, GuardedTable, row_differences

SERIALS: Final = GuardedTable(
    name="licenses_shipped_serial", columns=guarded.SERIAL_COLUMNS, aggregates=("shipment",)
)
REPORTS: Final = GuardedTable(
    name="licenses_accepted_report", columns=guarded.REPORT_COLUMNS, aggregates=("lab_test",)
)


def rows_check(table: GuardedTable, rows_of: Callable[[Recorded[Any]], list[Row]]) -> Check:
    """Make the check of a table whose rows follow from single events."""

    def check(look: Look) -> Iterator[Difference]:
        """Compare every row with its event."""
        look.expect(replay.count(table.aggregates))
        return row_differences(table, derived(look))

    def derived(look: Look) -> Iterator[Derived]:
        for event in replay.events_of(table.aggregates):
            yield event.event_id, rows_of(event)
            look.done()

    return check


serials_check: Final = rows_check(SERIALS, guarded.serial_rows)
reports_check: Final = rows_check(REPORTS, guarded.report_rows)
