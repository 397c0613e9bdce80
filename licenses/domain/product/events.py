"""What happens to a product. `tpp_thousandths` is exact; `tpp` is whole, rounded up."""

from uuid import UUID

from audits.kernel import Event
from customers.domain.values import LongText, ShortText
from licenses.domain.policy.model import Positive
from licenses.domain.product.specification import Specification


class ProductRegistered(Event):
    """A product was described with figures that can be believed."""

    specification: Specification
    tpp_thousandths: Positive
    tpp: Positive
    reference: ShortText | None
    """The known part that the figures were held against."""
    by: UUID


class ProductAmended(Event):
    """The description was replaced in full; what happened before keeps its own figures."""

    specification: Specification
    tpp_thousandths: Positive
    tpp: Positive
    reference: ShortText | None
    reason: LongText
    by: UUID


ProductEvent = ProductRegistered | ProductAmended
