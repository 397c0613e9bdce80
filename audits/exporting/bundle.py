"""Writing a bundle: a plan, its parts, then everything that follows from them, then the manifest.

Beside the place of the bundle stands `<name>.partial` until it is done. Whoever asks for the same again
goes on there, with the checkpoint that was the newest when it began.
"""

import fcntl
import hashlib
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from audits import context as minting
from audits import proofs
from audits.codec import canonical
from audits.differences import Progress, Silence
from audits.exporting import parts, scopes, tables
from audits.exporting.contents import Contents
from audits.exporting.scopes import Scope
from audits.exporting.tables import Table
from audits.kernel import Refused
from audits.proofs import encoded
from audits.sealing import merkle, tiles

FORMAT: Final = "tollgate-bundle/1"
ZIP: Final = ".zip"
ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The same bundle makes the same archive."""
COPY_BYTES: Final = 1 << 20


Form = Literal["cloudevents", "parquet", "xlsx"]
FORMS: Final[Mapping[Form, tuple[str, Callable[[Path], AbstractContextManager[Table]]]]] = {
    "cloudevents": ("cloudevents.jsonl", tables.cloud_events),
    "parquet": ("tables/events.parquet", tables.parquet),
    "xlsx": ("tables/events.xlsx", tables.workbook),
}


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants exported."""

    scope: Scope
    since: tuple[int, ...] = ()
    """Sizes of checkpoints that the reader holds: the bundle proves that the log goes on from them."""
    forms: frozenset[Form] = frozenset()
    """Besides CSV."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """An order with the checkpoint that the bundle leads to; kept, so that a crash costs little."""

    order: Order
    size: int
    note: str
    exported_at: datetime


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What was written."""

    path: str
    events: int
    streams: int
    size: int
    """Of the checkpoint."""
    bytes: int


