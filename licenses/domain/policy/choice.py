"""Which edition is in force, and what it bans. Pure."""

import re
from collections.abc import Iterable
from datetime import datetime

from audits.kernel import Value
from licenses.domain.policy.model import Ban, Edition


class ApprovedEdition(Value):
    """An edition that two officers stand behind and nobody withdrew."""

    edition: Edition
    approved_at: datetime
    effective_from: datetime
    """As approved: never before `approved_at`, so no edition rules over its own past."""


def in_force(editions: Iterable[ApprovedEdition], now: datetime) -> ApprovedEdition | None:
    """Choose the edition that rules at `now`: the latest to take effect; of two, the later approved.

    None: no edition has taken effect yet, and nothing may ship.
    """
    due = (each for each in editions if each.effective_from <= now)
    return max(due, key=lambda each: (each.effective_from, each.approved_at), default=None)


def banned(edition: Edition, *, model: str, generation: str) -> Ban | None:
    """Find the ban that keeps a product from shipping, or None.

    A ban on `H200` covers `H200 SXM` and `nvidia h200-nvl`: whole words in order, without case.
    """
    return next((ban for ban in edition.bans if _covers(ban, model, generation)), None)


def words(name: str) -> tuple[str, ...]:
    """Split a model or generation into its words, without case and punctuation."""
    return tuple(re.findall(r"[a-z0-9]+", name.casefold()))


def mentions(name: str, part: str) -> bool:
    """Tell whether the words of `part` stand in `name`, in order and side by side."""
    whole, wanted = words(name), words(part)
    starts = range(len(whole) - len(wanted) + 1)
    return bool(wanted) and any(whole[at : at + len(wanted)] == wanted for at in starts)


def _covers(ban: Ban, model: str, generation: str) -> bool:
    return any(mentions(model, each) for each in ban.models) or any(
        words(generation) == words(each) for each in ban.generations
    )
