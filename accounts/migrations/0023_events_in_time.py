import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    """What was written since a moment, and passed limits of a period, found without reading all of the record."""

    dependencies = [
        ("accounts", "0022_history_dated"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(condition=models.Q(("kind", "breach")), fields=["at"], name="event_breach"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["recorded_at"], name="event_recorded"
            ),
        ),
    ]
