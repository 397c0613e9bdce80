"""The timeline of a deal of 3,000 events: how many queries, how long, beside generic foreign keys."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from audits import context, store
from audits.context import SteadyClock
from audits.sequencing import Sequencer
from benchmarks import ground, sample
from benchmarks.appending import side
from benchmarks.fleet import Fleet
from benchmarks.ground import Ground
from benchmarks.measures import Ceiling, Goal, Result, Size, compare
from benchmarks.sample import AGGREGATE, CAUSE, EXPORTER, Payments, command, paid
from devstack.provision import OWNER

QUERIES: Final = "timeline_queries"
MILLISECONDS: Final = "timeline_ms_at_3000"
PEER_SETTINGS: Final = "benchmarks.peers.actions.settings"
FEW: Final = 30
MANY: Final = 3_000
A_TRANSACTION: Final = 1_000
SECOND_MS: Final = 1_000


class Filler:
    """Writes a deal of so many events, and the same as actions."""

    def __init__(self, variables: Mapping[str, str], _number: int) -> None:
        ground.adopt(variables)
        sample.register()

    def prepare(self, count: int) -> None:
        """Write `count` events."""
        self._count = count

    def run(self) -> str:
        """Write them; return the id of the deal."""
        deal_id = context.new_id()
        events = list(Payments(sample.SEED).stream(self._count))
        clock = SteadyClock.synchronized(context.database_now())
        for begun in range(0, self._count, A_TRANSACTION):
            drafts = [
                store.Draft(AGGREGATE, deal_id, version, paid(payment))
                for version, payment in enumerate(
                    events[begun : begun + A_TRANSACTION], start=begun + 1
                )
            ]
            store.append(store.seal(drafts, command(deal_id, clock), CAUSE))
        Sequencer().run_until_empty()
        self._as_rows(deal_id, [msgspec.to_builtins(paid(payment)) for payment in events])
        return str(deal_id)

    def _as_rows(self, deal_id: UUID, data: list[dict[str, Any]]) -> None:
        from django.contrib.contenttypes.models import ContentType  # noqa: PLC0415 -- waits

        from audits.models import Organization, Person  # noqa: PLC0415 -- models wait for Django
        from benchmarks.peers.actions.models import Action  # noqa: PLC0415 -- so do these
        from licenses.models import ApplicationRow  # noqa: PLC0415 -- so do these

        now = context.database_now()
        body, _ = Organization.objects.get_or_create(
            id=EXPORTER.organization_id, name="Benchmark exporter", role="exporter"
        )
        if not Person.objects.filter(id=EXPORTER.person_id).exists():
            Person.objects.create_person(
                person_id=EXPORTER.person_id, username="bencher", organization=body, password=None
            )
        row = ApplicationRow.objects.create(
            id=context.new_id(),
            version=1,
            correlation_id=deal_id,
            status="submitted",
            control_number=f"A{self._count:06d}",
            created_at=now,
            changed_at=now,
            exporter_id=EXPORTER.organization_id,
            currency="USD",
        )
        kinds = ContentType.objects.get_for_models(Person, ApplicationRow)
        Action.objects.bulk_create(
            Action(
                actor_type=kinds[Person],
                actor_id=str(EXPORTER.person_id),
                verb="benchmark_paid",
                target_type=kinds[ApplicationRow],
                target_id=str(row.id),
                data=each,
                timestamp=now,
            )
            for each in data
        )


class Pages:
    """Renders the first page of a deal's timeline for an auditor, as the product does."""

    def __init__(self, variables: Mapping[str, str], deal_id: str, _number: int) -> None:
        ground.adopt(variables)
        sample.register()
        self._deal_id = UUID(deal_id)
        self._viewer = _auditor()

    def prepare(self, count: int) -> None:
        """Render `count` pages."""
        self._count = count

    def run(self) -> int:
        """Render them; return how many there were."""
        return sum(1 for _ in range(self._count) if self.page().content)

    def page(self) -> Any:
        """Render one page."""
        from licenses.web.deals import DealPage  # noqa: PLC0415 -- models wait for Django

        return DealPage.as_view()(self._request(), id=self._deal_id)

    def _request(self) -> Any:
        from django.test import RequestFactory  # noqa: PLC0415 -- waits for the settings

        request = RequestFactory().get(f"/deals/{self._deal_id}/")
        request.user = self._viewer
        return request


