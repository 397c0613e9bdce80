"""Histories of jars, written the way that every fact is written."""

from typing import Any, Final
from uuid import UUID

from audits import context, execution, reading, store
from audits.codec import Recorded
from audits.events import WorkItemRedriven
from audits.kernel import Actor, Command, Context
from tests.audits.api.toy import FillJar, OpenJar, SmashJar
from tests.support.people import EXPORTER, NOON

TIMES_OF_THE_LOG: Final = """
    UPDATE audits_log l SET latest_at = known.latest_at
    FROM (SELECT log_index, max(recorded_at) OVER (ORDER BY log_index) AS latest_at
          FROM audits_log JOIN audits_event USING (event_id)) AS known
    WHERE known.log_index = l.log_index
"""
"""Makes every place of the log say when the latest event up to it was recorded, as a forger would."""


def context_of(actor: Actor = EXPORTER, *, command_id: UUID | None = None) -> Context:
    return Context(actor=actor, now=NOON, command_id=command_id or context.new_id())


def do(command: Command, target: UUID, *, command_id: UUID | None = None) -> reading.Receipt:
    return execution.execute(command, target, context_of(command_id=command_id))


def full_jar(*deposits_cents: int) -> UUID:
    """Open a jar and put money in."""
    jar = context.new_id()
    do(OpenJar(label="rent"), jar)
    for amount_cents in deposits_cents:
        do(FillJar(amount_cents=amount_cents), jar)
    return jar


def smashed_jar() -> UUID:
    """Open, fill and smash a jar."""
    jar = full_jar(100)
    do(SmashJar(), jar)
    return jar


def sealed(stream: UUID, version: int, *, cause: UUID | None = None) -> Recorded[Any]:
    """Make one small event that nothing decides about, at the database's time."""
    moment = Context(
        actor=EXPORTER,
        now=context.database_now(),
        command_id=context.new_id(),
        causation_id=cause,
    )
    event = WorkItemRedriven(work_item_id=stream, kind="test", reason="because")
    draft = store.Draft("work_item", stream, version, event)
    return store.seal([draft], moment, store.Cause("Test", "0" * 64))[0]
