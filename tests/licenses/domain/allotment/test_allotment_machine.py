"""The allotment against a model that keeps no counters: it adds up sales and holds each time."""

from dataclasses import dataclass, field
from typing import Final

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from audits.kernel import Command, Event, Facts, Refused
from licenses.domain.allotment import DECIDER
from licenses.domain.allotment.events import AllotmentOpened
from licenses.domain.allotment.state import Frozen
from licenses.domain.allotment.values import NO_COUNTERS, add
from licenses.domain.policy.model import Cap
from tests.licenses.domain.allotment.cases import (
    BY_SYSTEM,
    TPP_CAP,
    UNITS_CAP,
    counters,
    post,
    release,
    reserve,
    reversal,
    sale,
    under,
)

CAPS: Final = (
    UNITS_CAP,
    TPP_CAP,
    msgspec.structs.replace(UNITS_CAP, ratio_numerator=2, ratio_denominator=3),
    msgspec.structs.replace(TPP_CAP, ratio_numerator=1, ratio_denominator=3),
)
NAMES: Final = st.integers(1, 6)
UNITS: Final = st.integers(1, 40)


@dataclass
class Hold:
    """Volume of a license line: what is open, and what each shipment did."""

    asked: int
    per_unit: int
    open: int
    shipped: dict[int, tuple[int, int]] = field(default_factory=dict)
    ended: bool = False


@dataclass
class Model:
    """What happened in the world."""

    cap: Cap = UNITS_CAP
    per_unit: int = 1000
    sales: dict[int, tuple[int, int]] = field(default_factory=dict)
    reversals: dict[tuple[int, int], int] = field(default_factory=dict)
    holds: dict[int, Hold] = field(default_factory=dict)

    def _weight(self, per_unit: int) -> int:
        return per_unit if self.cap.metric == "tpp" else 1

    def sold(self) -> int:
        """Add up in the cap's metric what US customers bought and kept."""
        return sum(
            self._weight(per_unit) * (quantity - self.reversed(name))
            for name, (quantity, per_unit) in self.sales.items()
        )

    def reversed(self, name: int) -> int:
        """Add up what was taken back of a sale."""
        return sum(quantity for (of, _), quantity in self.reversals.items() if of == name)

    def taken(self) -> int:
        """Add up in the cap's metric what is held and what has shipped."""
        return sum(
            self._weight(hold.per_unit)
            * (hold.open + sum(quantity for quantity, _ in hold.shipped.values()))
            for hold in self.holds.values()
        )

    def is_broken(self) -> bool:
        """Tell whether more is taken than the sales allow."""
        return self._excess(0, 0)

    def refusal(self, quantity: int, per_unit: int) -> str | None:
        """Say why `quantity` more units cannot be taken."""
        if self.is_broken():
            return "allotment_frozen"
        return "cap_exceeded" if self._excess(quantity, per_unit) else None

    def _excess(self, quantity: int, per_unit: int) -> bool:
        taken = self.taken() + quantity * self._weight(per_unit)
        return self.cap.ratio_denominator * taken > self.cap.ratio_numerator * self.sold()


