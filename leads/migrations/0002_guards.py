from django.db import migrations

from leads import guards


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial"), ("accounts", "0002_shipped")]
    operations = [migrations.RunPython(guards.install, guards.remove)]
