"""RevOps at the admin."""

import pytest


@pytest.fixture
def desk(rita, client_of):
    """RevOps at the admin."""
    return client_of(rita)


def errors(response) -> dict:
    """Return what the form of an answer says is wrong, by field."""
    return dict(response.context["adminform"].form.errors)
