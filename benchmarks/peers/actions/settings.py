"""Tollgate's own settings with the app added, so that database, templates and login are the same."""

from config.settings import *  # noqa: F403 -- the point: everything else is the same
from config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.peers.actions"]
