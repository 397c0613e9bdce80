"""A sealing office of a test's own: a signer with a key, a store outside, a clock that obeys."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from audits.sealing import keys
from audits.sealing.checkpoints import Published
from audits.sealing.files import TileFiles
from audits.sealing.note import VerifierKey
from audits.sealing.outside import FileStore
from audits.sealing.publishing import Publisher
from audits.sealing.signer import Signer

ORIGIN: Final = "tollgate.test/log"
NOON_S: Final = 1_795_348_800


@dataclass
class Office:
    """Everything that publishing needs; each `publish` comes ten seconds after the last."""

    directory: Path
    now_s: int = NOON_S
    key: VerifierKey = field(init=False)

    def __post_init__(self) -> None:
        self.key = keys.create(self.signer_directory, ORIGIN)
        self.signer = Signer(self.signer_directory, ORIGIN, lambda: self.now_s)
        self.store = FileStore(self.store_path)

    @property
    def signer_directory(self) -> Path:
        return self.directory / "signer"

    @property
    def store_path(self) -> Path:
        return self.directory / "checkpoints"

    @property
    def files(self) -> TileFiles:
        return TileFiles(self.directory / "tiles")

    @property
    def publisher(self) -> Publisher:
        return Publisher(ORIGIN, self.store, self.signer)

    def restarted(self) -> Publisher:
        """Make a publisher as another process would: with nothing in memory."""
        return Publisher(ORIGIN, FileStore(self.store_path), self.signer)

    def publish(self) -> Published:
        self.now_s += 10
        published = self.publisher.publish(now_s=self.now_s)
        assert published is not None
        return published
