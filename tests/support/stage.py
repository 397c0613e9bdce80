"""A world on which deals are played through the real handlers: people do, work is run, states are read.

Bodies are JSON values as a client would send them; every step goes through `execution.execute`.
"""

import hashlib
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audits import context as minting
from audits import execution, reading, work
from audits.kernel import Actor, Command, Context
from audits.reading import Receipt
from customers import lists
from customers.domain.customer import commands as customer
from customers.handlers import SCREENING_LIST_ID
from devstack.demo import material
from devstack.demo.material import H200, document
from licenses.domain.allotment import commands as allotment
from licenses.domain.edition import commands as edition
from licenses.domain.ids import edition_id
from licenses.domain.laboratory import commands as laboratory
from licenses.domain.policy.parsing import parse_edition
from licenses.domain.product import commands as product
from licenses.editions import edition_in_force
from licenses.gathering.volume import allotment_of
from tests.support.people import EXPORTER, LABORATORY, NOON, OFFICER, SECOND_OFFICER, identity

ROOT: Final = Path(__file__).parent.parent.parent
EDITIONS: Final = ROOT / "licenses" / "editions"
SAMPLE_LIST: Final = ROOT / "customers" / "data" / "sample_list.csv"
SOON: Final = timedelta(seconds=6)
"""When what shall run out does so: long after the few commands before it, however busy the machine."""
LABORATORY_KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC_KEY: Final = LABORATORY_KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def wait_until(moment: datetime) -> None:
    """Wait until the database's clock has passed `moment`."""
    while (left := (moment - minting.database_now()).total_seconds()) >= 0:
        time.sleep(min(left, 0.1))


def party(name: str = "Harbor Cloud Services") -> dict[str, Any]:
    """Describe a civilian buyer in China, completely."""
    return material.party(name, "港湾云服务有限公司")


CERTIFICATION: Final[dict[str, Any]] = {
    "end_use": "Training of weather models for civil forecasts",
    "civilian_end_use": True,
    "no_military_end_use": True,
    "no_military_end_user": True,
    "remote_end_users": [],
    "remote_end_users_complete": True,
    "signed_by": "Managing director",
    "signed_on": "2026-01-05",
    "document": document("certification"),
}
MEASURES: Final = [
    {"kind": kind, "description": f"{kind} is audited every year", "document": document(kind)}
    for kind in ("physical_security", "cyber_security", "remote_access_kyc")
]


def body(command: type[Command], **fields: Any) -> Any:
    """Read a command from JSON values, exactly as the API does."""
    return msgspec.convert(fields, command)


@dataclass
class Stage:
    """A world with an edition, a list, a product and a laboratory; deals are played on it."""

    name: str = "stage"
    steps: int = 0
    products: dict[str, UUID] = field(default_factory=dict)

    def do(
        self,
        actor: Actor,
        command: Command,
        target: UUID,
        *,
        key: str | None = None,
        expected_version: int | None = None,
    ) -> Receipt:
        """Issue a command as a person; without `key` under a new idempotency key."""
        self.steps += 1
        command_id = minting.new_id() if key is None else uuid5(target, key)
        context = Context(actor=actor, now=NOON, command_id=command_id)
        return execution.execute(command, target, context, expected_version=expected_version)

    def settle(self) -> None:
        """Run all work that is due, as a worker would."""
        work.run_due()

    def state(self, decider: Any, stream_id: UUID) -> Any:
        """Fold a stream."""
        return reading.load(decider, stream_id).state

    def prepare(self, family: str = "brief", *, toml: str | None = None) -> None:
        """Bring an edition into force, a list into use, a product and a laboratory on record."""
        self.enforce(toml or (EDITIONS / f"{family}-2026.toml").read_text())
        self.import_list(SAMPLE_LIST.read_bytes())
        self.products["H200"] = self.register_product(H200)
        self.accredit()
        self.settle()

    def enforce(self, toml: str) -> UUID:
        """Publish an edition as one officer, approve it as another."""
        target = edition_id(parse_edition(toml).name)
        self.do(OFFICER, body(edition.PublishEdition, toml=toml), target)
        digest = hashlib.sha256(toml.encode()).hexdigest()
        self.do(SECOND_OFFICER, body(edition.ApproveEdition, sha256=digest), target)
        self.settle()
        return target

    def import_list(self, content: bytes) -> None:
        """Import a screening list."""
        command = lists.store_list(content, source="sample", fetched_at=minting.database_now())
        self.do(OFFICER, command, SCREENING_LIST_ID)

    def register_product(self, specification: dict[str, Any]) -> UUID:
        """Register a product."""
        target = identity(f"{self.name}/product/{specification['model']}")
        command = body(product.RegisterProduct, specification=specification)
        self.do(OFFICER, command, target)
        return target

    @property
    def laboratory_id(self) -> UUID:
        """The stream of the accredited laboratory."""
        return identity(f"{self.name}/laboratory")

    def accredit(self) -> None:
        """Accredit the laboratory of the cast."""
        command = body(
            laboratory.AccreditLaboratory,
            organization_id=str(LABORATORY.organization_id),
            name="Prairie Metrology",
            headquarters_country="US",
            control_countries=[],
            financial_interests=[],
            sites=[{"lines": ["5 Main Street"], "city": "Omaha", "country": "US"}],
            public_key=PUBLIC_KEY,
        )
        self.do(OFFICER, command, self.laboratory_id)

    def sell_at_home(
        self, quantity: int, *, reference: str = "INV-1", product_name: str = "H200"
    ) -> UUID:
        """Report a US sale; give the allotment that it counts in."""
        command, target = self.sale(quantity, reference=reference, product_name=product_name)
        self.do(EXPORTER, command, target)
        return target

    def sale(
        self, quantity: int, *, reference: str = "INV-1", product_name: str = "H200"
    ) -> tuple[allotment.ReportUsSale, UUID]:
        """Make the command that reports a US sale, and name the allotment that it counts in now."""
        product_id = self.products[product_name]
        now = minting.database_now()
        target = allotment_of(EXPORTER.organization_id, product_id, edition_in_force(now), now)
        command = body(
            allotment.ReportUsSale,
            product_id=str(product_id),
            sale_reference=reference,
            evidence=document(f"{self.name}/{product_name}/{reference}"),
            buyer="Great Plains Compute",
            sold_on=str(now.date()),
            quantity=quantity,
            destination_country="US",
            end_use_country="US",
        )
        return command, target

    def approved_customer(
        self, label: str = "buyer", *, until: datetime | None = None, **changes: Any
    ) -> UUID:
        """Register a buyer, screen it and have it approved by two officers."""
        target = self.registered_customer(label, **changes)
        self.settle()
        self.approve(target, until or minting.database_now() + timedelta(days=365))
        return target

    def approve(self, target: UUID, ends: datetime) -> None:
        """Approve a screened buyer by two officers."""
        until = ends.isoformat()
        proposal = body(customer.ProposeApproval, expires_at=until, reason="Civil weather service")
        self.do(OFFICER, proposal, target)
        self.do(SECOND_OFFICER, body(customer.ConfirmApproval, expires_at=until), target)

    def registered_customer(self, label: str = "buyer", **changes: Any) -> UUID:
        """Register a buyer with certification and security measures."""
        target = identity(f"{self.name}/customer/{label}")
        described = party() | changes
        self.do(EXPORTER, body(customer.RegisterCustomer, party=described), target)
        certification = body(customer.CertifyEndUse, certification=CERTIFICATION)
        self.do(EXPORTER, certification, target)
        self.do(EXPORTER, body(customer.ProveSecurity, measures=MEASURES), target)
        return target
