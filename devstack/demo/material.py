"""What the people of the story hand in: parts, parties, papers, measurements, bank messages."""

import hashlib
import json
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

UNIT_PRICE_CENTS: Final = 3_200_000
ACCOUNT: Final = "US64TOLLGATE00000001"

H200: Final[dict[str, Any]] = {
    "maker": "NVIDIA",
    "model": "H200 SXM",
    "generation": "Hopper",
    "eccn": "3A090.a",
    "peaks": [
        {"precision": "FP8", "bit_length": 8, "dense_gops": 1_979_000},
        {"precision": "FP16", "bit_length": 16, "dense_gops": 989_500},
    ],
    "dram_bandwidth_gb_per_s": 4_800,
    "dram_capacity_gb": 141,
    "interconnect_bandwidth_gb_per_s": 900,
    # Announced on 2023-11-13 for the second quarter of 2024; this is the last day of it.
    "us_commercially_available_on": "2024-06-30",
    "source": "Maker's published figures",
}
B200: Final[dict[str, Any]] = H200 | {
    "model": "B200",
    "generation": "Blackwell",
    "peaks": [
        {"precision": "FP4", "bit_length": 4, "dense_gops": 9_000_000},
        {"precision": "FP8", "bit_length": 8, "dense_gops": 4_500_000},
        {"precision": "FP16", "bit_length": 16, "dense_gops": 2_250_000},
    ],
    "dram_bandwidth_gb_per_s": 8_000,
    "dram_capacity_gb": 180,
    "interconnect_bandwidth_gb_per_s": 1_800,
    # First sold in the maker's quarter that ended on 2025-01-26.
    "us_commercially_available_on": "2025-01-26",
}


def document(name: str) -> dict[str, Any]:
    """Name a document by its fingerprint."""
    return {
        "name": f"{name}.pdf",
        "media_type": "application/pdf",
        "sha256": hashlib.sha256(name.encode()).hexdigest(),
        "size_bytes": 1_024 + len(name),
    }


def party(name: str, native_name: str) -> dict[str, Any]:
    """Describe a Chinese company, completely."""
    return {
        "kind": "organization",
        "name": name,
        "native_name": native_name,
        "uscc": "91350211M000100Y46",
        "address": {"lines": ["1 Harbor Road"], "city": "Xiamen", "country": "CN"},
        "headquarters_country": "CN",
        "ultimate_parent": {"name": name, "country": "CN"},
        "owners": [],
    }


def certification(end_use: str) -> dict[str, Any]:
    """Certify a civilian end use."""
    return {
        "end_use": end_use,
        "civilian_end_use": True,
        "no_military_end_use": True,
        "no_military_end_user": True,
        "remote_end_users": [],
        "remote_end_users_complete": True,
        "signed_by": "Managing director",
        "signed_on": "2026-01-20",
        "document": document("end-use certification"),
    }


def measures() -> list[dict[str, Any]]:
    """Prove every security measure that is asked for."""
    return [
        {"kind": kind, "description": "Audited every year", "document": document(kind)}
        for kind in ("physical_security", "cyber_security", "remote_access_kyc")
    ]


def application(
    customer_id: str, product_id: str, *, quantity: int, end_use: str, model: str = "H200 SXM"
) -> dict[str, Any]:
    """Write everything that an application needs."""
    roles = ("purchaser", "ultimate_consignee", "end_user")
    return {
        "parties": [{"role": role, "customer_id": customer_id} for role in roles],
        "items": [
            {
                "line": 1,
                "product_id": product_id,
                "model": model,
                "eccn": "3A090.a",
                "quantity": quantity,
                "unit_price_cents": str(UNIT_PRICE_CENTS),
                "manufacturer": "NVIDIA",
                "description": "Accelerator modules",
            }
        ],
        "currency": "USD",
        "shipped_from_country": "US",
        "destination_country": "CN",
        "end_use": end_use,
        "documents": [document("purchase contract")],
        "supply": {
            "certifications": ["no_delay_of_us_orders", "no_foundry_diversion"],
            "us_units_shipped": 40_000,
            "us_stock_units": 5_000,
            "us_open_order_units": 1_200,
        },
    }


