"""The command lines of the stack's processes, as arguments of `python -m`."""

from pathlib import Path
from typing import Final

# Django's checks import the whole API, for whoever only sweeps, too; the gates run them.
UNCHECKED: Final = "--skip-checks"
SEQUENCER: Final = ("manage", "sequence", "--watch", UNCHECKED)
SWEEPER: Final = ("manage", "sweep", "--watch", UNCHECKED)
SURVEYOR: Final = ("manage", "sweep", "--long", "--watch", UNCHECKED)
SEALER: Final = ("manage", "seal", "--watch", UNCHECKED)
SIGNER: Final = ("manage", "signer")


def web(*, processes: int, threads: int, listener: int) -> tuple[str, ...]:
    """Return gunicorn's; it takes over the file `listener`, a socket that already listens."""
    return (
        *("gunicorn", "--config", "python:config.gunicorn", "--bind", f"fd://{listener}"),
        *("--workers", str(processes), "--threads", str(threads)),
        # Where all processes start at once on a busy machine, one may take longer than the usual 30 s
        # to read the program; it would be ended for that, and begin again.
        *("--timeout", "180"),
    )


def worker(*, processes: int) -> tuple[str, ...]:
    """Return the Celery worker's; it is alone, so it need not look for others."""
    return (
        *("celery", "--app", "config", "worker", "--concurrency", str(processes)),
        *("--loglevel", "INFO", "--without-gossip", "--without-mingle", "--without-heartbeat"),
    )


def beat(state: Path) -> tuple[str, ...]:
    """Return Celery beat's; when it last sent what is kept in `state`."""
    schedule = str(state / "beat-schedule")
    return ("celery", "--app", "config", "beat", "--loglevel", "INFO", "--schedule", schedule)
