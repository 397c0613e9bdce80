"""An approval that is proposed, and who confirms it."""

from datetime import timedelta

from customers.domain.customer.commands import ProposeApproval
from tests.customers.histories import EXPIRES_AT, READY, approval_facts, proposed
from tests.support.people import SECOND_OFFICER

PROPOSED = (*READY, proposed())
PROPOSE = ProposeApproval(expires_at=EXPIRES_AT, reason="Civilian, certified, secured")
SECOND = approval_facts(SECOND_OFFICER)
TICK = timedelta(microseconds=1)
