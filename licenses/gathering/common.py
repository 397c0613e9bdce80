"""What every fact begins with."""

from typing import Any

from audits.execution import Desk


def common(desk: Desk) -> dict[str, Any]:
    """Give time and actor of the command, as the first fields of its facts."""
    return {"now": desk.context.now, "actor": desk.context.actor}
