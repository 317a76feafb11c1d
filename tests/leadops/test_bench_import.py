"""The bench of the import measures the real thing, on a database of its own."""

import pytest
from django.db import connection

from leadops.benches import importing
from leads.models import Lead


@pytest.mark.django_db(transaction=True)
def test_it_brings_rows_into_an_empty_and_a_full_database_and_leaves_none(shipped):
    said, before = [], connection.settings_dict["NAME"]

    importing.main(said.append, rows=200, leads=300)

    empty, full = (next(line for line in said if line.startswith(where)) for where in ("empty database:", "300 leads:"))
    assert empty.endswith("rejected=0")
    assert "times staged COPY alone" in full
    assert any(line.startswith("peak memory") for line in said)
    assert (connection.settings_dict["NAME"], Lead.objects.count()) == (before, 0)
