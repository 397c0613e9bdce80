"""Findings and halts."""

from uuid import UUID

from audits.domain.finding import commands as finding
from audits.domain.halt import commands as halt
from audits.domain.halt.commands import HaltKind
from audits.findings import finding_id
from audits.halting import HALTS
from tests.support.client import person_of
from tests.support.people import AUDITOR, OFFICER, SYSTEM
from tests.trust.scenes.setting import Setting


def findings(setting: Setting) -> None:
    """One in each state; the one that is closed was opened twice."""
    person_of(AUDITOR)
    for state in ("raised", "assigned", "answered", "closed", "accepted", "cleared"):
        matter = {"audit": "scenes", "kind": "amiss", "subject": state}
        target = finding_id(**matter)
        fields = {"detail": "Not as it should be", "evidence": []}
        setting.do(SYSTEM, finding.RaiseFinding, target, **matter, **fields)
        look_into(setting, target, state)


def look_into(setting: Setting, target: UUID, state: str) -> None:
    """Bring a finding into a state."""
    if state == "cleared":
        setting.do(SYSTEM, finding.ClearFinding, target)
    if state in {"assigned", "answered", "closed", "accepted"}:
        setting.do(OFFICER, finding.AssignFinding, target, assignee_id=str(AUDITOR.person_id))
    if state in {"answered", "closed", "accepted"}:
        setting.do(AUDITOR, finding.AnswerFinding, target, answer="A test")
    if state == "accepted":
        setting.do(OFFICER, finding.AcceptFinding, target, reason="It stays as it is")
    if state == "closed":
        setting.do(OFFICER, finding.CloseFinding, target, reason="Agreed")
        setting.do(AUDITOR, finding.ReopenFinding, target, reason="Another look")
        look_into_again(setting, target)


def look_into_again(setting: Setting, target: UUID) -> None:
    """Close a finding that was reopened."""
    setting.do(OFFICER, finding.AssignFinding, target, assignee_id=str(AUDITOR.person_id))
    setting.do(AUDITOR, finding.AnswerFinding, target, answer="Still a test")
    setting.do(OFFICER, finding.CloseFinding, target, reason="Agreed")


def halts(setting: Setting) -> None:
    """One lifted; one halted is of a kind that nothing of the scenes waits for."""
    money, volume = HALTS[HaltKind.MONEY], HALTS[HaltKind.VOLUME]
    setting.do(AUDITOR, halt.SetHalt, money, kind="money", reason="A doubt")
    setting.do(AUDITOR, halt.ProposeLift, money, reason="Cleared up")
    setting.do(OFFICER, halt.ConfirmLift, money, reason="Cleared up")
    setting.do(OFFICER, halt.SetHalt, volume, kind="volume", reason="A doubt")
