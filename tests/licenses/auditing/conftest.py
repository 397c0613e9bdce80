"""The world in which every kind of deal was played, and auditors' tools."""

from tests.licenses.verification.conftest import committed, played

__all__ = ["committed", "played"]
