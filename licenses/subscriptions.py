"""What events of licensed exports set in motion."""

from typing import Final

from audits import work
from audits.execution import Subscription, house
from audits.kernel import Event
from licenses import timetable
from licenses.domain.edition.events import EditionApproved, EditionTookEffect
from licenses.domain.laboratory.events import LaboratoryDisqualified
from licenses.domain.license.events import LicenseGranted
from licenses.domain.processes import PROCESSES
from licenses.reactions import run_process

TIMETABLE: Final[dict[type[Event], tuple[Subscription, ...]]] = {
    LicenseGranted: (
        Subscription(
            kind=timetable.EXPIRE_LICENSE, due=lambda recorded: recorded.data.terms.expires_at
        ),
    ),
    EditionApproved: (
        Subscription(
            kind=timetable.ENFORCE_EDITION, due=lambda recorded: recorded.data.effective_from
        ),
    ),
    EditionTookEffect: (Subscription(kind=timetable.JUDGE_LICENSES),),
    LaboratoryDisqualified: (Subscription(kind=timetable.VOID_CERTIFICATES),),
}


def register() -> None:
    """Tell the house which events make which work, and who does it."""
    table = dict(TIMETABLE)
    for process in PROCESSES:
        work.register_survey(process.name, run_process(process))
        on_deal = Subscription(kind=process.name, subject=lambda recorded: recorded.correlation_id)
        for trigger in process.triggers:
            table[trigger] = (*table.get(trigger, ()), on_deal)
    house.subscriptions.update(table)
    work.register(timetable.EXPIRE_LICENSE, timetable.expire_license)
    work.register(timetable.ENFORCE_EDITION, timetable.enforce_edition)
    work.register(timetable.JUDGE_LICENSES, timetable.judge_licenses)
    work.register(timetable.JUDGE_LICENSE, timetable.judge_license)
    work.register(timetable.VOID_CERTIFICATES, timetable.void_certificates)
    work.register(timetable.VOID_CERTIFICATE, timetable.void_certificate)
