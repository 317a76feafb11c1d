import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    """Touches by their time, the few rounds that a report asks apart, and who comes back soon, counted from the index alone."""

    dependencies = [
        ("accounts", "0023_events_in_time"),
        ("leads", "0022_booked_by_index"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="lead", name="lead_recycle_due"),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("recycle_at__isnull", False), ("status", "nurture")),
                fields=["recycle_at"],
                include=("gone_as",),
                name="lead_recycle_due",
            ),
        ),
        migrations.AddIndex(
            model_name="touch",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["occurred_at", "recorded_at"], name="touch_in_time"
            ),
        ),
        migrations.AddIndex(
            model_name="cycle",
            index=models.Index(
                condition=models.Q(("has_exception", True)),
                fields=["ended_at"],
                include=("id", "lead"),
                name="cycle_excepted",
            ),
        ),
        migrations.AddIndex(
            model_name="cycle",
            index=models.Index(
                condition=models.Q(("ended_by__isnull", False), ("first_touch_at__isnull", True)),
                fields=["ended_at"],
                name="cycle_ended_untouched",
            ),
        ),
    ]
