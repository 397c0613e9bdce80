"""Shipments, their tests, and what is paid to the Treasury for them."""

from audits import context as minting
from devstack.demo.material import document
from licenses.domain.remittance import DECIDER as REMITTANCE
from licenses.domain.remittance import commands as remittance
from licenses.domain.shipment import commands as shipment
from tests.support.deal import Deal
from tests.support.people import BANK, EXPORTER, OFFICER, TREASURY
from tests.trust.scenes.setting import Setting


def shipments(setting: Setting) -> None:
    """One in each state."""
    requested = setting.deal("requested").apply().grant().request()
    gate = {"kind": "import_clearance", "cleared": True, "document": document("gate")}
    setting.do(EXPORTER, shipment.RecordGate, requested.shipment_id, **gate)
    setting.deal("cleared").ready()
    setting.deal("dispatched").ready().dispatch()
    delivered = setting.deal("delivered").ready()
    delivered.dispatch()
    delivered.deliver().remit()
    cancelled = setting.deal("cancelled").apply().grant().request().shipment_id
    setting.do(EXPORTER, shipment.CancelShipment, cancelled, reason="Canceled")
    stopped = setting.deal("stopped").apply().grant().request().shipment_id
    setting.do(OFFICER, shipment.StopShipment, stopped, reason="A tip came in")


def lab_tests(setting: Setting) -> None:
    """One sampled, one failed; the others come with the shipments."""
    setting.deal("sampled").apply().grant().request().sample()
    failed = setting.deal("failed").apply().grant().request().sample()
    report = failed.report()
    [first, *rest] = (
        {name: getattr(each, name) for name in each.__struct_fields__}
        for each in report.measurements
    )
    failed.certify(failed.report(measurements=[first | {"tpp": 30_000}, *rest]))


def remittances(setting: Setting) -> None:
    """One instructed for the second time."""
    deal = setting.deal("instructed").ready()
    deal.dispatch()
    setting.stage.settle()
    instruct(setting, deal, "PAY-1")
    back = {"bank_reference": "PAY-1", "reason": "Account closed"}
    setting.do(BANK, remittance.ReturnRemittance, deal.remittance_id, **back)
    instruct(setting, deal, "PAY-2")


def instruct(setting: Setting, deal: Deal, reference: str) -> None:
    """Have the bank pay what is due."""
    due = setting.stage.state(REMITTANCE, deal.remittance_id).assessed.amount_cents
    fields = {"bank_reference": reference, "amount_cents": due, "currency": "USD"}
    setting.do(BANK, remittance.InstructRemittance, deal.remittance_id, **fields)


def unsettled_remittance(setting: Setting) -> None:
    """Have one confirmed that no process has reconciled yet."""
    deal = setting.deal("confirmed").ready()
    deal.dispatch()
    setting.stage.settle()
    instruct(setting, deal, "PAY-3")
    setting.do(
        TREASURY,
        remittance.ConfirmRemittance,
        deal.remittance_id,
        reference_kind="pay_gov",
        reference="PG-0000003",
        amount_cents=setting.stage.state(REMITTANCE, deal.remittance_id).assessed.amount_cents,
        currency="USD",
        paid_on=str(minting.database_now().date()),
    )
