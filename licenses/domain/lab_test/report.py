"""The report that a laboratory signs. Integers and texts only, so that its bytes are canonical.

Figures: whole TPP (rounded up), GB/s and GB.
"""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from audits.kernel import Value
from customers.domain.values import Country
from licenses.domain.policy.facts import Measured
from licenses.domain.policy.model import Natural

MAX_LOT: Final = 1_000
MAX_SAMPLE: Final = 150
"""Both keep an event that names all serials well inside the journal's 64 KiB."""

Serial = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Z0-9](?:[A-Z0-9-]*[A-Z0-9])?$(?!\n)",
        min_length=1,
        max_length=24,
        description="Serial number of one unit: capitals, digits and inner hyphens.",
        examples=["SN-000001"],
    ),
]
"""Names one accelerator for ever: it leaves the country once."""

LotSerials = Annotated[tuple[Serial, ...], msgspec.Meta(min_length=1, max_length=MAX_LOT)]
SampleSerials = Annotated[tuple[Serial, ...], msgspec.Meta(min_length=1, max_length=MAX_SAMPLE)]

ReportNumber = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9/._-]*$(?!\n)",
        min_length=1,
        max_length=40,
        description="The laboratory's own number of the report; never used twice.",
    ),
]


class Figures(Measured):
    """What counts under the testing rule, as stated by an exporter or a laboratory."""

    tpp: Natural
    dram_bandwidth_gb_per_s: Natural
    interconnect_bandwidth_gb_per_s: Natural
    dram_capacity_gb: Natural


class Measurement(Figures):
    """What one sample measured."""

    serial: Serial


Measurements = Annotated[tuple[Measurement, ...], msgspec.Meta(min_length=1, max_length=MAX_SAMPLE)]


class LabReport(Value):
    """What the laboratory states and signs."""

    format: Literal["tollgate-lab-report/1"]
    """Keeps the signature from meaning anything else."""
    report_number: ReportNumber
    laboratory_id: UUID
    shipment_id: UUID
    tested_in: Country
    tested_at: Annotated[datetime, msgspec.Meta(tz=True)]
    no_financial_interest: bool
    """The laboratory has no financial interest in any party of this shipment."""
    measurements: Measurements
