"""Applications that end otherwise than by a grant, and the numbers that they get."""

from collections.abc import Callable

import pytest

from audits.execution import NotFound
from licenses.domain import application
from licenses.domain.application import commands
from licenses.domain.application.state import Denied
from licenses.models import ApplicationRow
from tests.journeys.test_refusals import refused
from tests.support.deal import Deal
from tests.support.people import EXPORTER, INTRUDER, OFFICER, SECOND_OFFICER
from tests.support.stage import Stage, body


def withdraw(deal: Deal) -> None:
    """Take the application back."""
    command = body(commands.WithdrawApplication, reason="The buyer waits")
    deal.stage.do(EXPORTER, command, deal.application_id)


def give_back(deal: Deal) -> None:
    """Return the application without action."""
    command = body(commands.ReturnApplication, reasons=["The contract is missing"])
    deal.stage.do(OFFICER, command, deal.application_id)


def deny(deal: Deal) -> None:
    """Deny the application by two officers."""
    stage = deal.stage
    proposal = body(commands.ProposeDecision, outcome="deny", reasons=["Risk of diversion"])
    stage.do(OFFICER, proposal, deal.application_id)
    version = stage.state(application.DECIDER, deal.application_id).proposal.on_version
    confirm = body(commands.ConfirmDecision, on_version=version)
    refused("four_eyes", lambda: stage.do(OFFICER, confirm, deal.application_id))
    stage.do(SECOND_OFFICER, confirm, deal.application_id)
    assert isinstance(stage.state(application.DECIDER, deal.application_id), Denied)


@pytest.mark.parametrize("end", [withdraw, give_back, deny])
def test_a_deal_may_be_filed_again_once_its_application_ended(
    stage: Stage, end: Callable[[Deal], None]
) -> None:
    stage.sell_at_home(8)
    customer_id = stage.approved_customer()
    first = Deal(stage, customer_id, "first").apply()
    again = Deal(stage, customer_id, "again")
    refused("application_duplicate", lambda: again.apply(end_use="Weather models (first)"))
    end(first)
    refused("application_not_pending", first.propose)
    stage.do(EXPORTER, commands.SubmitApplication(), again.application_id)
    again.grant()


def test_an_exporter_does_not_find_the_application_of_another(stage: Stage) -> None:
    deal = Deal(stage, stage.approved_customer()).apply()
    command = body(commands.WithdrawApplication, reason="Not mine")
    with pytest.raises(NotFound):
        stage.do(INTRUDER, command, deal.application_id)


def test_control_numbers_are_a_letter_and_six_digits_and_given_in_order(stage: Stage) -> None:
    buyer = stage.approved_customer()
    deals = [Deal(stage, buyer, f"deal {n}", quantity=n + 1).apply() for n in range(3)]
    rows = ApplicationRow.objects.filter(id__in=[deal.application_id for deal in deals])
    numbers = rows.order_by("created_at").values_list("control_number", flat=True)
    assert list(numbers) == ["A000001", "A000002", "A000003"]
