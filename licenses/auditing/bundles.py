"""What of licensed exports a bundle adds up, and which texts of its events are files of their own."""

from typing import Final

from audits.exporting.registry import Attachment, Total, add_attachment, add_total

TOTALS: Final = (
    Total(
        name="credited to escrow (cents)",
        type="deposit_booked",
        field="credited_cents",
        by="currency",
    ),
    Total(
        name="paid beyond the price (cents)",
        type="deposit_booked",
        field="excess_cents",
        by="currency",
    ),
    Total(
        name="taken back by the bank (cents)",
        type="deposit_reversed",
        field="amount_cents",
        by="currency",
    ),
    Total(
        name="given back by the bank (cents)",
        type="reversal_undone",
        field="amount_cents",
        by="currency",
    ),
    Total(
        name="advanced by the bank (cents)",
        type="deposit_reversed",
        field="advanced_cents",
        by="currency",
    ),
    Total(
        name="repaid to the bank (cents)",
        type="advance_repaid",
        field="amount_cents",
        by="currency",
    ),
    Total(
        name="released from escrow (cents)",
        type="escrow_released",
        field="gross_cents",
        by="currency",
    ),
    Total(name="levy withheld (cents)", type="escrow_released", field="levy_cents", by="currency"),
    Total(
        name="paid out to exporters (cents)",
        type="escrow_released",
        field="exporter_cents",
        by="currency",
    ),
    Total(name="forfeited (cents)", type="escrow_forfeited", field="amount_cents", by="currency"),
    Total(name="refunded (cents)", type="refund_paid", field="amount_cents", by="currency"),
    Total(
        name="excess returned (cents)", type="excess_returned", field="amount_cents", by="currency"
    ),
    Total(
        name="dispatched value (cents)",
        type="shipment_dispatched",
        field="value_cents",
        by="currency",
    ),
    Total(name="dispatched units", type="shipment_dispatched", field="quantity", by="product_id"),
    Total(
        name="levy assessed (cents)",
        type="remittance_assessed",
        field="amount_cents",
        by="currency",
    ),
    Total(
        name="levy confirmed (cents)",
        type="remittance_confirmed",
        field="amount_cents",
        by="currency",
    ),
    Total(name="sold in the United States (TPP)", type="us_sale_reported", field="tpp"),
    Total(name="sales taken back (TPP)", type="us_sale_reversed", field="tpp"),
    Total(name="reserved for licenses (TPP)", type="volume_reserved", field="tpp"),
    Total(name="released again (TPP)", type="volume_released", field="tpp"),
    Total(name="shipped under the cap (TPP)", type="volume_posted", field="tpp"),
)
ATTACHMENTS: Final = (
    Attachment(type="edition_published", sha256="sha256", text="toml", name="name", suffix=".toml"),
    Attachment(type="list_imported", sha256="sha256"),
)


def register() -> None:
    """Tell the journal; a second call changes nothing."""
    for total in TOTALS:
        add_total(total)
    for attachment in ATTACHMENTS:
        add_attachment(attachment)
