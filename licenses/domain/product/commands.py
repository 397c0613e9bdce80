"""What may be asked of a product. The fields are the bodies of the API."""

from audits.kernel import Command
from customers.domain.values import LongText
from licenses.domain.product.specification import Specification


class RegisterProduct(Command):
    """Describe a product for the first time."""

    specification: Specification


class AmendProduct(Command):
    """Describe the same product anew, in full."""

    specification: Specification
    reason: LongText
