"""`python -m tests.licenses.concurrency.cut_short KIND NUMBER`: rebuilds and is killed.

It kills itself before the NUMBERth statement of `audits.rebuilding`. A process of its own, so that
nothing in it gets to tidy up.
"""

import sys

import django

from tests.audits.exporting.cut_short import kill_at


def main(kind: str, number: str) -> None:
    """Rebuild a read model, for as long as it lives."""
    django.setup()
    from audits.rebuilding import rebuild  # noqa: PLC0415 -- Django must be set up

    kill_at("audits.rebuilding", "_run", int(number))
    list(rebuild([kind]))


if __name__ == "__main__":
    main(*sys.argv[1:])
