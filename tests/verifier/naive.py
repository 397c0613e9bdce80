"""Merkle trees as the recursive definitions of RFC 6962 say them: slow, plain, sharing no code."""

from collections.abc import Sequence
from hashlib import sha256

Hashes = Sequence[bytes]


def leaf(content: bytes) -> bytes:
    return sha256(b"\x00" + content).digest()


def tree_hash(leaves: Hashes) -> bytes:
    """MTH(D[n]), RFC 6962 2.1, over leaves that are hashed already."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\x01" + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()


def path(m: int, leaves: Hashes) -> list[bytes]:
    """PATH(m, D[n]), RFC 6962 2.1.1: the audit path of leaf m."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), tree_hash(leaves[k:])]
    return [*path(m - k, leaves[k:]), tree_hash(leaves[:k])]


def proof(m: int, leaves: Hashes) -> list[bytes]:
    """PROOF(m, D[n]), RFC 6962 2.1.2: what shows that the first m leaves were kept."""
    return subproof(m, leaves, is_known=True) if m else []


def subproof(m: int, leaves: Hashes, *, is_known: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if is_known else [tree_hash(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], is_known=is_known), tree_hash(leaves[k:])]
    return [*subproof(m - k, leaves[k:], is_known=False), tree_hash(leaves[:k])]


def includes(leaf_hash: bytes, m: int, n: int, audit_path: Hashes, root: bytes) -> bool:
    """Whether the path leads from leaf m of n to the root."""
    if not 0 <= m < n:
        return False
    try:
        return climb(leaf_hash, m, n, list(audit_path)) == root
    except ValueError:
        return False


def climb(leaf_hash: bytes, m: int, n: int, audit_path: list[bytes]) -> bytes:
    if n == 1:
        if audit_path:
            raise ValueError("too long")
        return leaf_hash
    if not audit_path:
        raise ValueError("too short")
    *below, sibling = audit_path
    k = split(n)
    if m < k:
        return sha256(b"\x01" + climb(leaf_hash, m, k, below) + sibling).digest()
    return sha256(b"\x01" + sibling + climb(leaf_hash, m - k, n - k, below)).digest()


def split(n: int) -> int:
    """Find the largest power of two below n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


class Naive:
    """A tree whose subtrees are remembered, so that large ones can be asked often."""

    def __init__(self, leaves: Hashes) -> None:
        self.leaves = leaves
        self.known: dict[tuple[int, int], bytes] = {}

    def hash(self, start: int, end: int) -> bytes:
        if end - start <= 1:
            return self.leaves[start] if end > start else sha256().digest()
        if (start, end) not in self.known:
            k = start + split(end - start)
            pair = self.hash(start, k) + self.hash(k, end)
            self.known[start, end] = sha256(b"\x01" + pair).digest()
        return self.known[start, end]

    def root(self, n: int) -> bytes:
        return self.hash(0, n)

    def path(self, m: int, n: int, start: int = 0) -> list[bytes]:
        if n - start == 1:
            return []
        k = start + split(n - start)
        if m < k:
            return [*self.path(m, k, start), self.hash(k, n)]
        return [*self.path(m, n, k), self.hash(start, k)]

    def proof(self, m: int, n: int) -> list[bytes]:
        return self.subproof(m, 0, n, is_known=True) if m else []

    def subproof(self, m: int, start: int, end: int, *, is_known: bool) -> list[bytes]:
        if m == end:
            return [] if is_known else [self.hash(start, end)]
        k = start + split(end - start)
        if m <= k:
            return [*self.subproof(m, start, k, is_known=is_known), self.hash(k, end)]
        return [*self.subproof(m, k, end, is_known=False), self.hash(start, k)]
