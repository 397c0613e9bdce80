"""Addresses of the journal's own API, below `/api/v1/`, and of health."""

from typing import Final

from django.urls import URLPattern, path

from audits.api import documents, feed, health, sessions

urlpatterns: Final[list[URLPattern]] = [
    path("sessions", sessions.SessionsView.as_view(), name="sessions"),
    path("me", sessions.MeView.as_view(), name="me"),
    path("events/", feed.FeedView.as_view(), name="events"),
    path("events/<uuid:id>", feed.EventView.as_view(), name="event"),
    path("schema/", documents.SchemaView.as_view(), name="schema"),
    path("docs/", documents.DocumentationView.as_view(url_name="schema"), name="docs"),
]
health_patterns: Final[list[URLPattern]] = [
    path("live", health.LiveView.as_view(), name="live"),
    path("ready", health.ReadyView.as_view(), name="ready"),
    path("progress", health.ProgressView.as_view(), name="progress"),
]