def export(order: Order, place: Path, progress: Progress | None = None) -> Exported:
    """Write a bundle to `place`: a directory, or one file where the name ends in .zip.

    Raises Refused `export_exists`, `export_running`, `export_other` where an unfinished one of another order stands,
    `checkpoint_too_small`, `parquet_not_installed`, `place_unusable`, and what `scopes.indexes` refuses; NotFound before the first checkpoint;
    OSError where the place cannot be written: asked for again, it goes on once it can.
    """
    if not place.name:
        raise Refused("place_unusable", f"{place} is no name for a bundle")
    if "parquet" in order.forms:
        tables.pyarrow_modules()
    partial = place.with_name(f"{place.name}.partial")
    with _alone(place):
        contents, plan = _export(order, place, partial, progress or Silence())
    counts = contents.manifest()["counts"]
    return Exported(
        path=str(place),
        events=counts["events"],
        streams=counts["streams"],
        size=plan.size,
        bytes=sum(each.stat().st_size for each in (place, *place.rglob("*")) if each.is_file()),
    )


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Keep everybody else from exporting to the same place; ends with the process, however that ends."""
    place.parent.mkdir(parents=True, exist_ok=True)
    guard = place.with_name(f".{place.name}.lock")
    with guard.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused("export_running", f"Somebody is exporting to {place}") from error
        try:
            yield
        finally:
            guard.unlink()


def _export(order: Order, place: Path, partial: Path, progress: Progress) -> tuple[Contents, Plan]:
    if place.exists():
        raise Refused("export_exists", f"{place} is there already")
    plan = _plan(order, partial / "plan.json")
    found = scopes.indexes(order.scope, plan.size)
    partial.mkdir(parents=True, exist_ok=True)
    parts.write_whole(partial / "plan.json", msgspec.json.encode(plan))
    progress.begin("events", len(found))
    for count in parts.write(
        partial / "parts", found, size=plan.size, whole=order.scope.is_whole_log
    ):
        progress.advance(count)
    bundle = partial / "bundle"
    shutil.rmtree(bundle, ignore_errors=True)
    bundle.mkdir()
    progress.begin("tables", len(found))
    contents = _write_contents(bundle, partial / "parts", plan, progress)
    _finish(bundle, place)
    shutil.rmtree(partial)
    return contents, plan


def _plan(order: Order, kept: Path) -> Plan:
    """Read the plan of what was begun, or make one."""
    if kept.exists():
        plan = msgspec.json.decode(kept.read_bytes(), type=Plan)
        if plan.order != order:
            raise Refused("export_other", f"{kept.parent} is what is left of another export")
        return plan
    checkpoint = proofs.newest()
    if not all(0 <= size <= checkpoint.size for size in order.since):
        raise Refused("checkpoint_too_small", f"The newest checkpoint is of {checkpoint.size}")
    return Plan(
        order=order,
        size=checkpoint.size,
        note=proofs.note_of(checkpoint).decode(),
        exported_at=minting.database_now(),
    )


def _write_contents(bundle: Path, written: Path, plan: Plan, progress: Progress) -> Contents:
    """Write every file of the bundle, the manifest last."""
    beside = "leaves" if plan.order.scope.is_whole_log else "proofs.jsonl"
    (bundle / "tables").mkdir()
    with ExitStack() as stack:
        shown = [stack.enter_context(tables.csv_table(bundle / "tables" / "events.csv"))]
        for form in sorted(plan.order.forms):
            name, table = FORMS[form]
            shown.append(stack.enter_context(table(bundle / name)))
        contents = Contents(shown)
        events = stack.enter_context((bundle / "events.jsonl").open("wb"))
        proved = stack.enter_context((bundle / beside).open("wb"))
        for part, beside_part in parts.joined(written):
            with part.open("rb") as lines:
                for line in lines:
                    contents.add(line)
                    events.write(line)
                    progress.advance(1)
            proved.write(beside_part.read_bytes())
    for name, content in _small_files(plan, contents):
        (bundle / name).parent.mkdir(parents=True, exist_ok=True)
        (bundle / name).write_bytes(content)
    (bundle / "manifest.json").write_bytes(canonical(_manifest(bundle, plan, contents)))
    return contents


def _small_files(plan: Plan, contents: Contents) -> Iterator[tuple[str, bytes]]:
    yield "checkpoint", plan.note.encode()
    yield "columns.json", msgspec.json.encode(contents.dictionary(), order="sorted")
    for path, text in contents.texts.items():
        yield path, text.encode()
    if not plan.order.scope.is_whole_log:
        node = tiles.node_reader(plan.size)
        for size in sorted({each for each in plan.order.since if 0 < each < plan.size}):
            hashes = [encoded(each) for each in merkle.consistency_proof(size, plan.size, node)]
            yield f"consistency/{size}.json", canonical(hashes)


def _manifest(bundle: Path, plan: Plan, contents: Contents) -> dict[str, Any]:
    files = {
        path.relative_to(bundle).as_posix(): _claim(path)
        for path in sorted(bundle.rglob("*"))
        if path.is_file()
    }
    return contents.manifest() | {
        "exported_at": plan.exported_at,
        "files": files,
        "format": FORMAT,
        "scope": plan.order.scope,
        "whole_log": plan.order.scope.is_whole_log,
        "whole_streams": plan.order.scope.has_whole_streams,
    }


def _claim(path: Path) -> dict[str, int | str]:
    digest, size, lines = hashlib.sha256(), 0, 0
    with path.open("rb") as file:
        while chunk := file.read(COPY_BYTES):
            digest.update(chunk)
            size, lines = size + len(chunk), lines + chunk.count(b"\n")
    claim: dict[str, int | str] = {"bytes": size, "sha256": digest.hexdigest()}
    return claim | ({"lines": lines} if path.suffix == ".jsonl" else {})


def _finish(bundle: Path, place: Path) -> None:
    """Put the bundle into its place, whole, even if the machine stops."""
    done = _packed(bundle) if place.suffix == ZIP else bundle
    for path in (done, *done.rglob("*")):
        parts.sync(path)
    done.rename(place)
    parts.sync(place.parent)


def _packed(bundle: Path) -> Path:
    packed = bundle.with_name("bundle.zip")
    with closing(zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED)) as archive:
        for path in sorted(bundle.rglob("*")):
            if path.is_file():
                info = zipfile.ZipInfo(path.relative_to(bundle).as_posix(), ZIP_TIME)
                info.compress_type = zipfile.ZIP_DEFLATED
                with path.open("rb") as file, archive.open(info, "w", force_zip64=True) as packing:
                    shutil.copyfileobj(file, packing, COPY_BYTES)
    return packed
