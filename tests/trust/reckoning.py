"""What must be true after the storm, asked of the database itself; each answer lists what is not."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg

from audits.work import LEASE
from tests.trust.plays import Play

Row = tuple[Any, ...]

CALM_SECONDS: Final = 300.0
"""A lease ends after 30 seconds; then somebody else takes the work up, on a machine that is busy."""

ONCE: Final = (
    *("application_drafted", "application_revised", "application_submitted"),
    *("decision_proposed", "application_approved", "volume_reserved", "license_granted"),
    *("provisos_acknowledged", "escrow_opened", "deposit_booked", "escrow_funded"),
    *("shipment_requested", "lot_registered", "sample_drawn", "report_accepted"),
    *("certificate_issued", "end_user_statement_held", "export_filed"),
    *("shipment_dispatched", "volume_posted", "escrow_released", "license_drawn_down"),
    *("license_exhausted", "remittance_assessed", "remittance_instructed"),
    *("remittance_confirmed", "remittance_reconciled"),
)
"""Wire names of the events of one deal, its own and its processes': each exactly once."""
REPEATED: Final = frozenset({"clearance_assessed"})
"""A clearance is assessed anew whenever something that it rests on changed."""

_EVENTS: Final = """
    SELECT correlation_id, type, count(*) FROM audits_event
    WHERE correlation_id = ANY(%s) GROUP BY correlation_id, type
"""
_UNFINISHED: Final = """
    SELECT id, kind, status, attempts, last_error FROM audits_work_item
    WHERE status = 'dead' OR (status <> 'done' AND due_at <= clock_timestamp()
                              AND coalesce(lease_until, due_at) <= clock_timestamp() + %s)
"""
"""But for an audit that was cut off: it is begun again when its lease, a long one, has run down."""
_TORN_STREAMS: Final = """
    SELECT stream_id, count(*), max(version) FROM audits_event
    GROUP BY stream_id HAVING count(*) <> max(version) OR min(version) <> 1
"""
_LOG: Final = """
    SELECT (SELECT count(*) FROM audits_event), count(*), count(DISTINCT event_id),
           min(log_index), max(log_index) + 1
    FROM audits_log
"""
_EFFECT_BEFORE_CAUSE: Final = """
    SELECT e.event_id FROM audits_event e JOIN audits_log own USING (event_id)
    JOIN audits_log cause ON cause.event_id = e.causation_id
    WHERE cause.log_index > own.log_index
    UNION ALL
    SELECT e.event_id FROM audits_event e JOIN audits_log own USING (event_id)
    JOIN audits_event before ON before.stream_id = e.stream_id AND before.version = e.version - 1
    JOIN audits_log earlier ON earlier.event_id = before.event_id
    WHERE earlier.log_index > own.log_index
"""
_MONEY: Final = """
    SELECT kind, sum(debits_posted), sum(credits_posted), sum(debits_pending + credits_pending)
    FROM licenses_ledger_account GROUP BY kind
"""
_VOLUME: Final = """
    SELECT sum(units_us_counting), sum(units_pending), sum(units_posted)
    FROM licenses_allotment_counter
"""
_TWICE: Final = """
    SELECT subject_id, code, kind, count(*) FROM licenses_ledger_transfer
    GROUP BY subject_id, code, kind HAVING count(*) <> 1
"""
_HALTS: Final = "SELECT body -> 'data' FROM audits_journal WHERE type = 'sealing_halted'"
_TOLD: Final = """
    SELECT body -> 'data' ->> 'process', count(*), min(writer::text)
    FROM audits_journal WHERE type = 'code_deployed' GROUP BY 1 ORDER BY 1
"""
_CHECKPOINTED: Final = "SELECT coalesce(max(size), 0) FROM audits_checkpoint"
_LOG_SIZE: Final = "SELECT count(*) FROM audits_log"
_INTERRUPTED: Final = """
    SELECT count(*) FROM audits_work_item WHERE status = 'done' AND attempts > 1 AND last_error = ''
"""


def _soon(holds: Callable[[], bool]) -> bool:
    """Tell whether something comes to hold."""
    end = time.monotonic() + CALM_SECONDS
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.2)
    return False


