"""Let a meeting that was elsewhere begin where it ended (IN-4)."""

from django.db import migrations

from meetings import guards


class Migration(migrations.Migration):
    dependencies = [("meetings", "0002_guards")]
    operations = [migrations.RunPython(guards.install, migrations.RunPython.noop)]
