"""No bit of any event, and no step of any proof, can change unseen by who holds only the public key."""

import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from audits.codec import registry
from tests.support.specimens import specimen
from tests.verifier import bundles
from tests.verifier.naive import Naive, leaf
from verifier.verify_bundle import (
    leaf_hash,
    main,
    read_canonical,
    read_key,
    read_note,
    verify_consistency,
    verify_inclusion,
)

SEED: Final = 20_261_122
OF_EACH_TYPE: Final = 10
LEAST_EVENTS: Final = 1_000
PROVED_FLIPS: Final = 2_000
WHOLE_RUNS: Final = 60
MUTATIONS: Final = 50_000
DAMAGED: Final = 300
LEAVES: Final = 5_000


@pytest.fixture(scope="module")
def chance() -> random.Random:
    return random.Random(SEED)  # noqa: S311 -- repeatable, and hides nothing


@pytest.fixture(scope="module")
def events() -> list[bytes]:
    """At least a thousand events: ten of every type that there is."""
    made = [specimen(name, n) for n in range(OF_EACH_TYPE) for name in registry.names()]
    assert len(made) >= LEAST_EVENTS
    return made


def test_every_specimen_is_canonical(events: list[bytes]) -> None:
    assert {read_canonical(each)["type"] for each in events} == set(registry.names())


def test_every_flipped_bit_of_every_event_gives_another_leaf(events: list[bytes]) -> None:
    """The leaf hash, over all bits of all events: what stands before a bit is hashed once."""
    flips = 0
    for content in events:
        right = leaf_hash(content)
        before = sha256(b"\x00")
        for at, byte in enumerate(content):
            rest = content[at + 1 :]
            for bit in range(8):
                flipped = before.copy()
                flipped.update(bytes((byte ^ 1 << bit,)) + rest)
                if flipped.digest() == right:
                    pytest.fail(f"bit {bit} of byte {at} does not show")
            before.update(bytes((byte,)))
            flips += 8
        assert before.digest() == right
    assert flips == 8 * sum(map(len, events))


