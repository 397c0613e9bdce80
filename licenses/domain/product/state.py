"""The cases of a product and how events move between them."""

from typing import Final, assert_never

from audits.kernel import State
from licenses.domain.product.events import ProductAmended, ProductEvent, ProductRegistered
from licenses.domain.product.specification import Specification


class Unregistered(State):
    """Nobody described it."""


class Registered(State):
    """It may be applied for; whether it may ship is the editions' matter."""

    specification: Specification
    tpp_thousandths: int
    tpp: int


ProductState = Unregistered | Registered
INITIAL: Final[ProductState] = Unregistered()


def evolve(state: ProductState, event: ProductEvent) -> ProductState:
    """Fold one event into the state."""
    del state  # every description is complete
    match event:
        case ProductRegistered() | ProductAmended():
            return Registered(
                specification=event.specification,
                tpp_thousandths=event.tpp_thousandths,
                tpp=event.tpp,
            )
        case _:
            assert_never(event)
