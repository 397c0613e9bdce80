"""Addresses of the journal's own API, below `/api/v1/`, and of health."""

from typing import Final

from django.urls import URLPattern, path

from audits.api import (
    accesses,
    documents,
    feed,
    health,
    index,
    lineage,
    past,
    proofs,
    reports,
    sessions,
    tiles,
)
from audits.api.addresses import addresses
from audits.api.findings import FINDINGS, HALTS

RESOURCES: Final = (FINDINGS, HALTS)
urlpatterns: Final[list[URLPattern]] = [
    path("", index.IndexView.as_view(), name="index"),
    *addresses(*RESOURCES),
    path("sessions", sessions.SessionsView.as_view(), name="sessions"),
    path("me", sessions.MeView.as_view(), name="me"),
    path("events/", feed.FeedView.as_view(), name="events"),
    path("events/<uuid:id>", feed.EventView.as_view(), name="event"),
    path("events/<uuid:id>/proof", proofs.InclusionView.as_view(), name="event-proof"),
    path("proofs/consistency", proofs.ConsistencyView.as_view(), name="consistency"),
    path("checkpoints/", proofs.CheckpointsView.as_view(), name="checkpoints"),
    path("checkpoints/latest", proofs.NewestCheckpointView.as_view(), name="checkpoint-latest"),
    path("checkpoints/<int:size>", proofs.CheckpointView.as_view(), name="checkpoint"),
    path("audits/clocks", past.ClocksView.as_view(), name="clocks"),
    path("audits/lineage/<uuid:id>", lineage.LineageView.as_view(), name="lineage"),
    path("audits/differences", past.DifferencesView.as_view(), name="differences"),
    path("accesses/", accesses.AccessesView.as_view(), name="accesses"),
    path("audits/report", reports.ReportView.as_view(), name="quarter-report"),
    path("schema/", documents.SchemaView.as_view(), name="schema"),
    path("docs/", documents.DocumentationView.as_view(url_name="schema"), name="docs"),
]
tile_patterns: Final[list[URLPattern]] = [
    path("checkpoint", tiles.NoteView.as_view(), name="tiles-checkpoint"),
    path("tile/<level:level>/<tile:place>", tiles.TileView.as_view(), name="tile"),
    path("tile/entries/<tile:place>", tiles.EntriesView.as_view(), name="entries"),
]
health_patterns: Final[list[URLPattern]] = [
    path("live", health.LiveView.as_view(), name="live"),
    path("ready", health.ReadyView.as_view(), name="ready"),
    path("progress", health.ProgressView.as_view(), name="progress"),
]
