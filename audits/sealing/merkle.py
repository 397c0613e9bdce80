"""The Merkle tree of RFC 6962 and RFC 9162: roots, inclusion and consistency proofs. Pure.

Leaves are the journal's own leaf hashes, `SHA-256(0x00 || canonical bytes)`. A node (level, index)
covers the leaves from `index * 2**level` up to `(index + 1) * 2**level`; only complete ones are ever
asked for, and a complete node never changes. Hashes are 32 bytes; proofs run from the leaf upwards.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""Root of the tree without leaves (RFC 9162, section 2.1.1)."""

NodeReader = Callable[[int, int], bytes]
"""Reads the hash of the complete node (level, index)."""


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children into their parent."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Frontier:
    """The complete subtrees that cover all leaves, largest first: enough to append and to root."""

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse hashes that do not belong to the size; ValueError."""
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError(f"{len(self.hashes)} hashes are no frontier of size {self.size}")
        if any(len(item) != HASH_BYTES for item in self.hashes):
            raise ValueError(f"a hash in a frontier has {HASH_BYTES} bytes")

    def append(self, leaf_hash: bytes) -> None:
        """Add one leaf."""
        complete, size = leaf_hash, self.size
        while size & 1:
            complete = node_hash(self.hashes.pop(), complete)
            size >>= 1
        self.hashes.append(complete)
        self.size += 1

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Add leaves in order."""
        for leaf_hash in leaf_hashes:
            self.append(leaf_hash)

    def root(self) -> bytes:
        """Compute the root of the tree."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root


def root_at(size: int, node: NodeReader) -> bytes:
    """Compute the root of the first `size` leaves by the recursion of the RFC."""
    if size < 0:
        raise ValueError(f"a tree cannot have {size} leaves")
    return _subtree(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: NodeReader) -> list[bytes]:
    """Prove that leaf `index` is in the tree of `size` leaves; ValueError when it is not."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    start, end = 0, size
    proof: list[bytes] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_subtree(middle, end, node))
            end = middle
        else:
            proof.append(_subtree(start, middle, node))
            start = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, node: NodeReader) -> list[bytes]:
    """Prove that the tree of `old` leaves is the beginning of that of `new`; ValueError if larger.

    Empty where there is nothing to prove: from the empty tree, and between equal sizes.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves does not begin with one of {old}")
    if old in {0, new}:
        return []
    start, end = 0, new
    proof: list[bytes] = []
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_subtree(middle, end, node))
            end = middle
        else:
            proof.append(_subtree(start, middle, node))
            start = middle
    if start:  # otherwise the rest is the old tree itself, whose root the verifier has
        proof.append(_subtree(start, end, node))
    return proof[::-1]


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Tell whether the tree `new` begins with the tree `old` (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new or not _are_hashes(old_root, new_root, *proof):
        return False
    if old == new:
        return not proof and old_root == new_root and (old > 0 or old_root == EMPTY_ROOT)
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    return _grows(old, new, old_root, new_root, proof)


def _grows(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Check a proof between two trees that both have leaves and differ in size."""
    path = list(proof) if old.bit_count() > 1 else [old_root, *proof]
    if not path:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_BYTES for value in values)


def _split(size: int) -> int:
    """Find the largest power of two below `size`, which is at least 2."""
    return 1 << (size - 1).bit_length() - 1


def _subtree(start: int, end: int, node: NodeReader) -> bytes:
    """Hash the leaves from `start` to `end`; `start` lies on a border of subtrees that large."""
    size = end - start
    if size.bit_count() == 1:
        level = size.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(size)
    return node_hash(_subtree(start, middle, node), _subtree(middle, end, node))
