"""The database asks for the size where the reason of an end does (LIFE-4); who holds a meeting finds its lead by an index."""

from django.conf import settings
from django.db import migrations, models

from leads import guards


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0021_history_of_new_columns"),
        ("leads", "0020_open_rounds_by_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(guards.install, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("kind", "meeting")), fields=["owner", "lead"], name="task_meeting_of"
            ),
        ),
    ]
