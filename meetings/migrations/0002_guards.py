"""What the database refuses of meetings and opportunities, and the hand-off points LeadOps ships with (MOTION-6)."""

from django.db import migrations

from meetings import guards


def ship(apps, schema_editor):
    rule = apps.get_model("meetings", "HandOffRule")
    rule.objects.bulk_create(
        rule(from_amount=amount, point=point) for amount, point in ((0, "none"), (5_000, "completed"), (100_001, "scheduled"))
    )


class Migration(migrations.Migration):
    dependencies = [("meetings", "0001_initial"), ("accounts", "0002_shipped"), ("leads", "0003_shipped")]
    operations = [
        migrations.RunPython(guards.install, guards.remove),
        migrations.RunPython(ship, migrations.RunPython.noop),
    ]
