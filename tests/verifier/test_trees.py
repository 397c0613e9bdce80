"""The verifier's Merkle tree: published vectors, and a naive implementation that agrees."""

import random
from hashlib import sha256
from typing import Final

import pytest

from tests.verifier import naive
from verifier.verify_bundle import Tree, leaf_hash, verify_consistency, verify_inclusion

SEED: Final = 9162
EVERY_SIZE_UP_TO: Final = 512
ALL_LEAVES_UP_TO: Final = 64
RANDOM_SIZES, LARGEST = 1_000, 100_000

VECTOR_LEAVES: Final = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    bytes(range(0x40, 0x44)),
    bytes(range(0x50, 0x58)),
    bytes(range(0x60, 0x70)),
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
_PAIRS: Final = {
    "01": VECTOR_ROOTS[1],
    "1": "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "23": "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "4": "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "47": "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    "6": "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "67": "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "03": VECTOR_ROOTS[3],
}
"""Hashes over the first to the last of those leaves, as the same data names them in its proofs."""
VECTOR_PATHS: Final = [
    (0, 1, []),
    (0, 8, ["1", "23", "47"]),
    (5, 8, ["4", "67", "03"]),
    (2, 3, ["01"]),
    (1, 5, ["0", "23", "4"]),
]
"""Leaf, size, path."""
VECTOR_PROOFS: Final = [
    (1, 1, []),
    (1, 8, ["1", "23", "47"]),
    (6, 8, ["6", "67", "03"]),
    (2, 5, ["23", "4"]),
]
"""Sizes of two trees, and that the later goes on from the earlier."""


def published(names: list[str]) -> list[bytes]:
    return [bytes.fromhex((_PAIRS | {"0": VECTOR_ROOTS[0]})[name]) for name in names]


def some_leaves(count: int) -> list[bytes]:
    return [sha256(b"%d" % number).digest() for number in range(count)]


def test_published_roots() -> None:
    tree, roots = Tree(), []
    for content in VECTOR_LEAVES:
        tree.append(leaf_hash(content))
        roots.append(tree.root().hex())
    assert roots == VECTOR_ROOTS


@pytest.mark.parametrize(("index", "size", "names"), VECTOR_PATHS)
def test_published_paths(index: int, size: int, names: list[str]) -> None:
    leaves, path = list(map(leaf_hash, VECTOR_LEAVES)), published(names)
    root = bytes.fromhex(VECTOR_ROOTS[size - 1])
    assert verify_inclusion(leaves[index], index, size, path, root)
    assert naive.path(index, leaves[:size]) == path


@pytest.mark.parametrize(("old", "new", "names"), VECTOR_PROOFS)
def test_published_proofs_of_consistency(old: int, new: int, names: list[str]) -> None:
    proof, roots = published(names), published_roots()
    assert verify_consistency(old, new, roots[old - 1], roots[new - 1], proof)
    assert naive.proof(old, list(map(leaf_hash, VECTOR_LEAVES[:new]))) == proof


def published_roots() -> list[bytes]:
    return list(map(bytes.fromhex, VECTOR_ROOTS))


def test_the_empty_tree_is_the_hash_of_nothing() -> None:
    assert Tree().root() == naive.tree_hash([]) == sha256(b"").digest()


