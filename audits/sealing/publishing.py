"""Publishing: a checkpoint of the tree, checked against all that was ever said of it, then signed.

The order is what makes it safe. What was published is read first, outside the database; then the
journal is read again in a fresh transaction and its root computed by another path than the one that
grew the tree; then the store outside moves on, by compare-and-swap; only then does the signer sign.
Whatever ends the process in between, the next try starts from what is there. Two publishers at once
are merely slow: whoever is late finds that something moved, and tries again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import structlog
from django.db import DatabaseError, transaction

from audits import queries
from audits.sealing import checkpoints
from audits.sealing.checkpoints import Published, both_keys, signed_by
from audits.sealing.growing import BATCH_SIZE, checked_leaves
from audits.sealing.halt import SealingHalted
from audits.sealing.merkle import (
    Frontier,
    NodeReader,
    consistency_proof,
    root_at,
    verify_consistency,
)
from audits.sealing.note import (
    Checkpoint,
    Note,
    NoteError,
    parse,
    verify,
)
from audits.sealing.outside import CheckpointStore, Head
from audits.sealing.record import current
from audits.sealing.signer import Signed, SigningRefused, SignRequest
from audits.sealing.signing import SignerPort
from audits.sealing.tiles import (
    HEIGHT,
    WIDTH,
    TileMissing,
    node_reader,
    read_tile,
    stored_frontier,
    tile_root,
)
from audits.sealing.waiting import Waiting

log = structlog.get_logger(__name__)

TRY_AGAIN: Final = frozenset({"signer_moved", "smaller_size"})
"""What the signer says when another publisher was faster."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of the tree before, by whom."""

    outside: Head | None
    signer: Signed
    last: Published | None

    def claims(self) -> Iterator[tuple[str, int, bytes]]:
        """List who says which size has which root."""
        if self.outside is not None:
            yield "outside", self.outside.size, self.outside.root
        yield "signer", self.signer.size, self.signer.root
        if self.last is not None:
            yield "checkpoint", self.last.size, self.last.root


