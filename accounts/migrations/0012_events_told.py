"""Write an event for whom it concerns outside with the event itself (API-2)."""

from django.db import migrations

from accounts import webhooks


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0011_api_clients'),
    ]

    operations = [migrations.RunPython(webhooks.install, webhooks.remove)]
