"""How far back to look: a form that goes into the address, so that a view can be passed on.

A time means here what it means everywhere (docs/adr/0017): the longest beginning of the log in which
every event was recorded by then. What has no place in the log yet is not in the past.
"""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.http import QueryDict

from audits.kernel import Refused
from audits.past import moments
from audits.past.moments import Moment
from audits.web.timeline import Place

MOST_EVENTS: Final = 10**9
ASKS_FOR_PAST: Final = ("at", "log_index", "event")
"""Parameters that make a page one about the past, if they say anything."""


class MomentInput(forms.DateTimeInput):
    """A date and a time as browsers offer them, to the second."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M:%S", attrs={"step": "1"})


class MomentForm(forms.Form):
    """A moment of the log by its time or its index; neither: now."""

    at = forms.DateTimeField(
        label="Date and time (UTC)",
        required=False,
        widget=MomentInput,
        help_text="Shows what had been recorded by then.",
    )
    log_index = forms.IntegerField(
        label="Log index",
        required=False,
        min_value=-1,
        max_value=MOST_EVENTS,
        help_text="Shows what the log held up to this event of it.",
    )
    moment: Moment | None = None
    """Of a valid form; None: none was asked for."""

    def clean(self) -> dict[str, Any]:
        """Find the moment; refuse several answers to one question."""
        cleaned = super().clean() or {}
        given = [name for name, value in cleaned.items() if value is not None]
        if len(given) > 1:
            raise forms.ValidationError("Say in one way how far back to look, not in several.")
        if not self.errors:
            try:
                self.moment = self.found(cleaned)
            except Refused as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return cleaned

    def found(self, cleaned: dict[str, Any]) -> Moment | None:
        """Find the moment that is asked for; None: now. Refused where the log has none such."""
        at, log_index = cleaned.get("at"), cleaned.get("log_index")
        if at is None and log_index is None:
            return None
        return moments.moment(as_of=at, log_index=log_index)

    def is_asked(self) -> bool:
        """Tell whether it looks back at all; for a valid form."""
        return any(value is not None for value in self.cleaned_data.values())


class AsOfForm(MomentForm):
    """A moment of the log, or a place in one timeline; neither: all of it."""

    event = forms.IntegerField(
        label="Event number",
        required=False,
        min_value=1,
        max_value=MOST_EVENTS,
        help_text="Shows the events up to this one.",
    )

    def keep(self, places: Sequence[Place]) -> list[Place]:
        """Keep the places up to where a valid form says."""
        if self.moment is not None:
            return [place for place in places if _is_in(place, self.moment)]
        event = self.cleaned_data.get("event")
        return [place for place in places if event is None or place.number <= event]


def _is_in(place: Place, at: Moment) -> bool:
    return place.log_index is not None and place.log_index <= at.log_index


def moment_form(query: QueryDict) -> MomentForm:
    """Read from an address of which moment a list is to be."""
    return MomentForm(_given(query, MomentForm), label_suffix="")


def as_of(query: QueryDict) -> AsOfForm:
    """Read from an address how far back to look in a timeline."""
    return AsOfForm(_given(query, AsOfForm), label_suffix="")


def _given(query: QueryDict, form: type[forms.Form]) -> dict[str, str]:
    return {name: query.get(name, "") for name in form.base_fields}