def test_the_remembering_tree_is_the_recursive_definition() -> None:
    leaves = some_leaves(33)
    tree = naive.Naive(leaves)
    for size in range(1, 34):
        assert tree.root(size) == naive.tree_hash(leaves[:size])
        assert tree.path(size // 2, size) == naive.path(size // 2, leaves[:size])
        assert tree.proof(size // 3, size) == naive.proof(size // 3, leaves[:size])


def chosen(size: int) -> list[int]:
    """Choose leaves of a tree: all of a small one; of others both ends, the split, and every 16th."""
    if size <= ALL_LEAVES_UP_TO:
        return list(range(size))
    middle = naive.split(size)
    return sorted({*range(0, size, 16), 1, middle - 1, middle, size - 2, size - 1})


def test_both_agree_on_every_small_size() -> None:
    leaves = some_leaves(EVERY_SIZE_UP_TO)
    known, tree = naive.Naive(leaves), Tree()
    for size in range(1, EVERY_SIZE_UP_TO + 1):
        tree.append(leaves[size - 1])
        root = known.root(size)
        assert tree.root() == root
        for index in chosen(size):
            assert verify_inclusion(leaves[index], index, size, known.path(index, size), root)


def test_both_agree_on_what_every_small_size_goes_on_from() -> None:
    known = naive.Naive(some_leaves(EVERY_SIZE_UP_TO))
    roots = [known.root(size) for size in range(EVERY_SIZE_UP_TO + 1)]
    for new in range(EVERY_SIZE_UP_TO + 1):
        for old in chosen(new + 1):
            assert verify_consistency(old, new, roots[old], roots[new], known.proof(old, new))


def test_both_agree_on_random_large_sizes() -> None:
    chance = random.Random(SEED)  # noqa: S311 -- repeatable, and hides nothing
    leaves = some_leaves(LARGEST)
    known, tree = naive.Naive(leaves), Tree()
    for size in sorted(chance.randint(1, LARGEST) for _ in range(RANDOM_SIZES)):
        while tree.size < size:
            tree.append(leaves[tree.size])
        root, index, old = known.root(size), chance.randrange(size), chance.randint(0, size)
        assert tree.root() == root
        assert verify_inclusion(leaves[index], index, size, known.path(index, size), root)
        assert verify_consistency(old, size, known.root(old), root, known.proof(old, size))


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0), (6, 5)])
def test_no_leaf_stands_outside_its_tree(index: int, size: int) -> None:
    leaves = some_leaves(5)
    root = naive.tree_hash(leaves[:size])
    assert not verify_inclusion(leaves[0], index, size, [], root)


def test_the_only_leaf_stands_at_the_only_place() -> None:
    [root] = some_leaves(1)
    assert verify_inclusion(root, 0, 1, [], root)
    for index in (-1, 1):
        assert not verify_inclusion(root, index, 1, [], root)


def test_a_path_is_as_long_as_its_tree_is_high() -> None:
    leaves = some_leaves(9)
    known = naive.Naive(leaves)
    for size in range(2, 10):
        root = known.root(size)
        for index in range(size):
            path = known.path(index, size)
            assert not verify_inclusion(leaves[index], index, size, [*path, root], root)
            assert not verify_inclusion(leaves[index], index, size, [], leaves[index])


def test_a_path_does_not_climb_beyond_its_tree() -> None:
    leaves = some_leaves(8)
    known = naive.Naive(leaves)
    for size in (2, 4, 8):  # the last leaf's neighbors are all on its left, as far up as one climbs
        path, root = known.path(size - 1, size), known.root(size)
        assert verify_inclusion(leaves[size - 1], size - 1, size, path, root)
        assert not verify_inclusion(leaves[size - 1], 0, 1, path, root)


def test_a_proof_leads_to_both_roots() -> None:
    known = naive.Naive(some_leaves(9))
    for new in range(2, 10):
        for old in range(1, new):
            proof, before, after = known.proof(old, new), known.root(old), known.root(new)
            assert verify_consistency(old, new, before, after, proof)
            assert not verify_consistency(old, new, before, before, proof)
            assert not verify_consistency(old, new, after, after, proof)
            assert not verify_consistency(old, new, before, after, [*proof, after])
            assert not verify_consistency(old, new, before, after, proof[:-1])


@pytest.mark.parametrize(("old", "new"), [(-1, 5), (6, 5), (5, -1)])
def test_no_tree_shrinks(old: int, new: int) -> None:
    root = naive.tree_hash(some_leaves(5))
    assert not verify_consistency(old, new, root, root, [])


def test_nothing_goes_on_from_a_root_of_nothing_that_is_another() -> None:
    root = naive.tree_hash(some_leaves(5))
    assert verify_consistency(0, 5, sha256(b"").digest(), root, [])
    assert not verify_consistency(0, 5, root, root, [])
    assert not verify_consistency(0, 5, sha256(b"").digest(), root, [root])
    assert not verify_consistency(5, 5, root, root, [root])
    assert not verify_consistency(3, 5, root, root, [])