@dataclass(frozen=True, slots=True)
class Tree:
    """The tree as recomputed, and the proof that it continues what the signer signed."""

    head: Head
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes checkpoints of one log."""

    origin: str
    store: CheckpointStore
    signer: SignerPort
    waiting: Waiting = field(default_factory=Waiting)

    def publish(self, *, now_s: int) -> Published | None:
        """Publish a checkpoint of all that is sealed; None: it is to be tried again soon.

        Another publisher may have been faster, or an event has waited too long to be sealed.
        now_s: this machine's clock, for the store outside. Raises SealingHalted where anything
        contradicts what was said before, SignerAwayError and OSError where a part is away.
        """
        said = self._listen()
        with queries.snapshot():
            tree = self._tree(said)
        if tree is None:
            log.warning("checkpoint_withheld", reason="events wait to be sealed")
            return None
        if tree.head != said.outside and not self.store.advance(
            said.outside, tree.head, at_s=now_s
        ):
            return None
        content = self._signature(said.signer, tree)
        return None if content is None else self._keep(said.last, tree.head, content)

    def _listen(self) -> Said:
        """Read what was said: the database first, for it is the last to be told."""
        last = checkpoints.last()
        said = Said(self.store.head(), self._signed(), last)
        for who, size in (
            ("outside", said.outside.size if said.outside else 0),
            ("signer", said.signer.size),
        ):
            if last is not None and size < last.size:
                raise SealingHalted(
                    f"{who}_behind", f"checkpoint {last.number} has size {last.size}, not {size}"
                )
        return said

    def _signed(self) -> Signed:
        try:
            return self.signer.last()
        except SigningRefused as refusal:
            raise SealingHalted(refusal.code, f"the signer refuses: {refusal}") from refusal

    def _tree(self, said: Said) -> Tree | None:
        """Recompute the tree; None while events wait, unless it contradicts what was said."""
        frontier = stored_frontier()
        node = node_reader(frontier.size)
        try:
            for who, size, root in said.claims():
                _require_continued(who, size, root, frontier.size, node)
            if self.waiting.is_too_long(frontier.size):
                return None
            return recomputed(said, frontier, node)
        except TileMissing as error:
            raise SealingHalted("tile_missing", str(error)) from error

    def _signature(self, signed: Signed, tree: Tree) -> bytes | None:
        request = SignRequest(
            old_size=signed.size, size=tree.head.size, root=tree.head.root, proof=tree.proof
        )
        try:
            return self.signer.sign(request)
        except SigningRefused as refusal:
            if refusal.code in TRY_AGAIN:
                return None
            raise SealingHalted(refusal.code, f"the signer refuses: {refusal}") from refusal

    def _keep(self, last: Published | None, head: Head, content: bytes) -> Published | None:
        note, signed_at_s = opened(content)
        if note.text != Checkpoint(self.origin, head.size, head.root).text():
            raise SealingHalted("note_differs", "the signer signed something else than was asked")
        published = Published(
            number=0 if last is None else last.number + 1,
            size=head.size,
            root=head.root,
            note=bytes(note),
            signed_at=checkpoints.moment(signed_at_s),
        )
        if last is not None and (last.size, last.signed_at) == (head.size, published.signed_at):
            return last  # within one second there is nothing new to say
        try:
            with transaction.atomic():
                checkpoints.add(published)
        except DatabaseError:
            after = checkpoints.last()
            if after is not None and after.number >= published.number:
                return None
            raise
        return published


def opened(content: bytes) -> tuple[Note, int]:
    """Keep of a signed note what current keys of the journal signed; tell when (seconds since 1970).

    SealingHalted where a signature is wrong, of a revoked key, or not there: a checkpoint is signed
    plainly and with the time.
    """
    state = current()
    known = [both for key in state.current_keys for both in both_keys(key)]
    try:
        note = parse(content)
        for key in state.revoked_keys:
            if signed_by(note, key):
                raise SealingHalted("key_revoked", f"signed with the revoked key {key}")
        verified = verify(note, known)
    except NoteError as error:
        raise SealingHalted(error.code, f"the signer's note: {error}") from error
    times = [each.signed_at_s for each in verified if each.signed_at_s is not None]
    if not times or len(times) == len(verified):
        raise SealingHalted("note_incomplete", "a checkpoint is signed plainly and with the time")
    names = {(each.key.name, each.key.key_id) for each in verified}
    lines = (line for line in note.signatures if (line.name, line.key_id) in names)
    return Note(note.text, tuple(lines)), min(times)


def recomputed(said: Said, frontier: Frontier, node: NodeReader) -> Tree:
    """Compute the tree from the journal and its tiles; SealingHalted where the frontier differs."""
    _check_new_leaves(said.last.size if said.last else 0, frontier.size)
    root = root_at(frontier.size, node)
    if root != frontier.root():
        raise SealingHalted(
            "root_mismatch",
            f"size {frontier.size}: the tiles give {root.hex()},"
            f" the frontier {frontier.root().hex()}",
        )
    proof = consistency_proof(said.signer.size, frontier.size, node)
    if not verify_consistency(said.signer.size, frontier.size, said.signer.root, root, proof):
        raise SealingHalted("growth_not_proved", f"size {said.signer.size} to {frontier.size}")
    return Tree(Head(size=frontier.size, root=root), tuple(proof))


def _require_continued(who: str, size: int, root: bytes, there: int, node: NodeReader) -> None:
    """Refuse a tree that is shorter than what was said of it, or other."""
    if size > there:
        raise SealingHalted(f"{who}_ahead", f"size {size} was published; the tree has {there}")
    found = root_at(size, node)
    if found != root:
        raise SealingHalted(
            f"{who}_differs", f"size {size} had the root {root.hex()}; now it has {found.hex()}"
        )


def _check_new_leaves(old: int, size: int) -> None:
    """Hash the events since the last checkpoint again, and compare what the tiles hold of them."""
    first = old - old % WIDTH
    for start in range(first, size, BATCH_SIZE):
        end = min(start + BATCH_SIZE, size)
        leaves = checked_leaves(start, end)
        if len(leaves) != end - start:
            raise SealingHalted("log_shorter", f"the log ends before {end}")
        for at in range(0, len(leaves), WIDTH):
            tile = leaves[at : at + WIDTH]
            _require_tile(0, (start + at) // WIDTH, size, tile)
    level, height = 1, 2 * HEIGHT
    while size >> height:
        for position in range(old >> height, size >> height):
            below = range(position * WIDTH, (position + 1) * WIDTH)
            roots = [tile_root(read_tile(level - 1, each, size)) for each in below]
            _require_tile(level, position, size, roots)
        level, height = level + 1, height + HEIGHT


def _require_tile(level: int, position: int, size: int, hashes: list[bytes]) -> None:
    if read_tile(level, position, size) != hashes:
        raise SealingHalted("tile_mismatch", f"tile {level}/{position} is not what it covers")
