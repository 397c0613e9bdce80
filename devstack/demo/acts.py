"""The acts of the story that go as they should: preparation, the deal, the policy change."""

import hashlib
from pathlib import Path
from typing import Final

from devstack import paths
from devstack.demo import material
from devstack.demo.client import Answer, UnexpectedAnswer
from devstack.demo.play import Deal, World
from devstack.demo.record import Record

EDITIONS: Final = paths.ROOT / "licenses" / "editions"
SAMPLE_LIST: Final = paths.ROOT / "customers" / "data" / "sample_list.csv"
BUYER: Final = ("Harbor Cloud Services", "港湾云服务有限公司")
BUYER_TOO: Final = ("Lakeside Weather Institute", "湖畔气象研究院")


def prepare(world: World, record: Record) -> None:
    """Bring an edition into force, a list into use, a product and a laboratory on record."""
    with record.step("officer", "publishes the policy edition, a second one approves it"):
        publish_edition(world, (EDITIONS / "brief-2026.toml").read_text())
    with record.step("officer", "imports the project's own sample of the screening list"):
        import_sample(world, SAMPLE_LIST)
    with record.step("officer", "registers the H200: TPP 15,832 of less than 21,000"):
        made = world.officer.do("/products/", {"specification": material.H200})
        world.product_id = made.body["stream_id"]
    with record.step("officer", "accredits the laboratory and its Ed25519 key"):
        accredit(world)
    with record.step("exporter", "reports 30 units sold in the United States, with evidence"):
        world.sell_at_home(30, "INV-1")


def publish_edition(world: World, toml: str) -> None:
    """Publish an edition as one officer and approve it as another."""
    made = world.officer.do("/editions/", {"toml": toml})
    path = f"/editions/{made.body['stream_id']}"
    digest = hashlib.sha256(toml.encode()).hexdigest()
    world.second_officer.decide(f"{path}/approvals", {"sha256": digest})


def import_sample(world: World, file: Path) -> None:
    """Upload the list as an officer."""
    world.officer.do(
        "/screening-lists/",
        content=file.read_bytes(),
        media_type="text/csv",
        source=file.name,
        fetched_at=world.now().isoformat(),
    )


def accredit(world: World) -> None:
    """Accredit the laboratory of the cast."""
    made = world.officer.do(
        "/laboratories/",
        {
            "organization_id": world.laboratory.me["actor"]["organization_id"],
            "name": "Demonstration Laboratory",
            "headquarters_country": "US",
            "control_countries": [],
            "financial_interests": [],
            "sites": [{"lines": ["5 Main Street"], "city": "Omaha", "country": "US"}],
            "public_key": world.signer.public_key,
        },
    )
    world.laboratory_id = made.body["stream_id"]


def deal(world: World, record: Record) -> Deal:
    """Carry one deal from the application to the reconciled remittance."""
    with record.step("exporter", "registers the buyer; the worker screens it against the list"):
        customer_id = world.register_customer(*BUYER)
    with record.step("officers", "approve the buyer: one proposes, another confirms"):
        world.approve_customer(customer_id)
    played = Deal(world, "main", customer_id, quantity=4)
    with record.step("exporter", "drafts, completes and files the application"):
        played.draft()
        accepted(played.submit())
    with record.step("officers", "grant the license; its volume is held in the same transaction"):
        accepted(played.propose())
        accepted(played.confirm())
    with record.step("process", "opens the escrow of the license"):
        played.find_escrow()
    with record.step("exporter", "acknowledges the proviso"):
        played.acknowledge()
    pay_and_test(record, played)
    ship(world, record, played)
    remit(world, record, played)
    deliver(world, record, played)
    return played


def pay_and_test(record: Record, played: Deal) -> None:
    """Pay everything in advance and have the lot tested."""
    with record.step("bank", "reports half the price as camt.054, the other half as JSON"):
        half = played.price_cents // 2
        played.deposit_by_camt054(half, "R1", BUYER[0])
        played.deposit(played.price_cents - half, "R2")
    with record.step("exporter", "requests the shipment; the lot is registered for its test"):
        accepted(played.request())
    with record.step("laboratory", "draws the sample and hands in its signed report"):
        played.sample()
        accepted(played.hand_in(played.report("LR-1")))


