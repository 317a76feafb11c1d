"""When next to look whether anybody works a target account (ACC-6)."""

from django.db import migrations, models

WATCH = "UPDATE accounts_account SET idle_at = now() + interval '30 days' WHERE is_target AND gone_as = '' AND development_owner_id IS NOT NULL"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_search'),
    ]

    operations = [
        migrations.AddField(
            model_name='account',
            name='idle_at',
            field=models.DateTimeField(editable=False, help_text='target accounts: when next to look whether anybody worked it (ACC-6)', null=True),
        ),
        migrations.AddIndex(
            model_name='account',
            index=models.Index(condition=models.Q(('idle_at__isnull', False)), fields=['idle_at'], name='account_idle'),
        ),
        migrations.AddIndex(
            model_name='account',
            index=models.Index(condition=models.Q(('gone_as', ''), ('is_target', True)), fields=['development_owner'], name='account_target_of'),
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
