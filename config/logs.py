"""Logging as one JSON object a line, for the standard library's loggers and structlog's alike."""

from typing import Any

import structlog

SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
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