def ship(world: World, record: Record, played: Deal) -> None:
    """Hold the papers, wait for the clearance, dispatch."""
    with record.step("exporter", "holds the end-user statement and files the export"):
        played.file_papers()
    with record.step("process", "finds that all twelve conditions hold"):
        path = f"/shipments/{played.shipment_id}"
        world.exporter.wait_for(f"{path}/clearance", lambda body: body["holds"])
        world.exporter.wait_for(path, lambda body: body["status"] == "cleared")
    with record.step("exporter", "dispatches four units: quota, escrow, license move together"):
        accepted(played.dispatch())
    with record.step("process", "assesses 25 % for the Treasury"):
        played.find_remittance()


def deliver(world: World, record: Record, played: Deal) -> None:
    """Prove that the goods arrived."""
    with record.step("exporter", "proves the delivery"):
        delivery = {
            "delivered_on": str(world.now().date()),
            "received_by": "Goods receipt, hall 3",
            "document": material.document("delivery note"),
        }
        path = f"/shipments/{played.shipment_id}/deliveries"
        world.exporter.do(path, delivery, if_match="now")


def accepted(answer: Answer) -> Answer:
    """Give an answer on, unless it is a problem."""
    if answer.code is not None:
        raise UnexpectedAnswer(str(answer.body))
    return answer


def remit(world: World, record: Record, played: Deal) -> None:
    """Pay the Treasury and have it confirmed and reconciled."""
    path = f"/remittances/{played.remittance_id}"
    due = world.bank.read(path)["state"]["assessed"]["amount_cents"]
    with record.step("bank", "instructs the remittance to the Treasury"):
        instruction = {
            "bank_reference": played.bank_reference("PAY"),
            "amount_cents": due,
            "currency": "USD",
        }
        world.bank.do(f"{path}/instructions", instruction, if_match="now")
    with record.step("treasury", "confirms it by its Pay.gov tracking number"):
        confirmation = {
            "reference_kind": "pay_gov",
            "reference": f"PG{str(world.run)[:8].upper()}",
            "amount_cents": due,
            "currency": "USD",
            "paid_on": str(world.now().date()),
        }
        world.treasury.do(f"{path}/confirmations", confirmation, if_match="now")
    with record.step("process", "reconciles it with the ledger"):
        world.treasury.wait_for(path, lambda body: body["status"] == "reconciled")


BAN: Final = """
[[bans]]
models = ["H200"]
reason = "Exports of H200 end today"
citation = "Brief, condition 8: a later ban is the buyer's risk"
"""


def policy_change(world: World, record: Record) -> None:
    """Ban the product in the middle of a deal."""
    with record.step("everybody", "plays a second deal up to the loaded truck"):
        customer_id = world.register_customer(*BUYER_TOO)
        world.approve_customer(customer_id)
        world.sell_at_home(40, "INV-2")
        caught = Deal(world, "caught", customer_id, quantity=3)
        caught.grant()
        caught.acknowledge()
        caught.deposit(caught.price_cents, "R1")
        accepted(caught.request())
    with record.step("officers", "publish and approve an edition that bans the H200"):
        name = ban_name(world)
        text = (EDITIONS / "brief-2026.toml").read_text()
        publish_edition(world, text.replace('"brief-2026"', f'"{name}"', 1) + BAN)
    with record.step("process", "suspends the license and stops the shipment"):
        license_path = f"/licenses/{caught.license_id}"
        world.exporter.wait_for(license_path, lambda body: body["status"] == "suspended")
        path = f"/shipments/{caught.shipment_id}"
        world.exporter.wait_for(path, lambda body: body["status"] == "stopped")
    with record.step("process", "forfeits the prepayment, as the edition says"):
        path = f"/escrows/{caught.escrow_id}"
        closed = world.bank.wait_for(path, lambda body: body["status"] == "closed")
        if closed["state"]["how"] != "forfeited":
            raise UnexpectedAnswer(f"the escrow was closed otherwise: {closed['state']['how']}")
    record.refusal("the truck leaves all the same", caught.dispatch, "shipment_not_open")


def ban_name(world: World) -> str:
    """Name the edition that bans the H200, in this run."""
    return f"brief-2026-ban-{str(world.run)[:8]}"
