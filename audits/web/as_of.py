"""How far back to look: a form that goes into the address, so that a view can be passed on."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.http import QueryDict

from audits.web.timeline import Place

MOST_EVENTS: Final = 10**9


class MomentInput(forms.DateTimeInput):
    """A date and a time as browsers offer them, to the second."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M:%S", attrs={"step": "1"})


class AsOfForm(forms.Form):
    """A moment or a place in the timeline; neither: all of it."""

    at = forms.DateTimeField(
        label="Date and time (UTC)",
        required=False,
        widget=MomentInput,
        help_text="Shows what had been recorded by then.",
    )
    event = forms.IntegerField(
        label="Event number",
        required=False,
        min_value=1,
        max_value=MOST_EVENTS,
        help_text="Shows the events up to this one.",
    )

    def clean(self) -> dict[str, Any]:
        """Refuse two answers to one question."""
        cleaned = super().clean() or {}
        if cleaned.get("at") and cleaned.get("event"):
            raise forms.ValidationError("Give a date and time or an event number, not both.")
        return cleaned

    def is_asked(self) -> bool:
        """Tell whether it looks back at all; for a valid form."""
        return any(self.cleaned_data.values())

    def keep(self, places: Sequence[Place]) -> list[Place]:
        """Keep the places up to where a valid form says."""
        at, event = self.cleaned_data.get("at"), self.cleaned_data.get("event")
        return [
            place
            for place in places
            if (at is None or place.recorded_at <= at) and (event is None or place.number <= event)
        ]


def as_of(query: QueryDict) -> AsOfForm:
    """Read from an address how far back to look."""
    return AsOfForm({name: query.get(name, "") for name in AsOfForm.base_fields}, label_suffix="")
