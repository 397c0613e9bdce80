"""The shipment: a lot under a license line, from the request to the verified delivery."""

from licenses.domain.shipment.decisions import DECIDER

__all__ = ["DECIDER"]
