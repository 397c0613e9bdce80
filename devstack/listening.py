"""Where the web service listens on this machine, and whether somebody answers there."""

import socket
import urllib.error
import urllib.request

HOST = "127.0.0.1"
USUAL_PORT = 8000


def listen(port: int | None) -> socket.socket:
    """Return a listening socket: on `port`, or else on 8000 or any free one.

    It stays open in this process, so that requests wait, not fail, while gunicorn is restarted.
    """
    if port is not None:
        return socket.create_server((HOST, port), backlog=1024)
    try:
        return socket.create_server((HOST, USUAL_PORT), backlog=1024)
    except OSError:
        return socket.create_server((HOST, 0), backlog=1024)


def answers(url: str) -> bool:
    """Tell whether somebody answers HTTP at `url`, whatever the answer."""
    try:
        urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 -- our own http:// address
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False
    return True