def test_a_flipped_bit_is_in_no_log(events: list[bytes], chance: random.Random) -> None:
    leaves = [leaf(each) for each in events]
    tree, size = Naive(leaves), len(leaves)
    root = tree.root(size)
    for _ in range(PROVED_FLIPS):
        index = chance.randrange(size)
        path = tree.path(index, size)
        assert verify_inclusion(leaves[index], index, size, path, root)
        changed = leaf_hash(flipped(events[index], chance))
        assert not verify_inclusion(changed, index, size, path, root)


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "part"])
def test_a_flipped_bit_fails_its_bundle(
    whole: bool,  # noqa: FBT001 -- a parameter
    events: list[bytes],
    chance: random.Random,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    some = chance.sample(events, 40)
    made = bundles.whole(some) if whole else bundles.part(some, list(range(0, 40, 3)))
    made = made.but(changes={"names": {}, "totals": []})
    place = made.write(tmp_path)
    assert main([str(place), "--key", bundles.LOG.key]) == 0
    right = (place / "events.jsonl").read_bytes()
    for _ in range(WHOLE_RUNS):
        wrong = flipped(right, chance)
        (place / "events.jsonl").write_bytes(wrong)
        claims = bundles.listed("events.jsonl", wrong)
        files = {name: bundles.listed(name, c) for name, c in made.files().items()}
        manifest = made.but(
            changes={**made.changes, "files": files | {"events.jsonl": claims}}
        ).manifest({})
        (place / "manifest.json").write_bytes(manifest)
        assert main([str(place), "--key", bundles.LOG.key]) == 1
    capsys.readouterr()


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "part"])
def test_every_bit_of_a_bundle_of_events_shows(
    whole: bool,  # noqa: FBT001 -- a parameter
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Not drawn but all, in the verifier itself, with a manifest that fits what was flipped."""
    some = bundles.history(streams=2, versions=1)
    made = bundles.whole(some[:1]) if whole else bundles.part(some, [1])
    made = made.but(changes={"names": {}, "totals": []})
    place = made.write(tmp_path)
    assert main([str(place), "--key", bundles.LOG.key]) == 0
    right, files = (place / "events.jsonl").read_bytes(), made.files()
    listed = {name: bundles.listed(name, content) for name, content in files.items()}
    for bit in range(8 * len(right)):
        at = bit // 8
        wrong = right[:at] + bytes((right[at] ^ 1 << bit % 8,)) + right[at + 1 :]
        (place / "events.jsonl").write_bytes(wrong)
        listed["events.jsonl"] = bundles.listed("events.jsonl", wrong)
        (place / "manifest.json").write_bytes(
            made.but(changes={**made.changes, "files": listed}).manifest({})
        )
        if main([str(place), "--key", bundles.LOG.key]) != 1:
            pytest.fail(f"bit {bit % 8} of byte {at} does not show")
    capsys.readouterr()


def test_flipped_bits_of_every_type_of_event_show_in_the_bundle_of_a_part(
    events: list[bytes],
    chance: random.Random,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Drawn from event, proof and checkpoint, in the verifier itself, with a manifest that fits."""
    some = events[: len(events) // OF_EACH_TYPE]  # one of each type
    changes = {"names": {}, "totals": [], "whole_streams": False}
    log = bundles.part(some, []).but(changes=changes)
    for index, event in enumerate(some):
        one = log.but(events=[event], places=[index])
        place, files = one.write(tmp_path / str(index)), one.files()
        assert main([str(place), "--key", bundles.LOG.key]) == 0
        for name in (*files, "events.jsonl"):
            wrong = files | {name: flipped(files[name], chance)}
            (place / name).write_bytes(wrong[name])
            (place / "manifest.json").write_bytes(one.manifest(wrong))
            assert main([str(place), "--key", bundles.LOG.key]) != 0, (index, name)
            (place / name).write_bytes(files[name])
    capsys.readouterr()


def test_every_flipped_bit_of_a_checkpoint_shows() -> None:
    right = bundles.checkpoint([leaf(b"event")])
    keys = [read_key(bundles.LOG.key)]
    assert read_note(right, keys).size == 1
    for bit in range(8 * len(right)):
        wrong = bytearray(right)
        wrong[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ValueError):  # noqa: PT011 -- Wrong, or no text at all
            read_note(bytes(wrong), keys)


def flipped(content: bytes, chance: random.Random) -> bytes:
    """Flip one bit somewhere."""
    at = chance.randrange(len(content))
    return content[:at] + bytes((content[at] ^ 1 << chance.randrange(8),)) + content[at + 1 :]


def mutated(path: list[bytes], chance: random.Random) -> Iterator[list[bytes]]:
    """Change a proof in every way that there is, once each."""
    other = sha256(b"other").digest()
    yield [*path, other]
    yield [other, *path]
    if path:
        at = chance.randrange(len(path))
        yield [*path[:at], flipped(path[at], chance), *path[at + 1 :]]
        yield [*path[:at], *path[at + 1 :]]
        yield [*path[:at], path[at], *path[at:]]
        yield [*path[:at], other, *path[at:]]
        yield [*path[:at], b"", *path[at:]]
        yield [*path[:at], path[at][:-1], *path[at + 1 :]]
        yield path[:at]
    if len(set(path)) > 1:
        yield path[::-1]


def test_no_mutated_proof_is_accepted(chance: random.Random) -> None:
    leaves = [sha256(b"%d" % number).digest() for number in range(LEAVES)]
    tree, tried = Naive(leaves), 0
    while tried < MUTATIONS:
        size = chance.randint(2, LEAVES)
        index, old = chance.randrange(size), chance.randint(1, size - 1)
        root, old_root = tree.root(size), tree.root(old)
        path, growth = tree.path(index, size), tree.proof(old, size)
        assert verify_inclusion(leaves[index], index, size, path, root)
        assert verify_consistency(old, size, old_root, root, growth)
        for wrong in mutated(path, chance):
            assert not verify_inclusion(leaves[index], index, size, wrong, root)
            tried += 1
        for wrong in mutated(growth, chance):
            assert not verify_consistency(old, size, old_root, root, wrong)
            tried += 1
        bent = flipped(root, chance)
        assert not verify_inclusion(leaves[index], index, size, path, bent)
        assert not verify_inclusion(flipped(leaves[index], chance), index, size, path, root)
        assert not verify_inclusion(leaves[index], index ^ 1, size, path, root)
        assert not verify_inclusion(leaves[index], index + size, size, path, root)
        assert not verify_consistency(old, size, flipped(old_root, chance), root, growth)
        assert not verify_consistency(old, size, old_root, bent, growth)
        assert not verify_consistency(old, size, root, old_root, growth)
        assert not verify_consistency(size, old, root, old_root, growth)
        tried += 8


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "part"])
def test_whatever_is_broken_ends_in_a_verdict(
    whole: bool,  # noqa: FBT001 -- a parameter
    chance: random.Random,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No file, however damaged, makes the verifier fall over; nothing that is proved is let off."""
    some = bundles.history(streams=3, versions=4)
    made = bundles.whole(some) if whole else bundles.part(some, [1, 4, 7, 10])
    place = made.write(tmp_path / "bundle")
    options = ["--key", bundles.LOG.key]
    for path in sorted(place.iterdir()):
        right = path.read_bytes()
        for number in range(DAMAGED):
            at = chance.randrange(len(right))
            path.write_bytes(
                (flipped(right, chance), right[:at], right[:at] + b"9" * 12 + right[at:])[
                    number % 3
                ]
            )
            verdict = main([str(place), *options])
            assert verdict in {0, 1, 2}
            assert verdict or path.name == "manifest.json"  # some of which is for people
        path.write_bytes(right)
    assert main([str(place), *options]) == 0
    capsys.readouterr()
