"""Products over REST."""

from typing import Any, Final
from uuid import UUID

from audits.api.declaring import CommandRoute, Filters, Listing, Resource, Row
from audits.api.headers import IfMatch
from licenses.domain import product
from licenses.domain.ids import product_id
from licenses.domain.product import commands
from licenses.domain.product.reference import identity_of
from licenses.gathering.applications import accelerators
from licenses.queries import VISIBLE_ROWS

SPECIFICATION: Final[dict[str, Any]] = {
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
    "us_commercially_available_on": "2024-06-30",
    "source": "Data sheet of the maker, dense figures",
}


class ProductItem(Row, frozen=True, kw_only=True):
    """A product as lists show it."""

    maker: str
    model: str
    generation: str
    eccn: str
    tpp: int
    dram_bandwidth_gb_per_s: int


class ProductFilters(Filters):
    """Query parameters of the list of products."""

    maker: str | None = None
    model: str | None = None
    generation: str | None = None
    eccn: str | None = None


def stream_of(command: commands.RegisterProduct, _command_id: UUID) -> UUID:
    """Find the stream of the part: it has one, however it is spelled, and so one volume account."""
    said = command.specification
    return product_id(*identity_of(accelerators(), maker=said.maker, model=said.model))


PRODUCTS: Final = Resource(
    path="products",
    decider=product.DECIDER,
    summary="An accelerator as its maker's published figures describe it.",
    listing=Listing(visible=VISIBLE_ROWS["product"], row=ProductItem, filters=ProductFilters),
    create=CommandRoute(
        path="",
        command=commands.RegisterProduct,
        summary="Register a product",
        example={"specification": SPECIFICATION},
        if_match=IfMatch.UNUSED,
        target=stream_of,
    ),
    commands=(
        CommandRoute(
            path="amendments",
            command=commands.AmendProduct,
            summary="Describe the product anew",
            example={"specification": SPECIFICATION, "reason": "The maker corrected a figure."},
        ),
    ),
)
