"""Volume counted under a cap that did not rule: from sales, grants and their ends alone. Pure."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from licenses.domain.policy.facts import VolumeFacts
from licenses.domain.policy.model import Cap
from licenses.domain.policy.volume import amount, window

Account = tuple[UUID, UUID, str]
"""Exporter, product and window."""


@dataclass(frozen=True, slots=True)
class Held:
    """What one line of a license holds, in the cap's metric."""

    account: Account
    per_unit: int


@dataclass(slots=True)
class Volumes:
    """Every account under one cap, as history moves it."""

    cap: Cap
    _sold: dict[Account, int] = field(default_factory=lambda: defaultdict(int))
    _taken: dict[Account, int] = field(default_factory=lambda: defaultdict(int))
    _held: dict[tuple[UUID, int], Held] = field(default_factory=dict)
    _sales: dict[tuple[UUID, str], Account] = field(default_factory=dict)

    def account(self, exporter_id: UUID, product_id: UUID, at: datetime) -> Account:
        """Name the account that counts what happens at a moment."""
        return exporter_id, product_id, window(self.cap, at)

    def sell(self, account: Account, reference: str, *, units: int, tpp: int) -> None:
        """Count a sale at home; tpp: of all its units."""
        self._sales[account[1], reference] = account
        self._sold[account] += tpp if self.cap.metric == "tpp" else units

    def take_back(self, product_id: UUID, reference: str, *, units: int, tpp: int) -> None:
        """Take a sale back from the account that it counted in."""
        account = self._sales.get((product_id, reference))
        if account is not None:
            self._sold[account] -= tpp if self.cap.metric == "tpp" else units

    def hold(self, account: Account, key: tuple[UUID, int], *, units: int, tpp: int) -> None:
        """Count a line of a license (`key`: license and line); tpp: of one unit."""
        per_unit = amount(self.cap, units=1, tpp=tpp)
        self._held[key] = Held(account, per_unit)
        self._taken[account] += units * per_unit

    def give_back(self, key: tuple[UUID, int], *, units: int) -> None:
        """Free what a line of a license will never ship."""
        held = self._held.get(key)
        if held is not None:
            self._taken[held.account] -= units * held.per_unit

    def held(self, license_id: UUID, line: int) -> Account | None:
        """Name the account that a line of a license counts in; None: in none."""
        held = self._held.get((license_id, line))
        return held.account if held else None

    def facts(self, account: Account, *, asked_units: int = 0, tpp: int = 0) -> VolumeFacts:
        """Say how full an account is when `asked_units` of a product of `tpp` are asked for."""
        return VolumeFacts(
            metric=self.cap.metric,
            window=account[2],
            us_sold=self._sold[account],
            taken=self._taken[account],
            asked=amount(self.cap, units=asked_units, tpp=tpp),
            frozen=False,
        )
