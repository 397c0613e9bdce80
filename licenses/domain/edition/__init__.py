"""Policy edition: published by one officer, approved by another, in force from its day on."""

from licenses.domain.edition.decisions import DECIDER

__all__ = ["DECIDER"]
