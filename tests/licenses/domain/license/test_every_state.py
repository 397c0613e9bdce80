"""Every command in every state: events that can be folded, or a refusal. Nothing else."""

from typing import Final

import pytest

from audits.kernel import Command, Facts
from licenses.domain.license import DECIDER
from licenses.domain.license.commands import (
    AcknowledgeProvisos,
    ConfirmRevocation,
    ExpireLicense,
    ProposeRevocation,
    ReinstateLicense,
    SuspendLicense,
)
from licenses.domain.license.events import LicenseEvent
from tests.licenses.domain.license.cases import (
    ACKNOWLEDGED,
    AT_NOON,
    BY_SYSTEM,
    EXHAUSTED,
    EXPIRED,
    GRANT,
    GRANTED,
    HISTORIES,
    PROPOSED,
    REINSTATED,
    REVOKED,
    SUSPENDED,
    confirming,
    draw,
    granting,
    proposing,
    reinstating,
)
from tests.support.deciding import cells, outcome_of, states_of
from tests.support.people import NOON, OFFICER

BY_OFFICER: Final = Facts(now=NOON, actor=OFFICER)
STAGES: Final = tuple(HISTORIES)

COMMANDS: Final[dict[str, tuple[Command, Facts]]] = {
    "grant": (GRANT, granting()),
    "acknowledge": (AcknowledgeProvisos(proviso_ids=("P1",)), AT_NOON),
    "suspend": (SuspendLicense(reason="Other"), BY_OFFICER),
    "reinstate": (ReinstateLicense(reason="Other"), reinstating()),
    "propose": (ProposeRevocation(reason="Other"), proposing()),
    "confirm": (ConfirmRevocation(on_version=1), confirming()),
    "expire": (ExpireLicense(), BY_SYSTEM),
    "draw": (draw(shipment="other"), AT_NOON),
}

ABSENT: Final = "license_not_granted"
ENDED: Final = "license_not_in_force"
RUNNING: Final = "license_not_suspended"
UNPROPOSED: Final = "revocation_not_proposed"
UNREAD: Final = "provisos_not_acknowledged"
STOPPED: Final = "license_not_active"
EXPECTED: Final[dict[str, tuple[str, ...]]] = {
    # One column for each of STAGES, from `not granted` to `exhausted`.
    "grant": ("LicenseGranted", *[""] * 7),
    "acknowledge": (ABSENT, *["ProvisosAcknowledged"] * 4, ENDED, ENDED, ""),
    "suspend": (ABSENT, *["LicenseSuspended"] * 4, *[ENDED] * 3),
    "reinstate": (ABSENT, *[RUNNING] * 2, *["LicenseReinstated"] * 2, *[ENDED] * 3),
    "propose": (ABSENT, *["RevocationProposed"] * 4, *[ENDED] * 3),
    "confirm": (
        ABSENT,
        UNPROPOSED,
        "LicenseRevoked",
        UNPROPOSED,
        "LicenseRevoked",
        "",
        ENDED,
        ENDED,
    ),
    "expire": (ABSENT, *["LicenseExpired"] * 4, ENDED, "", ENDED),
    "draw": (ABSENT, *[UNREAD] * 2, *[STOPPED] * 3, "license_expired", STOPPED),
}


@pytest.mark.parametrize(("name", "stage", "expected"), cells(EXPECTED, STAGES))
def test_the_outcome_is_defined(name: str, stage: str, expected: str) -> None:
    assert outcome_of(DECIDER, HISTORIES[stage], COMMANDS[name]) == expected


def test_no_command_is_forgotten() -> None:
    assert {type(command) for command, _ in COMMANDS.values()} == set(DECIDER.decisions)


def test_each_history_ends_in_the_state_that_it_names() -> None:
    assert states_of(DECIDER, HISTORIES) == [
        name.split(",")[0].title().replace(" ", "") for name in STAGES
    ]


@pytest.mark.parametrize(
    "event",
    [GRANTED, ACKNOWLEDGED, SUSPENDED, REINSTATED, PROPOSED, REVOKED, EXPIRED, *EXHAUSTED[1:]],
    ids=lambda event: type(event).__name__,
)
def test_what_cannot_follow_is_never_folded(event: LicenseEvent) -> None:
    with pytest.raises(TypeError, match="cannot follow Revoked"):
        DECIDER.fold([*HISTORIES["revoked"], event])
