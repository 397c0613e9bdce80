"""Why sealing stops: never to be repaired by a program, always to be looked at by people."""

from typing import Final


class SealingHalted(Exception):
    """What is to be sealed is not what was sealed before; `code` is stable.

    Nothing is signed from here on. The cause is a fault or an attack, and overwriting either with a
    new signature would destroy the evidence.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code: Final = code
