"""Texts of findings and halts, within what an event and PostgreSQL can hold. Pure."""

from typing import Annotated, Final

import msgspec

from audits.personal import FREE_TEXT

_NO_CONTROL: Final = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_NOT_BLANK: Final = rf"^{_NO_CONTROL}*[^\x00-\x20\x7f]{_NO_CONTROL}*$"

Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*$(?!\n)", max_length=60)]
"""A stable name in snake case, such as `ledger_counter_wrong`."""
Subject = Annotated[str, msgspec.Meta(pattern=_NOT_BLANK, min_length=1, max_length=300)]
"""What something is about, on one line or few."""
Detail = Annotated[str, msgspec.Meta(pattern=_NOT_BLANK, min_length=1, max_length=4_000)]
"""Paragraphs that an audit makes of codes, ids and figures."""
Reason = Annotated[
    str,
    msgspec.Meta(pattern=_NOT_BLANK, min_length=1, max_length=4_000, description=FREE_TEXT),
]
"""Paragraphs that are not blank, of a person."""
