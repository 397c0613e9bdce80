"""Process managers: what follows from the events of a deal, in whatever order they arrive."""

from typing import Any, Final

from licenses.domain.processes import (
    assess_clearance,
    assess_remittance,
    open_escrow,
    reconcile_remittance,
    register_lot,
    wind_up_license,
)
from licenses.domain.processes.model import Process

PROCESSES: Final[tuple[Process[Any], ...]] = (
    open_escrow.PROCESS,
    register_lot.PROCESS,
    assess_clearance.PROCESS,
    assess_remittance.PROCESS,
    reconcile_remittance.PROCESS,
    wind_up_license.PROCESS,
)
