"""Names of fields as labels."""

import pytest

from audits.web.words import label, title


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("reason", "Reason"),
        ("unit_price_cents", "Unit price"),
        ("dram_bandwidth_gb_per_s", "DRAM bandwidth (GB/s)"),
        ("dram_capacity_gb", "DRAM capacity (GB)"),
        ("size_bytes", "Size (bytes)"),
        ("us_units_shipped", "US units shipped"),
        ("sha256", "SHA-256"),
        ("exporter_id", "Exporter ID"),
        ("proviso_ids", "Proviso IDs"),
        ("itn", "ITN"),
        ("_cents", " cents"),
    ],
)
def test_a_field_reads_as_a_label(name: str, expected: str) -> None:
    assert label(name) == expected


def test_a_name_begins_a_sentence() -> None:
    assert title("us_sale_reported") == "US sale reported"
