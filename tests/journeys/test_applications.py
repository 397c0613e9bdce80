"""Applications that end otherwise than by a grant, and the numbers that they get."""

from collections.abc import Callable

import pytest

from audits.execution import NotFound, reading_desk
from licenses.domain import application
from licenses.domain.application import commands
from licenses.domain.application.state import Denied
from licenses.gathering.applications import next_control_number
from tests.journeys.test_refusals import refused
from tests.support.database import in_threads
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


@pytest.mark.usefixtures("transactional_db")
def test_control_numbers_are_a_letter_and_six_digits_and_never_given_twice() -> None:
    def take(_place: int) -> list[str]:
        return [next_control_number(reading_desk(EXPORTER)) for _ in range(20)]

    numbers = [number for taken in in_threads(take, range(8), threads=8) for number in taken]
    assert len(set(numbers)) == 160
    assert all(number[0].isalpha() and number[1:].isdigit() for number in numbers)
    assert {len(number) for number in numbers} == {7}
