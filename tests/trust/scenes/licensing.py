"""Applications, licenses, and the volume and money that they hold."""

from audits import context as minting
from devstack.demo.material import document
from licenses.domain.allotment import commands as allotment
from licenses.domain.application import commands as application
from licenses.domain.escrow import commands as escrow
from licenses.domain.license import commands as license_
from tests.support.people import BANK, EXPORTER, OFFICER, SECOND_OFFICER
from tests.support.stage import SOON, wait_until
from tests.trust.scenes.setting import Setting


def applications(setting: Setting) -> None:
    """One in each state."""
    draft = setting.deal("draft")
    setting.do(EXPORTER, application.DraftApplication, draft.application_id, currency="USD")
    setting.deal("submitted").apply()
    setting.deal("proposed").apply().propose()
    denied = setting.deal("denied").apply()
    denial = {"outcome": "deny", "reasons": ["No end user named"]}
    setting.do(OFFICER, application.ProposeDecision, denied.application_id, **denial)
    denied.confirm()
    returned = setting.deal("returned").apply().application_id
    setting.do(OFFICER, application.ReturnApplication, returned, reasons=["Incomplete"])
    withdrawn = setting.deal("withdrawn").apply().application_id
    setting.do(EXPORTER, application.WithdrawApplication, withdrawn, reason="Canceled")


def licenses(setting: Setting) -> None:
    """One active and unpaid, one suspended, one revoked with its money, one that runs out."""
    setting.deal("active").apply().grant().acknowledge()
    suspended = setting.deal("suspended").apply().grant().license_id
    for kind, who in (
        (license_.SuspendLicense, OFFICER),
        (license_.ReinstateLicense, SECOND_OFFICER),
        (license_.SuspendLicense, SECOND_OFFICER),
    ):
        setting.do(who, kind, suspended, reason="A tip came in, or was cleared up")
    revoked = setting.deal("revoked").apply().grant()
    revoked.deposit()
    revoked.revoke()
    brief = setting.deal("brief").apply()
    brief.expires_at = setting.ends_at = minting.database_now() + SOON
    brief.grant()


def wait_for_ends(setting: Setting) -> None:
    """Wait until what was short-lived has run out."""
    wait_until(setting.ends_at)
    setting.stage.settle()


def allotments(setting: Setting) -> None:
    """Take a sale back after half of it was spoken for."""
    frozen = setting.stage.sell_at_home(100, reference="INV-2", product_name="H100")
    deal = setting.deal("frozen")
    [item] = deal.content()["items"]
    changed = {"product_id": str(setting.stage.products["H100"]), "model": "H100 SXM"}
    deal.apply(items=[item | changed]).grant()
    setting.do(
        EXPORTER,
        allotment.ReverseUsSale,
        frozen,
        sale_reference="INV-2",
        reversal_reference="CN-1",
        evidence=document("credit note"),
        reversed_on=str(minting.database_now().date()),
        quantity=100,
        reason="All of it came back",
    )


def escrows(setting: Setting) -> None:
    """Pay too much, return the excess, and refund the rest on a waiver."""
    deal = setting.deal("refunded").apply().grant()
    deal.deposit(deal.price_cents + 500)
    setting.do(
        BANK,
        escrow.ReturnExcess,
        deal.escrow_id,
        payer_customer_id=str(deal.customer_id),
        amount_cents=500,
        bank_reference="EXCESS-1",
        returned_on=str(minting.database_now().date()),
    )
    deal.refund()
