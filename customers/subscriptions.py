"""What events of customers and lists set in motion."""

from audits import work
from audits.execution import Subscription, house
from customers import screening
from customers.domain.customer.events import (
    CustomerAmended,
    CustomerApproved,
    CustomerRegistered,
)
from customers.domain.screening_list.events import ListImported


def register() -> None:
    """Tell the house which events make which work, and who does it."""
    work.register(screening.SCREEN_CUSTOMER, screening.screen_customer)
    work.register(screening.SCREEN_EVERYBODY, screening.screen_everybody)
    work.register(screening.EXPIRE_APPROVAL, screening.expire_approval)
    screen = (Subscription(kind=screening.SCREEN_CUSTOMER),)
    house.subscriptions[CustomerRegistered] = screen
    house.subscriptions[CustomerAmended] = screen
    house.subscriptions[ListImported] = (Subscription(kind=screening.SCREEN_EVERYBODY),)
    house.subscriptions[CustomerApproved] = (
        Subscription(kind=screening.EXPIRE_APPROVAL, due=lambda recorded: recorded.data.expires_at),
    )
