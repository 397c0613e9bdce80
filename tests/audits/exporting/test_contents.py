"""What is attached to events becomes a file of the bundle, and of nothing outside of it."""

import pytest

from audits.exporting.contents import attached_at
from audits.exporting.registry import Attachment

TEXT = Attachment(type="rule_published", sha256="sha256", text="text", name="name", suffix=".toml")


@pytest.mark.parametrize(
    ("name", "stands_at"),
    [
        ("brief-2026", "named/rule_published/brief-2026.toml"),
        ("../../etc/crontab", "named/rule_published/5af.toml"),
        ("/etc/crontab", "named/rule_published/5af.toml"),
        ("..", "named/rule_published/5af.toml"),
        ("a\\b", "named/rule_published/5af.toml"),
        ("brief\n", "named/rule_published/5af.toml"),
        ("", "named/rule_published/5af.toml"),
    ],
)
def test_a_text_stands_in_the_bundle_whatever_it_is_called(name: str, stands_at: str) -> None:
    assert attached_at(TEXT, {"name": name, "sha256": "5af", "text": "x"}) == stands_at
