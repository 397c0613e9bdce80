"""How gunicorn serves the web; used as `gunicorn --config python:config.gunicorn …`.

Options on the command line win over these.
"""

from typing import Any

from config.env import Environment
from config.logs import logging_settings

wsgi_app = "config.wsgi:application"
# Threads, because a request mostly waits for the database; the pool has a connection for each.
worker_class = "gthread"
workers = 2
threads = 8
graceful_timeout = 5
# Longer than clients and proxies keep an idle connection (60 s is usual): who hangs up first may do
# so while a request is on its way, which then has no answer.
keepalive = 75
control_socket_disable = True
logconfig_dict = logging_settings(Environment().text("TOLLGATE_LOG_LEVEL", "INFO"))


def post_worker_init(_worker: Any) -> None:
    """Have it recorded with which code the web runs; whichever process comes first does it."""
    from audits.sealing import deployment  # noqa: PLC0415 -- Django is not set up before

    deployment.record_in_background("web")
