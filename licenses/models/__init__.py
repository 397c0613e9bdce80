"""Tables of the licenses app: guarded rows (money, volume, serials) and read models."""

from licenses.models.guarded import (
    AcceptedReport,
    AllotmentCounter,
    AllotmentEntry,
    CountedSale,
    LedgerAccount,
    LedgerTransfer,
    ShippedSerial,
    VolumeColumns,
)
from licenses.models.numbers import FreeNumber, NumberSeries
from licenses.models.read import (
    AllotmentRow,
    ApplicationRow,
    EditionRow,
    EscrowRow,
    LaboratoryRow,
    LabTestRow,
    LicenseRow,
    ProductRow,
    RemittanceRow,
    ShipmentRow,
)

__all__ = [
    "AcceptedReport",
    "AllotmentCounter",
    "AllotmentEntry",
    "AllotmentRow",
    "ApplicationRow",
    "CountedSale",
    "EditionRow",
    "EscrowRow",
    "FreeNumber",
    "LabTestRow",
    "LaboratoryRow",
    "LedgerAccount",
    "LedgerTransfer",
    "LicenseRow",
    "NumberSeries",
    "ProductRow",
    "RemittanceRow",
    "ShipmentRow",
    "ShippedSerial",
    "VolumeColumns",
]
