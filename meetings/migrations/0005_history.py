from django.db import migrations

from accounts import changes


class Migration(migrations.Migration):
    dependencies = [("meetings", "0004_claims"), ("accounts", "0014_history")]
    operations = [migrations.RunPython(changes.install("meetings"), changes.remove("meetings"))]
