"""How findings become a verdict. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from licenses.domain.policy.model import Condition, Verdict


class Finding(NamedTuple):
    """One thing that speaks against a deal; `citation` where it is not the condition's own."""

    code: str
    reason: str
    citation: str | None = None


def hold(
    condition: Condition, code: str, reason: str, *, citation: str, evidence: Iterable[UUID] = ()
) -> Verdict:
    """Say that the condition holds."""
    return Verdict(
        condition=condition,
        holds=True,
        code=code,
        reason=reason,
        citation=citation,
        evidence=_once(evidence),
    )


def fail(
    condition: Condition,
    findings: Sequence[Finding],
    *,
    citation: str,
    evidence: Iterable[UUID] = (),
) -> Verdict:
    """Say that the condition does not hold: the first finding gives the code, all give reasons."""
    first = findings[0]
    return Verdict(
        condition=condition,
        holds=False,
        code=first.code,
        reason=" ".join(f"{finding.reason.rstrip('.')}." for finding in findings)[:4000],
        citation=first.citation or citation,
        evidence=_once(evidence),
    )


def unknown(condition: Condition, subject: str, *, citation: str) -> Verdict:
    """Say that nothing is known of `subject`: what is unknown never holds."""
    finding = Finding(f"{subject}_unknown", f"Nothing is known of the {subject.replace('_', ' ')}")
    return fail(condition, [finding], citation=citation)


def _once(evidence: Iterable[UUID]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(evidence))
