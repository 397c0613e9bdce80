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
