"""Product: what an accelerator can do, stated dense, precision by precision."""

from licenses.domain.product.decisions import DECIDER

__all__ = ["DECIDER"]
