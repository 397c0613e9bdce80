"""Verdicts as a decision needs them: all hold, or all that fail are named. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from audits.kernel import Refused
from licenses.domain.policy.evaluation import unmet
from licenses.domain.policy.model import Condition, Verdict


def require(verdicts: Sequence[Verdict], conditions: Iterable[Condition]) -> None:
    """Refuse unless every one of `conditions` holds; raises LookupError where one was not judged.

    The citation is that of the first failing condition; `failing` in the body names them all.
    """
    failed = unmet(verdicts, conditions)
    if failed:
        raise Refused(
            "conditions_not_met",
            " ".join(f"{verdict.condition}: {verdict.reason}" for verdict in failed),
            citation=failed[0].citation,
            extra={"failing": told(failed)},
        )


def told(verdicts: Iterable[Verdict]) -> list[dict[str, Any]]:
    """Write verdicts as JSON values, for the body of a refusal."""
    return [msgspec.to_builtins(verdict) for verdict in verdicts]
