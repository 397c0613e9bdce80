"""Tollgate's own settings, so that server, database, pool, middleware and login are the same.

Added are the app and its history; the framework is otherwise as it comes.
"""

from config.settings import *  # noqa: F403 -- the point: everything else is the same
from config.settings import DATABASES, INSTALLED_APPS, MIDDLEWARE, REST_FRAMEWORK

INSTALLED_APPS = [*INSTALLED_APPS, "simple_history", "benchmarks.peers.crud"]
MIDDLEWARE = [*MIDDLEWARE, "simple_history.middleware.HistoryRequestMiddleware"]
ROOT_URLCONF = "benchmarks.peers.crud.urls"
# A row and its history are one fact: they commit together, as a command's events do.
DATABASES = {"default": DATABASES["default"] | {"ATOMIC_REQUESTS": True}}
REST_FRAMEWORK = {
    name: REST_FRAMEWORK[name]
    for name in (
        "DEFAULT_AUTHENTICATION_CLASSES",
        "DEFAULT_PERMISSION_CLASSES",
        "DEFAULT_RENDERER_CLASSES",
        "DEFAULT_PARSER_CLASSES",
    )
}
