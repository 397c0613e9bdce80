"""Witnesses that run in threads of the test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audits.sealing.witnesses import Witness, parse_witness
from tests.audits.sealing.office import NOON_S
from verifier import tollgate_witness


@contextmanager
def running(directory: Path, name: str, log_key: str) -> Iterator[Witness]:
    """Run a witness in a thread, with its state in a directory of its own."""
    home = directory / name
    home.mkdir(exist_ok=True)
    path = home / "key"
    if not path.exists():
        (home / "verifier-key").write_text(tollgate_witness.keygen(name, path))
    witness = tollgate_witness.Witness(
        *tollgate_witness.load_key(path),
        [tollgate_witness.parse_log_key(log_key)],
        home / "state.json",
    )
    served = tollgate_witness.Server(witness, ("127.0.0.1", 0), lambda: NOON_S)
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        key = (home / "verifier-key").read_text()
        yield parse_witness(f"{key} http://127.0.0.1:{served.server_address[1]}/")
    finally:
        served.shutdown()
        served.server_close()
        thread.join()
