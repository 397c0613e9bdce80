"""Signed reports: what counts as one, and whose signature fits."""

import base64
import json
from datetime import timedelta
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from licenses.domain.lab_test.report import LabReport
from licenses.signatures import canonical_report, open_report
from tests.licenses.domain.lab_test.scenes import report
from tests.licenses.domain.laboratory.scenes import NEXT_PUBLIC_KEY

KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC_KEY: Final = KEY.public_key().public_bytes_raw().hex()
CANONICAL: Final = canonical_report(report())
SIGNATURE: Final = KEY.sign(CANONICAL)
TEXT: Final = CANONICAL.decode()


def document(**changes: Any) -> str:
    """Write the report as JSON with some members changed."""
    return json.dumps(json.loads(TEXT) | changes)


def test_a_signed_report_is_read_and_verified() -> None:
    opened = open_report(TEXT)
    assert opened.report == report()
    assert opened.canonical == CANONICAL
    assert opened.is_signed(SIGNATURE.hex(), PUBLIC_KEY)
    assert opened.is_signed(base64.b64encode(SIGNATURE).decode(), PUBLIC_KEY)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(json.loads(TEXT), indent=2),
        "\n " + json.dumps(dict(reversed(json.loads(TEXT).items()))),
        base64.b64encode(CANONICAL).decode(),
    ],
)
def test_spelling_does_not_matter(text: str) -> None:
    opened = open_report(text)
    assert opened.report == report()
    assert opened.sha256 == open_report(TEXT).sha256
    assert opened.is_signed(SIGNATURE.hex(), PUBLIC_KEY)


@pytest.mark.parametrize(
    "change",
    [
        {"report_number": "FRM-2026-0118"},
        {"no_financial_interest": False},
        {"tested_in": "CA"},
        {"measurements": json.loads(TEXT)["measurements"][1:]},
    ],
)
def test_whatever_is_changed_the_signature_does_not_fit(change: dict[str, Any]) -> None:
    opened = open_report(document(**change))
    assert opened.report is not None
    assert not opened.is_signed(SIGNATURE.hex(), PUBLIC_KEY)


@pytest.mark.parametrize("bit", range(0, 512, 7))
def test_a_changed_signature_does_not_fit(bit: int) -> None:
    changed = bytearray(SIGNATURE)
    changed[bit // 8] ^= 1 << bit % 8
    assert not open_report(TEXT).is_signed(changed.hex(), PUBLIC_KEY)


@pytest.mark.parametrize(
    "signature",
    ["", "c2lnbmF0dXJl", "g" * 128, "*", "é", SIGNATURE.hex()[:-2], SIGNATURE.hex() * 2],
)
def test_what_is_no_signature_does_not_fit(signature: str) -> None:
    assert not open_report(TEXT).is_signed(signature, PUBLIC_KEY)


@pytest.mark.parametrize("public_key", [None, NEXT_PUBLIC_KEY, "ff" * 32])
def test_another_key_or_none_does_not_fit(public_key: str | None) -> None:
    assert not open_report(TEXT).is_signed(SIGNATURE.hex(), public_key)


NO_REPORTS: Final = {
    "nothing": "",
    "no members": "{}",
    "a list": "[]",
    "no JSON": "not a report",
    "cut off": TEXT[:-1],
    "base64 of a list": base64.b64encode(b"[1]").decode(),
    "base64 of no text": base64.b64encode(b"\xff\xfe{}").decode(),
    "open braces": "{" * 100_000,
    "deep nesting": '{"a":' * 50_000,
    "another member": document(extra=1),
    "another format": document(format="tollgate-lab-report/2"),
    "a text for a boolean": document(no_financial_interest="true"),
    "no country": document(tested_in="XX"),
    "no time zone": document(tested_at="2026-11-23T12:00:00"),
    "another zone": document(tested_at="2026-11-23T15:00:00+01:00"),
    "idle digits": document(tested_at="2026-11-23T14:00:00.000Z"),
    "capital id": document(shipment_id=json.loads(TEXT)["shipment_id"].upper()),
    "no measurements": document(measurements=[]),
    "a fraction": TEXT.replace('"tpp":15700', '"tpp":15700.0'),
    "an exponent": TEXT.replace('"tpp":15700', '"tpp":1.57e4'),
    "not a number": TEXT.replace('"tpp":15700', '"tpp":NaN'),
    "negative": TEXT.replace('"tpp":15700', '"tpp":-1'),
    "beyond 2^53": TEXT.replace('"tpp":15700', f'"tpp":{2**53}'),
    "twice": TEXT.replace('"tpp":15700', '"tpp":1,"tpp":15700'),
    "an escaped surrogate": TEXT.replace('"tested_in":"US"', '"tested_in":"\\ud800"'),
    "a bare surrogate": '{"\ud800":1}',
}


@pytest.mark.parametrize("name", NO_REPORTS)
def test_what_is_no_report_is_only_fingerprinted(name: str) -> None:
    opened = open_report(NO_REPORTS[name])
    assert opened.report is None
    assert len(opened.sha256) == 64
    assert not opened.is_signed(SIGNATURE.hex(), PUBLIC_KEY)


@settings(max_examples=300)
@forall(text=st.one_of(st.text(), st.binary().map(lambda raw: base64.b64encode(raw).decode())))
def test_opening_never_fails(text: str) -> None:
    assert open_report(text).report is None


FIGURES: Final = st.integers(min_value=0, max_value=2**53 - 1)


@forall(
    tpp=FIGURES,
    seconds=st.integers(min_value=-(10**9), max_value=10**9),
    microseconds=st.integers(min_value=0, max_value=999_999),
    independent=st.booleans(),
)
def test_what_is_kept_is_what_was_signed(
    tpp: int, seconds: int, microseconds: int, *, independent: bool
) -> None:
    measured: LabReport = report(
        tested_at=report().tested_at + timedelta(seconds=seconds, microseconds=microseconds),
        no_financial_interest=independent,
        measurements=tuple(
            type(item)(
                serial=item.serial,
                tpp=tpp,
                dram_bandwidth_gb_per_s=tpp,
                interconnect_bandwidth_gb_per_s=tpp,
                dram_capacity_gb=tpp,
            )
            for item in report().measurements
        ),
    )
    opened = open_report(canonical_report(measured).decode())
    assert opened.report == measured
    assert opened.canonical == canonical_report(measured)
