"""What can be asked of an application. Pure."""

from typing import Annotated

import msgspec

from audits.kernel import Command
from customers.domain.values import LongText
from licenses.domain.application.values import Content, LineQuantity, Outcome, Proviso, Reasons
from licenses.domain.policy.model import Moment


class DraftApplication(Content, Command):
    """Start an application; everything may follow later."""


class ReviseApplication(Content, Command):
    """Save what is given; what is not given stays as it was."""


class SubmitApplication(Command):
    """File the application with the licensing office."""


class WithdrawApplication(Command):
    """Take the application back before it is decided."""

    reason: LongText


class ReturnApplication(Command):
    """Return the application without action, with the reasons."""

    reasons: Reasons


class ProposeDecision(Command):
    """Propose to approve or to deny; nothing takes effect until another officer confirms."""

    outcome: Outcome
    reasons: Reasons
    provisos: Annotated[tuple[Proviso, ...], msgspec.Meta(max_length=20)] = ()
    quantities: Annotated[tuple[LineQuantity, ...], msgspec.Meta(max_length=50)] = ()
    """Lines to approve, in whole or in part; none named: all lines in whole."""
    expires_at: Moment | None = None
    """When the license is to end; required to approve."""


class ConfirmDecision(Command):
    """Confirm, as another officer, the decision that was proposed on `on_version`."""

    on_version: Annotated[int, msgspec.Meta(ge=1)]
