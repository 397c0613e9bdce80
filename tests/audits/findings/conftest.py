"""An audit of the test's own in place of all others, and money that a halt stops."""

from collections.abc import Callable

import pytest

from audits import execution, reading, work
from audits.domain.halt.commands import HaltKind
from audits.execution import house
from audits.findings import scheduled
from audits.findings.scheduled import Audit
from tests.audits.api.toy import FillJar, JarFilled
from tests.audits.findings.looking import HOUR, Looking
from tests.audits.histories import context_of, full_jar


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> Looking:
    """Replace all audits by one of the test's own, which halts money."""
    monkeypatch.setattr(scheduled, "_audits", {})
    monkeypatch.setattr(work, "_surveys", {})
    looking = Looking()
    scheduled.add_audit(Audit(name="toy", every=HOUR, look=looking, halts=HaltKind.MONEY))
    return looking


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> Callable[[], reading.Receipt]:
    """Let what goes into a jar be money that a halt stops."""
    monkeypatch.setattr(house, "halts", house.halts | {JarFilled: HaltKind.MONEY})
    jar = full_jar(100)
    return lambda: execution.execute(FillJar(amount_cents=1), jar, context_of())
