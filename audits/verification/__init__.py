"""Verification: every check over every record, stopping at the first kind of difference.

The journal's own checks come first, then those that the apps added: what is derived is only worth
comparing with a journal that is sound. All checks see one snapshot and change nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from audits import queries
from audits.differences import Check, Difference, Look, Progress, Silence
from audits.verification.journal import CHECKS

_added: Final[dict[str, Check]] = {}


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


def _first_kind(differences: Iterator[Difference]) -> list[Difference]:
    """Keep the first difference and all others of its kind."""
    kept: list[Difference] = []
    for difference in differences:
        if not kept or difference.kind == kept[0].kind:
            kept.append(difference)
    return kept
