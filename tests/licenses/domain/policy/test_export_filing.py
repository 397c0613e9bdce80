"""C12: the filing's form, and what it refers to."""

from typing import Any

import pytest

from licenses.domain.policy.model import Condition
from tests.licenses.domain.policy.deals import (
    BRIEF,
    BRIEF_DEAL,
    RULE,
    RULE_DEAL,
    changed,
    expect,
    proof,
    without,
)

C12 = Condition.EXPORT_FILING


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "export_filed"),
        ({"itn": "X2026112300001"}, "itn_malformed"),
        ({"itn": "X202611230000012"}, "itn_malformed"),
        ({"itn": "x20261123000001"}, "itn_malformed"),
        ({"itn": "X20261123000001\n"}, "itn_malformed"),
        ({"itn": "X2026112300000٣"}, "itn_malformed"),
        ({"itn": "AES X20261123000001"}, "itn_malformed"),
        ({"license_code": "C33"}, "license_code_wrong"),
        ({"license_number": "D000002"}, "filed_license_differs"),
        ({"eccn": "5A992.c"}, "filed_eccn_wrong"),
        ({"eccn": "4A090.a"}, "filed_eccn_differs"),
    ],
)
def test_form_and_references(changes: dict[str, Any], code: str) -> None:
    deal = changed(BRIEF_DEAL, "filing", **changes)

    verdict = expect(code, C12, BRIEF, deal, citation=BRIEF.filing.citation)
    assert verdict.evidence == proof("export_filed")


def test_what_the_filing_refers_to_must_be_known() -> None:
    expect("filing_unknown", C12, RULE, without(RULE_DEAL, "filing"))
    expect("filed_license_differs", C12, RULE, without(RULE_DEAL, "license"))
    expect("filed_eccn_differs", C12, RULE, without(RULE_DEAL, "product"))
