"""Logging as one JSON object a line, for the standard library's loggers and structlog's alike."""

import re
from typing import Any, Final

import structlog
from django.http import HttpRequest
from structlog.typing import EventDict

UNKNOWN_ADDRESS: Final = "*"
"""Stands for a path that is none of ours."""

MALFORMED: Final = re.compile(r"Invalid request from ip=\S*: [A-Za-z ]*")
"""How gunicorn begins to tell of a request that is none, before it quotes from it."""


def without_words(_logger: Any, _method: str, said: EventDict) -> EventDict:
    """Tell of a request its method and path: a query, or a path that is none of ours, may name anybody.

    A log cannot be erased from; addresses of ours hold ids and numbers alone.
    """
    request = said.get("request")
    if isinstance(request, HttpRequest):
        path = request.path if request.resolver_match else UNKNOWN_ADDRESS
        # As Django writes what it puts into a message.
        written = request.path.encode("unicode_escape").decode("ascii")
        said["event"] = str(said["event"]).replace(written, path)
        said["request"] = f"{request.method} {path}"
    elif quoting := MALFORMED.match(str(said["event"])):
        said["event"] = quoting[0]
    return said


SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    without_words,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    # Without local variables: passwords and tokens are among them.
    structlog.processors.ExceptionRenderer(
        structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    ),
]

WITH_HANDLERS = ("django", "django.server", "gunicorn.access", "gunicorn.error")
# A line for every request (the proxy in front has it too), task, and look at the clock.
CHATTY = ("celery.app.trace", "celery.beat", "celery.worker.strategy", "gunicorn.access")


def configure_structlog() -> None:
    """Send structlog's events through the standard library, so that both come out the same."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def logging_settings(level: str) -> dict[str, Any]:
    """Return Django's LOGGING: everything from `level` up, as JSON, on standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(sort_keys=True),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # These bring handlers of their own, which would say everything again, differently.
            **{name: {"handlers": [], "propagate": True} for name in WITH_HANDLERS},
            **{name: {"handlers": [], "level": "WARNING"} for name in CHATTY},
        },
    }
