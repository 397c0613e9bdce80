"""A second, naive Merkle tree: the recursions of RFC 6962, section 2.1, over a list of leaves."""

import hashlib
from collections.abc import Sequence
from functools import cache

from audits.sealing.merkle import NodeReader


def leaf(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def leaves(count: int) -> list[bytes]:
    """Make the leaf hashes of the numbers from 0."""
    return [leaf(str(place).encode()) for place in range(count)]


def reader(hashes: Sequence[bytes]) -> NodeReader:
    """Read complete nodes of a tree with these leaves; refuses any other."""

    @cache
    def node(level: int, index: int) -> bytes:
        start, end = index << level, (index + 1) << level
        assert end <= len(hashes), "only complete nodes may be asked for"
        return naive_root(hashes[start:end])

    return node


def naive_root(hashes: Sequence[bytes]) -> bytes:
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = naive_split(len(hashes))
    return hashlib.sha256(b"\x01" + naive_root(hashes[:k]) + naive_root(hashes[k:])).digest()


def naive_inclusion(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    if len(hashes) == 1:
        return []
    k = naive_split(len(hashes))
    if index < k:
        return [*naive_inclusion(index, hashes[:k]), naive_root(hashes[k:])]
    return [*naive_inclusion(index - k, hashes[k:]), naive_root(hashes[:k])]


def naive_consistency(old: int, hashes: Sequence[bytes], *, is_whole: bool = True) -> list[bytes]:
    if old == len(hashes):
        return [] if is_whole else [naive_root(hashes)]
    k = naive_split(len(hashes))
    if old <= k:
        return [*naive_consistency(old, hashes[:k], is_whole=is_whole), naive_root(hashes[k:])]
    return [*naive_consistency(old - k, hashes[k:], is_whole=False), naive_root(hashes[:k])]


def naive_split(size: int) -> int:
    k = 1
    while k * 2 < size:
        k *= 2
    return k
