"""Ids of streams that follow from another thing, so that a retry finds the same stream. Pure."""

from typing import Final
from uuid import UUID, uuid5

_ESCROW: Final = UUID("0d6f3b9e-54d1-5a0e-9a53-0f5ad1f0a001")
_LAB_TEST: Final = UUID("0d6f3b9e-54d1-5a0e-9a53-0f5ad1f0a002")
_REMITTANCE: Final = UUID("0d6f3b9e-54d1-5a0e-9a53-0f5ad1f0a003")
_ALLOTMENT: Final = UUID("0d6f3b9e-54d1-5a0e-9a53-0f5ad1f0a004")
_EDITION: Final = UUID("0d6f3b9e-54d1-5a0e-9a53-0f5ad1f0a005")
_LICENSE: Final = UUID("0d6f3b9e-54d1-5a0e-9a53-0f5ad1f0a006")
_PRODUCT: Final = UUID("0d6f3b9e-54d1-5a0e-9a53-0f5ad1f0a007")


def product_id(maker: str, model: str) -> UUID:
    """Name the one product of a maker and model, both as `product.reference.identity_of` has them."""
    return uuid5(_PRODUCT, f"{maker}/{model}")


def license_id(application_id: UUID) -> UUID:
    """Name the one license that an application may lead to."""
    return uuid5(_LICENSE, str(application_id))


def escrow_id(license_id: UUID) -> UUID:
    """Name the one escrow account of a license."""
    return uuid5(_ESCROW, str(license_id))


def lab_test_id(shipment_id: UUID) -> UUID:
    """Name the one laboratory test of a shipment's lot."""
    return uuid5(_LAB_TEST, str(shipment_id))


def remittance_id(shipment_id: UUID) -> UUID:
    """Name the one remittance of a shipment."""
    return uuid5(_REMITTANCE, str(shipment_id))


def allotment_id(exporter_id: UUID, product_id: UUID, window: str) -> UUID:
    """Name the volume account of an exporter and a product in a window (`policy.volume.window`)."""
    return uuid5(_ALLOTMENT, f"{exporter_id}/{product_id}/{window}")


def edition_id(name: str) -> UUID:
    """Name the stream of a policy edition: one name, one stream, so a name is taken only once."""
    return uuid5(_EDITION, name)