@dataclass(frozen=True)
class Reckoning:
    """Questions to the database of a stack, asked as its auditor."""

    address: str

    def ask(self, question: str, *values: Any) -> list[Row]:
        """Run one query."""
        with psycopg.connect(self.address) as connection:
            return connection.execute(question.encode(), values).fetchall()

    def unfinished_work(self) -> list[Row]:
        """List work that is due or dead."""
        return self.ask(_UNFINISHED, LEASE)

    def work_never_finished(self) -> list[Row]:
        """List work that is due or dead when whoever was to do it has had the time to.

        Some work comes by the clock, and is due for a moment whenever one looks.
        """
        left: list[Row] = []

        def is_done() -> bool:
            left[:] = self.unfinished_work()
            return not left

        _soon(is_done)
        return left

    def becomes_dense(self) -> bool:
        """Tell whether the log gets a place for every event; reads are recorded all the time."""
        return _soon(self.is_log_dense)

    def is_calm(self) -> bool:
        """Tell whether nothing is to be done any more, the sequencer's part included."""
        return not self.unfinished_work() and self.is_log_dense()

    def wait_for_calm(self) -> None:
        """Wait until it is calm, or whoever was to make it so has had the time to."""
        _soon(self.is_calm)

    def interrupted_work(self) -> int:
        """Count items of which an attempt ended without a word: whoever made it was killed."""
        [(count,)] = self.ask(_INTERRUPTED)
        return int(count)

    def odd_deals(self, plays: Sequence[Play]) -> dict[str, dict[str, int]]:
        """List deals in which an event is missing, or is there more than once."""
        found: dict[UUID, Counter[str]] = {play.ids["application"]: Counter() for play in plays}
        for correlation_id, name, count in self.ask(_EVENTS, list(found)):
            found[correlation_id][name] = count
        wanted = Counter(ONCE)
        odd = {}
        for play in plays:
            counted = found[play.ids["application"]]
            names = (wanted.keys() | counted.keys()) - REPEATED
            wrong = {name: counted[name] for name in names if counted[name] != wanted[name]}
            if wrong:
                odd[play.label] = wrong
        return odd

    def torn_streams(self) -> list[Row]:
        """List streams whose versions are not 1, 2, 3 and so on."""
        return self.ask(_TORN_STREAMS)

    def lost_receipts(self, receipts: Iterable[dict[str, Any]]) -> set[tuple[str, str]]:
        """List events that a client holds a receipt for and that the journal has not, or altered."""
        held = {
            (event["event_id"], event["leaf_hash"])
            for receipt in receipts
            for event in receipt["events"]
        }
        rows = self.ask("SELECT event_id::text, encode(leaf_hash, 'hex') FROM audits_event")
        return held - {(event_id, digest) for event_id, digest in rows}

    def is_log_dense(self) -> bool:
        """Tell whether every event has its place in the log, 0, 1, 2 and so on."""
        [(events, places, distinct, first, past_last)] = self.ask(_LOG)
        return bool(events == places == distinct == past_last and first == 0)

    def halts_of_sealing(self) -> list[Row]:
        """List why sealing was halted, each time."""
        return self.ask(_HALTS)

    def told_of_code(self) -> list[Row]:
        """List which process told of its code, how often, and under which login."""
        return self.ask(_TOLD)

    def log_size(self) -> int:
        """Count the places of the log."""
        [(size,)] = self.ask(_LOG_SIZE)
        return int(size)

    def becomes_covered(self, size: int) -> bool:
        """Tell whether a checkpoint comes to cover a log of this size; it grows all the time."""

        def is_covered() -> bool:
            [(covered,)] = self.ask(_CHECKPOINTED)
            return bool(covered >= size)

        return _soon(is_covered)

    def effects_before_causes(self) -> list[Row]:
        """List events that the log has before their cause or the version before them."""
        return self.ask(_EFFECT_BEFORE_CAUSE)

    def balances(self) -> dict[str, tuple[int, int, int]]:
        """Tell posted debits, posted credits and whatever is pending, by kind of account."""
        return {kind: (int(dr), int(cr), int(rest)) for kind, dr, cr, rest in self.ask(_MONEY)}

    def repeated_transfers(self) -> list[Row]:
        """List transfers of one kind that concern one license or shipment more than once."""
        return self.ask(_TWICE)

    def volume(self) -> tuple[int, int, int]:
        """Tell units sold at home, held by licenses, and gone."""
        [(at_home, held, gone)] = self.ask(_VOLUME)
        return int(at_home), int(held), int(gone)
