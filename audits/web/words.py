"""Names of fields and of events, as people read them."""

from typing import Final

_SPELLED: Final = {
    **{name: name.upper() for name in ("aes", "api", "dram", "eccn", "id", "ids", "itn", "json")},
    **{name: name.upper() for name in ("tpp", "url", "us", "uscc", "utc")},
    "ids": "IDs",
    "sha256": "SHA-256",
}
_UNITS: Final = {
    "_cents": "",  # the value names its currency
    "_gb_per_s": " (GB/s)",
    "_gb": " (GB)",
    "_bytes": " (bytes)",
    "_percent": " (percent)",
    "_days": " (days)",
    "_seconds": " (seconds)",
}


def label(name: str) -> str:
    """Spell a field's name as a label: `dram_bandwidth_gb_per_s` → `DRAM bandwidth (GB/s)`."""
    for ending, unit in _UNITS.items():
        if name.endswith(ending) and name != ending:
            return title(name.removesuffix(ending)) + unit
    return title(name)


def title(name: str) -> str:
    """Spell a name in snake case as the beginning of a sentence: `us_sale_made` → `US sale made`."""
    words = " ".join(_SPELLED.get(word, word) for word in name.split("_"))
    return words[:1].upper() + words[1:]
