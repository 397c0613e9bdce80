"""Numbers that nobody was given yet (see `licenses.numbers`)."""

from django.db import models


class NumberSeries(models.Model):
    """How far the numbers of one kind were made; those before `first_place` are of another origin."""

    series = models.TextField(primary_key=True)
    first_place = models.BigIntegerField()
    next_place = models.BigIntegerField()

    class Meta:
        db_table = "licenses_number_series"

    def __str__(self) -> str:
        return self.series


class FreeNumber(models.Model):
    """A number that was made and stands in no event. Whoever decides holds it by its row's lock."""

    pk = models.CompositePrimaryKey("series", "place")
    series = models.TextField()
    place = models.BigIntegerField()

    class Meta:
        db_table = "licenses_free_number"

    def __str__(self) -> str:
        return f"{self.series} {self.place}"
