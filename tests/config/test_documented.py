"""Every variable that is read is documented, and no other."""

import re

from devstack import paths

READ = re.compile(r"""ENV\.[a-z_]+\(\s*["']([A-Z_]+)["']""")
LISTED = re.compile(r"`([A-Z][A-Z_]+)`")


def test_operators_find_every_variable_in_one_table() -> None:
    read = set(READ.findall((paths.ROOT / "config" / "settings.py").read_text()))
    rows = (paths.ROOT / "docs" / "settings.md").read_text().splitlines()
    listed = [
        name for row in rows if row.startswith("| `") for name in LISTED.findall(row.split("|")[1])
    ]
    assert read
    assert sorted(listed) == sorted(read)
