"""Read models checked: every row derived again from its stream, beside the row that is there."""

from collections.abc import Iterator
from typing import Any

from audits import replay
from audits.differences import Difference, Look
from audits.models import ReadModel
from audits.projection import Projection, derive, projections, span_of

Row = dict[str, Any]


def read_models_check(look: Look) -> Iterator[Difference]:
    """Rebuild every read model from events; name rows that are missing, surplus or otherwise."""
    look.expect(replay.count(list(projections)))
    for projection in projections.values():
        expected, found = _derived(projection, look), _stored(projection.model)
        for wanted, there in replay.merged(expected, found, key=lambda row: row["id"]):
            yield from _differences(_table(projection.model), wanted, there)


def _derived(projection: Projection, look: Look) -> Iterator[Row]:
    for loaded in replay.streams_of(projection.decider):
        yield derive(projection, loaded, span_of(loaded.recorded))
        look.done(len(loaded.recorded))


def _stored(model: type[ReadModel]) -> Iterator[Any]:
    rows = model._default_manager.order_by("id").values()
    return rows.iterator(chunk_size=replay.PAGE_SIZE)


def _table(model: type[ReadModel]) -> str:
    return model._meta.db_table


def _differences(table: str, wanted: Row | None, there: Row | None) -> Iterator[Difference]:
    if wanted is None or there is None:
        row = wanted or there or {}
        yield Difference(
            kind="read_model_row_surplus" if wanted is None else "read_model_row_missing",
            subject=f"{table} {row['id']}",
            detail="no stream has this row" if wanted is None else f"as {row['status']}",
        )
        return
    for column in wanted:
        if there[column] != wanted[column]:
            yield Difference(
                kind="read_model_column_wrong",
                subject=f"{table} {wanted['id']} {column}",
                detail=f"expected {wanted[column]!r}, found {there[column]!r}",
            )
