"""The settings for tools that only look at them, such as mypy: no server is needed, or reached."""

import os

from devstack.environment import TESTING

for _name, _value in TESTING.items():
    os.environ.setdefault(_name, _value)
os.environ.setdefault("DATABASE_URL", "postgresql://nobody@localhost/nowhere")
os.environ.setdefault("REDIS_URL", "unix:///nowhere")

from config.settings import *  # noqa: E402, F403 -- the environment must stand first
