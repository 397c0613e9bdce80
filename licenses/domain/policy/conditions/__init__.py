"""The twelve conditions, grouped by what they look at. Each: (edition, deal) -> verdict. Pure."""
