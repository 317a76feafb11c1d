"""The size, where the reason of a meeting that led to nothing asks for it (LIFE-4)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("meetings", "0009_value_not_known")]

    operations = [
        migrations.AddField(
            model_name="meeting",
            name="size",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=40, verbose_name="size, where the reason asks for it"
            ),
        ),
        migrations.AddField(
            model_name="meeting",
            name="claim_size",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
    ]
