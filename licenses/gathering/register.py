"""Facts for policy editions: whoever changes which one rules has the register to themselves."""

from typing import Any

from audits.execution import Desk
from audits.kernel import Facts
from audits.reading import Loaded
from licenses.domain.edition.state import EditionState
from licenses.gathering.lookups import lookups


def edition_facts(desk: Desk, _command: Any, _loaded: Loaded[EditionState]) -> Facts:
    """Wait until every decision under the editions as they are is through; then tell the time.

    So an edition never takes effect before a decision that was taken without it.
    """
    return Facts(now=lookups().register_time(desk), actor=desk.context.actor)
