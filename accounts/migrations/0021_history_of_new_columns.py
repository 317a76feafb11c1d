from django.db import migrations

from accounts import changes


class Migration(migrations.Migration):
    """A trigger names its columns: where it stood before `activation_signal` came, that column had no history."""

    dependencies = [
        ("accounts", "0020_mails_put_aside"),
    ]

    operations = [
        migrations.RunPython(changes.install("accounts"), migrations.RunPython.noop),
    ]
