"""Screens customers against the list in use: work that the events of customers and lists cause."""

from audits import execution, reading, vault, work
from audits.context import database_now
from audits.work import Leased, NewWork
from customers.domain import customer, screening_list
from customers.domain.customer.commands import ExpireApproval, RecordScreening
from customers.domain.customer.state import Approved, Pending
from customers.domain.customer.values import Screening
from customers.domain.screening.parties import Lens, screen_party
from customers.domain.screening.scoring import ALGORITHM, ALGORITHM_VERSION, THRESHOLD_PER_MILLE
from customers.domain.screening_list.state import InUse
from customers.handlers import SCREENING_LIST_ID
from customers.lists import matcher_for
from customers.models import CustomerRow

SCREEN_CUSTOMER = "screen_customer"
SCREEN_EVERYBODY = "screen_everybody"
EXPIRE_APPROVAL = "expire_approval"


def screen_customer(leased: Leased) -> None:
    """Compare a customer's names with the list in use and put the result on its file.

    Without a list there is nothing to compare with; importing one screens everybody.
    """
    in_use = _list_in_use()
    state = reading.load(customer.DECIDER, leased.subject_id).state
    if in_use is None or not isinstance(state, Pending | Approved):
        return
    file = state.file
    glass = vault.Glass(file.party)
    hits = screen_party(
        leased.subject_id,
        file.party,
        party_version=file.party_version,
        matcher=matcher_for(in_use.sha256),
        lens=Lens(glass.read, glass.beside),
    )
    screening = Screening(
        party_version=file.party_version,
        list_sha256=in_use.sha256,
        algorithm=ALGORITHM,
        algorithm_version=ALGORITHM_VERSION,
        threshold_per_mille=THRESHOLD_PER_MILLE,
        hits=hits,
    )
    context = leased.context(step=f"{in_use.sha256}/{file.party_version}", now=database_now())
    execution.execute(RecordScreening(screening=screening), leased.subject_id, context)


def _list_in_use() -> InUse | None:
    """Find the list in use and hold it there until the screening is recorded.

    Else a slow worker could put an older screening over a newer one. The index of a new list takes
    seconds, so it is made before anybody has to wait.
    """
    state = reading.load(screening_list.DECIDER, SCREENING_LIST_ID).state
    if isinstance(state, InUse):
        matcher_for(state.sha256)
    held = reading.load(screening_list.DECIDER, SCREENING_LIST_ID, lock="share").state
    return held if isinstance(held, InUse) else None


def screen_everybody(leased: Leased) -> None:
    """Make work of screening every customer that is not barred, one item each."""
    live = CustomerRow.objects.exclude(status="barred").values_list("id", flat=True)
    work.enqueue(
        [
            NewWork(kind=SCREEN_CUSTOMER, subject_id=customer_id, event_id=leased.event_id)
            for customer_id in live
        ]
    )


def expire_approval(leased: Leased) -> None:
    """End an approval that has run out."""
    context = leased.context(step="expire", now=database_now())
    execution.execute(ExpireApproval(), leased.subject_id, context)
