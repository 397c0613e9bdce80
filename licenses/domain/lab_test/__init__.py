"""Laboratory test: one lot, one sample drawn by serial number, one signed report, one verdict."""

from licenses.domain.lab_test.decisions import DECIDER

__all__ = ["DECIDER"]
