from django.db import migrations

from accounts import changes


class Migration(migrations.Migration):
    """The function that notes changes dates them by the moment it is told, where it is told one: of a made-up past."""

    dependencies = [("accounts", "0021_history_of_new_columns")]

    operations = [
        migrations.RunPython(changes.install("accounts"), migrations.RunPython.noop),
    ]
