from django.db import migrations, models


class Migration(migrations.Migration):
    """The index of open rounds also says who booked a meeting by themselves: their clock has stopped."""

    dependencies = [("leads", "0021_sized_and_met")]

    operations = [
        migrations.RemoveConstraint(model_name="cycle", name="cycle_one_open"),
        migrations.AddConstraint(
            model_name="cycle",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("lead",),
                include=(
                    "motion", "has_exception", "assigned_at", "target_at", "limit_at", "first_touch_at", "self_booked_at", "working_at",
                    "last_touch_at", "abandon_at",
                ),
                name="cycle_one_open",
            ),
        ),
    ]
