"""Trees whose tiles of the second level are full: they are checked like those of the first."""

from typing import Final

import pytest

from audits import verification
from audits.differences import Difference, Look, Silence
from audits.models import CheckpointRow
from audits.sealing import checks, growing, publishing
from audits.sealing.halt import SealingHalted
from audits.sealing.tiles import WIDTH
from tests.audits.sealing.office import Office
from tests.audits.sealing.tampering import as_superuser
from tests.audits.sealing.trees import leaves, naive_root

pytestmark = pytest.mark.django_db
LEAVES: Final = leaves(WIDTH * WIDTH)


@pytest.fixture(autouse=True)
def high(monkeypatch: pytest.MonkeyPatch) -> None:
    """Grow a tree of 65,536 leaves, without the events that they would be hashes of."""
    for module in (growing, publishing, checks):
        monkeypatch.setattr(module, "checked_leaves", lambda start, end: LEAVES[start:end])
    with monkeypatch.context() as patch:
        patch.setattr(growing, "is_idle", lambda: False)
        while growing.grow(WIDTH * WIDTH // 2):
            pass


def found() -> list[Difference]:
    return list(checks.tree_check(Look(name="tree", progress=Silence())))


FLIP: Final = (
    "UPDATE audits_tile SET hashes = set_bit(hashes, 999, 1 - get_bit(hashes, 999)) WHERE level = 1"
)


def test_what_is_sound_is_published(office: Office) -> None:
    assert found() == []
    assert verification.verify(only=("tree",)).is_sound
    assert office.publish().root == naive_root(LEAVES)


@pytest.mark.parametrize(
    "statement", [FLIP, "DELETE FROM audits_tile WHERE level = 1"], ids=["changed", "gone"]
)
def test_a_tile_of_the_second_level_is_compared(office: Office, statement: str) -> None:
    as_superuser(statement)
    assert [(each.kind, each.subject) for each in found()][:1] == [("tile_differs", "tile 1/0")]
    with pytest.raises(SealingHalted) as halted:
        office.publish()
    assert halted.value.code in {"tile_mismatch", "tile_missing"}
    assert not CheckpointRow.objects.exists()


def test_a_root_that_a_tile_does_not_have_is_found(office: Office) -> None:
    """The roots of tiles stand beside them, for the level above: nobody else reads them."""
    as_superuser("UPDATE audits_tile SET root = sha256('') WHERE level = 1")
    with pytest.raises(SealingHalted) as halted:
        office.publish()
    assert halted.value.code == "root_mismatch"
    assert not CheckpointRow.objects.exists()
