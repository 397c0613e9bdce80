"""Verification: every check over every record; `verify` stops at the first kind of difference.

The journal's own checks come first, then those that the apps added: what is derived is only worth
comparing with a journal that is sound. All checks see one snapshot and change nothing.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from django.db import transaction

from audits import queries
from audits.differences import Check, Difference, Look, Progress, Silence
from audits.heartbeat import LeaseLost
from audits.verification.journal import CHECKS

_added: Final[dict[str, Check]] = {}
BROKEN_OFF: Final = "check_broken_off"
"""Kind of the difference that is a check which could not go on, where others found something."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification found."""

    passed: tuple[str, ...]
    """The checks that found no difference, in their order."""
    failed: str | None = None
    """The check that found one; those after it did not run."""
    kind: str | None = None
    """The first kind of difference."""
    differences: tuple[Difference, ...] = ()
    """Every difference of that kind."""

    @property
    def is_sound(self) -> bool:
        """Whether everything is as it must be."""
        return self.failed is None


def add_check(name: str, check: Check) -> None:
    """Let `check` run after the journal's own checks and those added before; once a name."""
    _added[name] = check


def checks() -> Mapping[str, Check]:
    """List all checks in their order."""
    return {**CHECKS, **_added}


def verify(progress: Progress | None = None, *, only: tuple[str, ...] = ()) -> Report:
    """Run all checks (or `only` some) on one snapshot; stop after the first that finds something."""
    passed: list[str] = []
    with queries.snapshot():
        for name, check in checks().items():
            if only and name not in only:
                continue
            found = _first_kind(check(Look(name=name, progress=progress or Silence())))
            if found:
                return Report(
                    passed=tuple(passed),
                    failed=name,
                    kind=found[0].kind,
                    differences=tuple(found),
                )
            passed.append(name)
    return Report(passed=tuple(passed))


def all_differences(
    names: tuple[str, ...], *, at_most: int, progress: Progress | None = None
) -> Iterator[Difference]:
    """Run these checks on one snapshot, each to its end, and give a difference of each in turn.

    at_most: of one check. What an unsound journal keeps from being checked is a difference, too
    (`check_broken_off`); where nothing is amiss, whatever a check raises rises. LeaseLost always does.
    """
    found: list[list[Difference]] = []
    with queries.snapshot():
        for name, check in checks().items():
            if name in names:
                look = Look(name=name, progress=progress or Silence())
                found.append(_of_check(look, check, at_most, is_amiss=any(found)))
    in_turn = itertools.chain.from_iterable(itertools.zip_longest(*found))
    return (each for each in in_turn if each is not None)


def _of_check(look: Look, check: Check, at_most: int, *, is_amiss: bool) -> list[Difference]:
    found: list[Difference] = []
    try:
        with transaction.atomic():  # what the database refuses ends this check, not the snapshot
            found.extend(itertools.islice(check(look), at_most))
    except LeaseLost:
        raise  # whoever took the work over looks at everything
    except Exception as error:
        if not (found or is_amiss):
            raise
        detail = f"it met what it cannot read: {type(error).__name__}"
        found.append(Difference(kind=BROKEN_OFF, subject=f"check {look.name}", detail=detail))
    return found


def _first_kind(differences: Iterator[Difference]) -> list[Difference]:
    """Keep the first difference and all others of its kind."""
    kept: list[Difference] = []
    for difference in differences:
        if not kept or difference.kind == kept[0].kind:
            kept.append(difference)
    return kept
