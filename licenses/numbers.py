"""Numbers of applications and licenses: handed out in order, without waiting and without gaps.

Free numbers lie ready in a table. A decision holds the lowest that nobody else holds, and it leaves
the table with the event that carries it: what is refused, rolled back or killed leaves it there for
the next. So each number that was ever made is free or stands in an event (ADR 18), which the audit of
serials checks.
"""

from enum import Enum
from typing import Any, Final

from django.db import connection

from audits.codec import Recorded
from licenses.domain.application.events import ApplicationSubmitted
from licenses.domain.license.events import LicenseGranted

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BATCH: Final = 1_000
"""Numbers made at a time."""
RESERVE: Final = BATCH // 2
"""With so few left, more are made; so many decisions at once wait for nobody."""

_HOLD: Final = """
    SELECT f.place, s.next_place - f.place
    FROM licenses_free_number f JOIN licenses_number_series s USING (series)
    WHERE f.series = %s ORDER BY f.place LIMIT 1 FOR UPDATE OF f SKIP LOCKED
"""
_NOBODY_MAKES_MORE: Final = """
    SELECT FROM licenses_number_series WHERE series = %s AND next_place - %s <= %s
    FOR UPDATE SKIP LOCKED
"""
_MAKE_MORE: Final = """
    WITH made AS (
        INSERT INTO licenses_number_series AS s (series, first_place, next_place)
        VALUES (%(series)s, 1, 1 + %(batch)s)
        ON CONFLICT (series) DO UPDATE SET next_place = s.next_place + %(batch)s
        RETURNING next_place)
    INSERT INTO licenses_free_number (series, place)
    SELECT %(series)s, place
    FROM made, generate_series(next_place - %(batch)s, next_place - 1) AS place
"""
_USE: Final = "DELETE FROM licenses_free_number WHERE series = %s AND place = %s"


class Series(Enum):
    """What is numbered. A number is a letter and digits."""

    APPLICATION = ("application", 6)
    LICENSE = ("license", 7)

    @property
    def word(self) -> str:
        """Name it as the tables do."""
        return self.value[0]

    def number(self, place: int) -> str:
        """Spell the number at a place. Licenses begin with D."""
        letter, rest = divmod(place, 10 ** self.value[1])
        return f"{LETTERS[letter + self._first_letter]}{rest:0{self.value[1]}d}"

    def place(self, number: str) -> int:
        """Tell the place of a number."""
        letter = LETTERS.index(number[0]) - self._first_letter
        return int(letter * 10 ** self.value[1]) + int(number[1:])

    @property
    def _first_letter(self) -> int:
        return LETTERS.index("D") if self is Series.LICENSE else 0


def hold(series: Series) -> int:
    """Keep the lowest free place from all others until the transaction ends.

    Waits only where all are held, for whoever makes more.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [series.word])
        while (found := cursor.fetchone()) is None:
            cursor.execute(_MAKE_MORE, {"series": series.word, "batch": BATCH})
            cursor.execute(_HOLD, [series.word])
        place, left = found
        if left <= RESERVE:
            cursor.execute(_NOBODY_MAKES_MORE, [series.word, place, RESERVE])
            if cursor.fetchone() is not None:
                cursor.execute(_MAKE_MORE, {"series": series.word, "batch": BATCH})
    return int(place)


def use(fresh: list[Recorded[Any]]) -> None:
    """Take the numbers that these events carry from the free ones; they are held by this transaction."""
    for event in fresh:
        match event.data:
            case ApplicationSubmitted(control_number=number):
                _use(Series.APPLICATION, number)
            case LicenseGranted(license_number=number):
                _use(Series.LICENSE, number)
            case _:
                pass


def _use(series: Series, number: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_USE, [series.word, series.place(number)])
        if cursor.rowcount != 1:
            raise RuntimeError(f"{number} was not free")
