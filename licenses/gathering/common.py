"""What every fact begins with."""

from typing import Any

from audits.execution import Desk
from audits.kernel import Facts
from audits.reading import Loaded
from licenses.domain.policy.model import EditionName
from licenses.editions import edition_in_force


class RuledFacts(Facts):
    """For what a person decides without the policy's verdict: under which edition they did."""

    edition: EditionName


def common(desk: Desk) -> dict[str, Any]:
    """Give time and actor of the command, as the first fields of its facts."""
    return {"now": desk.context.now, "actor": desk.context.actor}


def ruled_facts(desk: Desk, _command: Any, _loaded: Loaded[Any]) -> RuledFacts:
    """Name the edition in force, which the envelope of the decision then names."""
    return RuledFacts(**common(desk), edition=edition_in_force(desk.context.now).name)
