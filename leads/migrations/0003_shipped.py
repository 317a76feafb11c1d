"""The one response policy LeadOps ships with: target 2 hours, limit 24 hours, inbound (SLA-1)."""

from datetime import UTC, datetime

from django.db import migrations


def ship(apps, schema_editor):
    apps.get_model("leads", "Policy").objects.create(
        name="Response", version=1, valid_from=datetime(2000, 1, 1, tzinfo=UTC), target_minutes=120, limit_minutes=1440
    )


class Migration(migrations.Migration):
    dependencies = [("leads", "0002_guards")]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
