"""The size of who is too small is a number of people, whichever door says it (LIFE-4). What was said before stays as it was said."""

from django.db import migrations

from leads import guards


class Migration(migrations.Migration):
    dependencies = [("leads", "0023_rounds_in_time")]
    operations = [migrations.RunPython(guards.install, migrations.RunPython.noop)]
