"""What happened to the screening list."""

from typing import TypeAlias

from audits.kernel import Event
from customers.domain.screening.entries import BadRow
from customers.domain.screening_list.commands import Count
from customers.domain.values import Moment, Sha256, ShortText


class ListImported(Event):
    """A list came into use in place of the one before."""

    sha256: Sha256
    source: ShortText
    fetched_at: Moment
    rows: Count
    entries: Count
    names: Count
    bad_rows: tuple[BadRow, ...]


ScreeningListEvent: TypeAlias = ListImported
