"""What the rules of the story forbid, tried all the same."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final

from devstack.demo import material
from devstack.demo.acts import accepted
from devstack.demo.client import Answer
from devstack.demo.play import Deal, World
from devstack.demo.record import Record

LISTED: Final = ("Huawei Technologies Co., Ltd.", "华为技术有限公司")
BRIEFLY: Final = timedelta(seconds=12)
"""A license is proposed, confirmed and granted in this time, however busy the machine."""
FORBIDDEN, STALE = 403, 412

Attempt = Callable[[], Answer]


def play(world: World, record: Record, played: Deal) -> None:
    """Try what the rules forbid; each attempt must be refused with its code and citation."""
    customer_id = played.customer_id
    record.refusal(
        "a Blackwell part", _b200(world, customer_id), "product_not_eligible", cited=True
    )
    record.refusal("a listed buyer", _listed(world), "hits_open", cited=True)
    selfish = Deal(world, "selfish", customer_id, quantity=2)
    selfish.draft()
    accepted(selfish.submit())
    accepted(selfish.propose())
    record.refusal("self-approval", lambda: selfish.confirm(world.officer), "four_eyes", cited=True)
    accepted(selfish.confirm())
    selfish.find_escrow()
    over = Deal(world, "over", customer_id, quantity=10)
    over.draft()
    accepted(over.submit())
    record.refusal(
        "one unit over the cap",
        over.propose,
        "conditions_not_met",
        cited=True,
        names="cap_exceeded",
    )
    shipped_without(world, record, selfish)
    out_of_order(world, record, played)


def out_of_order(world: World, record: Record, played: Deal) -> None:
    """Try again what was done, too late, on an old version, or as somebody else."""
    customer_id = played.customer_id
    brief = Deal(world, "brief", customer_id, quantity=2)
    brief.grant(valid=BRIEFLY)
    twice = Deal(world, "twice", customer_id, quantity=4)
    twice.grant()
    record.refusal(
        "a serial number shipped twice",
        lambda: twice.request(played.serials),
        "serial_already_shipped",
        cited=True,
    )
    record.refusal("an expired license", _expired(world, brief), "license_not_in_force", cited=True)
    suspend = {"reason": "A tip came in"}
    path = f"/licenses/{twice.license_id}/suspensions"
    stale = partial(world.officer.try_to, path, suspend, if_match='"99"')
    record.refusal("a decision on a stale version", stale, "wrong_expected_version", status=STALE)
    other = world.other_exporter
    record.refusal(
        "another exporter's license",
        lambda: other.get(f"/licenses/{played.license_id}"),
        "not_found",
        status=404,
    )
    record.refusal(
        "an exporter who decides",
        lambda: world.exporter.try_to(path, suspend, if_match="now"),
        "role_not_permitted",
        status=FORBIDDEN,
    )


def shipped_without(world: World, record: Record, played: Deal) -> None:
    """Try to ship unpaid, untested and on a forged certificate."""
    played.acknowledge()
    accepted(played.request())
    played.file_papers()
    played.deposit(played.price_cents, "R1")
    record.refusal("an untested lot", played.dispatch, "lot_not_certified", cited=True)
    played.sample()
    genuine = played.report("LR-2")
    forged = genuine | {"signature": "00" * 64}
    record.refusal(
        "a forged certificate", lambda: played.hand_in(forged), "certificate_forged", cited=True
    )
    unpaid = Deal(world, "unpaid", played.customer_id, quantity=2)
    unpaid.grant()
    unpaid.acknowledge()
    unpaid.deposit(unpaid.price_cents - 1, "R1")
    accepted(unpaid.request())
    unpaid.sample()
    accepted(unpaid.hand_in(unpaid.report("LR-3")))
    unpaid.file_papers()
    record.refusal("an unpaid dispatch", unpaid.dispatch, "not_prepaid", cited=True)


def _b200(world: World, customer_id: str) -> Attempt:
    made = world.officer.do("/products/", {"specification": material.B200})
    banned = Deal(world, "b200", customer_id, quantity=2)
    item = material.application(
        customer_id, made.body["stream_id"], quantity=2, end_use="x", model="B200"
    )["items"]
    banned.draft(items=item)
    return banned.submit


def _listed(world: World) -> Attempt:
    customer_id = world.register_customer(*LISTED)
    path = f"/customers/{customer_id}/approval-proposals"
    until = (world.now() + timedelta(days=365)).isoformat()
    proposal = {"expires_at": until, "reason": "Wishful thinking"}
    return lambda: world.officer.try_to(path, proposal, if_match="now")


def _expired(world: World, brief: Deal) -> Attempt:
    """Wait until a license has ended."""
    path = f"/licenses/{brief.license_id}"
    world.exporter.wait_for(path, lambda body: body["status"] == "expired")
    return brief.request