class PeerPages(Pages):
    """Renders the same page through generic foreign keys."""

    def page(self) -> Any:
        """Render one page."""
        from benchmarks.peers.actions.pages import deal_page  # noqa: PLC0415 -- waits

        return deal_page(self._request(), self._viewer, self._deal_id)


class Counter:
    """Counts the queries of one page of each kind."""

    def __init__(self, variables: Mapping[str, str], deal_id: str, number: int) -> None:
        self._sides = [kind(variables, deal_id, number) for kind in (Pages, PeerPages)]

    def prepare(self, _count: int) -> None:
        """Render each once: content types are looked up only the first time."""
        for one in self._sides:
            one.page()

    def run(self) -> list[int]:
        """Return how many queries ours and theirs take."""
        from django.db import connection  # noqa: PLC0415 -- waits for the settings
        from django.test.utils import CaptureQueriesContext  # noqa: PLC0415 -- so does this

        counts = []
        for one in self._sides:
            with CaptureQueriesContext(connection) as queries:
                one.page()
            counts.append(len(queries))
        return counts


def _auditor() -> Any:
    """Make up a person who may see everything; nothing is written."""
    from audits.models import Organization, Person  # noqa: PLC0415 -- models wait for Django

    body = Organization(id=UUID(int=3), name="Benchmark auditor", role="auditor")
    return Person(id=UUID(int=4), username="auditor", organization=body)


def against_generic_keys(base: Ground, size: Size) -> tuple[Ceiling, Result]:
    """Count queries on a short and a long deal, and compare how fast the long one is shown."""
    database = base.journal("timeline")
    variables = base.variables(database, OWNER) | {"DJANGO_SETTINGS_MODULE": PEER_SETTINGS}
    ground.migrate(variables, "--run-syncdb")
    with Fleet(Filler, (variables,), 1) as filler:
        few, many = (filler.run(count).results[0] for count in (FEW, MANY))
    base.settle(database)
    counts = {}
    for count, deal_id in ((FEW, few), (MANY, many)):
        with Fleet(Counter, (variables, deal_id), 1) as counter:
            [counts[count]] = counter.run(1).results
    return _queries(counts), _speed(variables, many, size)


def _queries(counts: Mapping[int, list[int]]) -> Ceiling:
    (few, peer_few), (many, peer_many) = counts[FEW], counts[MANY]
    return Ceiling(
        key=QUERIES,
        unit="queries more",
        value=many - few,
        limit=1,
        met=many - few < 1,
        notes={
            "queries": {str(FEW): few, str(MANY): many},
            "peer_queries": {str(FEW): peer_few, str(MANY): peer_many},
        },
    )


def _speed(variables: Mapping[str, str], deal_id: str, size: Size) -> Result:
    with (
        Fleet(Pages, (variables, deal_id), 1) as ours,
        Fleet(PeerPages, (variables, deal_id), 1) as theirs,
    ):
        found = compare(
            Goal(MILLISECONDS, None, "pages/s"),
            side("timeline page", ours, size.posts // 2 or 1),
            side("generic foreign keys", theirs, size.posts // 2 or 1),
            size.pairs,
        )
    notes = {
        "events": MANY,
        "ms": round(SECOND_MS / found.ours.median, 1),
        "peer_ms": round(SECOND_MS / found.peer.median, 1),
    }
    return msgspec.structs.replace(found, notes=notes)
