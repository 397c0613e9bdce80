"""An independent laboratory in the United States, and every state that it can be in."""

from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from audits.kernel import Actor, Event, Facts
from customers.domain.values import Address
from licenses.domain.laboratory import DECIDER
from licenses.domain.laboratory.commands import (
    AccreditLaboratory,
    ConfirmDisqualification,
    ProposeDisqualification,
    RotateLaboratoryKey,
)
from licenses.domain.laboratory.decisions import AccreditFacts
from licenses.domain.laboratory.keys import key_id
from tests.licenses.domain.policy.deals import RULE
from tests.support.deciding import Step, played
from tests.support.people import LABORATORY, NOON, OFFICER, SECOND_OFFICER

# RFC 8032, section 7.1, tests 1 and 2.
PUBLIC_KEY: Final = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
NEXT_PUBLIC_KEY: Final = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
KEY_ID: Final = key_id(PUBLIC_KEY)
NEXT_KEY_ID: Final = key_id(NEXT_PUBLIC_KEY)
REASON: Final = "Certified lots that it had not tested."
CITATION: Final = RULE.testing.citation


def site(country: str = "US") -> Address:
    return Address(lines=("1 Bench Road",), city="Boulder", country=country)


ACCREDIT: Final = AccreditLaboratory(
    organization_id=LABORATORY.organization_id,
    name="Front Range Measurement",
    headquarters_country="US",
    control_countries=("US", "CA"),
    financial_interests=(),
    sites=(site(),),
    public_key=PUBLIC_KEY,
)
ROTATE: Final = RotateLaboratoryKey(public_key=NEXT_PUBLIC_KEY, replaces_key_id=KEY_ID)
PROPOSE: Final = ProposeDisqualification(reason=REASON)
CONFIRM: Final = ConfirmDisqualification(reason=REASON)


def acting(actor: Actor) -> Facts:
    return Facts(now=NOON, actor=actor)


def accredit_facts(**changes: Any) -> AccreditFacts:
    facts = AccreditFacts(now=NOON, actor=OFFICER, testing=RULE.testing, edition=RULE.name)
    return replace(facts, **changes)


ACCREDITING: Final[Step] = (ACCREDIT, accredit_facts())
ROTATING: Final[Step] = (ROTATE, acting(LABORATORY))
PROPOSING: Final[Step] = (PROPOSE, acting(OFFICER))
CONFIRMING: Final[Step] = (CONFIRM, acting(SECOND_OFFICER))


history = partial(played, DECIDER)
HISTORIES: Final[dict[str, list[Event]]] = {
    "not accredited": [],
    "accredited": history(ACCREDITING),
    "rotated": history(ACCREDITING, ROTATING),
    "proposed": history(ACCREDITING, PROPOSING),
    "disqualified": history(ACCREDITING, PROPOSING, CONFIRMING),
}
