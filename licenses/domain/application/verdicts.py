"""Verdicts as a decision reads them: what is missing fails. Pure."""

from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec

from licenses.domain.policy.model import Condition, Verdict

ALL_CONDITIONS: Final = tuple(Condition)
GRANT_CONDITIONS: Final = (
    Condition.ELIGIBLE_PRODUCT,
    Condition.ELIGIBLE_DESTINATION,
    Condition.APPROVED_CUSTOMER,
    Condition.SCREENED_PARTIES,
    Condition.VOLUME_CAP,
    Condition.US_SUPPLY_FIRST,
)
"""What must hold for an approval; the others can only come true once there is a license."""


def failing(
    verdicts: Sequence[Verdict], required: Collection[Condition] = ALL_CONDITIONS
) -> tuple[Verdict, ...]:
    """List the required conditions that do not hold, in their order, each with its verdict.

    A condition without a verdict fails: nothing passes because nobody looked.
    """
    known = {verdict.condition: verdict for verdict in verdicts if verdict.holds}
    failed = {verdict.condition: verdict for verdict in verdicts if not verdict.holds}
    return tuple(
        failed.get(condition) or _unknown(condition)
        for condition in Condition
        if condition in required and (condition in failed or condition not in known)
    )


def told(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """Write verdicts as JSON values, for the body of a refusal."""
    return [msgspec.to_builtins(verdict) for verdict in verdicts]


def _unknown(condition: Condition) -> Verdict:
    return Verdict(
        condition=condition,
        holds=False,
        code="condition_not_evaluated",
        reason=f"Condition {condition} has not been evaluated",
        citation="Tollgate: unknown never holds",
    )
