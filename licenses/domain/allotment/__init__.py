"""The allotment: how much an exporter may ship of a product, against what it sold at home."""

from licenses.domain.allotment.decisions import DECIDER

__all__ = ["DECIDER"]
