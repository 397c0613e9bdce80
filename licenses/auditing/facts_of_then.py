"""The facts that decisions saw, gathered again by the same functions at a desk in hindsight.

What they look up in tables is answered by events (`licenses.auditing.then`). Fresh numbers, and whose
a sealed name was, are taken as recorded.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from msgspec.structs import replace

from audits.execution import house
from audits.kernel import Command, Facts
from audits.past.hindsight import Hindsight, NotSeen
from audits.past.rebuilding import Together
from audits.past.retaking import Gather, as_gathered, of_kind
from audits.reading import Loaded
from customers import handlers as customers
from customers.domain.erasure import commands as erasure_commands
from customers.domain.erasure.decisions import ErasureFacts
from customers.domain.erasure.state import Erased
from licenses.domain.application import commands as application_commands
from licenses.domain.application.events import ApplicationSubmitted
from licenses.domain.application.facts import SubmitFacts
from licenses.domain.edition import commands as edition_commands
from licenses.domain.edition.events import EditionApproved
from licenses.domain.escrow import commands as escrow_commands
from licenses.domain.escrow.deposits import DepositFacts
from licenses.domain.escrow.events import (
    DepositBooked,
    DepositReversed,
    DepositSetAside,
    ReversalUndone,
    SetAsideReason,
)
from licenses.domain.escrow.state import NotOpened
from licenses.gathering import applications, money, register

WAIT_AT_MOST: Final = timedelta(minutes=5)
"""Between the beginning of a command and its turn at the register: far beyond any lock timeout."""


def submit_facts(
    desk: Hindsight, command: Any, loaded: Loaded[Any], together: Together
) -> SubmitFacts:
    """Gather all but the control number, which is the one that was given."""
    facts = applications.submit_facts(desk, command, loaded)
    submitted = of_kind(together, ApplicationSubmitted)
    return replace(facts, control_number=submitted.control_number) if submitted else facts


def approval_facts(desk: Hindsight, command: Any, loaded: Loaded[Any], together: Together) -> Facts:
    """Tell the time of an approval: it was read under the register's lock, soon after the command."""
    facts = register.edition_facts(desk, command, loaded)
    approved = of_kind(together, EditionApproved)
    if approved is None or not facts.now <= approved.approved_at <= facts.now + WAIT_AT_MOST:
        return facts
    return replace(facts, now=approved.approved_at)


_REPORTS: Final = (DepositBooked, DepositReversed, ReversalUndone, DepositSetAside)


def deposit_facts(
    desk: Hindsight, command: Any, loaded: Loaded[Any], together: Together
) -> DepositFacts:
    """Gather all but whose a sealed name is, which is as it was said; NotSeen where nothing says so.

    Auditors cannot open it, and it may be erased.
    """
    facts = money.deposit_facts(desk, replace(command, payer_name=None), loaded)
    if command.payer_name is None or isinstance(loaded.state, NotOpened):
        return facts
    noted = loaded.state.books.noted(command.account, command.bank_reference)
    said = of_kind(together, *_REPORTS) or noted
    if said is None:
        raise NotSeen("whose the sealed name of the payer was")
    if getattr(said, "reason", None) is SetAsideReason.PAYER_UNKNOWN:
        return facts
    named = () if said.payer_customer_id is None else (said.payer_customer_id,)
    return replace(facts, named_payer_ids=named)


def erasure_facts(
    desk: Hindsight, command: Any, loaded: Loaded[Any], _together: Together
) -> ErasureFacts:
    """Gather what kept the data. An erasure's event is the destruction of the key."""
    facts = customers.erasure_facts(desk, command, loaded)
    if facts.key is None:
        return facts
    is_destroyed = isinstance(loaded.state, Erased)
    return replace(facts, key=replace(facts.key, is_destroyed=is_destroyed))


OWN: Final[Mapping[type[Command], Gather]] = {
    application_commands.SubmitApplication: submit_facts,
    edition_commands.ApproveEdition: approval_facts,
    escrow_commands.BookDeposit: deposit_facts,
    erasure_commands.RequestErasure: erasure_facts,
    erasure_commands.ApproveErasure: erasure_facts,
}
"""Command → its facts, where some are as recorded, or read of what is gone."""


def gather_of(command: type[Command]) -> Gather:
    """Find how a command's facts are gathered again."""
    return OWN.get(command) or as_gathered(house.procedures[command].gather)
