"""A party as its exporter describes it: who, where, run from where, owned by whom. Pure."""

from enum import StrEnum
from typing import Annotated, Final

import msgspec

from audits.kernel import Value
from customers.domain.values import Address, Country, NameOfAnybody, PersonName, Uscc

NATIVE_NAME_COUNTRIES: Final = frozenset({"CN", "HK", "MO", "TW"})
"""Where the registered name is written in Chinese, which the screening lists are not."""

USCC_COUNTRY: Final = "CN"
"""Where organizations are registered under a Unified Social Credit Code."""

WHOLE_BASIS_POINTS: Final = 10_000


class PartyKind(StrEnum):
    """A natural person or anything else that can own, buy and sign."""

    PERSON = "person"
    ORGANIZATION = "organization"


class UltimateParent(Value):
    """Who stands at the top of the chain of owners; a party without a parent names itself."""

    name: PersonName
    country: Country


class Owner(Value):
    """A direct or indirect owner of a share of the party."""

    name: PersonName
    country: Country
    share_basis_points: Annotated[int, msgspec.Meta(ge=1, le=WHOLE_BASIS_POINTS)]
    """Hundredths of a percent."""


class Party(Value):
    """A party. What may be missing at first is None; `missing_of` names it before an approval."""

    kind: PartyKind
    name: NameOfAnybody
    """The name in Latin letters where there is one."""
    aliases: Annotated[tuple[NameOfAnybody, ...], msgspec.Meta(max_length=10)] = ()
    """Former names, trade names, abbreviations."""
    native_name: NameOfAnybody | None = None
    """The registered name in its own script."""
    uscc: Uscc | None = None
    address: Address
    headquarters_country: Country | None = None
    ultimate_parent: UltimateParent | None = None
    owners: Annotated[tuple[Owner, ...], msgspec.Meta(max_length=30)] | None = None
    """None: not stated. (): nobody holds a share worth naming."""

    def natural_person(self) -> str | None:
        """Name the natural person that the party is; None: it is none."""
        return self.name if self.kind is PartyKind.PERSON else None

    def organization_names(self) -> frozenset[str]:
        """List the organization's own names: it may be its own ultimate parent."""
        if self.kind is PartyKind.PERSON:
            return frozenset()
        native = (self.native_name,) if self.native_name else ()
        return frozenset((self.name, *self.aliases, *native))


def missing_of(party: Party) -> tuple[str, ...]:
    """Name every fact that is needed before an approval and not stated yet."""
    organization = party.kind is PartyKind.ORGANIZATION
    country = party.address.country
    needed = {
        "native_name": country in NATIVE_NAME_COUNTRIES,
        "uscc": organization and country == USCC_COUNTRY,
        "headquarters_country": True,
        "ultimate_parent": True,
        "owners": organization,
    }
    return tuple(field for field, need in needed.items() if need and getattr(party, field) is None)


def owned_basis_points(party: Party) -> int:
    """Add up the shares of the owners, in hundredths of a percent."""
    return sum(owner.share_basis_points for owner in party.owners or ())
