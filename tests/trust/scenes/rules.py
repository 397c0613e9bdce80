"""What decisions rest on: editions, products, laboratories."""

import hashlib
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audits.kernel import Role
from devstack.demo.material import H200
from licenses.domain.edition import commands as edition
from licenses.domain.ids import edition_id
from licenses.domain.lab_test import commands as lab_test
from licenses.domain.laboratory import commands as laboratory
from licenses.domain.laboratory.keys import key_id
from licenses.domain.product import commands as product
from licenses.signatures import canonical_report
from tests.support.deal import Deal
from tests.support.people import OFFICER, SECOND_OFFICER, actor, identity
from tests.support.stage import EDITIONS
from tests.trust.scenes.setting import Setting

SECOND_LABORATORY: Final = actor("second-laboratory", Role.LABORATORY, organization="laboratory-2")
SECOND_LABORATORY_ID: Final = identity("scenes/laboratory-2")
SECOND_KEYS: Final = tuple(Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)) for n in (7, 8))
BRIEF: Final = (EDITIONS / "brief-2026.toml").read_text()


def public(key: Ed25519PrivateKey) -> str:
    """Write a public key as laboratories hand it in."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def editions(setting: Setting) -> None:
    """One published, one approved for later, one withdrawn; the one in force is there."""
    for name in ("published", "approved", "withdrawn"):
        text = BRIEF.replace('"brief-2026"', f'"brief-2026-{name}"', 1)
        if name == "approved":
            text = text.replace("2026-01-15T00:00:00", "2999-01-15T00:00:00", 1)
        target = edition_id(f"brief-2026-{name}")
        setting.do(OFFICER, edition.PublishEdition, target, toml=text)
        if name == "approved":
            digest = hashlib.sha256(text.encode()).hexdigest()
            setting.do(SECOND_OFFICER, edition.ApproveEdition, target, sha256=digest)
        if name == "withdrawn":
            setting.do(OFFICER, edition.WithdrawEdition, target, reason="A figure is wrong")


def products(setting: Setting) -> None:
    """Another product, amended."""
    figures = {"dram_bandwidth_gb_per_s": 3_350, "dram_capacity_gb": 80}
    described = H200 | {"model": "H100 SXM"} | figures
    setting.stage.products["H100"] = setting.stage.register_product(described)
    fields = {"specification": described | {"source": "Newer data sheet"}, "reason": "Newer"}
    setting.do(OFFICER, product.AmendProduct, setting.stage.products["H100"], **fields)


def laboratories(setting: Setting) -> None:
    """Have a second laboratory change its key, certify a lot and be disqualified."""
    old, new = SECOND_KEYS
    setting.do(
        OFFICER,
        laboratory.AccreditLaboratory,
        SECOND_LABORATORY_ID,
        organization_id=str(SECOND_LABORATORY.organization_id),
        name="Coastal Metrology",
        headquarters_country="US",
        control_countries=[],
        financial_interests=[],
        sites=[{"lines": ["9 Shore Road"], "city": "Eugene", "country": "US"}],
        public_key=public(old),
    )
    rotation = {"public_key": public(new), "replaces_key_id": key_id(public(old))}
    who, target = SECOND_LABORATORY, SECOND_LABORATORY_ID
    setting.do(who, laboratory.RotateLaboratoryKey, target, **rotation)
    certify_elsewhere(setting, setting.deal("voided").apply().grant().request())
    setting.do(OFFICER, laboratory.ProposeDisqualification, target, reason="Sold")
    setting.do(SECOND_OFFICER, laboratory.ConfirmDisqualification, target, reason="Sold")


def certify_elsewhere(setting: Setting, deal: Deal) -> None:
    """Have the second laboratory sample and certify a lot."""
    who, target, key = SECOND_LABORATORY, deal.lab_test_id, SECOND_KEYS[1]
    setting.do(who, lab_test.DrawSample, target, serials=list(deal.serials))
    content = canonical_report(deal.report(laboratory_id=str(SECOND_LABORATORY_ID)))
    setting.do(
        who,
        lab_test.SubmitReport,
        target,
        report=content.decode(),
        signature=key.sign(content).hex(),
        key_id=key_id(public(key)),
    )
