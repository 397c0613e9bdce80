"""The application for a license: from the first draft to the decision of two officers."""

from licenses.domain.application.decisions import DECIDER

__all__ = ["DECIDER"]
