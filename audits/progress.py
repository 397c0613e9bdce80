"""Progress of long work in a terminal: bars on standard error, so that answers can be piped."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars


class Shown:
    """Progress as one bar a check."""

    def __init__(self, bars: Bars) -> None:
        self.bars = bars
        self.current: TaskID | None = None

    def begin(self, check: str, total: int) -> None:
        """Start a bar."""
        self.current = self.bars.add_task(check, total=total)

    def advance(self, count: int) -> None:
        """Move the bar on."""
        if self.current is not None:
            self.bars.advance(self.current, count)


@contextmanager
def shown() -> Iterator[Shown]:
    """Show bars while something runs; what it writes to a terminal meanwhile stands above them."""
    columns = (
        TextColumn("{task.description:<14}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    # What goes into a file or a pipe is not for the terminal that the bars are on.
    above = sys.stdout.isatty()
    with Bars(*columns, console=Console(stderr=True), redirect_stdout=above) as bars:
        yield Shown(bars)
