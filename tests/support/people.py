"""The fixed cast: one actor per part in the play, and an intruder."""

from datetime import UTC, datetime
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from audits.kernel import Actor, Role

NOON: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def identity(name: str) -> UUID:
    """Derive an id: the same for the same name, in every run."""
    return uuid5(NAMESPACE_URL, f"https://tollgate.test/{name}")


def actor(name: str, role: Role, *, organization: str, agency: str | None = None) -> Actor:
    return Actor(
        person_id=identity(f"person/{name}"),
        organization_id=identity(f"organization/{organization}"),
        role=role,
        agency=agency,
    )


EXPORTER: Final = actor("exporter", Role.EXPORTER, organization="exporter")
INTRUDER: Final = actor("intruder", Role.EXPORTER, organization="intruder")
OFFICER: Final = actor("officer", Role.OFFICER, organization="bis", agency="BIS")
SECOND_OFFICER: Final = actor("second-officer", Role.OFFICER, organization="bis", agency="BIS")
LABORATORY: Final = actor("laboratory", Role.LABORATORY, organization="laboratory")
BANK: Final = actor("bank", Role.BANK, organization="bank")
TREASURY: Final = actor("treasury", Role.TREASURY, organization="treasury")
AUDITOR: Final = actor("auditor", Role.AUDITOR, organization="auditor")
SYSTEM: Final = actor("process", Role.SYSTEM, organization="tollgate")
