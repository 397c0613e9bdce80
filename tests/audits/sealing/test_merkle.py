"""The Merkle tree: published vectors, a naive second opinion, and no proof that proves too much."""

import hashlib
import random
from collections.abc import Callable
from typing import Final

import pytest

from audits.codec import leaf_hash
from audits.sealing.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    node_hash,
    root_at,
    verify_consistency,
)
from tests.audits.sealing.trees import (
    leaves,
    naive_consistency,
    naive_inclusion,
    naive_root,
    reader,
)
from verifier.verify_bundle import verify_inclusion

SEED: Final = 20_261_122
MOST: Final = 72
"""Every size up to here is tried, past the sixth power of two."""

VECTOR_LEAVES: Final = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
VECTOR_ROOTS: Final = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Roots of the first 1 to 8 of those leaves: test data of the Certificate Transparency project."""


def test_published_roots() -> None:
    hashes = list(map(leaf_hash, VECTOR_LEAVES))
    frontier, roots = Frontier(), []
    for item in hashes:
        frontier.append(item)
        roots.append(frontier.root().hex())
    assert roots == VECTOR_ROOTS
    assert [root_at(size, reader(hashes)).hex() for size in range(1, 9)] == VECTOR_ROOTS


def test_published_proof_of_inclusion() -> None:
    hashes = list(map(leaf_hash, VECTOR_LEAVES))
    assert [item.hex() for item in inclusion_proof(5, 8, reader(hashes))] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_published_proof_of_consistency() -> None:
    hashes = list(map(leaf_hash, VECTOR_LEAVES))
    assert [item.hex() for item in consistency_proof(6, 8, reader(hashes))] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_the_empty_tree_has_a_root() -> None:
    assert hashlib.sha256(b"").digest() == EMPTY_ROOT
    assert Frontier().root() == root_at(0, reader([])) == EMPTY_ROOT


def test_frontier_and_recursion_agree_with_the_naive_tree() -> None:
    hashes = leaves(MOST)
    node, frontier = reader(hashes), Frontier()
    for size, item in enumerate(hashes, start=1):
        frontier.append(item)
        assert frontier.root() == root_at(size, node) == naive_root(hashes[:size])


def test_every_leaf_of_every_size_is_proved_as_naively() -> None:
    hashes = leaves(MOST)
    node = reader(hashes)
    for size in range(1, MOST + 1):
        root = root_at(size, node)
        for index in range(size):
            proof = inclusion_proof(index, size, node)
            assert proof == naive_inclusion(index, hashes[:size])
            assert verify_inclusion(hashes[index], index, size, proof, root)


def test_every_pair_of_sizes_is_proved_as_naively() -> None:
    hashes = leaves(MOST)
    node = reader(hashes)
    roots = [root_at(size, node) for size in range(MOST + 1)]
    for new in range(MOST + 1):
        for old in range(new + 1):
            proof = consistency_proof(old, new, node)
            assert proof == (naive_consistency(old, hashes[:new]) if old else [])
            assert verify_consistency(old, new, roots[old], roots[new], proof)


def test_random_sizes_up_to_a_hundred_thousand() -> None:
    hashes = leaves(100_000)
    node, dice = reader(hashes), random.Random(SEED)  # noqa: S311 -- which sizes are tried is no secret
    for _ in range(200):
        new = dice.randint(1, len(hashes))
        old, index = dice.randint(1, new), dice.randrange(new)
        root = root_at(new, node)
        assert verify_inclusion(hashes[index], index, new, inclusion_proof(index, new, node), root)
        assert verify_consistency(
            old, new, root_at(old, node), root, consistency_proof(old, new, node)
        )


UNIFORM: Final = [leaf_hash(b"the same")]
"""Node hashes by level of a tree whose leaves are all the same: any size, and no time to make it."""
for _ in range(21):
    UNIFORM.append(node_hash(UNIFORM[-1], UNIFORM[-1]))


def uniform(level: int, _index: int) -> bytes:
    return UNIFORM[level]


@pytest.mark.parametrize(
    ("size", "hashes"),
    [
        (2**19, 19),
        (2**19 + 1, 20),
        (999_999, 20),
        (1_000_000, 20),
        (1_000_001, 20),
        (2**20, 20),
        (2**20 + 1, 21),  # only now
    ],
)
def test_a_million_leaves_need_twenty_hashes(size: int, hashes: int) -> None:
    """At most 20 for inclusion, one more for consistency; and each proof proves."""
    dice, root, longest = random.Random(SEED), root_at(size, uniform), (0, 0)  # noqa: S311 -- as above
    borders = [2**20, 2**19, 2**18 + 1, 3, 1, size - 1, size]
    drawn = (dice.randint(1, size) for _ in range(2_000))
    for count in (*(each for each in borders if each <= size), *drawn):
        proof = inclusion_proof(count - 1, size, uniform)
        assert verify_inclusion(UNIFORM[0], count - 1, size, proof, root)
        growth = consistency_proof(count, size, uniform)
        assert verify_consistency(count, size, root_at(count, uniform), root, growth)
        longest = (max(longest[0], len(proof)), max(longest[1], len(growth)))
    assert longest == (hashes, hashes + 1)


# -- What must not verify ------------------------------------------------------------------

Alteration = Callable[[list[bytes]], list[bytes]]
ALTERATIONS: Final[dict[str, Alteration]] = {
    "a hash too many": lambda proof: [*proof, bytes(32)],
    "its last hash twice": lambda proof: [*proof, *proof[-1:]],
    "one less": lambda proof: proof[:-1],
    "the first missing": lambda proof: proof[1:],
    "a bit flipped": lambda proof: [bytes([proof[0][0] ^ 1]) + proof[0][1:], *proof[1:]],
    "a short hash": lambda proof: [proof[0][:-1], *proof[1:]],
    "upside down": lambda proof: proof[::-1],
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_altered_proofs_prove_nothing(name: str) -> None:
    hashes = leaves(MOST)
    node = reader(hashes)
    for new in range(2, MOST + 1):
        root = root_at(new, node)
        proof = inclusion_proof(new // 2, new, node)
        altered = ALTERATIONS[name](proof)
        assert altered == proof or not verify_inclusion(
            hashes[new // 2], new // 2, new, altered, root
        )
        old = new - 1 if new % 2 else new // 2 + 1
        proof = consistency_proof(old, new, node)
        altered = ALTERATIONS[name](proof) if proof else [bytes(32)]
        assert altered == proof or not verify_consistency(
            old, new, root_at(old, node), root, altered
        )


def test_a_proof_holds_for_its_place_and_size_alone() -> None:
    hashes = leaves(MOST)
    node = reader(hashes)
    proof, root = inclusion_proof(20, 50, node), root_at(50, node)
    for index in range(-1, MOST):
        assert verify_inclusion(hashes[20], index, 50, proof, root) == (index == 20)
    assert not verify_inclusion(hashes[20], 20, 20, proof, root)
    assert not verify_inclusion(hashes[20], 20, 18, proof, root)
    assert not verify_inclusion(hashes[20], 20, 50, proof, root[:-1])
    assert not verify_inclusion(hashes[21], 20, 50, proof, root)


def test_growth_is_proved_for_both_roots_and_both_sizes() -> None:
    node = reader(leaves(MOST))
    proof = consistency_proof(20, 50, node)
    old, new = root_at(20, node), root_at(50, node)
    assert verify_consistency(20, 50, old, new, proof)
    assert not verify_consistency(20, 50, new, new, proof)
    assert not verify_consistency(20, 50, old, old, proof)
    assert not verify_consistency(50, 20, new, old, proof)
    assert not verify_consistency(-1, 50, old, new, proof)
    assert not verify_consistency(20, 50, old, new, [])
    assert not verify_consistency(0, 50, old, new, [])
    assert not verify_consistency(16, 50, old, new, [])
    assert not verify_consistency(50, 50, old, new, [])
    assert not verify_consistency(50, 50, new, new, [new])
    assert not verify_consistency(0, 50, EMPTY_ROOT, new, [new])
    assert not verify_consistency(0, 0, old, old, [])
    assert verify_consistency(0, 50, EMPTY_ROOT, new, [])


def test_a_leaf_cannot_pass_for_a_node() -> None:
    left, right = leaves(2)
    assert node_hash(left, right) != leaf_hash(left + right)


# -- What is refused -----------------------------------------------------------------------


def test_there_is_no_proof_of_what_is_not_there() -> None:
    node = reader(leaves(8))
    for index, size in ((8, 8), (-1, 8), (0, 0)):
        with pytest.raises(ValueError, match="has no leaf"):
            inclusion_proof(index, size, node)
    for old, new in ((9, 8), (-1, 8)):
        with pytest.raises(ValueError, match="does not begin with"):
            consistency_proof(old, new, node)
    with pytest.raises(ValueError, match="cannot have"):
        root_at(-1, node)


@pytest.mark.parametrize(("size", "count"), [(3, 1), (4, 2), (0, 1), (-1, 1)])
def test_a_frontier_has_one_hash_for_each_subtree(size: int, count: int) -> None:
    with pytest.raises(ValueError, match="no frontier"):
        Frontier(size, [bytes(32)] * count)


def test_a_frontier_holds_whole_hashes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Frontier(1, [bytes(31)])
