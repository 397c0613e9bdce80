"""How gunicorn serves: what its configuration says exists."""

import inspect

from gunicorn.config import Config

import config.gunicorn as served


def test_every_name_is_a_setting_of_gunicorns() -> None:
    ours = {
        name: value
        for name, value in vars(served).items()
        if not name.startswith("_") and not inspect.isclass(value) and not callable(value)
    }
    known = Config()
    for name, value in ours.items():
        known.set(name, value)  # raises for names and values that gunicorn does not know
    assert "logconfig_dict" in ours
    assert known.settings["worker_class"].get() == "gthread"


def test_the_server_is_not_the_one_that_hangs_up_first() -> None:
    assert served.keepalive > 60  # what proxies keep; httpx keeps 5 s
