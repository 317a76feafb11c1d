"""Companies."""

from datetime import UTC, datetime

import factory

from accounts.models import Account


class AccountFactory(factory.django.DjangoModelFactory):
    """A company with a domain of its own."""

    class Meta:
        model = Account

    name = factory.Sequence(lambda n: f"Nordlicht {n}")
    name_key = factory.LazyAttribute(lambda a: a.name.lower())
    domain = factory.Sequence(lambda n: f"nordlicht{n}.example")
    created_at = datetime(2026, 3, 2, 9, tzinfo=UTC)
