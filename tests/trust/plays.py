"""A deal in short form over REST: every step is one command, sent under one key until it is done."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from devstack.demo import acts, material, moment
from devstack.demo.play import World
from licenses.domain.ids import escrow_id, lab_test_id, license_id, remittance_id
from tests.trust.stubborn import Cast, NotYet

EDITION: Final = "brief-2026"
SOLD_AT_HOME: Final = 5_000
BUYERS: Final = (
    ("Harbor Cloud Services", "港湾云服务有限公司"),
    ("Lakeside Weather Institute", "湖畔气象研究院"),
    ("Orchard Language Models", "果园语言模型有限公司"),
    ("Bamboo Grove Imaging", "竹林影像有限公司"),
    ("Paper Lantern Search", "纸灯笼搜索有限公司"),
    ("Silk Thread Logistics", "丝线物流有限公司"),
)
"""Each deal has its own purchaser, consignee and end user: 216 deals may be pending at once."""


@dataclass(frozen=True)
class Ground:
    """What all deals of a run rest on."""

    cast: Cast
    world: World
    customer_ids: tuple[str, ...]

    @classmethod
    def prepared(cls, cast: Cast) -> "Ground":
        """Bring an edition, a list, a product, a laboratory, US sales and customers about."""
        world = World(cast.url, dict(cast.people))
        acts.publish_edition(world, (acts.EDITIONS / f"{EDITION}.toml").read_text())
        acts.import_sample(world, acts.SAMPLE_LIST)
        made = world.officer.do("/products/", {"specification": material.H200})
        world.product_id = made.body["stream_id"]
        acts.accredit(world)
        world.sell_at_home(SOLD_AT_HOME, "INV-1")
        customer_ids = tuple(world.register_customer(*names) for names in BUYERS)
        for customer_id in customer_ids:
            world.approve_customer(customer_id)
        return cls(cast, world, customer_ids)


@dataclass
class Play:
    """One deal from the draft to the reconciled remittance; `step` is where it stands."""

    ground: Ground
    number: int
    quantity: int
    unit_price_cents: int
    step: int = 0
    ids: dict[str, UUID] = field(default_factory=dict)
    tested_at: str = ""

    @property
    def label(self) -> str:
        """Name the deal."""
        return f"play-{self.number:04d}"

    @property
    def parties(self) -> dict[str, str]:
        """Say who buys, receives and uses: another three for every deal."""
        many = len(self.ground.customer_ids)
        return {
            role: self.ground.customer_ids[self.number // many**place % many]
            for place, role in enumerate(("purchaser", "ultimate_consignee", "end_user"))
        }

    @property
    def price_cents(self) -> int:
        """Price of everything."""
        return self.quantity * self.unit_price_cents

    @property
    def levy_cents(self) -> int:
        """A quarter of the price, in the Treasury's favor."""
        return -(-self.price_cents // 4)

    @property
    def serials(self) -> list[str]:
        """The units of the lot."""
        return material.serials(self.ground.world.run, self.label, self.quantity)

    @property
    def itn(self) -> str:
        """The number of the export filing."""
        return material.itn(self.ground.world.run, self.label)

    def is_over(self) -> bool:
        """Tell whether every step is done."""
        return self.step == len(STEPS)

    def advance(self) -> None:
        """Do the next step; NotYet when the service is not there yet, and then do it again."""
        STEPS[self.step](self)
        self.step += 1

    def issue(self, who: str, path: str, body: Any = None) -> dict[str, Any]:
        """Issue this step's command, always under the same key."""
        key = f"{self.ground.world.run}/{self.label}/{STEPS[self.step].__name__}"
        return self.ground.cast[who].command(path, body or {}, key=key)

    def draft(self) -> None:
        """Begin the application."""
        made = self.issue("exporter", "/applications/", {"currency": "USD"})
        self.ids["application"] = UUID(made["stream_id"])
        self.ids["license"] = license_id(self.ids["application"])
        self.ids["escrow"] = escrow_id(self.ids["license"])

    def revise(self) -> None:
        """Say everything that an application needs."""
        content = material.application(
            self.parties["purchaser"],
            self.ground.world.product_id,
            quantity=self.quantity,
            end_use=f"Weather models, {self.label}",
        )
        content["parties"] = [
            {"role": role, "customer_id": customer_id} for role, customer_id in self.parties.items()
        ]
        content["items"][0]["unit_price_cents"] = str(self.unit_price_cents)
        self.issue("exporter", f"/applications/{self.ids['application']}/revisions", content)

    def submit(self) -> None:
        """File the application."""
        self.issue("exporter", f"/applications/{self.ids['application']}/submissions")

    def propose(self) -> None:
        """Propose the approval."""
        proposal = {
            "outcome": "approve",
            "reasons": ["Civil end use by an approved customer"],
            "provisos": [{"proviso_id": "P1", "text": "No re-export without a license"}],
            # The same in a repeat, which would be another command otherwise.
            "expires_at": f"{self.ground.world.now().date() + timedelta(days=180)}T00:00:00Z",
        }
        path = f"/applications/{self.ids['application']}/decision-proposals"
        self.issue("officer", path, proposal)

    def decide(self) -> None:
        """Confirm it, as another officer."""
        path = f"/applications/{self.ids['application']}"
        state = self.ground.cast["second-officer"].see(path)["state"]
        # A repeat of a decision that was made finds no proposal any more.
        on_version = state["proposal"]["on_version"] if "proposal" in state else 3
        self.issue("second-officer", f"{path}/decisions", {"on_version": on_version})

    def acknowledge(self) -> None:
        """Acknowledge the proviso."""
        path = f"/licenses/{self.ids['license']}/proviso-acknowledgments"
        self.issue("exporter", path, {"proviso_ids": ["P1"]})

    def deposit(self) -> None:
        """Report the buyer's payment, as soon as there is an account for it."""
        paid = {
            "account": material.ACCOUNT,
            "bank_reference": f"{self.label}-IN".upper(),
            "end_to_end_id": self.ids["license"].hex,
            "payer_customer_id": self.parties["purchaser"],
            "amount_cents": str(self.price_cents),
            "currency": "USD",
            "value_on": "2026-11-02",
            "status": "BOOK",
            "credit_debit": "CRDT",
            "message_sha256": material.document(self.label)["sha256"],
        }
        self.issue("bank", f"/escrows/{self.ids['escrow']}/deposits", paid)

    def request(self) -> None:
        """Ask to ship the lot."""
        asked = {
            "license_id": str(self.ids["license"]),
            "line": 1,
            "quantity": self.quantity,
            "serials": self.serials,
            "consignee_ids": [self.parties["ultimate_consignee"]],
        }
        made = self.issue("exporter", "/shipments/", asked)
        self.ids["shipment"] = UUID(made["stream_id"])
        self.ids["lab_test"] = lab_test_id(self.ids["shipment"])
        self.ids["remittance"] = remittance_id(self.ids["shipment"])

    def sample(self) -> None:
        """Draw every unit, as soon as the lot is registered."""
        path = f"/lab-tests/{self.ids['lab_test']}/samples"
        self.issue("laboratory", path, {"serials": self.serials})

    def report(self) -> None:
        """Hand in the signed report."""
        # The same in a repeat, which would be another command otherwise.
        self.tested_at = self.tested_at or moment.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        content = material.report(
            laboratory_id=self.ground.world.laboratory_id,
            shipment_id=str(self.ids["shipment"]),
            number=f"LR-{self.label}",
            tested_at=self.tested_at,
            serials=self.serials,
        )
        path = f"/lab-tests/{self.ids['lab_test']}/reports"
        self.issue("laboratory", path, self.ground.world.signer.submission(content))

    def state(self) -> None:
        """Hold the end-user statement."""
        statement = {
            "reference": f"EUS-{self.label}",
            "document": material.document(f"statement {self.label}"),
            "issued_on": "2026-02-02",
        }
        path = f"/shipments/{self.ids['shipment']}/end-user-statements"
        self.issue("exporter", path, statement)

    def file(self) -> None:
        """File the export."""
        granted = self.ground.cast["exporter"].see(f"/licenses/{self.ids['license']}")
        filing = {
            "itn": self.itn,
            "license_code": "C30",
            "license_number": granted["state"]["grant"]["license_number"],
            "eccn": "3A090.a",
        }
        self.issue("exporter", f"/shipments/{self.ids['shipment']}/export-filings", filing)

    def dispatch(self) -> None:
        """Send the lot off, as soon as all twelve conditions hold."""
        path = f"/shipments/{self.ids['shipment']}"
        if self.ground.cast["exporter"].see(path)["status"] == "requested":
            raise NotYet(path)
        self.issue("exporter", f"{path}/dispatches", {"itn": self.itn, "serials": self.serials})

    def instruct(self) -> None:
        """Pay the Treasury, as soon as it is said how much."""
        path = f"/remittances/{self.ids['remittance']}"
        instruction = {
            "bank_reference": f"{self.label}-OUT".upper(),
            "amount_cents": str(self.levy_cents),
            "currency": "USD",
        }
        self.issue("bank", f"{path}/instructions", instruction)

    def confirm(self) -> None:
        """Confirm the payment, as the Treasury."""
        confirmation = {
            "reference_kind": "pay_gov",
            "reference": f"PG{self.number:08d}",
            "amount_cents": str(self.levy_cents),
            "currency": "USD",
            "paid_on": "2026-11-03",
        }
        path = f"/remittances/{self.ids['remittance']}/confirmations"
        self.issue("treasury", path, confirmation)

    def close(self) -> None:
        """See that the ledger agrees."""
        path = f"/remittances/{self.ids['remittance']}"
        if self.ground.cast["treasury"].see(path)["status"] != "reconciled":
            raise NotYet(path)


STEPS: Final[tuple[Callable[[Play], None], ...]] = (
    *(Play.draft, Play.revise, Play.submit, Play.propose, Play.decide, Play.acknowledge),
    *(Play.deposit, Play.request, Play.sample, Play.report, Play.state, Play.file),
    *(Play.dispatch, Play.instruct, Play.confirm, Play.close),
)


def write(ground: Ground, *, count: int, seed: int) -> list[Play]:
    """Make up deals of one to three units at odd prices; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 -- repeatable, not secret
    return [
        Play(ground, number, chance.randint(1, 3), chance.randint(2_500_000, 3_500_000))
        for number in range(count)
    ]
