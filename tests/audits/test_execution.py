"""From command to receipt: once, whoever repeats it, and only on the version that was meant."""

import msgspec
import pytest

from audits import context, execution, reading
from audits.codec import leaf_hash, registry
from audits.execution import CommandIdReused, NotFound
from audits.kernel import Command, Refused, WrongExpectedVersion
from tests.audits.api.toy import DECIDER, FillJar, JarFilled, OpenJar, SmashJar
from tests.audits.filling import FILL, TOO_MUCH, held_cents, refusals, run
from tests.audits.histories import context_of, do, full_jar, smashed_jar
from tests.support.people import BANK, EXPORTER, INTRUDER, NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]


# -- Acceptance ----------------------------------------------------------------------------


def test_the_receipt_proves_what_was_recorded() -> None:
    jar = full_jar(100)
    command = context.new_id()
    receipt = do(FILL, jar, command_id=command)
    event = reading.load(DECIDER, jar).recorded[-1]
    assert receipt == reading.Receipt(
        command_id=command,
        stream_id=jar,
        version=3,
        events=(
            reading.EventReceipt(
                event_id=event.event_id,
                stream_id=jar,
                type="jar_filled",
                version=3,
                leaf_hash=leaf_hash(registry.encode(event)).hex(),
                recorded_at=event.recorded_at,
            ),
        ),
    )
    assert event.command.name == "FillJar"
    assert (event.actor, event.data) == (EXPORTER, JarFilled(amount_cents=100))


def test_the_time_is_the_databases_whatever_the_caller_says() -> None:
    before = context.database_now()
    jar = full_jar()
    recorded_at = reading.load(DECIDER, jar).recorded[0].recorded_at
    assert before <= recorded_at <= context.database_now()
    assert recorded_at != NOON


def test_a_stream_keeps_to_the_deal_that_began_it() -> None:
    deal = context.new_id()
    jar = context.new_id()
    opening = msgspec.structs.replace(context_of(), correlation_id=deal)
    execution.execute(OpenJar(label="rent"), jar, opening)
    do(FILL, jar)
    other = full_jar()
    assert [each.correlation_id for each in reading.load(DECIDER, jar).recorded] == [deal, deal]
    assert reading.load(DECIDER, other).recorded[0].correlation_id == other


def test_what_took_effect_before_changes_nothing() -> None:
    jar = smashed_jar()
    assert do(SmashJar(), jar).events == ()
    assert reading.load(DECIDER, jar).version == 3


# -- Repeats -------------------------------------------------------------------------------


def test_a_repeat_gets_the_identical_receipt_whatever_happened_since() -> None:
    jar = full_jar()
    command = context.new_id()
    first = do(FILL, jar, command_id=command)
    do(SmashJar(), jar)
    assert do(FILL, jar, command_id=command) == first
    assert reading.load(DECIDER, jar).version == 3


@pytest.mark.parametrize(
    ("command", "same_jar"),
    [(FillJar(amount_cents=101), True), (FillJar(amount_cents=100, note=""), True), (FILL, False)],
    ids=["other amount", "other note", "other target"],
)
def test_the_same_id_for_something_else_is_refused(command: Command, *, same_jar: bool) -> None:
    jar, other = full_jar(), full_jar()
    command_id = context.new_id()
    do(FILL, jar, command_id=command_id)
    with pytest.raises(CommandIdReused):
        do(command, jar if same_jar else other, command_id=command_id)
    assert (held_cents(jar), held_cents(other)) == (100, 0)
    assert refusals() == 0


def test_the_id_of_a_refused_command_cannot_be_used_for_something_else() -> None:
    jar = full_jar()
    command_id = context.new_id()
    with pytest.raises(Refused):
        do(TOO_MUCH, jar, command_id=command_id)
    with pytest.raises(CommandIdReused):
        do(FILL, jar, command_id=command_id)
    assert held_cents(jar) == 0


# -- Targets and versions ------------------------------------------------------------------


def test_a_thing_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        do(FILL, context.new_id())
    assert refusals() == 0


def test_a_thing_of_somebody_else_is_not_found_either() -> None:
    jar = full_jar()
    with pytest.raises(NotFound):
        run(FILL, jar, actor=INTRUDER)
    assert held_cents(jar) == 0
    assert run(FILL, jar, actor=BANK).version == 2


@pytest.mark.parametrize("expected_version", [0, 1, 3])
def test_a_wrong_expected_version_changes_nothing(expected_version: int) -> None:
    jar = full_jar(100)
    with pytest.raises(WrongExpectedVersion) as mismatch:
        execution.execute(FILL, jar, context_of(), expected_version=expected_version)
    assert (mismatch.value.expected, mismatch.value.found) == (expected_version, 2)
    assert (held_cents(jar), refusals()) == (100, 0)


def test_the_right_expected_version_is_accepted() -> None:
    jar = full_jar(100)
    receipt = execution.execute(FILL, jar, context_of(), expected_version=2)
    assert receipt.version == 3
    new = context.new_id()
    assert execution.execute(OpenJar(label="x"), new, context_of(), expected_version=0).version == 1
