"""What was sealed, in clear."""

from typing import TypeVar

import msgspec

from audits import vault

T = TypeVar("T")


def opened(value: T) -> T:
    """Give a struct, or JSON values, with texts in place of its tokens."""
    content = msgspec.json.encode(value)
    return msgspec.json.decode(vault.revealed(content), type=type(value))
