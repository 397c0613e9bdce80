"""Customers, and what is kept or erased of their people."""

from audits import context as minting
from audits import vault
from customers.domain.customer import DECIDER as CUSTOMER
from customers.domain.customer import commands as customer
from customers.domain.customer.standing import open_hits
from customers.domain.erasure.commands import ApproveErasure, DeclineErasure, RequestErasure
from customers.domain.ids import legal_hold_id
from customers.domain.legal_hold.commands import LiftLegalHold, PlaceLegalHold, ProposeLifting
from tests.support.people import EXPORTER, OFFICER, SECOND_OFFICER
from tests.support.stage import SOON, party
from tests.trust.scenes.setting import Setting


def customers(setting: Setting) -> None:
    """One pending, one near a listed name, one barred, one whose approval runs out."""
    stage = setting.stage
    amended = stage.registered_customer("pending")
    setting.do(EXPORTER, customer.AmendCustomer, amended, party=party() | {"aliases": ["Harbor"]})
    rejected = stage.registered_customer("rejected")
    setting.do(OFFICER, customer.RejectCustomer, rejected, reason="Military end user")
    revoked = stage.approved_customer("revoked")
    setting.do(OFFICER, customer.RevokeApproval, revoked, reason="The papers are false")
    brief = stage.registered_customer("short-lived")
    stage.settle()
    stage.approve(brief, minting.database_now() + SOON)
    near = stage.registered_customer("near", name="SMIC Harbor Trading", native_name=None)
    stage.settle()
    [hit, *_] = open_hits(stage.state(CUSTOMER, near).file)
    finding = {"hit_id": str(hit.hit_id), "reason": "Another company of a similar name"}
    setting.do(OFFICER, customer.AdjudicateHit, near, **finding, disposition="false_positive")
    setting.do(SECOND_OFFICER, customer.ReleaseHit, near, **finding)


def legal_holds(setting: Setting) -> None:
    """One that stands and that somebody would lift, one that was lifted."""
    for name in ("held", "lifted"):
        target = setting.stage.registered_customer(name)
        hold, matter = legal_hold_id(target), {"matter": f"Docket {name}"}
        why = {"reason": "The agency asked for it"}
        setting.do(OFFICER, PlaceLegalHold, hold, target_id=str(target), **matter, **why)
        setting.do(OFFICER, ProposeLifting, hold, **matter, **why)
        if name == "lifted":
            setting.do(SECOND_OFFICER, LiftLegalHold, hold, **matter)


def erasures(setting: Setting) -> None:
    """One requested, one declined, one carried out."""
    for name in ("requested", "declined", "erased"):
        [named] = vault.named_in(setting.stage.registered_customer(f"{name}-signatory"))
        subject = named.subject_id
        why = {"reason": "The person asked for it"}
        setting.do(OFFICER, RequestErasure, subject, subject_id=str(subject), **why)
        if name == "declined":
            setting.do(SECOND_OFFICER, DeclineErasure, subject, **why)
        if name == "erased":
            setting.do(SECOND_OFFICER, ApproveErasure, subject)
