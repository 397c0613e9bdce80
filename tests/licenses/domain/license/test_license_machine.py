"""The license against a model of it that is written another way: plain counters and a clock."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from audits.kernel import Command, Event, Facts, Refused
from licenses.domain.license import DECIDER
from licenses.domain.license.commands import (
    AcknowledgeProvisos,
    ConfirmRevocation,
    DrawDown,
    ExpireLicense,
    GrantLicense,
    ProposeRevocation,
    ReinstateLicense,
    SuspendLicense,
)
from licenses.domain.license.facts import ProposalFacts, ReinstatementFacts, RevocationFacts
from licenses.domain.license.state import NotGranted
from licenses.domain.license.terms import Terms
from tests.licenses.domain.application.cases import EDITION, verdicts
from tests.licenses.domain.license.cases import TERMS, granting
from tests.support.people import NOON, OFFICER, SECOND_OFFICER, SYSTEM, identity

LINES: Final = {1: (7, 1000), 2: (3, 10)}
"""Line: units, and cents for each. The tolerance is ten percent."""
OFFICERS: Final = (OFFICER, SECOND_OFFICER)
VALID_DAYS: Final = 30


def _terms() -> Terms:
    lines = tuple(
        msgspec.structs.replace(
            line,
            quantity=LINES[line.line][0],
            unit_price_cents=LINES[line.line][1],
            value_cents=LINES[line.line][0] * LINES[line.line][1],
        )
        for line in TERMS.lines
    )
    return msgspec.structs.replace(
        TERMS,
        lines=lines,
        total_cents=sum(line.value_cents for line in lines),
        expires_at=NOON + timedelta(days=VALID_DAYS),
    )


@dataclass
class Model:
    """What the license ought to be."""

    status: str = "active"
    days: int = 0
    acknowledged: bool = False
    units: dict[int, int] = field(default_factory=lambda: dict.fromkeys(LINES, 0))
    cents: dict[int, int] = field(default_factory=lambda: dict.fromkeys(LINES, 0))
    shipped: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    reasons: set[int] = field(default_factory=set)
    proposal: tuple[int, int] | None = None
    """Officer, and the version on which they proposed."""
    revoked_by: tuple[int, int] | None = None

    def draw(self, shipment: int, line: int, units: int, cents: int) -> str:
        """Say what a draw comes to, and take note of it where it succeeds."""
        if shipment in self.shipped:
            same = self.shipped[shipment] == (line, units, cents)
            return "nothing" if same else "shipment_already_drawn"
        refusal = self._standing() or self._room(line, units, cents)
        if refusal is None:
            self.shipped[shipment] = (line, units, cents)
            self.units[line] += units
            self.cents[line] += cents
            if all(self.units[each] == LINES[each][0] for each in LINES):
                self.status = "exhausted"
        return refusal or "done"

    def _standing(self) -> str | None:
        if self.status not in {"active", "expired"}:
            return "license_not_active"
        if self.status == "expired" or self.days >= VALID_DAYS:
            return "license_expired"
        return None if self.acknowledged else "provisos_not_acknowledged"

    def _room(self, line: int, units: int, cents: int) -> str | None:
        licensed, price = LINES[line]
        if self.units[line] + units > licensed:
            return "quantity_exceeded"
        if 10 * (self.cents[line] + cents) > 11 * licensed * price:
            return "value_exceeded"
        return None

    @property
    def in_force(self) -> bool:
        return self.status in {"active", "suspended"}


class LicenseMachine(RuleBasedStateMachine):
    """Takes decisions at random and compares each with the model."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.events: list[Event] = []
        self.state = DECIDER.initial

    @initialize()
    def grant(self) -> None:
        assert self.decide(GrantLicense(terms=_terms()), granting()) == "done"

    @property
    def now(self) -> datetime:
        return NOON + timedelta(days=self.model.days)

    def facts(self) -> Facts:
        return Facts(now=self.now, actor=SYSTEM)

    def decide(self, command: Command, facts: Facts) -> str:
        """Decide, fold what comes of it, and name it: the code of a refusal, nothing or done."""
        try:
            events = DECIDER.decide(command, self.state, facts)
        except Refused as refusal:
            return refusal.code
        self.events += events
        self.state = DECIDER.fold(events, self.state)
        return "done" if events else "nothing"

    @rule(days=st.integers(1, 9))
    def time_passes(self, days: int) -> None:
        self.model.days += days

    @rule()
    def acknowledge(self) -> None:
        expected = "license_not_in_force"
        if self.model.acknowledged:
            expected = "nothing"
        elif self.model.in_force:
            self.model.acknowledged, expected = True, "done"
        command = AcknowledgeProvisos(proviso_ids=("P1",))
        assert self.decide(command, self.facts()) == expected

    @rule(
        shipment=st.integers(1, 9),
        line=st.sampled_from(sorted(LINES)),
        units=st.integers(1, 4),
        percent=st.sampled_from([90, 100, 110, 111, 130]),
    )
    def draw(self, shipment: int, line: int, units: int, percent: int) -> None:
        cents = max(1, units * LINES[line][1] * percent // 100)
        command = DrawDown(
            shipment_id=identity(f"shipment/{shipment}"),
            line=line,
            quantity=units,
            value_cents=cents,
        )
        expected = self.model.draw(shipment, line, units, cents)
        assert self.decide(command, self.facts()) == expected

    @precondition(lambda self: self.model.shipped)
    @rule(data=st.data())
    def draw_again(self, data: st.DataObject) -> None:
        shipment = data.draw(st.sampled_from(sorted(self.model.shipped)))
        line, units, cents = self.model.shipped[shipment]
        command = DrawDown(
            shipment_id=identity(f"shipment/{shipment}"),
            line=line,
            quantity=units,
            value_cents=cents,
        )
        assert self.decide(command, self.facts()) == "nothing"

    @rule(reason=st.integers(1, 2))
    def suspend(self, reason: int) -> None:
        expected = "license_not_in_force"
        if self.model.in_force:
            expected = "nothing" if reason in self.model.reasons else "done"
            self.model.status = "suspended"
            self.model.reasons.add(reason)
        assert self.decide(SuspendLicense(reason=f"Reason {reason}"), self.facts()) == expected

    @rule(holds=st.booleans())
    def reinstate(self, *, holds: bool) -> None:
        facts = ReinstatementFacts(
            now=self.now,
            actor=OFFICER,
            edition=EDITION,
            verdicts=verdicts() if holds else verdicts(C4="party_listed"),
        )
        expected = "done"
        if not self.model.in_force:
            expected = "license_not_in_force"
        elif self.model.status == "active":
            expected = "license_not_suspended"
        elif self.model.days >= VALID_DAYS:
            expected = "license_expired"
        elif not holds:
            expected = "conditions_not_met"
        if expected == "done":
            self.model.status = "active"
            self.model.reasons.clear()
        assert self.decide(ReinstateLicense(reason="Settled"), facts) == expected

    @rule(officer=st.integers(0, 1))
    def propose_revocation(self, officer: int) -> None:
        version = len(self.events)
        facts = ProposalFacts(
            now=self.now, actor=OFFICERS[officer], version=version, edition=EDITION
        )
        expected = "license_not_in_force"
        if self.model.in_force:
            expected = "done"
            if self.model.proposal is not None and self.model.proposal[0] == officer:
                expected = "nothing"
            else:
                self.model.proposal = (officer, version)
        assert self.decide(ProposeRevocation(reason="Diversion"), facts) == expected

    @rule(officer=st.integers(0, 1), slip=st.sampled_from([0, 0, 0, 1]))
    def confirm_revocation(self, officer: int, slip: int) -> None:
        version = slip + (self.model.proposal[1] if self.model.proposal else 1)
        facts = RevocationFacts(now=self.now, actor=OFFICERS[officer], edition=EDITION)
        expected = self._confirmation(officer, version, slip)
        if expected == "done":
            self.model.status, self.model.revoked_by = "revoked", (officer, version)
        assert self.decide(ConfirmRevocation(on_version=version), facts) == expected

    def _confirmation(self, officer: int, version: int, slip: int) -> str:
        if self.model.revoked_by == (officer, version):
            return "nothing"
        if not self.model.in_force:
            return "license_not_in_force"
        if self.model.proposal is None:
            return "revocation_not_proposed"
        if self.model.proposal[0] == officer:
            return "four_eyes"
        return "proposal_replaced" if slip else "done"

    @rule()
    def expire(self) -> None:
        expected = "license_not_in_force"
        if self.model.status == "expired":
            expected = "nothing"
        elif self.model.in_force and self.model.days < VALID_DAYS:
            expected = "expiry_not_reached"
        elif self.model.in_force:
            self.model.status, expected = "expired", "done"
        assert self.decide(ExpireLicense(), self.facts()) == expected

    @invariant()
    def what_shipped_was_licensed(self) -> None:
        if isinstance(self.state, NotGranted):
            return
        for line, (licensed, price) in LINES.items():
            balance = self.state.grant.drawn(line)
            assert (balance.quantity, balance.value_cents) == (
                self.model.units[line],
                self.model.cents[line],
            )
            assert balance.quantity <= licensed
            assert 100 * balance.value_cents <= 110 * licensed * price
        assert type(self.state).__name__.lower() == self.model.status

    def teardown(self) -> None:
        assert DECIDER.fold(self.events) == self.state


TestLicenseMachine = LicenseMachine.TestCase
TestLicenseMachine.settings = settings(
    max_examples=200, stateful_step_count=40, deadline=None, print_blob=True
)
