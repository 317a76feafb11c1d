from django.db import migrations

from accounts import changes


class Migration(migrations.Migration):
    dependencies = [("leads", "0013_newest_first"), ("accounts", "0014_history")]
    operations = [migrations.RunPython(changes.install("leads"), changes.remove("leads"))]
