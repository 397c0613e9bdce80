"""What may be asked of the screening list."""

from typing import Annotated

import msgspec

from audits.kernel import Command
from customers.domain.screening.entries import BadRow
from customers.domain.screening.parsing import MAX_BAD_ROWS
from customers.domain.values import Moment, Sha256, ShortText

Count = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]


class ImportList(Command):
    """Take a list that was read and stored into use: the parties are screened against it."""

    sha256: Sha256
    """Of the CSV file, unpacked."""
    source: ShortText
    """Where the file came from: an address or a file's name."""
    fetched_at: Moment
    rows: Count
    """Entries and bad rows together."""
    entries: Count
    names: Count
    bad_rows: Annotated[tuple[BadRow, ...], msgspec.Meta(max_length=MAX_BAD_ROWS)] = ()
    accept_shrinkage: bool = False
    """Take a list with far fewer entries than the one in use: else taken for a broken file."""
