"""The cases of a product and how events move between them."""

from collections.abc import Mapping
from typing import Final, assert_never

from audits.kernel import Event, State, require_follows
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


FOLLOWS: Final[Mapping[type[Event], tuple[type[State], ...]]] = {
    ProductRegistered: (Unregistered,),
    ProductAmended: (Registered,),
}


def evolve(state: ProductState, event: ProductEvent) -> ProductState:
    """Fold one event into the state; every description is complete."""
    require_follows(FOLLOWS, state, event)
    match event:
        case ProductRegistered() | ProductAmended():
            return Registered(
                specification=event.specification,
                tpp_thousandths=event.tpp_thousandths,
                tpp=event.tpp,
            )
        case _:
            assert_never(event)