class AllotmentMachine(RuleBasedStateMachine):
    """Takes decisions at random and compares each with the model."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.cap = UNITS_CAP
        self.events: list[Event] = []
        self.state = DECIDER.initial

    def decide(self, command: Command, facts: Facts) -> str:
        """Decide, fold what comes of it, and name it: the code of a refusal, nothing or done."""
        try:
            events = DECIDER.decide(command, self.state, facts)
        except Refused as refusal:
            return refusal.code
        self.events += events
        self.state = DECIDER.fold(events, self.state)
        return "done" if events else "nothing"

    def under_cap(self) -> Facts:
        return under(self.cap, tpp_per_unit=self.model.per_unit)

    def adopted(self, outcome: str) -> str:
        """Note that a decision that took effect was taken under the cap in force."""
        if outcome == "done":
            self.model.cap = self.cap
        return outcome

    @rule(cap=st.sampled_from(CAPS), per_unit=st.sampled_from([1000, 900]))
    def policy_or_product_changes(self, cap: Cap, per_unit: int) -> None:
        self.cap, self.model.per_unit = cap, per_unit

    @rule(name=NAMES, quantity=UNITS)
    def report_sale(self, name: int, quantity: int) -> None:
        known = self.model.sales.get(name)
        expected = "done"
        if known is None:
            self.model.sales[name] = (quantity, self.model.per_unit)
        else:
            expected = "nothing" if known[0] == quantity else "sale_already_reported"
        command = sale(quantity, name=f"INV-{name}")
        assert self.adopted(self.decide(command, self.under_cap())) == expected

    @rule(name=NAMES, note=st.integers(1, 3), quantity=UNITS)
    def reverse_sale(self, name: int, note: int, quantity: int) -> None:
        expected = self._reversal(name, note, quantity)
        if expected == "done":
            self.model.reversals[name, note] = quantity
        command = reversal(quantity, of=f"INV-{name}", name=f"CN-{name}-{note}")
        assert self.adopted(self.decide(command, self.under_cap())) == expected

    def _reversal(self, name: int, note: int, quantity: int) -> str:
        if name not in self.model.sales:
            return "sale_unknown"
        known = self.model.reversals.get((name, note))
        if known is not None:
            return "nothing" if known == quantity else "reversal_already_reported"
        left = self.model.sales[name][0] - self.model.reversed(name)
        return "reversal_above_sale" if quantity > left else "done"

    @rule(line=NAMES, quantity=UNITS)
    def reserve_volume(self, line: int, quantity: int) -> None:
        hold = self.model.holds.get(line)
        if hold is not None:
            expected = "nothing" if hold.asked == quantity else "volume_already_reserved"
        else:
            adopted, self.model.cap = self.model.cap, self.cap
            expected = self.model.refusal(quantity, self.model.per_unit) or "done"
            if expected == "done":
                self.model.holds[line] = Hold(quantity, self.model.per_unit, quantity)
            else:
                self.model.cap = adopted
        assert self.decide(reserve(quantity, line=line), self.under_cap()) == expected

    @rule(line=NAMES, shipment=st.integers(1, 3), quantity=UNITS, short=st.integers(0, 5))
    def post_volume(self, line: int, shipment: int, quantity: int, short: int) -> None:
        expected = self._posting(line, shipment, quantity, short)
        if expected == "done":
            hold = self.model.holds[line]
            hold.open -= min(quantity, hold.open)
            hold.open -= min(short, hold.open)
            hold.shipped[shipment] = (quantity, short)
        command = post(quantity, line=line, shipment=str(shipment), short=short)
        assert self.decide(command, BY_SYSTEM) == expected

    def _posting(self, line: int, shipment: int, quantity: int, short: int) -> str:
        hold = self.model.holds.get(line)
        if hold is None:
            return "volume_not_reserved"
        if shipment in hold.shipped:
            same = hold.shipped[shipment] == (quantity, short)
            return "nothing" if same else "volume_already_posted"
        if hold.ended:
            return "volume_released"
        beyond = quantity - hold.open
        return (self.model.refusal(beyond, hold.per_unit) if beyond > 0 else None) or "done"

    @rule(line=NAMES)
    def release_volume(self, line: int) -> None:
        hold = self.model.holds.get(line)
        expected = "volume_not_reserved" if hold is None else "nothing"
        if hold is not None and hold.open:
            hold.open, hold.ended, expected = 0, True, "done"
        assert self.decide(release(line=line), BY_SYSTEM) == expected

    @invariant()
    def the_cap_is_kept_or_the_shortfall_named(self) -> None:
        cap, tally = self.model.cap, counters(self.state).governing(self.model.cap)
        net, taken = self.model.sold(), self.model.taken()

        assert (tally.us_net, tally.taken) == (net, taken)
        assert tally.us_counting == net + tally.shortfall
        assert cap.ratio_denominator * taken <= cap.ratio_numerator * tally.us_counting
        assert bool(tally.shortfall) == self.model.is_broken() == isinstance(self.state, Frozen)
        if tally.shortfall:
            one_less = tally.us_counting - 1
            assert cap.ratio_denominator * taken > cap.ratio_numerator * one_less

    def teardown(self) -> None:
        total = NO_COUNTERS
        for event in self.events:
            if not isinstance(event, AllotmentOpened):
                assert getattr(event, "seen", None) == total
                total = add(total, getattr(event, "moved", NO_COUNTERS))
        assert counters(self.state) == total
        assert DECIDER.fold(self.events) == self.state


TestAllotmentMachine = AllotmentMachine.TestCase
TestAllotmentMachine.settings = settings(
    max_examples=200, stateful_step_count=40, deadline=None, print_blob=True
)
