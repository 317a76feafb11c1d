"""What sweeps and the outbox keep: runs with the rows in hand, parked rows, mails with their tries; the outbound queue of a team."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_shipped'),
    ]

    operations = [
        migrations.CreateModel(
            name='Parked',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sweep', models.CharField(max_length=40)),
                ('key', models.BigIntegerField()),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('error', models.CharField(blank=True, max_length=300)),
                ('tried_at', models.DateTimeField()),
                ('parked_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name_plural': 'parked',
            },
        ),
        migrations.AddField(
            model_name='message',
            name='attempts',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='message',
            name='body',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
        migrations.AddField(
            model_name='message',
            name='error',
            field=models.CharField(blank=True, db_default='', default='', max_length=300),
        ),
        migrations.AddField(
            model_name='message',
            name='next_try_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='message',
            name='parked_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='message',
            name='subject',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
        migrations.AddField(
            model_name='message',
            name='taken_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='sweeprun',
            name='as_of',
            field=models.DateTimeField(help_text='the moment it looked from', null=True),
        ),
        migrations.AddField(
            model_name='sweeprun',
            name='batch',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), null=True),
        ),
        migrations.AddField(
            model_name='sweeprun',
            name='left',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='due, and not reached in its time'),
        ),
        migrations.AddField(
            model_name='team',
            name='outbound_queue',
            field=models.ForeignKey(blank=True, help_text='Where its leads wait when they come back. Empty: where the team above says, else in its own queue.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team'),
        ),
        migrations.AddField(
            model_name='user',
            name='morning_at',
            field=models.DateTimeField(editable=False, help_text="managers: when the next morning's figures are due", null=True),
        ),
        migrations.AlterField(
            model_name='message',
            name='not_before',
            field=models.DateTimeField(help_text='what leaves the house waits for the undo', null=True),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(django.db.models.functions.comparison.Coalesce('next_try_at', 'not_before', 'created_at'), condition=models.Q(('channel', 'mail'), ('parked_at__isnull', True), ('sent_at__isnull', True)), name='message_to_send'),
        ),
        migrations.AddConstraint(
            model_name='parked',
            constraint=models.UniqueConstraint(fields=('sweep', 'key'), name='parked_once'),
        ),
    ]
