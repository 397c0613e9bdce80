"""Ask the web service of this container how it is; exit 0 when it says that it is well.

Standard library only and no imports of Tollgate, so that a probe costs next to nothing. The
request looks like one that came through the TLS proxy, or it would only be sent to https.
"""

import http.client
import os
import sys


def main(path: str) -> int:
    """Request `path` from port 8000 of this machine; return 0 for status 200, else 1."""
    host = os.environ["TOLLGATE_ALLOWED_HOSTS"].split(",")[0].strip()
    connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=4)
    connection.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": "https"})
    return 0 if connection.getresponse().status == http.HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
