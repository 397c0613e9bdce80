"""An audit of the ledger finds a difference: money stops, and goes on when two persons say so."""

from datetime import timedelta
from functools import partial

import pytest

from audits import context, work
from audits.domain import halt
from audits.domain.halt.commands import ConfirmLift, HaltKind, ProposeLift
from audits.domain.halt.state import Lifted
from audits.findings import scheduled
from audits.halting import HALTS
from audits.models import FindingRow
from licenses.domain import escrow
from licenses.domain.escrow.state import Funded
from tests.journeys.test_refusals import refused
from tests.licenses.verification.tampering import as_superuser
from tests.support.deal import Deal
from tests.support.people import AUDITOR, OFFICER
from tests.support.stage import Stage

pytestmark = pytest.mark.django_db


def test_money_stops_when_the_ledger_does_not_add_up(stage: Stage) -> None:
    stage.sell_at_home(16)
    buyer = stage.approved_customer()
    paid = Deal(stage, buyer, "paid").apply().grant()
    paid.deposit()
    waiting = Deal(stage, buyer, "waiting", quantity=3).apply().grant()
    account = f"escrow/{paid.license_id}/USD"
    as_superuser(
        "licenses_ledger_account",
        "UPDATE licenses_ledger_account SET credits_posted = credits_posted + 1 WHERE name = %s",
        account,
    )
    scheduled.schedule(context.database_now())
    work.run_due()
    found = list(FindingRow.objects.filter(audit="trial_balance"))
    assert {each.halts for each in found} == {"money"}
    assert any(account in each.subject for each in found)

    refused("halted", waiting.deposit)
    stage.sell_at_home(2, reference="INV-2")  # volume goes on
    stage.do(OFFICER, ProposeLift(reason="Explained"), HALTS[HaltKind.MONEY])
    confirm = partial(
        stage.do, command=ConfirmLift(reason="Explained"), target=HALTS[HaltKind.MONEY]
    )
    refused("four_eyes", partial(confirm, OFFICER))
    confirm(AUDITOR)
    waiting.deposit()
    assert isinstance(stage.state(escrow.DECIDER, waiting.escrow_id), Funded)

    # Money moved, and the difference is the one that two persons explained.
    scheduled.schedule(context.database_now() + timedelta(hours=2))
    work.run_due()
    assert isinstance(stage.state(halt.DECIDER, HALTS[HaltKind.MONEY]), Lifted)
    assert {each.version for each in FindingRow.objects.filter(audit="trial_balance")} == {1}
