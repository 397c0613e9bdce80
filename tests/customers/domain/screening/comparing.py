"""The plain way to compare two names, which everything faster must agree with."""

from customers.domain.screening.normalizing import read, readings
from customers.domain.screening.scoring import compare


def score(name: str, alias: str) -> int:
    """Score a name against one alias of a list, in its best reading: 0 to 1000 per mille."""
    return max((compare(read(name), read(reading)) for reading in readings(alias)), default=0)
