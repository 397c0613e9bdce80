"""Rows are visible to those to whom the things themselves are, and to nobody else."""

from uuid import UUID

import pytest

from audits import execution, reading
from audits.models import EventRow
from audits.projection import projections
from licenses.permissions import VISIBLE
from licenses.queries import VISIBLE_ROWS, visible_streams
from tests.licenses.api.conftest import CAST
from tests.support.deal import Deal
from tests.support.people import AUDITOR, OFFICER, identity
from tests.support.stage import Stage


def test_every_kind_of_thing_has_rows() -> None:
    assert set(VISIBLE_ROWS) == set(VISIBLE)


@pytest.mark.django_db
def test_rows_and_things_are_visible_to_the_same_people() -> None:
    stage = Stage()
    stage.prepare()
    stage.sell_at_home(8)
    Deal(stage, stage.approved_customer()).ready().dispatch()
    stage.settle()
    found = EventRow.objects.filter(aggregate__in=VISIBLE).values_list("aggregate", "stream_id")
    streams = set(found.distinct())
    assert {aggregate for aggregate, _ in streams} == set(VISIBLE)
    for actor in CAST.values():
        expected = {
            stream_id
            for aggregate, stream_id in streams
            if execution.may_see(
                aggregate,
                reading.load(projections[aggregate].decider, stream_id).state,
                actor,
            )
        }
        assert visible_streams(actor, streams) == expected


@pytest.mark.django_db
def test_the_journals_own_streams_are_for_auditors_but_refusals_for_the_office() -> None:
    own = [("work_item", identity("a work item")), ("refusal", UUID(int=1))]
    assert visible_streams(AUDITOR, own) == {stream_id for _, stream_id in own}
    assert visible_streams(OFFICER, own) == {UUID(int=1)}
    others = set(CAST.values()) - {AUDITOR, OFFICER}
    assert all(visible_streams(actor, own) == set() for actor in others if actor.role != "officer")