def camt054(  # noqa: PLR0913 -- the fields of one bank entry
    *, reference: str, end_to_end_id: str, payer: str, cents: int, value_on: str, currency: str
) -> bytes:
    """Write the bank's notification of one booked credit (ISO 20022 camt.054.001.08)."""
    amount = f"{cents // 100}.{cents % 100:02d}"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08">
 <BkToCstmrDbtCdtNtfctn>
  <GrpHdr><MsgId>MSG-{reference}</MsgId><CreDtTm>{value_on}T10:00:00Z</CreDtTm></GrpHdr>
  <Ntfctn>
   <Id>NTF-{reference}</Id>
   <Acct><Id><Othr><Id>{ACCOUNT}</Id></Othr></Id><Ccy>{currency}</Ccy></Acct>
   <Ntry>
    <Amt Ccy="{currency}">{amount}</Amt>
    <CdtDbtInd>CRDT</CdtDbtInd>
    <Sts><Cd>BOOK</Cd></Sts>
    <BookgDt><Dt>{value_on}</Dt></BookgDt>
    <ValDt><Dt>{value_on}</Dt></ValDt>
    <AcctSvcrRef>{reference}</AcctSvcrRef>
    <NtryDtls><TxDtls>
     <Refs><AcctSvcrRef>{reference}</AcctSvcrRef><EndToEndId>{end_to_end_id}</EndToEndId></Refs>
     <Amt Ccy="{currency}">{amount}</Amt>
     <CdtDbtInd>CRDT</CdtDbtInd>
     <RltdPties><Dbtr><Pty><Nm>{payer}</Nm></Pty></Dbtr></RltdPties>
    </TxDtls></NtryDtls>
   </Ntry>
  </Ntfctn>
 </BkToCstmrDbtCdtNtfctn>
</Document>
""".encode()


class Signer:
    """The laboratory's Ed25519 key, made for this run."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public_key = raw.hex()
        self.key_id = hashlib.sha256(raw).hexdigest()[:16]

    def submission(self, report: dict[str, Any]) -> dict[str, Any]:
        """Sign a report; keys sorted and no spaces is its canonical form (ASCII, integers)."""
        content = json.dumps(report, sort_keys=True, separators=(",", ":"))
        signature = self._key.sign(content.encode())
        return {"report": content, "signature": signature.hex(), "key_id": self.key_id}


def report(
    *, laboratory_id: str, shipment_id: str, number: str, tested_at: str, serials: list[str]
) -> dict[str, Any]:
    """Write a laboratory's report: what every sampled unit measured."""
    return {
        "format": "tollgate-lab-report/1",
        "report_number": number,
        "laboratory_id": laboratory_id,
        "shipment_id": shipment_id,
        "tested_in": "US",
        "tested_at": tested_at,
        "no_financial_interest": True,
        "measurements": [
            {
                "serial": serial,
                "tpp": 15_640 + place,
                "dram_bandwidth_gb_per_s": 4_760,
                "interconnect_bandwidth_gb_per_s": 888,
                "dram_capacity_gb": 141,
            }
            for place, serial in enumerate(serials)
        ],
    }


def serials(run: UUID, label: str, quantity: int) -> list[str]:
    """Make the serial numbers of a lot, new in every run: each leaves once, ever."""
    stem = hashlib.sha256(f"{run}/{label}".encode()).hexdigest()[:10].upper()
    return [f"{stem}-{place:04d}" for place in range(1, quantity + 1)]


def itn(run: UUID, label: str) -> str:
    """Make up the internal transaction number of a filing."""
    digits = int(hashlib.sha256(f"itn/{run}/{label}".encode()).hexdigest(), 16) % 10**14
    return f"X{digits:014d}"
