from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_second_factor")]

    operations = [
        TrigramExtension(),
        migrations.AddIndex(
            model_name="account",
            index=GinIndex(
                OpClass("name_key", name="gin_trgm_ops"), OpClass("domain", name="gin_trgm_ops"), name="account_search"
            ),
        ),
    ]
