import re

import pytest

from leadops import database

FOLDER = database.BASE / "requirements"


def pins(group):
    text = (FOLDER / f"{group}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def test_tests_run_with_the_very_packages_that_are_served():
    served, tested = pins("run"), pins("test")

    assert {name: tested.get(name) for name in served} == served


@pytest.mark.parametrize("group", ["run", "test"])
def test_every_package_is_pinned_by_hash_and_no_host_is_named(group):
    text = (FOLDER / f"{group}.txt").read_text()

    assert text.count(" \\\n    --hash=sha256:") >= len(pins(group)) > 10
    assert "://" not in text
    assert "index-url" not in text
