"""After how many days in a state a lead is stuck, by version; how many are is counted beside how many there are (REP-7)."""

from datetime import UTC, datetime

import django.core.validators
from django.db import migrations, models

from accounts import changes

LIMITS = (
    ("raw", "raw, days", 30, "Since they came."),
    ("assigned", "assigned, days", 3, "Since they were assigned. Beside the limit of the response policy."),
    ("working", "working, days", 21, "Since they were first touched, or activated."),
    ("qualified", "now, days", 120, "Since they were qualified, while their sale is open."),
    ("nurture", "not now, days", 180, "Since they were put there, where no date brings them back."),
)


def ship(apps, schema_editor):
    apps.get_model("reporting", "StuckLimit").objects.create(version=1, valid_from=datetime(2000, 1, 1, tzinfo=UTC))


class Migration(migrations.Migration):

    dependencies = [("reporting", "0002_bonus_rate")]

    operations = [
        migrations.AlterField(
            model_name="figure",
            name="kind",
            field=models.CharField(
                choices=[
                    ("count", "leads in a state"), ("move", "moves between states"), ("stay", "how long leads stayed in a state"),
                    ("stuck", "stuck in a state"), ("pay", "a line of a pay statement"),
                ],
                max_length=5,
            ),
        ),
        migrations.CreateModel(
            name="StuckLimit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(editable=False, unique=True)),
                ("valid_from", models.DateTimeField(verbose_name="in force from")),
                *(
                    (f"{state}_days", models.PositiveSmallIntegerField(
                        blank=True, default=days, help_text=f"{says} Empty: nobody is stuck there.", null=True,
                        validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3650)],
                        verbose_name=label,
                    ))
                    for state, label, days, says in LIMITS
                ),
            ],
            options={
                "verbose_name": "limit of stay",
                "verbose_name_plural": "limits of stay",
                "ordering": ["-valid_from", "-version"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q((f"{state}_days__isnull", True), (f"{state}_days__gte", 1), _connector="OR"),
                        name=f"stuck_{state}",
                    )
                    for state, *_said in LIMITS
                ],
            },
        ),
        migrations.RunPython(ship, migrations.RunPython.noop),
        migrations.RunPython(changes.install("reporting"), migrations.RunPython.noop),
    ]
