"""The documentation of the rights is made from the table, and every scope has its words."""

from accounts.access_words import FILE, WORDS, as_markdown
from accounts.permissions import Scope


def test_the_page_of_the_documentation_says_what_the_table_says():
    assert FILE.read_text(encoding="utf-8") == as_markdown()


def test_every_scope_has_its_words():
    assert set(WORDS) == set(Scope)
